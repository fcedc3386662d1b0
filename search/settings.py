"""What the command line and the environment say to `python -m search`."""

from dataclasses import dataclass
from pathlib import Path

from search.engine import WIDTH, Order, Scope


@dataclass(frozen=True, slots=True)
class Settings:
    """The question: `limit` paragraphs for `query` from the index in `folder`.

    With a `concordance`, the order of its lines, these are asked for instead.
    """

    query: str
    folder: Path
    limit: int
    json: bool
    scope: Scope = "paragraph"
    explain: bool = False
    concordance: Order | None = None
    width: int = WIDTH
