"""What the command line and the environment say to `python -m search`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The question: `limit` paragraphs for `query` from the index in `folder`.

    The search ends after `budget_ms` milliseconds.
    """

    query: str
    folder: Path
    limit: int
    json: bool
    budget_ms: int
