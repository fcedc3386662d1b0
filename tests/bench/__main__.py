"""`make bench`: build the peers, index, ask, and write down what came of it."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import corpus as text
from bench import features
from bench.engines import ROOT, Engine, engines
from bench.figures import shortfalls
from bench.indexing import Built, build
from bench.latency import Contender, Latencies, Pace, measure, measure_again
from bench.process import CAN_PIN, Server
from bench.queries import BENCHMARK, Query, from_benchmark, from_text
from bench.results import PASSAGE, Results, described, load, rows_of

WHOLE, BEGINNING = 1_000_973, 100_000
BEGAN = time.monotonic()
PACE = Pace(rounds=7, warm=20, slow_rounds=1, slow_seconds=2, again=11)
QUICK = Pace(rounds=3, warm=2, slow_rounds=1, slow_seconds=0.3, again=3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    reading = parser(__doc__)
    reading.add_argument("--quick", action="store_true", help="100,000 paragraphs, fewer rounds")
    reading.add_argument("--report", action="store_true", help="write the last run's report again")
    given = reading.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / "results.json"
    if not given.report:
        _run(given.data, given.work, given.quick).save(kept)
    results = load(kept)
    from bench.report import write  # noqa: PLC0415  # the drawing library is needed only now

    is_whole = results.corpus["paragraphs"] == WHOLE and not results.corpus["is_generated"]
    folder = ROOT / "docs" if is_whole else given.work / "report"
    write(results, folder, ROOT / "README.md" if is_whole else None)
    say(f"the report is {folder / 'benchmarks.md'}")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Give what reads the arguments that every measurement has."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=description)
    parser.add_argument(
        "--data", type=Path, default=text.DATA, help="$PASSAGE_DATA, or %(default)s"
    )
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "bench", help="%(default)s")
    return parser


def _run(data: Path, work: Path, quick: bool) -> Results:
    start = time.monotonic()
    corpus = text.prepare(work, data / "books.jsonl.xz", BEGINNING if quick else WHOLE, not quick)
    queries = from_benchmark(data / BENCHMARK)
    queries += from_text(text.rows(corpus.paragraphs), corpus.count)
    say(f"{corpus.count} paragraphs of {corpus.name}, {len(queries)} queries")
    found = list(engines(work, work / "log.txt"))
    missing = dict(each for each in found if isinstance(each, tuple))
    for name, reason in missing.items():
        say(f"{name} is left out: {reason}")
    first = next(query.text for query in queries if (query.origin, query.kind) == ("runs", "OR"))
    ready = [engine for engine in found if isinstance(engine, Engine)]
    built = build(ready, corpus, work, first, say)
    for each in built:
        for failure in each.failures:
            say(f"{each.name} failed at {failure}")
    with _contenders(ready, built, work / "log.txt") as contenders:
        latencies, again = _ask(contenders, queries, QUICK if quick else PACE)
    return Results(
        command="make bench QUICK=1" if quick else "make bench",
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        corpus=described(corpus),
        rounds=(QUICK if quick else PACE).rounds,
        seconds=time.monotonic() - start,
        built=tuple(built),
        rows=rows_of(latencies),
        again=again,
        missing=missing | latencies.failures,
        features=_features(built, data, quick),
    )


@contextmanager
def _contenders(
    ready: Sequence[Engine], built: Sequence[Built], log: Path
) -> Iterator[list[Contender]]:
    """Start a server for every index."""
    by_name = {engine.name: engine for engine in ready}
    served = []
    for each in (each for each in built if each.by_cores):
        engine = by_name[each.name]
        served.append((each.name, engine, each.folder))
        if engine.is_measured_whole and each.unmerged_folder:
            few = replace(engine, commands=("TOP_10", "TOP_10_COUNT"))
            served.append((f"{each.name}, unmerged", few, each.unmerged_folder))
    contenders = [
        Contender(name, engine, Server([*engine.command, "serve", folder], log))
        for name, engine, folder in served
    ]
    try:
        yield contenders
    finally:
        for contender in contenders:
            contender.server.close()


def _ask(
    contenders: Sequence[Contender], queries: Sequence[Query], pace: Pace
) -> tuple[Latencies, int]:
    """Measure, and measure again what fell short; tells how many queries that were."""
    say("asking: " + ", ".join(contender.name for contender in contenders))
    latencies = measure(contenders, queries, pace)
    measured = [each for each in contenders if each.engine.is_measured_whole]
    short = shortfalls(rows_of(latencies))
    say(f"asking again: {len(short)} queries that fell short")
    measure_again(measured, ((row.command, row.query()) for row in short), pace, latencies)
    return latencies, len(short)


def _features(built: Sequence[Built], data: Path, quick: bool) -> dict[str, list[float]]:
    say("asking: the features of Passage")
    folders = [Path(each.folder) for each in built if each.name == PASSAGE and each.by_cores]
    pace = features.QUICK if quick else features.WHOLE
    return features.measure(folders[0], data / BENCHMARK, pace) if folders else {}


def machine() -> dict[str, str]:
    """Tell what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 1e9:.0f} GB",
        "one core": "with one core the whole process is held to it"
        if CAN_PIN
        else "with one core the engine has one thread, for this system holds no process to a core",
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"bench, {time.monotonic() - BEGAN:4.0f} s: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
