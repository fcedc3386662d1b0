"""What is found in another order than by score, or grouped: by way of counts by document.

How many paragraphs of each document match is known of every search, and which ones as a bit each.
So no more is laid out than what is shown, however deep the page.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.snapshot import Snapshot
from search.documents import Documents
from search.engine import Request, Sort
from search.execute import U64, Answer, execute
from search.kernels.room import MAX_BEST
from search.kernels.sets import count_by_document
from search.where import documents_of

I64 = npt.NDArray[np.int64]

BEST = 3
"""How many paragraphs of each document are shown."""

_MORE = 8
"""How many times more paragraphs are asked for until there are enough documents among them."""

Scored = list[tuple[int, float]]
"""Ordinals of paragraphs and their scores, in the order in which to show them."""


class Grouped(NamedTuple):
    """A document's number, how many of its paragraphs match, and the best of them."""

    document: int
    total: int
    best: Scored


def counted(snapshot: Snapshot, hits: Sequence[U64]) -> I64:
    """Count for each document the paragraphs whose bit is set."""
    counts = [np.zeros(segment.data.document_count, np.int64) for segment in snapshot.segments]
    for segment, bits, own in zip(snapshot.segments, hits, counts, strict=False):
        count_by_document(bits, segment.data.document_first, own)
    return np.concatenate([np.zeros(0, np.int64), *counts])


def window(snapshot: Snapshot, tree: query.Query, answer: Answer, request: Request) -> Scored:
    """Give what a page shows of all that match, sorted by their documents."""
    documents, counts = documents_of(snapshot), counted(snapshot, answer.hits)
    order = _sorted(documents, counts, request.sort)
    ends = np.cumsum(counts[order])
    first = int(np.searchsorted(ends, request.offset, "right"))
    passed = request.offset - int(ends[first - 1]) if first else request.offset
    shown: list[int] = []
    for document in order[first:].tolist():
        if len(shown) >= passed + request.limit:
            break
        shown += _inside(snapshot, documents, document, answer.hits)
    shown = shown[passed : passed + request.limit]
    scores = _scores(snapshot, tree, shown)
    return [(ordinal, scores[ordinal]) for ordinal in shown]


def grouped(
    snapshot: Snapshot, tree: query.Query, answer: Answer, request: Request
) -> list[Grouped]:
    """Give the documents that a page shows, by their best paragraphs or as they are sorted."""
    documents, counts = documents_of(snapshot), counted(snapshot, answer.hits)
    last = request.offset + request.limit
    if request.sort == "score":
        order = _by_best(snapshot, tree, documents, min(last, answer.documents or 0))
    else:
        order = _sorted(documents, counts, request.sort)
    shown = order[request.offset : last]
    best: dict[int, Scored] = {document: [] for document in shown.tolist()}
    for ordinal, score in _best_inside(snapshot, tree, documents, shown, counts):
        of = best[int(documents.of(np.array([ordinal]))[0])]
        if len(of) < BEST:
            of.append((ordinal, score))
    return [Grouped(document, int(counts[document]), found) for document, found in best.items()]


def in_order(snapshot: Snapshot, answer: Answer, sort: Sort) -> tuple[I64, npt.NDArray[np.float64]]:
    """Give all that match, ordinals and scores beside each other, in the order asked for."""
    if sort == "score":
        return answer.ordinals, answer.scores
    documents, counts = documents_of(snapshot), counted(snapshot, answer.hits)
    rank = np.zeros(len(documents), np.int64)
    order = _sorted(documents, counts, sort)
    rank[order] = np.arange(len(order))
    by_document = np.lexsort((answer.ordinals, rank[documents.of(answer.ordinals)]))
    return answer.ordinals[by_document], answer.scores[by_document]


def _sorted(documents: Documents, counts: I64, sort: Sort) -> I64:
    """Give the documents of which something matches, in order; those without a date last."""
    if sort == "document":
        return documents.by_id[counts[documents.by_id] > 0]
    found = np.flatnonzero(counts)
    date = documents.column("date").number[found]
    key = -date if sort == "date:desc" else np.where(date < 0, len(documents), date)
    return found[np.argsort(key, kind="stable")]


def _by_best(snapshot: Snapshot, tree: query.Query, documents: Documents, wanted: int) -> I64:
    """Give so many documents, by their best paragraphs: those of the best of all are enough."""
    k, of = _MORE * wanted, np.zeros(0, np.int64)
    while True:
        found = execute(snapshot, tree, k, count=False).ordinals
        of, first = np.unique(documents.of(found), return_index=True)
        if len(of) >= wanted or len(found) < k:
            return of[np.argsort(first)]
        k = k * _MORE if k * _MORE <= MAX_BEST else snapshot.ordinal_count


def _best_inside(
    snapshot: Snapshot, tree: query.Query, documents: Documents, shown: I64, counts: I64
) -> Scored:
    """Give what matches in some documents, best first; of many, each one's best alone."""
    total = int(counts[shown].sum())
    parts = [shown] if total <= MAX_BEST else np.split(shown, len(shown))
    found: Scored = []
    for part in parts:
        among = np.zeros(snapshot.ordinal_count, np.bool_)
        for document in part.tolist():
            among[documents.first[document] : documents.first[document + 1]] = True
        k = total if total <= MAX_BEST else BEST
        best = execute(snapshot, tree, k, count=False, among=among)
        found += zip(best.ordinals.tolist(), best.scores.tolist(), strict=True)
    return found


def _inside(
    snapshot: Snapshot, documents: Documents, document: int, hits: Sequence[U64]
) -> list[int]:
    """Give the ordinals of a document's paragraphs that match."""
    first, place = int(documents.first[document]), bisect_right(documents.bases, document) - 1
    low = first - snapshot.segments[place].base
    end = low + int(documents.first[document + 1]) - first
    words = hits[place][low >> 6 : (end + 63) >> 6]
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")[low & 63 :][: end - low]
    found: list[int] = (np.flatnonzero(bits) + first).tolist()
    return found


def _scores(snapshot: Snapshot, tree: query.Query, ordinals: list[int]) -> dict[int, float]:
    among = np.zeros(snapshot.ordinal_count, np.bool_)
    among[ordinals] = True
    found = execute(snapshot, tree, len(ordinals), count=False, among=among)
    return dict(zip(found.ordinals.tolist(), found.scores.tolist(), strict=True))
