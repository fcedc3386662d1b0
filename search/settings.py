"""What the command line and the environment say to `python -m search`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The question: `limit` paragraphs for `query` from the index in `folder`.

    With `suggest`, as many suggestions of what `query` may become.
    """

    query: str
    folder: Path
    limit: int
    json: bool
    suggest: bool = False
