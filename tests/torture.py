"""Random collections and queries, or the benchmark's queries on the books, against the oracle.

    python tests/torture.py [--minutes 10] [--trees 50000] [--seed N] [--books]
    python tests/torture.py --requests 20000 [--seed N]

Prints what was compared. At the first difference it prints the seed, by which to repeat the case,
and the smallest case found that still differs, and exits with 1.
"""

import itertools
import json
import math
import os
import random
import secrets
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402  # only now are the packages of the root to be found
import oracle
import strategies
from against_oracle import (
    Ask,
    Case,
    Failure,
    Pair,
    Question,
    random_asks,
    random_case,
    random_known_case,
)
from oracle_requests import Whole
from random_requests import random_requests
from shrink import shrunk
from whoosh import query
from whoosh.query.spans import SpanNear2

import index.writer
from index.model import Draft, Paragraph
from index.readers import jsonlines
from search.query import parse

PARAGRAPHS = 100_000
"""How much of the books is read."""
RUNS = 300
"""How many runs of words are taken from the books."""


@dataclass
class Counts:
    """What was compared; `found` counts what found something, `hits` the paragraphs."""

    questions: str = "trees"
    collections: int = 0
    asked: int = 0
    found: int = 0
    hits: int = 0

    def add(self, answer: oracle.Answer | Whole) -> None:
        self.asked += 1
        self.found += answer.total > 0
        self.hits += answer.total

    def __str__(self) -> str:
        return (
            f"{self.collections:,} collections, {self.asked:,} {self.questions}, "
            f"{self.found:,} of them found something, {self.hits:,} hits in all"
        )


# Random collections.


def attack(seed: int, counts: Counts) -> Failure | None:
    """Compare a collection with trees or with requests."""
    rng = random.Random(seed)
    if counts.questions == "requests":
        case = random_known_case(rng, rng.choice((None,) * 9 + (rng.randint(300, 2000),)))
        asks: Iterator[Question] = random_requests(rng, case.facts)
        return compare(case, itertools.islice(asks, 40), counts)
    # A small collection with nested trees, or a large one mostly with flat ones.
    (size,) = rng.choices((None, rng.randint(300, 3000), 40_000), (80, 19, 1))
    case = random_case(rng, size)
    return compare(case, itertools.islice(random_asks(rng, case), 60 if size else 30), counts)


def compare(case: Case, asks: Iterator[Question], counts: Counts) -> Failure | None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder), case)
        counts.collections += 1
        for ask in asks:
            try:
                counts.add(pair.check(ask))
            except Exception as error:  # an exception of the engine is a difference, too
                return case, ask, error
    return None


def describe(failure: Failure) -> None:
    """Print the documents, the question and both answers."""
    case, ask, error = failure
    for number, segment in enumerate(case.segments):
        for paragraph in (paragraph for document in segment for paragraph in document):
            deleted = ", deleted" if paragraph.document in case.deleted else ""
            place = f"segment {number}, {paragraph.id}, {paragraph.kind}{deleted}"
            print(f"  {place}: {paragraph.text[:1000]!r}")
    for document in (document for segment in case.segments for document in segment):
        if known := case.facts.get(document[0].document):
            print(f"  {document[0].document}: {known}")
    print(f"  {ask}\n  {type(error).__name__}: {str(error)[:1000]}")


def run(seeds: Iterator[int], questions: str, minutes: float, most: float) -> int:
    """Attack until the time is over or so many are compared; give the exit code."""
    counts, started, said = Counts(questions), time.monotonic(), 0.0
    for seed in seeds:
        try:
            failure = attack(seed, counts)
        except Exception as error:  # no answer differs, but something broke
            error.add_note(f"with seed {seed}")
            raise
        if failure:
            print(f"{counts}\nseed {seed} differs: {failure[2]}\nlooking for a smaller case ...")
            describe(shrunk(failure))
            more = "" if questions == "trees" else " --requests 1"
            print(f"again: python tests/torture.py --seed {seed}{more}")
            return 1
        elapsed = time.monotonic() - started
        if elapsed > said + 30:
            print(f"{elapsed:5.0f} s: {counts}", flush=True)
            said = elapsed
        if elapsed > 60 * minutes or counts.asked >= most:
            break
    print(f"no difference: {counts}")
    return 0


# The books.


