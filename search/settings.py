"""What the command line and the environment say to `python -m search`."""

from dataclasses import dataclass
from pathlib import Path

from search.engine import Grouping, Sort


@dataclass(frozen=True, slots=True)
class Settings:
    """The question: `limit` paragraphs for `query` from the index in `folder`.

    The search ends after `budget_ms` milliseconds. The rest is as in `engine.Request`, but that
    `all` and `csv` want all that is found, and `suggest` so many suggestions of what `query` may
    become.
    Where `similar` is the id of a paragraph, those that are like it are asked for instead, or of
    them those of `other_documents`.
    """

    query: str
    folder: Path
    limit: int
    json: bool
    budget_ms: int
    filters: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = "score"
    group: Grouping = "none"
    offset: int = 0
    all: bool = False
    csv: bool = False
    suggest: bool = False
    similar: str = ""
    other_documents: bool = False
