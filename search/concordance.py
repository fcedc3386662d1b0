"""A concordance: each occurrence of a query's words with the text on either side of it.

The form is that of H. P. Luhn, "Keyword-in-context index for technical literature" (1960). Of a
word, a pattern or a phrase by itself the occurrences are counted in the index, and only the texts
of the lines asked for are read, or for sorting those of all. Of any other query the occurrences are
the marks in the paragraphs that match, which are all read. No more than MAX_WORDS words are read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from whoosh import query

from index.analysis import Token, analyze, stem
from index.codec.lengths import DECODED
from index.snapshot import Snapshot
from search import highlight
from search.budget import Budget
from search.engine import Line, Order, Span
from search.execute import execute
from search.frequencies import frequencies
from search.patterns import PATTERNS, matcher
from search.statistics import Ordinals
from search.where import everywhere

MAX_WORDS = 200_000
"""How many words of text are read to sort lines, or to find what the index does not count."""

NEIGHBOURS = 3
"""By how many words on either side lines are sorted."""


class Lines(NamedTuple):
    """Some of the lines of a concordance; `total` counts all, exactly unless `partial`."""

    lines: list[Line]
    total: int
    partial: bool
    warnings: tuple[str, ...]


class _Occurrence(NamedTuple):
    """A keyword's place, and the forms of the words on either side of it, the nearest first."""

    ordinal: int
    span: Span
    text: str
    left: list[str]
    right: list[str]


class _Places(NamedTuple):
    """The paragraphs with occurrences, ascending, and how many those up to each of them have."""

    ordinals: Ordinals
    ends: Ordinals

    @property
    def total(self) -> int:
        return self.up_to(len(self.ends))

    def up_to(self, paragraphs: int) -> int:
        """Count the occurrences in the first so many paragraphs."""
        return int(self.ends[paragraphs - 1]) if paragraphs else 0


Finder = Callable[[str, list[Token]], list[Span]]
"""Finds the occurrences in a text, given its tokens."""


def concordance(  # noqa: PLR0913  # what is asked for is named
    snapshot: Snapshot, tree: query.Query, *, width: int, sort: Order, limit: int, offset: int
) -> Lines:
    """Give the lines of rank `offset` and on, up to `limit`, `width` code points on either side.

    Where there are more than can be sorted, those follow in the order of the index. Raises Damaged.
    """
    find, warnings = _finder(tree), list[str]()
    if find:
        places, partial = _counted(snapshot, tree), False
    else:
        find = _marks(tree)
        places, partial = _read(snapshot, tree, find)
        if partial:
            warnings = [f"only the first {len(places.ordinals):,} paragraphs that match were read"]
    key = _KEYS.get(sort)
    most = places.up_to(_readable(snapshot, places.ordinals)) if key else 0
    if key and places.total > most:
        warnings.append(f"only the first {most:,} of {places.total:,} occurrences are sorted")
    if key and offset < most:
        found = sorted(_from(snapshot, places, find, 0, most), key=key)[offset : offset + limit]
        offset, limit = offset + len(found), limit - len(found)
    else:
        found = []
    found += _from(snapshot, places, find, offset, limit)
    lines = [_line(snapshot, each, width) for each in found]
    return Lines(lines, places.total, partial, tuple(warnings))


# Where the occurrences are.


def _counted(snapshot: Snapshot, leaf: query.Query) -> _Places:
    """Count the occurrences of a word, a pattern or a phrase, as the index has them."""
    ordinals, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for where in everywhere(snapshot):
        found, often = frequencies(leaf, where, Budget()) or (ordinals[0], counts[0])
        live = where.segment.live
        kept = np.ones(len(found), np.bool_) if live is None else live[found]
        ordinals.append(found[kept] + where.segment.base)
        counts.append(often[kept].astype(np.int64))
    return _Places(np.concatenate(ordinals), np.cumsum(np.concatenate(counts)))


def _read(snapshot: Snapshot, tree: query.Query, find: Finder) -> tuple[_Places, bool]:
    """Count the occurrences in the paragraphs that match; tell whether there are more of these."""
    matching = np.sort(execute(snapshot, tree).ordinals)
    ordinals = matching[: _readable(snapshot, matching)]
    texts = (_text(snapshot, ordinal) for ordinal in ordinals.tolist())
    counts = [len(find(text, [])) for text in texts]
    return _Places(ordinals, np.cumsum(counts, dtype=np.int64)), len(matching) > len(ordinals)


