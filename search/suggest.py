"""What a query may become while it is typed: a word finished, the next one, titles, headings.

A word or phrase is ranked by what it would find: the paragraphs with all of its words. The words
come from the dictionary, the most frequent first, and from the paragraphs that are best for what
was typed before, so that what stands beside the other words is found however rare it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import analyze, stem
from index.codec.layout import HEADLINE, NONE
from index.codec.segment import NOT_FOUND
from index.snapshot import OpenSegment, Snapshot
from search import lexicon, typed
from search.engine import Completion
from search.execute import execute
from search.query import parse

FORGIVEN = 4
"""From how many letters on a typing error is forgiven in the word that is being typed."""

SHORTEST = 2
"""From how many letters on titles and headings are looked for."""

READ = 300
"""The longest text, in code points, for which there are suggestions."""

_BEFORE = 4
"""How many words before the one being typed count."""

_PARAGRAPHS = 32
_CHARACTERS = 12_000
"""How many paragraphs are read for words that stand beside those typed, and how much of them."""

_COUNTED = 8
"""How many words of the dictionary, and how many beside those typed, it is counted for."""

_BY_CHANCE = 4
"""A word that stands no more than so many times as often beside those typed as chance has it comes
last: paragraphs are long and short, so that chance alone makes three."""

_CORRECTED = 100
"""How many times more a corrected beginning must find to come before one as typed."""

_LINES = 3
"""How many titles and how many headings are given at most."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_PLAIN = re.compile(r"""[^"“”„‟«»:*?~/=()+-]*\Z""")

I64 = npt.NDArray[np.int64]

Kind = Literal["word", "phrase", "title", "heading"]


class _Asked(NamedTuple):
    """What was typed.

    `before` is the text before the word that is being typed, of which the `words` are; `begun` is
    what there is of the word, and `prefix` the same, normalised.
    """

    before: str
    words: tuple[str, ...]
    begun: str
    prefix: str

    def finished(self, form: str) -> str:
        """Give the text with the word finished, written as it was begun."""
        if form == self.prefix:
            return self.before + self.begun
        return self.before + typed.in_case(form, self.begun)


class _Candidate(NamedTuple):
    form: str
    follows: bool  # the last of the words typed, in a paragraph
    errors: int


