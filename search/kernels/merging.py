"""Ascending ordinals with scores beside them: what is in both, in one but not in the other.

What is much longer is galloped through: Bentley and Yao, "An almost optimal algorithm for unbounded
searching" (1976).
"""

import numpy as np
import numpy.typing as npt

from index.codec.compiled import i64, inlined, kernel, u64

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]


@kernel
def intersect(a: I64, a_scores: F64, b: I64, b_scores: F64, out: I64, scores: F64) -> int:
    """Give the ordinals that are in both, and the sums of their scores; count them.

    There is room for as many as the shorter has; `a` is the shorter.
    """
    n, j = i64(0), i64(0)
    for i in range(len(a)):
        j = _gallop(b, j, a[i])
        if j == len(b):
            break
        if b[j] == a[i]:
            out[n], scores[n] = a[i], a_scores[i] + b_scores[j]
            n += 1
    return n


@kernel
def subtract(a: I64, a_scores: F64, b: I64, out: I64, scores: F64) -> int:
    """Give the ordinals of `a` that are not in `b`, and their scores; count them."""
    n, j = i64(0), i64(0)
    for i in range(len(a)):
        j = _gallop(b, j, a[i])
        if j == len(b) or b[j] != a[i]:
            out[n], scores[n] = a[i], a_scores[i]
            n += 1
    return n


@kernel
def add_where(a: I64, scores: F64, b: I64, b_scores: F64) -> None:
    """Add the scores of `b` to those of the ordinals of `a` that are in it."""
    j = i64(0)
    for i in range(len(a)):
        j = _gallop(b, j, a[i])
        if j == len(b):
            break
        if b[j] == a[i]:
            scores[i] += b_scores[j]


@kernel
def set_bits(ordinals: I64, bits: U64) -> None:
    """Set the bits of some paragraphs."""
    for i in range(len(ordinals)):
        bits[u64(ordinals[i] >> 6)] |= u64(1) << u64(ordinals[i] & 63)


@inlined
def _gallop(ordinals: I64, at: int, wanted: int) -> int:
    """Give the first place from `at` on that is not below what is wanted."""
    step, end = i64(1), i64(len(ordinals))
    if at == end or ordinals[at] >= wanted:
        return at
    while at + step < end and ordinals[at + step] < wanted:
        at += step
        step *= 2
    low, high = at + 1, min(at + step, end)
    while low < high:
        middle = (low + high) // 2
        if ordinals[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
