"""What each feature is asked: drawn by a seed from the benchmark's queries and the text's words."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from bench.queries import from_benchmark, from_text
from bench.runners.passage_runner import translated
from bench.runners.runner import clauses
from index.snapshot import Snapshot
from search.execute import execute
from search.query import parse

Pool = Literal[
    "queries",
    "deep",
    "runs",
    "scattered",
    "misspelt",
    "spellings",
    "typed",
    "paragraphs",
    "repeated",
]

LENGTH = 4
"""Of how many words a run is, each of LENGTH letters at least."""

DEEP = 10_000
"""How many paragraphs a query finds whose deep pages are asked for."""

TRIES = 40
"""How many draws there are for each question that is wanted."""

SPELLINGS = Path(__file__).parents[1] / "data" / "variants.json"


@dataclass(frozen=True, slots=True)
class Question:
    """A query or the id of a paragraph; of a query, how many it finds, and a document with one.

    `words` are a run of the text, where the text is of one.
    """

    text: str
    words: tuple[str, ...] = ()
    total: int = 0
    document: str = ""


def drawn(snapshot: Snapshot, benchmark: Path, count: int) -> dict[Pool, list[Question]]:
    """Draw `count` questions of each kind, or as many as there are.

    - queries: of the benchmark (a file, which may be absent) and runs of words, that find something
    - deep: of these, what finds DEEP paragraphs; where nothing does, all
    - runs: four words in a row
    - scattered: words of two paragraphs of a document, which no paragraph has together
    - misspelt: a word with two letters swapped or one left out, so that it is unknown, and the next
    - spellings: words of which the books have other spellings
    - typed: up to three words, of which the last is not finished
    - paragraphs: ids
    - repeated: ids of paragraphs of twelve words or more with the signature of another
    """
    every = list(_queries(snapshot, benchmark))
    deep = [each for each in every if each.total >= DEEP] or every

    def of_words(make: Callable[[_Words], Iterator[Question]]) -> list[Question]:
        return list(islice(make(_Words(snapshot, count * TRIES)), count))

    return {
        "queries": every[:count],
        "deep": deep[:count],
        "runs": of_words(_runs),
        "scattered": of_words(_scattered),
        "misspelt": of_words(_misspelt),
        "spellings": list(_spellings(snapshot))[:count],
        "typed": of_words(_typed),
        "paragraphs": of_words(_paragraphs),
        "repeated": list(islice(_repeated(snapshot), count)),
    }


class _Words:
    """Random paragraphs of a snapshot that have enough words; the same of the same text."""

    def __init__(self, snapshot: Snapshot, tries: int) -> None:
        self.snapshot = snapshot
        self.rng = random.Random(11)
        self._tries = tries

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield ordinals and runs of words of ASCII letters."""
        for _ in range(self._tries if self.snapshot.ordinal_count else 0):
            ordinal = self.rng.randrange(self.snapshot.ordinal_count)
            if run := self.run(ordinal):
                yield ordinal, run

    def run(self, ordinal: int) -> tuple[str, ...]:
        """Give a run of words of a paragraph, none where it is too short."""
        segment, local = self.snapshot.locate(ordinal)
        words = [w.lower() for w in segment.data.text(local).split() if w.isascii() and w.isalpha()]
        words = [word for word in words if len(word) >= LENGTH]
        if len(words) < LENGTH:
            return ()
        start = self.rng.randrange(len(words) - LENGTH + 1)
        return tuple(words[start : start + LENGTH])

    def beside(self, ordinal: int) -> int:
        """Give a paragraph of the same document."""
        segment, local = self.snapshot.locate(ordinal)
        span = segment.data.span(segment.data.document_of(local))
        return segment.base + self.rng.randrange(span.start, span.stop)


def _queries(snapshot: Snapshot, benchmark: Path) -> Iterator[Question]:
    places = range(snapshot.ordinal_count)[:: max(1, snapshot.ordinal_count // 200)]
    rows = ([segment.data.text(local)] for segment, local in map(snapshot.locate, places))
    written = [*from_benchmark(benchmark), *from_text(rows, 1)]
    texts = list(dict.fromkeys(translated(clauses(query.text)) for query in written))
    random.Random(11).shuffle(texts)
    for text in texts:
        found = execute(snapshot, parse(text).tree, 1)
        if found.total:
            document = snapshot.paragraph(int(found.ordinals[0]))[0].id
            yield Question(text, total=found.total, document=document)


def _runs(words: _Words) -> Iterator[Question]:
    return (Question(" ".join(run), run) for _, run in words)


def _paragraphs(words: _Words) -> Iterator[Question]:
    return (_paragraph(words.snapshot, ordinal) for ordinal, _ in words)


def _scattered(words: _Words) -> Iterator[Question]:
    for ordinal, run in words:
        text = " ".join(run[:2] + words.run(words.beside(ordinal))[:2])
        if text.count(" ") == 3 and not execute(words.snapshot, parse(text).tree, 0).total:
            yield Question(text)


def _misspelt(words: _Words) -> Iterator[Question]:
    for _, (first, second, *_rest) in words:
        at = words.rng.randrange(1, len(first) - 1)
        swapped = first[:at] + first[at + 1] + first[at] + first[at + 2 :]
        wrong = words.rng.choice([swapped, first[:at] + first[at + 1 :]])
        if len(first) > LENGTH and not words.snapshot.form(wrong).df:
            yield Question(f"{wrong} {second}")


def _typed(words: _Words) -> Iterator[Question]:
    for _, run in words:
        *before, last = run[: words.rng.randrange(1, 4)]
        yield Question(" ".join([*before, last[: words.rng.randrange(1, len(last) + 1)]]))


def _spellings(snapshot: Snapshot) -> Iterator[Question]:
    for one, other, _ in json.loads(SPELLINGS.read_text("utf-8"))["variants"]:
        if snapshot.form(one).df and snapshot.form(other).df:
            yield from (Question(one), Question(other))


def _repeated(snapshot: Snapshot) -> Iterator[Question]:
    for segment in snapshot.segments:
        signatures, counts = np.unique(segment.data.signature, return_counts=True)
        again = np.isin(segment.data.signature, signatures[(counts > 1) & (signatures != 0)])
        ordinals = np.flatnonzero(again).tolist()
        random.Random(11).shuffle(ordinals)
        for local in ordinals:
            if segment.data.text(local).count(" ") > 10:
                yield _paragraph(snapshot, segment.base + local)


def _paragraph(snapshot: Snapshot, ordinal: int) -> Question:
    return Question(snapshot.paragraph(ordinal)[2].id)
