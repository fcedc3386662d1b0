"""What scoring knows of the whole index, deleted paragraphs included."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import stem
from index.codec.segment import U32
from index.snapshot import OpenSegment, Place, Snapshot, find_word
from search import score
from search.documents import Documents

MAX_FORMS = 1024
"""Up to how many forms a prefix is scored; one of more matches all of them, without a score."""

MAX_KNOWN = 1 << 16
"""How many words are remembered for a snapshot."""

IN_A_ROW = -1
"""The slop of a phrase."""

Ordinals = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a prefix or a pattern stands for.

    `unions` has its paragraphs and their frequencies by the base of the segment; `scored` tells
    that its forms are few enough to be scored.
    """

    scored: bool
    idf: float
    unions: dict[int, tuple[Ordinals, U32]]


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


class Expansions:
    """What the prefixes and patterns of one query stand for, and what is to be said of them."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._expansions: dict[str, Expansion] = {}
        self.warnings: list[str] = []

    def of(self, node: query.Prefix | query.Wildcard) -> Expansion:
        """Give what a prefix or a pattern stands for; one of too many forms is warned of, once."""
        text = node.text if isinstance(node, query.Wildcard) else f"{node.text}*"
        if text not in self._expansions:
            self._expansions[text] = self._expand(node, text)
        return self._expansions[text]

    def _expand(self, node: query.Prefix | query.Wildcard, text: str) -> Expansion:
        words: set[bytes] = set()
        unions = {}
        for segment in self._statistics.segments:
            forms = segment.data.forms
            numbers = _forms(segment, node)
            words.update(forms[number] for number in numbers)
            unions[segment.base] = _union_of_forms(segment, numbers)
        document_frequency = sum(len(ordinals) for ordinals, _ in unions.values())
        if len(words) > MAX_FORMS:
            self.warnings.append(
                f"{text} stands for {len(words):,} words: all are found, without a score"
            )
        idf = self._statistics.idf(document_frequency)
        return Expansion(len(words) <= MAX_FORMS, idf, unions)


def _forms(segment: OpenSegment, node: query.Prefix | query.Wildcard) -> Sequence[int]:
    forms = segment.data.forms
    if isinstance(node, query.Prefix):
        return forms.prefixed(node.text.encode(errors="replace"))
    parts = re.split(r"([?*])", node.text)
    pattern = re.compile(
        "".join({"?": ".", "*": ".*"}.get(part, re.escape(part)) for part in parts), re.DOTALL
    )
    begins = forms.prefixed(parts[0].encode(errors="replace"))
    return [number for number in begins if pattern.fullmatch(forms[number].decode())]


def _union_of_forms(segment: OpenSegment, forms: Sequence[int]) -> tuple[Ordinals, U32]:
    """Give the paragraphs in which any of the forms stands, and how often they do in all."""
    frequencies = np.zeros(segment.data.paragraph_count, np.uint32)
    for form in forms:
        rows, counts = segment.data.form_rows(form)
        frequencies[segment.data.paragraphs(segment.data.form(form)[0])[rows]] += counts
    ordinals = np.flatnonzero(frequencies)
    return ordinals, frequencies[ordinals]
