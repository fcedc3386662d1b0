"""Records to compressed blocks, as store.py reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import zstandard

from index.codec.bits import store64
from index.codec.compiled import kernel
from index.codec.container import Array
from index.codec.store import COLUMNS, FRAME, HEADER, Record

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

BLOCK = 2304
"""How much text, in bytes, a block holds, if its first record is not larger."""

_MAX_RECORDS = 128
_GAP = 3  # the column
_LEVEL = 4
_DICTIONARY_SIZE = 256 << 10
_ENOUGH = 4 << 20
"""From how much text on, in bytes, a dictionary is trained."""


@dataclass(frozen=True, slots=True)
class Records:
    """Records to be stored: record i's `text` (u8) is [begins[i], begins[i + 1] - 1).

    `begins` is i64, as are the columns `length` (of the text, in code points), `kind`, `heading`,
    `page`, `start` and `end`.
    """

    text: U8
    begins: I64
    length: I64
    kind: I64
    heading: I64
    page: I64
    start: I64
    end: I64

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Records":
        """Make columns of records."""
        *columns, texts = zip(*records, strict=True) if records else [()] * len(Record._fields)
        text, begins = joined([text.encode() for text in texts])
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(text, begins, length, *(np.array(column, np.int64) for column in columns))

    def columns(self) -> I64:
        """Give what stands in a block beside the texts, one row a column.

        What follows from the record before and from the text becomes the same for most.
        """
        gap = self.start.copy()
        gap[1:] -= self.end[:-1]
        excess = self.end - self.start - self.length
        return np.stack((self.kind, self.heading, self.page, gap, excess))


def joined(texts: Sequence[bytes], padding: bytes = b"") -> tuple[U8, I64]:
    """Put texts in a row, a line break behind each and `padding` behind all of them.

    Answers the bytes (u8), and where each text begins, and where one more would (i64).
    """
    begins = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=begins[1:])
    return np.frombuffer(b"\n".join((*texts, padding)), np.uint8), begins


class Blocks:
    """Blocks as they are made: where each starts among them all, and its first record."""

    def __init__(self) -> None:
        self._size = self._count = 0
        self._starts: list[U64] = []
        self._firsts: list[U32] = []

    def add(self, lengths: Sequence[int], firsts: Iterable[int], count: int) -> None:
        """Note blocks of so many bytes each, their first records, and their number of records."""
        ends = self._size + np.cumsum(lengths, dtype=np.uint64)
        self._starts.append(ends - np.array(lengths, np.uint64))
        self._firsts.append((np.array(firsts, np.int64) + self._count).astype(np.uint32))
        self._size += sum(lengths)
        self._count += count

    def arrays(self) -> tuple[U64, U32]:
        """Give where each block starts, and the first record of each; both end with the total."""
        starts = np.concatenate([*self._starts, np.array([self._size], np.uint64)])
        firsts = np.concatenate([*self._firsts, np.array([self._count], np.uint32)])
        return starts, firsts


class Compressor:
    """Turns records into compressed blocks. `dictionary` may be empty."""

    def __init__(self, dictionary: bytes) -> None:
        self._zstd = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=_known(dictionary), write_dict_id=False
        )

    def compress(self, records: Records, blocks: Blocks) -> bytes:
        """Give the blocks of some records in a row, and note them."""
        raw, starts, firsts = _blocks(records)
        segments = np.stack((starts[:-1], np.diff(starts)), axis=1).astype(np.uint64)
        if not len(segments):
            return b""
        frames = self._zstd.multi_compress_to_buffer(
            zstandard.BufferWithSegments(raw.data, segments.tobytes())
        )
        pieces = [frames[i].tobytes()[len(FRAME) :] for i in range(len(frames))]
        blocks.add(list(map(len, pieces)), firsts, len(records.kind))
        return b"".join(pieces)


def descriptions(texts: Iterable[str], dictionary: bytes) -> dict[str, Array]:
    """Give the arrays of a store of nothing but texts: what is kept of the documents, in JSON."""
    blocks = Blocks()
    records = Records.of([Record(0, 0, 0, 0, 0, text) for text in texts])
    data = Compressor(dictionary).compress(records, blocks)
    starts, firsts = blocks.arrays()
    return {
        "documents.stored": np.frombuffer(data, np.uint8),
        "documents.stored_start": starts,
        "documents.stored_first": firsts,
    }


def _known(dictionary: bytes) -> zstandard.ZstdCompressionDict | None:
    if not dictionary:
        return None
    known = zstandard.ZstdCompressionDict(dictionary, zstandard.DICT_TYPE_FULLDICT)
    known.precompute_compress(level=_LEVEL)
    return known


def train(records: Records) -> bytes:
    """Make a dictionary of what blocks have in common; an empty one where there is too little.

    The segments of text that it is of are chosen as in Liao, Petri, Moffat and Wirth, "Effective
    construction of relative Lempel-Ziv dictionaries" (2016).
    """
    if len(records.text) < _ENOUGH:
        return b""
    raw, starts, _ = _blocks(records)
    samples: list[bytes | bytearray | memoryview[int]] = [
        raw[start:end].tobytes() for start, end in pairwise(starts)
    ]
    try:
        return zstandard.train_dictionary(_DICTIONARY_SIZE, samples, k=64, d=8).as_bytes()
    except zstandard.ZstdError:  # as of one block, or of nothing that repeats
        return b""


def _blocks(records: Records) -> tuple[U8, I64, I64]:
    """Give the blocks in a row, not compressed, where each begins, and their first records."""
    columns = records.columns()
    count = columns.shape[1]
    # Room for the worst case: a block for each record, each column eight bytes wide.
    raw = np.empty(len(records.text) + count * (HEADER.size + 8 * COLUMNS) + 8, np.uint8)
    starts, firsts = np.zeros(count + 1, np.int64), np.zeros(count, np.int64)
    made = _lay_out(records.text, records.begins, records.start, columns, raw, starts, firsts)
    return raw[: starts[made]], starts[: made + 1], firsts[:made]


@kernel
def _lay_out(
    text: U8, begins: I64, start: I64, columns: I64, raw: U8, starts: I64, firsts: I64
) -> int:
    """Write records as blocks; answer how many there are."""
    made, first, count = 0, 0, columns.shape[1]
    while first < count:
        last = first
        while (
            last + 1 < min(count, first + _MAX_RECORDS)
            and begins[last + 2] - begins[first] <= BLOCK
        ):
            last += 1
        # A block begins where its header says: what is there for a gap is taken off there.
        columns[_GAP, first] = columns[_GAP, last]
        origin = start[first] - columns[_GAP, first]
        out = _write_columns(columns[:, first : last + 1], origin, raw, starts[made])
        size = begins[last + 1] - 1 - begins[first]
        for i in range(size):
            raw[out + i] = text[begins[first] + i]
        for record in range(first, last):
            raw[out + begins[record + 1] - 1 - begins[first]] = 0xFF
        firsts[made], starts[made + 1] = first, out + size
        made, first = made + 1, last + 1
    return made


@kernel
def _write_columns(columns: I64, origin: int, raw: U8, at: int) -> int:
    """Write what a block has before its texts; answer where that ends."""
    out = at + 9 * COLUMNS + 8
    for c in range(COLUMNS):
        low = high = columns[c, 0]
        for value in columns[c]:
            low, high = min(low, value), max(high, value)
        width = _width(high - low)
        raw[at + c] = width
        store64(raw, at + COLUMNS + 8 * c, np.uint64(low))
        if width:
            for value in columns[c]:
                store64(raw, out, np.uint64(value - low))
                out += width
    store64(raw, at + 9 * COLUMNS, np.uint64(origin))
    return out


@kernel
def _width(value: int) -> int:
    """Count the bytes that a value needs: 0, 1, 2, 4 or 8."""
    if value < 0 or value >> 32:
        return 8
    if value >> 16:
        return 4
    if value >> 8:
        return 2
    return 1 if value else 0
