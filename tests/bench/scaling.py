"""`make bench SCALING=1`: how Passage's figures grow from 10,000 to 4,000,000 paragraphs.

Beyond the books themselves these are repeated: in copy n every word of seven or more letters has
its letters moved by n in the alphabet, so that the vocabulary grows with the text, while the
frequent words, which are short, stay as they are.
"""

import re
import shutil
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import corpus as text
from bench.__main__ import PACE, WHOLE, machine, parser, say
from bench.engines import ROOT, engine_of_passage
from bench.figures import Class, Spread, spreads
from bench.latency import Contender, measure
from bench.process import Server, run
from bench.queries import BENCHMARK, Query, from_benchmark, from_text
from bench.results import rows_of
from bench.tables import megabytes, number, share, table

SIZES = (10_000, 100_000, WHOLE, 4 * WHOLE)
_LONG = re.compile("[A-Za-z]{7,}")
_COMMANDS = {"TOP_10": "top 10", "TOP_10_COUNT": "top 10 with total"}


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured of one size: seconds and bytes; `open_ms` in milliseconds."""

    corpus: text.Corpus
    folder: Path
    seconds: float
    peak: int | None
    disk: int
    segments: int
    open_ms: float


def main() -> None:
    """Run the command."""
    given = parser(__doc__).parse_args()
    work = given.work / "scaling"
    work.mkdir(parents=True, exist_ok=True)
    source = given.data / "books.jsonl.xz"
    sizes = [_built(work, source, limit) for limit in SIZES]
    whole = sizes[SIZES.index(WHOLE)].corpus
    queries = from_benchmark(given.data / BENCHMARK)
    queries += from_text(text.rows(whole.paragraphs), whole.count)
    say(f"asking {len(queries)} queries")
    latencies = _latencies(sizes, queries, work / "log.txt")
    path = (work if whole.is_generated else ROOT / "docs") / "scaling.md"
    path.write_text(_report(sizes, latencies, machine()), "utf-8")
    shutil.rmtree(work)
    say(f"the report is {path}")


def _built(work: Path, source: Path, limit: int) -> Size:
    """Write the text of one size, and index it as a user does."""
    folder, index = work / str(limit), work / f"{limit}-index"
    folder.mkdir(exist_ok=True)
    copies = -(-limit // WHOLE)
    corpus = text.prepare(folder, source, limit, False, lambda records: repeated(records, copies))
    say(f"indexing {corpus.count} paragraphs")
    shutil.rmtree(index, ignore_errors=True)
    log = work / "log.txt"
    done = run((sys.executable, "-m", "index", corpus.file, "--to", index), log)
    first = run((*engine_of_passage().command, "first", index, "the"), log)
    files = list(index.iterdir())
    return Size(
        corpus=corpus,
        folder=index,
        seconds=done.seconds,
        peak=done.peak,
        disk=sum(file.stat().st_size for file in files),
        segments=sum(file.suffix == ".arrays" for file in files),
        open_ms=first.told["open_ms"],
    )


def repeated(records: Iterator[dict[str, Any]], copies: int) -> Iterator[dict[str, Any]]:
    """Give records as they are, then copies of them with their long words changed."""
    kept = []
    for record in records:
        yield record
        kept.append(record)
    for copy in range(1, copies):
        for record in kept:
            yield record | {"id": f"{record['id']}-{copy}", "text": _moved(record["text"], copy)}


def _moved(text: str, count: int) -> str:
    """Move the letters of long words by so many in the alphabet."""
    lower, upper = string.ascii_lowercase, string.ascii_uppercase
    moved = "".join(letters[count:] + letters[:count] for letters in (lower, upper))
    table = str.maketrans(lower + upper, moved)
    return _LONG.sub(lambda word: word[0].translate(table), text)


def _latencies(
    sizes: list[Size], queries: list[Query], log: Path
) -> dict[Class, dict[str, Spread]]:
    engine = engine_of_passage(tuple(_COMMANDS))
    contenders = [
        Contender(
            str(size.corpus.count), engine, Server([*engine.command, "serve", size.folder], log)
        )
        for size in sizes
    ]
    try:
        return spreads(rows_of(measure(contenders, queries, PACE)))
    finally:
        for contender in contenders:
            contender.server.close()


def _report(
    sizes: list[Size], latencies: dict[Class, dict[str, Spread]], found: dict[str, str]
) -> str:
    names = [str(size.corpus.count) for size in sizes]
    header = [f"{size.corpus.count:,}" for size in sizes]
    return f"""# How the figures grow

Written by `make bench SCALING=1` on {datetime.now(UTC).date().isoformat()}; no figure here was
typed in. {sizes[-1].corpus.name}, as `python -m index` reads it, with the default settings. The
books have {WHOLE:,} paragraphs; four times as many are the books repeated: in copy n every word of
seven or more letters has its letters moved by n in the alphabet.

Machine: {found["processor"]}, {found["cores"]} cores, {found["memory"]},
{found["system"]}.

## Indexing

{_indexing(sizes)}

## Latency

Microseconds, the mean of a class and its 99th percentile; medians of {PACE.rounds} rounds, in which
the indexes take turns.

{table(["", *header], _latency_rows(names, latencies))}
"""


def _indexing(sizes: list[Size]) -> str:
    rows = [
        (
            f"{size.corpus.count:,}",
            megabytes(size.corpus.bytes),
            number(size.seconds),
            number(size.corpus.bytes / size.seconds / 1e6),
            number(size.seconds / size.corpus.count * 1e6),
            "–" if size.peak is None else megabytes(size.peak),
            share(size.disk / size.corpus.bytes),
            str(size.segments),
            number(size.open_ms),
        )
        for size in sizes
    ]
    header = ("paragraphs", "text, MB", "seconds, the process", "MB/s", "µs a paragraph")
    return table((*header, "memory, MB", "index / text", "segments", "to open, ms"), rows)


def _latency_rows(names: list[str], latencies: dict[Class, dict[str, Spread]]) -> list[list[str]]:
    origins = {"bench": "benchmark queries", "runs": "runs of words"}
    return [
        [
            f"{_COMMANDS[key.command]}, {key.kind}, {origins.get(key.origin, key.origin)}",
            *(f"{number(each[name].mean)} / {number(each[name].p99)}" for name in names),
        ]
        for key, each in latencies.items()
        if all(name in each for name in names)
    ]


if __name__ == "__main__":
    main()
