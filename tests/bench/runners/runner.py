"""What the Python runners have in common: commands in, lines of JSON out (see ../README.md)."""

import gc
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Row = list[str]
"""Document, title, number, text."""

CLAUSE = re.compile(r'([+-]?)(?:"([^"]*)"|(\S+))')
ROUNDS = 5


class Engine(Protocol):
    """One engine."""

    def version(self) -> str:
        """Name what is measured."""

    def index(self, rows: list[Row], folder: Path, cores: int) -> Callable[[], None]:
        """Give the call that is timed: it makes an index of paragraphs that are in memory."""

    def told(self, folder: Path) -> dict[str, Any]:
        """Tell what is worth to be told of an index: `segments`, `parts` in bytes."""

    def merge(self, folder: Path) -> None:
        """Bring the index into its best state for searching."""

    def replacer(self, folder: Path) -> Callable[[str, list[Row], str], int]:
        """Give a call that replaces a document, and answers how often a word is then found."""

    def open(self, folder: Path) -> None:
        """Open the index for searching."""

    def plan(self, command: str, text: str) -> Callable[[], int]:
        """Give the call that is timed; it answers the total, or how many hits came."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query: `sign` is + (must), - (must not) or empty; a phrase has several words."""

    sign: str
    words: tuple[str, ...]


def clauses(text: str) -> list[Clause]:
    """Take a query apart, for the engines that have another language for it."""
    return [
        Clause(sign, tuple((phrase or word).split())) for sign, phrase, word in CLAUSE.findall(text)
    ]


def main(engine: Engine) -> None:
    """Run one command of the command line."""
    match sys.argv[1:]:
        case ["version"]:
            answer: dict[str, Any] = {"version": engine.version()}
        case ["index", paragraphs, folder, cores]:
            answer = _index(engine, Path(paragraphs), Path(folder), int(cores))
        case ["merge", folder]:
            start = time.perf_counter()
            engine.merge(Path(folder))
            answer = {"seconds": time.perf_counter() - start}
        case ["replace", folder, paragraphs, id]:
            answer = _replace(engine, Path(folder), list(_rows(Path(paragraphs))), id)
        case ["first", folder, text]:
            answer = _first(engine, Path(folder), text)
        case ["serve", folder]:
            answer = _serve(engine, Path(folder))
        case unknown:
            sys.exit(f"unknown command {' '.join(unknown)}")
    print(json.dumps(answer))


def _rows(paragraphs: Path) -> Iterator[Row]:
    with paragraphs.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n").split("\t")


def _index(engine: Engine, paragraphs: Path, folder: Path, cores: int) -> dict[str, Any]:
    folder.mkdir(parents=True)
    call = engine.index(list(_rows(paragraphs)), folder, cores)
    gc.freeze()  # the paragraphs are not the engine's, and need not be looked through
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "settled_seconds": seconds} | engine.told(folder)


def _replace(engine: Engine, folder: Path, rows: list[Row], id: str) -> dict[str, Any]:
    replace = engine.replacer(folder)
    (*head, text), *rest = rows
    seconds, found = [], []
    for number in range(ROUNDS):
        mark = f"zyzzyvaquux{number}"
        start = time.perf_counter()
        found.append(replace(id, [[*head, f"{text} {mark}"], *rest], mark))
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "found": found}


def _first(engine: Engine, folder: Path, text: str) -> dict[str, Any]:
    start = time.perf_counter()
    engine.open(folder)
    opened = time.perf_counter()
    engine.plan("TOP_10", text)()
    end = time.perf_counter()
    return {"open_ms": (opened - start) * 1e3, "first_ms": (end - opened) * 1e3}


def _serve(engine: Engine, folder: Path) -> dict[str, Any]:
    engine.open(folder)
    for line in sys.stdin:
        request = json.loads(line)
        command = request["command"]
        # Other engines have no language to translate to, and nothing runs between their queries.
        calls = [engine.plan(command, query["text"]) for query in request["queries"]]
        timed = [_timed(call) for call in calls]
        for query, (total, ns) in zip(request["queries"], timed, strict=True):
            row = {"class": query["class"], "command": command, "query": query["query"]}
            print(json.dumps(row | {"total": total, "ns": ns}))
        print(json.dumps({"done": True}), flush=True)
    return {}


def _timed(call: Callable[[], int]) -> tuple[int, int]:
    start = time.perf_counter_ns()
    total = call()
    return total, time.perf_counter_ns() - start
