"""What is given back as it came: paragraphs and what is kept of documents, in compressed blocks.

A block holds some records, as many as come to about two kilobytes of text; each is one frame of
Zstandard (RFC 8878), mostly with a dictionary trained on the first of an index's text. One text is
read by decompressing one block; nothing else in it is parsed. See compress.py for writing.
"""

import struct
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from index.errors import Damaged

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

COLUMNS = 5
"""What stands in a block beside each text: kind, heading, page, gap and excess."""

HEADER = struct.Struct(f"<{COLUMNS}B{COLUMNS}qq")
"""What a block begins with: the columns' widths in bytes and lowest values, and its origin."""

SEPARATOR = b"\xff"
"""What stands between texts; it is in no UTF-8."""

FRAME = zstandard.FRAME_HEADER
"""The four bytes that every frame begins with; they are left out."""

_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
_MOST = 1 << 15
"""No frame holds more times its size: 128 kB in a block of four bytes is the most there is."""


class Record(NamedTuple):
    """One paragraph as stored: `heading` is the number of the heading above, 0 for none.

    `page` is 0 for none. Of a document's description, all but `text` (JSON) is 0.
    """

    kind: int
    heading: int
    page: int
    start: int
    end: int
    text: str


class _Block:
    """Records [first, end), decompressed. Raises ValueError and IndexError where they are none."""

    __slots__ = ("_raw", "end", "first", "texts")

    def __init__(self, raw: bytes, first: int, end: int) -> None:
        self.first, self.end = first, end
        self._raw = raw
        kind, heading, page, gap, excess = raw[:COLUMNS]
        at = HEADER.size + (end - first) * (kind + heading + page + gap + excess)
        self.texts = raw[at:].split(SEPARATOR)
        if len(self.texts) != end - first:
            raise ValueError("a block has not as many texts as noted")

    def record(self, row: int) -> Record:
        *lows, origin = HEADER.unpack_from(self._raw)[COLUMNS:]
        kinds, headings, pages, gaps, excesses = (
            self._values(column, row + 1, low) for column, low in enumerate(lows)
        )
        before = len(b"".join(self.texts[:row]).decode()) + sum(excesses[:row])
        text, start = self.texts[row].decode(), origin + before + sum(gaps)
        end = start + len(text) + excesses[row]
        return Record(kinds[row], headings[row], pages[row], start, end, text)

    def _values(self, column: int, rows: int, low: int) -> list[int]:
        """Give a column of the first records, of which the lowest value is known."""
        widths = self._raw[:COLUMNS]
        width = widths[column]
        if not width:
            return [low] * rows
        at = HEADER.size + (self.end - self.first) * sum(widths[:column])
        added = memoryview(self._raw)[at : at + rows * width].cast(_FORMATS[width])
        return [low + value for value in added]


class _OfThread(threading.local):
    """What each thread has of its own: a decompressor, for one must not be shared, and a block."""

    def __init__(self, known: zstandard.ZstdCompressionDict | None) -> None:
        self.decompress = zstandard.ZstdDecompressor(known).decompress
        self.block: _Block | None = None  # the last one, for neighbours come in a row


class Store:
    """Records in compressed blocks, as they stand in a file; any number of threads may share it.

    `blocks` (u8) are the frames, `starts` (u64) and `firsts` (u32) are of `compress.Blocks`.
    Everything raises Damaged, with the path, where a block is not what was written.
    """

    def __init__(self, path: Path, blocks: U8, starts: U64, firsts: U32, dictionary: bytes) -> None:
        self.dictionary = dictionary
        self._path = path
        self._blocks, self._starts = blocks.data, starts.data
        self._firsts = array("I", firsts.tobytes())  # searched faster than the file itself
        self._count = len(self._firsts) - 1
        self._of_thread = _OfThread(
            zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        )

    def __len__(self) -> int:
        return self._firsts[-1]

    def text(self, number: int) -> str:
        """Give the text of a record."""
        block = self._block_of(number)
        try:
            return block.texts[number - block.first].decode()
        except ValueError as error:
            raise self._damaged(error) from error

    def record(self, number: int) -> Record:
        """Give a record."""
        block = self._block_of(number)
        try:
            return block.record(number - block.first)
        except (ValueError, IndexError, KeyError, TypeError, struct.error) as error:
            raise self._damaged(error) from error

    def records(self, blocks: range) -> range:
        """Give the numbers of the records in some blocks."""
        return range(self._firsts[blocks.start], self._firsts[blocks.stop])

    def runs(self, kept: npt.NDArray[np.bool_], dictionary: bytes) -> Iterator[tuple[range, bool]]:
        """Divide the blocks into runs of those that can be copied as they are, and of others.

        A block can where all of its records are `kept`, and if the `dictionary` is its own.
        """
        firsts = np.asarray(self._firsts)[:-1]
        if not len(firsts):
            return
        whole = np.logical_and.reduceat(kept, firsts) & (dictionary == self.dictionary)
        edges = [0, *(np.flatnonzero(np.diff(whole)) + 1).tolist(), len(whole)]
        for start, stop in pairwise(edges):
            yield range(start, stop), bool(whole[start])

    def frames(self, blocks: range) -> tuple[memoryview, list[int], list[int]]:
        """Give blocks as they are, in a row: their bytes, the size of each, its first record.

        Records are counted from the first.
        """
        starts = self._starts[blocks.start : blocks.stop + 1].tolist()
        firsts = self._firsts[blocks.start : blocks.stop].tolist()
        sizes = [end - start for start, end in pairwise(starts)]
        data = self._blocks[starts[0] : starts[-1]]
        return data, sizes, [first - firsts[0] for first in firsts]

    def _block_of(self, number: int) -> _Block:
        """Decompress the block of a record, if it is not the one this thread had last."""
        own = self._of_thread
        block = own.block
        if block is not None and block.first <= number < block.end:
            return block
        index = bisect_right(self._firsts, number, 0, self._count) - 1
        first, end = self._firsts[index], self._firsts[index + 1]
        frame = FRAME + self._blocks[self._starts[index] : self._starts[index + 1]]
        try:
            if not first <= number < end:
                raise ValueError(f"no block has record {number}")
            if zstandard.frame_content_size(frame) > _MOST * len(frame):
                raise ValueError("a frame says that it is larger than any can be")
            block = own.block = _Block(own.decompress(frame), first, end)
        except (zstandard.ZstdError, ValueError) as error:
            raise self._damaged(error) from error
        return block

    def _damaged(self, error: Exception) -> Damaged:
        return Damaged(f"{self._path} is altered: {error}")
