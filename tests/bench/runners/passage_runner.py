"""Passage, measured through its packages: the writer, the snapshot, parse and execute."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.runners.runner import Clause, Row, clauses, main
from index import memory
from index.codec import container
from index.manifest import Manifest
from index.model import Document, DocumentInfo, Paragraph
from index.snapshot import Snapshot
from index.version import VERSION
from index.writer import Writer, lock
from search.engine import Request
from search.execute import Answer, execute
from search.local import Local
from search.query import parse

NO_FILES = Manifest((), {}).to_json()


class Passage:
    """One snapshot; words and phrases are matched by stem and ranked without their context.

    The commands `TOP_10_EXACT` (quoted words as typed), `TOP_10_CONTEXT` (titles and headings add
    to the score) and `PAGE` (everything that a page shows of ten hits) are Passage's alone.
    """

    _folder: Path
    _snapshot: Snapshot
    _local: Local

    def version(self) -> str:
        libraries = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
        python = ".".join(map(str, sys.version_info[:3]))
        return f"{VERSION.partition(' ')[2]}, Python {python}, {libraries}"

    def index(self, rows: list[Row], folder: Path, cores: int) -> Callable[[], None]:
        memory.keep()  # as `python -m index` does
        prepared = list(documents(rows))
        rows.clear()
        with TemporaryDirectory() as elsewhere:  # the compiled loops come in, as a binary's do
            _write(Path(elsewhere) / "index", None, prepared[:1])
        return lambda: _write(folder, None, prepared)

    def told(self, folder: Path) -> dict[str, Any]:
        snapshot = Snapshot.open(folder)
        return {"segments": len(snapshot.segments), "parts": _parts(snapshot)}

    def merge(self, folder: Path) -> None:
        raise NotImplementedError("Passage merges as it writes")

    def replacer(self, folder: Path) -> Callable[[str, list[Row], str], int]:
        self.open(folder)
        return self._replace

    def _replace(self, id: str, rows: list[Row], mark: str) -> int:
        _write(self._folder, self._snapshot, documents(rows), deleted=id)
        self._snapshot = Snapshot.open(self._folder, self._snapshot)
        return self._count(mark)

    def open(self, folder: Path) -> None:
        self._folder = folder
        self._snapshot = Snapshot.open(folder)
        self._local = Local(folder)

    def plan(self, command: str, text: str) -> Callable[[], int]:
        typed = translated(clauses(text))
        if command == "FETCH_10":
            ordinals = self._answer(typed).ordinals.tolist()
            return lambda: sum(bool(self._text(each)) for each in ordinals)
        return {
            "TOP_10": lambda: len(self._answer(typed).ordinals),
            "TOP_100": lambda: len(self._answer(typed, k=100).ordinals),
            "TOP_1000": lambda: len(self._answer(typed, k=1000).ordinals),
            "TOP_10_COUNT": lambda: self._count(typed),
            "COUNT": lambda: self._count(typed, k=0),
            "TOP_10_EXACT": lambda: len(self._answer(typed, exact=True).ordinals),
            "TOP_10_CONTEXT": lambda: len(self._answer(typed, context=True).ordinals),
            "PAGE": lambda: len(self._local.search(Request(typed, limit=10)).hits),
        }[command]

    def _text(self, ordinal: int) -> str:
        segment, local = self._snapshot.locate(ordinal)
        return segment.data.text(local)

    def _answer(
        self,
        typed: str,
        *,
        k: int = 10,
        count: bool = False,
        context: bool = False,
        exact: bool = False,
    ) -> Answer:
        tree = parse(typed, exact=exact).tree
        return execute(self._snapshot, tree, k, count=count, context=context)

    def _count(self, typed: str, k: int = 10) -> int:
        total = self._answer(typed, k=k, count=True).total
        assert total is not None
        return total


def _write(
    folder: Path,
    previous: Snapshot | None,
    added: Iterable[Document],
    deleted: str | None = None,
) -> None:
    with lock(folder), Writer(folder, previous) as writer:
        if deleted is not None:
            writer.delete(deleted)
        for document in added:
            writer.add(document)
        writer.commit(NO_FILES)


def _parts(snapshot: Snapshot) -> dict[str, int]:
    """Add the bytes of arrays of one group, which the first part of their names tells."""
    parts: Counter[str] = Counter()
    for segment in snapshot.segments:
        for name, array in container.read(segment.data.path)[0].items():
            parts[name.partition(".")[0]] += array.nbytes
    return dict(parts.most_common())


def translated(query: list[Clause]) -> str:
    """Write a query as one types it to Passage, where words side by side must all occur."""
    parts = [f'"{" ".join(c.words)}"' if len(c.words) > 1 else c.words[0] for c in query]
    if all(not clause.sign for clause in query):
        return " OR ".join(parts)
    return " ".join(clause.sign + part for clause, part in zip(query, parts, strict=True))


def documents(rows: Iterable[Row]) -> Iterator[Document]:
    """Put neighbouring paragraphs of one document together; its title is paragraph 0."""
    for (name, title), group in groupby(rows, key=itemgetter(0, 1)):
        paragraphs = [Paragraph(name, 0, "title", title, None, 0, 0)]
        end = 0
        for number, (_, _, _, text) in enumerate(group, 1):
            start, end = end, end + len(text)
            paragraphs.append(Paragraph(name, number, "text", text, None, start, end))
            end += 2  # the blank line
        count = len(paragraphs) - 1
        info = DocumentInfo(name, title, None, None, "record", None, name, count, words=0)
        yield Document(info, tuple(paragraphs))


if __name__ == "__main__":
    main(Passage())
