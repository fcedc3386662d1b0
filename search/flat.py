"""Queries without nesting, straight to the kernels: words and phrases, all or any, some excluded.

What most people type is of this kind; everything else goes by `general`.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.snapshot import OpenSegment, Place
from search.kernels import sets, top
from search.kernels.room import FEW, Desk, Room, Scoring, new_desk
from search.score import F64
from search.statistics import Expansions, Ordinals, Statistics

U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

IN_A_ROW = -1
"""The slop of a phrase."""

NO_BITS: U64 = np.empty(0, np.uint64)
NO_CONTEXT: F64 = np.empty(0)
BELOW: F64 = np.array([-1.0])


class Leaf(NamedTuple):
    """A word, a phrase (slop IN_A_ROW) or a proximity (slop: how many others at most)."""

    field: str
    words: tuple[str, ...]
    slop: int
    boost: float


class Flat(NamedTuple):
    """A query without nesting: all of `required`, or, where there is none, any of `optional`.

    `excluded` are words, meant by stem; what else is not to be there is in `barred`.
    """

    required: list[Leaf]
    optional: list[Leaf]
    excluded: list[Leaf]
    barred: list[query.Query]


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
    flat = Flat([], [], [], [])
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
        if isinstance(tree.query, query.Term) and tree.query.fieldname == "text":
            flat.excluded.append(Leaf("text", (tree.query.text,), IN_A_ROW, 1.0))
        else:
            flat.barred.append(tree.query)
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

    scores: F64
    ordinals: Ordinals
    scoring: Scoring
    counting: bool
    hits: U64


def every(leaf: Leaf, where: Where) -> tuple[Ordinals, F64]:
    """Give the ascending ordinals of all paragraphs that have a leaf, and their scores."""
    query = _query(Flat([leaf], [], [], []), where)
    if query is None:
        return np.empty(0, np.int64), np.empty(0)
    desk = _laid(query)
    found = np.empty(query.required[0].place.df, np.int64)
    scores = np.empty(len(found))
    scoring = Scoring(where.norms, 1.0, NO_CONTEXT, 0.0, NO_BITS)
    count = top.all_scored(where.segment.data.table, desk.table, scoring, BELOW, found, scores)
    return found[:count], scores[:count]


def search(flat: Flat, where: Where, wanted: Wanted) -> int:
    """Offer a segment's paragraphs; answer how many match, if that is asked for."""
    query = _query(flat, where)
    if query is None:
        return 0
    if query.required:
        return _all(query, where.segment, wanted)
    return _any(query, where.segment, wanted) if query.optional else 0


def _all(query: "_Query", segment: OpenSegment, wanted: Wanted) -> int:
    """Search for what has all the required words and phrases."""
    scores, ordinals, scoring, counting, hits = wanted
    words, phrases, _, excluded = query
    data, table = segment.data.table, _laid(query).table
    alone = len(words) == 1 and not (phrases or excluded or len(scoring.allowed) or len(hits))
    by_bits = counting and not (alone or phrases or len(hits))
    by_bits = by_bits and all(word.place.dense for word in (*words, *excluded))
    one_by_one = counting and not (alone or by_bits)
    found = top.top(data, table, scoring, scores, ordinals, segment.base, one_by_one, hits)
    if by_bits:
        return sets.count_all(data, table)
    return words[0].place.df if alone else found


def _any(query: "_Query", segment: OpenSegment, wanted: Wanted) -> int:
    """Search for what has any of the optional words."""
    scores, ordinals, scoring, counting, hits = wanted
    words, data, table = query.optional, segment.data.table, _laid(query).table
    found = sum([word.place.df for word in words])
    if len(words) > 1 and found <= FEW and not len(hits):
        return top.top_few(data, table, scoring, scores, ordinals, segment.base)
    top.top(data, table, scoring, scores, ordinals, segment.base, False, hits)
    if not counting or (len(words) == 1 and len(scoring.allowed) + len(hits) == 0):
        return found
    if not len(hits):
        hits = np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)
    return sets.count_any(data, table, hits)


# Words of a segment.


