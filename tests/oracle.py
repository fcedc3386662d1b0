"""Search by brute force: the answer that every engine must equal, bit for bit.

A leaf scores every paragraph that has its words, a node every match of its children; nothing is
skipped, packed or bounded. Nothing is shared with the engine but `index.analysis`; numpy serves
for nothing but single operations in f32. Scores are BM25 (Robertson & Zaragoza 2009, with Lucene's
idf) of a paragraph's own words plus the context of its section, rounded so that every sum is exact
and its order does not matter.
"""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

from oracle_collection import Collection, Matches, Section, grained
from oracle_fields import FIELDS, passes
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import stem

TITLE_WEIGHT = 0.25
HEADING_WEIGHT = 0.5
MAX_FORMS = 1024
"""A pattern of more forms matches without a score."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The best paragraphs, by score descending, then ordinal.

    `total` counts all that match, `documents` the documents among them.
    """

    ordinals: list[int]
    scores: list[float]
    total: int
    documents: int
    warnings: list[str]


def evaluate(
    collection: Collection,
    tree: query.Query,
    k: int | None = None,
    *,
    among: Sequence[bool] | None = None,
    context: bool = True,
) -> Answer:
    """Answer a query tree with the `k` best paragraphs, or with all.

    A leaf's text is a normalised form. Field `text` matches by its stem, `form` as typed; all other
    fields narrow, and score nothing. A phrase of slop 1 is words at consecutive positions; a
    SpanNear2 of slop n + 1 is words in any order with n others among them at most. Boosts multiply
    downwards from the root. `among` tells of each ordinal whether it may be a hit; statistics are
    over all. Without `context` titles and headings add nothing to the paragraphs below.
    """
    evaluation = _Evaluation(collection)
    matches = evaluation.matches(tree)
    if among is not None:
        matches = {ordinal: score for ordinal, score in matches.items() if among[ordinal]}
    if context:
        added = cache(lambda section: evaluation.context(tree, section))
        matches = {o: score + added(collection.sections[o]) for o, score in matches.items()}
    ordinals = sorted(matches, key=lambda ordinal: (-matches[ordinal], ordinal))[:k]
    documents = len({collection.documents[ordinal] for ordinal in matches})
    warnings = list(dict.fromkeys(evaluation.warnings))
    return Answer(ordinals, [matches[o] for o in ordinals], len(matches), documents, warnings)


class _Evaluation:
    """One tree over one collection: what matches, what its words add to a section, warnings."""

    def __init__(self, collection: Collection):
        self.collection = collection
        self.warnings: list[str] = []

    def matches(self, node: query.Query, boost: float = 1.0) -> Matches:
        """Score the live paragraphs that match, context aside."""
        boost *= _boost(node)
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
        boost *= _boost(node)
        if getattr(node, "fieldname", None) in FIELDS:
            return 0.0
        match node:
            case query.Term():
                return self._found(node.text, section, boost)
            case query.Phrase():
                return sum(self._found(form, section, boost) for form in node.words)
            case query.And() | query.Or() | query.AndMaybe() | SpanNear2():
                return sum(self.context(child, section, boost) for child in node.children())
            case query.DisjunctionMax():
                return max((self.context(child, section, boost) for child in node), default=0.0)
        return 0.0

    def _leaf(self, node: query.Query, boost: float) -> Matches:
        if getattr(node, "fieldname", None) in FIELDS:
            live = self.collection.live
            return {o: 0.0 for o in live if passes(self.collection, node, o)}
        if getattr(node, "fieldname", None) not in ("text", "form", None):
            return {}
        match node:
            case query.Term():
                return self._word(node, boost)
            case query.Phrase(slop=1):
                return self._words(node.fieldname, node.words, boost, starts)
            case SpanNear2(ordered=False, mindist=1):
                field, forms = node.qs[0].fieldname, [word.text for word in node.qs]
                return self._words(field, forms, boost, partial(nearness, most=node.slop - 1))
            case query.Every():
                return self._others({})
            case query.NullQuery:
                return {}
        return self._forms(*_pattern(node), boost)

    def _word(self, node: query.Term, boost: float) -> Matches:
        places = self.collection.places(node.fieldname, _word(node.fieldname, node.text))
        tfs = {ordinal: len(positions) for ordinal, positions in places.items()}
        return self.collection.score(boost * self.collection.idf(len(places)), tfs)

    def _words(
        self, field: str, forms: list[str], boost: float, tf: Callable[..., float]
    ) -> Matches:
        """Match where all the words stand and `tf` of the words and their positions is not 0."""
        words = [_word(field, form) for form in forms]
        places = {word: self.collection.places(field, word) for word in words}
        idf = 0.0
        for word in words:  # not sum(), which since Python 3.12 rounds once, not at every step
            idf += self.collection.idf(len(places[word]))
        tfs = {}
        for ordinal in set.intersection(*map(set, places.values())) if places else ():
            if count := tf(words, {word: places[word][ordinal] for word in words}):
                tfs[ordinal] = count
        return self.collection.score(boost * idf, tfs)

    def _forms(self, written: str, wanted: Callable[[str], object], boost: float) -> Matches:
        forms = self.collection.forms(wanted)
        tfs: Counter[int] = Counter()
        for form in forms:
            for ordinal, positions in self.collection.places("form", form).items():
                tfs[ordinal] += len(positions)
        matches = self.collection.score(boost * self.collection.idf(len(tfs)), tfs)
        if len(forms) <= MAX_FORMS:
            return matches
        self.warnings.append(
            f"{written} stands for more than {MAX_FORMS:,} words: all are found, without a score"
        )
        return dict.fromkeys(matches, 0.0)

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
        idf = self.collection.idf(len(self.collection.places("text", word)))
        in_title = grained(TITLE_WEIGHT * boost * idf) if word in section.title else 0.0
        in_heading = grained(HEADING_WEIGHT * boost * idf) if word in section.heading else 0.0
        return in_title + in_heading


