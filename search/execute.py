"""Query tree and snapshot in, paragraphs and scores out.

Each segment is evaluated by itself, over arrays, with the statistics of the whole index. A node
of the tree becomes the ascending ordinals of the paragraphs that it matches and their scores.
Leaves name words as typed; the field `text` matches them by stem, the field `form` as typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import stem
from index.codec.segment import NOT_FOUND, U32
from index.snapshot import OpenSegment, Snapshot
from search import score
from search.score import F64

MAX_FORMS = 1024
"""Up to how many forms a prefix is scored; one of more matches all of them, without a score."""

Ordinals = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matches:
    """Paragraphs, ascending, and their scores."""

    ordinals: Ordinals
    scores: F64


@dataclass(frozen=True, slots=True)
class Answer:
    """All paragraphs that match, best first, of equal ones the lower ordinal first.

    `documents` counts the documents among them; `warnings` says what was not as asked.
    """

    ordinals: Ordinals
    scores: F64
    documents: int
    warnings: tuple[str, ...]


def execute(snapshot: Snapshot, tree: query.Query) -> Answer:
    """Evaluate a query tree."""
    statistics = Statistics(snapshot)
    found = [_Segment(segment, statistics).run(tree) for segment in snapshot.segments]
    documents = sum(
        len(np.unique(segment.data.document[matches.ordinals]))
        for segment, matches in zip(snapshot.segments, found, strict=True)
    )
    bases = [np.int64(segment.base) for segment in snapshot.segments]
    parts = [matches.ordinals + base for matches, base in zip(found, bases, strict=True)]
    ordinals = np.concatenate([np.empty(0, np.int64), *parts])
    scores = np.concatenate([np.empty(0), *(matches.scores for matches in found)])
    order = np.argsort(-scores, kind="stable")
    return Answer(ordinals[order], scores[order], documents, tuple(statistics.warnings))


class Statistics:
    """What scoring knows of the whole index, deleted paragraphs included."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._prefixes: dict[str, _Prefix] = {}
        average = snapshot.total_length / max(snapshot.with_tokens, 1)
        self.norms = score.length_norms(average or 1.0)
        self.warnings: list[str] = []

    def idf(self, field: str, word: str) -> float:
        """Give a word's idf: of its stem in the field `text`, of itself in `form`."""
        if field == "form":
            return self._idf(self._snapshot.form_frequency(word))
        return self._idf(self._snapshot.document_frequency(stem(word)))

    def _idf(self, document_frequency: int) -> float:
        return score.idf(self._snapshot.with_tokens, document_frequency)

    def prefix(self, text: str) -> "_Prefix":
        """Give what is known of a prefix; one of too many forms is warned of, once."""
        if text not in self._prefixes:
            self._prefixes[text] = found = self._expand(text)
            if not found.scored:
                self.warnings.append(
                    f"{text}* stands for {found.forms:,} words: all are found, without a score"
                )
        return self._prefixes[text]

    def _expand(self, text: str) -> "_Prefix":
        words: set[bytes] = set()
        unions = {}
        for segment in self._snapshot.segments:
            forms = segment.data.forms
            numbers = forms.prefixed(text.encode())
            words.update(forms[number] for number in numbers)
            unions[segment.base] = union_of_forms(segment, numbers)
        document_frequency = sum(len(ordinals) for ordinals, _ in unions.values())
        return _Prefix(len(words), len(words) <= MAX_FORMS, self._idf(document_frequency), unions)


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A prefix; `unions` has its paragraphs and frequencies by the base of the segment."""

    forms: int
    scored: bool
    idf: float
    unions: dict[int, tuple[Ordinals, U32]]


def union_of_forms(segment: OpenSegment, forms: range) -> tuple[Ordinals, U32]:
    """Give the paragraphs in which any of the forms stands, and how often they do in all."""
    frequencies = np.zeros(segment.data.paragraph_count, np.uint32)
    for form in forms:
        rows, counts = segment.data.form_rows(form)
        frequencies[segment.data.paragraphs(segment.data.form(form)[0])[rows]] += counts
    ordinals = np.flatnonzero(frequencies)
    return ordinals, frequencies[ordinals]


_NOTHING = Matches(np.empty(0, np.int64), np.empty(0))


class _Segment:
    """The evaluation of a tree over one segment."""

    def __init__(self, segment: OpenSegment, statistics: Statistics) -> None:
        self._segment = segment
        self._data = segment.data
        self._statistics = statistics
        self._leaves: dict[tuple[str, float], Matches] = {}  # a word may be typed many times
        self._contexts: dict[tuple[str, float], F64] = {}

    def run(self, tree: query.Query) -> Matches:
        """Give the live paragraphs that match the tree, scored with their context."""
        found = self._evaluate(tree, 1.0)
        ordinals, scores = found.ordinals, found.scores
        if self._segment.live is not None:
            live = self._segment.live[ordinals]
            ordinals, scores = ordinals[live], scores[live]
        context = self._context(tree, 1.0)
        return Matches(ordinals, scores + context[self._data.section[ordinals]])

    def _evaluate(self, node: query.Query, boost: float) -> Matches:
        boost *= getattr(node, "boost", 1.0)
        if not node.is_leaf():
            return _OPERATORS[type(node)](self, node, boost)
        leaf = repr(node), boost
        if leaf not in self._leaves:
            self._leaves[leaf] = _OPERATORS[type(node)](self, node, boost)
        return self._leaves[leaf]

    # Operators.

    def _and(self, node: query.And, boost: float) -> Matches:
        wanted = [n for n in node.subqueries if not isinstance(n, query.Not)]
        unwanted = [n.query for n in node.subqueries if isinstance(n, query.Not)]
        found = (self._evaluate(n, boost) for n in wanted)
        kept = reduce(_intersection, found) if wanted else self._all()
        for n in unwanted:
            kept = _difference(kept, self._evaluate(n, boost))
        return kept

    def _or(self, node: query.Or, boost: float) -> Matches:
        return self._union([self._evaluate(n, boost) for n in node.subqueries], np.add)

    def _best(self, node: query.DisjunctionMax, boost: float) -> Matches:
        return self._union([self._evaluate(n, boost) for n in node.subqueries], np.maximum)

    def _and_maybe(self, node: query.AndMaybe, boost: float) -> Matches:
        required, optional = (self._evaluate(n, boost) for n in (node.a, node.b))
        both = _intersection(required, optional)
        scores = required.scores.copy()
        scores[np.searchsorted(required.ordinals, both.ordinals)] = both.scores
        return Matches(required.ordinals, scores)

    def _not(self, node: query.Not, boost: float) -> Matches:
        return _difference(self._all(), self._evaluate(node.query, boost))

    def _every(self, _node: query.Every, _boost: float) -> Matches:
        return self._all()

    def _nothing(self, _node: query.Query, _boost: float) -> Matches:
        return _NOTHING

    def _all(self) -> Matches:
        count = self._data.paragraph_count
        return Matches(np.arange(count), np.zeros(count))

    def _union(self, parts: list[Matches], combine: Callable[[F64, F64], F64]) -> Matches:
        scores = np.zeros(self._data.paragraph_count)
        hit = np.zeros(self._data.paragraph_count, np.bool_)
        for part in parts:
            hit[part.ordinals] = True
            scores[part.ordinals] = combine(scores[part.ordinals], part.scores)
        ordinals = np.flatnonzero(hit)
        return Matches(ordinals, scores[ordinals])

    # Leaves.

    def _scored(self, ordinals: Ordinals, frequencies: U32, weight: float) -> Matches:
        norms = self._statistics.norms[self._data.length[ordinals]]
        return Matches(ordinals, score.bm25(weight, frequencies, norms))

    def _term(self, node: query.Term, boost: float) -> Matches:
        term, rows, frequencies = self._postings(node.fieldname, node.text)
        if term == NOT_FOUND:
            return _NOTHING
        ordinals = self._data.paragraphs(term)[rows].astype(np.int64)
        weight = boost * self._statistics.idf(node.fieldname, node.text)
        return self._scored(ordinals, frequencies, weight)

    def _postings(self, field: str, word: str) -> tuple[int, Ordinals, U32]:
        """Give a word's term, the rows of its paragraphs among the term's, and frequencies."""
        if field == "form":
            form = self._data.forms.find(word.encode())
            if form != NOT_FOUND:
                return self._data.form(form)[0], *self._data.form_rows(form)
        elif (term := self._data.terms.find(stem(word).encode())) != NOT_FOUND:
            frequencies = self._data.frequencies(term)
            return term, np.arange(len(frequencies)), frequencies
        return NOT_FOUND, np.empty(0, np.int64), np.empty(0, np.uint32)

    def _prefix(self, node: query.Prefix, boost: float) -> Matches:
        known = self._statistics.prefix(node.text)
        ordinals, frequencies = known.unions[self._segment.base]
        if not known.scored:
            return Matches(ordinals, np.zeros(len(ordinals)))
        return self._scored(ordinals, frequencies, boost * known.idf)

    def _phrase(self, node: query.Phrase, boost: float) -> Matches:
        """Match words at consecutive positions; a start counts once."""
        words = [self._postings(node.fieldname, word)[:2] for word in node.words]
        if any(term == NOT_FOUND for term, _ in words):
            return _NOTHING
        paragraphs = (self._data.paragraphs(term)[rows].astype(np.int64) for term, rows in words)
        common = reduce(_common, paragraphs)
        starts = reduce(
            _common,
            (
                self._starts(node.fieldname, word, term, common) - shift
                for shift, (word, (term, _)) in enumerate(zip(node.words, words, strict=True))
            ),
        )
        rows, frequencies = np.unique(starts >> 32, return_counts=True)
        # Not sum(), which from Python 3.12 on rounds otherwise.
        idf = reduce(add, (self._statistics.idf(node.fieldname, word) for word in node.words))
        return self._scored(common[rows], frequencies.astype(np.uint32), boost * idf)

    def _starts(self, field: str, word: str, term: int, ordinals: Ordinals) -> Ordinals:
        """Give a word's positions in some paragraphs as (index of paragraph << 32) + position."""
        rows = np.searchsorted(self._data.paragraphs(term), ordinals)
        positions, codes, starts = self._data.positions(term, rows)
        keys = np.repeat(np.arange(len(rows)) << 32, np.diff(starts)) + positions
        if field == "form":
            keys = keys[codes == self._data.form(self._data.forms.find(word.encode()))[1]]
        return np.unique(keys)

    # Context.

    def _context(self, node: query.Query, boost: float) -> F64:
        """Give what each section adds to its paragraphs' scores (f64, one a section)."""
        boost *= getattr(node, "boost", 1.0)
        nothing: F64 = np.zeros(len(self._data.section_title))
        match node:
            case query.Term():
                return self._context_of(node.text, boost)
            case query.Phrase():
                return sum((self._context_of(word, boost) for word in node.words), nothing)
            case query.DisjunctionMax():
                return reduce(np.maximum, (self._context(n, boost) for n in node.subqueries))
            case query.And() | query.Or():
                return sum((self._context(n, boost) for n in node.subqueries), nothing)
            case query.AndMaybe():
                return self._context(node.a, boost) + self._context(node.b, boost)
        return nothing

    def _context_of(self, word: str, boost: float) -> F64:
        if (word, boost) not in self._contexts:
            self._contexts[word, boost] = self._new_context(word, boost)
        return self._contexts[word, boost]

    def _new_context(self, word: str, boost: float) -> F64:
        context = np.zeros(len(self._data.section_title))
        term = self._data.terms.find(stem(word).encode())
        if term != NOT_FOUND:
            paragraphs = self._data.paragraphs(term)
            idf = self._statistics.idf("text", word)
            for column, share in (
                (self._data.section_title, score.TITLE_WEIGHT),
                (self._data.section_heading, score.SECTION_WEIGHT),
            ):
                added = score.quantized(np.array(share * boost * idf))
                context[np.isin(column, paragraphs)] += added
        return context


_OPERATORS: dict[type, Callable[[_Segment, query.Query, float], Matches]] = {
    query.Term: _Segment._term,
    query.Phrase: _Segment._phrase,
    query.Prefix: _Segment._prefix,
    query.And: _Segment._and,
    query.Or: _Segment._or,
    query.DisjunctionMax: _Segment._best,
    query.AndMaybe: _Segment._and_maybe,
    query.Not: _Segment._not,
    query.Every: _Segment._every,
    type(query.NullQuery): _Segment._nothing,
}


def _common(a: Ordinals, b: Ordinals) -> Ordinals:
    return np.intersect1d(a, b, assume_unique=True)


def _intersection(a: Matches, b: Matches) -> Matches:
    ordinals, in_a, in_b = np.intersect1d(
        a.ordinals, b.ordinals, assume_unique=True, return_indices=True
    )
    return Matches(ordinals, a.scores[in_a] + b.scores[in_b])


def _difference(a: Matches, b: Matches) -> Matches:
    kept = np.isin(a.ordinals, b.ordinals, assume_unique=True, invert=True)
    return Matches(a.ordinals[kept], a.scores[kept])
