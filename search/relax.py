"""Which of a query's words stand together, where no paragraph has all of them.

Each paragraph gets a number with a bit for each of the words that it has. How often each number
occurs tells of every combination of the words how many paragraphs have it: one pass, not 2^n.
"""

from collections.abc import Sequence
from itertools import islice
from math import fsum
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.snapshot import Snapshot
from search import filters, score
from search.budget import Budget
from search.describe import describe
from search.execute import execute
from search.expansions import Expansions
from search.general import General
from search.query import parse
from search.where import everywhere

MAX_WORDS = 12
"""Of how many words, the rarest, the combinations are looked at."""

MAX_OFFERED = 5

MAX_NAMED = 8
"""How many words a message names."""

I64 = npt.NDArray[np.int64]

T = TypeVar("T")


class Parts(NamedTuple):
    """What stands side by side in a query: what is wanted, and what narrows it, fields and NOT."""

    wanted: list[query.Query]
    narrowing: list[query.Query]


def parts(tree: query.Query) -> Parts:
    """Take a query apart; one that is not of parts side by side is a part by itself."""
    nodes = tree.subqueries if isinstance(tree, query.And) else [tree]
    narrowing = [node for node in nodes if isinstance(node, query.Not) or filters.only(node)]
    return Parts(list(dict.fromkeys(n for n in nodes if n not in narrowing)), narrowing)


def said(tree: query.Query, scope: str = "paragraph") -> str:
    """Say that no paragraph, or no document, has all the parts, by their names."""
    names = [describe(node, query.And) for node in parts(tree).wanted]
    if len(names) < 2:
        return f"no {scope} has all of this: these have some of it"
    if len(names) > MAX_NAMED:
        names[MAX_NAMED - 1 :] = [f"{len(names) - MAX_NAMED + 1:,} more"]
    return f"no {scope} has all of {', '.join(names[:-1])} and {names[-1]}: these have some"


def combinations(snapshot: Snapshot, tree: query.Query, budget: Budget) -> list[tuple[str, int]]:
    """Give the best queries for some of the parts, and how many paragraphs each finds.

    They are the ones to which no part can be added: most parts first, then the rarest, then those
    that were typed first. None is given that finds all that any of the parts would.
    """
    wanted, narrowing = parts(tree)
    known = [
        (execute(snapshot, node, 0, budget=budget).total or 0, i) for i, node in enumerate(wanted)
    ]
    rarest = sorted(each for each in known if each[0])[:MAX_WORDS]
    rarest.sort(key=lambda each: each[1])
    kept = [wanted[i] for _, i in rarest]
    places = range(len(kept))
    weights = [score.idf(snapshot.with_tokens, total) for total, _ in rarest]
    having = _having(snapshot, kept, narrowing, budget)
    totals = _having_all(having)
    found = [n for n in _largest(totals > 0) if totals[n] < having[1:].sum()]
    found.sort(key=lambda n: (-n.bit_count(), -fsum(_chosen(weights, n)), _chosen(places, n)))
    texts = ((_text(_chosen(kept, n), narrowing), int(totals[n])) for n in found)
    return list(islice(((text, total) for text, total in texts if text), MAX_OFFERED))


def _having(
    snapshot: Snapshot, wanted: list[query.Query], narrowing: list[query.Query], budget: Budget
) -> I64:
    """Count the paragraphs that have exactly some of the parts, by the number of these."""
    counts = np.zeros(1 << len(wanted), np.int64)
    expansions: Expansions | None = None
    for where in everywhere(snapshot):
        expansions = expansions or Expansions(where.statistics, budget)
        data, live = where.segment.data, where.segment.live
        general = General(where, expansions, budget)
        numbers = np.zeros(data.paragraph_count, np.uint16)
        for i, node in enumerate(wanted):
            numbers[general.evaluate(node).ordinals] |= 1 << i
        for node in narrowing:
            left_out = np.ones(len(numbers), np.bool_)
            left_out[general.evaluate(node).ordinals] = False
            numbers[left_out] = 0
        counts += np.bincount(numbers if live is None else numbers[live], minlength=len(counts))
    return counts


def _having_all(having: I64) -> I64:
    """Count the paragraphs that have at least some of the parts (a sum over supersets)."""
    totals = having.copy()
    bit = 1
    while bit < len(totals):
        without = totals.reshape(-1, 2, bit)
        without[:, 0] += without[:, 1]
        bit *= 2
    return totals


def _largest(present: npt.NDArray[np.bool_]) -> list[int]:
    """Give the numbers that are present, and not with any bit more."""
    exceeded = np.zeros(len(present), np.bool_)
    bit = 1
    while bit < len(present):
        exceeded.reshape(-1, 2, bit)[:, 0] |= present.reshape(-1, 2, bit)[:, 1]
        bit *= 2
    numbers: list[int] = np.flatnonzero(present & ~exceeded).tolist()
    return [n for n in numbers if n]


def _chosen(values: Sequence[T], number: int) -> list[T]:
    return [value for i, value in enumerate(values) if number >> i & 1]


def _text(wanted: list[query.Query], narrowing: list[query.Query]) -> str:
    """Write a query that is read as these parts; empty where the language has no words for it."""
    nodes = [*wanted, *narrowing]
    text = " ".join(describe(node, query.And) for node in nodes)
    tree = query.And(nodes) if len(nodes) > 1 else nodes[0]
    return text if parse(text).tree == tree else ""
