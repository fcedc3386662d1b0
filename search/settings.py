"""What the command line and the environment say to `python -m search`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The question: `limit` paragraphs for `query` from the index in `folder`.

    Where `similar` is the id of a paragraph, those that are like it are asked for instead, or of
    them those of `other_documents`.
    """

    query: str
    folder: Path
    limit: int
    json: bool
    similar: str = ""
    other_documents: bool = False
