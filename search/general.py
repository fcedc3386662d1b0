"""Any query tree over one segment, by arrays: what `flat` has no kernels for.

A node of the tree becomes the ascending ordinals of the paragraphs that it matches and their
scores. Leaves name words as typed; the field `text` matches them by stem, `form` as typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from whoosh import query
from whoosh.query.spans import SpanNear2

from search import fields, filters, flat, score
from search.score import F64
from search.statistics import Expansions, Ordinals
from search.where import Where


@dataclass(frozen=True, slots=True)
class Matches:
    """Paragraphs, ascending, and their scores."""

    ordinals: Ordinals
    scores: F64


NOTHING = Matches(np.empty(0, np.int64), np.empty(0))


class General:
    """The evaluation of a tree over one segment; contexts are not added."""

    def __init__(self, where: Where, expansions: Expansions) -> None:
        self._where = where
        self._expansions = expansions
        self._data = where.segment.data
        self._leaves: dict[tuple[str, float], Matches] = {}  # a word may be typed many times

    def evaluate(self, node: query.Query, boost: float = 1.0) -> Matches:
        """Give the paragraphs that match a tree, deleted ones included."""
        if filters.only(node):
            return self._fields(node)
        boost *= getattr(node, "boost", 1.0)
        operator = _OPERATORS[type(node)]
        if not node.is_leaf():
            return operator(self, node, boost)
        leaf = repr(node), boost
        if leaf not in self._leaves:
            self._leaves[leaf] = operator(self, node, boost)
        return self._leaves[leaf]

    def _and(self, node: query.And, boost: float) -> Matches:
        rest, narrowing = filters.parted(node)
        if narrowing:
            passing = self.evaluate(rest, boost)
            through = fields.matching(query.And(narrowing), self._where)[passing.ordinals]
            return Matches(passing.ordinals[through], passing.scores[through])
        wanted = [n for n in node.subqueries if not isinstance(n, query.Not)]
        unwanted = [n.query for n in node.subqueries if isinstance(n, query.Not)]
        found = (self.evaluate(n, boost) for n in wanted)
        kept = reduce(_intersection, found) if wanted else self._all()
        for n in unwanted:
            kept = _difference(kept, self.evaluate(n, boost))
        return kept

    def _or(self, node: query.Or, boost: float) -> Matches:
        return self._union([self.evaluate(n, boost) for n in node.subqueries], np.add)

    def _best(self, node: query.DisjunctionMax, boost: float) -> Matches:
        return self._union([self.evaluate(n, boost) for n in node.subqueries], np.maximum)

    def _and_maybe(self, node: query.AndMaybe, boost: float) -> Matches:
        required, optional = (self.evaluate(n, boost) for n in (node.a, node.b))
        both = _intersection(required, optional)
        scores = required.scores.copy()
        scores[np.searchsorted(required.ordinals, both.ordinals)] = both.scores
        return Matches(required.ordinals, scores)

    def _not(self, node: query.Not, boost: float) -> Matches:
        return _difference(self._all(), self.evaluate(node.query, boost))

    def _every(self, _node: query.Every, _boost: float) -> Matches:
        return self._all()

    def _nothing(self, _node: query.Query, _boost: float) -> Matches:
        return NOTHING

    def _all(self) -> Matches:
        count = self._data.paragraph_count
        return Matches(np.arange(count), np.zeros(count))

    def _fields(self, node: query.Query) -> Matches:
        ordinals = np.flatnonzero(fields.matching(node, self._where))
        return Matches(ordinals, np.zeros(len(ordinals)))

    def _union(self, parts: list[Matches], combine: Callable[[F64, F64], F64]) -> Matches:
        scores = np.zeros(self._data.paragraph_count)
        hit = np.zeros(self._data.paragraph_count, np.bool_)
        for part in parts:
            hit[part.ordinals] = True
            scores[part.ordinals] = combine(scores[part.ordinals], part.scores)
        ordinals = np.flatnonzero(hit)
        return Matches(ordinals, scores[ordinals])

    def _leaf(self, node: query.Query, boost: float) -> Matches:
        """Match a word, a phrase or a proximity: all paragraphs that the kernels find."""
        leaf = flat.leaf_of(node, boost, self._where.statistics)
        return Matches(*flat.every(leaf, self._where)) if leaf else NOTHING

    def _several(self, node: query.Prefix | query.Wildcard, boost: float) -> Matches:
        known = self._expansions.of(node)
        ordinals, frequencies = known.unions[self._where.segment.base]
        if not known.scored:
            return Matches(ordinals, np.zeros(len(ordinals)))
        norms = self._where.norms[self._data.length[ordinals]]
        return Matches(ordinals, score.bm25(boost * known.idf, frequencies, norms))


_OPERATORS: dict[type, Callable[[General, query.Query, float], Matches]] = {
    query.Term: General._leaf,
    query.Phrase: General._leaf,
    SpanNear2: General._leaf,
    query.Prefix: General._several,
    query.Wildcard: General._several,
    query.And: General._and,
    query.Or: General._or,
    query.DisjunctionMax: General._best,
    query.AndMaybe: General._and_maybe,
    query.Not: General._not,
    query.Every: General._every,
    type(query.NullQuery): General._nothing,
}


def _intersection(a: Matches, b: Matches) -> Matches:
    ordinals, in_a, in_b = np.intersect1d(
        a.ordinals, b.ordinals, assume_unique=True, return_indices=True
    )
    return Matches(ordinals, a.scores[in_a] + b.scores[in_b])


def _difference(a: Matches, b: Matches) -> Matches:
    kept = np.isin(a.ordinals, b.ordinals, assume_unique=True, invert=True)
    return Matches(a.ordinals[kept], a.scores[kept])
