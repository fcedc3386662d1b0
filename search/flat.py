"""Queries without nesting, straight to the kernels: words and phrases, all or any, some excluded.

What most people type is of this kind; everything else goes by `general`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec.blocks import Columns
from index.codec.layout import NONE
from index.codec.segment import NOT_FOUND
from index.snapshot import OpenSegment
from search.kernels import conjunction, disjunction, sets
from search.kernels.clauses import Clauses
from search.kernels.cursors import FEW, Room, new_room
from search.kernels.scoring import Best, Scoring
from search.score import F64
from search.statistics import Ordinals, Statistics

U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

IN_A_ROW = -1
"""The slop of a phrase."""

NO_BITS: U64 = np.empty(0, np.uint64)
NO_CONTEXT: F64 = np.empty(0)


class Leaf(NamedTuple):
    """A word, a phrase (slop IN_A_ROW) or a proximity (slop: how many others at most)."""

    field: str
    words: tuple[str, ...]
    slop: int
    boost: float


@dataclass(slots=True)
class Flat:
    """A query without nesting: all of `required`, or, where there is none, any of `optional`.

    `excluded` are trees of any kind.
    """

    required: list[Leaf] = field(default_factory=list)
    optional: list[Leaf] = field(default_factory=list)
    excluded: list[query.Query] = field(default_factory=list)


def leaf_of(node: query.Query, boost: float) -> Leaf | None:
    """Read a leaf; None for a node of another kind. `boost` has the node's own in it."""
    if isinstance(node, query.Term):
        return Leaf(node.fieldname, (node.text,), IN_A_ROW, boost)
    if isinstance(node, query.Phrase):
        return Leaf(node.fieldname, tuple(node.words), IN_A_ROW, boost)
    if isinstance(node, SpanNear2):
        return Leaf(node.qs[0].fieldname, tuple(n.text for n in node.qs), node.slop - 1, boost)
    return None


def flattened(tree: query.Query) -> Flat | None:
    """Read a tree that has no nesting; None for one that has."""
    flat = Flat()
    if isinstance(tree, query.Or):
        return flat if _read_any(tree, 1.0, flat) else None
    return flat if _read_all(tree, 1.0, flat) and flat.required else None


def _read_any(tree: query.Query, boost: float, flat: Flat) -> bool:
    boost *= getattr(tree, "boost", 1.0)
    if isinstance(tree, query.Or):
        return all(_read_any(node, boost, flat) for node in tree.subqueries)
    if not isinstance(tree, query.Term) or tree.fieldname != "text":
        return False
    flat.optional.append(Leaf("text", (tree.text,), IN_A_ROW, boost))
    return True


def _read_all(tree: query.Query, boost: float, flat: Flat) -> bool:
    boost *= getattr(tree, "boost", 1.0)
    if isinstance(tree, query.And):
        return all(_read_all(node, boost, flat) for node in tree.subqueries)
    if isinstance(tree, query.AndMaybe):
        return _read_all(tree.a, boost, flat) and _read_any(tree.b, boost, flat)
    if isinstance(tree, query.Not):
        flat.excluded.append(tree.query)
        return True
    leaf = leaf_of(tree, boost)
    if leaf is not None:
        flat.required.append(leaf)
    return leaf is not None


# One segment.


class Where(NamedTuple):
    """The segment in hand, the `place`th of the snapshot, and what is known of the whole index."""

    segment: OpenSegment
    place: int
    statistics: Statistics
    norms: F32


class Wanted(NamedTuple):
    """What a search of a segment adds to: the best so far, and the bits of all hits, or none.

    `counting` asks for the number of hits.
    """

    best: Best
    scoring: Scoring
    counting: bool
    hits: U64


def every(leaf: Leaf, where: Where) -> tuple[Ordinals, F64]:
    """Give the ascending ordinals of all paragraphs that have a leaf, and their scores."""
    clauses = _clauses([leaf], [], where)
    if clauses is None:
        return np.empty(0, np.int64), np.empty(0)
    columns = where.segment.data.columns
    found = np.empty(columns.df[clauses.terms[0]], np.int64)
    scores = np.empty(len(found))
    scoring = Scoring(where.norms, np.float32(1), NO_CONTEXT, 0.0, NO_BITS)
    count = conjunction.every(columns, clauses, scoring, _room(clauses), found, scores)
    return found[:count], scores[:count]


def search(flat: Flat, where: Where, wanted: Wanted) -> int:
    """Offer a segment's paragraphs; answer how many match, if that is asked for."""
    clauses = _clauses(flat.required, flat.optional, where)
    if clauses is None or not len(clauses.terms):
        return 0
    if clauses.required == 0 or len(clauses.terms) + len(clauses.phrase_weight) == 1:
        return _any(clauses, where.segment, wanted)
    columns, base = where.segment.data.columns, where.segment.base
    best, scoring, counting, hits = wanted
    room = _room(clauses)
    terms = clauses.terms[: clauses.required]
    if counting and not len(hits) and not len(clauses.phrase_weight) and _dense(columns, terms):
        conjunction.top_all(columns, clauses, scoring, best, base, room, False, hits)
        return int(sets.count_all(columns, terms, scoring))
    return int(conjunction.top_all(columns, clauses, scoring, best, base, room, counting, hits))


