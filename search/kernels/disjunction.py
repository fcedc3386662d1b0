"""The best paragraphs that have any of some terms, pruned by block maxima and MaxScore.

Turtle and Flood, "Query evaluation: strategies and optimizations" (1995), window by window as in
Lucene's BooleanScorer. Paragraphs are offered in ascending order, so that of equal scores the
first stays.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import lowest
from index.codec.blocks import Columns, frequencies_of, paragraphs_of
from index.codec.compiled import i64, inlined, kernel
from search.kernels.cursors import WINDOW, Cursors, Room, gallop, new_cursors, optional, tf_at
from search.kernels.scoring import Best, Scoring, bound, context_of, contribution, is_allowed, offer

I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@kernel
def top_term(
    c: Columns, term: int, weight: np.float32, scoring: Scoring, best: Best, base: int, room: Room
) -> None:
    """Offer the paragraphs of one term, passing over blocks that cannot hold a better one."""
    ordinals, frequencies = room.blocks[0, 0], room.blocks[1, 0]
    for block in range(c.block[term], c.block[term + 1]):
        highest = bound(weight, c.block_max[block], scoring) + scoring.context_max
        if highest <= best.scores[0]:
            continue
        count = paragraphs_of(c, term, block, ordinals)
        frequencies_of(c, term, block, frequencies)
        for i in range(count):
            norm = scoring.norms[c.length[ordinals[i]]]
            score = contribution(weight, np.float32(frequencies[i]), norm)
            score += context_of(c, scoring, ordinals[i])
            if score > best.scores[0] and is_allowed(scoring, ordinals[i]):
                offer(best, score, base + ordinals[i])


@kernel
def top_few(
    c: Columns, terms: I64, weights: F32, scoring: Scoring, best: Best, base: int, room: Room
) -> int:
    """Offer the paragraphs that have any of some terms, of FEW postings in all; count them."""
    n, at = len(terms), room.terms[0]
    # The ordinals and scores of each term, and behind each term's a sentinel.
    ordinals, scores, end = room.few, room.few_scores, i64(0)
    for i in range(n):
        at[i] = end
        _scored(c, terms[i], weights[i], scoring, room.blocks[0, 0], ordinals[end:], scores[end:])
        end += i64(c.df[terms[i]])
        ordinals[end] = len(c.length)
        end += 1
    total = 0
    while True:
        ordinal = ordinals[at[0]]
        for i in range(1, n):
            ordinal = min(ordinal, ordinals[at[i]])
        if ordinal == len(c.length):
            return total
        score = context_of(c, scoring, ordinal)
        for i in range(n):
            if ordinals[at[i]] == ordinal:
                score += scores[at[i]]
                at[i] += 1
        if is_allowed(scoring, ordinal):
            total += 1
            if score > best.scores[0]:
                offer(best, score, base + ordinal)


@inlined
def _scored(
    c: Columns,
    term: int,
    weight: np.float32,
    scoring: Scoring,
    frequencies: I64,
    ordinals: I64,
    scores: F64,
) -> None:
    """Decode all paragraphs of a term and what it contributes to each."""
    at = 0
    for block in range(c.block[term], c.block[term + 1]):
        count = paragraphs_of(c, term, block, ordinals[at:])
        frequencies_of(c, term, block, frequencies)
        for j in range(count):
            norm = scoring.norms[c.length[ordinals[at + j]]]
            scores[at + j] = contribution(weight, np.float32(frequencies[j]), norm)
        at += count


@kernel
def top_any(
    c: Columns, terms: I64, weights: F32, scoring: Scoring, best: Best, base: int, room: Room
) -> None:
    """Offer the paragraphs that have any of some terms, window by window.

    In a window the terms of the lowest bounds that together cannot reach the best are only looked
    up where the others leave something (MaxScore).
    """
    n = len(terms)
    cursors = new_cursors(c, terms, room)
    most, order, sums = room.bounds[0, :n], room.terms[5, :n], room.bounds[1, :n]
    window = _next_window(c, terms, cursors, 0)
    while window >= 0:
        last = min(window + WINDOW, len(c.length)) - 1
        for i in range(n):
            impact = _highest_in_window(c, terms[i], cursors.block[i], window, last)
            most[i] = bound(weights[i], impact, scoring) if impact > 0 else 0.0
        _ascending(most, order, sums)
        needed = 0  # terms before this one, in their order, cannot make a hit by themselves
        while needed < n and sums[needed] + scoring.context_max <= best.scores[0]:
            needed += 1
        if needed < n:
            for k in range(needed, n):
                i = order[k]
                if most[i] > 0:
                    _add(c, terms[i], weights[i], scoring, cursors, i, window, last, room)
            _finish(
                c, terms, weights, scoring, cursors, order, sums, needed, window, room, best, base
            )
        for i in range(n):
            end = i64(c.block[terms[i] + 1])
            cursors.block[i] = gallop(c.last, cursors.block[i], end, last + 1)
        window = _next_window(c, terms, cursors, last + 1)


@inlined
def _next_window(c: Columns, terms: I64, cursors: Cursors, first: int) -> int:
    """Give where the first window begins, from `first` on, that terms may be in; -1 for none."""
    nearest = i64(-1)
    for i in range(len(terms)):
        block = cursors.block[i]
        if block < c.block[terms[i] + 1]:
            begin = i64(c.last[block - 1]) + 1 if block > c.block[terms[i]] else i64(0)
            if nearest < 0 or begin < nearest:
                nearest = begin
    return max(nearest, first) // WINDOW * WINDOW if nearest >= 0 else nearest


@inlined
def _highest_in_window(c: Columns, term: int, block: int, first: int, last: int) -> np.float32:
    """Give the highest impact noted of the blocks of a term that reach into a window."""
    highest = np.float32(0)
    while block < c.block[term + 1]:
        if block > c.block[term] and c.last[block - 1] >= last:
            break
        highest = max(highest, c.block_max[block])
        block += 1
    return highest


@inlined
def _ascending(most: F64, order: I64, sums: F64) -> None:
    """Order terms by their bounds, lowest first, and sum the bounds up to and with each."""
    for i in range(len(most)):
        k = i
        while k > 0 and most[order[k - 1]] > most[i]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = i
    total = 0.0
    for k in range(len(most)):
        total += most[order[k]]
        sums[k] = total


@kernel
def _add(
    c: Columns,
    term: int,
    weight: np.float32,
    scoring: Scoring,
    cursors: Cursors,
    i: int,
    window: int,
    last: int,
    room: Room,
) -> None:
    """Add what a term contributes to the paragraphs of a window."""
    ordinals, frequencies = cursors.ordinals[i], cursors.before[i]
    block, end = cursors.block[i], i64(c.block[term + 1])
    while block < end and not (block > c.block[term] and c.last[block - 1] >= last):
        count = paragraphs_of(c, term, block, ordinals)
        frequencies_of(c, term, block, frequencies)
        for j in range(count):
            if window <= ordinals[j] <= last:
                norm = scoring.norms[c.length[ordinals[j]]]
                at = ordinals[j] - window
                room.scores[at] += contribution(weight, np.float32(frequencies[j]), norm)
                room.bits[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
        cursors.decoded[i], cursors.row[i] = block, 0
        block += 1


@kernel
def _finish(
    c: Columns,
    terms: I64,
    weights: F32,
    scoring: Scoring,
    cursors: Cursors,
    order: I64,
    sums: F64,
    needed: int,
    window: int,
    room: Room,
    best: Best,
    base: int,
) -> None:
    """Look up the terms that were left out where it matters; offer; leave the room empty."""
    for word in range(len(room.bits)):
        bits = room.bits[word]
        room.bits[word] = 0
        if bits != 0 and len(scoring.allowed):
            here = (window >> 6) + word
            _clear(room.scores, word, bits & ~scoring.allowed[here])
            bits &= scoring.allowed[here]
        while bits != 0:
            at = (word << 6) + lowest(bits)
            bits &= bits - np.uint64(1)
            ordinal = window + at
            score = room.scores[at] + context_of(c, scoring, ordinal)
            room.scores[at] = 0.0
            k = needed - 1
            while k >= 0 and score + sums[k] > best.scores[0]:
                i = order[k]
                place = optional(c, terms[i], cursors, i, ordinal)
                if place >= 0:
                    norm = scoring.norms[c.length[ordinal]]
                    tf = np.float32(tf_at(c, terms[i], place))
                    score += contribution(weights[i], tf, norm)
                k -= 1
            if k < 0 and score > best.scores[0]:
                offer(best, score, base + ordinal)


@inlined
def _clear(scores: F64, word: int, bits: np.uint64) -> None:
    while bits != 0:
        scores[(word << 6) + lowest(bits)] = 0.0
        bits &= bits - np.uint64(1)
