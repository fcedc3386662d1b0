"""Queries without nesting, straight to the kernels: words and phrases, all or any, some excluded.

What most people type is of this kind; everything else goes by `general`.
"""

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec.segment import NOT_FOUND, SegmentData
from index.snapshot import OpenSegment, Place
from search import filters
from search.desk import damaged, desk_for, lay
from search.expansions import NOT_COUNTED, note_forms
from search.kernels import sets, top
from search.kernels.room import FEW, Desk, Laid, laid
from search.score import F64
from search.statistics import IN_A_ROW, Leaf, Ordinals, Phrase, Statistics, Word
from search.where import Where

U64 = npt.NDArray[np.uint64]

_MUCH_RARER = 8
"""How many times rarer of two words one is that both are counted by looking up the other.

Where both have bitmaps, these are counted.
"""


class Flat(NamedTuple):
    """A query without nesting: all of `required`, or, where there is none, any of `optional`.

    `excluded` are words, meant by stem; what else is not to be there is in `barred`. `fields` are
    trees of fields that have to match.
    """

    required: list[Leaf]
    optional: list[Leaf]
    excluded: list[Leaf]
    barred: list[query.Query]
    fields: list[query.Query]

    def size(self) -> int:
        """Count its words."""
        words = sum([leaf[0] for leaf in self.required])
        return words + len(self.optional) + len(self.excluded)


def leaf_of(node: query.Query, boost: float, statistics: Statistics) -> Leaf | None:
    """Look a leaf up; None for a node of another kind. `boost` has the node's own in it."""
    if getattr(node, "fieldname", "text") not in ("text", "form"):
        return None
    if isinstance(node, query.Term):
        return _word(node, boost, statistics)
    if isinstance(node, query.Phrase):
        return _phrase(node.fieldname, node.words, IN_A_ROW, boost, statistics)
    if isinstance(node, SpanNear2):
        words = [word.text for word in node.qs]
        return _phrase(node.qs[0].fieldname, words, node.slop - 1, boost, statistics)
    return None


def _word(node: query.Term, boost: float, statistics: Statistics) -> Leaf:
    leaf, _, idf = statistics.word(node.fieldname, node.text)
    return leaf if boost == 1 else weighing(leaf, boost * idf)


def weighing(leaf: Leaf, weight: float) -> Leaf:
    """Give a leaf that scores so much by itself."""
    return Leaf(leaf.size, tuple(found and found._replace(weight=weight) for found in leaf.here))


def _phrase(field: str, texts: list[str], slop: int, boost: float, statistics: Statistics) -> Leaf:
    """Look a phrase or a proximity up; of one word it is that word, for it begins where that is."""
    weight, inside = 0.0, []
    for text in texts:
        leaf, words, idf = statistics.word(field, text)
        inside.append(words)
        weight += idf
    weight *= boost
    if len(texts) == 1:
        return leaf if boost == 1 else weighing(leaf, weight)
    here = [
        None if None in words else Phrase(list(words), slop, weight)
        for words in zip(*inside, strict=True)
    ]
    return Leaf(2 * len(texts) - 1, tuple(here))  # with the pairs


def flattened(tree: query.Query, statistics: Statistics) -> Flat | None:
    """Look up the leaves of a tree that has no nesting; None for one that has."""
    flat = Flat([], [], [], [], [])
    if _read_all(tree, 1.0, flat, statistics):
        return flat if flat.required else None
    tree, fields = filters.parted(tree)
    flat = Flat([], [], [], [], fields)
    return flat if isinstance(tree, query.Or) and _read_any(tree, 1.0, flat, statistics) else None


def _read_any(tree: query.Query, boost: float, flat: Flat, statistics: Statistics) -> bool:
    if _is_word(tree):
        flat.optional.append(_word(tree, boost * tree.boost, statistics))
        return True
    if not isinstance(tree, query.Or):
        return False
    boost *= tree.boost
    for node in tree.subqueries:  # noqa: SIM110  # a generator takes as long as what it is for
        if not _read_any(node, boost, flat, statistics):
            return False
    return True


