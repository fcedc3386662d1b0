"""Lengths of paragraphs in one byte, as Lucene keeps them (SmallFloat.intToByte4).

Exact up to 40, four significant bits beyond: a small float whose exponent grows by one every
eight codes.
"""

import numpy as np
import numpy.typing as npt

_EXACT = 24  # codes that stand for themselves before the float begins


def _decode(code: int) -> int:
    if code < _EXACT:
        return code
    bits, shift = (code - _EXACT) & 7, ((code - _EXACT) >> 3) - 1
    return _EXACT + (bits if shift < 0 else (bits | 8) << shift)


DECODED: npt.NDArray[np.uint32] = np.array([_decode(c) for c in range(256)], np.int64).astype("u4")
"""The length that each of the 256 codes stands for."""


def encode(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Give the code of each length: the largest one that does not exceed it."""
    return (np.searchsorted(DECODED, lengths, side="right") - 1).astype(np.uint8)
