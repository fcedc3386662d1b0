"""Latencies, interleaved: the same few queries go to each engine in turn, round after round."""

import itertools
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.engines import DEEP, EVERY_KIND, OWN, PAGES, Engine
from bench.process import Failed, Server
from bench.queries import Kind, Query

BATCH = 25
"""Queries that an engine answers before it is the next one's turn."""

FEW = 5
"""Queries that a slow engine answers before its time is looked at."""

FOUR: tuple[Kind, ...] = ("term", "AND", "OR", "phrase")
KINDS_OF: dict[str, tuple[Kind, ...]] = {
    "TOP_10": EVERY_KIND,
    "TOP_10_COUNT": EVERY_KIND,
    "COUNT": EVERY_KIND,
    "FETCH_10": ("OR",),
    "TOP_100": FOUR,
    "TOP_1000": FOUR,
    "TOP_10_EXACT": ("phrase",),
    "TOP_10_CONTEXT": FOUR,
    "PAGE": ("AND", "phrase"),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure: `rounds` of all queries after `warm` seconds for each engine.

    The slower engines have `slow_rounds`, and no more than `slow_seconds` for one command on one
    class of queries. `again` rounds are for what fell short.
    """

    rounds: int
    warm: float
    slow_rounds: int
    slow_seconds: float
    again: int


class Key(NamedTuple):
    """One query put to one engine by one command."""

    engine: str
    command: str
    query: Query


@dataclass(slots=True)
class Contender:
    """An engine over one index, that answers under a name."""

    name: str
    engine: Engine
    server: Server

    def can(self, command: str, kind: Kind) -> bool:
        """Tell whether the engine has this command for this kind of query."""
        return command in self.engine.commands and kind in self.engine.kinds


@dataclass(slots=True)
class Latencies:
    """What was measured: nanoseconds of every round, and totals; who failed, and why."""

    rounds: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    totals: dict[Key, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def medians(self) -> dict[Key, float]:
        """Give each query's median over the rounds, in microseconds."""
        return {key: statistics.median(ns) / 1e3 for key, ns in self.rounds.items()}


def measure(contenders: Sequence[Contender], queries: Sequence[Query], pace: Pace) -> Latencies:
    """Measure all engines. One that fails is left out from there on, with a word."""
    latencies = Latencies()
    _warm(contenders, queries, pace.warm, latencies)
    spent: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for number in range(pace.rounds):
        for command, batch in _batches(queries):
            for contender in _turn(contenders, number):
                if contender.engine.is_measured_whole:
                    _ask(contender, command, batch, latencies)
                elif number < pace.slow_rounds:
                    key = (contender.name, command, batch[0].origin, batch[0].kind)
                    left = pace.slow_seconds - spent[key]
                    spent[key] += _ask_while(contender, command, batch, latencies, left)
    return latencies


def measure_again(
    contenders: Sequence[Contender], short: Iterable[tuple[str, Query]], pace: Pace, into: Latencies
) -> None:
    """Measure some queries anew, by more rounds; what they gave before no longer counts."""
    by_command: dict[str, list[Query]] = defaultdict(list)
    for command, query in short:
        by_command[command].append(query)
    again = Latencies()
    for number, command in itertools.product(range(pace.again), by_command):
        for batch in _chunks(by_command[command], BATCH):
            for contender in _turn(contenders, number):
                _ask(contender, command, batch, again)
    into.rounds.update(again.rounds)
    into.failures.update(again.failures)


def _ask(contender: Contender, command: str, batch: Sequence[Query], into: Latencies) -> None:
    """Ask twice: the first time wakes the engine up after the others (a slow one once).

    The first query is in front once more, and that does not count: it would be the one that comes
    after what is between two batches.
    """
    if contender.name in into.failures or not contender.can(command, batch[0].kind):
        return
    try:
        if contender.engine.is_measured_whole:
            contender.server.ask(command, batch)
            answers = contender.server.ask(command, [batch[0], *batch])[1:]
        else:
            answers = contender.server.ask(command, batch)
    except Failed as failed:
        into.failures[contender.name] = f"{command}, {batch[0].kind}: {failed}"
        return
    for query, (total, ns) in zip(batch, answers, strict=True):
        key = Key(contender.name, command, query)
        into.rounds[key].append(ns)
        into.totals[key] = total


def _ask_while(
    contender: Contender, command: str, batch: Sequence[Query], into: Latencies, left: float
) -> float:
    """Ask a few queries at a time while there is time; tell the seconds that it took."""
    start = time.monotonic()
    for few in _chunks(batch, FEW):
        if time.monotonic() - start < left:
            _ask(contender, command, few, into)
    return time.monotonic() - start


def _warm(
    contenders: Sequence[Contender], queries: Sequence[Query], seconds: float, into: Latencies
) -> None:
    """Let the engines read their pages and compile what they compile as they run."""
    batches = _batches(queries)
    random.Random(7).shuffle(batches)
    for contender in contenders:
        if contender.engine.is_measured_whole:
            end = time.monotonic() + seconds
            unheard = Latencies()
            for command, batch in itertools.cycle(batches):
                _ask(contender, command, batch, unheard)
                if time.monotonic() > end or unheard.failures:
                    break
            into.failures.update(unheard.failures)


def _batches(queries: Sequence[Query]) -> list[tuple[str, Sequence[Query]]]:
    classes: dict[tuple[str, Kind], list[Query]] = defaultdict(list)
    for query in queries:
        classes[query.origin, query.kind].append(query)
    return [
        (command, chunk)
        for command in (*PAGES, *DEEP, *OWN)
        for (_, kind), each in classes.items()
        if kind in KINDS_OF[command]
        for chunk in _chunks(each, BATCH)
    ]


def _chunks(queries: Sequence[Query], size: int) -> Iterator[Sequence[Query]]:
    for start in range(0, len(queries), size):
        yield queries[start : start + size]


def _turn(contenders: Sequence[Contender], number: int) -> Sequence[Contender]:
    """Begin with another engine in every round."""
    first = number % len(contenders)
    return [*contenders[first:], *contenders[:first]]
