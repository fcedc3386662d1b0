"""Which frequent terms stand in a row, where and how often: postings for pairs of neighbours.

The words of a phrase like "to be or not to be" are in most paragraphs, two of them in a row in few.
A pair has a posting for each position at which it begins, so that a phrase of two words is a term.
After Williams, Zobel and Bahle, "Fast phrase querying with combined indexes" (2004).
"""

from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, DAMAGED, Columns, code_width, paragraphs_of, sum_before
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.lengths import LONGEST
from index.codec.packing import field

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

PAIRED = 9
"""A term in more than one of so many paragraphs has pairs."""

_LEAST, _MOST = 16, 255  # of more paragraphs than this; of so many terms
_WINDOW = 1 << 14  # paragraphs that are looked at together


class Pairs(NamedTuple):
    """What stands in a row: every pair of `terms` (u32, ascending) that does so anywhere.

    `key` (u64, ascending) is first << 32 | second, and pair i stands in the paragraphs
    [start[i], start[i + 1]) of `paragraph` (u32), ascending: as often as it begins there.
    """

    terms: U32
    key: U64
    start: I64
    paragraph: U32


def candidates(df: U32, paragraphs: int) -> I64:
    """Give which terms may have pairs, by their document frequencies; ascending."""
    frequent = np.flatnonzero(df > max(paragraphs / PAIRED, _LEAST))
    return np.sort(frequent[np.argsort(df[frequent], kind="stable")[-_MOST:]])


def find_pairs(c: Columns, terms: U32, length: U8, pool: Executor) -> Pairs:
    """Find the pairs of some terms; `c` has the postings of these alone, in the same order.

    `length` (u8) has the lengths of all paragraphs, by `lengths.DECODED`.
    """
    windows = range(0, len(length), _WINDOW)
    found = list(pool.map(partial(_in_window, c, length), windows))
    counts = np.zeros(1 << 16, np.int64)
    for slots, _ in found:
        counts += np.bincount(slots, minlength=1 << 16)
    paragraph, cursor = np.empty(counts.sum(), np.uint32), np.cumsum(counts) - counts
    for slots, where in found:
        _sort(slots, where, cursor, paragraph)
    slot = np.flatnonzero(counts)
    key = terms[(slot >> 8) - 1].astype(np.uint64) << np.uint64(32) | terms[(slot & 0xFF) - 1]
    return Pairs(terms, key, np.concatenate([[0], np.cumsum(counts[slot])]), paragraph)


class _Cells(NamedTuple):
    """Which term stands at each position of the paragraphs of a window, counted from 1; 0 for none.

    Paragraph p has the cells [first[p], first[p + 1]), the last of which stays empty, as does the
    very first. A part and the whole of a hyphenated word share one: what finds its cell taken is in
    `more`, with its cell in `at`, once, by cells.
    """

    first: I64
    term: U8
    more: U8
    at: I64


class _Found(NamedTuple):
    """Pairs as they are found: a slot is the number of the first << 8 | of the second.

    With the paragraph of each.
    """

    slots: U16
    where: U32


def _in_window(c: Columns, length: U8, low: int) -> tuple[U16, U32]:
    """Give the pairs of the paragraphs from one on, slot and paragraph, by paragraphs."""
    lengths = length[low : low + _WINDOW]
    first = np.cumsum(np.append(1, LONGEST[lengths] + 1))
    size = int(first[-1])
    # Of what is analysed not more than one in a cell finds it taken.
    cells = _Cells(
        first, np.zeros(size, np.uint8), np.empty(size, np.uint8), np.empty(size, np.int64)
    )
    room = np.empty(2 * BLOCK + 1, np.int64)
    more = _place(c, low, room, cells)
    others = np.unique(cells.at[:more] << 8 | cells.more[:more])
    cells = cells._replace(more=(others & 0xFF).astype(np.uint8), at=others >> 8)
    most = np.unique(cells.at, return_counts=True)[1].max(initial=0)  # of a cell
    count = size + len(others) * (2 + int(most))
    found = _Found(np.empty(count, np.uint16), np.empty(count, np.uint32))
    count = _collect(low, cells, found)
    return found.slots[:count].copy(), found.where[:count].copy()


