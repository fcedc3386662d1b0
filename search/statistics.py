"""What scoring knows of the whole index, deleted paragraphs included."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import stem
from index.codec.segment import U32
from index.snapshot import Found, OpenSegment, Snapshot
from search import score

MAX_FORMS = 1024
"""Up to how many forms a prefix is scored; one of more matches all of them, without a score."""

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


class Statistics:
    """Looks words up in a snapshot and weighs them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._expansions: dict[str, Expansion] = {}
        self._count = snapshot.with_tokens
        self.warnings: list[str] = []

    def word(self, field: str, word: str) -> Found:
        """Look a word up: its stem in the field `text`, itself in `form`."""
        return self._snapshot.form(word) if field == "form" else self._snapshot.term(stem(word))

    def idf(self, document_frequency: int) -> float:
        """Give the idf of what stands in so many paragraphs."""
        return score.idf(self._count, document_frequency)

    def idf_of(self, field: str, words: Sequence[str]) -> float:
        """Give the idf of a word, or of a phrase: the sum of its words'."""
        total = 0.0
        for word in words:  # not sum(), which from Python 3.12 on rounds otherwise
            total += self.idf(self.word(field, word).df)
        return total

    def expansion(self, node: query.Prefix | query.Wildcard) -> Expansion:
        """Give what a prefix or a pattern stands for; one of too many forms is warned of, once."""
        text = node.text if isinstance(node, query.Wildcard) else f"{node.text}*"
        if text not in self._expansions:
            self._expansions[text] = self._expand(node, text)
        return self._expansions[text]

    def _expand(self, node: query.Prefix | query.Wildcard, text: str) -> Expansion:
        words: set[bytes] = set()
        unions = {}
        for segment in self._snapshot.segments:
            forms = segment.data.forms
            numbers = _forms(segment, node)
            words.update(forms[number] for number in numbers)
            unions[segment.base] = _union_of_forms(segment, numbers)
        document_frequency = sum(len(ordinals) for ordinals, _ in unions.values())
        if len(words) > MAX_FORMS:
            self.warnings.append(
                f"{text} stands for {len(words):,} words: all are found, without a score"
            )
        return Expansion(len(words) <= MAX_FORMS, self.idf(document_frequency), unions)


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
