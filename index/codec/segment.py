"""The read side of a segment: typed access to the arrays of its file.

What is read of postings goes through methods that give fresh arrays for the rows asked for, so
that the arrays on disk may be compressed.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.codec import blocks, bounds, container, tables
from index.codec.descriptions import Descriptions
from index.codec.layout import ARRAYS, META
from index.codec.store import Store, Stored
from index.errors import Damaged, OtherVersion
from index.model import KINDS, Document, DocumentInfo, Paragraph

U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]
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

    `terms` are the stems and `forms` the normalised words as typed, `values` what fields of
    documents hold. `with_tokens` counts the
    paragraphs that have a token and `total_length` their positions, exactly. `length` (u8, by
    `lengths.DECODED`) and `section` (u32, with HEADLINE) are columns by paragraph, `section_title`
    and `section_heading` (u32, or NONE) by section, `document_first` (u32, one more than there
    are) has where the paragraphs of each document begin. `signature` (u64) is that of each
    paragraph, as `signatures.py` has it. `columns` is for compiled code, and so is `table`, made
    of it. Raises what `container.read` raises.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._arrays, meta = container.read(path)
        types = {name: array.dtype.str for name, array in self._arrays.items()}
        if types != ARRAYS or meta.keys() != META:
            raise OtherVersion(
                f"{path} was written by another version of this program; "
                f"build it anew with: python -m index --to {path.parent}"
            )
        self.unicode: str = meta["unicode"]
        self.paragraph_count: int = meta["paragraphs"]
        self.with_tokens: int = meta["with_tokens"]
        self.total_length: int = meta["total_length"]
        for fault in bounds.faults(self._arrays, self.paragraph_count):
            raise Damaged(f"{path} contradicts itself: {fault}")
        self.terms = self._dictionary("terms.text")
        self.forms = self._dictionary("forms.text")
        self.ids = self._dictionary("ids.text")
        self.values = self._dictionary("values.text")
        self._paired = frozenset(self._arrays["pairs.term"].tolist())
        self._pairs = dict(zip(self._arrays["pairs.key"].tolist(), count(len(self.terms))))
        self.columns = blocks.columns(self._arrays)
        self.table = tables.table(self.columns)
        self.length = self._arrays["paragraphs.length"]
        self.signature: U64 = self._arrays["paragraphs.signature"]
        self.section = self.columns.section
        self.section_title: U32 = self._arrays["sections.title"]
        self.section_heading: U32 = self._arrays["sections.heading"]
        self.document_first: U32 = self._arrays["documents.first"]
        self.documents_by_id: U32 = self._arrays["documents.by_id"]
        self.document_count = len(self.ids)
        documents, paragraphs = (
            [self._arrays[f"{name}.stored{part}"] for part in ("", "_start", "_first")]
            for name in ("documents", "paragraphs")
        )
        vocabulary = (self._arrays[f"words.{part}"] for part in ("text", "start"))
        self.paragraphs_stored = Store(path, Stored(*paragraphs, *vocabulary))
        self.documents_stored = Descriptions(path, *documents)

    def _dictionary(self, name: str) -> Dictionary:
        return Dictionary(self._arrays[name], self._arrays[f"{name}_start"])

    # Postings.

    def document_frequency(self, term: int) -> int:
        """Count the paragraphs that a term stands in, deleted ones included."""
        return int(self.columns.df[term])

    def pair(self, first: int, second: int) -> int | None:
        """Give the number of the term that stands where one term is followed by another.

        NOT_FOUND if none is; None for two of which that is not noted.
        """
        if first in self._paired and second in self._paired:
            return self._pairs.get(first << 32 | second, NOT_FOUND)
        return None

    def paragraphs(self, term: int) -> U32:
        """Give the ascending ordinals of the paragraphs that a term stands in."""
        found = np.empty(self.document_frequency(term), np.uint32)
        with self._decoding():
            blocks.all_paragraphs(self.columns, term, np.empty(blocks.BLOCK, np.int64), found)
        return found

    def frequencies(self, term: int) -> U32:
        """Give how often a term stands in each of its paragraphs."""
        found = np.empty(self.document_frequency(term), np.uint32)
        blocks.all_frequencies(self.columns, term, np.empty(blocks.BLOCK, np.int64), found)
        return found

    def positions(self, term: int, rows: npt.NDArray[np.int64]) -> tuple[U32, U16, Starts]:
        """Give the positions of a term in some of its paragraphs, and which form stands there.

        `rows` are ascending indices into `paragraphs(term)`. Answers the positions, the codes of
        forms beside them, and where each row's stretch starts in both (one longer than `rows`).
        """
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(self.frequencies(term)[rows], out=starts[1:])
        with self._decoding():
            positions, codes = np.empty(starts[-1], np.uint32), np.empty(starts[-1], np.uint16)
            room = np.empty(blocks.BLOCK + 1, np.int64)
            blocks.all_positions(self.columns, term, rows, starts, room, positions, codes)
        return positions, codes, starts

    def headlines(self, term: int) -> U32:
        """Give the ascending ordinals of the titles and headings that a term stands in."""
        start = self._arrays["terms.headlines"]
        found: U32 = self._arrays["headlines.paragraph"][start[term] : start[term + 1]]
        return found

    def headlines_of(self, terms: U32) -> U32:
        """Give the titles and headings that terms stand in: those of each term in a row."""
        start, every = self._arrays["terms.headlines"], self._arrays["headlines.paragraph"]
        begins = start[terms].astype(np.int64)
        sizes = start[terms + 1].astype(np.int64) - begins
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - ends + sizes, sizes)
        found: U32 = every[places]
        return found

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise Damaged(f"{self.path}: {error}") from error

    # Forms.

    @property
    def forms_in_order(self) -> tuple[npt.NDArray[np.uint8], U32, npt.NDArray[np.uint8]]:
        """Give the texts of the forms in a row, where each starts, and what each shares.

        That is with how many bytes (u8, up to 255) of the one before it a form begins.
        """
        names = ("forms.text", "forms.text_start", "forms.prefix")
        text, start, prefix = (self._arrays[name] for name in names)
        return text, start, prefix

    @property
    def forms_of_terms(self) -> tuple[U32, U16]:
        """Give each form's term, and its code within the term."""
        return self._arrays["forms.term"], self._arrays["forms.code"]

    def form(self, form: int) -> tuple[int, int, int]:
        """Give a form's term, its code within the term, and its document frequency."""
        return (
            int(self._arrays["forms.term"][form]),
            int(self._arrays["forms.code"][form]),
            int(self._arrays["forms.df"][form]),
        )

    @property
    def form_frequencies(self) -> U32:
        """Give in how many paragraphs each form stands, deleted ones included."""
        found: U32 = self._arrays["forms.df"]
        return found

    def forms_of(self, term: int) -> int:
        """Count the forms of a term."""
        return int(self.columns.forms[term + 1]) - int(self.columns.forms[term])

    def form_rows(self, form: int) -> tuple[npt.NDArray[np.int64], U32]:
        """Give the paragraphs that a form stands in, and how often in each.

        The paragraphs come as indices into those of the form's term.
        """
        term, code, _ = self.form(form)
        rows = np.arange(self.document_frequency(term))
        if self.forms_of(term) == 1:
            return rows, self.frequencies(term)
        _, codes, starts = self.positions(term, rows)
        frequencies = np.add.reduceat(codes == code, starts[:-1], dtype=np.uint32)
        return rows[frequencies > 0], frequencies[frequencies > 0]

    # Stored documents.

    def find_document(self, id: str) -> int:
        """Give the number of the document with that id, or NOT_FOUND."""
        number = self.ids.find(id.encode(errors="replace"))
        return NOT_FOUND if number == NOT_FOUND else int(self.documents_by_id[number])

    def document_ids(self) -> Iterator[tuple[str, int]]:
        """Give every document's id and number, in the order of the ids."""
        numbers = self.documents_by_id.tolist()
        with self._decoding():
            for i, number in enumerate(numbers):
                yield self.ids[i].decode(), number

    def document_of(self, ordinal: int) -> int:
        """Give the number of the document that a paragraph is of."""
        return int(np.searchsorted(self.document_first, ordinal, "right")) - 1

    def column(self, field: str) -> U32:
        """Give of each document the number of its value (in `values`) in a field, or NONE."""
        found: U32 = self._arrays[f"documents.{field}"]
        return found

    def span(self, document: int) -> range:
        """Give the ordinals of a document's paragraphs, the title's first."""
        first = self._arrays["documents.first"]
        return range(int(first[document]), int(first[document + 1]))

    def info(self, document: int) -> DocumentInfo:
        """Give what is kept of a document. Raises Damaged."""
        try:
            fields: dict[str, Any] = json.loads(self.documents_stored.text(document))
            return DocumentInfo(**fields)
        except (ValueError, TypeError, RecursionError) as error:
            raise Damaged(f"{self.path} is altered: {error}") from error

    def stored(self, document: int) -> Document:
        """Give a document whole. Raises Damaged."""
        info = self.info(document)
        return Document(info, tuple(self.paragraph(p, info.id) for p in self.span(document)))

    def text(self, ordinal: int) -> str:
        """Give the text of a paragraph. Raises Damaged."""
        return self.paragraphs_stored.text(ordinal)

    def paragraph(self, ordinal: int, id: str) -> Paragraph:
        """Give a paragraph of the document with that id. Raises Damaged."""
        found = self.paragraphs_stored.record(ordinal)
        span = self.span(self.document_of(ordinal))
        if not (0 <= found.kind < len(KINDS) and 0 <= found.heading < len(span)):
            raise Damaged(f"{self.path} is altered: paragraph {ordinal} is none")
        return Paragraph(
            document=id,
            number=ordinal - span.start,
            kind=KINDS[found.kind],
            text=found.text,
            section=self.text(span.start + found.heading) if found.heading else None,
            start=found.start,
            end=found.end,
            page=found.page or None,
        )
