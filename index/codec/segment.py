"""The read side of a segment: typed access to the arrays of its file.

What is read of postings goes through methods that give fresh arrays for the rows asked for, so
that the arrays on disk may be compressed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.codec import container
from index.codec.layout import ARRAYS, META, NONE
from index.errors import Damaged
from index.model import KINDS, Document, DocumentInfo, Paragraph

U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]
Starts = npt.NDArray[np.int64]

NOT_FOUND = -1


class Dictionary:
    """Byte strings in ascending order, found by binary search; the number of one is its rank."""

    def __init__(self, text: container.Array, start: container.Array) -> None:
        self._text = text.data
        self._start = start

    def __len__(self) -> int:
        return len(self._start) - 1

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._text[self._start[number] : self._start[number + 1]])

    def find(self, text: bytes) -> int:
        """Give the number of a string, or NOT_FOUND."""
        number = self.lower_bound(text)
        return number if number < len(self) and self[number] == text else NOT_FOUND

    def lower_bound(self, text: bytes) -> int:
        """Give the number of the first string that is not less."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self[middle] < text:
                low = middle + 1
            else:
                high = middle
        return low

    def prefixed(self, prefix: bytes) -> range:
        """Give the numbers of the strings that begin with a prefix."""
        # No string of UTF-8 holds the byte 0xFF.
        return range(self.lower_bound(prefix), self.lower_bound(prefix + b"\xff"))


class SegmentData:
    """One segment, open for reading; any number of threads may share it.

    `terms` are the stems and `forms` the normalised words as typed. `with_tokens` counts the
    paragraphs that have a token and `total_length` their positions, exactly. `length` (u8, by
    `lengths.DECODED`), `section` and `document` (u32) are columns by paragraph, `section_title`
    and `section_heading` (u32, or NONE) by section. Raises what `container.read` raises.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._arrays, meta = container.read(path)
        types = {name: array.dtype.str for name, array in self._arrays.items()}
        if types != ARRAYS or meta.keys() != META:
            raise Damaged(f"{path} does not hold what a segment holds")
        self.unicode: str = meta["unicode"]
        self.paragraph_count: int = meta["paragraphs"]
        self.with_tokens: int = meta["with_tokens"]
        self.total_length: int = meta["total_length"]
        self.terms = self._dictionary("terms.text")
        self.forms = self._dictionary("forms.text")
        self.ids = self._dictionary("ids.text")
        self.length = self._arrays["paragraphs.length"]
        self.section: U32 = self._arrays["paragraphs.section"]
        self.document: U32 = self._arrays["paragraphs.document"]
        self.section_title: U32 = self._arrays["sections.title"]
        self.section_heading: U32 = self._arrays["sections.heading"]
        self.document_count = len(self.ids)
        if len(self.length) != self.paragraph_count:
            raise Damaged(f"{path} contradicts itself: {self.paragraph_count} paragraphs")

    def _dictionary(self, name: str) -> Dictionary:
        return Dictionary(self._arrays[name], self._arrays[f"{name}_start"])

    # Postings.

    def document_frequency(self, term: int) -> int:
        """Count the paragraphs that a term stands in, deleted ones included."""
        start = self._arrays["terms.postings"]
        return int(start[term + 1] - start[term])

    def paragraphs(self, term: int) -> U32:
        """Give the ascending ordinals of the paragraphs that a term stands in."""
        start = self._arrays["terms.postings"]
        found: U32 = self._arrays["postings.paragraph"][start[term] : start[term + 1]]
        return found

    def frequencies(self, term: int) -> U32:
        """Give how often a term stands in each of its paragraphs."""
        first = int(self._arrays["terms.postings"][term])
        last = first + self.document_frequency(term)
        return np.diff(self._arrays["postings.positions"][first : last + 1]).astype(np.uint32)

    def positions(self, term: int, rows: npt.NDArray[np.int64]) -> tuple[U32, U16, Starts]:
        """Give the positions of a term in some of its paragraphs, and which form stands there.

        `rows` are indices into `paragraphs(term)`. Answers the positions, the codes of forms
        beside them, and where each row's stretch starts in both (one longer than `rows`).
        """
        begins = self._arrays["postings.positions"][int(self._arrays["terms.postings"][term]) :]
        first = begins[rows].astype(np.int64)
        sizes = begins[rows + 1].astype(np.int64) - first
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(sizes, out=starts[1:])
        indices = np.arange(starts[-1]) + np.repeat(first - starts[:-1], sizes)
        return (
            self._arrays["positions.position"][indices],
            self._arrays["positions.code"][indices],
            starts,
        )

    # Forms.

    def form(self, form: int) -> tuple[int, int, int]:
        """Give a form's term, its code within the term, and its document frequency."""
        return (
            int(self._arrays["forms.term"][form]),
            int(self._arrays["forms.code"][form]),
            int(self._arrays["forms.df"][form]),
        )

    def form_rows(self, form: int) -> tuple[npt.NDArray[np.int64], U32]:
        """Give the paragraphs that a form stands in, and how often in each.

        The paragraphs come as indices into those of the form's term.
        """
        term, code, _ = self.form(form)
        rows = np.arange(self.document_frequency(term))
        forms = self._arrays["terms.forms"]
        if forms[term + 1] - forms[term] == 1:
            return rows, self.frequencies(term)
        _, codes, starts = self.positions(term, rows)
        frequencies = np.add.reduceat(codes == code, starts[:-1], dtype=np.uint32)
        return rows[frequencies > 0], frequencies[frequencies > 0]

    # Stored documents.

    def find_document(self, id: str) -> int:
        """Give the number of the document with that id, or NOT_FOUND."""
        number = self.ids.find(id.encode(errors="replace"))
        return NOT_FOUND if number == NOT_FOUND else int(self._arrays["documents.by_id"][number])

    def document_ids(self) -> Iterator[tuple[str, int]]:
        """Give every document's id and number, in the order of the ids."""
        numbers = self._arrays["documents.by_id"].tolist()
        return ((self.ids[i].decode(), number) for i, number in enumerate(numbers))

    def span(self, document: int) -> range:
        """Give the ordinals of a document's paragraphs, the title's first."""
        first = self._arrays["documents.first"]
        return range(int(first[document]), int(first[document + 1]))

    def info(self, document: int) -> DocumentInfo:
        """Give what is kept of a document."""
        fields: dict[str, Any] = json.loads(self._stored("documents.info", document))
        return DocumentInfo(**fields)

    def stored(self, document: int) -> Document:
        """Give a document whole."""
        info = self.info(document)
        return Document(info, tuple(self.paragraph(p, info.id) for p in self.span(document)))

    def text(self, ordinal: int) -> str:
        """Give the text of a paragraph."""
        return self._stored("paragraphs.text", ordinal).decode()

    def paragraph(self, ordinal: int, id: str) -> Paragraph:
        """Give a paragraph of the document with that id."""
        column, heading = self._arrays, int(self._arrays["paragraphs.heading"][ordinal])
        return Paragraph(
            document=id,
            number=int(column["paragraphs.number"][ordinal]),
            kind=KINDS[column["paragraphs.kind"][ordinal]],
            text=self.text(ordinal),
            section=None if heading == NONE else self.text(heading),
            start=int(column["paragraphs.start"][ordinal]),
            end=int(column["paragraphs.end"][ordinal]),
            page=int(column["paragraphs.page"][ordinal]) or None,
        )

    def _stored(self, name: str, number: int) -> bytes:
        start = self._arrays[f"{name}_start"]
        return bytes(self._arrays[name].data[start[number] : start[number + 1]])
