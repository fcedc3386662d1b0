"""What each feature takes on an index of Passage: `python -m bench.features INDEX`.

A class is one line of CLASSES: it asks an engine something made of a question (`questions.py`).
"""

import argparse
import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from bench.corpus import DATA
from bench.figures import spread
from bench.queries import BENCHMARK
from bench.questions import DEEP, LENGTH, Pool, Question, drawn
from bench.tables import number, share, table
from index.snapshot import Snapshot
from search.engine import FACETS, ConcordanceRequest, Engine, Order, Request
from search.export import json_lines
from search.local import Local
from search.warm import prime

Ask = Callable[[Engine, Question], object]

BATCH = 25
EXPORTED = 1000


class Pace(NamedTuple):
    """How many questions a class is asked, and the seconds after which it has been asked enough."""

    questions: int
    seconds: float


WHOLE = Pace(300, 2.0)
QUICK = Pace(100, 0.5)


@dataclass(frozen=True, slots=True)
class Feature:
    """A class: its name, what it is asked, how, and the class beside which it is set."""

    name: str
    pool: Pool
    ask: Ask
    beside: str = ""


def page(**asked: Any) -> Ask:
    """Ask for a page of the question's text."""
    return lambda engine, question: engine.search(replace(Request(question.text), **asked))


def chosen(engine: Engine, question: Question) -> object:
    """Ask for a page of one document, with facets that count as if it was not chosen."""
    narrowed = (f"document:{question.document}",)
    return engine.search(Request(question.text, filters=narrowed, facets=FACETS))


def last_page(most: int) -> Ask:
    """Ask for the last page, or the one that ends with rank `most`."""

    def ask(engine: Engine, question: Question) -> object:
        offset = max(0, min(most, question.total) - 20)
        return engine.search(Request(question.text, offset=offset))

    return ask


def exported(engine: Engine, question: Question) -> object:
    """Export the beginning of all that is found, as lines of JSON."""
    found = islice(engine.export(Request(question.text)), EXPORTED)
    return sum(len(line) for line in json_lines(found, question.text))


def suggested(engine: Engine, question: Question) -> object:
    """Ask what a text may become."""
    return engine.suggest(question.text)


def similar(*, other_documents: bool) -> Ask:
    """Ask what is like a paragraph."""
    return lambda engine, question: engine.similar(question.text, 20, other_documents)


def in_context(sort: Order) -> Ask:
    """Ask for a word in its contexts."""
    return lambda engine, question: engine.concordance(
        ConcordanceRequest(question.words[0], sort=sort)
    )


def marked_in_context(engine: Engine, question: Question) -> object:
    """Ask for all that a query marks in its contexts."""
    return engine.concordance(ConcordanceRequest(question.text))


def query(form: str) -> Ask:
    """Ask for a page of a query: {0} to {3} are the words; {begin}, {end}, ... are of the first."""

    def ask(engine: Engine, question: Question) -> object:
        first = question.words[0]
        text = form.format(
            *question.words,
            begin=first[:LENGTH],
            end=first[-LENGTH:],
            unsure=first[0] + "?" + first[2:],
            swapped=first[0] + first[2] + first[1] + first[3:],
        )
        return engine.search(Request(text))

    return ask


CLASSES = (
    Feature("a page", "queries", page()),
    Feature("a page and every facet", "queries", page(facets=FACETS), "a page"),
    Feature("a page and every facet, a document chosen", "queries", chosen, "a page"),
    Feature("totals alone", "queries", page(limit=0)),
    Feature("totals and every facet", "queries", page(limit=0, facets=FACETS), "totals alone"),
    Feature("sorted by date", "queries", page(sort="date:desc"), "a page"),
    Feature("sorted by document", "queries", page(sort="document"), "a page"),
    Feature("grouped by document", "queries", page(group="document"), "a page"),
    Feature("with explanations", "queries", page(explain=True), "a page"),
    Feature("the first page of a deep query", "deep", page()),
    Feature(f"to rank {DEEP:,}", "deep", last_page(DEEP), "the first page of a deep query"),
    Feature("the last page", "deep", last_page(1 << 31), "the first page of a deep query"),
    Feature(f"export, the first {EXPORTED:,} as JSON lines", "deep", exported),
    Feature("words that no paragraph has together", "scattered", page()),
    Feature("scope=document", "scattered", page(scope="document")),
    Feature("did you mean", "misspelt", page()),
    Feature("other spellings", "spellings", page()),
    Feature("suggestions", "typed", suggested),
    Feature("similar paragraphs", "paragraphs", similar(other_documents=False)),
    Feature("the same statement elsewhere", "repeated", similar(other_documents=True)),
    Feature("concordance", "runs", in_context("document")),
    Feature("concordance, by the word on the right", "runs", in_context("right")),
    Feature("concordance of a query", "queries", marked_in_context),
    Feature("word", "runs", query("{0}")),
    Feature("word as typed", "runs", query("={0}"), "word"),
    Feature("two words", "runs", query("{0} {1}")),
    Feature("boost", "runs", query("{0}^3 OR {1}")),
    Feature("phrase", "runs", query('"{0} {1}"')),
    Feature("sloppy phrase", "runs", query('"{2} {0}"~5')),
    Feature("prefix", "runs", query("{begin}*")),
    Feature("prefix and word", "runs", query("{begin}* {1}")),
    Feature("wildcard, open in front", "runs", query("*{end}")),
    Feature("wildcard, open on both sides", "runs", query("*{begin}*")),
    Feature("wildcard, one letter", "runs", query("{unsure}")),
    Feature("typing error forgiven", "runs", query("{swapped}~")),
    Feature("regular expression", "runs", query("/{begin}[a-z]*(s|ed|ing)?/")),
)


