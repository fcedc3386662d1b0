"""What to mark in a paragraph: what made it match, as HTML that no text can break out of."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from html import escape

from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import Token, stem
from search.budget import UNLIMITED, Budget
from search.engine import Span
from search.patterns import matcher
from search.sought import Sought

SNIPPET = 1000
"""The longest text, in code points, that is shown whole in a result."""

WINDOW = 150
"""How much of a longer text is shown on either side of a match, in code points."""

LONGEST = SNIPPET - 2 * WINDOW
"""How much of a match is marked in a longer text, in code points."""

_IN_NO_FORM = "\U0010ffff"

_Places = dict[int, Token]
"""The tokens of a word by position."""


class Marker:
    """Finds what to mark in one text after the other."""

    def __init__(self, tree: query.Query, budget: Budget = UNLIMITED) -> None:
        self._tree = tree
        self._sought = Sought(tree, budget)

    @property
    def is_cut(self) -> bool:
        """Tell whether the time was over before a text was read to its end."""
        return self._sought.is_cut

    def matches(self, text: str) -> tuple[Span, ...]:
        """Give the spans that made a text match: ascending, disjoint, none if it does not match.

        What is searched by field is not marked, and taken to be so: whoever asks has found the
        text.
        """
        words = _Words(self._sought.tokens(text))
        leaves = _matched(self._tree, words) or ()
        return _merged(span for leaf in leaves for span in words.spans(leaf))


def marked(text: str, spans: Iterable[Span]) -> str:
    """Escape a text, and wrap its spans in `<mark>`."""
    parts, end = [], 0
    for span in spans:
        parts += [escape(text[end : span.start]), "<mark>"]
        parts += [escape(text[span.start : span.end]), "</mark>"]
        end = span.end
    return "".join([*parts, escape(text[end:])])


def snippet(text: str, spans: Sequence[Span]) -> str:
    """Give a text, marked: whole, or beyond SNIPPET code points windows around its matches."""
    if len(text) <= SNIPPET:
        return marked(text, spans)
    spans = [Span(s.start, min(s.end, s.start + LONGEST)) for s in spans]
    shown, room, last = "", SNIPPET, 0
    for window in _windows(text, spans):
        end = _fitting(text, spans, window, room)
        inside = [s for s in spans if window.start <= s.start and s.end <= end]
        if shown and not inside:
            break
        if window.start > last:
            shown += " … " if shown else "… "
        shifted = [Span(s.start - window.start, s.end - window.start) for s in inside]
        shown += marked(text[window.start : end], shifted)
        room, last = room - (end - window.start), end
    return shown + (" …" if last < len(text) else "")


def _windows(text: str, spans: Sequence[Span]) -> Iterable[Span]:
    wanted = spans or [Span(0, 0)]
    around = (
        Span(
            _word_start(text, max(0, span.start - WINDOW)),
            _word_end(text, min(len(text), span.end + WINDOW)),
        )
        for span in wanted
    )
    return _merged(around)


def _fitting(text: str, spans: Sequence[Span], window: Span, room: int) -> int:
    """Give the end of a window, or of what of it there is room for: never inside of a match."""
    if window.end - window.start <= room:
        return window.end
    end = _word_end(text, window.start + room)
    return next((s.start for s in spans if s.start < end < s.end), end)


def _word_start(text: str, place: int) -> int:
    """Move a place to behind a space nearby, if there is one."""
    space = text.find(" ", place, place + WINDOW // 2) if place else -1
    return place if space < 0 else space + 1


def _word_end(text: str, place: int) -> int:
    space = text.rfind(" ", place - WINDOW // 2, place) if place < len(text) else -1
    return place if space < 0 else space


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Make one span of those that overlap."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return tuple(merged)


class _Words:
    """Tokens of a paragraph, and what each leaf of a query marks of them, found once."""

    def __init__(self, found: Iterable[Token]) -> None:
        forms, stems = defaultdict[str, _Places](dict), defaultdict[str, _Places](dict)
        for token in found:
            forms[token.form][token.position] = stems[token.stem][token.position] = token
        self._found: dict[str, Mapping[str, _Places]] = {"form": forms, "text": stems}
        self._spans: dict[query.Query, list[Span]] = {}

    @cached_property
    def _forms(self) -> list[str]:
        return sorted(self._found["form"])

    def spans(self, leaf: query.Query) -> list[Span]:
        """Give what a leaf matches."""
        if leaf not in self._spans:
            self._spans[leaf] = list(self._marks(leaf))
        return self._spans[leaf]

    def _marks(self, leaf: query.Query) -> Iterator[Span]:
        match leaf:
            case query.Phrase():
                yield from self._phrases(leaf)
            case SpanNear2():
                yield from self._near(leaf)
            case query.Prefix():
                first = bisect_left(self._forms, leaf.text)
                last = bisect_left(self._forms, leaf.text + _IN_NO_FORM, first)
                for form in self._forms[first:last]:
                    yield from self._words("form", form)
            case query.Wildcard() | query.FuzzyTerm() | query.Regex():
                for form in filter(matcher(leaf), self._forms):
                    yield from self._words("form", form)
            case query.Term():
                yield from self._words(leaf.fieldname, leaf.text)

    def _words(self, field: str, word: str) -> Iterator[Span]:
        return (Span(token.start, token.end) for token in self._find(field, word).values())

    def _phrases(self, leaf: query.Phrase) -> Iterator[Span]:
        """Mark each occurrence of a phrase as one, from its first word to its last."""
        words = [self._find(leaf.fieldname, word) for word in leaf.words]
        for position, first in words[0].items():
            if all(position + i in word for i, word in enumerate(words)):
                yield Span(first.start, words[-1][position + len(words) - 1].end)

    def _near(self, leaf: SpanNear2) -> Iterator[Span]:
        """Mark the words of each stretch that has them all, in any order, and few others."""
        wanted = Counter(_key(word) for word in leaf.qs)
        places = {key: self._find(*key) for key in wanted}
        standing = sorted((at, key) for key, tokens in places.items() for at in tokens)
        most = len(leaf.qs) + leaf.slop - 1
        for first, last in _stretches(standing, wanted):
            if standing[last][0] - standing[first][0] < most:
                for at, key in standing[first : last + 1]:
                    yield Span(places[key][at].start, places[key][at].end)

    def _find(self, field: str, word: str) -> _Places:
        """Give the tokens of a word by position: by stem in the field `text`, else as typed."""
        return self._found[field].get(stem(word) if field == "text" else word, {})


def _stretches(
    standing: list[tuple[int, tuple[str, str]]], wanted: Counter[tuple[str, str]]
) -> Iterator[tuple[int, int]]:
    """Give the shortest stretches of what stands where that have all that is wanted.

    Each is the indices of its first and its last; none has another in it.
    """
    lacking, missing, first = wanted.copy(), wanted.total(), 0
    for last, (_, key) in enumerate(standing):
        missing -= lacking[key] > 0
        lacking[key] -= 1
        if missing:
            continue
        while lacking[standing[first][1]] < 0:
            lacking[standing[first][1]] += 1
            first += 1
        yield first, last
        place = standing[first][0]
        while first <= last and standing[first][0] == place:
            lacking[standing[first][1]] += 1
            missing += lacking[standing[first][1]] > 0
            first += 1


def _key(word: query.Term) -> tuple[str, str]:
    field, form = word.fieldname, word.text
    return field, stem(form) if field == "text" else form


def _matched(node: query.Query, words: _Words, fields: bool = True) -> set[query.Query] | None:
    """Give the leaves that made a tree match, or None where it does not.

    `fields` tells whether what is searched by field is taken to match.
    """
    match node:
        case query.And():
            parts = [_matched(n, words, fields) for n in node.subqueries]
            return None if None in parts else _together(parts)
        case query.Or() | query.DisjunctionMax():
            parts = [_matched(n, words, fields) for n in node.subqueries]
            return _together(parts) if any(part is not None for part in parts) else None
        case query.AndMaybe():
            required, optional = (_matched(n, words, fields) for n in (node.a, node.b))
            return None if required is None else _together([required, optional])
        case query.Not():
            return set() if _matched(node.query, words, not fields) is None else None
        case query.Every():
            return set()
        case query.NullQuery:
            return None
    if getattr(node, "fieldname", "text") not in ("text", "form"):
        return set() if fields else None
    return {node} if words.spans(node) else None


def _together(parts: Iterable[set[query.Query] | None]) -> set[query.Query]:
    return set().union(*(part for part in parts if part))
