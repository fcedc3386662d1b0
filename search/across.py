"""Documents that answer a query with all their paragraphs together, wherever its words stand.

AND, OR and NOT are meant of a document; a word or a phrase stands in it if it does in one of its
paragraphs. A document scores what each of the words does in its best paragraph for it, and these
paragraphs are shown; of one that matches without any of the words, by what it has not, its title.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.snapshot import Snapshot
from search.budget import Budget
from search.execute import Answer, execute
from search.expansions import Expansions
from search.general import General, Matches
from search.score import F64
from search.statistics import Ordinals, Statistics
from search.where import Where, everywhere

MAX_SHOWN = 32
"""For how many of a query's words a document's best paragraphs are shown."""

Bools = npt.NDArray[np.bool_]

TEXT = ("text", "form")
"""The fields of words; all others only narrow."""

_NONE = -1


class Found(NamedTuple):
    """Documents that match: their scores, and for each leaf the best paragraph, or -1.

    `scores` is f64, one a document; `best` i64 by document and leaf, ordinals of the snapshot.
    """

    scores: F64
    best: Ordinals


def shown(tree: query.Query) -> query.Query:
    """Give what the paragraphs that are shown have: any of the words that are wanted."""
    leaves = list(dict.fromkeys(_wanted(tree, 1.0)))[:MAX_SHOWN] or [query.Every()]
    return query.Or(leaves) if len(leaves) > 1 else leaves[0]


def across(snapshot: Snapshot, tree: query.Query, k: int, budget: Budget) -> Answer:
    """Find documents; give the best k of the paragraphs that are shown of them.

    They come document by document, the best first and of equal ones the one that stands first,
    and within a document as they stand in it. `total` counts all of them. Their scores are what
    `execute` gives for the tree that is `shown`. Raises Damaged.
    """
    any_of = shown(tree)
    leaves = any_of.subqueries if isinstance(any_of, query.Or) else [any_of]
    places = everywhere(snapshot)
    expansions = Expansions(places[0].statistics if places else Statistics(snapshot), budget)
    found = [
        _in_segment(where, tree, leaves, General(where, expansions, budget)) for where in places
    ]
    scores = np.concatenate([np.empty(0), *(each.scores for each in found)])
    best = np.concatenate([np.empty((0, len(leaves)), np.int64), *(each.best for each in found)])
    best = np.sort(best[np.argsort(-scores, kind="stable")], axis=1)
    distinct = best != _NONE
    distinct[:, 1:] &= best[:, 1:] != best[:, :-1]
    ordinals = best[distinct]
    return Answer(
        ordinals[:k],
        _scores(snapshot, any_of, ordinals[:k]),
        total=len(ordinals),
        documents=len(scores),
        warnings=(*expansions.warnings, *budget.warnings()),
        partial=bool(budget.cut),
    )


def _wanted(node: query.Query, boost: float) -> Iterator[query.Query]:
    """Yield the leaves of words that are wanted, each with the boosts above it."""
    boost *= getattr(node, "boost", 1.0)
    match node:
        case query.Not():
            return
        case query.And() | query.Or() | query.DisjunctionMax():
            for each in node.subqueries:
                yield from _wanted(each, boost)
        case query.AndMaybe():
            yield from _wanted(node.a, boost)
            yield from _wanted(node.b, boost)
        case _ if isinstance(node, SpanNear2) or getattr(node, "fieldname", "") in TEXT:
            yield node.with_boost(boost)


def _in_segment(
    where: Where, tree: query.Query, leaves: list[query.Query], general: General
) -> Found:
    segment = where.segment
    documents = segment.data.document_first[:-1]
    matching = _matching(tree, where, general)
    if segment.live is not None:
        matching &= segment.live[documents]
    scores, best = np.zeros(len(documents)), np.full((len(documents), len(leaves)), _NONE, np.int64)
    for i, leaf in enumerate(leaves):
        in_document, ordinals, highest = _best(general.evaluate(leaf), where)
        scores[in_document] += highest
        best[in_document, i] = ordinals + segment.base
    wordless = (best == _NONE).all(axis=1)
    best[wordless, 0] = documents[wordless].astype(np.int64) + segment.base
    return Found(scores[matching], best[matching])


def _matching(node: query.Query, where: Where, general: General) -> Bools:
    """Tell of each document whether it matches."""

    def below(nodes: Sequence[query.Query]) -> list[Bools]:
        return [_matching(each, where, general) for each in nodes]

    match node:
        case query.And():
            return reduce(np.logical_and, below(node.subqueries))
        case query.Or() | query.DisjunctionMax():
            return reduce(np.logical_or, below(node.subqueries))
        case query.AndMaybe():
            return _matching(node.a, where, general)
        case query.Not():
            return ~_matching(node.query, where, general)
    matching = np.zeros(where.segment.data.document_count, np.bool_)
    matching[_documents(general.evaluate(node).ordinals, where)] = True
    return matching


def _best(matches: Matches, where: Where) -> tuple[Ordinals, Ordinals, F64]:
    """Give the documents that have matches, the first of the best of each, and its score."""
    documents = _documents(matches.ordinals, where)
    if not len(documents):
        return documents, matches.ordinals, matches.scores
    starts = np.flatnonzero(np.diff(documents, prepend=-1))
    highest = np.maximum.reduceat(matches.scores, starts)
    sizes = np.diff(np.append(starts, len(documents)))
    rows = np.flatnonzero(matches.scores == np.repeat(highest, sizes))
    rows = rows[np.diff(documents[rows], prepend=-1) > 0]
    return documents[starts], matches.ordinals[rows], highest


def _documents(ordinals: Ordinals, where: Where) -> Ordinals:
    return np.searchsorted(where.segment.data.document_first, ordinals, "right") - 1


def _scores(snapshot: Snapshot, tree: query.Query, ordinals: Ordinals) -> F64:
    among = np.zeros(snapshot.ordinal_count, np.bool_)
    among[ordinals] = True
    found = execute(snapshot, tree, len(ordinals), count=False, among=among)
    scores = np.zeros(snapshot.ordinal_count)
    scores[found.ordinals] = found.scores
    return scores[ordinals]
