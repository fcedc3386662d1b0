"""Where the terms of a query are: finding a paragraph among those of a term.

Galloping after Bentley and Yao, "An almost optimal algorithm for unbounded searching" (1976);
bits and ranks after Jacobson, "Space-efficient static trees and graphs" (1989).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import popcount
from index.codec.blocks import BLOCK, DAMAGED, RANK, Columns, frequency_at, paragraphs_of
from index.codec.compiled import i64, inlined, kernel
from index.codec.layout import NONE

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U32 = npt.NDArray[np.uint32]

WINDOW = 1 << 14
"""How many paragraphs a disjunction looks at together."""

FEW = 2048
"""Up to how many postings a disjunction is merged paragraph by paragraph, without windows."""


class Room(NamedTuple):
    """What the kernels work with; it is made once a thread, for queries of many words anew.

    `scores` (f64) and `bits` (u64) have one for each paragraph of a window, and are 0 in between.
    `terms` (i64, f64) have a row of numbers for each thing that is known of a term, `blocks` three
    blocks of numbers for each term, and two for all; `words` a row for each thing that is known of
    a word of a phrase; `few` and `few_scores` the postings of terms
    that are rare; `partial` is what each paragraph of a block can score.
    """

    scores: F64
    bits: U64
    terms: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.float64]
    blocks: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    few: I64
    few_scores: F64
    partial: F64


def new_room(terms: int, words: int) -> Room:
    """Make room for a query of so many terms, and words in its longest phrase."""
    return Room(
        np.zeros(WINDOW),
        np.zeros(WINDOW // 64, np.uint64),
        np.empty((6, terms), np.int64),
        np.empty((2, terms + words)),
        np.empty((3, terms + 1, BLOCK + 1), np.int64),
        np.empty((12, words), np.int64),
        np.empty(FEW + terms + BLOCK, np.int64),
        np.empty(FEW + terms),
        np.empty(BLOCK),
    )


class Cursors(NamedTuple):
    """Where each term of a conjunction is.

    `block` and the `row` in it only move forward. `ordinals` is what the block `decoded` holds,
    `before` sums the frequencies ahead of each row, and in all, of the block `summed` (i64, -1 for
    none).
    `found` (i64) has, for each paragraph of a block of the lead, the places of the terms that are
    there: block * BLOCK + row, -1 where a bitmap has it. `place` is that of the paragraph in hand.
    """

    block: I64
    row: I64
    decoded: I64
    ordinals: npt.NDArray[np.int64]
    summed: I64
    before: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    place: I64


@inlined
def new_cursors(c: Columns, terms: I64, room: Room) -> Cursors:
    """Set a cursor on each term's first block."""
    cursors = Cursors(
        room.terms[0],
        room.terms[1],
        room.terms[2],
        room.blocks[0],
        room.terms[3],
        room.blocks[1],
        room.blocks[2],
        room.terms[4],
    )
    for i in range(len(terms)):
        cursors.block[i] = c.block[terms[i]]
        cursors.row[i], cursors.decoded[i], cursors.summed[i] = 0, -1, -1
    return cursors


@inlined
def dense_row(c: Columns, term: int, ordinal: int) -> int:
    """Give the row of a paragraph among those of a term with a bitmap, which has it."""
    words = (len(c.length) + 63) // 64
    bitmap = i64(c.bitmap[term])
    word = ordinal >> 6
    row = i64(c.ranks[bitmap * ((len(c.length) + RANK - 1) // RANK + 1) + ordinal // RANK])
    for i in range(word // (RANK // 64) * (RANK // 64), word):
        row += popcount(c.bits[bitmap * words + i])
    below = (np.uint64(1) << np.uint64(ordinal & 63)) - np.uint64(1)
    row += popcount(c.bits[bitmap * words + word] & below)
    if row >= c.df[term]:
        raise ValueError(DAMAGED)
    return row


@inlined
def in_bitmap(c: Columns, term: int, ordinal: int) -> bool:
    """Tell whether a term with a bitmap has a paragraph."""
    first = i64(c.bitmap[term]) * ((len(c.length) + 63) // 64)
    return (c.bits[first + (ordinal >> 6)] >> np.uint64(ordinal & 63)) & np.uint64(1) != 0


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
def seek(c: Columns, term: int, cursors: Cursors, i: int, ordinal: int) -> int:
    """Move a cursor forward to a paragraph; give its place, -1 where the term is not there."""
    end = i64(c.block[term + 1])
    block = gallop(c.last, cursors.block[i], end, ordinal)
    cursors.block[i] = block
    if block == end:
        return -1
    ordinals = cursors.ordinals[i]
    if cursors.decoded[i] != block:
        paragraphs_of(c, term, block, ordinals)
        cursors.decoded[i], cursors.row[i] = block, 0
    row = cursors.row[i]
    while ordinals[row] < ordinal:  # the block does not end before it
        row += 1
    cursors.row[i] = row
    return block * BLOCK + row if ordinals[row] == ordinal else -1


@inlined
def optional(c: Columns, term: int, cursors: Cursors, i: int, ordinal: int) -> int:
    """Give the place of an optional term in a paragraph, -1 where it is not there."""
    if c.bitmap[term] == NONE:
        return seek(c, term, cursors, i, ordinal)
    if not in_bitmap(c, term, ordinal):
        return i64(-1)
    return i64(c.block[term]) * BLOCK + dense_row(c, term, ordinal)


@inlined
def tf_at(c: Columns, term: int, place: int) -> int:
    """Read the frequency of a term at a place."""
    return frequency_at(c, term, place // BLOCK, place % BLOCK)


@kernel
def highest_between(
    c: Columns, term: int, cursors: Cursors, i: int, first: int, last: int
) -> np.float32:
    """Give the highest impact noted of a term between two paragraphs, of few blocks exactly."""
    end = i64(c.block[term + 1])
    block = gallop(c.last, cursors.block[i], end, first)
    cursors.block[i] = block
    highest = np.float32(0)
    for _ in range(8):
        if block == end:
            return highest
        highest = max(highest, c.block_max[block])
        if c.last[block] >= last:
            return highest
        block += 1
    return c.term_max[term]