def suggest(snapshot: Snapshot, text: str, limit: int) -> tuple[Completion, ...]:
    """Give up to `limit` suggestions, words and phrases first, by what they find.

    Nothing for a text with quotation marks, signs or NOT: what it leaves out is its writer's to
    say. Raises Damaged.
    """
    asked = _read(text)
    if asked is None or limit < 1:
        return ()
    words = _words(snapshot, asked, limit)
    lines = _lines(snapshot, asked)
    room = max(limit - len(lines), (limit + 1) // 2)
    return (*words[:room], *lines[: limit - min(room, len(words))])


def _read(text: str) -> _Asked | None:
    if len(text) > READ or not _PLAIN.match(text):
        return None
    tokens = analyze(text)
    if not tokens:
        return None
    last = tokens[-1]
    is_typing = last.end == len(text) and last.form.isalpha()
    done = tokens[:-1] if is_typing else tokens
    before = text[: last.start] if is_typing else text.rstrip() + " "
    written = [text[token.start : token.end] for token in done]
    if "NOT" in written:
        return None
    words = [t.form for t, word in zip(done, written, strict=True) if word not in ("AND", "OR")]
    begun, prefix = (text[last.start :], last.form) if is_typing else ("", "")
    return _Asked(before, tuple(words[-_BEFORE:]), begun, prefix)


# Words and phrases.


def _words(snapshot: Snapshot, asked: _Asked, limit: int) -> list[Completion]:
    found: list[tuple[float, Completion]] = []
    before = _total(snapshot, asked.before) if asked.words else 0
    for form, follows, errors in _candidates(snapshot, asked):
        text = asked.finished(form)
        total = _total(snapshot, text)
        if total:
            value = total / _CORRECTED**errors
            chance = before * snapshot.term(stem(form)).df / snapshot.with_tokens
            value -= 0 if follows or total > _BY_CHANCE * chance else snapshot.ordinal_count
            kind: Kind = "phrase" if follows else "word"
            found.append((value, Completion(text, kind, total)))
    found.sort(key=lambda each: (-each[0], each[1].text))
    return [completion for _, completion in found[:limit]]


def _total(snapshot: Snapshot, text: str) -> int:
    return execute(snapshot, parse(text).tree, 0, context=False).total or 0


def _candidates(snapshot: Snapshot, asked: _Asked) -> Iterable[_Candidate]:
    """Give forms, each stem once: those beside the words typed, then the most frequent."""
    given: dict[str, _Candidate] = {}
    beside = _beside(snapshot, asked) if asked.words else ()
    for form, follows in beside:
        given.setdefault(stem(form), _Candidate(form, follows, 0))
    if asked.prefix:
        near = lexicon.beginning(snapshot, asked.prefix, _COUNTED if asked.words else 4 * _COUNTED)
        if len(near) < _COUNTED and len(asked.prefix) >= FORGIVEN:
            near += lexicon.near(snapshot, asked.prefix, 1, _COUNTED, beginnings=True)
        for each in near:
            given.setdefault(stem(each.form), _Candidate(each.form, False, each.errors))
    return given.values()


def _beside(snapshot: Snapshot, asked: _Asked) -> list[tuple[str, bool]]:
    """Give the words in the best paragraphs that begin as typed, and whether they follow."""
    tree = query.And([query.Term("text", word) for word in dict.fromkeys(asked.words)])
    best = execute(snapshot, tree, _PARAGRAPHS, count=False, context=False).ordinals
    follows: Counter[str] = Counter()
    others: Counter[str] = Counter()
    read, last = 0, stem(asked.words[-1])
    for ordinal in best.tolist():
        segment, local = snapshot.locate(ordinal)
        text = segment.data.text(local)[: _CHARACTERS - read]
        read += len(text)
        words = _WORD.findall(text.lower())
        for before, word in zip(["", *words], words, strict=False):
            if word.startswith(asked.prefix):
                (follows if stem(before) == last else others)[word] += 1
        if read >= _CHARACTERS:
            break
    chosen = [(word, True) for word, _ in follows.most_common(_COUNTED)]
    if asked.prefix:
        chosen += [(word, False) for word, _ in others.most_common(_COUNTED - len(chosen))]
    return [(word, f) for word, f in chosen if word not in asked.words]


# Titles and headings.


def _lines(snapshot: Snapshot, asked: _Asked) -> list[Completion]:
    """Give titles, then headings, that have the words and begin the last: short ones first."""
    if len(asked.prefix) < SHORTEST and not asked.words:
        return []
    titles: list[tuple[int, int]] = []
    headings: list[tuple[int, int]] = []
    for segment in snapshot.segments:
        ordinals = _headlines(segment, asked)
        if segment.live is not None:
            ordinals = ordinals[segment.live[ordinals]]
        section = segment.data.section[ordinals] & ~np.uint32(HEADLINE)
        are_titles = segment.data.section_heading[section] == NONE
        for chosen, into in ((are_titles, titles), (~are_titles, headings)):
            lengths = segment.data.length[ordinals[chosen]]
            order = np.argsort(lengths, kind="stable")[: 4 * _LINES]
            places = ordinals[chosen][order] + segment.base
            into.extend(zip(lengths[order].tolist(), places.tolist(), strict=True))
    return [*_shown(snapshot, titles), *_shown(snapshot, headings)]


def _headlines(segment: OpenSegment, asked: _Asked) -> I64:
    """Give the titles and headings of a segment, ascending, that have the words."""
    data = segment.data
    found = None
    for word in asked.words:
        term = data.terms.find(stem(word).encode(errors="replace"))
        if term == NOT_FOUND:
            return np.empty(0, np.int64)
        having = data.headlines(term)
        found = having if found is None else np.intersect1d(found, having, assume_unique=True)
    if asked.prefix:
        forms = data.forms.prefixed(asked.prefix.encode(errors="replace"))
        terms = np.unique(data.forms_of_terms[0][forms.start : forms.stop])
        having = data.headlines_of(terms)
        found = np.unique(having) if found is None else np.intersect1d(found, having)
    return np.empty(0, np.int64) if found is None else found.astype(np.int64)


def _shown(snapshot: Snapshot, places: Sequence[tuple[int, int]]) -> list[Completion]:
    found: dict[str, Completion] = {}
    for _, ordinal in sorted(places):
        if len(found) == _LINES:
            break
        segment, local = snapshot.locate(ordinal)
        span = segment.data.span(segment.data.document_of(local))
        _, _, line, _ = snapshot.paragraph(ordinal)
        below = span.stop if line.kind == "title" else _section_end(segment, local, span.stop)
        kind: Kind = "title" if line.kind == "title" else "heading"
        found.setdefault(line.text, Completion(line.text, kind, below - local - 1, line))
    return list(found.values())


def _section_end(segment: OpenSegment, heading: int, end: int) -> int:
    """Give where the paragraphs below a heading end."""
    section = segment.data.section[heading + 1 : end]
    other = np.flatnonzero(section != segment.data.section[heading] & ~np.uint32(HEADLINE))
    return heading + 1 + int(other[0]) if len(other) else end
