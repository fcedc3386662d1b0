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
from index.snapshot import OpenSegment, Place
from search.kernels import conjunction, disjunction, sets
from search.kernels.clauses import Clauses
from search.kernels.cursors import FEW, Room, new_room
from search.kernels.scoring import Best, Scoring
from search.score import F64
from search.statistics import Expansions, Ordinals, Statistics

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
    expansions: Expansions
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
    plan = _plan([leaf], [], where)
    if plan is None:
        return np.empty(0, np.int64), np.empty(0)
    columns, clauses = where.segment.data.columns, _clauses(plan)
    found = np.empty(columns.df[clauses.terms[0]], np.int64)
    scores = np.empty(len(found))
    scoring = Scoring(where.norms, np.float32(1), NO_CONTEXT, 0.0, NO_BITS)
    count = conjunction.every(columns, clauses, scoring, _room(plan), found, scores)
    return found[:count], scores[:count]


def search(flat: Flat, where: Where, wanted: Wanted) -> int:
    """Offer a segment's paragraphs; answer how many match, if that is asked for."""
    plan = _plan(flat.required, flat.optional, where)
    if plan is None:
        return 0
    if len(plan.required) == 1 and not (plan.optional or plan.phrases):
        return _any(plan, plan.required, where.segment, wanted)
    if flat.required:
        if len(plan.required) == 1 and not plan.phrases:
            word, others = plan.required[0], sum([word.place.df for word in plan.optional])
            if word.place.df > others:
                return _better_with(plan, where.segment, wanted)
        return _all(plan, where.segment, wanted)
    return _any(plan, plan.optional, where.segment, wanted) if plan.optional else 0


def exclude(columns: Columns, term: int, bits: U64) -> None:
    """Clear the bits of the paragraphs of a term."""
    sets.exclude_term(columns, term, _thread_room(), bits)


def _all(plan: "_Plan", segment: OpenSegment, wanted: Wanted) -> int:
    columns, clauses, room = segment.data.columns, _clauses(plan), _room(plan)
    best, scoring, counting, hits = wanted
    by_bits = counting and not (plan.phrases or len(hits))
    by_bits = by_bits and all(word.place.dense for word in plan.required)
    counting = counting and not by_bits
    total = conjunction.top_all(columns, clauses, scoring, best, segment.base, room, counting, hits)
    if by_bits:
        total = sets.count_all(columns, clauses.terms[: clauses.required], scoring)
    return total


