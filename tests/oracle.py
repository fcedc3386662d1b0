"""Search by brute force: the answer that every engine must equal, bit for bit.

Every leaf of the query looks at every paragraph. Nothing is shared with the engine but
`index.analysis`; numpy serves for nothing but single operations in f32. Scores are BM25
(Robertson & Zaragoza 2009, with Lucene's idf) of a paragraph's own words plus the context of its
section, rounded so that every sum is exact and its order does not matter.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as Container
from dataclasses import dataclass

import numpy as np
from whoosh import query

from index.analysis import analyze, stem
from index.model import Paragraph

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 0.25
HEADING_WEIGHT = 0.5
MAX_FORMS = 1024
"""A prefix of more forms matches without a score."""

GRAIN_BITS = 36
"""Every part of a score is a multiple of 2**-36."""

Positions = dict[str, list[int]]
"""The position of each token of a word; two tokens of one stem can share a position."""

Matches = dict[int, float]
"""The matching ordinals and their scores."""


@dataclass(frozen=True, slots=True)
class Section:
    """The stems of the title and of the nearest heading above a paragraph."""

    title: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """A paragraph by its words, those of `text` by stem, those of `form` as typed.

    `length` counts its positions. The section of a title and of a heading is empty.
    """

    words: dict[str, Positions]
    length: int
    section: Section


@dataclass(frozen=True, slots=True)
class Answer:
    """The best paragraphs, by score descending, then ordinal; `total` counts all that match."""

    ordinals: list[int]
    scores: list[float]
    total: int
    warnings: list[str]


class Collection:
    """Documents in the order of indexing; the ordinal of a paragraph is its place in it.

    `deleted` holds ordinals: they never match, but count in every statistic, and a deleted title
    or heading still gives context to the paragraphs below.
    """

    def __init__(
        self, documents: Iterable[Sequence[Paragraph]], deleted: Container[int] = frozenset()
    ):
        self.entries = [entry for document in documents for entry in _entries(document)]
        self.live = [i for i in range(len(self.entries)) if i not in deleted]
        self.size = sum(entry.length > 0 for entry in self.entries)
        self.norms = _norms([entry.length for entry in self.entries if entry.length])
        self._df = {
            field: Counter(word for entry in self.entries for word in entry.words[field])
            for field in ("text", "form")
        }

    def df(self, field: str, word: str) -> int:
        """Count the paragraphs, deleted ones too, that have a word."""
        return self._df[field][word]

    def idf(self, df: int) -> float:
        """Weigh a word by its rarity, always above 0."""
        return math.log(1 + (self.size - df + 0.5) / (df + 0.5))

    def forms(self, prefix: str) -> set[str]:
        """Give every form that begins so."""
        return {form for form in self._df["form"] if form.startswith(prefix)}

    def score(self, weight: float, tf: Callable[[Entry], int]) -> Matches:
        """Match the live paragraphs where `tf` is not 0 and give BM25's contribution."""
        w = np.float32(weight)
        matches = {}
        for ordinal in self.live:
            entry = self.entries[ordinal]
            if count := np.float32(tf(entry)):
                matches[ordinal] = grained(float(w * (count / (count + self.norms[entry.length]))))
        return matches


def evaluate(collection: Collection, tree: query.Query, k: int | None = None) -> Answer:
    """Answer a query tree with the `k` best paragraphs, or with all.

    A leaf's text is a normalised form. Field `text` matches by its stem, `form` as typed. A phrase
    of slop 1 is words at consecutive positions. Boosts multiply downwards from the root.
    """
    evaluation = _Evaluation(collection)
    matches = evaluation.matches(tree)
    contexts: dict[Section, float] = {}
    for ordinal in matches:
        section = collection.entries[ordinal].section
        if section not in contexts:
            contexts[section] = evaluation.context(tree, section)
        matches[ordinal] += contexts[section]
    ordinals = sorted(matches, key=lambda ordinal: (-matches[ordinal], ordinal))[:k]
    warnings = list(dict.fromkeys(evaluation.warnings))
    return Answer(ordinals, [matches[o] for o in ordinals], len(matches), warnings)


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


def _entries(document: Sequence[Paragraph]) -> Iterable[Entry]:
    section = Section()
    for paragraph in document:
        tokens = analyze(paragraph.text)
        stems: Positions = {}
        forms: Positions = {}
        for token in tokens:
            stems.setdefault(token.stem, []).append(token.position)
            forms.setdefault(token.form, []).append(token.position)
        if paragraph.kind == "title":
            section = Section(title=frozenset(stems))
        elif paragraph.kind == "heading":
            section = Section(section.title, frozenset(stems))
        length = len({token.position for token in tokens})
        below = section if paragraph.kind == "text" else Section()
        yield Entry({"text": stems, "form": forms}, length, below)