def starts(words: list[str], positions: dict[str, list[int]]) -> int:
    """Count the positions from which words follow each other."""
    return len(set.intersection(*({p - i for p in positions[w]} for i, w in enumerate(words))))


def nearness(words: list[str], positions: dict[str, list[int]], most: int) -> float:
    """Add up 1 / (1 + others) over the windows of words in any order, `others` at most `most`.

    A window is a stretch of positions that holds every word, a word given n times at n positions,
    and no shorter such stretch within. What it has beyond one position a word are the others.
    """
    wanted = [(sorted(set(positions[word])), times) for word, times in Counter(words).items()]
    firsts = sorted({position for places, _ in wanted for position in places})
    lasts = [max(_nth(places, times, first) for places, times in wanted) for first in firsts]
    tf = 0.0
    for first, last, next_last in zip(firsts, lasts, [*lasts[1:], math.inf], strict=True):
        others = max(0, last - first + 1 - len(words))
        if last < next_last and others <= most:  # else the next window is within this one
            tf += 1 / (1 + others)
    return tf


def _nth(places: list[int], n: int, first: int) -> float:
    """Give the n-th place from a first one on, infinity where there are fewer."""
    index = bisect_left(places, first) + n - 1
    return places[index] if index < len(places) else math.inf


def _boost(node: query.Query) -> float:
    return getattr(node, "boost", 1.0)  # a SpanNear2 has none


def _word(field: str, form: str) -> str:
    return stem(form) if field == "text" else form


def _expression(wildcard: str) -> str:
    """Give the regular expression of a wildcard: `?` is any character, `*` any number of them."""
    special = {"?": ".", "*": ".*"}
    return "".join(special.get(character) or re.escape(character) for character in wildcard)


def _pattern(node: query.Query) -> tuple[str, Callable[[str], object]]:
    """Give a pattern as it is written, and what tells whether it stands for a form."""
    match node:
        case query.Prefix(fieldname="form"):
            return f"{node.text}*", _fully(re.escape(node.text) + ".*")
        case query.Wildcard(fieldname="form"):
            return node.text, _fully(_expression(node.text))
        case query.Regex(fieldname="form"):
            return f"/{node.text}/", _fully(node.text)
        case query.FuzzyTerm(fieldname="form", prefixlength=0):
            return f"{node.text}~{node.maxdist}", partial(is_near, node.text, most=node.maxdist)
    raise TypeError(f"the evaluator does not know {node!r}")


def _fully(expression: str) -> Callable[[str], object]:
    """Give what tells whether an expression stands for a whole form; `\\d` is of ASCII."""
    return re.compile(expression, re.DOTALL | re.ASCII).fullmatch


def is_near(text: str, form: str, most: int) -> bool:
    """Tell whether a form is at most so many edits from a text, a swap of neighbours being one.

    Optimal string alignment: no stretch is edited twice. The whole table is filled in.
    """
    d = [[max(i, j) for j in range(len(form) + 1)] for i in range(len(text) + 1)]
    for i, j in product(range(1, len(text) + 1), range(1, len(form) + 1)):
        differ = text[i - 1] != form[j - 1]
        d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differ)
        if i > 1 and j > 1 and text[i - 2 : i] == form[j - 1] + form[j - 2]:
            d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1)
    return d[-1][-1] <= most


def _any(parts: list[Matches], combine: Callable[[Iterable[float]], float]) -> Matches:
    ordinals = set().union(*parts)
    return {o: combine([part[o] for part in parts if o in part]) for o in ordinals}
