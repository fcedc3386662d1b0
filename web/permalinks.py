"""Where a permalink leads when the text has moved or changed since it was made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.model import Paragraph


@dataclass(frozen=True, slots=True)
class Landing:
    """The paragraph a permalink leads to, and what became of it.

    It is `there` as it was, `moved` to another number, or `changed`: its words are gone, and
    `paragraph` is the one that has its number now, None where the document became shorter.
    """

    paragraph: Paragraph | None
    state: Literal["there", "moved", "changed"]


def follow(anchor: str, paragraphs: Sequence[Paragraph]) -> Landing | None:
    """Find the paragraph of an anchor, the nearest where its words stand several times.

    None for a text that is no anchor.
    """
    match = re.fullmatch(r"p([0-9]{1,9})-([0-9a-f]{8})", anchor)
    if match is None:
        return None
    number, digest = int(match[1]), match[2]
    numbered = next((each for each in paragraphs if each.number == number), None)
    if numbered is not None and numbered.anchor == anchor:
        return Landing(numbered, "there")
    same = (each for each in paragraphs if each.anchor.endswith(f"-{digest}"))
    nearest = min(same, key=lambda each: abs(each.number - number), default=None)
    return Landing(nearest, "moved") if nearest else Landing(numbered, "changed")
