"""What to mark in a paragraph: what made it match, as HTML that no text can break out of."""

from collections.abc import Iterable, Sequence
from html import escape

from whoosh import query

from index.analysis import Token, analyze, stem
from search.engine import Span

SNIPPET = 1000
"""The longest text, in code points, that is shown whole in a result."""

WINDOW = 150
"""How much of a longer text is shown on either side of a match, in code points."""


def matches(tree: query.Query, text: str) -> tuple[Span, ...]:
    """Give the spans that made a text match: ascending, disjoint, none if it does not match."""
    return _merged(_spans(tree, _Words(text)) or [])


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
    shown: list[str] = []
    room, last = SNIPPET, 0
    for window in _windows(text, spans):
        if room <= 0:
            break
        shown.append("… " if window.start > last else "")
        end = min(window.end, window.start + room)
        inside = [s for s in spans if window.start <= s.start and s.end <= end]
        shifted = [Span(s.start - window.start, s.end - window.start) for s in inside]
        shown.append(marked(text[window.start : end], shifted))
        room, last = room - (end - window.start), end
    return "".join(shown) + (" …" if last < len(text) else "")


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
    """The tokens of a paragraph by form, by stem and by position."""

    def __init__(self, text: str) -> None:
        self.tokens = analyze(text)
        self._found: dict[tuple[str, str], list[Token]] = {}
        for token in self.tokens:
            self._found.setdefault(("form", token.form), []).append(token)
            self._found.setdefault(("text", token.stem), []).append(token)

    def find(self, field: str, word: str) -> list[Token]:
        """Give the tokens that a word matches: in the field `text` by stem, else as typed."""
        return self._found.get((field, stem(word) if field == "text" else word), [])


_Spans = list[Span] | None
"""The spans of what matches, or None where it does not."""


def _spans(node: query.Query, words: _Words) -> _Spans:
    match node:
        case query.Term():
            return _of(words.find(node.fieldname, node.text))
        case query.Prefix():
            return _of([token for token in words.tokens if token.form.startswith(node.text)])
        case query.Phrase():
            return _phrase(node, words)
        case query.And():
            parts = [_spans(n, words) for n in node.subqueries]
            return None if None in parts else _flat(parts)
        case query.Or() | query.DisjunctionMax():
            parts = [_spans(n, words) for n in node.subqueries]
            return None if not any(part is not None for part in parts) else _flat(parts)
        case query.AndMaybe():
            required = _spans(node.a, words)
            return None if required is None else _flat([required, _spans(node.b, words)])
        case query.Not():
            return [] if _spans(node.query, words) is None else None
    return []


def _of(tokens: list[Token]) -> _Spans:
    return [Span(token.start, token.end) for token in tokens] or None


def _flat(parts: Iterable[_Spans]) -> list[Span]:
    return [span for part in parts for span in part or []]


def _phrase(node: query.Phrase, words: _Words) -> _Spans:
    """Mark each occurrence of a phrase as one, from its first word to its last."""
    first, *others = ({t.position: t for t in words.find(node.fieldname, w)} for w in node.words)
    return [
        Span(token.start, others[-1][position + len(others)].end if others else token.end)
        for position, token in first.items()
        if all(position + i in other for i, other in enumerate(others, 1))
    ] or None
