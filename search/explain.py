"""Why a paragraph has its score: the parts of it, in words and numbers, that come to it exactly.

What a tree adds is what its parts add, as `general` evaluates them, and what its words in the title
and the heading above add, as `context` has it. A leaf's part is BM25, whose factors are told.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import stem
from index.codec.layout import HEADLINE, NONE
from index.codec.lengths import DECODED, K1, B
from index.snapshot import Snapshot, find_word
from search import near, score
from search.budget import UNLIMITED
from search.describe import describe
from search.engine import Explanation
from search.expansions import Expansions
from search.frequencies import F64, frequencies
from search.general import General, Matches
from search.patterns import PATTERNS
from search.statistics import Ordinals
from search.where import Where, everywhere

_JOINING = query.And | query.Or | query.AndMaybe | query.DisjunctionMax | query.Not


class Explainer:
    """Explains what paragraphs score for one query; leaves are evaluated once a segment.

    Those that do not match stand, if any, for `documents` that match by what they have not.
    """

    def __init__(self, snapshot: Snapshot, tree: query.Query, documents: bool = False) -> None:
        self._snapshot = snapshot
        self._documents = documents
        self._tree = tree
        self._wanted = near.wanted(snapshot, tree)
        self._expansions: Expansions | None = None
        self._opened: dict[int, _Here] = {}

    def explain(self, ordinal: int, rescored: bool = False) -> Explanation:
        """Explain the score of a paragraph that matches, by its ordinal in the snapshot.

        Where it is `rescored`, words near each other add to it, as `near` has it. The value is the
        score, bit for bit. Raises ValueError for one that does not match.
        """
        segment, local = self._snapshot.locate(ordinal)
        here = self._here(segment.base)
        own = here.own(self._tree, 1.0, local)
        if own is None and self._documents:
            return _number("none of the words: its document matches by what it has not", 0.0)
        if own is None:
            raise ValueError(f"paragraph {ordinal} does not match")
        parts = own.parts if own.how == "sum" else (own,)
        section = int(segment.data.section[local])
        above = () if section & HEADLINE else tuple(here.above(self._tree, 1.0, section))
        beside = self._near(ordinal) if rescored else ()
        if beside:
            text = "its words, those of its title and heading, and how near its words stand"
            return _sum(text, (*parts, *above, *beside))
        return _sum("its words, and those of its title and heading", (*parts, *above))

    def _near(self, ordinal: int) -> tuple[Explanation, ...]:
        """Explain what each two words add by how near they stand, the rarest first."""
        words = self._wanted
        apart = near.apart(self._snapshot, words, np.array([ordinal]))
        return tuple(
            _beside(*pair, int(distance), float(value))
            for pair, distance, value in zip(
                combinations(words, 2), apart[0], near.added(words, apart)[0], strict=True
            )
            if value
        )

    def _here(self, base: int) -> "_Here":
        if base not in self._opened:
            where = next(w for w in everywhere(self._snapshot) if w.segment.base == base)
            self._expansions = self._expansions or Expansions(where.statistics, UNLIMITED)
            self._opened[base] = _Here(self._snapshot, where, self._expansions)
        return self._opened[base]


class _Here:
    """A query in a segment: what its nodes are worth to a paragraph, by its ordinal there."""

    def __init__(self, snapshot: Snapshot, where: Where, expansions: Expansions) -> None:
        self._count = snapshot.with_tokens
        self._average = snapshot.total_length / max(snapshot.with_tokens, 1) or 1.0
        self._where = where
        self._expansions = expansions
        self._general = General(where, expansions, UNLIMITED)
        self._frequencies: dict[str, tuple[Ordinals, F64] | None] = {}

    def own(self, node: query.Query, boost: float, at: int) -> Explanation | None:
        """Explain what a node adds by the paragraph's own words; None where it does not match."""
        if not isinstance(node, _JOINING):
            return self._leaf(node, boost, at)
        boost *= getattr(node, "boost", 1.0)
        match node:
            case query.Not():
                absent = self.own(node.query, boost, at) is None
                return _number(f"{describe(node)}: not there", 0.0) if absent else None
            case query.AndMaybe():
                found = [self.own(n, boost, at) for n in (node.a, node.b)]
                return _sum(describe(node), _found(found)) if found[0] else None
            case query.And():
                found = [self.own(n, boost, at) for n in node.subqueries]
                return None if None in found else _sum(describe(node), _found(found))
        parts = _found(self.own(n, boost, at) for n in node.subqueries)
        join = _best if isinstance(node, query.DisjunctionMax) else _sum
        return join(describe(node), parts) if parts else None

    def _leaf(self, node: query.Query, boost: float, at: int) -> Explanation | None:
        value = _at(self._general.evaluate(node, boost), at)
        if value is None:
            return None
        weighed = self._weighed(node, boost * getattr(node, "boost", 1.0), at) if value else ()
        return Explanation(_named(node), value, "product" if weighed else "number", weighed)

    def _weighed(self, node: query.Query, boost: float, at: int) -> tuple[Explanation, ...]:
        """Give the factors of a leaf's score; none of a kind that is not known here."""
        found, idf = self._frequency(node, at), self._idf(node)
        if found is None or idf is None:
            return ()
        factors = (idf, self._saturation(found, at))
        return factors if boost == 1 else (_number("boost", boost), *factors)

    def _frequency(self, node: query.Query, at: int) -> float | None:
        name = repr(node)
        if name not in self._frequencies:
            self._frequencies[name] = frequencies(node, self._where, UNLIMITED)
        known = self._frequencies[name]
        return None if known is None else float(known[1][np.searchsorted(known[0], at)])

    def _idf(self, node: query.Query) -> Explanation | None:
        if isinstance(node, PATTERNS):
            known = self._expansions.of(node)
            frequency = sum(int(np.bitwise_count(union.bits).sum()) for union in known.unions)
            return self._idf_of(describe(node), frequency, known.idf)
        words = _words(node)
        if not words:
            return None
        statistics, idfs = self._where.statistics, []
        for word in words:
            idf = statistics.word(_field(node), word).idf
            idfs.append(self._idf_of(f"“{word}”", self._document_frequency(node, word), idf))
        if len(idfs) == 1:
            return idfs[0]
        total = 0.0
        for each in idfs:  # in the order in which they are added up; sum() rounds otherwise
            total += each.value
        return Explanation("idf of all its words", total, "sum", tuple(idfs))

    def _document_frequency(self, node: query.Query, word: str) -> int:
        form = stem(word) if _field(node) == "text" else word
        return find_word(self._where.statistics.segments, _field(node), form).df

    def _idf_of(self, name: str, frequency: int, value: float) -> Explanation:
        return _number(
            f"idf = ln(1 + (N − n + 0.5) / (n + 0.5)): {name} is in n = {frequency:,}"
            f" of N = {self._count:,} paragraphs",
            value,
        )

    def _saturation(self, frequency: float, at: int) -> Explanation:
        code = self._where.segment.data.length[at]
        norm = self._where.norms[code]
        tf = np.float32(frequency)
        return Explanation(
            "tf / (tf + K)",
            float(tf / (tf + norm)),
            "number",
            (
                _number("tf, how often it is here", float(tf)),
                _number(
                    f"K = k1 (1 − b + b · length / average): k1 = {K1}, b = {B},"
                    f" length = {DECODED[code]} words, average = {self._average:.2f}",
                    float(norm),
                ),
            ),
        )

    # Titles and headings.

    def above(self, node: query.Query, boost: float, section: int) -> Sequence[Explanation]:
        """Explain what a node's words in the title and the heading above add, each by itself."""
        boost *= getattr(node, "boost", 1.0)
        match node:
            case query.DisjunctionMax():
                found = [self.above(n, boost, section) for n in node.subqueries]
                sums = tuple(_sum("words above", parts) for parts in found if parts)
                return (_best(f"{describe(node)} above", sums),) if sums else ()
            case query.And() | query.Or() | query.AndMaybe():
                nodes = (node.a, node.b) if isinstance(node, query.AndMaybe) else node.subqueries
                return [part for n in nodes for part in self.above(n, boost, section)]
            case query.Term() | query.Phrase() | SpanNear2():
                return [part for w in _words(node) for part in self._headlines(w, boost, section)]
        return ()

    def _headlines(self, word: str, boost: float, section: int) -> Iterable[Explanation]:
        _, places, idf = self._where.statistics.word("text", word)
        found, data = places[self._where.place], self._where.segment.data
        if found is None:
            return
        lines = data.headlines(found.place.term)
        for name, line, weight in (
            ("title", data.section_title[section], score.TITLE_WEIGHT),
            ("heading", data.section_heading[section], score.SECTION_WEIGHT),
        ):
            if line != NONE and line in lines:
                value = float(score.quantized(np.array(weight * (boost * idf))))
                factors = [_number("boost", boost)] if boost != 1 else []
                factors += [_number(f"weight of a {name}", weight), _number("idf by stem", idf)]
                yield Explanation(f"“{word}” in the {name}", value, "product", tuple(factors))


