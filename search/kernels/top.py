"""The best paragraphs of a segment: the room is laid out, and the cheapest way through is taken."""

import numpy as np
import numpy.typing as npt

from index.codec.blocks import Columns, columns_at, frequencies_of, paragraphs_of
from index.codec.compiled import i64, inlined, kernel
from search.kernels.best import begin, offer
from search.kernels.lead import by_lead, counting, every
from search.kernels.lookup import set_cursors
from search.kernels.room import Room, lay_out, room_at
from search.kernels.scoring import (
    bound,
    bound_phrases,
    context_of,
    contribution,
    is_set,
)
from search.kernels.windows import by_windows, optional_postings, put_in_order, rank
from search.score import QUANTUM

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@kernel
def top(segment: I64, room: I64, scoring: I64, base: int, count: bool) -> int:
    """Offer the paragraphs that match the query in a room.

    Of queries with required terms the hits are counted, where asked to, and their bits are set.
    """
    lay_out(room, scoring)
    c, r = columns_at(segment), room_at(room)
    if r.wanted[0] == 0 and not count:
        return i64(0)
    set_cursors(c, r)
    _raise_worst(c, r)
    rank(c, r)
    end, optional, first = i64(len(c.length)) - 1, r.ends[1] - r.ends[0], i64(0)
    if r.ends[0] > 0:
        wanted = put_in_order(r, i64(0), optional)
        if count:
            return counting(segment, room, wanted, base)
        first = by_lead(segment, room, i64(0), wanted, first, end, _enough(c, r), base)
    if optional == 0 or first > end:
        return i64(0)
    first = by_windows(segment, room, first, base)
    needed = rank(c, r)
    if first <= end and needed < optional:
        lead = r.ranked[needed]
        by_lead(segment, room, lead, put_in_order(r, lead, needed), first, end, np.inf, base)
    return i64(0)


@inlined
def _raise_worst(c: Columns, r: Room) -> None:
    """Begin with what ten paragraphs exceed, by the tenth-best impact noted of each term.

    Where that tells: nothing narrows the hits, and each paragraph of such a term is one.
    """
    if r.wanted[0] > 10 or len(r.allowed) or r.limits[0] != 1 or r.ends[3] > 0:
        return
    if r.ends[0] > 1 or r.ends[2] > r.ends[1]:
        return
    for i in range(r.ends[0] if r.ends[0] else r.ends[2]):
        best = c.best[r.terms[i]]
        if best > 0:
            r.worst[0] = max(r.worst[0], bound(r, i, best) - r.typed[i] * QUANTUM)


@inlined
def _enough(c: Columns, r: Room) -> float:
    """Give the score from which on a paragraph needs one of some rarer optional terms.

    Together they are rarer than the lead, and of the highest bounds (MaxScore's essential terms);
    infinite where there are none.
    """
    rarer = optional_postings(c, r)
    total = r.limits[1] + bound_phrases(r)
    for i in range(r.ends[0]):
        total += r.most[i]
    for k in range(r.ends[1] - r.ends[0]):
        if rarer < c.df[r.terms[0]]:
            return total
        rarer -= i64(c.df[r.terms[r.ranked[k]]])
        total += r.most[r.ranked[k]]
    return np.inf


@kernel
def all_scored(segment: I64, room: I64, scoring: I64, found: I64, scores: F64) -> int:
    """Give all paragraphs that have the required terms and phrases, and their scores; count them.

    There is room for as many as the first term has. None is offered.
    """
    lay_out(room, scoring)
    begin(room, i64(1))
    c, r = columns_at(segment), room_at(room)
    set_cursors(c, r)
    rank(c, r)
    return every(segment, room, put_in_order(r, i64(0), i64(0)), found, scores)


@kernel
def top_few(segment: I64, room: I64, scoring: I64, base: int) -> int:
    """Offer the paragraphs that have any of the terms, of FEW postings in all; count them.

    All postings are decoded, and merged paragraph by paragraph.
    """
    lay_out(room, scoring)
    c, r = columns_at(segment), room_at(room)
    # The ordinals and scores of each term, and behind each term's a sentinel.
    end, nobody = i64(0), i64(len(c.length))
    for i in range(r.ends[2]):
        r.row[i] = end
        _score_all(c, r, i, end)
        end += i64(c.df[r.terms[i]])
        r.few[end] = nobody
        end += 1
    total = 0
    while True:
        ordinal = nobody
        for i in range(r.ends[2]):
            ordinal = min(ordinal, r.few[r.row[i]])
        if ordinal == nobody:
            return total
        score = context_of(c, r, ordinal)
        for i in range(r.ends[2]):
            if r.few[r.row[i]] == ordinal:
                score += r.few_scores[r.row[i]]
                r.row[i] += 1
        if len(r.allowed) == 0 or is_set(r.allowed, ordinal):
            total += 1
            if score > r.worst[0]:
                offer(r, score, base + ordinal)


@inlined
def _score_all(c: Columns, r: Room, i: int, at: int) -> None:
    """Decode all paragraphs of a term and what it contributes to each."""
    term = r.terms[i]
    for block in range(c.block[term], c.block[term + 1]):
        count = paragraphs_of(c, term, block, r.few[at:])
        frequencies_of(c, term, block, r.frequencies)
        for j in range(count):
            tf, norm = np.float32(r.frequencies[j]), r.norms[c.length[r.few[at + j]]]
            r.few_scores[at + j] = contribution(r, i, tf, norm)
        at += count
