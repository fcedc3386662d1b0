"""Paragraphs by their words, and the arithmetic of a score: the oracle's idea of an index."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Container
from dataclasses import dataclass
from functools import cache

import numpy as np

from index.analysis import analyze
from index.model import DocumentInfo, Paragraph

K1 = 1.2
B = 0.75

GRAIN_BITS = 36
"""Every part of a score is a multiple of 2**-36."""

Places = dict[int, list[int]]
"""Of a word, by ordinal, the position of each token; two of one stem can share a position."""

Matches = dict[int, float]
"""The matching ordinals and their scores."""


@dataclass(frozen=True, slots=True)
class Section:
    """The stems of the title and of the nearest heading above a paragraph."""

    title: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()


class Collection:
    """Documents in the order of indexing; the ordinal of a paragraph is its place in it.

    `deleted` holds ordinals: they never match, but count in every statistic, and a deleted title
    or heading still gives context to the paragraphs below. Of each paragraph `documents` has the
    number of its document, `sections` its section (empty for a title and a heading), `lengths`
    the number of its positions, `titles` and `headings` the ordinals of its title and of the
    heading that it is below, or is. `infos` has what is known of each document.
    """

    def __init__(
        self,
        documents: Iterable[Sequence[Paragraph]],
        deleted: Container[int] = frozenset(),
        infos: Sequence[DocumentInfo] = (),
    ):
        self.infos = infos
        self.documents: list[int] = []
        self.sections: list[Section] = []
        self.lengths: list[int] = []
        self.titles: list[int] = []
        self.headings: list[int | None] = []
        self._places: dict[str, defaultdict[str, Places]] = {
            "text": defaultdict(dict),
            "form": defaultdict(dict),
        }
        for number, document in enumerate(documents):
            self._add(number, document)
        self.live = [ordinal for ordinal in range(len(self.lengths)) if ordinal not in deleted]
        self._is_live = frozenset(self.live)
        self.size = sum(length > 0 for length in self.lengths)
        self.norms = _norms([length for length in self.lengths if length])

    def _add(self, number: int, document: Sequence[Paragraph]) -> None:
        section, title, heading = Section(), len(self.lengths), None
        for paragraph in document:
            tokens = analyze(paragraph.text)
            for token in tokens:
                self._note("text", token.stem, token.position)
                self._note("form", token.form, token.position)
            stems = frozenset(token.stem for token in tokens)
            if paragraph.kind == "title":
                section = Section(title=stems)
            elif paragraph.kind == "heading":
                section, heading = Section(section.title, stems), len(self.lengths)
            self.titles.append(title)
            self.headings.append(heading)
            self.documents.append(number)
            self.sections.append(section if paragraph.kind == "text" else Section())
            self.lengths.append(len({token.position for token in tokens}))

    def _note(self, field: str, word: str, position: int) -> None:
        ordinal = len(self.lengths)
        self._places[field][word].setdefault(ordinal, []).append(position)

    def places(self, field: str, word: str) -> Places:
        """Give where a word stands, in deleted paragraphs too."""
        return self._places[field].get(word, {})

    def idf(self, df: int) -> float:
        """Weigh a word by its rarity, always above 0."""
        return math.log(1 + (self.size - df + 0.5) / (df + 0.5))

    def forms(self, wanted: Callable[[str], object]) -> list[str]:
        """Give every form that is wanted."""
        return [form for form in self._places["form"] if wanted(form)]

    def score(self, weight: float, tfs: Mapping[int, float]) -> Matches:
        """Give BM25's contribution to those of the paragraphs that are live, by their tf."""
        w = np.float32(weight)

        @cache  # few paragraphs are alone in their tf and length
        def contribution(tf: float, length: int) -> float:
            count = np.float32(tf)
            return grained(float(w * (count / (count + self.norms[length]))))

        return {
            ordinal: contribution(tf, self.lengths[ordinal])
            for ordinal, tf in tfs.items()
            if ordinal in self._is_live
        }


def grained(score: float) -> float:
    """Round to the nearest multiple of the grain, half to even."""
    return math.ldexp(round(math.ldexp(score, GRAIN_BITS)), -GRAIN_BITS)


def stored_length(length: int) -> int:
    """Give a length as it comes back from one byte, after Lucene's `SmallFloat.intToByte4`.

    Up to 24 it is exact; what exceeds 24 keeps its four highest bits, the others become 0.
    """
    if length < 24:
        return length
    lost = max((length - 24).bit_length() - 4, 0)
    return 24 + ((length - 24) >> lost << lost)


def _norms(lengths: list[int]) -> dict[int, np.float32]:
    """Give BM25's K for each length, worked out in f64."""
    average = sum(lengths) / len(lengths) if lengths else 0.0
    return {
        length: np.float32(K1 * (1 - B + B * stored_length(length) / average))
        for length in set(lengths)
    }
