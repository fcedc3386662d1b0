"""Paragraphs, given back as they came: each is decoded by itself, from its codes.

They stand in blocks of up to 128, whose columns tell where in a block each is, and what else is
kept of it. See coding.py for the codes and records.py for writing.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec import tables
from index.codec.bits import load64, store64
from index.codec.coding import GAP, LONGEST, code_at
from index.codec.compiled import i64, inlined, kernel
from index.codec.intern import WORD, Units
from index.codec.packing import MAX_WIDTH, field, size
from index.errors import Damaged

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

COLUMNS = 6
"""What stands in a block of each text: kind, heading, page, start, excess and size."""

SIZE = COLUMNS - 1
"""The column of how many bytes its codes are."""

HEADER = 9 * COLUMNS
"""The size in bytes of what a block begins with: its columns' widths in bits, and lowest values."""

DAMAGED = "a block of paragraphs is not as written"

_BLANK = np.uint8(32)
_PIECE = 2 << 20  # bytes of blocks
_MOST = LONGEST + 1  # bytes that a code stands for
_SLACK = _MOST + 8  # bytes that are written to at a time


class Record(NamedTuple):
    """One paragraph as stored: `heading` is the number of the heading above, 0 for none.

    `page` is 0 for none.
    """

    kind: int
    heading: int
    page: int
    start: int
    end: int
    text: str


class Stored(NamedTuple):
    """The arrays of a store: its blocks, where each starts, its first record, the vocabulary."""

    blocks: U8
    starts: U64
    firsts: U32
    text: U8
    start: U32


stored_at = tables.reader(Stored)
"""Read a store from the table that was made of it."""


class _OfThread(threading.local):
    """What each thread has of its own: room for a text, and for the columns of its record."""

    def __init__(self) -> None:
        self.make_room(1 << 14)
        self.row = np.empty(COLUMNS, np.int64)

    def make_room(self, size: int) -> None:
        self.room = np.empty(size, np.uint8)
        self.text = self.room.data


class Store:
    """Paragraphs as they stand in a file; any number of threads may share it.

    The vocabulary is one that `bounds.py` looked at. Whatever else is not as written raises
    Damaged, with the path.
    """

    def __init__(self, path: Path, stored: Stored) -> None:
        self._path = path
        self._stored = stored
        self.table = tables.table(stored)
        self._of_thread = _OfThread()

    def __len__(self) -> int:
        return int(self._stored.firsts[-1])

    def text(self, number: int) -> str:
        """Give the text of a record."""
        own = self._of_thread
        try:
            end = _read(self.table, number, own.row, own.room)
            if end + _SLACK > len(own.room):
                own.make_room(end + _SLACK)
                _read(self.table, number, own.row, own.room)
            return str(own.text[:end], "utf-8")
        except ValueError as error:
            raise Damaged(f"{self._path} is altered: {error}") from error

    def record(self, number: int) -> Record:
        """Give a record."""
        text = self.text(number)
        kind, heading, page, start, excess, _ = self._of_thread.row.tolist()
        return Record(kind, heading, page, start, start + len(text) + excess, text)

    @property
    def units(self) -> Units:
        """Give the vocabulary."""
        start = self._stored.start
        begins = (start & ~np.uint32(GAP)).astype(np.int64)
        return Units(self._stored.text, begins, (start[:-1] < GAP) * np.uint8(WORD))

    def pieces(self, kept: Bools) -> Iterator[tuple[U32, I64, I64]]:
        """Yield the records that are `kept`, some at a time, as `Records.add` takes them.

        Their units are those of this vocabulary. Where the blocks are, `bounds.py` has looked at.
        Raises Damaged.
        """
        starts, firsts = self._stored.starts, self._stored.firsts
        block, last = 0, len(starts) - 1
        while block < last:
            beyond = int(np.searchsorted(starts, starts[block] + np.uint64(_PIECE), "right")) - 1
            beyond = max(beyond, block + 1)
            rows = int(firsts[beyond]) - int(firsts[block])
            stream = np.empty(int(starts[beyond]) - int(starts[block]), np.uint32)
            first, columns = np.zeros(rows + 1, np.int64), np.empty((COLUMNS, rows), np.int64)
            try:
                rows = _units(self.table, block, beyond, kept, stream, first, columns)
            except ValueError as error:
                raise Damaged(f"{self._path} is altered: {error}") from error
            yield stream[: first[rows]], first[: rows + 1], columns[:SIZE, :rows]
            block = beyond


