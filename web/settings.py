"""What the server can be told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the server listens, the index it serves, and how much stands on a page.

    `port` 0 stands for any free one. `results` and `documents` are paragraphs a page of results
    and documents a page of the list.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    index: Path = Path("var/index")
    results: int = 10
    documents: int = 50
