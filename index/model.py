"""Documents and paragraphs: what readers make, the index keeps and searches return."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["title", "heading", "text"]

_NO_WORD = re.compile(r"[\W_]+")

KINDS: tuple[Kind, ...] = ("title", "heading", "text")
"""The kinds of paragraph in the order of their codes in the index."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph and its place.

    `number` is 0 for the title and counts from 1 behind it. `section` is the text of the nearest
    heading above. `start` and `end` delimit it in the extracted text, in code points; a title
    that stands nowhere in the text has both 0. `page` counts from 1 where a format has pages.
    """

    document: str
    number: int
    kind: Kind
    text: str
    section: str | None
    start: int
    end: int
    page: int | None = None

    @property
    def id(self) -> str:
        """The paragraph's id: `<document id>:<number>`."""
        return f"{self.document}:{self.number}"

    @property
    def anchor(self) -> str:
        """The last part of a permalink: the number and a hash of the words.

        `p7-` and BLAKE2b (RFC 7693) with a digest of 4 bytes, in hexadecimal, of the letters and
        digits (NFKC, case folded), words parted by single spaces. It does not depend on the
        analysis, so that permalinks outlive a change of it.
        """
        folded = unicodedata.normalize("NFKC", self.text).casefold()
        words = _NO_WORD.sub(" ", folded).strip()
        digest = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=4)
        return f"p{self.number}-{digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Draft:
    """One document as a reader hands it over: its title is the first of its paragraphs.

    `source` is the address (http or https) from which it was taken.
    """

    id: str
    title: str
    author: str | None
    date: str | None
    type: str
    language: str | None
    paragraphs: tuple[Paragraph, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record of a file that a reader passed over: its place in the file, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What the index knows of a document without reading its text.

    `paragraphs` is the number of its last paragraph (the title, number 0, is not counted),
    `words` the number of positions in all of them. `path` is relative to the folder given,
    `source` the address (http or https) from which the document was taken.
    """

    id: str
    title: str
    author: str | None
    date: str | None
    type: str
    language: str | None
    path: str
    paragraphs: int
    words: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the index with all its paragraphs, the title first."""

    info: DocumentInfo
    paragraphs: tuple[Paragraph, ...]
