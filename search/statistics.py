"""What scoring knows of the whole index, deleted paragraphs included."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.analysis import stem
from index.snapshot import Place, Snapshot, find_word
from search import score
from search.documents import Documents

MAX_KNOWN = 1 << 16
"""How many words are remembered for a snapshot."""

IN_A_ROW = -1
"""The slop of a phrase."""

Ordinals = npt.NDArray[np.int64]


class Word(NamedTuple):
    """A word in a segment: where it stands, what it scores by itself, how often it was typed.

    The `rank` of words of the same stem is the same, and that of rarer stems is lower.
    """

    rank: int
    place: Place
    weight: float
    typed: int


class Phrase(NamedTuple):
    """A phrase in a segment (slop -1), or a proximity; its words score nothing by themselves.

    A word of a certain form, where its stem has others, is a phrase of one.
    """

    words: list[Word]
    slop: int
    weight: float


class Leaf(NamedTuple):
    """A leaf of a query: how many terms to look up at most, and what it is in each segment.

    That is None if it is not there.
    """

    size: int
    here: tuple[Word | Phrase | None, ...]


class Weighed(NamedTuple):
    """A word: as a leaf without a boost, as part of a phrase in each segment, and its idf."""

    leaf: Leaf
    inside: tuple[Word | None, ...]
    idf: float


class Statistics:
    """Looks words up in a snapshot and weighs them; any number of threads may share it.

    It does not hold the snapshot, and so can be kept as long as that lives.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.segments = snapshot.segments
        self._count = snapshot.with_tokens
        self._known: dict[tuple[str, str], Weighed] = {}
        self.documents = Documents(snapshot.segments)

    def word(self, field: str, word: str) -> Weighed:
        """Look a word up: its stem in the field `text`, itself in `form`."""
        known = self._known.get((field, word))
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[field, word] = self._look_up(field, word)
        return known

    def _look_up(self, field: str, word: str) -> Weighed:
        found = find_word(self.segments, field, word if field == "form" else stem(word))
        idf = self.idf(found.df)
        words = tuple(
            place and Word(place.df << 32 | place.term, place, 0.0, 1) for place in found.places
        )
        alone = tuple(word and _alone(word, idf) for word in words)
        return Weighed(Leaf(1, alone), words, idf)

    def idf(self, document_frequency: int) -> float:
        """Give the idf of what stands in so many paragraphs."""
        return score.idf(self._count, document_frequency)


def _alone(word: Word, weight: float) -> Word | Phrase:
    if word.place.code < 0:
        return word._replace(weight=weight)
    return Phrase([word], IN_A_ROW, weight)
