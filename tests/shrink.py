"""The smallest case of a difference, so that a person can follow it."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from against_oracle import Ask, Case, Failure, Pair, Question
from random_requests import Asked
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.model import Paragraph

PATIENCE = 120
"""How many seconds a smaller case is looked for."""

T = TypeVar("T")


def shrunk(failure: Failure) -> Failure:
    """Take away whatever the difference does without, the most first, until nothing is left."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (smaller := _smaller_failure(failure, end)):
        failure = smaller
    return failure


def _smaller_failure(failure: Failure, end: float) -> Failure | None:
    case, ask, _ = failure
    simpler = ((case, smaller) for smaller in _asks(ask))
    for smaller in chain(simpler, ((smaller, ask) for smaller in _cases(case))):
        if time.monotonic() > end:
            return None
        if error := failing(*smaller):
            return *smaller, error
    return None


def failing(case: Case, ask: Question) -> Exception | None:
    """Give what a case fails with, if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            Pair(Path(folder), case).check(ask)
        except Exception as error:  # an exception of the engine is a difference, too
            return error
    return None


def _asks(ask: Question) -> Iterator[Question]:
    return _requests(ask) if isinstance(ask, Asked) else _trees(ask)


def _requests(asked: Asked) -> Iterator[Asked]:
    """Give simpler requests; a query of which words are taken away is read by the parser."""
    request, meaning = asked.request, asked.meaning
    for change in (
        {"sort": "score"},
        {"group": "none"},
        {"scope": "paragraph"},
        {"match": "all"},
        {"offset": 0},
        {"limit": 100},
        *({"facets": names} for names in _fewer(request.facets)),
        *({"filters": filters} for filters in _fewer(request.filters)),
    ):
        if replace(request, **change) != request:
            yield Asked(replace(request, **change), meaning)
    if meaning:
        yield Asked(request)
    for words in _fewer(request.query.split()):
        yield Asked(replace(request, query=" ".join(words)))


def _trees(ask: Ask) -> Iterator[Ask]:
    for change in (
        {"among": None},
        {"context": False},
        {"k": None},
        {"count": True},
        {"documents": True},
    ):
        if replace(ask, **change) != ask:
            yield replace(ask, **change)
    for tree in trees(ask.tree):
        yield replace(ask, tree=tree)


def trees(node: query.Query) -> Iterator[query.Query]:
    """Give the trees that are one step simpler."""
    yield from node.children()
    match node:
        case query.And() | query.Or() | query.DisjunctionMax():
            for nodes in chain(_fewer(node.subqueries), _simpler(node.subqueries)):
                yield type(node)(list(nodes), boost=node.boost)
        case query.AndMaybe():
            yield from (query.AndMaybe(*nodes) for nodes in _simpler(node.subqueries))
        case query.Not():
            yield from (query.Not(simpler) for simpler in trees(node.query))
        case query.Phrase():
            for words in _fewer(node.words):
                yield query.Phrase(node.fieldname, words, boost=node.boost)
        case SpanNear2():
            yield from (SpanNear2(qs, slop=node.slop, ordered=False) for qs in _fewer(node.qs))
    if getattr(node, "boost", 1.0) != 1.0:
        yield node.with_boost(1.0)


def _simpler(nodes: Sequence[query.Query]) -> Iterator[list[query.Query]]:
    """Give a list of nodes with one of them simpler."""
    for i, node in enumerate(nodes):
        for simpler in trees(node):
            yield [*nodes[:i], simpler, *nodes[i + 1 :]]


def _cases(case: Case) -> Iterator[Case]:
    """Give cases of fewer documents, fewer deleted ones, fewer segments, then of shorter texts."""
    placed = [(n, document) for n, documents in enumerate(case.segments) for document in documents]
    for kept in _fewer(placed):
        yield replace(case, segments=_segments(kept))
    if case.deleted:
        yield replace(case, deleted=frozenset())
    for i in range(len(case.segments) - 1):
        before, (a, b), after = case.segments[:i], case.segments[i : i + 2], case.segments[i + 2 :]
        yield replace(case, segments=(*before, [*a, *b], *after))
    if len(placed) <= 8:
        for i, (number, document) in enumerate(placed):
            for shorter in _documents(document):
                changed = [*placed[:i], (number, shorter), *placed[i + 1 :]]
                yield replace(case, segments=_segments(changed))


def _segments(placed: Sequence[tuple[int, tuple[Paragraph, ...]]]) -> tuple:
    return tuple([d for _, d in run] for _, run in groupby(placed, key=itemgetter(0)))


def _documents(document: tuple[Paragraph, ...]) -> Iterator[tuple[Paragraph, ...]]:
    """Give the document with fewer of its last paragraphs, then with fewer words in one."""
    for length in (1, len(document) // 2, len(document) - 1):
        if 0 < length < len(document):
            yield document[:length]
    for i, paragraph in enumerate(document):
        for words in _fewer(paragraph.text.split()):
            text = " ".join(words)
            behind = [_below(paragraph, text, other) for other in document[i + 1 :]]
            yield (*document[:i], replace(paragraph, text=text), *behind)


def _below(changed: Paragraph, text: str, paragraph: Paragraph) -> Paragraph:
    """Give a paragraph behind one whose text is another now: it may be the section's heading."""
    is_below = changed.kind == "heading" and paragraph.section == changed.text
    return replace(paragraph, section=text) if is_below else paragraph


def _fewer(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Leave out stretches, the longest first; something stays, save of words."""
    size = len(items)
    while size := size // 2:
        for start in range(0, len(items), size):
            yield items[:start] + items[start + size :]
