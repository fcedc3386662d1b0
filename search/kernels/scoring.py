"""Scores in compiled code, and the heap of the best."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import Columns
from index.codec.compiled import inlined, kernel
from index.codec.layout import HEADLINE

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

_SCALE = 2.0**36

NOBODY = (1 << 63) - 1
"""The ordinal of no paragraph."""


class Scoring(NamedTuple):
    """What turns frequencies into scores.

    `norms` (f32) has BM25's K for each of the 256 length codes. `growth` bounds by how much an
    impact can exceed the one noted when the segment was written, 1 where it cannot. `context`
    (f64, one a section, or empty) is added to a paragraph's score, `context_max` bounds it.
    `allowed` (u64, a bit a paragraph, or empty) narrows the hits.
    """

    norms: F32
    growth: np.float32
    context: F64
    context_max: float
    allowed: U64


class Best(NamedTuple):
    """A heap of the best k so far, the worst on top; NOBODY stands where there is none yet."""

    scores: F64
    ordinals: I64


@inlined
def contribution(weight: np.float32, tf: np.float32, norm: np.float32) -> float:
    """Give what a leaf adds to a score: BM25 in f32, rounded to a multiple of the quantum."""
    return np.rint(np.float64(weight * (tf / (tf + norm))) * _SCALE) / _SCALE


@inlined
def bound(weight: np.float32, impact: np.float32, scoring: Scoring) -> float:
    """Give the most that a leaf adds where its impact was at most that when it was written."""
    return np.rint(np.float64(weight * (impact * scoring.growth)) * _SCALE) / _SCALE


@inlined
def context_of(c: Columns, scoring: Scoring, ordinal: int) -> float:
    """Give what its section adds to a paragraph; to titles and headings nothing."""
    if len(scoring.context) == 0:
        return 0.0
    section = c.section[ordinal]
    return 0.0 if section & HEADLINE else scoring.context[section]


@inlined
def is_set(bits: U64, i: int) -> bool:
    """Tell whether a bit is set."""
    return (bits[i >> 6] >> np.uint64(i & 63)) & np.uint64(1) != 0


@inlined
def is_allowed(scoring: Scoring, ordinal: int) -> bool:
    """Tell whether a paragraph may be a hit."""
    return len(scoring.allowed) == 0 or is_set(scoring.allowed, ordinal)


@inlined
def _sift(best: Best, size: int, score: float, ordinal: int) -> None:
    """Put a paragraph in place of the worst of the first `size`, and restore the heap."""
    scores, ordinals = best
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            scores[other] < scores[child]
            or (scores[other] == scores[child] and ordinals[other] > ordinals[child])
        ):
            child = other
        if scores[child] > score or (scores[child] == score and ordinals[child] < ordinal):
            break
        scores[i], ordinals[i] = scores[child], ordinals[child]
        i = child
    scores[i], ordinals[i] = score, ordinal


@kernel
def offer(best: Best, score: float, ordinal: int) -> None:
    """Put a paragraph in place of the worst, which it exceeds."""
    _sift(best, len(best.scores), score, ordinal)


@kernel
def sort(best: Best) -> int:
    """Sort a heap, the best first, and count what is in it."""
    scores, ordinals = best
    for size in range(len(scores) - 1, 0, -1):
        worst, who = scores[0], ordinals[0]
        _sift(best, size, scores[size], ordinals[size])
        scores[size], ordinals[size] = worst, who
    count = len(scores)
    while count > 0 and ordinals[count - 1] == NOBODY:
        count -= 1
    return count
