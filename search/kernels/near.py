"""How near the words of a query stand to each other in a paragraph.

The distance of two words is the smallest between a position of one and of the other (Tao and Zhai,
"An exploration of proximity measures in information retrieval", 2007, as MinDist). Their positions
are merged: of the two reached, the one in front goes on.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import Columns, code_width, columns_at, fields_of, row_of
from index.codec.compiled import i64, inlined, kernel
from index.codec.packing import field
from search.kernels.lookup import gallop

I64 = npt.NDArray[np.int64]

FAR = 1 << 40
"""The distance of two words that do not stand in a paragraph together."""

ROWS = 5
"""How many numbers of room a word takes."""


class Reading(NamedTuple):
    """Where to read the positions of each word in one paragraph: i64, one a word.

    From byte `at` on, in fields of `width` bits, of which the lowest `bits` are the position;
    fields `first` to `end`, none where the word is not there.
    """

    at: I64
    width: I64
    bits: I64
    first: I64
    end: I64


@kernel
def distances(segment: I64, terms: I64, ordinals: I64, room: I64, out: I64) -> None:
    """Find how near each two of some terms stand in each of some paragraphs, at least 1.

    `terms` has -1 for one that is not in the segment. `out` has room for each paragraph and each
    pair, in the order of the first of it and then of the second; FAR where they are not together.
    `room` is for ROWS numbers a term. Raises ValueError for a damaged index.
    """
    c, n = columns_at(segment), len(terms)
    reading = Reading(
        room[:n], room[n : 2 * n], room[2 * n : 3 * n], room[3 * n : 4 * n], room[4 * n : 5 * n]
    )
    at = 0
    for ordinal in ordinals:
        for w in range(n):
            _find(c, terms[w], ordinal, reading, w)
        for a in range(n):
            for b in range(a + 1, n):
                out[at] = _smallest(c, reading, a, b)
                at += 1


@inlined
def _find(c: Columns, term: int, ordinal: int, reading: Reading, w: int) -> None:
    """Find the positions of a word in a paragraph."""
    reading.first[w], reading.end[w] = 0, 0
    if term < 0:
        return
    end = i64(c.block[term + 1])
    block = gallop(c.last, i64(c.block[term]), end, ordinal)
    row = row_of(c, term, block, ordinal) if block < end else i64(-1)
    if row < 0:
        return
    reading.first[w], reading.end[w] = fields_of(c, term, block, row)
    reading.at[w], reading.bits[w] = c.positions[block], c.position_width[block]
    reading.width[w] = reading.bits[w] + code_width(c, term)


@inlined
def _smallest(c: Columns, reading: Reading, a: int, b: int) -> int:
    """Give the smallest distance between positions of two words, at least 1."""
    i, j, smallest = reading.first[a], reading.first[b], i64(FAR)
    if i == reading.end[a] or j == reading.end[b]:
        return smallest
    x, y = _position(c, reading, a, i), _position(c, reading, b, j)
    while True:
        smallest = min(smallest, max(abs(x - y), 1))
        if smallest == 1:
            return smallest
        if x < y:
            i += 1
            if i == reading.end[a]:
                return smallest
            x = _position(c, reading, a, i)
        else:
            j += 1
            if j == reading.end[b]:
                return smallest
            y = _position(c, reading, b, j)


@inlined
def _position(c: Columns, reading: Reading, w: int, i: int) -> int:
    value = field(c.packed_positions, reading.at[w], reading.width[w], i)
    return value & ((i64(1) << reading.bits[w]) - 1)
