"""Paragraphs that say the same as one, and paragraphs that are similar to it.

Similar are those that its best words find: those of the highest term frequency times inverse
document frequency, any of them ("more like this", as Lucene has it). The same may say what its
signature finds, which is what is near-identical to it, and what the best words find of the whole of
it or of one of its sentences; `same.py` compares each of these.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import Token
from index.codec.signatures import alike
from index.snapshot import Snapshot
from search import highlight
from search.engine import Differences, Hit, SimilarHit, Span
from search.execute import execute
from search.same import INFORMATION, Statement, Text, compare, identical
from search.statistics import Statistics
from search.where import everywhere

Bools = npt.NDArray[np.bool_]

BEST = 16
"""How many words of a paragraph are looked for, and half as many of each of its sentences."""

SENTENCES = 8
"""How many of its sentences are looked for by themselves."""

FOUND = 30
"""How many paragraphs that are found by words are compared, for the whole and for a sentence."""

AGREEING = 3
"""How many bytes of their signatures near-identical paragraphs have in common, at least."""

MOST_ALIKE = 1 << 12
"""How many paragraphs of a segment are looked at that have so many in common."""

COMPARED = 64
"""How many of these are compared, those with the most in common first."""

CHARACTERS = 100_000
"""How much text is compared, in code points, and how much of the paragraph itself is read."""

PROMISING = 0.3
"""What a paragraph scores at least that is compared, as a part of what it would be worth."""

NO_DIFFERENCES = Differences((), ())


class _Best(NamedTuple):
    """The best words of a text as a query, and the score that nothing can exceed."""

    tree: query.Query
    highest: float
    marker: highlight.Marker


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for what is like one paragraph; `among` (bool, by ordinal) are looked at."""

    snapshot: Snapshot
    statistics: Statistics
    ordinal: int
    text: str
    here: Text
    among: Bools

    # What may say the same.

    def same(self) -> dict[int, Statement]:
        """Give the paragraphs that say the same, the likest first.

        Within a document only what is near-identical: one author speaks of one thing in the same
        words throughout, and seldom says it twice.
        """
        own = _document_of(self.snapshot, self.ordinal)
        found: dict[int, Statement] = {}
        left = CHARACTERS
        for ordinal in dict.fromkeys([*self._near(), *self._worded()]):
            text = _text(self.snapshot, ordinal)
            left -= len(text)
            if left < 0:
                break
            there = Text.of(text)
            if ordinal in own:
                statement = identical(self.here, there)
            else:
                statement = compare(self.here, there, self._worth)
            if statement:
                found[ordinal] = statement
        return dict(sorted(found.items(), key=lambda each: (-each[1].likeness, each[0])))

    def _near(self) -> list[int]:
        """Give the paragraphs that have much of the signature in common, the most first."""
        segment, local = self.snapshot.locate(self.ordinal)
        wanted = int(segment.data.signature[local])
        if not wanted:
            return []
        found: list[tuple[int, int]] = []
        for each in self.snapshot.segments:
            numbers, common = alike(each.data.signature, wanted, AGREEING, MOST_ALIKE)
            kept = self.among[numbers + each.base]
            if each.live is not None:
                kept &= each.live[numbers]
            numbers = numbers[kept] + each.base
            found += zip((-common[kept]).tolist(), numbers.tolist(), strict=True)
        return [ordinal for _, ordinal in sorted(found)[:COMPARED]]

    def _worded(self) -> list[int]:
        """Give the paragraphs that have the best words of the whole or of a sentence."""
        least = PROMISING * INFORMATION * self.statistics.idf(1)
        scores: dict[int, float] = {}
        for tokens, count in self._stretches():
            best = self.best(tokens, count)
            for ordinal, score in self.find(best, FOUND) if best else ():
                if score >= least:
                    scores[ordinal] = max(score, scores.get(ordinal, 0.0))
        return sorted(scores, key=lambda ordinal: (-scores[ordinal], ordinal))

    def _stretches(self) -> Iterator[tuple[tuple[Token, ...], int]]:
        yield self.here.whole.tokens, BEST
        if len(self.here.sentences) > 1:
            longest = sorted(self.here.sentences, key=lambda each: -len(each.stems))
            yield from ((each.tokens, BEST // 2) for each in longest[:SENTENCES])

    def _worth(self, stem: str) -> float:
        return self._idf(stem) / self.statistics.idf(1)

    def _idf(self, form: str) -> float:
        return self.statistics.word("text", form).idf

    # What is similar.

    def best(self, tokens: Iterable[Token], count: int) -> _Best | None:
        """Give the best words of a text, without those that stand in this paragraph alone."""
        forms = {token.stem: token.form for token in tokens}
        often = Counter(token.stem for token in tokens)
        alone = self.statistics.idf(1)
        idfs = {stem: self._idf(form) for stem, form in forms.items()}
        worth = sorted(
            (stem for stem, idf in idfs.items() if idf < alone),
            key=lambda stem: (-often[stem] * idfs[stem], stem),
        )[:count]
        if not worth:
            return None
        words = [query.Term("text", forms[stem]) for stem in worth]
        tree = query.Or(words) if len(words) > 1 else words[0]
        return _Best(tree, sum(idfs[stem] for stem in worth), highlight.Marker(tree))

    def find(self, best: _Best, count: int) -> list[tuple[int, float]]:
        """Give the paragraphs that have most of the best words, and their scores."""
        answer = execute(
            self.snapshot, best.tree, count, count=False, among=self.among, context=False
        )
        return list(zip(answer.ordinals.tolist(), answer.scores.tolist(), strict=True))


def similar(
    snapshot: Snapshot, ordinal: int, limit: int, other_documents: bool
) -> tuple[SimilarHit, ...]:
    """Give what says the same as a paragraph, then what is similar to it, `limit` in all.

    Where `other_documents`, nothing of its own document is given. Raises Damaged.
    """
    text = _text(snapshot, ordinal)
    if not snapshot.segments or not limit:
        return ()
    statistics = everywhere(snapshot)[0].statistics
    among = _among(snapshot, ordinal, other_documents)
    here = Text.of(text[:CHARACTERS])
    search = _Search(snapshot, statistics, ordinal, text, here, among)
    best = search.best(search.here.whole.tokens, BEST)
    same = search.same()
    hits = [_same(search, i, best, *each) for i, each in enumerate(list(same.items())[:limit])]
    found = search.find(best, limit + len(same)) if best and len(hits) < limit else []
    others = [(other, score) for other, score in found if other not in same]
    for other, score in others[: limit - len(hits)]:
        hit = _hit(search, len(hits) + 1, other, best, score / best.highest if best else 0.0)
        hits.append(SimilarHit(hit, "similar", (), NO_DIFFERENCES, "", ""))
    return tuple(hits)


def _among(snapshot: Snapshot, ordinal: int, other_documents: bool) -> Bools:
    among = np.ones(snapshot.ordinal_count, np.bool_)
    among[ordinal] = False
    if other_documents:
        own = _document_of(snapshot, ordinal)
        among[own.start : own.stop] = False
    return among


def _document_of(snapshot: Snapshot, ordinal: int) -> range:
    """Give the ordinals of a paragraph's document."""
    segment, local = snapshot.locate(ordinal)
    own = segment.data.span(segment.data.document_of(local))
    return range(segment.base + own.start, segment.base + own.stop)


def _text(snapshot: Snapshot, ordinal: int) -> str:
    segment, local = snapshot.locate(ordinal)
    return segment.data.text(local)


# Hits.


def _same(
    search: _Search, index: int, best: _Best | None, ordinal: int, statement: Statement
) -> SimilarHit:
    hit = _hit(search, index + 1, ordinal, best, statement.likeness)
    passages, differences = statement.passages, statement.differences
    return SimilarHit(
        hit=hit,
        kind="same",
        passages=passages,
        differences=differences,
        here_html=_marked(search.text, (each.here for each in passages), differences.here),
        there_html=_marked(
            hit.paragraph.text, (each.there for each in passages), differences.there
        ),
    )


def _hit(search: _Search, rank: int, ordinal: int, best: _Best | None, score: float) -> Hit:
    document, _, paragraph, _ = search.snapshot.paragraph(ordinal)
    spans = best.marker.matches(paragraph.text) if best else ()
    snippet = highlight.snippet(paragraph.text, spans)
    return Hit(rank, score, document, paragraph, spans, snippet, (), ())


def _marked(text: str, passages: Iterable[Span], spans: tuple[Span, ...]) -> str:
    """Give the passages of a text, escaped, with the spans in them marked."""
    parts = []
    for passage in passages:
        inside = [
            Span(span.start - passage.start, span.end - passage.start)
            for span in spans
            if passage.start <= span.start and span.end <= passage.end
        ]
        parts.append(highlight.marked(text[passage.start : passage.end], inside))
    return " … ".join(parts)
