"""The best paragraphs among those of one term, the lead, block by block, pruned by block maxima.

Ding and Suel, "Faster top-k document retrieval using block-max indexes" (2011). That candidates of
several blocks are held, and completed together, is ours.
"""

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, Columns, columns_at, frequencies_of
from index.codec.compiled import i64, inlined, kernel, u64
from search.kernels.candidates import (
    complete,
    hold,
    keep_matching,
    keep_within,
    let_go,
    limit_lead,
    offer_all,
    scan,
    scan_all,
)
from search.kernels.lookup import begin_of, gallop, highest_between, keep_by_bitmaps
from search.kernels.phrases import has_term
from search.kernels.room import Room, room_at
from search.kernels.scoring import bound, bound_phrases

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

_ENOUGH_HELD = BLOCK // 4
"""From how many candidates on they are completed: fewer would cost more each, and what comes of
more would be known late."""


@kernel
def by_lead(
    segment: I64, room: I64, lead: int, wanted: int, first: int, last: int, enough: float, base: int
) -> int:
    """Offer the paragraphs of a term, from one ordinal to another, that match.

    What cannot be better is passed over; candidates are held until there is a chunk of them. The
    `wanted` other terms are in `order`. Stops when the worst of the best reaches `enough`; gives
    the ordinal from which on nothing was looked at.
    """
    c, r = columns_at(segment), room_at(room)
    term, held = r.terms[lead], i64(0)
    end = i64(c.block[term + 1])
    block = gallop(c.last, i64(c.block[term]), end, first)
    while block < end:
        worst = r.worst[0]
        begin = max(begin_of(c, term, block), first)
        if worst >= enough or begin > last:
            break
        if _highest(c, r, lead, wanted, block, begin, worst) > worst:
            limit_lead(r, lead, _rest(r, lead, wanted))
            count = scan(c, r, term, block, begin, last, held)
            count = keep_by_bitmaps(c, r, lead, count)
            hold(r, block, held, count)
            _bound_held(r, wanted, held)
            if held + count > BLOCK:
                _complete_held(segment, room, lead, wanted, held, base)
                let_go(r, held, count)
                held = i64(0)
            held += count
            if held >= _ENOUGH_HELD:
                _complete_held(segment, room, lead, wanted, held, base)
                held = i64(0)
        block += 1
    _complete_held(segment, room, lead, wanted, held, base)
    if block == end:
        return last + 1
    return max(begin_of(c, term, block), first)


@inlined
def _bound_held(r: Room, wanted: int, held: int) -> None:
    """Bound what each term and phrase adds to the candidates that are held, with those just kept.

    None were held before where `held` is 0.
    """
    for m in range(wanted):
        i = r.order[m]
        r.held_most[i] = max(r.held_most[i], r.most[i]) if held > 0 else r.most[i]
    for i in range(r.ends[2], r.ends[2] + r.ends[3]):
        r.held_most[i] = max(r.held_most[i], r.most[i]) if held > 0 else r.most[i]


@kernel
def _complete_held(segment: I64, room: I64, lead: int, wanted: int, count: int, base: int) -> None:
    """Offer what can be among the best of the candidates that are held."""
    r = room_at(room)
    if count == 0:
        return
    for k in range(count):
        r.kept[k], r.found[u64(lead * BLOCK + k)] = k, r.held[k]
    for m in range(wanted):
        r.most[r.order[m]] = r.held_most[r.order[m]]
    for i in range(r.ends[2], r.ends[2] + r.ends[3]):
        r.most[i] = r.held_most[i]
    count = complete(segment, room, lead, wanted, count, i64(0))
    offer_all(r, base, count)


@kernel
def counting(segment: I64, room: I64, wanted: int, base: int) -> int:
    """Offer the paragraphs that match, count them, and set their bits in `hits`, if there."""
    c, r = columns_at(segment), room_at(room)
    lead, term, total = i64(0), r.terms[0], i64(0)
    for block in range(i64(c.block[term]), i64(c.block[term + 1])):
        worst, begin = r.worst[0], begin_of(c, term, block)
        highest = _highest(c, r, lead, wanted, block, begin, worst)
        count = scan_all(c, r, term, block)
        _note_places(r, lead, block, count)
        count = keep_matching(segment, room, count, highest > worst)
        total += count
        for k in range(count if len(r.hits) else 0):
            ordinal = r.candidates[r.kept[k]]
            r.hits[ordinal >> 6] |= np.uint64(1) << np.uint64(ordinal & 63)
        if highest > worst and count > 0:
            frequencies_of(c, term, block, r.frequencies)
            limit_lead(r, lead, _rest(r, lead, wanted))
            count = keep_within(c, r, count)
            count = complete(segment, room, lead, wanted, count, i64(1))
            offer_all(r, base, count)
    return total


@kernel
def every(segment: I64, room: I64, wanted: int, found: I64, scores: F64) -> int:
    """Give all paragraphs that match, and their scores; count them.

    There is room for as many as the lead has, which is the first term. None is offered.
    """
    c, r = columns_at(segment), room_at(room)
    lead, term, total = i64(0), r.terms[0], i64(0)
    for block in range(i64(c.block[term]), i64(c.block[term + 1])):
        count = scan_all(c, r, term, block)
        frequencies_of(c, term, block, r.frequencies)
        _note_places(r, lead, block, count)
        count = keep_matching(segment, room, count, True)
        count = complete(segment, room, lead, wanted, count, i64(1))
        for k in range(count):
            j = r.kept[k]
            found[total], scores[total] = r.candidates[j], r.partial[j]
            total += 1
    return total


@inlined
def _note_places(r: Room, lead: int, block: int, count: int) -> None:
    """Note the places of a block of the lead, which is the chunk of candidates."""
    for k in range(count):
        r.found[u64(lead * BLOCK + r.kept[k])] = block * BLOCK + r.kept[k]


@inlined
def _highest(
    c: Columns, r: Room, lead: int, wanted: int, block: int, first: int, worst: float
) -> float:
    """Bound what a paragraph of a block of the lead, from one on, can score.

    Notes the bounds of terms and phrases: at first by the highest impact of each term anywhere; if
    that may do, by those of the blocks that reach between the paragraphs of the lead's block.
    """
    r.impact[lead] = c.block_max[block]
    for m in range(wanted):
        r.impact[r.order[m]] = c.term_max[r.terms[r.order[m]]]
    highest = _sum_of_bounds(r, lead, wanted)
    if highest <= worst or wanted == 0:
        return highest
    last = i64(c.last[block])
    for m in range(wanted):
        i = r.order[m]
        if i < r.ends[1]:
            r.impact[i] = highest_between(c, r, i, first, last)
    return _sum_of_bounds(r, lead, wanted)


@inlined
def _sum_of_bounds(r: Room, lead: int, wanted: int) -> float:
    """Note what each term and phrase adds at most, given the impacts; give what all come to."""
    r.most[lead] = bound(r, lead, np.float32(r.impact[lead]))
    highest = r.limits[1] + r.most[lead]
    for m in range(wanted):
        i = r.order[m]
        r.most[i] = bound(r, i, np.float32(r.impact[i])) if i < r.ends[1] else 0.0
        highest += r.most[i]
    return highest + bound_phrases(r)


@inlined
def _rest(r: Room, lead: int, wanted: int) -> float:
    """Bound what all but the lead, and the phrases with it, can add."""
    rest = 0.0
    for m in range(wanted):
        rest += r.most[r.order[m]]
    for p in range(r.ends[3]):
        if not has_term(r, p, lead):
            rest += r.most[r.ends[2] + p]
    return rest
