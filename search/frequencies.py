"""How often a leaf of a query stands in each paragraph that has it."""

import numpy as np
import numpy.typing as npt
from whoosh import query

from search import flat
from search.budget import Budget
from search.expansions import counted
from search.kernels.room import NO_BITS, NO_CONTEXT, Scoring, laid
from search.patterns import PATTERNS
from search.statistics import Ordinals
from search.where import Where

F64 = npt.NDArray[np.float64]

_NORM = 2.0**60
"""So large that tf + norm is the norm in f32, and tf / (tf + norm) is tf but for the exponent."""

_WEIGHT = 2.0**100
"""So large that no bit of a frequency is lost where scores are rounded to the quantum."""

_TELLING = laid(
    Scoring(np.full(256, _NORM, np.float32), np.array([1.0, 0.0]), NO_CONTEXT, NO_BITS, NO_BITS)
)


def frequencies(node: query.Query, where: Where, budget: Budget) -> tuple[Ordinals, F64] | None:
    """Give the ascending ordinals of a segment's paragraphs that have a leaf, and how often.

    Deleted ones are among them. A word is as frequent as it has tokens, a pattern as all that it
    stands for, a phrase as it begins; for a proximity, whose windows count less the wider they are,
    it is their sum in f32. None for a node of another kind.
    """
    if isinstance(node, PATTERNS):
        union = counted(node, where.segment.data, budget)
        return union.ordinals(), union.frequencies.astype(np.float64)
    leaf = flat.leaf_of(node, 1.0, where.statistics)
    if leaf is None:
        return None
    telling = where._replace(scoring=_TELLING)
    ordinals, scores = flat.every([flat.weighing(leaf, _WEIGHT)], telling, NO_BITS)
    return ordinals, scores * (_NORM / _WEIGHT)