def _words(node: query.Query) -> list[str]:
    """Give the words of a leaf of words in the text; none of another."""
    match node:
        case query.Term(fieldname="text" | "form"):
            return [node.text]
        case query.Phrase(fieldname="text" | "form"):
            return list(node.words)
        case SpanNear2():
            return [word.text for word in node.qs]
    return []


def _field(node: query.Query) -> str:
    field: str = (node.qs[0] if isinstance(node, SpanNear2) else node).fieldname
    return field


def _named(node: query.Query) -> str:
    text = describe(node) or " ".join(_words(node)) or "every paragraph"
    if not isinstance(node, query.Term | query.Phrase):
        return text
    return f"{text}, in any form" if node.fieldname == "text" else f"{text}, as typed"


def _at(matches: Matches, ordinal: int) -> float | None:
    row = int(np.searchsorted(matches.ordinals, ordinal))
    here = row < len(matches.ordinals) and matches.ordinals[row] == ordinal
    return float(matches.scores[row]) if here else None


def _found(parts: Iterable[Explanation | None]) -> tuple[Explanation, ...]:
    return tuple(part for part in parts if part is not None)


def _beside(one: near.Wanted, other: near.Wanted, distance: int, value: float) -> Explanation:
    """Explain what two words add, of which the other has the lower weight."""
    factors = [_number("boost", other.boost)] if other.boost != 1 else []
    factors += [
        _number("weight of words near each other", score.NEAR_WEIGHT),
        _number(f"idf by stem of “{other.text}”, the lower of the two", other.idf),
        _number(f"1 / d², where d = {distance}", 1 / distance**2),
    ]
    text = f"“{one.text}” and “{other.text}” stand {distance} apart"
    return Explanation(text, value, "product", tuple(factors))


def _number(text: str, value: float) -> Explanation:
    return Explanation(text, value, "number", ())


def _sum(text: str, parts: Sequence[Explanation]) -> Explanation:
    return Explanation(text, sum([part.value for part in parts]), "sum", tuple(parts))


def _best(text: str, parts: Sequence[Explanation]) -> Explanation:
    return Explanation(text, max(part.value for part in parts), "best", tuple(parts))
