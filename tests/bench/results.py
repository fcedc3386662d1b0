"""What a run measured, as it is kept and as the report reads it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bench.corpus import Corpus
from bench.indexing import Built
from bench.latency import Latencies
from bench.queries import Kind, Origin, Query

PASSAGE = "Passage"
PEERS = ("Tantivy", "Lucene")
"""The better of these is what Passage is measured by."""


class Row(NamedTuple):
    """One query put to one engine by one command: its total, and microseconds (a median)."""

    engine: str
    command: str
    origin: Origin
    kind: Kind
    number: int
    text: str
    total: int
    us: float

    def query(self) -> Query:
        """Give the query alone."""
        return Query(self.origin, self.kind, self.number, self.text)


@dataclass(frozen=True, slots=True)
class Results:
    """One run; `features` has for each class of them the milliseconds of Passage, by question."""

    command: str
    date: str
    machine: dict[str, str]
    corpus: dict[str, Any]
    rounds: int
    seconds: float
    built: tuple[Built, ...]
    rows: tuple[Row, ...]
    again: int
    missing: dict[str, str]
    features: dict[str, list[float]] = field(default_factory=dict)

    def engine(self, name: str) -> Built | None:
        """Give what was measured of an engine beside queries."""
        return next((built for built in self.built if built.name == name), None)

    def save(self, path: Path) -> None:
        """Keep the run as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")


def load(path: Path) -> Results:
    """Read a run that was kept."""
    kept = json.loads(path.read_text("utf-8"))
    kept["built"] = tuple(Built(**each) for each in kept["built"])
    kept["rows"] = tuple(Row(*each) for each in kept["rows"])
    return Results(**kept)


def rows_of(latencies: Latencies) -> tuple[Row, ...]:
    """Put each query's medians and totals in rows."""
    return tuple(
        Row(
            key.engine,
            key.command,
            key.query.origin,
            key.query.kind,
            key.query.number,
            key.query.text,
            latencies.totals[key],
            us,
        )
        for key, us in latencies.medians().items()
    )


def described(corpus: Corpus) -> dict[str, Any]:
    """Give what the report tells of the text."""
    return {
        "name": corpus.name,
        "file": corpus.file.name,
        "file_bytes": corpus.file.stat().st_size,
        "documents": corpus.documents,
        "paragraphs": corpus.count,
        "bytes": corpus.bytes,
        "is_generated": corpus.is_generated,
    }
