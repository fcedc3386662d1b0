"""A concordance: each occurrence of a query's words with the text on either side of it.

The form is that of H. P. Luhn, "Keyword-in-context index for technical literature" (1960). Of a
word, a pattern or a phrase by itself the occurrences are counted in the index, and only the texts
of the lines asked for are read, or for sorting those of all. Of any other query the occurrences are
the marks in the paragraphs that match, which are all read. No more than MAX_WORDS words are read.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from whoosh import query

from index.analysis import Token, stem
from index.codec.lengths import DECODED
from index.snapshot import Snapshot
from search.budget import Budget
from search.engine import ConcordanceRequest, Line, Order, Span
from search.execute import execute
from search.expansions import ordinals_of
from search.frequencies import frequencies
from search.highlight import Marker
from search.patterns import PATTERNS
from search.sought import Sought, tokens_of
from search.statistics import Ordinals
from search.where import everywhere

MAX_WORDS = 200_000
"""How many words of text are read to sort lines, or to find what the index does not count."""

NEIGHBOURS = 3
"""By how many words on either side lines are sorted."""

REACH = 120
"""How far from the keyword those are looked for, in code points."""


class Lines(NamedTuple):
    """Some of the lines of a concordance; `total` counts all.

    It is `partial` where that is too low, or the time was over before all was sorted that could be.
    """

    lines: list[Line]
    total: int
    partial: bool
    warnings: tuple[str, ...]


class _Occurrence(NamedTuple):
    """A keyword's place in the text of a paragraph."""

    ordinal: int
    text: str
    span: Span


class _Spot(NamedTuple):
    """An occurrence without its text."""

    ordinal: int
    span: Span


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


NOWHERE = _Places(np.empty(0, np.int64), np.empty(0, np.int64))


class _Found(NamedTuple):
    """What is found of a query: the first occurrences, as they are sorted, and what `Lines` says.

    Those that are not sorted follow, at their `places`.
    """

    first: list[_Spot]
    places: _Places
    total: int
    partial: bool
    warnings: tuple[str, ...]


Finder = Callable[[str], Iterable[Span]]
"""Finds the occurrences in a text."""

Key = Callable[[_Occurrence], list[str]]
"""Gives by what an occurrence is sorted."""

_Keyed = tuple[list[str], _Spot]


def concordance(
    snapshot: Snapshot, tree: query.Query, request: ConcordanceRequest, budget: Budget
) -> Lines:
    """Give the lines that a request wants of a query.

    Where there are more than can be sorted, those follow in the order of the index. Raises Damaged.
    """
    find, key = _finder(tree, budget), _KEYS[request.sort]
    first, last = request.offset, request.offset + request.limit
    if find is None:
        found = _read(snapshot, tree, key, budget)
    else:
        found = _sorted(snapshot, tree, find, key, budget)
    spots = found.first[first:last]
    is_sorted = find is None or last <= len(found.first)
    again = None if is_sorted else _finder(tree, Budget(budget.milliseconds, budget.clock))
    if again:
        rest = _from(snapshot, found.places, again, max(first, len(found.first)))
        spots += [_spot(each) for each in islice(rest, request.limit - len(spots))]
    lines = [_line(snapshot, each, request.width) for each in spots]
    partial, warnings = found.partial, found.warnings
    if again and len(lines) < min(last, found.total) - first:
        partial, warnings = True, (*warnings, f"{budget.over()} before all lines were read")
    return Lines(lines, found.total, partial, warnings)


def _spot(occurrence: _Occurrence) -> _Spot:
    return _Spot(occurrence.ordinal, occurrence.span)


# Where the occurrences are.


def _counted(snapshot: Snapshot, leaf: query.Query, budget: Budget) -> _Places:
    """Count the occurrences of a word, a pattern or a phrase, as the index has them."""
    ordinals, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for where in everywhere(snapshot):
        found, often = frequencies(leaf, where, budget) or (ordinals[0], counts[0])
        live = where.segment.live
        kept = np.ones(len(found), np.bool_) if live is None else live[found]
        ordinals.append(found[kept] + where.segment.base)
        counts.append(often[kept].astype(np.int64))
    return _Places(np.concatenate(ordinals), np.cumsum(np.concatenate(counts)))


def _from(snapshot: Snapshot, places: _Places, find: Finder, offset: int) -> Iterator[_Occurrence]:
    """Yield the occurrences of rank `offset` and on, in the order of the index."""
    first = int(np.searchsorted(places.ends, offset, "right"))
    before = int(places.ends[first - 1]) if first else 0
    ordinals = (int(ordinal) for ordinal in places.ordinals[first:])
    found = (each for ordinal in ordinals for each in _in_paragraph(snapshot, ordinal, find))
    return islice(found, offset - before, None)


def _sorted(
    snapshot: Snapshot, leaf: query.Query, find: Finder, key: Key | None, budget: Budget
) -> _Found:
    """Count the occurrences of a leaf; sort as many as there is room and time for."""
    places, keyed = _counted(snapshot, leaf, budget), list[_Keyed]()
    warnings = budget.warnings()
    if key is None:
        return _Found([], places, places.total, bool(warnings), tuple(warnings))
    most = places.up_to(_readable(snapshot, places.ordinals))
    for each in islice(_from(snapshot, places, find, 0), most):
        if keyed and budget.is_up():
            break
        keyed.append((key(each), _spot(each)))
    if len(keyed) < places.total:
        why = ": then the time was over" if len(keyed) < most else ""
        of = f"{len(keyed):,} of {places.total:,} occurrences"
        warnings.append(f"only the first {of} are sorted{why}")
    is_partial = len(keyed) < most or bool(budget.cut)
    return _Found(_in_order(keyed), places, places.total, is_partial, tuple(warnings))


