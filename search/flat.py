"""Queries without nesting, straight to the kernels: words and phrases, all or any, some excluded.

What most people type is of this kind; everything else goes by `general`.
"""

import threading
from collections import Counter
from typing import NamedTuple

import numpy as np
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.snapshot import OpenSegment, Place
from search.kernels import sets, top
from search.kernels.room import FEW, Desk, Laid, Room, begin, new_desk
from search.score import F64
from search.statistics import Ordinals, Word
from search.where import Where

IN_A_ROW = -1
"""The slop of a phrase."""


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
    if _read_all(tree, 1.0, flat):
        return flat if flat.required else None
    return flat if isinstance(tree, query.Or) and _read_any(tree, 1.0, flat) else None


def _read_any(tree: query.Query, boost: float, flat: Flat) -> bool:
    if isinstance(tree, query.Term):
        flat.optional.append(Leaf("text", (tree.text,), IN_A_ROW, boost * tree.boost))
        return bool(tree.fieldname == "text")
    if not isinstance(tree, query.Or):
        return False
    boost *= getattr(tree, "boost", 1.0)
    return all(_read_any(node, boost, flat) for node in tree.subqueries)


def _read_all(tree: query.Query, boost: float, flat: Flat) -> bool:
    if isinstance(tree, query.Term):
        flat.required.append(Leaf(tree.fieldname, (tree.text,), IN_A_ROW, boost * tree.boost))
        return True
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


def every(leaf: Leaf, where: Where) -> tuple[Ordinals, F64]:
    """Give the ascending ordinals of all paragraphs that have a leaf, and their scores.

    What this thread found best before is forgotten.
    """
    flat = Flat([leaf], [], [], [])
    query, desk = _query(flat, where), desk_for(flat, 0)
    if query is None:
        return np.empty(0, np.int64), np.empty(0)
    _lay(query, desk.room)
    found = np.empty(query.required[0].place.df, np.int64)
    scores = np.empty(len(found))
    segment = where.segment.data.table
    count = top.all_scored(segment, desk.table, where.scoring.table, found, scores)
    return found[:count], scores[:count]


def search(flat: Flat, where: Where, scoring: Laid, desk: Desk, counting: bool) -> int:
    """Offer a segment's paragraphs; answer how many match, where `counting` asks for it."""
    query = _query(flat, where)
    if query is None:
        return 0
    _lay(query, desk.room)
    if query.required:
        return _all(query, where.segment, scoring, desk, counting)
    return _any(query, where.segment, scoring, desk, counting) if query.optional else 0


def _all(query: "_Query", segment: OpenSegment, laid: Laid, desk: Desk, counting: bool) -> int:
    """Search for what has all the required words and phrases."""
    data, room, base, scoring = segment.data.table, desk.table, segment.base, laid.table
    if not counting:
        return top.top(data, room, scoring, base, False)
    words, phrases, _, excluded = query
    allowed, hits = len(laid.scoring.allowed), len(laid.scoring.hits)
    if len(words) == 1 and not (phrases or excluded or allowed or hits):
        top.top(data, room, scoring, base, False)
        return words[0].place.df
    if not (phrases or hits) and all(word.place.dense for word in (*words, *excluded)):
        top.top(data, room, scoring, base, False)
        return sets.count_all(data, room)
    return top.top(data, room, scoring, base, True)


def _any(query: "_Query", segment: OpenSegment, laid: Laid, desk: Desk, counting: bool) -> int:
    """Search for what has any of the optional words."""
    data, room, base, scoring = segment.data.table, desk.table, segment.base, laid.table
    words, hits = query.optional, laid.scoring.hits
    found = sum([word.place.df for word in words])
    if len(words) > 1 and found <= FEW and not len(hits):
        return top.top_few(data, room, scoring, base)
    top.top(data, room, scoring, base, False)
    if not counting or (len(words) == 1 and len(laid.scoring.allowed) + len(hits) == 0):
        return found
    if not len(hits):
        hits = np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)
    return sets.count_any(data, room, hits)


