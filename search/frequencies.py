"""How often a leaf of a query stands in each paragraph that has it."""

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from search import flat
from search.expansions import Expansions
from search.kernels.room import NO_BITS, NO_CONTEXT, Scoring, laid
from search.patterns import PATTERNS, Pattern
from search.statistics import Leaf, Ordinals
from search.where import Where

F64 = npt.NDArray[np.float64]

_SCALE = float(1 << 22)
"""A norm so much larger than any frequency that tf / (tf + norm) tells each from the next."""

_TELLING = laid(
    Scoring(np.full(256, _SCALE, np.float32), np.array([1.0, 0.0]), NO_CONTEXT, NO_BITS, NO_BITS)
)


def frequencies(
    node: query.Query, where: Where, expansions: Expansions
) -> tuple[Ordinals, F64] | None:
    """Give the ascending ordinals of a segment's paragraphs that have a leaf, and how often.

    Deleted ones are among them. A word is as frequent as it has tokens, a phrase as it begins; for
    a proximity, whose windows count less the wider they are, it is their sum, to six digits. None
    for a node of another kind.
    """
    if isinstance(node, PATTERNS):
        return _of_pattern(node, where, expansions)
    leaf = flat.leaf_of(node, 1.0, where.statistics)
    if leaf is None:
        return None
    ordinals, scores = flat.every([_weighing(leaf)], where._replace(scoring=_TELLING), NO_BITS)
    found = scores * _SCALE / (_SCALE - scores)
    return ordinals, found if isinstance(node, SpanNear2) else np.round(found)


def _of_pattern(node: Pattern, where: Where, expansions: Expansions) -> tuple[Ordinals, F64] | None:
    known = expansions.of(node)
    if not known.scored:  # its words are too many to be counted
        return None
    union = known.unions[where.place]
    return union.ordinals(), union.frequencies.astype(np.float64)


def _weighing(leaf: Leaf) -> Leaf:
    return leaf._replace(here=tuple(each and each._replace(weight=_SCALE) for each in leaf.here))
