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

LONGEST: npt.NDArray[np.int64] = np.append(DECODED[1:].astype(np.int64) - 1, 1 << 31)
"""The largest length that each of the codes is given."""


def encode(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Give the code of each length: the largest one that does not exceed it."""
    return (np.searchsorted(DECODED, lengths, side="right") - 1).astype(np.uint8)


K1 = 1.2
"""BM25's saturation of term frequency."""

B = 0.75
"""BM25's normalisation by length."""


def length_norms(average: float) -> npt.NDArray[np.float32]:
    """Give BM25's K = k1 (1 - b + b length / average) for each of the 256 codes, in f32.

    An impact is tf / (tf + K): what a paragraph's frequency and length make of a term's weight.
    """
    return (K1 * (1 - B + B * DECODED.astype(np.float64) / average)).astype(np.float32)