class _Evaluation:
    """One tree over one collection: what matches, what its words add to a section, warnings."""

    def __init__(self, collection: Collection):
        self.collection = collection
        self.warnings: list[str] = []

    def matches(self, node: query.Query, boost: float = 1.0) -> Matches:
        """Score the live paragraphs that match, context aside."""
        boost *= node.boost
        match node:
            case query.And():
                return self._all(node, boost)
            case query.Or():
                return _any([self.matches(child, boost) for child in node], sum)
            case query.DisjunctionMax():
                return _any([self.matches(child, boost) for child in node], max)
            case query.AndMaybe(a=must, b=may):
                extra = self.matches(may, boost)
                return {o: s + extra.get(o, 0.0) for o, s in self.matches(must, boost).items()}
            case query.Not():
                return self._others(self.matches(node.query))
        return self._leaf(node, boost)

    def context(self, node: query.Query, section: Section, boost: float = 1.0) -> float:
        """Add up what the positive words of a tree have in a title and a heading, by stem.

        Of alternatives the one that has most counts, whichever of them matched.
        """
        boost *= node.boost
        match node:
            case query.Term():
                return self._found(node.text, section, boost)
            case query.Phrase():
                return sum(self._found(form, section, boost) for form in node.words)
            case query.And() | query.Or() | query.AndMaybe():
                return sum(self.context(child, section, boost) for child in node)
            case query.DisjunctionMax():
                return max((self.context(child, section, boost) for child in node), default=0.0)
        return 0.0

    def _leaf(self, node: query.Query, boost: float) -> Matches:
        match node:
            case query.Term():
                return self._word(node, boost)
            case query.Phrase(slop=1):
                return self._phrase(node, boost)
            case query.Prefix(fieldname="form"):
                return self._prefix(node, boost)
            case query.Every():
                return self._others({})
            case query.NullQuery:
                return {}
        raise TypeError(f"the evaluator does not know {node!r}")

    def _word(self, node: query.Term, boost: float) -> Matches:
        field, word = node.fieldname, _word(node.fieldname, node.text)
        idf = self.collection.idf(self.collection.df(field, word))
        return self.collection.score(
            boost * idf, lambda entry: len(entry.words[field].get(word, ()))
        )

    def _phrase(self, node: query.Phrase, boost: float) -> Matches:
        field, words = node.fieldname, [_word(node.fieldname, form) for form in node.words]
        idf = 0.0
        for word in words:  # not sum(), which since Python 3.12 rounds once, not at every step
            idf += self.collection.idf(self.collection.df(field, word))
        return self.collection.score(boost * idf, lambda entry: _starts(entry.words[field], words))

    def _prefix(self, node: query.Prefix, boost: float) -> Matches:
        forms = self.collection.forms(node.text)

        def tf(entry: Entry) -> int:
            words = entry.words["form"]
            return sum(len(words[form]) for form in forms & words.keys())

        df = sum(tf(entry) > 0 for entry in self.collection.entries)
        matches = self.collection.score(boost * self.collection.idf(df), tf)
        if len(forms) > MAX_FORMS:
            self.warnings.append(f"{node.text}* has {len(forms)} forms: too many to score")
            return dict.fromkeys(matches, 0.0)
        return matches

    def _all(self, node: query.And, boost: float) -> Matches:
        """Intersect; a child that is a Not takes away. Of no children at all comes nothing."""
        wanted = [self.matches(child, boost) for child in node if not isinstance(child, query.Not)]
        unwanted = [self.matches(child.query) for child in node if isinstance(child, query.Not)]
        if not wanted:
            return self._others(_any(unwanted, sum)) if unwanted else {}
        ordinals = set(wanted[0]).intersection(*wanted).difference(*unwanted)
        return {ordinal: sum(part[ordinal] for part in wanted) for ordinal in ordinals}

    def _others(self, matches: Matches) -> Matches:
        return {ordinal: 0.0 for ordinal in self.collection.live if ordinal not in matches}

    def _found(self, form: str, section: Section, boost: float) -> float:
        word = stem(form)
        idf = self.collection.idf(self.collection.df("text", word))
        in_title = grained(TITLE_WEIGHT * boost * idf) if word in section.title else 0.0
        in_heading = grained(HEADING_WEIGHT * boost * idf) if word in section.heading else 0.0
        return in_title + in_heading


def _word(field: str, form: str) -> str:
    return stem(form) if field == "text" else form


def _starts(positions: Positions, words: list[str]) -> int:
    """Count the positions from which a phrase's words follow each other."""
    starts = [{p - i for p in positions.get(word, ())} for i, word in enumerate(words)]
    return len(set.intersection(*starts)) if starts else 0


def _any(parts: list[Matches], combine: Callable[[Iterable[float]], float]) -> Matches:
    ordinals = set().union(*parts)
    return {o: combine([part[o] for part in parts if o in part]) for o in ordinals}
