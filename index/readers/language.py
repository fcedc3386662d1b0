"""The language that a document says it is in."""

import re

_TAG = re.compile(r"(?:[a-z]{2,8}|[ix](?=-))(?:-[a-z0-9]{1,8}){0,8}")


def language(stated: str | None) -> str | None:
    """Read one tag as BCP 47 has them, in lower case and with hyphens; None for anything else."""
    tag = (stated or "").lower().replace("_", "-")
    return tag if _TAG.fullmatch(tag) else None
