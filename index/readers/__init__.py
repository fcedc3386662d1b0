"""Readers: a file in, its documents out; one module a family of formats."""

from collections.abc import Callable, Iterator
from pathlib import Path

from index.errors import Unreadable
from index.model import Draft, Skipped
from index.readers import jsonlines, markdown, text

Reader = Callable[[Path, str], Iterator[Draft | Skipped]]
"""Reads the file at a path as the document of an id, or as several, `<id>~<record>` each."""

READERS: dict[str, Reader] = {
    ".txt": text.read,
    ".md": markdown.read,
    ".jsonl": jsonlines.read,
    ".jsonl.gz": jsonlines.read,
    ".jsonl.xz": jsonlines.read,
}
"""The reader of each suffix, in small letters, with its dots."""


def reader_of(path: Path) -> Reader:
    """Give the reader of a file, by its suffix. Raises `Unreadable` where there is none."""
    last = path.suffix.lower()
    packed = "".join(path.suffixes[-2:]).lower()
    if reader := READERS.get(packed) or READERS.get(last):
        return reader
    raise Unreadable(f"there is no reader for {last or 'files without suffix'}")


def read(path: Path, id: str) -> Iterator[Draft | Skipped]:
    """Read the documents of a file.

    Raises `Unreadable` for a suffix without a reader and for what is not of the format it says,
    and the system's `OSError`s.
    """
    yield from reader_of(path)(path, id)
