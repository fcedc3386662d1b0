"""What to mark in a paragraph: what made it match, as HTML that no text can break out of."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from whoosh import query

from index.analysis import Token, analyze, stem
from search.engine import Span
from search.filters import holds_fields, only

SNIPPET = 1000
"""The longest text, in code points, that is shown whole in a result."""

WINDOW = 150
"""How much of a longer text is shown on either side of a match, in code points."""

LONGEST = SNIPPET - 2 * WINDOW
"""How much of a match is marked in a longer text, in code points."""

_IN_NO_FORM = "\U0010ffff"


def matches(tree: query.Query, text: str) -> tuple[Span, ...]:
    """Give the spans that made a text match: ascending, disjoint, none if it does not match."""
    words = _Words(text)
    leaves = _matched(tree, words) or ()
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
    """The tokens of a paragraph, and what each leaf of a query marks of them, found once."""

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, str], dict[int, Token]] = {}
        for token in analyze(text):
            self._found.setdefault(("form", token.form), {})[token.position] = token
            self._found.setdefault(("text", token.stem), {})[token.position] = token
        self._forms = sorted(word for field, word in self._found if field == "form")
        self._spans: dict[query.Query, list[Span]] = {}

    def spans(self, leaf: query.Query) -> list[Span]:
        """Give what a leaf matches."""
        if leaf not in self._spans:
            self._spans[leaf] = list(self._marks(leaf))
        return self._spans[leaf]

    def _marks(self, leaf: query.Query) -> Iterator[Span]:
        match leaf:
            case query.Phrase():
                yield from self._phrases(leaf)
            case query.Prefix():
                first = bisect_left(self._forms, leaf.text)
                last = bisect_left(self._forms, leaf.text + _IN_NO_FORM, first)
                for form in self._forms[first:last]:
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

    def _find(self, field: str, word: str) -> dict[int, Token]:
        """Give the tokens of a word by position: by stem in the field `text`, else as typed."""
        return self._found.get((field, stem(word) if field == "text" else word), {})


def _matched(node: query.Query, words: _Words) -> set[query.Query] | None:
    """Give the leaves that made a tree match, or None where it does not.

    The fields of a hit are taken to match.
    """
    if only(node):
        return set()
    match node:
        case query.Term() | query.Prefix() | query.Phrase():
            return {node} if words.spans(node) else None
        case query.And():
            parts = [_matched(n, words) for n in node.subqueries]
            return None if None in parts else _together(parts)
        case query.Or() | query.DisjunctionMax():
            parts = [_matched(n, words) for n in node.subqueries]
            return _together(parts) if any(part is not None for part in parts) else None
        case query.AndMaybe():
            required = _matched(node.a, words)
            return None if required is None else _together([required, _matched(node.b, words)])
        case query.Not():
            is_there = _matched(node.query, words) is not None and not holds_fields(node.query)
            return None if is_there else set()
    return set() if isinstance(node, query.Every) else None


def _together(parts: Iterable[set[query.Query] | None]) -> set[query.Query]:
    return set().union(*(part for part in parts if part))
