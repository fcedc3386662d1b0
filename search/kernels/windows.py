"""The best paragraphs that have any of some terms: a window at a time, pruned by MaxScore.

Turtle and Flood, "Query evaluation: strategies and optimizations" (1995), window by window as in
Lucene's MaxScoreBulkScorer. That a term's block is held to which rarer ones stand in it is ours.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import lowest
from index.codec.blocks import BLOCK, Columns, columns_at
from index.codec.compiled import i64, inlined, kernel, u64
from search.kernels.candidates import (
    bound_rest,
    complete,
    limit_norms,
    offer_all,
    scan,
)
from search.kernels.lead import by_lead
from search.kernels.lookup import begin_of, gallop, highest_between, is_between
from search.kernels.room import NO_SCORE, SMALL_WINDOW, WINDOW, Room, room_at
from search.kernels.scoring import bound, bound_phrases, context_of, contributions_of_chunk

I64 = npt.NDArray[np.int64]

_HIGHEST = np.uint64(1 << 63)

_RARER = 8
"""How many times rarer than another a term is that is absent from many of its blocks."""

_FEW = 4
"""How many rarer terms are looked for beside a block: each costs time, and the first tell most."""


@kernel
def by_windows(segment: I64, room: I64, first: int, base: int) -> int:
    """Offer the paragraphs that match and have an optional term, from one on.

    In a window the terms of the lowest bounds that together cannot reach the best are only looked
    up where the others leave something. Stops when that is so of all but one everywhere; gives
    the ordinal from which on nothing was looked at.
    """
    c, r = columns_at(segment), room_at(room)
    size = _window_size(c, optional_postings(c, r))
    while first < len(c.length):
        if rank(c, r) >= r.ends[1] - r.ends[0] - 1:
            return first
        for i in range(r.ends[1]):
            r.block[i] = gallop(c.last, r.block[i], i64(c.block[r.terms[i] + 1]), first)
        first = _next_window(c, r, first)
        if first == len(c.length):
            return first
        begin = first // 64 * 64
        last = min(begin + size, i64(len(c.length))) - 1
        for i in range(r.ends[1]):
            r.impact[i] = _highest_in_window(c, r, i, first, last)
        _window(segment, room, first, last, base)
        first = last + 1
    return first


@inlined
def optional_postings(c: Columns, r: Room) -> int:
    """Count the postings of the optional terms."""
    postings = i64(0)
    for i in range(r.ends[0], r.ends[1]):
        postings += i64(c.df[r.terms[i]])
    return postings


@inlined
def _window_size(c: Columns, postings: int) -> int:
    """Choose windows that have a few thousand postings, so that few blocks are in several."""
    size = i64(SMALL_WINDOW)
    while size < WINDOW and postings * size < 2048 * i64(len(c.length)):
        size *= 2
    return size


@inlined
def rank(c: Columns, r: Room) -> int:
    """Rank the optional terms by the bounds of all their blocks; give the first that is needed."""
    for i in range(r.ends[1]):
        r.impact[i] = c.term_max[r.terms[i]]
    return _ranked(r)


@inlined
def _ranked(r: Room) -> int:
    """Rank the optional terms by what their impacts add at most; give the first that is needed.

    Those before it, with all that is required, cannot make one of the best.
    """
    required, end = r.ends[0], r.ends[1]
    total = r.limits[1] + bound_phrases(r)
    for i in range(end):
        most = bound(r, i, np.float32(r.impact[i]))
        r.most[i] = most
        if i < required:
            total += most
            continue
        k = i - required
        while k > 0 and r.most[r.ranked[k - 1]] > most:
            r.ranked[k] = r.ranked[k - 1]
            k -= 1
        r.ranked[k] = i
    for needed in range(end - required):
        total += r.most[r.ranked[needed]]
        if total > r.worst[0]:
            return i64(needed)
    return end - required


@inlined
def put_in_order(r: Room, lead: int, needed: int) -> int:
    """Put into `order` what is looked up beside a lead, or where there is none (-1); count it.

    Required and excluded terms first, then the optional ones ranked before `needed`, the highest
    bounds first.
    """
    wanted = 0
    for i in range(r.ends[2]):
        if i != lead and not r.ends[0] <= i < r.ends[1]:
            r.order[wanted] = i
            if i >= r.ends[1]:
                r.most[i] = 0.0
            wanted += 1
    for k in range(needed - 1, -1, -1):
        r.order[wanted] = r.ranked[k]
        wanted += 1
    return wanted


@kernel
def _window(segment: I64, room: I64, first: int, last: int, base: int) -> None:
    """Offer the paragraphs from one to another, and leave the room of the window empty."""
    c, r = columns_at(segment), room_at(room)
    needed, optional = _ranked(r), r.ends[1] - r.ends[0]
    wanted = put_in_order(r, i64(-1), needed)
    if needed == optional:
        return
    if needed == optional - 1:
        by_lead(segment, room, r.ranked[needed], wanted, first, last, np.inf, base)
        return
    rest = bound_rest(r, wanted)
    total = r.limits[1] + rest
    for k in range(needed, optional):
        total += r.most[r.ranked[k]]
    touched = i64(0)
    for k in range(needed, optional):
        i = r.ranked[k]
        if r.impact[i] > 0:
            rarer = _rarer(c, r, i, needed, wanted)
            others = total - r.most[i]
            touched = _add(c, r, i, wanted, rarer, first, last, others, touched)
    _offer_touched(segment, room, first // 64 * 64, touched, wanted, rest, base)


@inlined
def _offer_touched(
    segment: I64, room: I64, begin: int, touched: int, wanted: int, rest: float, base: int
) -> None:
    """Offer those of the paragraphs that are `touched`, in order, that can be among the best."""
    c, r = columns_at(segment), room_at(room)
    low, high = _keep_touched(c, r, begin, touched, rest)
    gathered = _gather(r, low, high)
    for start in range(0, gathered, BLOCK):
        count = min(i64(BLOCK), gathered - start)
        for k in range(count):
            at = r.touched[u64(start + k)]
            r.candidates[k], r.partial[k], r.kept[k] = begin + i64(at), r.scores[at], k
            r.scores[at] = NO_SCORE
        if wanted > 0:
            count = complete(segment, room, i64(-1), wanted, count, i64(0))
        offer_all(r, base, count)


@inlined
def _keep_touched(c: Columns, r: Room, begin: int, count: int, rest: float) -> tuple[int, int]:
    """Set the bits of the paragraphs of a window that can be among the best; forget the others.

    Gives the lowest and the highest bit that is set; where none is, the highest is -1.
    """
    worst, low, high, n = r.worst[0], i64(WINDOW), i64(-1), u64(0)
    for k in range(count):
        at = np.uint32(r.touched[k])
        score = r.scores[at] + context_of(c, r, begin + i64(at))
        keeps = score + rest > worst
        r.scores[at] = score if keeps else NO_SCORE
        r.touched[n] = at  # without a branch, which could not be foretold
        n += u64(keeps)
    for k in range(n):
        at = np.uint32(r.touched[k])
        r.bits[at >> np.uint32(6)] |= np.uint64(1) << np.uint64(at & np.uint32(63))
        low, high = min(low, i64(at)), max(high, i64(at))
    return low, high


@inlined
def _gather(r: Room, low: int, high: int) -> int:
    """Put the paragraphs whose bits are set, from one to another, into `touched`; count them.

    Most words have one bit or none: there is no branch but for the second.
    """
    n = u64(0)
    for word in range(low >> 6, (high >> 6) + 1):
        bits = r.bits[word]
        r.bits[word] = 0
        at = lowest(bits | _HIGHEST)
        r.touched[n] = (word << 6) + at
        n += u64(bits != 0)
        bits &= ~(np.uint64(1) << np.uint64(at))
        while bits != 0:
            r.touched[n] = (word << 6) + lowest(bits)
            n += u64(1)
            bits &= bits - np.uint64(1)
    return i64(n)


@inlined
def _next_window(c: Columns, r: Room, first: int) -> int:
    """Give where the first window begins, from one ordinal on, that optional terms may be in."""
    nearest = i64(len(c.length))
    for i in range(r.ends[0], r.ends[1]):
        block, term = r.block[i], r.terms[i]
        if block < c.block[term + 1]:
            nearest = min(nearest, begin_of(c, term, block))
    return max(nearest, first)


@inlined
def _highest_in_window(c: Columns, r: Room, i: int, first: int, last: int) -> np.float32:
    """Give the highest impact noted of the blocks of a term that reach into a window."""
    highest, term, block = np.float32(0), r.terms[i], r.block[i]
    if block < c.block[term + 1] and c.last[block] >= last:
        return c.block_max[block] if is_between(c, r, i, block, first, last) else highest
    while block < c.block[term + 1]:
        if block > c.block[term] and c.last[block - 1] >= last:
            break
        highest = max(highest, c.block_max[block])
        block += 1
    return highest


@inlined
def _rarer(c: Columns, r: Room, i: int, needed: int, wanted: int) -> int:
    """Put into `order`, behind what is wanted, a few needed terms that are rarer than another.

    Those of the highest bounds; counts them. Their cursors go back to the begin of the window.
    """
    count, df = 0, i64(c.df[r.terms[i]])
    for k in range(r.ends[1] - r.ends[0] - 1, needed - 1, -1):
        j = r.ranked[k]
        if count < _FEW and r.impact[j] > 0 and c.df[r.terms[j]] * _RARER < df:
            r.order[wanted + count] = j
            r.ahead[j], r.next[j] = r.block[j], 0
            count += 1
    return count


@inlined
def _add(
    c: Columns,
    r: Room,
    i: int,
    wanted: int,
    rarer: int,
    first: int,
    last: int,
    others: float,
    touched: int,
) -> int:
    """Add what a term contributes to the paragraphs of a window, where that may be enough.

    The `others` add at most so much in the window, and in a block less where one of the rarer terms
    behind what is `wanted` is absent. Counts those that are `touched`.
    """
    term, begin = r.terms[i], first // 64 * 64
    block, end, limited, could = r.block[i], i64(c.block[term + 1]), np.inf, 0.0
    for m in range(wanted, wanted + rarer):
        could += r.most[r.order[m]]
    while block < end and not (block > c.block[term] and c.last[block - 1] >= last):
        most, least = bound(r, i, c.block_max[block]), r.worst[0] - others
        if least < most <= least + could:  # what is absent may tell
            since, to = max(begin_of(c, term, block), first), min(i64(c.last[block]), last)
            least += _absent(c, r, wanted, rarer, since, to)
        if most > least:
            if least != limited:
                limit_norms(r, r.typed[i] * r.weights[i], r.typed[i], least)
                limited = least
            count = scan(c, r, term, block, first, last, i64(0))
            contributions_of_chunk(c, r, i, count)
            touched = _touch(r, begin, count, touched)
        block += 1
    return touched


@inlined
def _absent(c: Columns, r: Room, wanted: int, rarer: int, first: int, last: int) -> float:
    """Tell how much less the rarer terms add at most from one paragraph to another."""
    less = 0.0
    for m in range(wanted, wanted + rarer):
        j = r.order[m]
        less += max(r.most[j] - bound(r, j, highest_between(c, r, j, first, last)), 0.0)
    return less


@inlined
def _touch(r: Room, begin: int, count: int, touched: int) -> int:
    """Add what was contributed to the candidates that are kept; count those touched so far."""
    for k in range(count):
        at = np.uint32(r.candidates[np.uint32(r.kept[k])] - begin)
        before = r.scores[at]
        r.scores[at] = max(before, 0.0) + r.added[k]
        r.touched[touched] = at
        touched += before < 0
    return touched
