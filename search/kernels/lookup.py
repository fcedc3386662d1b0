"""Where a term stands among some paragraphs: its postings, or its bitmap, asked in bulk.

Galloping after Bentley and Yao, "An almost optimal algorithm for unbounded searching" (1976);
bits and ranks after Jacobson, "Space-efficient static trees and graphs" (1989).
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import popcount
from index.codec.blocks import (
    BLOCK,
    DAMAGED,
    RANK,
    Columns,
    before_block,
    block_size,
    columns_at,
    paragraphs_of,
    row_of,
)
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.layout import NONE
from index.codec.packing import field
from search.kernels.room import SPAN, Room, room_at

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]

_SIX, _NINE, _LOWEST = u64(6), u64(RANK.bit_length() - 1), u64(63)


@inlined
def set_cursors(c: Columns, r: Room) -> None:
    """Set a cursor on each term's first block."""
    for i in range(r.ends[2]):
        r.block[i] = r.ahead[i] = c.block[r.terms[i]]
        r.row[i], r.decoded[i], r.seen[i] = 0, -1, -1


@inlined
def begin_of(c: Columns, term: int, block: int) -> int:
    """Give the lowest ordinal that a block can have: behind the last of the one before."""
    return before_block(c, term, block) + 1


@inlined
def gallop(last: U32, block: int, end: int, ordinal: int) -> int:
    """Give the first block from `block` on that ends at an ordinal or behind; `end` for none."""
    step = 1
    while block + step < end and last[block + step - 1] < ordinal:
        block += step
        step *= 2
    high = min(block + step, end)
    while block < high:
        middle = (block + high) // 2
        if last[middle] < ordinal:
            block = middle + 1
        else:
            high = middle
    return block


@kernel
def look_up(segment: I64, room: I64, i: int, count: int) -> None:
    """Find the places of a term in the candidates that are kept."""
    c, r = columns_at(segment), room_at(room)
    if count == 0:
        return
    if c.bitmap[r.terms[i]] != NONE:
        _in_bitmap(c, r, i, count)
    elif _are_close(c, r, i, count):
        _by_marks(c, r, i, count)
    else:
        _in_blocks(c, r, i, count)


@inlined
def _are_close(c: Columns, r: Room, i: int, count: int) -> bool:
    """Tell whether a term has few blocks for so many candidates, and those are in a span."""
    first, last = r.candidates[r.kept[0]], r.candidates[r.kept[count - 1]]
    if last - first >= SPAN - 1:
        return False
    end = i64(c.block[r.terms[i] + 1])
    r.block[i] = gallop(c.last, r.block[i], end, first)
    behind = r.block[i] + count // 2
    return behind >= end or c.last[behind] >= last


@inlined
def _by_marks(c: Columns, r: Room, i: int, count: int) -> None:
    """Mark the candidates, and read off the marks at the paragraphs of the term's blocks.

    No branch depends on whether a candidate is there, which cannot be foretold.
    """
    begin, last = r.candidates[r.kept[0]], r.candidates[r.kept[count - 1]]
    for k in range(count):
        r.marks[u64(r.candidates[u64(r.kept[k])] - begin + 1)] = k + 1
        r.places[k + 1] = -1
    term = r.terms[i]
    block, end = r.block[i], i64(c.block[term + 1])
    while block < end:
        _read_marks(c, r, term, block, begin)
        if c.last[block] >= last:
            break
        block += 1
    r.block[i] = block
    column = u64(i * BLOCK)
    for k in range(count):
        j = u64(r.kept[k])
        r.marks[u64(r.candidates[j] - begin + 1)] = 0
        r.found[column + j] = r.places[k + 1]


@inlined
def _read_marks(c: Columns, r: Room, term: int, block: int, begin: int) -> None:
    """Note the places of a block's paragraphs under their marks; of those without one, under 0."""
    count, mark = block_size(c, term, block), before_block(c, term, block) - begin + 1
    at, width = i64(c.postings[block]), i64(c.paragraph_width[block])
    for row in range(count):
        mark += field(c.packed_postings, at, width, row) + 1
        # What lies outside has none; below 0 it is, unsigned, beyond.
        r.places[r.marks[min(u64(mark), u64(SPAN))]] = block * BLOCK + row
    if mark + begin - 1 != c.last[block]:
        raise ValueError(DAMAGED)


