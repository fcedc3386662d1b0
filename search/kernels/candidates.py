"""A chunk of candidates, at most a block: what can be among the best is kept, and scored.

Everything is done in bulk, term by term. Candidates are ascending and offered in that order, so
that of equal scores the first stays.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import prefetch
from index.codec.blocks import (
    BLOCK,
    DAMAGED,
    Columns,
    before_block,
    block_size,
    columns_at,
    frequencies_at,
    frequencies_of,
    frequency_at,
    gaps_of,
    paragraphs_of,
)
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.layout import NONE
from index.codec.packing import field
from search.kernels.best import offer
from search.kernels.lookup import keep_by_bitmaps, look_up
from search.kernels.phrases import has_term, keep_phrase, narrow
from search.kernels.room import Room, room_at
from search.kernels.scoring import (
    context_of,
    contribution,
    contributions,
    contributions_of_chunk,
    is_set,
)
from search.score import QUANTUM

I64 = npt.NDArray[np.int64]


@inlined
def scan(c: Columns, r: Room, term: int, block: int, first: int, last: int, held: int) -> int:
    """Put a block of a term behind the candidates that are held, and read the frequencies.

    Those are kept that lie between two ordinals, may be hits, and are within the limits of norms
    for their frequencies; counts them. Where no frequency is high enough even for the lowest norm,
    which is the first, the paragraphs are not decoded.
    """
    count = frequencies_of(c, term, block, r.frequencies[held:])
    if r.most_norm[1] != np.inf and r.most_norm[1] >= r.norms[0]:
        count = _decode_within(c, r, term, block, held)
    else:
        count = _keep_by_frequency(r, held, count)
        if count == 0:
            return count
        paragraphs_of(c, term, block, r.candidates[held:])
        count = keep_within(c, r, count)
    if r.candidates[held] < first or c.last[block] > last:
        count = _keep_between(r, first, last, count)
    return _keep_allowed(r, count) if len(r.allowed) else count


@inlined
def _decode_within(c: Columns, r: Room, term: int, block: int, held: int) -> int:
    """Decode a block behind the candidates that are held; keep what is within the limits of norms.

    In one loop, for the sum of gaps waits for itself, and the norms for memory.
    """
    ordinal, last = before_block(c, term, block), i64(c.last[block])
    count = gaps_of(c, term, block, r.candidates[held:])
    most, n = u64(len(r.most_norm) - 1), u64(0)
    for j in range(u64(held), u64(held + count)):
        ordinal += r.candidates[j] + 1
        r.candidates[j] = ordinal
        tf = min(u64(r.frequencies[j]), most)
        norm = r.norms[c.length[u64(min(ordinal, last))]]  # it may be a damaged block
        r.kept[n] = j
        n += u64(norm <= r.most_norm[tf])
    if ordinal != last:
        raise ValueError(DAMAGED)
    return i64(n)


@inlined
def _keep_by_frequency(r: Room, held: int, count: int) -> int:
    """Keep the rows of a block whose frequencies may do, were the paragraphs empty; count them."""
    low, n = 0, np.uint32(0)
    while low + 2 < len(r.most_norm) and r.most_norm[low + 1] < r.norms[0]:
        low += 1
    if low == 0:
        for j in range(count):
            r.kept[j] = held + j
        return count
    for j in range(held, held + count):
        r.kept[n] = j
        n += np.uint32(r.frequencies[j] > low)
    return i64(n)


@inlined
def scan_all(c: Columns, r: Room, term: int, block: int) -> int:
    """Make a block of a term the chunk of candidates; keep and count what may be a hit."""
    count = paragraphs_of(c, term, block, r.candidates)
    for j in range(count):
        r.kept[j] = j
    return _keep_allowed(r, count) if len(r.allowed) else count


@inlined
def hold(r: Room, block: int, held: int, count: int) -> None:
    """Move the candidates that are kept of the block scanned last up to those that are held."""
    for k in range(count):
        j, to = u64(r.kept[k]), u64(held + k)
        r.candidates[to], r.frequencies[to] = r.candidates[j], r.frequencies[j]
        r.held[to] = block * BLOCK + i64(j) - held


@inlined
def let_go(r: Room, held: int, count: int) -> None:
    """Move the last `count` candidates that are held to the front, for those before are done."""
    for k in range(count):
        r.candidates[k], r.frequencies[k] = r.candidates[held + k], r.frequencies[held + k]
        r.held[k] = r.held[held + k]


@inlined
def _keep_between(r: Room, first: int, last: int, count: int) -> int:
    """Keep the candidates from one ordinal to another; count them."""
    n = 0
    for k in range(count):
        r.kept[n] = r.kept[k]
        n += first <= r.candidates[r.kept[k]] <= last
    return n


@inlined
def _keep_allowed(r: Room, count: int) -> int:
    """Keep the candidates that may be hits; count them."""
    n = 0
    for k in range(count):
        r.kept[n] = r.kept[k]
        n += is_set(r.allowed, r.candidates[r.kept[k]])
    return n


@inlined
def limit_lead(r: Room, lead: int, rest: float) -> None:
    """Limit the norms of the paragraphs of a lead to those that can be among the best.

    `rest` bounds what all but the lead, and the phrases with it, can add.
    """
    weight = r.typed[lead] * r.weights[lead]
    for p in range(r.ends[3]):
        if has_term(r, p, lead):
            weight += np.float64(r.weights[r.ends[2] + p])
    limit_norms(r, weight, r.typed[lead], r.worst[0] - rest - r.limits[1])


@inlined
def keep_within(c: Columns, r: Room, count: int) -> int:
    """Keep the candidates whose norms are within the limits for their frequencies."""
    if r.most_norm[1] == np.inf:
        return count
    most, n = np.uint32(len(r.most_norm) - 1), np.uint32(0)
    for k in range(count):
        j = np.uint32(r.kept[k])
        tf = min(np.uint32(r.frequencies[j]), most)
        r.kept[n] = j
        n += np.uint32(r.norms[c.length[np.uint32(r.candidates[j])]] <= r.most_norm[tf])
    return i64(n)


@inlined
def _begin(c: Columns, r: Room, lead: int, count: int, rest: float, worst: float) -> int:
    """Begin `partial` with what the lead and the context add; keep what can be among the best."""
    contributions_of_chunk(c, r, lead, count)
    n = u64(0)
    for k in range(count):
        j = u64(r.kept[k])
        r.partial[j] = context_of(c, r, r.candidates[j]) + r.added[k]
        r.kept[n] = j
        n += u64(r.partial[j] + rest > worst)
    return i64(n)


@inlined
def limit_norms(r: Room, weight: float, typed: float, least: float) -> None:
    """Work out up to which norm a frequency makes so much of a weight, or a little less.

    weight * tf / (tf + norm) > least; as f32 and multiples of the quantum may have it, so the
    limits are a little higher.
    """
    least -= (typed + r.ends[3]) * QUANTUM
    most = (weight / least - 1) * (1 + 1e-5) + 1e-5 if least > 0 else np.inf
    for tf in range(1, len(r.most_norm) - 1):
        r.most_norm[tf] = np.float32(tf * most)


@kernel
def keep_matching(segment: I64, room: I64, count: int, places: bool) -> int:
    """Keep the candidates that have every required term and phrase and no excluded term.

    The lead is the first term. Of these `found` and `tf` tell the places of the terms, where these
    are asked for, and how often each phrase stands there.
    """
    c, r = columns_at(segment), room_at(room)
    places |= r.ends[3] > 0
    r.begun[: r.ends[3]] = 0
    if not places or _are_several(r):
        count = keep_by_bitmaps(c, r, i64(0), count)
    for i in range(1, r.ends[2]):
        if not r.ends[0] <= i < r.ends[1] and (places or c.bitmap[r.terms[i]] == NONE):
            count = _keep_there(segment, room, i, count)
            count = _keep_in_phrases(c, segment, room, i64(0), i, count, 0.0, -np.inf)
    for p in range(r.ends[3]):
        count = keep_phrase(segment, room, p, count)
    return count


@inlined
def _are_several(r: Room) -> bool:
    """Tell whether more terms than one decide, beside the lead, what matches."""
    return r.ends[0] + r.ends[2] - r.ends[1] > 2


@inlined
def _keep_there(segment: I64, room: I64, i: int, count: int) -> int:
    """Keep the candidates that have a required term, or have not an excluded one."""
    look_up(segment, room, i, count)
    r, n, column = room_at(room), u64(0), u64(i * BLOCK)
    wanted = i < r.ends[0]
    for k in range(count):
        j = u64(r.kept[k])
        r.kept[n] = j
        n += u64((r.found[column + j] >= 0) == wanted)
    return i64(n)


@inlined
def _keep_in_phrases(
    c: Columns, segment: I64, room: I64, lead: int, i: int, count: int, rest: float, worst: float
) -> int:
    """Keep the candidates in which the phrases with a term just found may stand often enough."""
    r = room_at(room)
    for p in range(r.ends[3]):
        if has_term(r, p, i):
            if worst >= 0:
                count = _keep_frequent(c, r, p, lead, i, count, rest, worst)
            count = narrow(segment, room, p, lead, i, count)
    return count


@kernel
def complete(segment: I64, room: I64, lead: int, wanted: int, count: int, known: int) -> int:
    """Add to `partial` what the terms in `order` and the phrases add; keep what can be the best.

    First what the `lead` adds, unless it is -1. `wanted` terms are looked up. What lacks a required
    one, or has one that is excluded, goes, unless it is `known` (1, not 0) that none does. Where
    there is a lead, bitmaps were looked at.
    """
    c, r = columns_at(segment), room_at(room)
    worst, rest = r.worst[0], bound_rest(r, wanted)
    required, first = r.ends[0], 0
    r.begun[: r.ends[3]] = 0
    if lead < 0 and known == 0:
        count = keep_by_bitmaps(c, r, lead, count)
    if wanted > 0 and r.order[0] < required and known == 0:
        # Most have not this term: what the lead adds to them need not be known.
        count, first = _keep_there(segment, room, r.order[0], count), 1
    if lead >= 0:
        count = _begin(c, r, lead, count, rest, worst)
    for m in range(wanted):
        i = r.order[m]
        if required <= i < r.ends[1]:
            look_up(segment, room, i, count)
        elif known == 0:
            count = count if m < first else _keep_there(segment, room, i, count)
            count = _keep_in_phrases(c, segment, room, lead, i, count, rest, worst)
        rest -= r.most[i]
        if i < r.ends[1] and r.weights[i] > 0:
            count = _add(c, r, i, count, rest, worst)
    for p in range(r.ends[3]):
        rest -= r.most[r.ends[2] + p]
        if known == 0:
            count = keep_phrase(segment, room, p, count)
        count = _add_phrase(c, r, p, count, rest, worst)
    return count


@inlined
def bound_rest(r: Room, wanted: int) -> float:
    """Bound what the terms in `order` and the phrases can add."""
    rest = 0.0
    for m in range(wanted):
        rest += r.most[r.order[m]]
    for p in range(r.ends[3]):
        rest += r.most[r.ends[2] + p]
    return rest


@inlined
def _add(c: Columns, r: Room, i: int, count: int, rest: float, worst: float) -> int:
    """Add what a term adds where it stands; keep what can still be among the best."""
    there = _read_there(c, r, i, count)
    contributions(r, i, there)
    for m in range(there):
        r.partial[u64(r.there[m])] += r.added[m]
    n = u64(0)
    for k in range(count):
        j = u64(r.kept[k])
        r.kept[n] = j
        n += u64(r.partial[j] + rest > worst)
    return i64(n)


@inlined
def _read_there(c: Columns, r: Room, i: int, count: int) -> int:
    """Read the frequencies and norms of the candidates in which a term is there; count them."""
    term, there, column = r.terms[i], u64(0), u64(i * BLOCK)
    for k in range(count):
        j = u64(r.kept[k])
        r.there[there] = j
        there += u64(r.found[column + j] >= 0)
    for m in range(there):  # to have all brought near, for to read them each would wait for memory
        place = r.found[column + u64(r.there[m])]
        block, row = place // BLOCK, place % BLOCK
        at = frequencies_at(c, block, block_size(c, term, block))
        r.places[m] = at
        prefetch(c.packed_postings, at + (row * i64(c.tf_width[block]) >> 3))
    for m in range(there):
        j = u64(r.there[m])
        block, row = r.found[column + j] // BLOCK, r.found[column + j] % BLOCK
        width = i64(c.tf_width[block])
        r.tfs[m] = np.float32(field(c.packed_postings, r.places[m], width, row) + 1)
        r.lengths[m] = r.norms[c.length[u64(r.candidates[j])]]
    return i64(there)


@inlined
def _keep_frequent(
    c: Columns, r: Room, p: int, lead: int, i: int, count: int, rest: float, worst: float
) -> int:
    """Keep the candidates in which a term of a phrase, and the lead, stand often enough."""
    leaf, n, both = r.ends[2] + p, 0, has_term(r, p, lead)
    rest -= r.most[leaf]
    for k in range(count):
        j = r.kept[k]
        place = r.found[i * BLOCK + j]
        tf = frequency_at(c, r.terms[i], place // BLOCK, place % BLOCK)
        tf = min(tf, r.frequencies[j]) if both else tf
        most = contribution(r, leaf, np.float32(tf), r.norms[c.length[r.candidates[j]]])
        r.kept[n] = j
        n += r.partial[j] + rest + most > worst
    return n


@inlined
def _add_phrase(c: Columns, r: Room, p: int, count: int, rest: float, worst: float) -> int:
    """Add what a phrase adds; keep what can still be among the best."""
    leaf, n = r.ends[2] + p, 0
    for k in range(count):
        j = r.kept[k]
        norm = r.norms[c.length[r.candidates[j]]]
        r.partial[j] += contribution(r, leaf, r.tf[p * BLOCK + j], norm)
        r.kept[n] = j
        n += r.partial[j] + rest > worst
    return n


@inlined
def offer_all(r: Room, base: int, count: int) -> None:
    """Offer the candidates that are kept, whose scores are complete."""
    for k in range(count):
        j = r.kept[k]
        if r.partial[j] > r.worst[0]:
            offer(r, r.partial[j], base + r.candidates[j])
