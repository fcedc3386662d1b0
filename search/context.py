"""What the title and the nearest heading above add to a paragraph's score, by section."""

from collections.abc import Callable, Iterable
from functools import reduce

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec.layout import HEADLINE, NONE
from search import filters, score
from search.score import F64
from search.where import Where

I64 = npt.NDArray[np.int64]

Sections = tuple[I64, F64]
"""Sections, ascending, and what each adds to its paragraphs."""

NOWHERE: Sections = (np.empty(0, np.int64), np.empty(0))


def context(tree: query.Query, where: Where, boost: float = 1.0) -> Sections:
    """Give the sections of a segment to which the words of a tree add."""
    if filters.only(tree):
        return NOWHERE
    boost *= getattr(tree, "boost", 1.0)

    def below(nodes: Iterable[query.Query]) -> list[Sections]:
        return [context(node, where, boost) for node in nodes]

    def of_words(words: Iterable[str]) -> Sections:
        found = [_of_word(word, boost, where) for word in words]
        return reduce(_sum, found, NOWHERE)

    match tree:
        case query.Term():
            return of_words([tree.text])
        case query.Phrase():
            return of_words(tree.words)
        case SpanNear2():
            return of_words(word.text for word in tree.qs)
        case query.DisjunctionMax():
            return reduce(_larger, below(tree.subqueries), NOWHERE)
        case query.And() | query.Or():
            return reduce(_sum, below(tree.subqueries), NOWHERE)
        case query.AndMaybe():
            return reduce(_sum, below((tree.a, tree.b)))
    return NOWHERE


def _of_word(word: str, boost: float, where: Where) -> Sections:
    _, words, idf = where.statistics.word("text", word)
    found = words[where.place]
    if found is None:
        return NOWHERE
    data = where.segment.data
    ordinals = data.headlines(found.place.term).astype(np.int64)
    if not len(ordinals):
        return NOWHERE
    section = (data.section[ordinals] & ~np.uint32(HEADLINE)).astype(np.int64)
    titles = data.section_heading[section] == NONE
    share = boost * idf
    # A title stands over all sections of its document, which are neighbours.
    begins = section[titles]
    sizes = np.searchsorted(data.section_title, ordinals[titles], "right") - begins
    ends = np.cumsum(sizes)
    titled = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
    headed = section[~titles]
    return _sum(
        (titled, np.full(len(titled), _rounded(score.TITLE_WEIGHT * share))),
        (headed, np.full(len(headed), _rounded(score.SECTION_WEIGHT * share))),
    )


def _rounded(value: float) -> float:
    return float(score.quantized(np.array(value)))


def _sum(a: Sections, b: Sections) -> Sections:
    return _combined(a, b, np.add)


def _larger(a: Sections, b: Sections) -> Sections:
    return _combined(a, b, np.maximum)


def _combined(a: Sections, b: Sections, combine: Callable[[F64, F64], F64]) -> Sections:
    if not len(a[0]) or not len(b[0]):
        return a if len(a[0]) else b
    sections = np.union1d(a[0], b[0])
    values = [np.zeros(len(sections)), np.zeros(len(sections))]
    for (some, added), value in zip((a, b), values, strict=True):
        value[np.searchsorted(sections, some)] = added
    return sections, combine(*values)
