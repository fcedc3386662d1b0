"""The oracle's suggestions: words finished, errors mended, paragraphs that are like one.

Every word of the index and every paragraph is tried, and each rule stands here as its document
says it, in the simplest way; for small collections in one segment.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from typing import NamedTuple

import oracle
from oracle_collection import Collection
from whoosh import query

from index.analysis import Token, analyze, stem
from index.model import Paragraph
from search.query import parse

Completed = tuple[str, str, int]
"""What a text may become, of which kind that is, and how much it finds."""


@dataclass(frozen=True)
class Offers:
    """A collection and its paragraphs, by ordinal."""

    collection: Collection
    paragraphs: Sequence[Paragraph]

    # What is counted.

    def total(self, text: str) -> int:
        """Count what a query finds."""
        return oracle.evaluate(self.collection, parse(text).tree, context=False).total

    def frequency(self, form: str) -> int:
        """Count the paragraphs that have a form."""
        return len(self.collection.places("form", form))

    def near(self, word: str, most: int, *, beginnings: bool = False) -> dict[str, int]:
        """Give the forms at most so many errors from a word, or that begin so; and the errors."""
        found: dict[str, int] = {}
        for form in self.collection.forms(lambda _: True):
            ways = [form[:n] for n in range(len(form) + 1)] if beginnings else [form]
            errors = [e for e in range(most + 1) if any(oracle.is_near(word, w, e) for w in ways)]
            if errors:
                found[form] = errors[0]
        return found

    # Did you mean.

    def mended(self, text: str) -> str:
        """Give a query of plain words with those mended that are not here; empty if that is none.

        A word of four letters or more is not here; words an error away (of six letters, two) are
        tried, eight of the likeliest, in the order of the query.
        """
        words = text.split()
        forms = [analyze(word)[0].form for word in words]
        doubtful = [f for f in forms if len(f) >= 4 and not self.frequency(f) and self._likely(f)]
        sure = [form for form in forms if form not in doubtful and self.frequency(form)]
        for i, form in enumerate(forms):
            if form in doubtful:
                other = max(self._likely(form), key=partial(self._likelihood, form, sure))
                sure.append(other)
                words[i] = _in_case(other, words[i])
        mended = " ".join(words)
        return mended if mended != text and self.total(mended) > 5 * self.total(text) else ""

    def _likely(self, form: str) -> list[str]:
        near = self.near(form, 2 if len(form) >= 6 else 1)
        best = sorted(near, key=lambda f: (-self.frequency(f) / 100 ** near[f], f))[:8]
        return [each for each in best if stem(each) != stem(form)]

    def _likelihood(self, form: str, sure: list[str], other: str) -> float:
        together = float(self.frequency(other))
        if sure:
            words = [query.Term("text", each) for each in (other, *sure)]
            beside = oracle.evaluate(self.collection, query.And(words)).total
            together = beside + 0.001 * self.frequency(other)
        errors = self.near(form, 2)[other]
        letters = 0.5 * (sorted(form) == sorted(other))
        return math.log10(together) - 2.0 * errors - (form[0] != other[0]) + letters

    # Completions.

    def completed(self, text: str, limit: int = 8) -> list[Completed]:
        """Finish a text of words, the last of them begun or all of them done."""
        tokens = analyze(text)
        if not tokens:
            return []
        is_begun = tokens[-1].end == len(text) and tokens[-1].form.isalpha()
        done = [t.form for t in (tokens[:-1] if is_begun else tokens)]
        typed = text[: tokens[-1].start] if is_begun else text.rstrip() + " "
        begun = text[tokens[-1].start :] if is_begun else ""
        prefix = tokens[-1].form if is_begun else ""
        words = self._words(typed, done[-4:], begun, prefix)[:limit]
        lines = self._lines(done[-4:], prefix) if done or len(prefix) >= 2 else []
        room = max(limit - len(lines), (limit + 1) // 2)
        return [*words[:room], *lines[: limit - min(room, len(words))]]

    def _words(self, typed: str, done: list[str], begun: str, prefix: str) -> list[Completed]:
        found = []
        candidates: dict[str, tuple[str, bool, int]] = {}
        for form, follows, errors in (*self._beside(done, prefix), *self._known(done, prefix)):
            candidates.setdefault(stem(form), (form, follows, errors))
        for form, follows, errors in candidates.values():
            text = typed + (begun if form == prefix else _in_case(form, begun))
            if total := self.total(text):
                chance = len(self.collection.places("text", stem(form))) / self.collection.size
                chance *= self.total(typed) if done else 0
                is_last = not follows and total <= 4 * chance
                value = total / 100**errors
                found.append(
                    ((is_last, -value, text), (text, "phrase" if follows else "word", total))
                )
        return [each for _, each in sorted(found)]

    def _beside(self, done: list[str], prefix: str) -> Iterator[tuple[str, bool, int]]:
        """Give the words of the best 32 paragraphs that have the others: first what follows."""
        if not done:
            return
        tree = query.And([query.Term("text", form) for form in dict.fromkeys(done)])
        follows: Counter[str] = Counter()
        others: Counter[str] = Counter()
        for ordinal in oracle.evaluate(self.collection, tree, 32, context=False).ordinals:
            words = re.findall(
                r"[^\W\d_]+(?:['’][^\W\d_]+)*", self.paragraphs[ordinal].text.lower()
            )
            for before, word in pairwise(["", *words]):
                if word.startswith(prefix):
                    (follows if stem(before) == stem(done[-1]) else others)[word] += 1
        best = [(word, True, 0) for word, _ in follows.most_common(8)]
        if prefix:
            best += [(word, False, 0) for word, _ in others.most_common(8 - len(best))]
        yield from (each for each in best if each[0] not in done)

    def _known(self, done: list[str], prefix: str) -> Iterator[tuple[str, bool, int]]:
        """Give words that begin so, the most frequent first, or are an error from it."""
        if not prefix:
            return
        begin = sorted(
            self.collection.forms(lambda form: form.startswith(prefix)),
            key=lambda form: (-self.frequency(form), form),
        )[: 8 if done else 32]
        yield from ((form, False, 0) for form in begin)
        if len(begin) < 8 and len(prefix) >= 4:
            near = self.near(prefix, 1, beginnings=True)
            best = sorted(near, key=lambda f: (-self.frequency(f) / 100 ** near[f], f))
            yield from ((form, False, near[form]) for form in best[:8])

    def _lines(self, done: list[str], prefix: str) -> list[Completed]:
        """Give three titles and three headings that have the words, the shortest first."""
        found: dict[str, dict[str, Completed]] = {"title": {}, "heading": {}}
        lengths = self.collection.lengths
        for ordinal in sorted(range(len(lengths)), key=lambda o: (lengths[o], o)):
            line = self.paragraphs[ordinal]
            tokens = analyze(line.text)
            has_all = {stem(form) for form in done} <= {token.stem for token in tokens}
            stems = [token.stem for token in tokens]
            begins = {stem(f) for f in self.collection.forms(lambda f: f.startswith(prefix))}
            if line.kind in found and has_all and (not prefix or not begins.isdisjoint(stems)):
                below = self._below(ordinal)
                found[line.kind].setdefault(line.text, (line.text, line.kind, below))
        return [each for lines in found.values() for each in list(lines.values())[:3]]

    def _below(self, ordinal: int) -> int:
        line = self.paragraphs[ordinal]
        above = self.collection.titles if line.kind == "title" else self.collection.headings
        return sum(each == ordinal for each in above) - 1

    # What is like a paragraph.

    def similar(self, ordinal: int, among: set[int]) -> list[int]:
        """Give the paragraphs that have any of the best sixteen words of one, by their scores."""
        tokens = analyze(self.paragraphs[ordinal].text)
        often = Counter(token.stem for token in tokens)
        df = {word: len(self.collection.places("text", word)) for word in often}
        shared = [word for word in often if df[word] > 1]
        best = sorted(shared, key=lambda w: (-often[w] * self.collection.idf(df[w]), w))[:16]
        forms = {token.stem: token.form for token in tokens}
        tree = query.Or([query.Term("text", forms[word]) for word in best])
        found = oracle.evaluate(self.collection, tree, context=False).ordinals
        return [each for each in found if each in among]

    def same(self, ordinal: int, among: set[int]) -> list[int]:
        """Give the paragraphs that say the same as one, by the share of words in common."""
        likeness = {}
        for other in among:
            if both := self._both(ordinal, other):
                common = sum((one & two).total() for one, two in both)
                likeness[other] = 2 * common / sum((one + two).total() for one, two in both)
        return sorted(likeness, key=lambda each: (-likeness[each], each))

    def differing(self, ordinal: int, other: int) -> tuple[Counter[str], Counter[str]]:
        """Give the stems in what both say that stand in one of two paragraphs alone."""
        both = self._both(ordinal, other)
        here = sum((one - two for one, two in both), Counter[str]())
        return here, sum((two - one for one, two in both), Counter[str]())

    def _both(self, ordinal: int, other: int) -> list[tuple[Counter[str], Counter[str]]]:
        texts = self.paragraphs[ordinal].text, self.paragraphs[other].text
        return [(_stems(one), _stems(two)) for one, two in self._same(*map(_Said.of, texts))]

    def _same(self, here: "_Said", there: "_Said") -> list[tuple[list[Token], list[Token]]]:
        """Give the stretches that say the same: the whole texts, or sentence by sentence."""
        if resembles(here.whole, there.whole):
            return [(here.whole, there.whole)]
        values = {
            (i, j): self._in_common(one, two)
            for i, one in enumerate(here.sentences)
            for j, two in enumerate(there.sentences)
        }
        chosen: list[tuple[int, int]] = []
        for i, j in sorted(values, key=lambda each: (-values[each], each)):
            if values[i, j] >= 2.5 and all(i != k and j != m for k, m in chosen):
                chosen.append((i, j))
        return [(here.sentences[i], there.sentences[j]) for i, j in chosen]

    def _worth(self, word: str) -> float:
        own, alone = (
            self.collection.idf(n) for n in (len(self.collection.places("text", word)), 1)
        )
        return own / alone

    def _in_common(self, here: list[Token], there: list[Token]) -> float:
        common = {t.stem for t in here} & {t.stem for t in there}
        both = self._densest(here, common) & self._densest(there, common)
        worth = [value for word in both if (value := self._worth(word)) >= 0.3]
        return sum(worth) if len(worth) >= 4 else 0.0

    def _densest(self, tokens: list[Token], common: set[str]) -> set[str]:
        """Try all stretches for the one in which the words in common are worth most."""
        values = [self._worth(t.stem) * (t.stem in common) - 0.13 for t in tokens]
        stretches = combinations(range(len(tokens) + 1), 2)
        first, last = max(stretches, key=lambda each: sum(values[each[0] : each[1]]))
        return {t.stem for t in tokens[first:last]} & common


class _Said(NamedTuple):
    whole: list[Token]
    sentences: list[list[Token]]

    @classmethod
    def of(cls, text: str) -> "_Said":
        """Cut a text behind stops that are not of an abbreviation."""
        whole, ends = analyze(text), [0, len(text)]
        for stop in re.finditer(r"[.!?…][\"'”’»)\]]*\s+|[。！？]", text):
            word = text[: stop.start()].rpartition(" ")[2]
            if word not in ("Mr", "Mrs", "Dr", "St", "Ms") and not re.search(r"(^|\W)[A-Z]$", word):
                ends.append(stop.end())
        ends.sort()
        parts = [[t for t in whole if a <= t.start < b] for a, b in pairwise(ends)]
        return cls(whole, [part for part in parts if part])


def resembles(here: Sequence[Token], there: Sequence[Token]) -> bool:
    """Tell whether half of the pairs of neighbouring stems are in both; of few, all."""
    one, two = ({*pairwise(["", *(t.stem for t in tokens)])} for tokens in (here, there))
    share = len(one & two) / len(one | two) if one | two else 0.0
    return share >= (0.5 if len(one & two) >= 4 else 1)


def _stems(tokens: Sequence[Token]) -> Counter[str]:
    return Counter(token.stem for token in tokens)


def _in_case(form: str, typed: str) -> str:
    if len(typed) > 1 and typed.isupper():
        return form.upper()
    return form.capitalize() if typed[:1].isupper() else form
