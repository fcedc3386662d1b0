"""Scores in compiled code."""

import numpy as np
import numpy.typing as npt

from index.codec.blocks import Columns
from index.codec.compiled import inlined
from index.codec.layout import HEADLINE
from search.kernels.room import Room
from search.score import QUANTUM

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

_SCALE = 1 / QUANTUM


@inlined
def contribution(r: Room, i: int, tf: np.float32, norm: np.float32) -> float:
    """Give what a leaf adds to a score: BM25 in f32, rounded to a multiple of the quantum.

    Term i, or phrase i - ends[2]; as often as it was typed.
    """
    once = np.float64(r.weights[i] * (tf / (tf + norm)))
    return r.typed[i] * (np.rint(once * _SCALE) / _SCALE)


@inlined
def contributions_of_chunk(c: Columns, r: Room, i: int, count: int) -> None:
    """Give in `added` what a term adds to the candidates that are kept, by `frequencies`."""
    for k in range(count):
        j = np.uint32(r.kept[k])
        r.tfs[k] = np.float32(r.frequencies[j])
        r.lengths[k] = r.norms[c.length[np.uint32(r.candidates[j])]]
    contributions(r, i, count)


@inlined
def contributions(r: Room, i: int, count: int) -> None:
    """Give in `added` what a term adds to so many paragraphs, by `tfs` and `lengths`.

    As `contribution` does, but for several at once: the compiler makes vectors of it.
    """
    weight, typed = r.weights[i], r.typed[i]
    for k in range(count):
        once = np.float64(weight * (r.tfs[k] / (r.tfs[k] + r.lengths[k])))
        r.added[k] = typed * (np.rint(once * _SCALE) / _SCALE)


@inlined
def bound(r: Room, i: int, impact: np.float32) -> float:
    """Give the most that a leaf adds where its impact was at most that when it was written."""
    once = np.float64(r.weights[i] * (impact * np.float32(r.limits[0])))
    return r.typed[i] * (np.rint(once * _SCALE) / _SCALE)


@inlined
def bound_phrases(r: Room) -> float:
    """Note what each phrase adds at most, given the impacts of its words; give what all come to."""
    total = 0.0
    for p in range(r.ends[3]):
        # A phrase is no more frequent than each of its words; a proximity can be.
        impact = 1.0
        if r.phrase_slop[p] < 0:
            for w in range(r.phrase_start[p], r.phrase_start[p + 1]):
                impact = min(impact, r.impact[r.phrase_term[w]])
        at = r.ends[2] + p
        r.most[at] = bound(r, at, np.float32(impact))
        total += r.most[at]
    return total


@inlined
def context_of(c: Columns, r: Room, ordinal: int) -> float:
    """Give what its section adds to a paragraph; to titles and headings nothing."""
    if len(r.context) == 0:
        return 0.0
    section = c.section[ordinal]
    return 0.0 if section & HEADLINE else r.context[section]


@inlined
def is_set(bits: U64, i: int) -> bool:
    """Tell whether a bit is set."""
    return (bits[i >> 6] >> np.uint64(i & 63)) & np.uint64(1) != 0
