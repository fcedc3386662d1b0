"""Figures from a run: percentiles, ratios to the better peer, what must be reached."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.queries import Query
from bench.results import PASSAGE, PEERS, Row

WORST_RATIO, WORST_ALLOWANCE = 1.5, 20.0
"""No query may take longer than this many times the better peer's time, and microseconds."""

ALIKE = 0.1
"""By what share of the higher total two engines may differ, and yet answer the same question."""


class Class(NamedTuple):
    """The queries of one kind from one source, by one command."""

    command: str
    origin: str
    kind: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How long the queries of a class took, in microseconds."""

    count: int
    p50: float
    p90: float
    p99: float
    mean: float


def spread(times: Iterable[float]) -> Spread:
    """Sum up times; percentiles are the nearest rank."""
    ordered = sorted(times)
    p50, p90, p99 = (ordered[math.ceil(len(ordered) * p / 100) - 1] for p in (50, 90, 99))
    return Spread(len(ordered), p50, p90, p99, sum(ordered) / len(ordered))


def spreads(rows: Iterable[Row]) -> dict[Class, dict[str, Spread]]:
    """Sum up every class for every engine that answered all of its queries."""
    times: dict[Class, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        times[Class(row.command, row.origin, row.kind)][row.engine].append(row.us)
    return {
        key: {name: spread(each) for name, each in engines.items()}
        for key, engines in times.items()
    }


def better(engines: dict[str, Spread], figure: Callable[[Spread], float]) -> float | None:
    """Give the figure of the better of the two peers."""
    return min((figure(engines[name]) for name in PEERS if name in engines), default=None)


# Single queries.


class Pair(NamedTuple):
    """A query's row for Passage, and the better peer's time."""

    row: Row
    peer: float

    @property
    def ratio(self) -> float:
        """Tell how many times longer Passage takes."""
        return self.row.us / self.peer

    @property
    def excess(self) -> float:
        """Tell by how many times it takes longer than any query may."""
        return self.row.us / (WORST_RATIO * self.peer + WORST_ALLOWANCE)

    @property
    def falls_short(self) -> bool:
        """Tell whether it takes longer than any query may."""
        return self.excess > 1


def pairs(rows: Sequence[Row], alike: float = ALIKE) -> list[Pair]:
    """Put each query of Passage beside the better peer.

    A peer whose analysis makes another question of a query, as its total tells, is not beside it.
    """
    totals = {(r.engine, r.query()): r.total for r in rows if r.command == "TOP_10_COUNT"}
    peers: dict[tuple[object, ...], float] = {}
    for row in rows:
        if row.engine in PEERS and _are_alike(totals, row, alike):
            key = (row.command, row.query())
            peers[key] = min(row.us, peers.get(key, math.inf))
    return [
        Pair(row, peers[row.command, row.query()])
        for row in rows
        if row.engine == PASSAGE and (row.command, row.query()) in peers
    ]


def _are_alike(totals: dict[tuple[str, Query], int], row: Row, alike: float) -> bool:
    """Tell whether an engine found about as many as Passage, as far as totals are known."""
    own, other = (totals.get((name, row.query())) for name in (PASSAGE, row.engine))
    return own is None or other is None or abs(own - other) <= alike * max(own, other)


def shortfalls(rows: Sequence[Row]) -> list[Row]:
    """Give Passage's queries that took longer than any query may."""
    return [pair.row for pair in pairs(rows) if pair.falls_short]
