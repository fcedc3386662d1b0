"""Scores: BM25 of a paragraph's own words, and the context of its section. Pure functions.

BM25 is Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
with Lucene's idf and its lengths in one byte; k1, b and K stand in `index.codec.lengths`.

Sums are exact: every contribution is rounded to a multiple of QUANTUM, which sums in f64 hold
without error below 2^17, so that the order in which they are added never matters. It takes dozens
of rare words, each boosted by 100, to come so high.
"""

import math

import numpy as np
import numpy.typing as npt

TITLE_WEIGHT = 0.25
"""How much of a word's idf its standing in the document's title adds."""

SECTION_WEIGHT = 0.5
"""How much of a word's idf its standing in the nearest heading adds."""

NEAR_WEIGHT = 0.2
"""How much of the lower weight of two words (boost times idf) their standing side by side adds."""

QUANTUM = 2.0**-36

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


def idf(count: int, document_frequency: int) -> float:
    """Give a word's inverse document frequency among `count` paragraphs that have a token."""
    return math.log(1 + (count - document_frequency + 0.5) / (document_frequency + 0.5))


def bm25(weight: float, frequencies: npt.NDArray[np.uint32], norms: F32) -> F64:
    """Give what a leaf of that weight (boost times idf) contributes to each paragraph.

    `norms` has the K of each paragraph's length, beside its frequency.
    """
    tf = frequencies.astype(np.float32)
    return quantized((np.float32(weight) * (tf / (tf + norms))).astype(np.float64))


def near(lower: F64, distances: F64) -> F64:
    """Give what pairs of words add that stand so many positions apart, by their lower weight."""
    return quantized(NEAR_WEIGHT * lower * (1 / (distances * distances)))


def quantized(values: F64) -> F64:
    """Round to multiples of QUANTUM, half to even."""
    return np.rint(values / QUANTUM) * QUANTUM