@kernel
def _sort(slots: U16, where: U32, cursor: I64, paragraph: U32) -> None:
    """Put paragraphs behind those of their pair, where a cursor stands for each."""
    for i in range(len(slots)):
        slot = u64(slots[i])
        paragraph[cursor[slot]] = where[i]
        cursor[slot] += 1


@kernel
def _place(c: Columns, low: int, room: I64, cells: _Cells) -> int:
    """Put every term of the paragraphs of a window into its cells; count those that were taken.

    The room is for the ordinals of a block, and the frequencies before them and at the end.
    """
    ordinals, before = room[:BLOCK], room[BLOCK:]
    more, paragraphs = i64(0), len(cells.first) - 1
    for t in range(len(c.df)):
        block = _first_block(c, t, low)
        while block < c.block[t + 1]:
            rows = paragraphs_of(c, t, block, ordinals)
            sum_before(c, t, block, before)
            for row in range(rows):
                p = ordinals[row] - low
                if p >= 0 and p < paragraphs:
                    more = _fill(c, t, block, before[row], before[row + 1], p, cells, more)
            if i64(c.last[block]) >= low + paragraphs - 1:
                break
            block += 1
    return more


@inlined
def _fill(
    c: Columns, t: int, block: int, begin: int, end: int, p: int, cells: _Cells, more: int
) -> int:
    """Put positions of a term into the cells of a paragraph; count those that were taken."""
    at, width = i64(c.positions[block]), i64(c.position_width[block])
    whole, mask = width + code_width(c, t), (i64(1) << width) - 1
    first, last = cells.first[u64(p)], cells.first[u64(p + 1)] - 1
    for i in range(begin, end):
        cell = first + (field(c.packed_positions, at, whole, i) & mask)
        if cell >= last:
            raise ValueError(DAMAGED)
        if cells.term[u64(cell)] == 0:
            cells.term[u64(cell)] = t + 1
        elif cells.term[u64(cell)] != t + 1:
            if more == len(cells.more):
                raise ValueError(DAMAGED)
            cells.more[more], cells.at[more] = t + 1, cell
            more += 1
    return more


@inlined
def _first_block(c: Columns, t: int, low: int) -> int:
    """Find the first block of a term that ends with a paragraph or behind it."""
    first, end = i64(c.block[t]), i64(c.block[t + 1])
    while first < end:
        middle = (first + end) >> 1
        if i64(c.last[middle]) < low:
            first = middle + 1
        else:
            end = middle
    return first


@kernel
def _collect(low: int, cells: _Cells, found: _Found) -> int:
    """Note each pair of neighbours as often as it stands in a paragraph; count them."""
    count, more = i64(0), 0
    for p in range(len(cells.first) - 1):
        begin, end = cells.first[p], cells.first[p + 1]
        first = np.uint8(0)
        for at in range(begin, end - 1):
            second = cells.term[u64(at)]
            count = _note(found, count, first, second, low, p)
            first = second
        while more < len(cells.at) and cells.at[more] < end:
            at, here = cells.at[more], cells.more[more]
            count = _note(found, count, cells.term[at - 1], here, low, p)
            count = _note(found, count, here, cells.term[at + 1], low, p)
            other = more - 1
            while other >= 0 and cells.at[other] >= at - 1:
                if cells.at[other] < at:
                    count = _note(found, count, cells.more[other], here, low, p)
                other -= 1
            more += 1
    return count


@inlined
def _note(found: _Found, count: int, first: np.uint8, second: np.uint8, low: int, p: int) -> int:
    """Note a pair, if it is one of two terms, of a paragraph; count on. Without branches."""
    found.slots[count], found.where[count] = u64(first) << u64(8) | u64(second), low + p
    return count + i64((first != 0) & (second != 0))
