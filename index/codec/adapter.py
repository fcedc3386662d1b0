"""The codec as Whoosh sees it, so that Whoosh's own searcher can read the index.

Passage's own queries do not come this way: see search/execute.py.
"""

# ruff: noqa: D102  # Whoosh's documentation describes the methods of its interface
# mypy: disable-error-code="misc"
# (Whoosh's base classes have no types.)

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec import base
from whoosh.filedb.filestore import FileStorage
from whoosh.matching import Matcher
from whoosh.reading import TermInfo, TermNotFound

from index.codec import container
from index.codec.lengths import DECODED
from index.codec.segment import NOT_FOUND, U32, Dictionary, SegmentData, Starts
from index.errors import Damaged

FIELDS = ("form", "text")
"""The indexed fields in Whoosh's order: words as typed, words by stem."""


class ColumnarSegment(base.Segment):
    """What the table of contents says of a segment; no other class is unpickled.

    `deletions` is the generation in which the segment's file of deletions was written, 0 where it
    has none; `deleted` counts the deleted ones of its `paragraphs`.
    """

    def __init__(self, indexname: str, paragraphs: int) -> None:
        super().__init__(indexname)
        self.paragraphs = paragraphs
        self.deletions = 0
        self.deleted = 0

    def data_file(self) -> str:
        """Name the file of the segment's arrays."""
        return f"{self.segment_id()}.arrays"

    def deletions_file(self) -> str:
        """Name the file of the segment's deletions."""
        return f"{self.segment_id()}.{self.deletions}.deleted"

    def read_deleted(self, folder: Path) -> npt.NDArray[np.bool_] | None:
        """Read which of the segment's paragraphs are deleted; None where none is.

        Raises what `container.read` raises.
        """
        if not self.deletions:
            return None
        path = folder / self.deletions_file()
        arrays, _ = container.read(path)
        deleted = np.unpackbits(arrays["deleted"], bitorder="little")
        if len(deleted) < self.paragraphs or deleted.sum() != self.deleted:
            raise Damaged(f"{path} does not belong to this index")
        return deleted[: self.paragraphs].astype(np.bool_)

    def write_deleted(self, folder: Path, deleted: npt.NDArray[np.bool_]) -> None:
        """Write which paragraphs are deleted, as the file of the generation in `deletions`."""
        self.deleted = int(deleted.sum())
        bits = np.packbits(deleted, bitorder="little")
        container.write(folder / self.deletions_file(), {"deleted": bits}, {})

    def codec(self) -> base.Codec:
        return ColumnarCodec()

    def doc_count_all(self) -> int:
        return self.paragraphs

    def deleted_count(self) -> int:
        return self.deleted

    def should_assemble(self) -> bool:
        return False


class ColumnarCodec(base.Codec):
    """Opens segments for Whoosh's readers; `index.writer` writes them."""

    def terms_reader(self, storage: FileStorage, segment: ColumnarSegment) -> "TermsReader":
        return TermsReader(SegmentData(Path(storage.folder) / segment.data_file()))

    def per_document_reader(
        self, storage: FileStorage, segment: ColumnarSegment
    ) -> "PerDocumentReader":
        folder = Path(storage.folder)
        return PerDocumentReader(
            SegmentData(folder / segment.data_file()), segment.read_deleted(folder)
        )