@kernel
def _read(table: I64, number: int, row: I64, out: U8) -> int:
    """Write a text as far as there is room, and its columns; answer its size in bytes."""
    s = stored_at(table)
    block = _block_of(s, number)
    check_block(s, block)
    at, end = i64(s.starts[block]), i64(s.starts[block + 1])
    first = i64(s.firsts[block])
    count = i64(s.firsts[block + 1]) - first
    before = text_at(s, at, count)
    for i in range(number - first):
        own = value(s, at, count, SIZE, i)
        if own < 0 or own > end - before:
            raise ValueError(DAMAGED)
        before += own
    for column in range(COLUMNS):
        row[column] = value(s, at, count, column, number - first)
    if row[SIZE] < 0 or row[SIZE] > end - before:
        raise ValueError(DAMAGED)
    return _decode(s, before, before + row[SIZE], out)


@inlined
def _block_of(s: Stored, number: int) -> int:
    """Find the block of a record."""
    low, high = i64(0), len(s.firsts) - 1
    while low < high:
        middle = (low + high) // 2
        if s.firsts[middle + 1] <= number:
            low = middle + 1
        else:
            high = middle
    if low == len(s.firsts) - 1 or number < i64(s.firsts[low]):
        raise ValueError("there is no such paragraph")
    return low


@inlined
def check_block(s: Stored, block: int) -> None:
    """See that a block lies within the blocks, and its columns in it. Raises ValueError."""
    if (
        s.starts[block + 1] > np.uint64(len(s.blocks))
        or s.starts[block] > s.starts[block + 1]
        or s.starts[block + 1] - s.starts[block] < np.uint64(HEADER)
        or s.firsts[block] > s.firsts[block + 1]
    ):
        raise ValueError(DAMAGED)
    at = i64(s.starts[block])
    for column in range(COLUMNS):
        if s.blocks[at + column] > MAX_WIDTH:
            raise ValueError(DAMAGED)
    count = i64(s.firsts[block + 1]) - i64(s.firsts[block])
    if text_at(s, at, count) > i64(s.starts[block + 1]):
        raise ValueError(DAMAGED)


@inlined
def text_at(s: Stored, at: int, count: int) -> int:
    """Give where the texts of a block of so many records begin, that begins itself at a byte."""
    end = at + HEADER
    for column in range(COLUMNS):
        end += size(count, i64(s.blocks[at + column]))
    return end


@inlined
def value(s: Stored, at: int, count: int, column: int, row: int) -> int:
    """Give the value of a column in a block of so many records, that begins at a byte."""
    low = i64(load64(s.blocks, at + COLUMNS + 8 * column))
    begin = at + HEADER
    for before in range(column):
        begin += size(count, i64(s.blocks[at + before]))
    return low + field(s.blocks, begin, i64(s.blocks[at + column]), row)


@inlined
def next_code(s: Stored, at: int, end: int) -> tuple[int, int]:
    """Give the number of the code at a byte, and where the one behind it begins.

    Raises ValueError where it is none, or goes beyond the end.
    """
    number, size = code_at(s.blocks, at)
    at += size
    if at > end or number >= len(s.start) - 1:
        raise ValueError(DAMAGED)
    return number, at


@inlined
def _decode(s: Stored, at: int, end: int, out: U8) -> int:
    """Write the text of codes as far as there is room; answer its size in bytes."""
    written, follows = i64(0), i64(0)  # follows: 1 where the code before is of a word, not 0
    while at < end:
        number, at = next_code(s, at, end)
        start, stop = i64(s.start[number]), i64(s.start[number + 1]) & ~GAP
        is_word = i64(start < GAP)
        start &= ~GAP
        before, written = written, written + (is_word & follows)
        if before + _SLACK <= len(out):
            out[before] = _BLANK  # of a gap, or behind one, its own text goes over it
            store64(out, written, load64(s.text, start))
            for i in range(8, stop - start, 8):
                store64(out, written + i, load64(s.text, start + i))
        written += stop - start
        follows = is_word
    return written


@kernel
def _units(
    table: I64, block: int, beyond: int, kept: Bools, stream: U32, first: I64, columns: I64
) -> int:
    """Decode the records of some blocks that are kept; answer how many those are.

    Their units come in a row, record r's from `first[r]` on.
    """
    s = stored_at(table)
    rows = out = i64(0)
    for b in range(block, beyond):
        check_block(s, b)
        at, end, ordinal = i64(s.starts[b]), i64(s.starts[b + 1]), i64(s.firsts[b])
        count = i64(s.firsts[b + 1]) - ordinal
        if ordinal + count > len(kept):
            raise ValueError(DAMAGED)
        text = text_at(s, at, count)
        for i in range(count):
            own = value(s, at, count, SIZE, i)
            if own < 0 or own > end - text:
                raise ValueError(DAMAGED)
            if kept[ordinal + i]:
                for column in range(COLUMNS):
                    columns[column, rows] = value(s, at, count, column, i)
                code = text
                while code < text + own:
                    stream[out], code = next_code(s, code, text + own)
                    out += 1
                rows += 1
                first[rows] = out
            text += own
    return rows
