"""`make relevance`: rank what the judged collections ask, and write down how well that went."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from bench.tables import table
from collections_on_disk import write

from relevance.collection import DEPTH, Collection, ranking, read
from relevance.measures import ndcg, p_value, recall, reciprocal_rank
from search.engine import Request
from search.local import Local

ROOT = Path(__file__).parent.parent.parent
MARKED = re.compile(r"(<!-- figures -->\n).*(<!-- /figures -->)", re.DOTALL)

WAYS: Mapping[str, Request] = {
    "auto": Request(""),
    "any": Request("", match="any"),
}
"""The ways to ask that are compared; the first is that of the page."""

MEASURES: Mapping[str, Callable[[list[str], Mapping[str, int]], float]] = {
    "nDCG@10": lambda ranked, judged: ndcg(ranked, judged, 10),
    "recall@10": lambda ranked, judged: recall(ranked, judged, 10),
    "recall@100": lambda ranked, judged: recall(ranked, judged, DEPTH),
    "MRR": lambda ranked, judged: reciprocal_rank(ranked, judged, DEPTH),
}

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A collection's figures: for each way an array with a row a measure and a column a query.

    `whole` counts the queries of which some paragraph has every word.
    """

    name: str
    records: int
    whole: int
    figures: dict[str, F64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code."""
    reading = argparse.ArgumentParser(prog="python -m relevance", description=__doc__)
    data = Path(os.environ.get("PASSAGE_DATA") or ROOT.parent / "shared" / "data")
    reading.add_argument("--data", type=Path, default=data, help="$PASSAGE_DATA, or %(default)s")
    reading.add_argument("--report", type=Path, default=ROOT / "docs" / "relevance.md")
    given = reading.parse_args(arguments)
    folders = sorted((given.data / "judged").glob("*/"))
    if not folders:
        print(f"relevance: no judged collections in {given.data / 'judged'}", file=sys.stderr)
        return 1
    measured = []
    for folder in folders:
        print(f"relevance: {folder.name}", file=sys.stderr, flush=True)
        measured.append(measure(read(folder)))
    text = "\n\n".join(report(measured))
    print(text)
    page = given.report.read_text("utf-8")
    given.report.write_text(MARKED.sub(lambda m: f"{m[1]}\n{text}\n\n{m[2]}", page), "utf-8")
    return 0


def measure(collection: Collection) -> Measured:
    """Index a collection, and put its queries to the engine in every way."""
    with TemporaryDirectory() as folder:
        write(Path(folder), collection.documents)
        engine = Local(Path(folder))
        figures = {name: _figures(engine, collection, way) for name, way in WAYS.items()}
        all_words = [Request(text, match="all") for text in collection.queries.values()]
        whole = sum(next(engine.export(each), None) is not None for each in all_words)
    return Measured(collection.name, len(collection.records), whole, figures)


def _figures(engine: Local, collection: Collection, way: Request) -> F64:
    columns = []
    for query, text in collection.queries.items():
        ranked = ranking(engine, collection, replace(way, query=text))
        columns.append([of(ranked, collection.judged[query]) for of in MEASURES.values()])
    return np.array(columns).T


def report(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield a table of the collections, and for each measure one of the ways to ask."""
    sizes = ((m.name, f"{m.records:,}", f"{_queries(m):,}", f"{m.whole:,}") for m in measured)
    yield table(("", "records", "queries", "of which a paragraph has every word"), sizes)
    first, *others = WAYS
    header = [first, *(cell for other in others for cell in (other, "difference", "p"))]
    for row, name in enumerate(MEASURES):
        yield table((name, *header), ([m.name, *_cells(m, row)] for m in measured))


def _queries(measured: Measured) -> int:
    return len(measured.figures[next(iter(WAYS))][0])


def _cells(measured: Measured, row: int) -> Iterator[str]:
    first, *others = (measured.figures[way][row] for way in WAYS)
    yield f"{first.mean():.3f}"
    for other in others:
        differences = other - first
        yield f"{other.mean():.3f}"
        yield f"{differences.mean():+.3f}"
        yield f"{p_value(differences):.4f}"


if __name__ == "__main__":
    sys.exit(main())