# Words of a segment.


class _Phrase(NamedTuple):
    places: list[Place]
    slop: int
    weight: float


class _Query(NamedTuple):
    """What of a query is in a segment.

    `required` are words, the rarest first; those of the phrases that score nothing are among them.
    """

    required: list[Word]
    phrases: list[_Phrase]
    optional: list[Word]
    excluded: list[Word]


def _query(flat: Flat, where: Where) -> _Query | None:
    """Look a query up in a segment; None where something that is required is not in it."""
    words: list[Word] = []
    phrases: list[_Phrase] = []
    for leaf in flat.required:
        found = _leaf_in(leaf, where)
        if found is None:
            return None
        if isinstance(found, Word):
            words.append(found)
        else:
            phrases.append(found)
    if phrases:
        present = {word.place.term for word in words}
        inside = {place.term: place for phrase in phrases for place in phrase.places}
        words += [Word(p, 0.0, 1) for term, p in inside.items() if term not in present]
    if len(words) > 1:
        words = _once(words)
        words.sort(key=_rarity)
    optional = _words(flat.optional, where) if flat.optional else _NONE
    excluded = _words(flat.excluded, where) if flat.excluded else _NONE
    return _Query(words, phrases, optional, excluded)


def _leaf_in(leaf: Leaf, where: Where) -> Word | _Phrase | None:
    """Look a leaf up in a segment. A word of a certain form is a phrase of one word there."""
    field, texts, slop, boost = leaf
    look_up, number = where.statistics.word, where.place
    if len(texts) == 1:
        word = look_up(field, texts[0]).words[number]
        if word is None:
            return None
        if word.place.code < 0:
            return word if boost == 1 else word._replace(weight=boost * word.weight)
    places, weight = [], 0.0
    for text in texts:
        words, idf = look_up(field, text)
        word = words[number]
        if word is None:
            return None
        places.append(word.place)
        weight += idf
    return _Phrase(places, slop, boost * weight)


def _rarity(word: Word) -> int:
    return word.place.df


def _words(leaves: list[Leaf], where: Where) -> list[Word]:
    """Look words up in a segment, by stem; those that are not in it are left out."""
    found = [_leaf_in(leaf, where) for leaf in leaves]
    words = [word for word in found if isinstance(word, Word)]
    return _once(words) if len(words) > 1 else words


def _once(words: list[Word]) -> list[Word]:
    """Take words together that are the same."""
    if len({word.place.term for word in words}) == len(words):
        return words
    counts = Counter(words)
    return [word._replace(typed=count) for word, count in counts.items()]


_NONE: list[Word] = []


# Room for the kernels.


def _lay(query: _Query, room: Room) -> None:
    """Put a query into a room."""
    required, phrases, optional, excluded = query
    terms, weights, typed, ends = room.terms, room.weights, room.typed, room.ends
    i = 0
    for place, weight, count in required + optional + excluded:
        terms[i], weights[i], typed[i] = place.term, weight, count
        i += 1
    ends[0] = len(required)
    ends[1] = len(required) + len(optional)
    ends[2], ends[3] = i, len(phrases)
    if phrases:
        _lay_phrases(phrases, required, i, room)


def _lay_phrases(phrases: list[_Phrase], words: list[Word], terms: int, room: Room) -> None:
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


def desk_for(flat: Flat, k: int) -> Desk:
    """Give a desk on which the best k are to come: the thread's; for a long query a larger one."""
    size = len(flat.optional) + len(flat.excluded) + sum([len(leaf[1]) for leaf in flat.required])
    desk = _thread_desk() if size <= _TERMS else new_desk(size)
    begin(desk.table, k)
    return desk


def _thread_desk() -> Desk:
    try:
        desk: Desk = _of_thread.desk
    except AttributeError:
        desk = _of_thread.desk = new_desk(_TERMS)
    return desk


_TERMS = 64