def _read(snapshot: Snapshot, tree: query.Query, key: Key | None, budget: Budget) -> _Found:
    """Find the occurrences in the paragraphs that match, as many as there is room and time for."""
    answer = execute(snapshot, tree, 0, documents=True, budget=budget)
    matching = [
        ordinals_of(bits) + segment.base
        for segment, bits in zip(snapshot.segments, answer.hits, strict=True)
    ]
    ordinals = np.concatenate([np.empty(0, np.int64), *matching])
    find, keyed, read = Marker(tree, budget).matches, list[_Keyed](), 0
    most = _readable(snapshot, ordinals)
    for ordinal in ordinals[:most].tolist():
        if read and budget.is_up():
            break
        here = _in_paragraph(snapshot, ordinal, find)
        keyed += [(key(each) if key else [], _spot(each)) for each in here]
        read += 1
    warnings = list(answer.warnings)
    if read < len(ordinals):
        why = ": then the time was over" if read < most else ""
        of = f"{read:,} of {len(ordinals):,} paragraphs that match"
        warnings.append(f"only the first {of} were read{why}")
    is_partial = answer.partial or read < len(ordinals)
    return _Found(_in_order(keyed), NOWHERE, len(keyed), is_partial, tuple(warnings))


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


def _in_order(keyed: list[_Keyed]) -> list[_Spot]:
    keyed.sort(key=lambda each: each[0])
    return [spot for _, spot in keyed]


def _in_paragraph(snapshot: Snapshot, ordinal: int, find: Finder) -> Iterator[_Occurrence]:
    segment, local = snapshot.locate(ordinal)
    text = segment.data.text(local)
    return (_Occurrence(ordinal, text, span) for span in find(text))


# What an occurrence is in a text.


def _finder(tree: query.Query, budget: Budget) -> Finder | None:
    """Give what finds a word, a pattern or a phrase of the text; None for another query."""
    if getattr(tree, "fieldname", "") not in ("text", "form"):
        return None
    if isinstance(tree, query.Phrase) and tree.slop == 1:
        return _phrases(tree, budget)
    if isinstance(tree, (query.Term, *PATTERNS)):
        sought = Sought(tree, budget)
        return lambda text: [Span(token.start, token.end) for token in sought.tokens(text)]
    return None


def _phrases(phrase: query.Phrase, budget: Budget) -> Finder:
    by_stem, sought = phrase.fieldname == "text", Sought(phrase, budget)
    words = [stem(word) if by_stem else word for word in phrase.words]

    def find(text: str) -> list[Span]:
        found: dict[str, dict[int, Token]] = {word: {} for word in words}
        for token in sought.tokens(text):
            found[token.stem if by_stem else token.form][token.position] = token
        begins = sorted(set.intersection(*({p - i for p in found[w]} for i, w in enumerate(words))))
        last = len(words) - 1
        return [Span(found[words[0]][p].start, found[words[last]][p + last].end) for p in begins]

    return find


# The order of lines.


class _Sides(NamedTuple):
    """The nearest words before a keyword and behind it, the nearest first."""

    left: list[str]
    right: list[str]


def _sides(occurrence: _Occurrence) -> _Sides:
    text, start, end = occurrence.text, occurrence.span.start, occurrence.span.end
    first, last = max(0, start - REACH), min(len(text), end + REACH)
    before, after = text[first:start].split(), text[end:last].split()
    head = before.pop() if start > first and not text[start - 1].isspace() else ""
    tail = after.pop(0) if last > end and not text[end].isspace() else ""
    own = _words(head + text[start:end] + tail)
    # What stands at the ends of the reach may go on beyond it.
    near, far = before[bool(first) :], after[: len(after) - (last < len(text))]
    left = [word.form for word in own if word.end <= len(head)][::-1]
    right = [word.form for word in own if word.start >= len(head) + end - start]
    while near and len(left) < NEIGHBOURS:
        left += [word.form for word in reversed(_words(near.pop()))]
    for stretch in far:
        if len(right) >= NEIGHBOURS:
            break
        right += [word.form for word in _words(stretch)]
    return _Sides(left[:NEIGHBOURS], right[:NEIGHBOURS])


def _words(stretch: str) -> list[Token]:
    """Give the first token of each position of what stands between two blanks."""
    return list({token.position: token for token in reversed(tokens_of(stretch))}.values())[::-1]


def _left(first: int) -> Key:
    return lambda occurrence: _sides(occurrence).left[first:]


def _right(first: int) -> Key:
    return lambda occurrence: _sides(occurrence).right[first:]


def _keyword(occurrence: _Occurrence) -> list[str]:
    text, start, end = occurrence.text, occurrence.span.start, occurrence.span.end
    return [text[start:end].casefold(), *_sides(occurrence).right]


_KEYS: dict[Order, Key | None] = {
    "document": None,
    "keyword": _keyword,
    "left": _left(0),
    "left2": _left(1),
    "left3": _left(2),
    "right": _right(0),
    "right2": _right(1),
    "right3": _right(2),
}


# The form of lines.


def _line(snapshot: Snapshot, spot: _Spot, width: int) -> Line:
    info, _, paragraph, _ = snapshot.paragraph(spot.ordinal)
    text, start, end = paragraph.text, spot.span.start, spot.span.end
    first, last = max(0, start - width), min(len(text), end + width)
    if first and not text[first - 1].isspace():  # no line begins or ends inside of a word
        first = text.find(" ", first, start) + 1 or first
    if last < len(text) and not text[last].isspace():
        last = max(text.rfind(" ", end, last), 0) or last
    return Line(text[first:start], text[start:end], text[end:last], spot.span, info, paragraph)
