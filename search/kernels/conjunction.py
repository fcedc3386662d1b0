"""The best paragraphs that have all of some terms and phrases, pruned by block maxima.

Ding and Suel, "Faster top-k document retrieval using block-max indexes" (2011). Paragraphs are
offered in ascending order, so that of equal scores the first stays.
"""

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, Columns, frequencies_of, paragraphs_of
from index.codec.compiled import i64, inlined, kernel
from index.codec.layout import NONE
from search.kernels.clauses import Clauses
from search.kernels.cursors import (
    Cursors,
    Room,
    dense_row,
    highest_between,
    in_bitmap,
    new_cursors,
    optional,
    seek,
    tf_at,
)
from search.kernels.phrases import has_phrases, most_occurrences, phrase_tf, tf_in_hand
from search.kernels.scoring import Best, Scoring, bound, context_of, contribution, is_allowed, offer

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@kernel
def top_all(
    c: Columns,
    q: Clauses,
    scoring: Scoring,
    best: Best,
    base: int,
    room: Room,
    counting: bool,
    hits: U64,
) -> int:
    """Offer the paragraphs that have all required terms and phrases.

    Where asked to, count them all, and set their bits in `hits` (u64, or empty). The rarest term
    leads, block by block; when nothing is counted, what its impacts and the highest of the other
    terms thereabouts cannot bring among the best is passed over, blocks first.
    """
    lead, total = q.terms[0], 0
    cursors = new_cursors(c, q.terms, room)
    ordinals, kept = room.blocks[0, len(q.terms)], room.blocks[1, len(q.terms)]
    for block in range(c.block[lead], c.block[lead + 1]):
        worst = best.scores[0]
        highest = _highest(c, q, scoring, cursors, room, block, worst)
        if highest <= worst and not counting:
            continue
        count = paragraphs_of(c, lead, block, ordinals)
        count = _allowed(scoring, ordinals, count, kept)
        if counting:
            count = _with_all(c, q, cursors, block, ordinals, kept, count)
            count = _with_phrases(c, q, cursors, room, ordinals, kept, count)
            total += count
            for j in range(count if len(hits) else 0):
                ordinal = ordinals[kept[j]]
                hits[ordinal >> 6] |= np.uint64(1) << np.uint64(ordinal & 63)
            if highest <= worst:
                continue
        count = _able(c, q, scoring, room, block, ordinals, kept, count, highest, worst)
        count = _narrow(c, q, scoring, cursors, room, block, ordinals, kept, count, worst, counting)
        for k in range(count):
            ordinal = ordinals[kept[k]]
            _take(q, cursors, kept[k])
            most = room.partial[kept[k]]
            score = _completed(c, q, scoring, cursors, room, ordinal, most, best.scores[0])
            if score > best.scores[0]:
                offer(best, score, base + ordinal)
    return total


@kernel
def every(c: Columns, q: Clauses, scoring: Scoring, room: Room, found: I64, scores: F64) -> int:
    """Give all paragraphs that have all required terms and phrases, and their scores; count them.

    There is room for as many as the rarest term has.
    """
    lead, total = q.terms[0], 0
    cursors = new_cursors(c, q.terms, room)
    ordinals, kept = room.blocks[0, len(q.terms)], room.blocks[1, len(q.terms)]
    for block in range(c.block[lead], c.block[lead + 1]):
        count = paragraphs_of(c, lead, block, ordinals)
        count = _allowed(scoring, ordinals, count, kept)
        count = _with_all(c, q, cursors, block, ordinals, kept, count)
        for j in range(count):
            ordinal = ordinals[kept[j]]
            _take(q, cursors, kept[j])
            score = _score(c, q, scoring, cursors, room, ordinal)
            if score >= 0:
                found[total], scores[total] = ordinal, score
                total += 1
    return total


@kernel
def _highest(
    c: Columns,
    q: Clauses,
    scoring: Scoring,
    cursors: Cursors,
    room: Room,
    block: int,
    worst: float,
) -> float:
    """Bound what a paragraph of a block of the lead can score; note the bounds of terms, phrases.

    At first by the highest impact of each term anywhere; if that may do, by those of the blocks
    that reach between the paragraphs of the lead's block.
    """
    first = i64(c.last[block - 1]) + 1 if block > c.block[q.terms[0]] else i64(0)
    last = i64(c.last[block])
    impacts = room.bounds[1]
    for i in range(len(q.terms)):
        impacts[i] = c.block_max[block] if i == 0 else c.term_max[q.terms[i]]
    highest = _sum_of_bounds(q, scoring, room)
    if highest <= worst:
        return highest
    for i in range(1, len(q.terms)):
        impacts[i] = highest_between(c, q.terms[i], cursors, i, first, last)
    return _sum_of_bounds(q, scoring, room)


