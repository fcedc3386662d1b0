"""What must be reached, each with what was found: the table of issue "The engine's core"."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.figures import Class, Spread, better, pairs, spreads
from bench.indexing import Built
from bench.results import PASSAGE, PEERS, Results
from bench.tables import number, share

FOUR = ("term", "AND", "OR", "phrase")
MIXED = ("must+should", "negated")
ALLOWANCE = 15.0
"""Microseconds that Passage may take beyond its share of the better peer's time."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One line: what Passage and the better peer gave, and the limit that follows from it."""

    name: str
    passage: str
    peer: str
    rule: str
    limit: str
    is_reached: bool


def goals(results: Results) -> list[Goal]:
    """Judge a run. What was not measured has no line."""
    passage = results.engine(PASSAGE)
    peers = [built for name in PEERS if (built := results.engine(name))]
    if passage is None or not peers:
        return []
    return [
        *_indexing(passage, peers),
        *_latencies(results),
        *_sizes(passage),
        *_at_most_the_peers("replace 1,000 paragraphs, s", passage, peers, _replacing),
        *_single_queries(results),
    ]


def _indexing(passage: Built, peers: list[Built]) -> Iterator[Goal]:
    """Judge one core, as the issue has it; the report's table of indexing has two as well."""
    own, *others = [rate(built, "1") for built in (passage, *peers)]
    best = max((other for other in others if other), default=None)
    if own and best:
        limit, name = 3 * best, "indexing, MB/s, 1 core"
        yield Goal(name, number(own), number(best), "≥ 3 ×", number(limit), own >= limit)


def rate(built: Built, cores: str, until: str = "seconds") -> float | None:
    """Tell how many MB of text were indexed in a second, to the end of the commit."""
    if cores not in built.by_cores:
        return None
    return built.text / 1e6 / built.by_cores[cores][until]


def _latencies(results: Results) -> Iterator[Goal]:
    for key, engines in spreads(results.rows).items():
        if PASSAGE not in engines:
            continue
        if key.command in ("TOP_10", "TOP_10_COUNT") and key.kind in FOUR:
            yield from _limited(key, engines, Limit("mean", 0.5))
            yield from _limited(key, engines, Limit("p99", 0.7))
        elif key.command in ("TOP_10", "TOP_10_COUNT") and key.kind in MIXED:
            yield from _limited(key, engines, Limit("mean", 0.7))
        elif key.command == "FETCH_10":
            yield from _limited(key, engines, Limit("mean", 1.0, allowance=0))


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure of a class, `mean` or `p99`, at most a share of the peer's and some µs."""

    figure: str
    share: float
    allowance: float = ALLOWANCE


def _limited(key: Class, engines: dict[str, Spread], limit: Limit) -> Iterator[Goal]:
    def figure(spread: Spread) -> float:
        return spread.mean if limit.figure == "mean" else spread.p99

    peer = better(engines, figure)
    if peer is not None:
        own, most = figure(engines[PASSAGE]), limit.share * peer + limit.allowance
        rule = f"≤ {limit.share:g} ×" + (f" + {limit.allowance:g} µs" if limit.allowance else "")
        title = f"{named(key)}: {limit.figure}, µs"
        yield Goal(title, number(own), number(peer), rule, number(most), own <= most)


def named(key: Class) -> str:
    """Give a class of queries a name to read."""
    command = {
        "TOP_10": "top 10",
        "TOP_10_COUNT": "top 10 with total",
        "COUNT": "total alone",
        "FETCH_10": "fetch ten texts",
        "TOP_100": "top 100",
        "TOP_1000": "top 1,000",
        "TOP_10_EXACT": "top 10, exact forms",
        "TOP_10_CONTEXT": "top 10, with context",
        "PAGE": "whole page of ten",
    }[key.command]
    origin = {"benchmark": "benchmark queries", "runs": "runs of words"}[key.origin]
    return f"{command}, {key.kind}, {origin}"


def _sizes(passage: Built) -> Iterator[Goal]:
    if passage.disk:
        found = passage.disk / passage.text
        yield Goal("whole index / text", share(found), "", "≤ 1", "1.00", found <= 1)


def _replacing(built: Built) -> float | None:
    return statistics.median(built.replace) if built.replace else None


def _at_most_the_peers(
    name: str, passage: Built, peers: list[Built], figure: Callable[[Built], float | None]
) -> Iterator[Goal]:
    own, found = figure(passage), [each for peer in peers if (each := figure(peer)) is not None]
    if own is not None and found:
        best = min(found)
        yield Goal(name, number(own), number(best), "≤ 1 ×", number(best), own <= best)


def _single_queries(results: Results) -> Iterator[Goal]:
    compared = pairs(results.rows)
    if compared:
        short = sum(pair.falls_short for pair in compared)
        name = f"queries slower than 1.5 × + 20 µs, of {len(compared):,}"
        yield Goal(name, f"{short:,}", "", "none", "0", not short)