def _readable(snapshot: Snapshot, ordinals: Ordinals) -> int:
    """Count the paragraphs, from the first on, that have MAX_WORDS words together: one at least."""
    lengths = [np.empty(0, np.uint32)]
    for segment in snapshot.segments:
        first, last = np.searchsorted(
            ordinals, segment.base + np.array([0, segment.data.paragraph_count])
        )
        lengths.append(DECODED[segment.data.length[ordinals[first:last] - segment.base]])
    within = int(np.searchsorted(np.cumsum(np.concatenate(lengths)), MAX_WORDS, "right"))
    return min(max(1, within), len(ordinals))


def _from(
    snapshot: Snapshot, places: _Places, find: Finder, offset: int, limit: int
) -> Iterator[_Occurrence]:
    """Yield the occurrences of rank `offset` and on, in the order of the index."""
    first = int(np.searchsorted(places.ends, offset, "right"))
    before = int(places.ends[first - 1]) if first else 0
    ordinals = places.ordinals[first : first + offset - before + limit].tolist()
    found = (each for ordinal in ordinals for each in _in_paragraph(snapshot, ordinal, find))
    return islice(found, offset - before, offset - before + limit)


def _in_paragraph(snapshot: Snapshot, ordinal: int, find: Finder) -> Iterator[_Occurrence]:
    text = _text(snapshot, ordinal)
    tokens = analyze(text)
    words = list({token.position: token for token in reversed(tokens)}.values())[::-1]
    begins, ends = [word.start for word in words], [word.end for word in words]
    for span in find(text, tokens):
        last, first = bisect_right(ends, span.start), bisect_left(begins, span.end)
        left = [word.form for word in words[max(0, last - NEIGHBOURS) : last]]
        right = [word.form for word in words[first : first + NEIGHBOURS]]
        yield _Occurrence(ordinal, span, text, left[::-1], right)


def _text(snapshot: Snapshot, ordinal: int) -> str:
    segment, local = snapshot.locate(ordinal)
    return segment.data.text(local)


# What an occurrence is in a text.


def _finder(tree: query.Query) -> Finder | None:
    """Give what finds a word, a pattern or a phrase of the text; None for another query."""
    match tree:
        case query.Term(fieldname="text"):
            wanted = stem(tree.text)
            return _words(lambda token: token.stem == wanted)
        case query.Term(fieldname="form"):
            return _words(lambda token: token.form == tree.text)
        case query.Phrase(fieldname="text" | "form", slop=1):
            return _phrases(tree)
    if isinstance(tree, PATTERNS) and tree.fieldname == "form":
        is_meant = matcher(tree)
        return _words(lambda token: is_meant(token.form))
    return None


def _words(is_wanted: Callable[[Token], bool]) -> Finder:
    return lambda _, tokens: [Span(t.start, t.end) for t in tokens if is_wanted(t)]


def _phrases(phrase: query.Phrase) -> Finder:
    by_stem = phrase.fieldname == "text"
    words = [stem(word) if by_stem else word for word in phrase.words]

    def find(_: str, tokens: list[Token]) -> list[Span]:
        found: dict[str, dict[int, Token]] = {word: {} for word in words}
        for token in tokens:
            found.get(token.stem if by_stem else token.form, {})[token.position] = token
        begins = sorted(set.intersection(*({p - i for p in found[w]} for i, w in enumerate(words))))
        last = len(words) - 1
        return [Span(found[words[0]][p].start, found[words[last]][p + last].end) for p in begins]

    return find


def _marks(tree: query.Query) -> Finder:
    return lambda text, _: list(highlight.matches(tree, text))


# The order and the form of lines.


def _side(name: str, first: int) -> Callable[[_Occurrence], list[str]]:
    def key(occurrence: _Occurrence) -> list[str]:
        words: list[str] = getattr(occurrence, name)
        return words[first:]

    return key


def _keyword(occurrence: _Occurrence) -> list[str]:
    span = occurrence.span
    return [occurrence.text[span.start : span.end].casefold(), *occurrence.right]


_KEYS: dict[str, Callable[[_Occurrence], list[str]]] = {
    "keyword": _keyword,
    "left": _side("left", 0),
    "left2": _side("left", 1),
    "left3": _side("left", 2),
    "right": _side("right", 0),
    "right2": _side("right", 1),
    "right3": _side("right", 2),
}


def _line(snapshot: Snapshot, occurrence: _Occurrence, width: int) -> Line:
    info, _, paragraph, _ = snapshot.paragraph(occurrence.ordinal)
    text, span = paragraph.text, occurrence.span
    start, end = span.start, span.end
    first, last = max(0, start - width), min(len(text), end + width)
    if first and not text[first - 1].isspace():  # no line begins or ends inside of a word
        first = text.find(" ", first, start) + 1 or first
    if last < len(text) and not text[last].isspace():
        last = max(text.rfind(" ", end, last), 0) or last
    return Line(
        text[first:start], text[start:end], text[end:last], occurrence.span, info, paragraph
    )
