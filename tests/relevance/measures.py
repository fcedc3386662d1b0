"""Measures of a ranking against judgements, and whether two ways of ranking differ.

A ranking is a list of ids, the best first; `judged` has the grade of every id that is relevant
(1 or more). What nobody judged is not relevant.
"""

from collections.abc import Mapping, Sequence
from math import log2

import numpy as np
import numpy.typing as npt

ROUNDS = 10_000


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Give the discounted gain of the first `depth`, as a share of that of the best order.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with the
    grade as gain and log2(rank + 1) as discount, as trec_eval has it.
    """
    gains = [judged.get(each, 0) for each in ranking[:depth]]
    best = sorted(judged.values(), reverse=True)[:depth]
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Give the share of what is relevant that is among the first `depth`."""
    return sum(each in judged for each in ranking[:depth]) / len(judged)


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Give 1 / rank of the first that is relevant, 0 where none is among the first `depth`.

    Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    return next((1 / i for i, each in enumerate(ranking[:depth], 1) if each in judged), 0.0)


def p_value(differences: npt.NDArray[np.float64], seed: int = 0) -> float:
    """Give how likely a mean at least so far from 0 is where each sign is a matter of chance.

    Fisher's paired randomisation test, two-sided, of ROUNDS random choices of signs: Smucker, Allan
    and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation" (2007).
    """
    changed = differences[differences != 0]
    random = np.random.default_rng(seed)
    signs = random.integers(0, 2, (ROUNDS, len(changed)), np.int8) * 2 - 1
    # What rounding makes of equal sums must not count as less.
    as_far = np.abs(signs @ changed) >= abs(changed.sum()) - 1e-9
    return float((np.count_nonzero(as_far) + 1) / (ROUNDS + 1))