class TermsReader(base.TermsReader):
    """The dictionaries of stems (field `text`) and of forms (field `form`)."""

    def __init__(self, data: SegmentData) -> None:
        self._data = data

    def _dictionary(self, fieldname: str) -> Dictionary:
        return self._data.forms if fieldname == "form" else self._data.terms

    def _rows(self, fieldname: str, text: bytes) -> tuple[int, int, npt.NDArray[np.int64], U32]:
        """Give term, code (NOT_FOUND: any), rows and frequencies of a word."""
        number = self._dictionary(fieldname).find(text) if fieldname in FIELDS else NOT_FOUND
        if number == NOT_FOUND:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        if fieldname == "form":
            term, code, _ = self._data.form(number)
            return term, code, *self._data.form_rows(number)
        frequencies = self._data.frequencies(number)
        return number, NOT_FOUND, np.arange(len(frequencies)), frequencies

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return term[0] in FIELDS and self._dictionary(term[0]).find(term[1]) != NOT_FOUND

    def indexed_field_names(self) -> tuple[str, ...]:
        return FIELDS

    def cursor(self, fieldname: str, fieldobj: Any) -> "Cursor":
        return Cursor(self, self._dictionary(fieldname), fieldname, fieldobj)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return self.terms_from(FIELDS[0], b"")

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        for field in FIELDS[FIELDS.index(fieldname) :]:
            words = self._dictionary(field)
            first = words.lower_bound(prefix) if field == fieldname else 0
            yield from ((field, words[i]) for i in range(first, len(words)))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return self.items_from(FIELDS[0], b"")

    def items_from(
        self, fieldname: str, prefix: bytes
    ) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        term, _, rows, frequencies = self._rows(fieldname, text)
        paragraphs = self._data.paragraphs(term)[rows]
        lengths = DECODED[self._data.length[paragraphs]]
        return TermInfo(
            weight=float(frequencies.sum()),
            df=len(rows),
            minlength=int(lengths.min()),
            maxlength=int(lengths.max()),
            maxweight=float(frequencies.max()),
            minid=int(paragraphs[0]),
            maxid=int(paragraphs[-1]),
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        weight: float = self.term_info(fieldname, text).weight()
        return weight

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return len(self._rows(fieldname, text)[2]) if (fieldname, text) in self else 0

    def matcher(
        self, fieldname: str, text: bytes, format_: Any, scorer: Any = None
    ) -> "ArrayMatcher":
        del format_  # positions come from arrays, not from encoded values
        term, code, rows, frequencies = self._rows(fieldname, text)
        positions, codes, starts = self._data.positions(term, rows)
        if code != NOT_FOUND:
            positions = positions[codes == code]
            starts = np.append(0, np.cumsum(frequencies, dtype=np.int64))
        paragraphs = self._data.paragraphs(term)[rows]
        return ArrayMatcher(paragraphs, positions, starts, scorer)


class Cursor(base.FieldCursor):
    """Walks over the words of one field in their order."""

    def __init__(
        self, reader: TermsReader, words: Dictionary, fieldname: str, fieldobj: Any
    ) -> None:
        self._reader, self._words = reader, words
        self._fieldname, self._fieldobj = fieldname, fieldobj
        self._at = 0

    def is_valid(self) -> bool:
        return self._at < len(self._words)

    def text(self) -> str | None:
        return self._fieldobj.from_bytes(self._words[self._at]) if self.is_valid() else None

    def term_info(self) -> TermInfo:
        return self._reader.term_info(self._fieldname, self._words[self._at])

    def first(self) -> str | None:
        self._at = 0
        return self.text()

    def find(self, string: str | bytes) -> str | None:
        text = string if isinstance(string, bytes) else self._fieldobj.to_bytes(string)
        self._at = self._words.lower_bound(text)
        return self.text()

    def next(self) -> str | None:
        self._at += 1
        return self.text()


class ArrayMatcher(Matcher):
    """Walks over the paragraphs of one word."""

    def __init__(self, paragraphs: U32, positions: U32, starts: Starts, scorer: Any) -> None:
        self._paragraphs, self._positions, self._starts = paragraphs, positions, starts
        self._scorer = scorer
        self._at = 0

    def is_active(self) -> bool:
        return self._at < len(self._paragraphs)

    def reset(self) -> None:
        self._at = 0

    def copy(self) -> "ArrayMatcher":
        other = ArrayMatcher(self._paragraphs, self._positions, self._starts, self._scorer)
        other._at = self._at
        return other

    def id(self) -> int:
        return int(self._paragraphs[self._at])

    def next(self) -> None:
        self._at += 1

    def skip_to(self, id: int) -> None:
        self._at += int(np.searchsorted(self._paragraphs[self._at :], id))

    def supports(self, astype: str) -> bool:
        return astype in ("positions", "weight", "frequency")

    def value_as(self, astype: str) -> Any:
        first, last = self._starts[self._at : self._at + 2]
        # Two forms of one stem can share a position, as in `run-s`.
        return (
            np.unique(self._positions[first:last]).tolist()
            if astype == "positions"
            else last - first
        )

    def value(self) -> bytes:
        return b""

    def score(self) -> float:
        return float(self._scorer.score(self)) if self._scorer else self.weight()


class PerDocumentReader(base.PerDocumentReader):
    """Lengths, deletions and stored fields of paragraphs, which are Whoosh's documents."""

    def __init__(self, data: SegmentData, deleted: npt.NDArray[np.bool_] | None) -> None:
        self._data = data
        self._deleted = deleted

    def doc_count_all(self) -> int:
        return self._data.paragraph_count

    def doc_count(self) -> int:
        return self.doc_count_all() - len(self.deleted_docs())

    def has_deletions(self) -> bool:
        return self._deleted is not None

    def is_deleted(self, docnum: int) -> bool:
        return self._deleted is not None and bool(self._deleted[docnum])

    def deleted_docs(self) -> list[int]:
        return [] if self._deleted is None else np.flatnonzero(self._deleted).tolist()

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(DECODED[self._data.length[docnum]]) if fieldname in FIELDS else default

    def field_length(self, fieldname: str) -> int:
        return self._data.total_length if fieldname in FIELDS else 0

    def min_field_length(self, fieldname: str) -> int:
        return int(DECODED[self._data.length].min()) if fieldname in FIELDS else 0

    def max_field_length(self, fieldname: str) -> int:
        return int(DECODED[self._data.length].max()) if fieldname in FIELDS else 0

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        info = self._data.info(self._data.document_of(docnum))
        paragraph = self._data.paragraph(docnum, info.id)
        return {
            "text": paragraph.text,
            "id": paragraph.id,
            "document": info.id,
            "title": info.title,
            "number": paragraph.number,
            "kind": paragraph.kind,
            "section": paragraph.section,
        }