def _dense(columns: Columns, terms: Ordinals) -> bool:
    return bool((columns.bitmap[terms] != NONE).all())


def exclude(columns: Columns, term: int, bits: U64) -> None:
    """Clear the bits of the paragraphs of a term."""
    sets.exclude_term(columns, term, _thread_room(), bits)


def _any(clauses: Clauses, segment: OpenSegment, wanted: Wanted) -> int:
    columns, base, room = segment.data.columns, segment.base, _room(clauses)
    best, scoring, counting, hits = wanted
    terms, weights = clauses.terms, clauses.weights
    if len(terms) == 1:
        disjunction.top_term(columns, terms[0], weights[0], scoring, best, base, room)
        if not counting or len(scoring.allowed) + len(hits) == 0:
            return int(columns.df[terms[0]])
    elif len(hits) == 0 and columns.df[terms].sum() <= FEW:
        return int(disjunction.top_few(columns, terms, weights, scoring, best, base, room))
    else:
        disjunction.top_any(columns, terms, weights, scoring, best, base, room)
    if not counting:
        return 0
    if not len(hits):
        hits = np.zeros((len(columns.length) + 63) // 64, np.uint64)
    return int(sets.count_any(columns, terms, scoring, room, hits))


def _clauses(required: Sequence[Leaf], optional: Sequence[Leaf], where: Where) -> Clauses | None:
    """Look the words up in a segment; None where a required one is not in it."""
    plan = _Plan(where)
    for leaf in required:
        if not plan.require(leaf):
            return None
    return plan.clauses(plan.terms_of(optional))


class _Plan:
    """Collects the terms and phrases of a conjunction."""

    def __init__(self, where: Where) -> None:
        self._place = where.place
        self._data = where.segment.data
        self._statistics = where.statistics
        self._terms: list[tuple[int, float]] = []
        self._phrases: list[tuple[list[tuple[int, int]], int, float]] = []

    def require(self, leaf: Leaf) -> bool:
        """Take a leaf; tell whether all its words are in the segment."""
        words = [self._word(leaf.field, word) for word in leaf.words]
        if any(term == NOT_FOUND for term, _ in words):
            return False
        weight = leaf.boost * self._statistics.idf_of(leaf.field, leaf.words)
        if len(words) == 1 and words[0][1] < 0:
            self._terms.append((words[0][0], weight))
        else:
            self._phrases.append((words, leaf.slop, weight))
        return True

    def _word(self, field: str, word: str) -> tuple[int, int]:
        """Give a word's term in the segment and the code of its form, -1 where any will do."""
        number = self._statistics.word(field, word).numbers[self._place]
        if field == "text" or number == NOT_FOUND:
            return number, -1
        term, code, _ = self._data.form(number)
        return term, code if self._data.forms_of(term) > 1 else -1

    def terms_of(self, optional: Sequence[Leaf]) -> list[tuple[int, float]]:
        """Give the terms and weights of words that are in the segment."""
        found = []
        for leaf in optional:
            known = self._statistics.word("text", leaf.words[0])
            number = known.numbers[self._place]
            if number != NOT_FOUND:
                found.append((number, leaf.boost * self._statistics.idf(known.df)))
        return found

    def clauses(self, optional: list[tuple[int, float]]) -> Clauses:
        """Put everything into arrays."""
        df = self._data.columns.df
        present = {term for term, _ in self._terms}
        inside = dict.fromkeys(term for words, _, _ in self._phrases for term, _ in words)
        self._terms += [(term, 0.0) for term in inside if term not in present]
        if len(self._terms) > 1:
            self._terms.sort(key=lambda term: int(df[term[0]]))
        terms = self._terms + optional
        numbers = np.array([term for term, _ in terms], np.int64)
        weights = np.array([weight for _, weight in terms], np.float32)
        if not self._phrases:
            return Clauses(numbers, weights, len(self._terms), *_NO_PHRASES)
        sizes = [0, *(len(words) for words, _, _ in self._phrases)]
        words = [word for words, _, _ in self._phrases for word in words]
        index = {term: i for i, (term, _) in enumerate(self._terms)}
        return Clauses(
            numbers,
            weights,
            len(self._terms),
            np.cumsum(sizes),
            np.array([index[term] for term, _ in words], np.int64),
            np.array([code for _, code in words], np.int64),
            np.array([slop for _, slop, _ in self._phrases], np.int64),
            np.array([weight for _, _, weight in self._phrases], np.float32),
        )


_NOTHING = np.empty(0, np.int64)
_NO_PHRASES = (np.zeros(1, np.int64), _NOTHING, _NOTHING, _NOTHING, np.empty(0, np.float32))


# Room for the kernels.

_of_thread = threading.local()


def _room(clauses: Clauses) -> Room:
    """Give this thread's room; a larger one is made for a query that needs it, and not kept."""
    terms, words = len(clauses.terms), len(clauses.phrase_term)
    if terms > _TERMS or words > _TERMS:
        return new_room(terms, words)
    return _thread_room()


def _thread_room() -> Room:
    if not hasattr(_of_thread, "room"):
        _of_thread.room = new_room(_TERMS, _TERMS)
    room: Room = _of_thread.room
    return room


_TERMS = 64
