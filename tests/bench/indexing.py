"""Everything but the queries: indexing, size, change, opening, the first query."""

import shutil
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.corpus import Corpus, first_lines, to_replace
from bench.engines import Engine
from bench.process import Answered, Failed, run

ROUNDS = 3
"""How often those engines are measured whose ratios count; they take turns."""

STARTS = 5
STARTING = 3.0
"""Seconds after which a slow engine is not started again."""


@dataclass(slots=True)
class Built:
    """What was measured of one engine beside its queries.

    `text` is the bytes of the text that it was given. `by_cores` has, for 1 and 2 cores, `seconds`
    to the end of the commit and `settled` until merges came to rest, medians; `from_file` is the
    seconds of a process that indexes the file as it came. `memory` is the peak of these, in bytes.
    `disk` are bytes when merged (`parts` by files' suffixes, or by the engine's own account),
    `unmerged` bytes before. `replace` are the seconds of each round, `first` milliseconds: `open`,
    `query`, and `process` from start to end.
    """

    name: str
    version: str
    text: int
    folder: str
    by_cores: dict[str, dict[str, float]] = field(default_factory=dict)
    from_file: float | None = None
    memory: dict[str, int | None] = field(default_factory=dict)
    merge: float | None = None
    unmerged: int | None = None
    unmerged_folder: str | None = None
    segments: int | None = None
    disk: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    replace: list[float] | None = None
    first: dict[str, float] | None = None
    failures: list[str] = field(default_factory=list)


def build(
    engines: Sequence[Engine],
    corpus: Corpus,
    work: Path,
    first_query: str,
    say: Callable[[str], None],
) -> list[Built]:
    """Measure engines; leaves the index of each in a folder, ready for searching."""
    runs = [_Run(engine, corpus, work) for engine in engines]
    for number in range(ROUNDS):
        for engine, run_ in zip(engines, runs, strict=True):
            if number == 0 or engine.is_measured_whole:
                say(f"indexing: {engine.name}")
                run_.index()
    for run_ in runs:
        run_.finish()
    for number in range(ROUNDS):
        for engine, run_ in zip(engines, runs, strict=True):
            if engine.replaces and (number == 0 or engine.is_measured_whole):
                run_.replace()
    return [run_.start(first_query) for run_ in runs]


class _Run:
    """One engine's index on its way through the steps."""

    def __init__(self, engine: Engine, corpus: Corpus, work: Path) -> None:
        self._engine = engine
        self._corpus = corpus
        self._log = work / "log.txt"
        self._scratch = work / "scratch"
        self._paragraphs = corpus.paragraphs
        text = corpus.bytes
        if engine.limit:
            self._paragraphs = work / "first.tsv"
            text = first_lines(corpus, self._paragraphs, engine.limit)
        self._folder = work / "indexes" / engine.name.lower().replace(" ", "-")
        self._times: dict[str, list[dict[str, float]]] = defaultdict(list)  # by cores
        version = self._run("version").told["version"]
        self._built = Built(engine.name, version, text, str(self._folder))

    def index(self) -> None:
        """Index once more; what comes of the last time is searched."""
        self._step("indexing", self._index)

    def finish(self) -> None:
        """Merge, and see how large all is."""
        if self._engine.merges:
            self._step("merging", self._merge)
        if self._engine.name == "Passage":
            self._step("indexing the file", self._index_file)
        files = _files(self._folder)
        self._built.disk = sum(files.values())
        self._built.parts = self._built.parts or files

    def replace(self) -> None:
        """Replace a document, some times."""
        self._step("replacing", self._replace)

    def start(self, first_query: str) -> Built:
        """Open the index some times in processes of their own; give all that was measured."""
        self._step("starting", lambda: self._start(first_query))
        return self._built

    def _step(self, name: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Failed as failed:
            self._built.failures.append(f"{name}: {failed}")

    def _run(self, *arguments: str | Path, cores: int | None = None) -> Answered:
        return run((*self._engine.command, *arguments), self._log, cores)

    def _index(self) -> None:
        """Index with one core, then with two."""
        for number in self._engine.cores:
            _remove(self._folder)
            cores = str(number)
            answered = self._run("index", self._paragraphs, self._folder, cores, cores=number)
            told, times = answered.told, self._times[cores]
            times.append({"seconds": told["seconds"], "settled": told["settled_seconds"]})
            self._built.by_cores[cores] = {
                name: statistics.median(each[name] for each in times) for name in times[0]
            }
            self._built.memory[cores] = answered.peak
            self._built.segments = told.get("segments")
            self._built.parts = told.get("parts", {})

    def _merge(self) -> None:
        unmerged = self._folder.with_name(f"{self._folder.name}-unmerged")
        _remove(unmerged)
        shutil.copytree(self._folder, unmerged)
        self._built.unmerged_folder = str(unmerged)
        self._built.unmerged = sum(_files(unmerged).values())
        self._built.merge = self._run("merge", self._folder).told["seconds"]

    def _index_file(self) -> None:
        """Index as a user does: the file as it came, in a process of its own."""
        _remove(self._scratch)
        command = (sys.executable, "-m", "index", self._corpus.file, "--to", self._scratch)
        answered = run(command, self._log)
        self._built.from_file = answered.seconds
        self._built.memory["file"] = answered.peak

    def _replace(self) -> None:
        _remove(self._scratch)
        shutil.copytree(self._folder, self._scratch)
        rows = self._scratch.with_name("replaced.tsv")
        document = to_replace(self._paragraphs, rows)
        told = self._run("replace", self._scratch, rows, document).told
        _remove(self._scratch)
        if set(told["found"]) != {1}:
            raise Failed(f"what was replaced was found {told['found']} times")
        self._built.replace = (self._built.replace or []) + told["seconds"]

    def _start(self, query: str) -> None:
        starts, end = [self._run("first", self._folder, query)], time.monotonic() + STARTING
        while len(starts) < STARTS and time.monotonic() < end:
            starts.append(self._run("first", self._folder, query))
        self._built.first = {
            "open": statistics.median(start.told["open_ms"] for start in starts),
            "query": statistics.median(start.told["first_ms"] for start in starts),
            "process": statistics.median(start.seconds * 1e3 for start in starts),
        }


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> dict[str, int]:
    """Add the bytes of files of one kind, which their suffixes tell."""
    parts: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file():
            parts[path.suffix or path.name] += path.stat().st_size
    return dict(parts.most_common())
