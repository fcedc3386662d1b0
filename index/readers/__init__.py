"""Readers: a file in, its documents out; one module a family of formats."""

from collections.abc import Callable, Iterator
from pathlib import Path

from index.errors import Unreadable
from index.model import Draft
from index.readers import markdown, text

Reader = Callable[[Path, str], Iterator[Draft]]
"""Reads the file at a path as the document of an id, or as several, `<id>~<record>` each."""

READERS: dict[str, Reader] = {".txt": text.read, ".md": markdown.read}
"""The reader of each suffix, in small letters, with its dot."""


def read(path: Path, id: str) -> Iterator[Draft]:
    """Read the documents of a file.

    Raises `Unreadable` for a suffix without a reader and for what is not of the format it says,
    and the system's `OSError`s.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise Unreadable(f"files of this kind ({suffix or 'without a suffix'}) cannot be read")
    yield from READERS[suffix](path, id)
