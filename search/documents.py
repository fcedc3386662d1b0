"""The documents of all segments in a row: what they are told apart by, as columns.

They are numbered through, those of the first segment first, deleted ones included.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.layout import NONE
from index.codec.segment import NOT_FOUND
from index.model import DocumentInfo
from index.snapshot import OpenSegment

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]

_OF_DATE = {"year": 4, "month": 7}
"""How many characters of a date in ISO 8601 say which year, or which month of it."""


MAX_INFOS = 4096
"""Of how many documents it is remembered what is kept of them."""


class Column(NamedTuple):
    """The distinct `values` of a field, ascending, and each document's `number` in them, or -1."""

    values: tuple[str, ...]
    number: I64

    def any_of(self, chosen: Bools) -> Bools:
        """Tell which documents have one of the chosen values."""
        found: Bools = np.append(chosen, False)[self.number]
        return found

    def where(self, tells: Callable[[str], bool]) -> Bools:
        """Tell which documents have a value of which that is true."""
        return self.any_of(np.fromiter(map(tells, self.values), np.bool_, len(self.values)))


class Documents:
    """What is known of the documents without reading any; any number of threads may share it.

    `first` (i64, one more than there are) has the ordinal of each one's title, counted through all
    segments. Columns are made when they are first asked for. Made of the segments alone, so that
    it can be kept as long as their snapshot. `filtered` is for `fields.bits`.
    """

    def __init__(self, segments: list[OpenSegment]) -> None:
        self._segments = segments
        self._columns: dict[str, Column] = {}
        self._infos: dict[int, DocumentInfo] = {}
        self.filtered: dict[tuple[int, str], U64] = {}
        counts = [segment.data.document_count for segment in segments]
        self.bases = list(accumulate(counts, initial=0))

    def __len__(self) -> int:
        return self.bases[-1]

    @cached_property
    def first(self) -> I64:
        """Where the paragraphs of each document begin, and where the last one's end."""
        firsts = [s.data.document_first[:-1].astype(np.int64) + s.base for s in self._segments]
        end = sum(segment.data.paragraph_count for segment in self._segments)
        return np.concatenate([*firsts, [end]])

    @cached_property
    def by_id(self) -> I64:
        """Their numbers in the order of their ids."""
        numbers = [
            segment.data.documents_by_id.astype(np.int64) + base
            for segment, base in zip(self._segments, self.bases, strict=False)
        ]
        if len(numbers) < 2:
            return np.concatenate([np.zeros(0, np.int64), *numbers])
        ids = [name for segment in self._segments for name, _ in segment.data.document_ids()]
        return np.concatenate(numbers)[sorted(range(len(ids)), key=ids.__getitem__)]

    @cached_property
    def are_dated(self) -> bool:
        """Whether every one has a date."""
        return bool((self.column("date").number >= 0).all())

    def of(self, ordinals: I64) -> I64:
        """Give the documents that paragraphs are of."""
        return np.searchsorted(self.first, ordinals, "right") - 1

    def info(self, document: int) -> DocumentInfo:
        """Give what is kept of a document; those of facets are often wanted. Raises Damaged."""
        found = self._infos.get(document)
        if found is None:
            if len(self._infos) >= MAX_INFOS:
                self._infos.clear()
            place = bisect_right(self.bases, document) - 1
            found = self._segments[place].data.info(document - self.bases[place])
            self._infos[document] = found
        return found

    def find(self, id: str) -> int:
        """Give the number of the document with that id, or NOT_FOUND."""
        for segment, base in zip(self._segments, self.bases, strict=False):
            number = segment.data.find_document(id)
            if number != NOT_FOUND and segment.is_live(number):
                return base + number
        return NOT_FOUND

    def column(self, field: str) -> Column:
        """Give a column: of a field of `index.codec.facts`, or `year` or `month` of the dates."""
        found = self._columns.get(field)
        if found is None:
            part = _OF_DATE.get(field)
            found = self._of_date(part) if part else self._united(field)
            self._columns[field] = found
        return found

    def _united(self, field: str) -> Column:
        columns = [segment.data.column(field) for segment in self._segments]
        used = [np.unique(column[column != NONE]) for column in columns]
        texts = [
            [segment.data.values[number].decode(errors="replace") for number in own.tolist()]
            for segment, own in zip(self._segments, used, strict=True)
        ]
        values = sorted({text for own in texts for text in own})
        rank = {text: i for i, text in enumerate(values)}
        numbers = [np.zeros(0, np.int64)]
        for segment, column, own, said in zip(self._segments, columns, used, texts, strict=True):
            ranks = np.full(len(segment.data.values) + 1, -1)
            ranks[own] = [rank[text] for text in said]
            numbers.append(ranks[np.minimum(column, len(ranks) - 1)])
        return Column(tuple(values), np.concatenate(numbers))

    def _of_date(self, length: int) -> Column:
        dates = self.column("date")
        values = sorted({date[:length] for date in dates.values if len(date) >= length})
        rank = {value: i for i, value in enumerate(values)}
        ranks = [rank.get(date[:length], -1) for date in dates.values]
        return Column(tuple(values), np.array([*ranks, -1])[dates.number])
