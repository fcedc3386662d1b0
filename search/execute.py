"""Query tree and snapshot in, the best paragraphs and their scores out.

Each segment is searched by itself, with the statistics of the whole index, and what was found in
one raises the bar for the next. Queries without nesting go to the kernels, by `flat`; all others
are evaluated whole, by `general`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.errors import Damaged
from index.snapshot import OpenSegment, Snapshot
from search import flat
from search.context import NOWHERE
from search.context import context as context_of
from search.flat import Wanted, Where
from search.general import General
from search.kernels.room import Scoring
from search.kernels.scoring import NOBODY, sort
from search.kernels.sets import count_documents
from search.score import F64
from search.statistics import Expansions, Ordinals, statistics_of

MAX_PRUNED = 10_000
"""Up to how many paragraphs are kept in a heap; when more are wanted, all are scored and sorted."""

U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """The best paragraphs that match, of equal ones the lower ordinal first.

    `ordinals` (i64) and `scores` (f64) are parallel. `total` counts all that match and `documents`
    the documents among them; each is None where it was not asked for. `warnings` says what was
    not as asked.
    """

    ordinals: Ordinals
    scores: F64
    total: int | None
    documents: int | None
    warnings: tuple[str, ...]


def execute(  # noqa: PLR0913  # what is asked for is named
    snapshot: Snapshot,
    tree: query.Query,
    k: int | None = None,
    *,
    count: bool = True,
    documents: bool = False,
    among: Bools | None = None,
    context: bool = True,
) -> Answer:
    """Evaluate a query tree; give the best k paragraphs, or all.

    `count` and `documents` ask for the totals; without them, what cannot be among the best is
    passed over. `among` (bool, one an ordinal of the snapshot) narrows the hits, not the
    statistics. Without `context`, titles and headings above a paragraph add nothing to its score.
    Raises Damaged.
    """
    search = _Search(snapshot, tree, _Asked(count, documents, among, context))
    try:
        return search.run(snapshot.ordinal_count if k is None else min(k, snapshot.ordinal_count))
    except (ValueError, IndexError) as error:
        flat.forget_room()
        raise Damaged(f"the index in {snapshot.folder} is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class _Asked:
    count: bool
    documents: bool
    among: Bools | None
    context: bool


class _Search:
    """One execution over all segments, and its counts."""

    def __init__(self, snapshot: Snapshot, tree: query.Query, asked: _Asked) -> None:
        self._snapshot = snapshot
        self._tree = tree
        self._statistics = statistics_of(snapshot)
        self._expansions = Expansions(snapshot, self._statistics)
        self._among = asked.among
        self._context = asked.context
        self._count = asked.count
        self._documents: int | None = 0 if asked.documents else None

    def run(self, k: int) -> Answer:
        unnested = flat.flattened(self._tree) if k <= MAX_PRUNED else None
        found = self._evaluated(k) if unnested is None else self._pruned(unnested, k)
        ordinals, scores, total = found
        warnings = tuple(self._expansions.warnings)
        return Answer(ordinals, scores, total if self._count else None, self._documents, warnings)

    # Without nesting.

    def _pruned(self, query: flat.Flat, k: int) -> tuple[Ordinals, F64, int]:
        scores, ordinals = np.empty(k or 1), np.empty(k or 1, np.int64)
        scores.fill(-1.0 if k else math.inf)
        ordinals.fill(NOBODY)
        counting = self._count or self._documents is not None
        total = 0
        for where in self._everywhere():
            scoring = self._scoring(where, query.barred)
            hits = self._no_hits(where.segment)
            total += flat.search(query, where, Wanted(scores, ordinals, scoring, counting, hits))
            if self._documents is not None:
                first = where.segment.data.document_first
                self._documents += count_documents(hits, first)
        count = sort(scores, ordinals)
        return ordinals[:count], scores[:count], total

    def _scoring(self, where: Where, barred: list[query.Query]) -> Scoring:
        growth = self._snapshot.growth[where.place]
        allowed = self._allowed(where, barred)
        sections, values = self._contexts(where)
        if not len(sections):
            return Scoring(where.norms, growth, flat.NO_CONTEXT, 0.0, allowed)
        dense = np.zeros(len(where.segment.data.section_title))
        dense[sections] = values
        return Scoring(where.norms, growth, dense, float(values.max()), allowed)

    def _everywhere(self) -> Iterator[Where]:
        for place, segment in enumerate(self._snapshot.segments):
            yield Where(segment, place, self._statistics, self._expansions, self._snapshot.norms)

    def _contexts(self, where: Where) -> tuple[Ordinals, F64]:
        if not self._context:
            return NOWHERE
        return context_of(self._tree, where)

    def _allowed(self, where: Where, barred: list[query.Query]) -> U64:
        """Give the bits of the paragraphs that may be hits; none at all where every one may."""
        segment = where.segment
        bits = self._narrowed(segment)
        for tree in barred:
            if not len(bits):
                bits = np.full((segment.data.paragraph_count + 63) // 64, ~np.uint64(0))
            bits &= ~_packed(self._matching(tree, where))
        return bits

    def _matching(self, tree: query.Query, where: Where) -> Bools:
        matching = np.zeros(where.segment.data.paragraph_count, np.bool_)
        matching[General(where).evaluate(tree).ordinals] = True
        return matching

    def _narrowed(self, segment: OpenSegment) -> U64:
        allowed = self._narrowing(segment)
        return flat.NO_BITS if allowed is None else _packed(allowed)

    def _narrowing(self, segment: OpenSegment) -> Bools | None:
        if self._among is None:
            return segment.live
        among = self._among[segment.base : segment.base + segment.data.paragraph_count]
        return among if segment.live is None else among & segment.live

    def _no_hits(self, segment: OpenSegment) -> U64:
        if self._documents is None:
            return flat.NO_BITS
        return np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)

    # With nesting.

    def _evaluated(self, k: int) -> tuple[Ordinals, F64, int]:
        ordinals, scores = [np.empty(0, np.int64)], [np.empty(0)]
        for where in self._everywhere():
            segment = where.segment
            found = General(where).evaluate(self._tree)
            local, score = found.ordinals, found.scores
            allowed = self._narrowing(segment)
            if allowed is not None:
                local, score = local[allowed[local]], score[allowed[local]]
            sections, values = self._contexts(where)
            if len(sections):
                added = np.zeros(len(segment.data.section_title) + 1)
                added[sections] = values
                # A headline's section, with its bit, is beyond all: it gets the last, which is 0.
                score = score + added[np.minimum(segment.data.section[local], len(added) - 1)]
            if self._documents is not None:
                numbers = np.searchsorted(segment.data.document_first, local, "right")
                self._documents += len(np.unique(numbers))
            ordinals.append(local + segment.base)
            scores.append(score)
        every, score = np.concatenate(ordinals), np.concatenate(scores)
        order = np.argsort(-score, kind="stable")[:k]
        return every[order], score[order], len(every)


def _packed(bools: Bools) -> U64:
    """Pack one bit a paragraph, the lowest first."""
    bits = np.packbits(bools, bitorder="little")
    return np.append(bits, np.zeros(-len(bits) % 8, np.uint8)).view(np.uint64)