def _read_all(tree: query.Query, boost: float, flat: Flat, statistics: Statistics) -> bool:
    if isinstance(tree, query.Term) and tree.fieldname in ("text", "form"):
        flat.required.append(_word(tree, boost * tree.boost, statistics))
        return True
    if isinstance(tree, query.And):
        boost *= tree.boost
        for node in tree.subqueries:  # noqa: SIM110  # likewise
            if not _read_all(node, boost, flat, statistics):
                return False
        return True
    if isinstance(tree, query.Not):
        _exclude(tree, flat, statistics)
        return True
    boost *= getattr(tree, "boost", 1.0)
    leaf = leaf_of(tree, boost, statistics)
    if leaf is not None:
        flat.required.append(leaf)
        return True
    if isinstance(tree, query.AndMaybe):
        return _read_all(tree.a, boost, flat, statistics) and _read_any(
            tree.b, boost, flat, statistics
        )
    is_of_fields = filters.only(tree)
    if is_of_fields:
        flat.fields.append(tree)
    return is_of_fields


def _exclude(tree: query.Not, flat: Flat, statistics: Statistics) -> None:
    if _is_word(tree.query):
        flat.excluded.append(_word(tree.query, 1.0, statistics))
    elif filters.only(tree):
        flat.fields.append(tree)
    else:
        flat.barred.append(tree.query)


def _is_word(tree: query.Query) -> bool:
    """Tell whether a tree is a word by stem."""
    return isinstance(tree, query.Term) and tree.fieldname == "text"


# One segment.


class _Here(NamedTuple):
    """What of a query is in a segment.

    `required` are words, the rarest first; those of the phrases that score nothing are among them.
    """

    required: list[Word]
    phrases: list[Phrase]
    optional: list[Word]
    excluded: list[Word]


def every(leaves: list[Leaf], where: Where, allowed: U64) -> tuple[Ordinals, F64]:
    """Give the ascending ordinals of all paragraphs that have some leaves, and their scores.

    Where `allowed` (a bit a paragraph) is not empty, of those alone. What this thread found best
    before is forgotten. Raises Damaged.
    """
    flat = Flat(leaves, [], [], [], [])
    query, desk = _in_segment(flat, where), desk_for(flat.size(), 0)
    if query is None:
        return np.empty(0, np.int64), np.empty(0)
    lay(*query, desk.room)
    scoring = where.scoring
    if len(allowed):
        scoring = laid(scoring.scoring._replace(allowed=allowed))
    found = np.empty(query.required[0].place.df, np.int64)
    scores = np.empty(len(found))
    segment = where.segment.data.table
    try:
        count = top.all_scored(segment, desk.table, scoring.table, found, scores)
    except (ValueError, IndexError) as error:
        raise damaged(where.segment.data.path.parent, error) from error
    return found[:count], scores[:count]


def search(flat: Flat, where: Where, scoring: Laid, desk: Desk, counting: bool) -> int:
    """Offer a segment's paragraphs; answer how many match, where `counting` asks for it."""
    query = _in_segment(flat, where)
    if query is None:
        return 0
    lay(*query, desk.room)
    if query.required:
        return _all(query, where.segment, scoring, desk, counting)
    return _any(query, where.segment, scoring, desk, counting) if query.optional else 0


def _all(query: _Here, segment: OpenSegment, laid: Laid, desk: Desk, counting: bool) -> int:
    """Search for what has all the required words and phrases."""
    data, room, base, scoring = segment.data.table, desk.table, segment.base, laid.table
    if not counting:
        return top.top(data, room, scoring, base, False)
    words, phrases, _, excluded = query
    if len(words) == len(phrases) == 1 == len(phrases[0].words) and not excluded:
        top.top(data, room, scoring, base, False)
        return _count_form(phrases[0].words[0].place, segment.data, laid)
    allowed, hits = len(laid.scoring.allowed), len(laid.scoring.hits)
    if len(words) == 1 and not (phrases or excluded or allowed or hits):
        top.top(data, room, scoring, base, False)
        return words[0].place.df
    # The rarest first, which is seldom dense.
    is_dense = words[0].place.dense and all(word.place.dense for word in (*words, *excluded))
    if is_dense and not (phrases or hits):
        top.top(data, room, scoring, base, False)
        return sets.count_all(data, room)
    return top.top(data, room, scoring, base, True)


