"""The queries: those of the search benchmark game, and runs of words taken from the text."""

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["term", "AND", "OR", "phrase", "must+should", "negated", "phrase AND"]
Origin = Literal["benchmark", "runs"]

BENCHMARK = Path("queries", "search-benchmark-game.jsonl")
"""The benchmark's file, in the folder of the data."""

KINDS: dict[str, Kind] = {
    "term": "term",
    "intersection": "AND",
    "union": "OR",
    "phrase": "phrase",
    "intersection_union": "must+should",
    "negated": "negated",
    "two-phase-critic": "phrase AND",
}
"""The tags of the benchmark's file."""

RUN_OF_WORDS = re.compile(r"(?<![\w'’.-])[A-Za-z]+(?: [A-Za-z]+)+(?![\w'’.-])")
TERMS = 300
RUNS = 100


@dataclass(frozen=True, slots=True)
class Query:
    """A query as one types it to Lucene and Tantivy: `a b` (any), `+a -b`, `"a b"`."""

    origin: Origin
    kind: Kind
    number: int
    text: str


def from_benchmark(path: Path) -> list[Query]:
    """Read the benchmark's file, where it is there.

    It has a single query of one word; the first 299 distinct words of its unions join that.
    """
    if not path.exists():
        return []
    queries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    texts: dict[Kind, list[str]] = {kind: [] for kind in KINDS.values()}
    for query in queries:
        kind = next(KINDS[tag] for tag in query["tags"] if tag in KINDS)
        texts[kind].append(query["query"].lower())
    words = (word for text in texts["OR"] for word in text.split())
    texts["term"] = list(dict.fromkeys([*texts["term"], *words]))[:TERMS]
    return _numbered("benchmark", texts)


def from_text(rows: Iterable[list[str]], count: int) -> list[Query]:
    """Take two and three neighbouring words of paragraphs at even spacing; stop words are kept.

    Each run is asked for as AND, OR and phrase, so no phrase is empty; its words singly are terms.
    """
    drawn = random.Random(7)
    runs: list[list[str]] = []
    spacing = max(1, count // RUNS)
    for number, (*_, text) in enumerate(rows):
        if number % spacing == spacing // 2:
            runs += _drawn(text, 2 + len(runs) % 2, drawn)
    texts: dict[Kind, list[str]] = {
        "term": list(dict.fromkeys(word for run in runs for word in run))[:RUNS],
        "AND": [" ".join(f"+{word}" for word in run) for run in runs],
        "OR": [" ".join(run) for run in runs],
        "phrase": [f'"{" ".join(run)}"' for run in runs],
    }
    return _numbered("runs", texts)


def _drawn(text: str, length: int, drawn: random.Random) -> Iterator[list[str]]:
    runs = [match.group().lower().split() for match in RUN_OF_WORDS.finditer(text)]
    runs = [run for run in runs if len(run) >= length]
    if runs:
        run = drawn.choice(runs)
        start = drawn.randrange(len(run) - length + 1)
        yield run[start : start + length]


def _numbered(origin: Origin, texts: dict[Kind, list[str]]) -> list[Query]:
    return [
        Query(origin, kind, number, text)
        for kind, each in texts.items()
        for number, text in enumerate(each)
    ]