class _Word(NamedTuple):
    """A word where it stands, what it scores by itself (it becomes an f32), how often it counts."""

    place: Place
    weight: float
    typed: int


class _Phrase(NamedTuple):
    places: list[Place]
    slop: int
    weight: float


class _Query(NamedTuple):
    """What of a query is in a segment.

    `required` are words, the rarest first; those of the phrases that score nothing are among them.
    """

    required: list[_Word]
    phrases: list[_Phrase]
    optional: list[_Word]
    excluded: list[_Word]


def _query(flat: Flat, where: Where) -> _Query | None:
    """Look a query up in a segment; None where something that is required is not in it."""
    words: list[_Word] = []
    phrases: list[_Phrase] = []
    look_up, number = where.statistics.word, where.place
    for field, texts, slop, boost in flat.required:
        places, idf = [], 0.0
        for text in texts:
            found, own = look_up(field, text)
            place = found.places[number]
            if place is None:
                return None
            places.append(place)
            idf += own
        if len(places) == 1 and places[0].code < 0:
            words.append(_Word(places[0], boost * idf, 1))
        else:
            phrases.append(_Phrase(places, slop, boost * idf))
    if phrases:
        present = {word.place.term for word in words}
        inside = {place.term: place for phrase in phrases for place in phrase.places}
        words += [_Word(p, 0.0, 1) for term, p in inside.items() if term not in present]
    if len(words) > 1:
        words = _once(words)
        words.sort(key=_rarity)
    optional = _words(flat.optional, where) if flat.optional else []
    excluded = _words(flat.excluded, where) if flat.excluded else []
    return _Query(words, phrases, optional, excluded)


def _rarity(word: _Word) -> int:
    return word.place.df


def _words(leaves: Sequence[Leaf], where: Where) -> list[_Word]:
    """Look words up in a segment, by stem; those that are not in it are left out."""
    words: list[_Word] = []
    for leaf in leaves:
        found, idf = where.statistics.word("text", leaf.words[0])
        if place := found.places[where.place]:
            words.append(_Word(place, leaf.boost * idf, 1))
    return _once(words) if len(words) > 1 else words


def _once(words: list[_Word]) -> list[_Word]:
    """Take words together that are the same."""
    if len({word.place.term for word in words}) == len(words):
        return words
    counts = Counter(words)
    return [word._replace(typed=count) for word, count in counts.items()]


# Room for the kernels.


def _laid(query: _Query) -> Desk:
    """Put a query into the thread's room; for a long one a larger is made, and not kept."""
    required, phrases, optional, excluded = query
    words = required + optional + excluded if optional or excluded else required
    inside = sum([len(phrase.places) for phrase in phrases]) if phrases else 0
    desk = _thread_desk() if max(len(words), inside) <= _TERMS else new_desk(len(words) + inside)
    room = desk.room
    terms, weights, typed, ends = room.terms, room.weights, room.typed, room.ends
    i = 0
    for place, weight, count in words:
        terms[i], weights[i], typed[i] = place.term, weight, count
        i += 1
    ends[0] = len(required)
    ends[1] = len(required) + len(optional)
    ends[2], ends[3] = i, len(phrases)
    if phrases:
        _lay_phrases(phrases, required, len(words), room)
    return desk


def _lay_phrases(phrases: list[_Phrase], words: list[_Word], terms: int, room: Room) -> None:
    index = {word.place.term: i for i, word in enumerate(words)}
    at = 0
    for p, phrase in enumerate(phrases):
        room.phrase_start[p] = at
        room.phrase_slop[p], room.weights[terms + p] = phrase.slop, phrase.weight
        room.typed[terms + p] = 1
        for place in phrase.places:
            room.phrase_term[at], room.phrase_code[at] = index[place.term], place.code
            at += 1
    room.phrase_start[len(phrases)] = at


_of_thread = threading.local()


def forget_room() -> None:
    """Let go of this thread's room, which an error left as it was."""
    vars(_of_thread).clear()


def _thread_desk() -> Desk:
    try:
        desk: Desk = _of_thread.desk
    except AttributeError:
        desk = _of_thread.desk = new_desk(_TERMS)
    return desk


_TERMS = 64