def _count_form(place: Place, segment: SegmentData, laid: Laid) -> int:
    """Count the paragraphs of one form of a stem, and set the bits of the hits.

    In one pass over the stem, which takes less than to look at each as a phrase of one word.
    """
    bits, columns = np.zeros((segment.paragraph_count + 63) // 64, np.uint64), segment.columns
    form = columns.form[int(columns.forms[place.term]) + place.code]
    note_forms(segment, np.array([form], np.int64), bits, NOT_COUNTED)
    _, _, _, allowed, hits = laid.scoring
    if len(allowed):
        bits &= allowed
    if len(hits):
        hits |= bits
    return int(np.bitwise_count(bits).sum())


def _any(query: _Here, segment: OpenSegment, laid: Laid, desk: Desk, counting: bool) -> int:
    """Search for what has any of the optional words."""
    data, room, base, scoring = segment.data.table, desk.table, segment.base, laid.table
    words, hits = query.optional, laid.scoring.hits
    found = sum([word.place.df for word in words])
    if len(words) > 1 and found <= FEW and not len(hits):
        return top.top_few(data, room, scoring, base)
    top.top(data, room, scoring, base, False)
    is_narrowed = len(laid.scoring.allowed) + len(hits) > 0
    if not counting or (len(words) == 1 and not is_narrowed):
        return found
    if len(words) == 2 and not is_narrowed:
        one, two = words[0].place, words[1].place
        if min(one.df, two.df) * _MUCH_RARER < max(one.df, two.df) and not (
            one.dense and two.dense
        ):
            lead = int(one.df > two.df)
            return found - sets.count_both(data, room, lead, 1 - lead)
    if not len(hits):
        hits = np.zeros((segment.data.paragraph_count + 63) // 64, np.uint64)
    return sets.count_any(data, room, hits)


def _in_segment(flat: Flat, where: Where) -> _Here | None:
    """Give what of a query is in a segment; None where something that is required is not in it."""
    place = where.place
    words: list[Word] = []
    phrases: list[Phrase] = []
    inside: list[
        Word
    ] = []  # what phrases are of, and their pairs: by themselves they score nothing
    for _, here in flat.required:
        found = here[place]
        if found is None:
            return None
        if isinstance(found, Word):
            words.append(found)
            continue
        pairs = _pairs(found, where.segment.data)
        if pairs is None:
            return None
        if pairs and _is_pair(found):
            words.append(pairs[0]._replace(weight=found.weight))
        else:
            phrases.append(found)
            inside += (*found.words, *pairs)
    if len(words) > 1:
        words = _once(words)
    if inside:
        others = {word[0]: word for word in inside}
        for word in words:
            others.pop(word[0], None)
        words += others.values()
    words.sort()
    optional = _words(flat.optional, place) if flat.optional else _NONE
    excluded = _words(flat.excluded, place) if flat.excluded else _NONE
    return _Here(words, phrases, optional, excluded)


def _is_pair(phrase: Phrase) -> bool:
    """Tell whether a phrase is two words, each in any form: what a pair is."""
    return len(phrase.words) == 2 and all(word.place.code < 0 for word in phrase.words)


def _pairs(phrase: Phrase, data: SegmentData) -> list[Word] | None:
    """Give the pairs of words in a row that have postings of their own; None if one is nowhere."""
    words, slop, _ = phrase
    pairs = []
    for first, second in pairwise(words) if slop == IN_A_ROW else ():
        term = data.pair(first.place.term, second.place.term)
        if term == NOT_FOUND:
            return None
        if term is not None:
            place = Place(term, -1, data.document_frequency(term), dense=False)
            pairs.append(Word(place.df << 32 | term, place, 0.0, 1))
    return pairs


def _words(leaves: list[Leaf], place: int) -> list[Word]:
    """Give the words, by stem, that are in a segment."""
    words = [word for leaf in leaves if isinstance(word := leaf.here[place], Word)]
    return _once(words) if len(words) > 1 else words


def _once(words: list[Word]) -> list[Word]:
    """Take words together that are the same."""
    if len({word[0] for word in words}) == len(words):
        return words
    counts = Counter(words)
    return [word._replace(typed=count) for word, count in counts.items()]


_NONE: list[Word] = []
