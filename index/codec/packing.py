"""Integers in as few bits as they need: horizontal packing, decoded in place.

Field i of a stretch of width b begins at bit i * b; fields of up to 56 bits are read with one
unaligned load of 64. After Lemire and Boytsov, "Decoding billions of integers per second through
vectorization" (2015), without their lanes, so that one field can be read by itself.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import length, load64, spread, store64
from index.codec.compiled import i64, inlined, kernel, u64

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

I64 = npt.NDArray[np.int64]

MAX_WIDTH = 56
_WORD = np.uint64(64)
NARROW = 14
"""Of up to how many bits four fields are in one load, wherever they begin."""


@inlined
def bit_width(value: int) -> int:
    """Count the bits that a value of up to 63 bits needs; 0 needs none."""
    return i64(length(u64(value)))


@inlined
def size(count: int, width: int) -> int:
    """Count the bytes of a stretch of fields."""
    return (count * width + 7) >> 3


@kernel
def pack(values: U64 | I64, count: int, width: int, out: U8, at: int) -> int:
    """Write fields from a byte on; answer where they end. Eight bytes beyond may be touched."""
    end, wide = at + size(count, width), u64(width)
    pending, filled = u64(0), u64(0)
    if width == 0:
        return end
    for i in range(u64(count)):
        value = u64(values[i])
        pending |= value << filled
        filled += wide
        if filled >= _WORD:
            store64(out, at, pending)
            at, filled = at + 8, filled - _WORD
            pending = value >> (wide - filled)
    store64(out, at, pending)
    return end


@inlined
def field(packed: U8, at: int, width: int, i: int) -> int:
    """Read one field of the stretch that begins at a byte."""
    bit = i * width
    word = load64(packed, at + (bit >> 3)) >> np.uint64(bit & 7)
    return i64(word & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))


@inlined
def unpack(data: U8, at: int, width: int, count: int, out: I64) -> None:
    """Decode a stretch of fields; all but wide ones eight at once, so up to seven more are set."""
    if width > NARROW:
        for i in range(count):
            out[i] = field(data, at, width, i)
        return
    for i in range(0, count, 8):
        bit = i * width
        low = load64(data, at + (bit >> 3)) >> u64(bit & 7)
        bit += 4 * width if i + 4 < count else 0
        spread(low, load64(data, at + (bit >> 3)) >> u64(bit & 7), width, out, i)
