"""The reader of JSON lines (.jsonl, also inside .gz and .xz): one document a line.

The keys are those that collections use: `id` or `_id`, `title`, `author`, `date`,
`language` or `lang`, `url`, `text`. The paragraphs of a text are parted by blank lines alone. A
file of any size is read in bounded memory.
"""

import gzip
import json
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from index import dates
from index.errors import Unreadable
from index.manifest import document_id, free_id
from index.model import Draft, Skipped
from index.paragraphs import Piece, fold, number
from index.readers.language import language

File = BinaryIO | gzip.GzipFile | lzma.LZMAFile

_LINES = re.compile(r"^(?:[^\S\n]*+\S[^\n]*+\n?)++", re.MULTILINE)
"""Lines in a row that are not blank; it looks at nothing twice."""

_ADDRESS = re.compile(r"https?://[!-~]{1,2000}", re.IGNORECASE)

MAX_LINE = 1 << 26
"""The longest line that is read, in bytes; a longer one is skipped."""


def read(path: Path, id: str) -> Iterator[Draft | Skipped]:
    """Read a document a line; a line that holds none is skipped, and said.

    Raises `Unreadable` where the compression is damaged, and the system's `OSError`s.
    """
    taken: dict[str, int] = {}
    try:
        with _open(path) as file:
            for place, line in enumerate(_lines(file), 1):
                if line.strip():
                    yield _read(line, id, place, taken)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"its compression is damaged: {error}") from error


def _open(path: Path) -> File:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")
    if path.suffix.lower() == ".xz":
        return lzma.open(path, "rb")
    return path.open("rb")


def _lines(file: File) -> Iterator[bytes]:
    """Give the lines; of one that is too long, no more than its beginning."""
    while line := file.readline(MAX_LINE):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE)
        yield line


def _read(line: bytes, id: str, place: int, taken: dict[str, int]) -> Draft | Skipped:
    try:
        record = json.loads(line.decode("utf-8"))
        return _draft(record, id, str(place), taken)
    except (ValueError, RecursionError) as error:
        too_long = len(line) >= MAX_LINE
        reason = f"longer than {MAX_LINE >> 20} MiB" if too_long else f"no document: {error}"
        return Skipped(f"line {place}", reason)


def _draft(record: Any, id: str, place: str, taken: dict[str, int]) -> Draft:  # noqa: ANN401  # any JSON
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError("it is not an object with a text")
    named = record.get("id", record.get("_id"))
    name = free_id(f"{id}~{document_id(_text(named) or place)}", taken)
    taken[name] = 1
    title = _text(record.get("title")) or _text(named) or f"{id} {place}"
    paragraphs = number(name, Piece(title, 0, 0), _pieces(_clean(record["text"])))
    author, date = _text(record.get("author")), _text(record.get("date"))
    spoken = language(_text(record.get("language", record.get("lang"))))
    source = _address(record.get("url"))
    return Draft(
        name, title, author, date and dates.stated(date), "record", spoken, paragraphs, source
    )


def _pieces(text: str) -> Iterator[Piece]:
    for found in _LINES.finditer(text):
        yield Piece(fold(found[0]), *found.span())


def _text(value: object) -> str | None:
    """Give a value as one line of text; None where it is empty, or no text, number or list."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value))) or None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return fold(_clean(str(value))) or None
    return None


def _address(value: object) -> str | None:
    """Give an address of the web as it is; None where it is none that a page should link to."""
    return value if isinstance(value, str) and _ADDRESS.fullmatch(value) else None


def _clean(text: str) -> str:
    """Put a question mark for what UTF-8 cannot hold, lone surrogates."""
    return text.encode("utf-8", "replace").decode()
