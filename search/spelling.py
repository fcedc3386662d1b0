"""Did you mean: words that are not in the index, or hardly, replaced by words that are.

A noisy channel (Kernighan, Church and Gale, "A spelling correction program based on a noisy channel
model", 1990): of the forms that are an error or two away, the best is the one that is frequent, and
above all frequent in paragraphs that have the other words of the query. What is offered is the
query with nothing but those words replaced, and it is offered only where it finds clearly more.
"""

from collections.abc import Sequence
from functools import partial
from math import log10
from typing import NamedTuple

from whoosh import query

from index.analysis import stem
from index.snapshot import Snapshot
from search import lexicon, typed
from search.engine import Suggestion
from search.execute import execute
from search.lexicon import Near
from search.query import parse
from search.typed import Typed

SHORTEST = 4
"""The shortest word that is taken for misspelt."""

LONG = 6
"""From how many letters on a word may have two errors."""

CANDIDATES = 8
"""How many forms are tried for a word."""

DOUBTFUL = 4
"""How many words of a query are corrected."""

RARE = 100_000
"""A form in more than one of so many paragraphs is not doubted."""

MORE = 100
"""How many times more frequent the other form must be than one that is known, but rare."""

CLEARLY = 5
"""How many times more the other query must find, where the one typed finds something."""

_ERROR = 2.0
_FIRST = 1.0
_SWAPPED = 0.5
_APART = 0.001
"""What an error costs, one in the first letter besides, and how much less letters in another order,
in powers of ten of frequency; and what a paragraph counts that has the word without the others."""


class _Doubt(NamedTuple):
    word: Typed
    candidates: list[Near]


def corrected(snapshot: Snapshot, text: str, total: int) -> Suggestion | None:
    """Give what may have been meant by a query that finds `total` paragraphs, or None."""
    words = typed.words(text)
    counts = [snapshot.form(word.form).df for word in words]
    doubts = _doubts(snapshot, words, counts)
    if not doubts:
        return None
    doubtful = {doubt.word for doubt in doubts}
    sure = [w.form for w, n in zip(words, counts, strict=True) if n and w not in doubtful]
    chosen = []
    for doubt in doubts:
        best = max(doubt.candidates, key=partial(_likelihood, snapshot, text, doubt.word, sure))
        sure.append(best.form)
        chosen.append((doubt.word, best.form))
    return _offer(snapshot, text, chosen, total)


def _doubts(snapshot: Snapshot, words: Sequence[Typed], counts: Sequence[int]) -> list[_Doubt]:
    """Give the words that are unknown, or rare beside one that is near, and what is near them."""
    found = []
    for word, known in zip(words, counts, strict=True):
        if len(word.form) < SHORTEST or known * RARE > snapshot.paragraph_count:
            continue
        most = 2 if len(word.form) >= LONG and not known else 1
        near = lexicon.near(snapshot, word.form, most, CANDIDATES)
        fitting = [
            n for n in near if n.errors and n.frequency > known * MORE and _is_other(n, word)
        ]
        if fitting:
            found.append(_Doubt(word, fitting))
    return found[:DOUBTFUL]


def _is_other(near: Near, word: Typed) -> bool:
    return word.quoted or stem(near.form) != stem(word.form)


def _likelihood(
    snapshot: Snapshot, text: str, word: Typed, others: Sequence[str], near: Near
) -> float:
    beside = None
    if word.quoted:  # the words beside it must not only be there
        beside = _total(snapshot, typed.replaced(text, word.start, word.end, near.form))
    elif others:
        terms = [query.Term("text", form) for form in (near.form, *others)]
        beside = execute(snapshot, query.And(terms), 0, context=False).total
    alone = near.frequency if beside is None else _APART * near.frequency
    is_swapped = sorted(near.form) == sorted(word.form)
    cost = _ERROR * near.errors + _FIRST * (near.form[0] != word.form[0]) - _SWAPPED * is_swapped
    return log10(alone + (beside or 0)) - cost


def _offer(
    snapshot: Snapshot, text: str, chosen: Sequence[tuple[Typed, str]], total: int
) -> Suggestion | None:
    other = text
    for word, form in sorted(chosen, reverse=True):  # from behind, so that places stay
        written = typed.in_case(form, text[word.start : word.end])
        other = typed.replaced(other, word.start, word.end, written)
    found = _total(snapshot, other)
    return Suggestion("spelling", other, found) if found > CLEARLY * total else None


def _total(snapshot: Snapshot, text: str) -> int:
    return execute(snapshot, parse(text).tree, 0).total or 0