@inlined
def _in_blocks(c: Columns, r: Room, i: int, count: int) -> None:
    """Walk a term's blocks beside the candidates; only what may hold several is decoded."""
    term = r.terms[i]
    block, row, end = r.block[i], r.row[i], i64(c.block[term + 1])
    for k in range(count):
        j = r.kept[k]
        ordinal, place = r.candidates[j], i64(-1)
        if block < end and c.last[block] < ordinal:
            block = gallop(c.last, block, end, ordinal)
        if block < end and r.decoded[i] != block:
            if k + 1 == count or c.last[block] < r.candidates[r.kept[k + 1]]:
                # A single candidate is in this block; the others need not be decoded.
                alone = row_of(c, term, block, ordinal)
                r.found[i * BLOCK + j] = block * BLOCK + alone if alone >= 0 else alone
                continue
            paragraphs_of(c, term, block, r.ordinals[i * BLOCK : (i + 1) * BLOCK])
            r.decoded[i], row = block, 0
        if block < end:
            while r.ordinals[u64(i * BLOCK + row)] < ordinal:  # the block does not end before it
                row += 1
            if r.ordinals[u64(i * BLOCK + row)] == ordinal:
                place = block * BLOCK + row
        r.found[i * BLOCK + j] = place
    r.block[i], r.row[i] = block, row


@inlined
def _in_bitmap(c: Columns, r: Room, i: int, count: int) -> None:
    term, column = r.terms[i], u64(i * BLOCK)
    bitmap = i64(c.bitmap[term])
    bits = u64(bitmap * ((len(c.length) + 63) // 64))
    ranks = u64(bitmap * ((len(c.length) + RANK - 1) // RANK + 1))
    first, df = i64(c.block[term]) * BLOCK, i64(c.df[term])
    there = u64(0)
    for k in range(count):
        j = u64(r.kept[k])
        ordinal = u64(r.candidates[j])
        r.found[column + j] = -1
        r.there[there] = j
        there += (c.bits[bits + (ordinal >> _SIX)] >> (ordinal & _LOWEST)) & u64(1)
    for m in range(i64(there)):
        j = u64(r.there[m])
        ordinal = u64(r.candidates[j])
        word, rank = bits + (ordinal >> _SIX), ordinal >> _NINE
        row = i64(c.ranks[ranks + rank])
        row += popcount(c.bits[word] & ((u64(1) << (ordinal & _LOWEST)) - u64(1)))
        before = word - (bits + (rank << u64(3)))
        for x in range(1, RANK // 64):  # each, for how many are before it cannot be foretold
            is_before = u64(x) <= before
            row += popcount(c.bits[word - u64(x) * u64(is_before)]) * i64(is_before)
        if row >= df:
            raise ValueError(DAMAGED)
        r.found[column + j] = first + row


@inlined
def keep_by_bitmaps(c: Columns, r: Room, lead: int, count: int) -> int:
    """Keep the candidates of a lead that the bitmaps of other terms leave; count them.

    A bit is seen faster than a place is found.
    """
    for i in range(r.ends[2]):
        bitmap = c.bitmap[r.terms[i]]
        if bitmap == NONE or i == lead or r.ends[0] <= i < r.ends[1]:
            continue
        bits, wanted = u64(bitmap * ((len(c.length) + 63) // 64)), u64(i < r.ends[0])
        n = u64(0)
        for k in range(count):
            j = u64(r.kept[k])
            ordinal = u64(r.candidates[j])
            r.kept[n] = j
            there = (c.bits[bits + (ordinal >> _SIX)] >> (ordinal & _LOWEST)) & u64(1)
            n += u64(there == wanted)
        count = i64(n)
    return count


@inlined
def highest_between(c: Columns, r: Room, i: int, first: int, last: int) -> np.float32:
    """Give the highest impact noted of a term's blocks between two paragraphs, or anywhere.

    Anywhere, if those are more than a few; none, if it is known not to stand there. The term's
    cursor for this, `ahead`, goes before that of `look_up`: candidates may be held. From call to
    call `first` must not be lower, unless `ahead` and `next` were set back.
    """
    term = r.terms[i]
    end = i64(c.block[term + 1])
    block = gallop(c.last, r.ahead[i], end, first)
    r.ahead[i] = block
    if block < end and c.last[block] >= last:
        return c.block_max[block] if is_between(c, r, i, block, first, last) else np.float32(0)
    highest = np.float32(0)
    for _ in range(8):
        if block == end:
            return highest
        highest = max(highest, c.block_max[block])
        if c.last[block] >= last:
            return highest
        block += 1
    return c.term_max[term]


@inlined
def is_between(c: Columns, r: Room, i: int, block: int, first: int, last: int) -> bool:
    """Tell whether a paragraph of a block, which goes on to the last at least, is between two.

    A rarer term has a block for many of another's, and stands between few of them. From call to
    call `first` must not be lower in the same block, unless `next` was set back.
    """
    begin = u64(i * BLOCK)
    if r.seen[i] != block:
        paragraphs_of(c, r.terms[i], block, r.beyond[i * BLOCK : (i + 1) * BLOCK])
        r.seen[i], r.next[i] = block, 0
    row = u64(r.next[i])
    while r.beyond[begin + row] < first:  # the block does not end before it
        row += u64(1)
    r.next[i] = i64(row)
    return r.beyond[begin + row] <= last
