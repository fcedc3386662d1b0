"""What the patterns of a query stand for: their forms, as one leaf."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK
from index.codec.segment import SegmentData
from search.budget import Budget
from search.desk import counters
from search.kernels.unions import MAX_CODES, add_forms, take
from search.patterns import Pattern, expand, written
from search.statistics import Ordinals, Statistics

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

MAX_FORMS = 1024
"""Up to how many forms a pattern is scored; one of more matches all of them, without a score."""

_STEP = 1 << 20
"""How many paragraphs of terms are added before the time is looked at."""

_NOT_COUNTED: U32 = np.empty(0, np.uint32)


class Union(NamedTuple):
    """The paragraphs of a segment in which any of some forms stands, and how often they do.

    `frequencies` (u32) is empty where that is not asked for.
    """

    ordinals: Ordinals
    frequencies: U32


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
        document_frequency = sum(len(union.ordinals) for union in unions)
        return Expansion(scored, self._statistics.idf(document_frequency), unions)


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
    terms, codes = data.forms_of_terms
    bits = np.zeros((data.paragraph_count + 63) // 64, np.uint64)
    tfs = counters(data.paragraph_count) if counted else _NOT_COUNTED
    by_term = forms[np.argsort(terms[forms], kind="stable")]
    wanted = np.zeros(MAX_CODES, np.uint8)
    rooms = np.empty(BLOCK, np.int64), np.empty(BLOCK + 1, np.int64)
    for n, some in enumerate(_portions(data, by_term)):
        if n and budget.is_over(text):
            break
        add_forms(data.table, some, terms, codes, wanted, *rooms, bits, tfs)
    count = int(np.bitwise_count(bits).sum())
    ordinals, frequencies = np.empty(count, np.int64), np.empty(count if counted else 0, np.uint32)
    take(bits, tfs, ordinals, frequencies)
    return Union(ordinals, frequencies)


def _portions(data: SegmentData, by_term: I64) -> Iterator[I64]:
    """Part forms, which are in the order of their terms, so that each part has some work."""
    if not len(by_term):
        return
    terms = data.forms_of_terms[0][by_term]
    begins = np.flatnonzero(np.append(True, terms[1:] != terms[:-1]))
    work = np.cumsum(data.columns.df[terms[begins]], dtype=np.int64) // _STEP
    yield from np.split(by_term, begins[1:][work[1:] != work[:-1]])