@inlined
def _sum_of_bounds(q: Clauses, scoring: Scoring, room: Room) -> float:
    """Note what each term and phrase adds at most, given the impacts; give what all come to."""
    most, impacts = room.bounds[0], room.bounds[1]
    highest = scoring.context_max
    for i in range(len(q.terms)):
        most[i] = bound(q.weights[i], np.float32(impacts[i]), scoring)
        highest += most[i]
    for p in range(len(q.phrase_weight)):
        # A phrase is no more frequent than each of its words; a proximity can be.
        impact = 1.0
        if q.phrase_slop[p] < 0:
            for w in range(q.phrase_start[p], q.phrase_start[p + 1]):
                impact = min(impact, impacts[q.phrase_term[w]])
        most[len(q.terms) + p] = bound(q.phrase_weight[p], np.float32(impact), scoring)
        highest += most[len(q.terms) + p]
    return highest


@inlined
def _allowed(scoring: Scoring, ordinals: I64, count: int, kept: I64) -> int:
    """Keep the indices of the paragraphs that may be hits."""
    n = 0
    for j in range(count):
        if is_allowed(scoring, ordinals[j]):
            kept[n] = j
            n += 1
    return n


@kernel
def _able(
    c: Columns,
    q: Clauses,
    scoring: Scoring,
    room: Room,
    block: int,
    ordinals: I64,
    kept: I64,
    count: int,
    highest: float,
    worst: float,
) -> int:
    """Keep, of those kept, the indices of the paragraphs that can be among the best.

    As far as the lead's impact tells, which bounds that of a phrase with the lead in it. What a
    paragraph can score is noted in `room.partial`.
    """
    frequencies = room.blocks[2, len(q.terms)]
    frequencies_of(c, q.terms[0], block, frequencies)
    rest = highest - scoring.context_max - room.bounds[0, 0]
    for p in range(len(q.phrase_weight)):
        if _has_lead(q, p):
            rest -= room.bounds[0, len(q.terms) + p]
    n = 0
    for k in range(count):
        j = kept[k]
        norm, tf = scoring.norms[c.length[ordinals[j]]], np.float32(frequencies[j])
        most = rest + contribution(q.weights[0], tf, norm) + context_of(c, scoring, ordinals[j])
        for p in range(len(q.phrase_weight)):
            if _has_lead(q, p):
                most += contribution(q.phrase_weight[p], tf, norm)
        if most > worst:
            room.partial[j] = most
            kept[n] = j
            n += 1
    return n


@inlined
def _has_lead(q: Clauses, p: int) -> bool:
    """Tell whether the lead is a word of a phrase."""
    if q.phrase_slop[p] >= 0:
        return False
    for w in range(q.phrase_start[p], q.phrase_start[p + 1]):
        if q.phrase_term[w] == 0:
            return True
    return False


@kernel
def _with_all(
    c: Columns, q: Clauses, cursors: Cursors, block: int, ordinals: I64, kept: I64, count: int
) -> int:
    """Keep, of those kept, the indices of the paragraphs that have every required term.

    A bitmap is asked where it saves decoding what stands between.
    """
    for k in range(count):
        cursors.found[0, kept[k]] = block * BLOCK + kept[k]
    for i in range(1, q.required):
        n, term = 0, q.terms[i]
        between = BLOCK * i64(c.df[term]) // c.df[q.terms[0]]
        dense = c.bitmap[term] != NONE and count * 8 < between
        for k in range(count):
            j = kept[k]
            place = i64(-1)
            if not dense:
                place = seek(c, term, cursors, i, ordinals[j])
            if place >= 0 or (dense and in_bitmap(c, term, ordinals[j])):
                cursors.found[i, j] = place
                kept[n] = j
                n += 1
        count = n
    return count


