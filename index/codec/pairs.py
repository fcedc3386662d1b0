"""Which frequent terms stand in a row, and in which paragraphs: postings for pairs of neighbours.

The words of a phrase like "to be or not to be" are in most paragraphs, two of them in a row in few.
After Williams, Zobel and Bahle, "Fast phrase querying with combined indexes" (2004).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, DAMAGED, Columns, code_width, paragraphs_of, sum_before
from index.codec.compiled import i64, inlined, kernel, u64
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
    [start[i], start[i + 1]) of `paragraph` (u32), ascending.
    """

    terms: U32
    key: U64
    start: I64
    paragraph: U32


def candidates(df: U32, paragraphs: int) -> I64:
    """Give which terms may have pairs, by their document frequencies; ascending."""
    frequent = np.flatnonzero(df > max(paragraphs / PAIRED, _LEAST))
    return np.sort(frequent[np.argsort(df[frequent], kind="stable")[-_MOST:]])


def find_pairs(c: Columns, terms: U32, paragraphs: int) -> Pairs:
    """Find the pairs of some terms; `c` has the postings of these alone, in the same order."""
    room = _Room(
        c.block[:-1].astype(np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK + 1, np.int64),
        np.empty(_WINDOW + 1, np.int64), np.full(1 << 16, -1, np.int64),
    )  # fmt: skip
    windows = range(0, max(paragraphs, 1), _WINDOW)
    found = [_in_window(c, room, low, min(low + _WINDOW, paragraphs)) for low in windows]
    counts = np.zeros(1 << 16, np.int64)
    for slots, _ in found:
        counts += np.bincount(slots, minlength=1 << 16)
    paragraph, cursor = np.empty(counts.sum(), np.uint32), np.cumsum(counts) - counts
    for slots, where in found:
        _sort(slots, where, cursor, paragraph)
    slot = np.flatnonzero(counts)
    key = terms[slot >> 8].astype(np.uint64) << np.uint64(32) | terms[slot & 0xFF]
    return Pairs(terms, key, np.concatenate([[0], np.cumsum(counts[slot])]), paragraph)


class _Room(NamedTuple):
    """What is worked with.

    For each term the first block that reaches the window, a block's ordinals and the frequencies
    before them, where each paragraph's cells begin, and where each pair was seen last.
    """

    block: I64
    ordinals: I64
    before: I64
    first: I64
    seen: I64


class _Cells(NamedTuple):
    """Which term stands at each position of the paragraphs of a window, counted from 1; 0 for none.

    Behind each paragraph is an empty cell. A part and the whole of a hyphenated word share one:
    what finds its cell taken is in `more`, number by number, with its cell in `at`.
    """

    term: U8
    more: U8
    at: I64


def _in_window(c: Columns, room: _Room, low: int, high: int) -> tuple[U16, U32]:
    """Give the pairs (number of the first << 8 | of the second) of some paragraphs, each's too."""
    none = np.empty(0, np.uint8)
    room.first[:] = 0
    tokens = _place(c, room, low, high, _Cells(none, none, room.first[:0]))
    np.cumsum(room.first, out=room.first)
    size = int(room.first[-1])
    cells = _Cells(np.zeros(size, np.uint8), np.empty(tokens, np.uint8), np.empty(tokens, np.int64))
    more = _place(c, room, low, high, cells)
    order = np.argsort(cells.at[:more])
    cells = _Cells(cells.term, cells.more[order], np.append(cells.at[order], size))
    most = np.unique(cells.at, return_counts=True)[1].max()  # of a cell; 1 in what is analysed
    room_for = size + more * (2 + int(most))
    slots, where = np.empty(room_for, np.uint16), np.empty(room_for, np.uint32)
    count = _collect(room, low, high, cells, slots, where)
    return slots[:count].copy(), where[:count].copy()


@kernel
def _sort(slots: U16, where: U32, cursor: I64, paragraph: U32) -> None:
    """Put paragraphs behind those of their pair, where a cursor stands for each."""
    for i in range(len(slots)):
        slot = u64(slots[i])
        paragraph[cursor[slot]] = where[i]
        cursor[slot] += 1


@kernel
def _place(c: Columns, room: _Room, low: int, high: int, cells: _Cells) -> int:
    """Put every term of the paragraphs [low, high) into its cells; count those that were taken.

    Without cells, counts the tokens, and how many cells each paragraph needs.
    """
    count = 0
    for t in range(len(c.df)):
        block, end = room.block[t], i64(c.block[t + 1])
        while block < end:
            rows = paragraphs_of(c, t, block, room.ordinals)
            sum_before(c, t, block, room.before)
            for row in range(rows):
                p = room.ordinals[row] - low
                if p < 0 or p >= high - low:
                    continue
                if len(cells.term) > 0:
                    count = _fill(c, room, t, block, row, p, cells, count)
                    continue
                last = _position(c, t, block, room.before[row + 1] - 1)
                room.first[p + 1] = max(room.first[p + 1], last + 2)
                count += room.before[row + 1] - room.before[row]
            if i64(c.last[block]) >= high - 1:
                break
            block += 1
        if len(cells.term) > 0:
            room.block[t] = block
    return count


@inlined
def _fill(
    c: Columns, room: _Room, t: int, block: int, row: int, p: int, cells: _Cells, more: int
) -> int:
    """Put a term into the cells of a paragraph; answer how many were taken so far."""
    for i in range(room.before[row], room.before[row + 1]):
        at = room.first[p] + _position(c, t, block, i)
        if at >= room.first[p + 1] - 1:
            raise ValueError(DAMAGED)
        if cells.term[at] == 0:
            cells.term[at] = t + 1
        elif cells.term[at] != t + 1:
            cells.more[more], cells.at[more] = t + 1, at
            more += 1
    return more


@inlined
def _position(c: Columns, t: int, block: int, i: int) -> int:
    width = i64(c.position_width[block])
    value = field(c.packed_positions, i64(c.positions[block]), width + code_width(c, t), i)
    return value & ((i64(1) << width) - 1)


@kernel
def _collect(room: _Room, low: int, high: int, cells: _Cells, slots: U16, where: U32) -> int:
    """Note each pair of neighbours once for each paragraph; count them."""
    count = more = 0
    for p in range(high - low):
        for at in range(room.first[p], room.first[p + 1] - 1):
            if cells.term[at] == 0 or cells.term[at + 1] == 0:
                continue
            while cells.at[more] < at:
                more += 1
            behind = more
            while cells.at[behind] == at:
                behind += 1
            for i in range(more - 1, behind):
                first = i64(cells.term[at] if i < more else cells.more[i]) - 1
                j = behind - 1
                while j < behind or cells.at[j] == at + 1:
                    second = i64(cells.term[at + 1] if j < behind else cells.more[j]) - 1
                    slot = first << 8 | second
                    if room.seen[slot] != low + p:
                        room.seen[slot] = low + p
                        slots[count], where[count] = slot, low + p
                        count += 1
                    j += 1
    return count