def measure(folder: Path, benchmark: Path, pace: Pace = WHOLE) -> dict[str, list[float]]:
    """Ask every class; gives milliseconds for each of its questions.

    Each class has an engine of its own, so that none finds what another left remembered. It is
    asked its last question for nothing first.
    """
    prime()
    pools = drawn(Snapshot.open(folder), benchmark, pace.questions)
    engines = {each.name: Local(folder) for each in CLASSES}
    took: dict[str, list[float]] = {each.name: [] for each in CLASSES}
    for each in CLASSES:
        for question in pools[each.pool][-1:]:
            each.ask(engines[each.name], question)
    gc.freeze()  # as the server does: looking through all that is loaded takes 0.1 s now and then
    for each, batch in _in_turn(pools):
        for question in batch:
            if sum(took[each.name]) < pace.seconds * 1000:
                took[each.name].append(_timed(each, engines[each.name], question))
    return took


def _in_turn(
    pools: Mapping[Pool, Sequence[Question]],
) -> Iterator[tuple[Feature, Sequence[Question]]]:
    """Give classes their questions in batches, each time in another order."""
    rng = random.Random(11)
    for start in range(0, max(map(len, pools.values())), BATCH):
        for each in rng.sample(CLASSES, len(CLASSES)):
            yield each, pools[each.pool][start : start + BATCH]


def _timed(feature: Feature, engine: Engine, question: Question) -> float:
    began = time.perf_counter()
    feature.ask(engine, question)
    return (time.perf_counter() - began) * 1000


def report(measured: Mapping[str, Sequence[float]]) -> str:
    """Tell what was asked, with a table of the classes."""
    rows = [_row(each, measured) for each in CLASSES if measured.get(each.name)]
    return (
        "Passage alone, by `bench.features`: milliseconds to a whole answer of 20, with totals, "
        "texts, marks and suggestions. Queries are of the benchmark and runs of the text's words, "
        "all drawn by a seed (`tests/bench/questions.py` says how); what is deep finds "
        f"{DEEP:,} paragraphs. Classes take turns at {BATCH} questions, each on an engine of its "
        "own; a question is asked once, so that nothing of it is remembered. A class ends where "
        "its time does, so that slow ones are asked less. × is the ratio to the class named, for "
        "the same questions. Percentiles are the nearest rank.\n\n"
        + table(("", "questions", "p50", "p99", "highest", "p50, ×", "p99, ×", "beside"), rows)
    )


def _row(feature: Feature, measured: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    took, beside = measured[feature.name], measured.get(feature.beside, ())
    own = spread(took)
    ratios = ("–", "–", "–")
    if count := min(len(took), len(beside)):
        these, those = spread(took[:count]), spread(beside[:count])
        ratios = (share(these.p50 / those.p50), share(these.p99 / those.p99), feature.beside)
    figures = (number(own.p50), number(own.p99), number(max(took)))
    return feature.name, f"{own.count:,}", *figures, *ratios


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m bench.features", description=__doc__)
    parser.add_argument("index", type=Path, help="the folder of an index")
    parser.add_argument("--data", type=Path, default=DATA, help="$PASSAGE_DATA, or %(default)s")
    parser.add_argument("--quick", action="store_true", help="a third of the questions")
    given = parser.parse_args(arguments)
    pace = QUICK if given.quick else WHOLE
    print(report(measure(given.index, given.data / BENCHMARK, pace)))


if __name__ == "__main__":
    main()
