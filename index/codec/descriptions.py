"""What is kept of documents, JSON, in compressed blocks: written and read.

A block is some texts, as many as come to about sixteen kilobytes, in one frame of Zstandard
(RFC 8878).
"""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import zstandard

from index.codec.records import Blocks
from index.errors import Damaged

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

NAME = "documents.stored"

_BLOCK = 16 << 10
"""How much text, in bytes, a block holds, if its first text is not larger."""

_SEPARATOR = b"\xff"
"""What stands between texts; it is in no UTF-8."""

_FRAME = zstandard.FRAME_HEADER
"""The four bytes that every frame begins with; they are left out."""

_MOST = 1 << 15
"""No frame holds more times its size: 128 kB in a block of four bytes is the most there is."""

_LEVEL = 4


def compressed(texts: Iterable[str], blocks: Blocks) -> Iterator[bytes]:
    """Yield the blocks of some texts, and note them."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    for batch in _batches(text.encode() for text in texts):
        frame = compressor.compress(_SEPARATOR.join(batch))[len(_FRAME) :]
        blocks.add([len(frame)], [0], len(batch))
        yield frame


def _batches(texts: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BLOCK:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


class _Last(threading.local):
    """The texts of the block that a thread had last, and the first one's number."""

    first = 0
    texts: tuple[bytes, ...] = ()


class Descriptions:
    """Texts in compressed blocks, as they stand in a file; any number of threads may share it.

    `blocks` (u8) are the frames, `starts` (u64) and `firsts` (u32) are of `Blocks`. Everything
    raises Damaged, with the path, where a block is not what was written.
    """

    def __init__(self, path: Path, blocks: U8, starts: U64, firsts: U32) -> None:
        self._path = path
        self._blocks, self._starts, self._firsts = blocks.data, starts.data, firsts.data
        self._count = len(firsts) - 1
        self._last = _Last()

    def __len__(self) -> int:
        return self._firsts[-1]

    def text(self, number: int) -> str:
        """Give a text."""
        last = self._last
        try:
            if not last.first <= number < last.first + len(last.texts):
                last.first, last.texts = self._block_of(number)
            return last.texts[number - last.first].decode()
        except (zstandard.ZstdError, ValueError) as error:
            raise Damaged(f"{self._path} is altered: {error}") from error

    def _block_of(self, number: int) -> tuple[int, tuple[bytes, ...]]:
        """Decompress the block of a text; give the number of its first one, and all.

        Raises ValueError and ZstdError.
        """
        index = bisect_right(self._firsts, number, 0, self._count) - 1
        first, end = self._firsts[index], self._firsts[index + 1]
        frame = _FRAME + self._blocks[self._starts[index] : self._starts[index + 1]]
        if not first <= number < end:
            raise ValueError(f"no block has text {number}")
        if zstandard.frame_content_size(frame) > _MOST * len(frame):
            raise ValueError("a frame says that it is larger than any can be")
        texts = zstandard.ZstdDecompressor().decompress(frame).split(_SEPARATOR)
        if len(texts) != end - first:
            raise ValueError("a block has not as many texts as noted")
        return first, tuple(texts)
