"""Paragraphs to the blocks and the vocabulary that store.py reads."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.codec.bits import store64
from index.codec.coding import Vocabulary
from index.codec.compiled import i64, kernel
from index.codec.container import Array, Output
from index.codec.intern import PADDING, Units
from index.codec.packing import bit_width, pack
from index.codec.store import COLUMNS, HEADER, SIZE

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_NAME = "paragraphs.stored"
_MAX_RECORDS = 128


class Blocks:
    """Blocks as they are made: where each starts among them all, and its first record."""

    def __init__(self) -> None:
        self._size = self._count = 0
        self._starts: list[U64] = []
        self._firsts: list[U32] = []

    def add(self, lengths: Sequence[int] | I64, firsts: Sequence[int] | I64, count: int) -> None:
        """Note blocks of so many bytes each, their first records, and their number of records."""
        ends = self._size + np.cumsum(lengths, dtype=np.uint64)
        self._starts.append(ends - np.array(lengths, np.uint64))
        self._firsts.append((np.array(firsts, np.int64) + self._count).astype(np.uint32))
        self._size += int(sum(lengths))
        self._count += count

    def arrays(self, name: str) -> dict[str, Array]:
        """Give where each block starts, and the first record of each; both end with the total."""
        starts = np.concatenate([*self._starts, np.array([self._size], np.uint64)])
        firsts = np.concatenate([*self._firsts, np.array([self._count], np.uint32)])
        return {f"{name}_start": starts, f"{name}_first": firsts}


class Records:
    """Writes the paragraphs of a segment, some at a time, and gives the other arrays at the end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._blocks, self._vocabulary = Blocks(), Vocabulary()
        output.begin(_NAME, np.uint8)

    def add(self, units: Units, stream: U32, first: I64, columns: I64) -> None:
        """Write records.

        `stream` and `first` have their texts, as `Vocabulary.code` takes them; `columns` (i64) is
        a row for each column of a block without the size. Raises OSError.
        """
        coded, sizes = self._vocabulary.code(units, stream, first)
        raw, starts = blocks(coded, np.concatenate((columns, sizes[None])))
        self._output.extend(_NAME, raw.data)
        firsts = np.arange(0, len(sizes), _MAX_RECORDS)
        self._blocks.add(np.diff(starts), firsts, len(sizes))

    def arrays(self, units: Units) -> dict[str, Array]:
        """Give the arrays that are not written yet."""
        return self._blocks.arrays(_NAME) | self._vocabulary.arrays(units)


def blocks(coded: U8, columns: I64) -> tuple[U8, I64]:
    """Give coded texts (u8) as blocks in a row, and where each begins and the last one ends.

    `columns` (i64) is a row for each column of a block; they are used up.
    """
    count = columns.shape[1]
    starts = np.zeros(-(-count // _MAX_RECORDS) + 1, np.int64)
    most = len(coded) + len(starts) * HEADER + 8 * columns.size + PADDING
    raw = np.empty(most, np.uint8)
    _lay_out(coded, columns, raw, starts)
    return raw[: starts[-1]], starts


@kernel
def _lay_out(coded: U8, columns: I64, raw: U8, starts: I64) -> None:
    """Write records as blocks; `columns` are used up."""
    read = 0
    for block in range(len(starts) - 1):
        own = columns[:, block * _MAX_RECORDS : (block + 1) * _MAX_RECORDS]
        size = i64(0)
        for each in own[SIZE]:
            size += each
        out = _write_columns(own, raw, starts[block])
        for i in range(size):
            raw[out + i] = coded[read + i]
        read, starts[block + 1] = read + size, out + size


@kernel
def _write_columns(columns: I64, raw: U8, at: int) -> int:
    """Write what a block has before its texts; answer where that ends. `columns` are used up."""
    out = at + HEADER
    for c in range(COLUMNS):
        low = high = columns[c, 0]
        for value in columns[c]:
            low, high = min(low, value), max(high, value)
        for i in range(columns.shape[1]):
            columns[c, i] -= low
        width = bit_width(high - low)
        raw[at + c] = width
        store64(raw, at + COLUMNS + 8 * c, np.uint64(low))
        out = pack(columns[c], columns.shape[1], width, raw, out)
    return out
