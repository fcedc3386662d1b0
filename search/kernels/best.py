"""The best k paragraphs so far: a heap of a few, or many that are now and then cut back to k.

A heap knows the worst at once, but where k is large the way down it is long. What is good enough is
gathered then, so that an offer costs a store, and the best k are selected by Hoare's "Algorithm 65:
Find" (1961). Either way only what is left at the end is sorted, by merging (Knuth, TAOCP 5.2.4).

Which of two scores is higher cannot be foretold, so that selecting and merging do not branch on it.
"""

import numpy as np
import numpy.typing as npt

from index.codec.compiled import i64, inlined, kernel, u64
from search.kernels.room import Room, room_at, set_capacity

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

_HEAPED = 128
"""Up to how many of the best are kept in a heap (Williams, "Algorithm 232: Heapsort", 1964)."""

_RUN = 4
"""How many paragraphs are sorted by insertion, before runs of them are merged."""


@kernel
def begin(room: I64, k: int) -> None:
    """Forget the best paragraphs of before; the best k are wanted, at most MAX_BEST."""
    set_capacity(room, k + k // 2 if k > _HEAPED else max(k, 1))
    r = room_at(room)
    r.wanted[0], r.gathered[0] = k, 0
    r.worst[0] = -1.0 if k > 0 else np.inf  # where none is wanted, nothing is good enough


@inlined
def offer(r: Room, score: float, ordinal: int) -> None:
    """Take a paragraph that exceeds the worst of the best."""
    at, k = r.gathered[0], r.wanted[0]
    if at == k and k <= _HEAPED:
        _sift(r.best_scores, r.best_ordinals, i64(0), k, score, ordinal)
        r.worst[0] = max(r.worst[0], r.best_scores[0])
        return
    r.best_scores[at], r.best_ordinals[at] = score, ordinal
    r.gathered[0] = at + 1
    if at + 1 == len(r.best_scores):
        if k <= _HEAPED:
            _heap(r.best_scores, r.best_ordinals, k, r.worst)
        else:
            _cut(r.best_scores, r.best_ordinals, r.gathered, k, r.worst)


@kernel
def _heap(scores: F64, ordinals: I64, k: int, worst: F64) -> None:
    """Make a heap of the first k, the worst on top (Floyd, "Algorithm 245: Treesort 3", 1964)."""
    for i in range(k // 2 - 1, -1, -1):
        _sift(scores, ordinals, i64(i), k, scores[i], ordinals[i])
    worst[0] = max(worst[0], scores[0])


@inlined
def _sift(scores: F64, ordinals: I64, i: int, size: int, score: float, ordinal: int) -> None:
    """Put a paragraph in place of the `i`th of the first `size`, and restore the heap below."""
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        other = child + 1
        if other < size and _is_better(
            scores[child], ordinals[child], scores[other], ordinals[other]
        ):
            child = other
        if _is_better(scores[child], ordinals[child], score, ordinal):
            break
        scores[i], ordinals[i] = scores[child], ordinals[child]
        i = child
    scores[i], ordinals[i] = score, ordinal


@kernel
def _cut(scores: F64, ordinals: I64, gathered: I64, k: int, worst: F64) -> None:
    """Leave the best k, in any order, and note the worst of them."""
    _select(scores, ordinals, gathered[0], k)
    least = scores[0]
    for i in range(1, k):
        least = min(least, scores[i])
    gathered[0], worst[0] = k, max(worst[0], least)


@inlined
def _is_better(score: float, ordinal: int, than: float, other: int) -> bool:
    """Tell whether a paragraph is before another, by their scores and ordinals."""
    return (score > than) | ((score == than) & (ordinal < other))


@inlined
def _select(scores: F64, ordinals: I64, count: int, k: int) -> None:
    """Put the best k of `count` paragraphs in front.

    Lomuto's partition, without branches (Alexandrescu, "Lomuto's comeback", 2020).
    """
    low, high, last = u64(0), u64(count - 1), u64(k - 1)
    while low < high:
        middle = (low + high) >> u64(1)
        score, ordinal = scores[middle], ordinals[middle]
        scores[middle], ordinals[middle] = scores[high], ordinals[high]
        at = low
        for i in range(low, high):
            own, of = scores[i], ordinals[i]
            scores[i], ordinals[i] = scores[at], ordinals[at]
            scores[at], ordinals[at] = own, of
            at += u64(_is_better(own, of, score, ordinal))
        scores[high], ordinals[high] = scores[at], ordinals[at]
        scores[at], ordinals[at] = score, ordinal
        if at < last:
            low = at + u64(1)
        elif at > last:
            high = at - u64(1)
        else:
            return


@kernel
def sort(room: I64) -> int:
    """Sort the best paragraphs of a room, the best first, and count them."""
    r = room_at(room)
    if r.gathered[0] > r.wanted[0]:
        _cut(r.best_scores, r.best_ordinals, r.gathered, r.wanted[0], r.worst)
    count = r.gathered[0]
    for low in range(0, count, _RUN):
        _insert(r.best_scores, r.best_ordinals, low, min(low + _RUN, count))
    size = i64(_RUN)
    while size < count:
        for low in range(0, count, 2 * size):
            _merge(r, low, min(low + size, count), min(low + 2 * size, count))
        size *= 2
    return count


@inlined
def _insert(scores: F64, ordinals: I64, low: int, high: int) -> None:
    """Sort a few paragraphs."""
    for i in range(low + 1, high):
        score, ordinal, at = scores[i], ordinals[i], i
        while at > low and _is_better(score, ordinal, scores[at - 1], ordinals[at - 1]):
            scores[at], ordinals[at] = scores[at - 1], ordinals[at - 1]
            at -= 1
        scores[at], ordinals[at] = score, ordinal


@inlined
def _merge(r: Room, low: int, middle: int, high: int) -> None:
    """Merge two sorted runs in a row, by way of a copy of the first."""
    for i in range(low, middle):
        r.run_scores[i - low], r.run_ordinals[i - low] = r.best_scores[i], r.best_ordinals[i]
    at, i, j, count, end = u64(low), u64(0), u64(middle), u64(middle - low), u64(high)
    while i < count and j < end:
        score, ordinal = r.run_scores[i], r.run_ordinals[i]
        other, of = r.best_scores[j], r.best_ordinals[j]
        is_other = _is_better(other, of, score, ordinal)
        r.best_scores[at] = other if is_other else score
        r.best_ordinals[at] = of if is_other else ordinal
        j += u64(is_other)
        i += u64(1) - u64(is_other)
        at += u64(1)
    while i < count:
        r.best_scores[at], r.best_ordinals[at] = r.run_scores[i], r.run_ordinals[i]
        i, at = i + u64(1), at + u64(1)
