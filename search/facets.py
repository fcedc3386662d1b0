"""Facets: how many paragraphs are found with each value of a field of their documents.

All of them tell documents apart. So what counts is how many paragraphs of each document match; the
rest is adding up by document. A facet is not narrowed by its own filters, which is why the matches
without any of the facets' filters are wanted where there are such filters.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from posixpath import dirname
from typing import NamedTuple

import numpy as np
from whoosh import query

from index.snapshot import Snapshot
from search import fields, filters
from search.documents import Bools, Documents
from search.engine import FACETS, Facet, FacetValue
from search.execute import Answer, execute, places_of_best
from search.filters import Filter
from search.order import I64, counted
from search.where import documents_of, everywhere

SHOWN = 20
"""How many values of a facet are given, besides those in filters."""


def facets(
    snapshot: Snapshot,
    tree: query.Query,
    narrowing: Sequence[Filter],
    answer: Answer,
    names: Sequence[str],
) -> tuple[Facet, ...]:
    """Count facets under a query tree and the filters that narrow it, of which `answer` came."""
    if not names:
        return ()
    own = [each for each in narrowing if each.field in FACETS]
    if own:
        others = [each for each in narrowing if each not in own]
        answer = execute(snapshot, filters.narrowed(tree, others), 0, count=False, documents=True)
    counts = counted(snapshot, answer.hits)
    matching = np.flatnonzero(counts)  # few, where there are many documents
    through = {name: _through(snapshot, [f for f in own if f.field == name]) for name in FACETS}
    documents = documents_of(snapshot)
    found = []
    for name in names:
        passed = [mask for other, mask in through.items() if mask is not None and other != name]
        left = matching
        if passed:
            left = matching[np.logical_and.reduce([mask[matching] for mask in passed])]
        chosen = [each for each in own if each.field == name]
        found.append(_facet(name, _tally(name, documents, left, counts[left], chosen), chosen))
    return tuple(found)


def _through(snapshot: Snapshot, chosen: Sequence[Filter]) -> Bools | None:
    """Tell which documents the filters of one facet let through; None for all."""
    if not chosen:
        return None
    tree = query.And(filters.trees(chosen))
    found = [fields.documents(tree, where) for where in everywhere(snapshot)]
    return np.concatenate([np.zeros(0, np.bool_), *found])


class _Tally(NamedTuple):
    """The counts of a facet's values, which are numbered in their order.

    `value` gives a value and its label by its number, `find` the number of a value or -1.
    """

    counts: I64
    value: Callable[[int], tuple[str, str]]
    find: Callable[[str], int]


def _facet(name: str, tally: _Tally, chosen: Sequence[Filter]) -> Facet:
    found = np.flatnonzero(tally.counts)
    top = found[places_of_best(tally.counts[found], SHOWN)].tolist()
    wanted = [n for n in (tally.find(each.value) for each in chosen) if n >= 0]
    said = {each.value: each.excludes for each in chosen}
    values = []
    for number in dict.fromkeys(top + wanted):
        value, label = tally.value(number)
        excluded = said.get(value)
        values.append(
            FacetValue(value, label, int(tally.counts[number]), excluded is False, excluded is True)
        )
    return Facet(name, tuple(values), len(found) - len(top))


def _tally(
    name: str, documents: Documents, matching: I64, counts: I64, chosen: Sequence[Filter]
) -> _Tally:
    """Add up the paragraphs of the documents that match for each value of a facet."""
    if name == "document":
        return _of_documents(documents, matching, counts)
    column = documents.column(name)
    number = column.number[matching]
    known = number >= 0
    sums = np.bincount(number[known], counts[known], len(column.values)).astype(np.int64)
    if name == "folder":
        return _below(column.values, sums, [each.value for each in chosen])
    return _of_values(column.values, sums)


def _of_values(values: Sequence[str], counts: I64) -> _Tally:
    def find(value: str) -> int:
        place = bisect_left(values, value)
        return place if place < len(values) and values[place] == value else -1

    return _Tally(counts, lambda number: (values[number], values[number]), find)


def _below(folders: Sequence[str], counts: I64, chosen: Sequence[str]) -> _Tally:
    """Count in each folder what is below it too; give those chosen that there are at all."""
    sums = Counter({folder: 0 for folder in chosen if _is_there(folder, folders)})
    for number in np.flatnonzero(counts).tolist():
        folder = folders[number]
        while folder:
            sums[folder] += int(counts[number])
            folder = dirname(folder)
    values = sorted(sums)
    return _of_values(values, np.array([sums[value] for value in values], np.int64))


def _is_there(folder: str, folders: Sequence[str]) -> bool:
    at, below = bisect_left(folders, folder), bisect_left(folders, f"{folder}/")
    return folder in folders[at : at + 1] or (
        below < len(folders) and folders[below].startswith(f"{folder}/")
    )


def _of_documents(documents: Documents, matching: I64, counts: I64) -> _Tally:
    order = documents.by_id
    every = np.zeros(len(documents), np.int64)
    every[matching] = counts

    def value(number: int) -> tuple[str, str]:
        info = documents.info(int(order[number]))
        return info.id, info.title

    def find(id: str) -> int:
        document = documents.find(id)
        return -1 if document < 0 else int(np.flatnonzero(order == document)[0])

    return _Tally(every[order], value, find)
