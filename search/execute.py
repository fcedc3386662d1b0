"""Query tree and snapshot in, the best paragraphs and their scores out.

Each segment is searched by itself, with the statistics of the whole index, and what was found in
one raises the bar for the next. Queries without nesting, of which up to MAX_BEST paragraphs are
wanted, go to the kernels, by `flat`; all others are evaluated whole, by `general`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.snapshot import OpenSegment, Snapshot
from search import fields, flat
from search.budget import UNLIMITED, Budget
from search.context import NOWHERE
from search.context import context as context_of
from search.desk import damaged, desk_for
from search.expansions import Expansions
from search.fields import packed
from search.general import General
from search.kernels.best import sort
from search.kernels.room import MAX_BEST, NO_BITS, NO_CONTEXT, Laid, Scoring, laid
from search.kernels.sets import count_documents
from search.score import F64
from search.statistics import Ordinals
from search.where import Where, everywhere

U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


class Answer(NamedTuple):
    """The best paragraphs that match, of equal ones the lower ordinal first.

    `ordinals` (i64) and `scores` (f64) are parallel. `total` counts all that match and `documents`
    the documents among them; each is None where it was not asked for. `warnings` says what was
    not as asked. `partial` tells that the time was over: more may match. `hits` has of each segment
    the bits of all that match, where `documents` were asked for.
    """

    ordinals: Ordinals
    scores: F64
    total: int | None
    documents: int | None
    warnings: tuple[str, ...]
    partial: bool = False
    hits: tuple[U64, ...] = ()


def execute(  # noqa: PLR0913  # what is asked for is named
    snapshot: Snapshot,
    tree: query.Query,
    k: int | None = None,
    *,
    count: bool = True,
    documents: bool = False,
    among: Bools | None = None,
    context: bool = True,
    budget: Budget | None = None,
) -> Answer:
    """Evaluate a query tree; give the best k paragraphs, or all.

    `count` and `documents` ask for the totals; without them, what cannot be among the best is
    passed over. `among` (bool, one an ordinal of the snapshot) narrows the hits, not the
    statistics. Without `context`, titles and headings above a paragraph add nothing to its score.
    Where the `budget` of time is over, these are the best of what was looked at until then.
    Raises Damaged, and ValueError for a k below 0 or an `among` that is not of this snapshot.
    """
    if (k or 0) < 0 or (among is not None and len(among) != snapshot.ordinal_count):
        raise ValueError("k is below 0, or `among` has not one for each ordinal")
    where = everywhere(snapshot)
    wanted = 0 if documents else None
    search = _Search(where, tree, count, among, context, wanted, budget or UNLIMITED)
    try:
        return search.run(snapshot.ordinal_count if k is None else min(k, snapshot.ordinal_count))
    except (ValueError, IndexError) as error:
        raise damaged(snapshot.folder, error) from error


@dataclass(slots=True)
class _Search:
    """One execution over all segments, and its counts; `documents` is None if not asked for."""

    everywhere: tuple[Where, ...]
    tree: query.Query
    count: bool
    among: Bools | None
    context: bool
    documents: int | None
    budget: Budget
    expansions: Expansions | None = None
    hits: list[U64] = field(default_factory=list)

    def run(self, k: int) -> Answer:
        # When more are wanted than there is room for, all are scored and sorted.
        unnested = self._flattened() if k <= MAX_BEST else None
        found = self._evaluated(k) if unnested is None else self._pruned(unnested, k)
        ordinals, scores, total = found
        counted, cut = total if self.count else None, bool(self.budget.cut)
        hits = () if self.documents is None else (*self.hits, *self._not_looked_at())
        return Answer(ordinals, scores, counted, self.documents, self._warnings(), cut, hits)

    def _warnings(self) -> tuple[str, ...]:
        expanded = self.expansions.warnings if self.expansions else ()
        return (*expanded, *self.budget.warnings())

    def _in_time(self) -> Iterator[Where]:
        """Yield the segments, one at least, as long as there is time."""
        count = len(self.everywhere)
        for where in self.everywhere:
            if where.place and self.budget.is_over(
                f"part {where.place + 1} of {count} of the index"
            ):
                return
            yield where

    def _not_looked_at(self) -> list[U64]:
        """Give no hits for each segment for which there was no time."""
        return [_no_hits(where.segment) for where in self.everywhere[len(self.hits) :]]

    # Without nesting.

    def _flattened(self) -> flat.Flat | None:
        return flat.flattened(self.tree, self.everywhere[0].statistics) if self.everywhere else None

    def _pruned(self, query: flat.Flat, k: int) -> tuple[Ordinals, F64, int]:
        scorings = [self._scoring(where, query) for where in self.everywhere]
        desk = desk_for(query.size(), k)
        counting = self.count or self.documents is not None
        total = 0
        for where in self._in_time():
            scoring = scorings[where.place]
            total += flat.search(query, where, scoring, desk, counting)
            if self.documents is not None:
                first = where.segment.data.document_first
                self.documents += count_documents(scoring.scoring.hits, first)
                self.hits.append(scoring.scoring.hits)
        count, room = sort(desk.table), desk.room
        return room.best_ordinals[:count].copy(), room.best_scores[:count].copy(), total

    def _scoring(self, where: Where, query: flat.Flat) -> Laid:
        segment, allowed, context, highest = where.segment, NO_BITS, NO_CONTEXT, 0.0
        if query.barred or query.fields or segment.live is not None or self.among is not None:
            allowed = self._allowed(where, query)
        sections, values = context_of(self.tree, where) if self.context else NOWHERE
        if len(sections):
            context, highest = np.zeros(len(segment.data.section_title)), float(values.max())
            context[sections] = values
        if not (len(sections) or len(allowed) or self.documents is not None):
            return where.scoring
        hits = NO_BITS if self.documents is None else _no_hits(segment)
        limits = np.array([where.growth, highest])
        return laid(Scoring(where.norms, limits, context, allowed, hits))

    def _allowed(self, where: Where, query: flat.Flat) -> U64:
        """Give the bits of the paragraphs that may be hits; none at all where every one may."""
        segment = where.segment
        bits = self._narrowed(segment)
        for tree in query.fields:
            through = fields.bits(tree, where)
            bits = bits & through if len(bits) else through.copy()
        for tree in query.barred:
            if not len(bits):
                bits = np.full((segment.data.paragraph_count + 63) // 64, ~np.uint64(0))
            bits &= ~packed(self._matching(tree, where))
        # What is excluded by a tree that was cut short is not known: all.
        return np.zeros_like(bits) if query.barred and self.budget.cut else bits

    def _matching(self, tree: query.Query, where: Where) -> Bools:
        matching = np.zeros(where.segment.data.paragraph_count, np.bool_)
        matching[self._general(where).evaluate(tree).ordinals] = True
        return matching

    def _general(self, where: Where) -> General:
        self.expansions = self.expansions or Expansions(where.statistics, self.budget)
        return General(where, self.expansions, self.budget)

    def _narrowed(self, segment: OpenSegment) -> U64:
        allowed = self._narrowing(segment)
        return NO_BITS if allowed is None else packed(allowed)

    def _narrowing(self, segment: OpenSegment) -> Bools | None:
        if self.among is None:
            return segment.live
        among = self.among[segment.base : segment.base + segment.data.paragraph_count]
        return among if segment.live is None else among & segment.live

    # With nesting.

    def _evaluated(self, k: int) -> tuple[Ordinals, F64, int]:
        ordinals, scores = [np.empty(0, np.int64)], [np.empty(0)]
        for where in self._in_time():
            segment = where.segment
            found = self._general(where).evaluate(self.tree)
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
                begins = np.searchsorted(local, segment.data.document_first)
                self.documents += int(np.count_nonzero(np.diff(begins)))
                self.hits.append(_bits_of(local, segment))
            ordinals.append(local + segment.base)
            scores.append(score)
        every, score = np.concatenate(ordinals), np.concatenate(scores)
        best = places_of_best(score, k)
        return every[best], score[best], len(every)


def places_of_best(score: F64 | Ordinals, k: int) -> Ordinals:
    """Give the places of the k best scores, of equal ones the first."""
    if 0 < k < len(score) // 8:
        enough = np.flatnonzero(score >= np.partition(score, -k)[-k])
        return enough[np.argsort(-score[enough], kind="stable")[:k]]
    return np.argsort(-score, kind="stable")[:k]


def _bits_of(ordinals: Ordinals, segment: OpenSegment) -> U64:
    found = np.zeros(segment.data.paragraph_count, np.bool_)
    found[ordinals] = True
    return packed(found)


def _no_hits(segment: OpenSegment) -> U64:
    return np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)