@inlined
def _with_phrases(
    c: Columns,
    q: Clauses,
    cursors: Cursors,
    room: Room,
    ordinals: I64,
    kept: I64,
    count: int,
) -> int:
    """Keep, of those kept, the indices of the paragraphs that have every phrase."""
    if len(q.phrase_weight) == 0:
        return count
    n = 0
    for k in range(count):
        _take(q, cursors, kept[k])
        if has_phrases(c, q, cursors, room, ordinals[kept[k]]):
            kept[n] = kept[k]
            n += 1
    return n


@inlined
def _take(q: Clauses, cursors: Cursors, j: int) -> None:
    """Take a paragraph in hand."""
    for i in range(q.required):
        cursors.place[i] = cursors.found[i, j]


@kernel
def _narrow(
    c: Columns,
    q: Clauses,
    scoring: Scoring,
    cursors: Cursors,
    room: Room,
    block: int,
    ordinals: I64,
    kept: I64,
    count: int,
    worst: float,
    known: bool,
) -> int:
    """Keep, of those kept, those that have every required term and can still be among the best.

    Term by term what it can add in `room.partial` gives way to what it adds. Where it is `known`
    that all have the terms, `cursors.found` tells where.
    """
    for k in range(count):
        cursors.found[0, kept[k]] = block * BLOCK + kept[k]
    for i in range(1, q.required):
        n, term, most = 0, q.terms[i], room.bounds[0, i]
        between = BLOCK * i64(c.df[term]) // c.df[q.terms[0]]
        dense = c.bitmap[term] != NONE and count * 8 < between
        for k in range(count):
            j, ordinal = kept[k], ordinals[kept[k]]
            place = i64(-1)
            if known:
                place = cursors.found[i, j]
            elif not dense:
                place = seek(c, term, cursors, i, ordinal)
            if place < 0 and not (known or (dense and in_bitmap(c, term, ordinal))):
                continue
            if q.weights[i] > 0:
                if place < 0:
                    place = i64(c.block[term]) * BLOCK + dense_row(c, term, ordinal)
                norm = scoring.norms[c.length[ordinal]]
                added = contribution(q.weights[i], np.float32(tf_at(c, term, place)), norm)
                room.partial[j] += added - most
                if room.partial[j] <= worst:
                    continue
            cursors.found[i, j] = place
            kept[n] = j
            n += 1
        count = n
    return count


@kernel
def _completed(
    c: Columns,
    q: Clauses,
    scoring: Scoring,
    cursors: Cursors,
    room: Room,
    ordinal: int,
    most: float,
    worst: float,
) -> float:
    """Score the paragraph in hand, or give -1 as soon as it cannot exceed the worst of the best.

    `most` has what the required terms score and what all else can. Whether the paragraph has the
    phrases is seen here.
    """
    norm = scoring.norms[c.length[ordinal]]
    for i in range(q.required, len(q.terms)):
        most -= room.bounds[0, i]
        place = optional(c, q.terms[i], cursors, i, ordinal)
        if place >= 0:
            most += contribution(q.weights[i], np.float32(tf_at(c, q.terms[i], place)), norm)
        if most <= worst:
            return -1.0
    for p in range(len(q.phrase_weight)):
        weight = q.phrase_weight[p]
        if _has_lead(q, p):
            tf = np.float32(tf_in_hand(c, q, cursors, 0, ordinal))
            most -= contribution(weight, tf, norm)
        else:
            most -= room.bounds[0, len(q.terms) + p]
        highest_tf = np.float32(most_occurrences(c, q, cursors, p, ordinal))
        if most + contribution(weight, highest_tf, norm) <= worst:
            return -1.0
        occurrences = phrase_tf(c, q, cursors, room, p)
        if occurrences == 0:
            return -1.0
        most += contribution(weight, occurrences, norm)
    return most


@inlined
def _score(
    c: Columns, q: Clauses, scoring: Scoring, cursors: Cursors, room: Room, ordinal: int
) -> float:
    """Score the paragraph in hand, -1 where it does not have the phrases."""
    norm = scoring.norms[c.length[ordinal]]
    score = context_of(c, scoring, ordinal)
    for i in range(q.required):
        tf = np.float32(tf_in_hand(c, q, cursors, i, ordinal))
        score += contribution(q.weights[i], tf, norm)
    for p in range(len(q.phrase_weight)):
        occurrences = phrase_tf(c, q, cursors, room, p)
        if occurrences == 0:
            return -1.0
        score += contribution(q.phrase_weight[p], occurrences, norm)
    return score
