"""Query tree and snapshot in, the best paragraphs and their scores out.

Each segment is searched by itself, with the statistics of the whole index, and what was found in
one raises the bar for the next. Queries without nesting go to the kernels, by `flat`; all others
are evaluated whole, by `general`.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

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


class Answer(NamedTuple):
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
    search = _Search(snapshot, tree, count, among, context, 0 if documents else None)
    try:
        return search.run(snapshot.ordinal_count if k is None else min(k, snapshot.ordinal_count))
    except (ValueError, IndexError) as error:
        flat.forget_room()
        raise Damaged(f"the index in {snapshot.folder} is damaged: {error}") from error


@dataclass(slots=True)
class _Search:
    """One execution over all segments, and its counts; `documents` is None if not asked for."""

    snapshot: Snapshot
    tree: query.Query
    count: bool
    among: Bools | None
    context: bool
    documents: int | None

    def run(self, k: int) -> Answer:
        statistics = statistics_of(self.snapshot)
        expansions = Expansions(self.snapshot, statistics)
        where = [
            Where(segment, place, statistics, expansions, self.snapshot.norms)
            for place, segment in enumerate(self.snapshot.segments)
        ]
        unnested = flat.flattened(self.tree) if k <= MAX_PRUNED else None
        found = self._evaluated(where, k) if unnested is None else self._pruned(unnested, where, k)
        ordinals, scores, total = found
        warnings = tuple(expansions.warnings)
        return Answer(ordinals, scores, total if self.count else None, self.documents, warnings)

    # Without nesting.

    def _pruned(
        self, query: flat.Flat, everywhere: list[Where], k: int
    ) -> tuple[Ordinals, F64, int]:
        scores, ordinals = np.empty(k or 1), np.empty(k or 1, np.int64)
        scores.fill(-1.0 if k else math.inf)
        ordinals.fill(NOBODY)
        counting = self.count or self.documents is not None
        total = 0
        for where in everywhere:
            scoring = self._scoring(where, query.barred)
            hits = flat.NO_BITS if self.documents is None else _no_hits(where.segment)
            total += flat.search(query, where, Wanted(scores, ordinals, scoring, counting, hits))
            if self.documents is not None:
                self.documents += count_documents(hits, where.segment.data.document_first)
        count = sort(scores, ordinals)
        return ordinals[:count], scores[:count], total

    def _scoring(self, where: Where, barred: list[query.Query]) -> Scoring:
        growth, segment = self.snapshot.growth[where.place], where.segment
        allowed = flat.NO_BITS
        if barred or segment.live is not None or self.among is not None:
            allowed = self._allowed(where, barred)
        sections, values = context_of(self.tree, where) if self.context else NOWHERE
        if not len(sections):
            return Scoring(where.norms, growth, flat.NO_CONTEXT, 0.0, allowed)
        dense = np.zeros(len(segment.data.section_title))
        dense[sections] = values
        return Scoring(where.norms, growth, dense, float(values.max()), allowed)

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
        if self.among is None:
            return segment.live
        among = self.among[segment.base : segment.base + segment.data.paragraph_count]
        return among if segment.live is None else among & segment.live

    # With nesting.

    def _evaluated(self, everywhere: list[Where], k: int) -> tuple[Ordinals, F64, int]:
        ordinals, scores = [np.empty(0, np.int64)], [np.empty(0)]
        for where in everywhere:
            segment = where.segment
            found = General(where).evaluate(self.tree)
            local, score = found.ordinals, found.scores
            allowed = self._narrowing(segment)
            if allowed is not None:
                local, score = local[allowed[local]], score[allowed[local]]
            sections, values = context_of(self.tree, where) if self.context else NOWHERE
            if len(sections):
                added = np.zeros(len(segment.data.section_title) + 1)
                added[sections] = values
                # A headline's section, with its bit, is beyond all: it gets the last, which is 0.
                score = score + added[np.minimum(segment.data.section[local], len(added) - 1)]
            if self.documents is not None:
                numbers = np.searchsorted(segment.data.document_first, local, "right")
                self.documents += len(np.unique(numbers))
            ordinals.append(local + segment.base)
            scores.append(score)
        every, score = np.concatenate(ordinals), np.concatenate(scores)
        order = np.argsort(-score, kind="stable")[:k]
        return every[order], score[order], len(every)


def _no_hits(segment: OpenSegment) -> U64:
    return np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)


def _packed(bools: Bools) -> U64:
    """Pack one bit a paragraph, the lowest first."""
    bits = np.packbits(bools, bitorder="little")
    return np.append(bits, np.zeros(-len(bits) % 8, np.uint8)).view(np.uint64)
