"""Any query tree over one segment, by arrays: what `flat` has no kernels for.

A node of the tree becomes the ascending ordinals of the paragraphs that it matches and their
scores. Leaves name words as typed; the field `text` matches them by stem, `form` as typed.
"""

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from search import fields, filters, flat, score
from search.budget import Budget
from search.describe import describe
from search.expansions import Expansions, ordinals_of
from search.kernels import merging, unions
from search.kernels.room import NO_BITS
from search.patterns import PATTERNS, Pattern, written
from search.score import F64
from search.statistics import Leaf, Ordinals
from search.where import Where

U64 = npt.NDArray[np.uint64]


class Matches(NamedTuple):
    """Paragraphs, ascending, and their scores."""

    ordinals: Ordinals
    scores: F64


MAX_KEPT = 1 << 22
"""How many paragraphs of leaves are kept while a query is evaluated, 16 bytes each."""

NOTHING = Matches(np.empty(0, np.int64), np.empty(0))


class General:
    """The evaluation of a tree over one segment; contexts are not added.

    Where the time is over, leaves that were not begun match nothing, and what is excluded by a leaf
    that was cut short is everything: so what is found matches, though more may.
    """

    def __init__(self, where: Where, expansions: Expansions, budget: Budget) -> None:
        self._where = where
        self._expansions = expansions
        self._budget = budget
        self._data = where.segment.data
        self._leaves: dict[tuple[str, float], Matches] = {}  # a word may be typed many times
        self._left = MAX_KEPT

    def evaluate(self, node: query.Query, boost: float = 1.0) -> Matches:
        """Give the paragraphs that match a tree, deleted ones included."""
        if filters.only(node):
            return self._fields(node)
        boost *= getattr(node, "boost", 1.0)
        operator = _OPERATORS.get(type(node), General._nothing)
        if not isinstance(node, _LEAVES):
            return operator(self, node, boost)
        leaf = repr(node), boost
        if leaf in self._leaves:
            return self._leaves[leaf]
        if self._budget.is_over(_named(node)):
            return NOTHING
        found = operator(self, node, boost)
        if _size(found) <= self._left:
            self._leaves[leaf], self._left = found, self._left - _size(found)
        return found

    def _and(self, node: query.And, boost: float) -> Matches:
        """Intersect: words and phrases together, last, and only where the others leave anything."""
        rest, narrowing = filters.parted(node)
        if narrowing:
            passing = self.evaluate(rest, boost)
            through = fields.matching(query.And(narrowing), self._where)[passing.ordinals]
            return Matches(passing.ordinals[through], passing.scores[through])
        wanted = [n for n in node.subqueries if not isinstance(n, query.Not)]
        unwanted = [self._unwanted(n) for n in node.subqueries if isinstance(n, query.Not)]
        if None in unwanted or not node.subqueries:
            return NOTHING
        plain = [n for n in wanted if _is_plain(n)]
        others = [self.evaluate(n, boost) for n in wanted if not _is_plain(n)]
        kept = reduce(_intersection, sorted(others, key=_size)) if others else None
        if plain and (kept is None or len(kept.ordinals)):
            found = self._together(plain, boost, kept)
            kept = found if kept is None else _intersection(kept, found)
        kept = self._all() if kept is None else kept
        return reduce(_difference, [n for n in unwanted if n], kept)

    def _together(self, nodes: list[query.Query], boost: float, among: Matches | None) -> Matches:
        """Match all of some words and phrases at once, among some paragraphs, or among all."""
        if among is None and len(nodes) == 1:
            return self.evaluate(nodes[0], boost)
        if among is None and self._budget.is_over(_named(query.And(nodes))):
            return NOTHING
        leaves = [self._look_up(node, boost * getattr(node, "boost", 1.0)) for node in nodes]
        return Matches(*flat.every(leaves, self._where, self._bits(among) if among else NO_BITS))

    def _bits(self, matches: Matches) -> U64:
        bits = self._no_bits()
        merging.set_bits(matches.ordinals, bits)
        return bits

    def _no_bits(self) -> U64:
        return np.zeros((self._data.paragraph_count + 63) // 64, np.uint64)

    def _or(self, node: query.Or, boost: float) -> Matches:
        return self._union(node.subqueries, boost, is_sum=True)

    def _best(self, node: query.DisjunctionMax, boost: float) -> Matches:
        return self._union(node.subqueries, boost, is_sum=False)

    def _union(self, nodes: list[query.Query], boost: float, *, is_sum: bool) -> Matches:
        """Unite one by one, so that few are held at a time."""
        bits, scores = self._no_bits(), np.zeros(self._data.paragraph_count)
        for node in nodes:
            unions.unite(*self.evaluate(node, boost), is_sum, bits, scores)
        ordinals = ordinals_of(bits)
        return Matches(ordinals, scores[ordinals])

    def _and_maybe(self, node: query.AndMaybe, boost: float) -> Matches:
        required, optional = (self.evaluate(n, boost) for n in (node.a, node.b))
        scores = required.scores.copy()
        merging.add_where(required.ordinals, scores, *optional)
        return Matches(required.ordinals, scores)

    def _not(self, node: query.Not, _boost: float) -> Matches:
        unwanted = self._unwanted(node)
        return NOTHING if unwanted is None else _difference(self._all(), unwanted)

    def _unwanted(self, node: query.Not) -> Matches | None:
        """Match what is excluded; None where it was cut short what that is."""
        found = self.evaluate(node.query)
        return None if self._budget.cut else found

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

    def _leaf(self, node: query.Query, boost: float) -> Matches:
        """Match a word, a phrase or a proximity: all paragraphs that the kernels find."""
        if not _is_plain(node):
            return NOTHING
        return Matches(*flat.every([self._look_up(node, boost)], self._where, NO_BITS))

    def _look_up(self, node: query.Query, boost: float) -> Leaf:
        leaf = flat.leaf_of(node, boost, self._where.statistics)
        if leaf is None:
            raise TypeError(f"{node!r} is no word and no phrase")
        return leaf

    def _several(self, node: Pattern, boost: float) -> Matches:
        if node.fieldname != "form":
            return NOTHING
        known = self._expansions.of(node)
        union = known.unions[self._where.place]
        ordinals = union.ordinals()
        if not known.scored:
            return Matches(ordinals, np.zeros(len(ordinals)))
        norms = self._where.norms[self._data.length[ordinals]]
        return Matches(ordinals, score.bm25(boost * known.idf, union.frequencies, norms))


_PLAIN = (query.Term, query.Phrase, SpanNear2)
_LEAVES = (*_PLAIN, *PATTERNS)

_OPERATORS: dict[type, Callable[[General, query.Query, float], Matches]] = {
    **dict.fromkeys(_PLAIN, General._leaf),
    **dict.fromkeys(PATTERNS, General._several),
    query.And: General._and,
    query.Or: General._or,
    query.DisjunctionMax: General._best,
    query.AndMaybe: General._and_maybe,
    query.Not: General._not,
    query.Every: General._every,
    type(query.NullQuery): General._nothing,
}


def _is_plain(node: query.Query) -> bool:
    """Tell whether a node is a word, a phrase or a proximity of the text."""
    in_text = getattr(node, "fieldname", "text") in ("text", "form")
    return isinstance(node, _PLAIN) and in_text


def _named(node: query.Query) -> str:
    return written(node) if isinstance(node, PATTERNS) else describe(node)


def _size(matches: Matches) -> int:
    return len(matches.ordinals)


def _room(size: int) -> Matches:
    return Matches(np.empty(size, np.int64), np.empty(size))


def _first(matches: Matches, count: int) -> Matches:
    return Matches(matches.ordinals[:count], matches.scores[:count])


def _intersection(a: Matches, b: Matches) -> Matches:
    shorter, longer = sorted((a, b), key=_size)
    room = _room(_size(shorter))
    return _first(room, merging.intersect(*shorter, *longer, *room))


def _difference(a: Matches, b: Matches) -> Matches:
    room = _room(_size(a))
    return _first(room, merging.subtract(*a, b.ordinals, *room))
