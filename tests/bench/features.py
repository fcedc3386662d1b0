"""What each feature takes on an index of Passage: `python -m bench.features INDEX`.

A class is one line of CLASSES: it asks an engine something made of a few words in a row of the
text. Each run of words is asked about twice, and the second time counts.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.tables import number, table
from index.snapshot import Snapshot
from search.engine import Engine, Request
from search.local import Local
from search.warm import prime

RUNS = 300
"""How many runs of words each class is asked with."""

LENGTH = 4
"""Of how many words a run is, each of LENGTH letters at least."""

Ask = Callable[[Engine, list[str]], object]


def query(form: str) -> Ask:
    """Give a class of queries: {0} to {3} are the words; {begin}, {end}, ... are of the first."""

    def ask(engine: Engine, words: list[str]) -> object:
        first = words[0]
        text = form.format(
            *words,
            begin=first[:LENGTH],
            end=first[-LENGTH:],
            unsure=first[0] + "?" + first[2:],
            swapped=first[0] + first[2] + first[1] + first[3:],
        )
        return engine.search(Request(text))

    return ask


CLASSES: dict[str, Ask] = {
    "word": query("{0}"),
    "word as typed": query("={0}"),
    "two words": query("{0} {1}"),
    "prefix": query("{begin}*"),
    "prefix and word": query("{begin}* {1}"),
    "wildcard, open in front": query("*{end}"),
    "wildcard, open on both sides": query("*{begin}*"),
    "wildcard, one letter": query("{unsure}"),
    "typing error": query("{swapped}~"),
    "regular expression": query("/{begin}[a-z]*(s|ed|ing)?/"),
    "sloppy phrase": query('"{2} {0}"~5'),
    "boost": query("{0}^3 OR {1}"),
}


def measure(folder: Path, runs: int = RUNS) -> dict[str, list[float]]:
    """Ask every class; gives milliseconds, ascending."""
    prime()
    engine, words = Local(folder), list(sampled(Snapshot.open(folder), runs))
    return {name: sorted(_took(ask, engine, run) for run in words) for name, ask in CLASSES.items()}


def _took(ask: Ask, engine: Engine, words: list[str]) -> float:
    ask(engine, words)
    began = time.perf_counter()
    ask(engine, words)
    return (time.perf_counter() - began) * 1000


def sampled(snapshot: Snapshot, runs: int) -> Iterator[list[str]]:
    """Take runs of words of ASCII letters from the paragraphs, the same of the same text."""
    rng, missed = random.Random(11), 0
    while runs and missed < 10_000:
        segment, local = snapshot.locate(rng.randrange(snapshot.ordinal_count))
        words = [w.lower() for w in segment.data.text(local).split() if w.isascii() and w.isalpha()]
        words = [word for word in words if len(word) >= LENGTH]
        if len(words) < LENGTH:
            missed += 1
            continue
        start = rng.randrange(len(words) - LENGTH + 1)
        yield words[start : start + LENGTH]
        runs -= 1


def report(measured: dict[str, list[float]]) -> str:
    """Write a table of the classes."""
    rows = [
        (name, number(statistics.median(ms)), number(ms[(99 * len(ms)) // 100]), number(ms[-1]))
        for name, ms in measured.items()
        if ms
    ]
    return table(("a whole answer of 20, ms", "p50", "p99", "highest"), rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m bench.features", description=__doc__)
    parser.add_argument("index", type=Path, help="the folder of an index")
    parser.add_argument("--runs", type=int, default=RUNS, help="of words (%(default)s)")
    given = parser.parse_args(arguments)
    print(report(measure(given.index, given.runs)))


if __name__ == "__main__":
    main()