def books(path: Path) -> Iterator[tuple[Paragraph, ...]]:
    """Read the documents of the first paragraphs, titles aside."""
    left = PARAGRAPHS
    for draft in jsonlines.read(path, path.name):
        if left > 0 and isinstance(draft, Draft):
            yield draft.paragraphs[: left + 1]
            left -= len(draft.paragraphs) - 1
        elif left <= 0:
            return


def benchmark_trees(path: Path) -> Iterator[query.Query]:
    """Give the trees of the benchmark's queries, as they are and with any of their words."""
    for line in path.read_text("utf-8").splitlines():
        text = json.loads(line)["query"]
        yield parse(text).tree
        if parse(text).relaxable:
            yield parse(text, relaxed=True).tree


def runs_of_words(
    rng: random.Random, documents: list[tuple[Paragraph, ...]]
) -> Iterator[query.Query]:
    """Give runs of two to five words of the text as every kind of query."""
    paragraphs = [paragraph for document in documents for paragraph in document]
    present = strategies.places([tuple(rng.sample(paragraphs, 2000))])
    for _ in range(RUNS):
        paragraph, length = rng.choice(present), rng.choice((2, 2, 3, 3, 5))
        start = rng.randrange(max(1, len(paragraph) - length))
        forms = [forms[0] for forms in paragraph[start : start + length]]
        words = [query.Term("text", form) for form in forms]
        yield from (query.And(words), query.Or(words), query.AndMaybe(words[0], query.Or(words)))
        yield query.And([words[0], query.Not(words[-1])])
        yield from (query.Phrase("text", forms), query.Phrase("form", forms))
        yield SpanNear2(words, slop=rng.choice((1, 3, 8)), ordered=False)
        yield query.Prefix("form", forms[-1][:3])


def read_books(folder: Path) -> int:
    """Compare every query on the books, with all the ways to ask it; give the exit code."""
    documents = list(books(folder / "books.jsonl.xz"))
    third = -(-len(documents) // 3)
    segments = [documents[first : first + third] for first in range(0, len(documents), third)]
    trees = list(benchmark_trees(folder / "queries" / "search-benchmark-game.jsonl"))
    print(f"{len(trees):,} trees of the benchmark's queries", flush=True)
    with tempfile.TemporaryDirectory() as place:
        pair = Pair(Path(place), Case(tuple(segments)))
        print(f"{len(pair.paragraphs):,} paragraphs in {len(segments)} segments", flush=True)
        counts = Counts(collections=1)
        for tree in [*trees, *runs_of_words(random.Random(1), documents)]:
            try:
                counts.add(ask_in_every_way(pair, tree))
            except AssertionError as error:
                print(f"{counts}\ndiffers: {error}")
                return 1
            if counts.asked % 200 == 0:
                print(counts, flush=True)
    print(f"no difference: {counts}, each asked in ten ways")
    return 0


def ask_in_every_way(pair: Pair, tree: query.Query) -> oracle.Answer:
    """Compare the best 10, the best 100, with totals and without, and all, with context or not."""
    for context in (False, True):
        wanted = oracle.evaluate(pair.collection, tree, context=context)
        for k, count in ((10, False), (10, True), (100, False), (100, True), (None, True)):
            pair.compare(Ask(tree, k, count, documents=count, context=context), wanted)
    return wanted


def main() -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, help="for how long (default 10)")
    parser.add_argument(
        "--trees", type=float, help="until so many are compared, the same each time"
    )
    parser.add_argument("--requests", type=float, help="so many requests instead of trees")
    parser.add_argument("--seed", type=int, help="the case of this seed alone")
    parser.add_argument("--books", action="store_true", help="the benchmark's queries on the books")
    arguments = parser.parse_args()
    index.writer.MAX_DELETED = 1.0  # deleted paragraphs stay, as the harder case
    if arguments.books:
        return read_books(Path(os.environ.get("PASSAGE_DATA") or ROOT.parent / "shared" / "data"))
    questions = "requests" if arguments.requests else "trees"
    if arguments.seed is not None:
        return run(iter([arguments.seed]), questions, math.inf, math.inf)
    if most := arguments.requests or arguments.trees:
        return run(itertools.count(), questions, arguments.minutes or math.inf, most)
    return run(itertools.count(secrets.randbits(40)), questions, arguments.minutes or 10, math.inf)


if __name__ == "__main__":
    sys.exit(main())