def _better_with(plan: "_Plan", segment: OpenSegment, wanted: Wanted) -> int:
    """Search for any of the words among the paragraphs of the one that is required.

    Where that is the most frequent of them, its paragraphs without the others are passed over.
    """
    columns, room, hits = segment.data.columns, _room(plan), wanted.hits
    if not len(hits):
        hits = np.zeros((len(columns.length) + 63) // 64, np.uint64)
    required = np.array([plan.required[0].place.term], np.int64)
    total = sets.count_any(columns, required, wanted.scoring, room, hits)
    words = plan.required + plan.optional
    terms = np.array([word.place.term for word in words], np.int64)
    weights = np.array([word.weight for word in words], np.float32)
    scoring = wanted.scoring._replace(allowed=hits)
    disjunction.top_any(columns, terms, weights, scoring, wanted.best, segment.base, room)
    return total


def _any(plan: "_Plan", words: "list[_Word]", segment: OpenSegment, wanted: Wanted) -> int:
    columns, base, room = segment.data.columns, segment.base, _room(plan)
    best, scoring, counting, hits = wanted
    if len(words) == 1:
        word = words[0]
        disjunction.top_term(columns, word.place.term, word.weight, scoring, best, base, room)
        if not counting or len(scoring.allowed) + len(hits) == 0:
            return word.place.df
    terms = np.array([word.place.term for word in words], np.int64)
    if len(words) > 1:
        weights = np.array([word.weight for word in words], np.float32)
        if not len(hits) and sum([word.place.df for word in words]) <= FEW:
            return disjunction.top_few(columns, terms, weights, scoring, best, base, room)
        disjunction.top_any(columns, terms, weights, scoring, best, base, room)
    if not counting:
        return 0
    if not len(hits):
        hits = np.zeros((len(columns.length) + 63) // 64, np.uint64)
    return sets.count_any(columns, terms, scoring, room, hits)


# Words of a segment.


class _Word(NamedTuple):
    """A word where it stands, and what it scores by itself, in f32."""

    place: Place
    weight: np.float32


class _Phrase(NamedTuple):
    places: list[Place]
    slop: int
    weight: np.float32


class _Plan(NamedTuple):
    """What of a query is in a segment; words of phrases that score nothing are required too."""

    required: list[_Word]
    optional: list[_Word]
    phrases: list[_Phrase]


def _plan(required: Sequence[Leaf], optional: Sequence[Leaf], where: Where) -> _Plan | None:
    """Look the words up in a segment; None where a required one is not in it."""
    words, phrases = [], []
    for leaf in required:
        places, idf = [], 0.0
        for word in leaf.words:
            found, own = where.statistics.word(leaf.field, word)
            place = found.places[where.place]
            if place is None:
                return None
            places.append(place)
            idf += own
        weight = np.float32(leaf.boost * idf)
        if len(places) == 1 and places[0].code < 0:
            words.append(_Word(places[0], weight))
        else:
            phrases.append(_Phrase(places, leaf.slop, weight))
    if phrases:
        present = {word.place.term for word in words}
        inside = {place.term: place for phrase in phrases for place in phrase.places}
        words += [_Word(p, np.float32(0)) for term, p in inside.items() if term not in present]
    if len(words) > 1:
        words.sort(key=_rarity)
    maybe = [_optional(leaf, where) for leaf in optional]
    return _Plan(words, [word for word in maybe if word], phrases)


def _rarity(word: _Word) -> int:
    return word.place.df


def _optional(leaf: Leaf, where: Where) -> _Word | None:
    found, idf = where.statistics.word("text", leaf.words[0])
    place = found.places[where.place]
    return _Word(place, np.float32(leaf.boost * idf)) if place else None


def _clauses(plan: _Plan) -> Clauses:
    """Put a plan into arrays."""
    words = plan.required + plan.optional
    terms = np.array([word.place.term for word in words], np.int64)
    weights = np.array([word.weight for word in words], np.float32)
    if not plan.phrases:
        return Clauses(terms, weights, len(plan.required), *_NO_PHRASES)
    inside = [place for phrase in plan.phrases for place in phrase.places]
    index = {word.place.term: i for i, word in enumerate(plan.required)}
    return Clauses(
        terms,
        weights,
        len(plan.required),
        np.cumsum([0, *(len(phrase.places) for phrase in plan.phrases)]),
        np.array([index[place.term] for place in inside], np.int64),
        np.array([place.code for place in inside], np.int64),
        np.array([phrase.slop for phrase in plan.phrases], np.int64),
        np.array([phrase.weight for phrase in plan.phrases], np.float32),
    )


_NOTHING = np.empty(0, np.int64)
_NO_PHRASES = (np.zeros(1, np.int64), _NOTHING, _NOTHING, _NOTHING, np.empty(0, np.float32))


# Room for the kernels.

_of_thread = threading.local()


def _room(plan: _Plan) -> Room:
    """Give this thread's room; a larger one is made for a query that needs it, and not kept."""
    terms = len(plan.required) + len(plan.optional)
    words = sum([len(phrase.places) for phrase in plan.phrases])
    if terms > _TERMS or words > _TERMS:
        return new_room(terms, words)
    return _thread_room()


def forget_room() -> None:
    """Let go of this thread's room, which an error left as it was."""
    vars(_of_thread).clear()


def _thread_room() -> Room:
    if not hasattr(_of_thread, "room"):
        _of_thread.room = new_room(_TERMS, _TERMS)
    room: Room = _of_thread.room
    return room


_TERMS = 64
