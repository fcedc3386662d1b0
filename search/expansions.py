"""What the patterns of a query stand for: their forms, as one leaf."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK
from index.codec.layout import MAX_CODES
from index.codec.segment import SegmentData
from search.budget import Budget
from search.desk import counters, damaged
from search.kernels.unions import add_forms, list_bits
from search.patterns import Pattern, expand, written
from search.statistics import Ordinals, Statistics

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

MAX_FORMS = 1024
"""Up to how many forms a pattern is scored; one of more matches all of them, without a score."""

_STEP = 1 << 20
"""How many paragraphs of terms are added before the time is looked at."""

NOT_COUNTED: U32 = np.empty(0, np.uint32)


class Union(NamedTuple):
    """The paragraphs of a segment in which any of some forms stands, and how often they do.

    `bits` (u64) has one for each paragraph of the segment; `frequencies` (u32) are of those that
    are set, in their order, and empty where that is not asked for.
    """

    bits: U64
    frequencies: U32

    def ordinals(self) -> Ordinals:
        """List the paragraphs."""
        return ordinals_of(self.bits)


class Expansion(NamedTuple):
    """What a pattern stands for, in each segment; `scored` tells that its forms are few enough."""

    scored: bool
    idf: float
    unions: tuple[Union, ...]


class Expansions:
    """What the patterns of one query stand for, and what is to be said of them."""

    def __init__(self, statistics: Statistics, budget: Budget) -> None:
        self._statistics = statistics
        self._budget = budget
        self._expansions: dict[str, Expansion] = {}
        self.warnings: list[str] = []

    def of(self, node: Pattern) -> Expansion:
        """Give what a pattern stands for; one of too many forms is warned of, once."""
        text = written(node)
        if text not in self._expansions:
            self._expansions[text] = self._expand(node, text)
        return self._expansions[text]

    def _expand(self, node: Pattern, text: str) -> Expansion:
        data = [segment.data for segment in self._statistics.segments]
        forms = [expand(node, each, self._budget) for each in data]
        scored = are_few(data, forms)
        if not scored:
            self.warnings.append(
                f"{text} stands for more than {MAX_FORMS:,} words: all are found, without a score"
            )
        unions = tuple(
            _union(each, numbers, text, self._budget, counted=scored)
            for each, numbers in zip(data, forms, strict=True)
        )
        document_frequency = sum(int(np.bitwise_count(union.bits).sum()) for union in unions)
        return Expansion(scored, self._statistics.idf(document_frequency), unions)


def counted(node: Pattern, data: SegmentData, budget: Budget) -> Union:
    """Give the paragraphs of a segment with any form of a pattern, however many there are."""
    return _union(data, expand(node, data, budget), written(node), budget, counted=True)


def are_few(data: list[SegmentData], forms: list[I64]) -> bool:
    """Tell whether some forms of each segment are, together, few enough to be scored."""
    if max(map(len, forms), default=0) > MAX_FORMS:
        return False
    if sum(map(len, forms)) <= MAX_FORMS:
        return True
    words = {
        each.forms[number]
        for each, numbers in zip(data, forms, strict=True)
        for number in numbers.tolist()
    }
    return len(words) <= MAX_FORMS


def _union(data: SegmentData, forms: I64, text: str, budget: Budget, *, counted: bool) -> Union:
    """Give the paragraphs of some forms; where the time is over, those of the first of them."""
    bits = np.zeros((data.paragraph_count + 63) // 64, np.uint64)
    tfs = counters(data.paragraph_count) if counted else NOT_COUNTED
    by_term = forms[np.argsort(data.forms_of_terms[0][forms], kind="stable")]
    for n, some in enumerate(_portions(data, by_term)):
        if n and budget.is_over(text):
            break
        note_forms(data, some, bits, tfs)
    if not counted:
        return Union(bits, NOT_COUNTED)
    ordinals = ordinals_of(bits)
    frequencies = tfs[ordinals]
    tfs[ordinals] = 0
    return Union(bits, frequencies)


def note_forms(data: SegmentData, forms: I64, bits: U64, tfs: U32) -> None:
    """Set the bits of the paragraphs of some forms, and count in `tfs` how often they stand there.

    The forms are in the order of their terms. `tfs` has one for each paragraph, or is empty.
    Raises Damaged.
    """
    wanted = np.zeros(MAX_CODES, np.uint8)
    rooms = np.empty(BLOCK, np.int64), np.empty(BLOCK + 1, np.int64)
    try:
        add_forms(data.table, forms, *data.forms_of_terms, wanted, *rooms, bits, tfs)
    except (ValueError, IndexError) as error:
        raise damaged(data.path.parent, error) from error


def ordinals_of(bits: U64) -> Ordinals:
    """List the paragraphs whose bits are set."""
    ordinals = np.empty(int(np.bitwise_count(bits).sum()), np.int64)
    list_bits(bits, ordinals)
    return ordinals


def _portions(data: SegmentData, by_term: I64) -> Iterator[I64]:
    """Part forms, which are in the order of their terms, so that each part has some work."""
    if not len(by_term):
        return
    terms = data.forms_of_terms[0][by_term]
    begins = np.flatnonzero(np.append(True, terms[1:] != terms[:-1]))
    work = np.cumsum(data.columns.df[terms[begins]], dtype=np.int64) // _STEP
    yield from np.split(by_term, begins[1:][work[1:] != work[:-1]])
