"""The reader of plain text (.txt)."""

from collections.abc import Iterator
from pathlib import Path

from index.model import Draft
from index.paragraphs import mend, number, take_title
from index.readers.encoding import decode
from index.readers.headings import mark_headings
from index.readers.layout import cut


def read(path: Path, id: str) -> Iterator[Draft]:
    """Read a plain text; its title is its first line, if that reads like one, or its name.

    Raises `Unreadable` for what is not text, and the system's `OSError`s.
    """
    text = decode(path.read_bytes())
    title, pieces = take_title(mend(text, cut(text)), path)
    pieces = mark_headings(pieces, titled=title.end > 0)
    yield Draft(id, title.text, None, None, "text", None, number(id, title, pieces))
