"""SQLite's FTS5, measured: porter stems, one table of title and body, merged by `optimize`."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.runners.runner import Clause, Row, clauses, main

SETTINGS = {
    "journal_mode": "wal",
    "synchronous": "normal",
    "cache_size": -262_144,
    "mmap_size": 1 << 33,
    "temp_store": "memory",
}
TABLE = """
create virtual table paragraph
using fts5(title, body, document unindexed, number unindexed, tokenize = 'porter unicode61')
"""
# FTS5 has no index on a column that is not searched: the documents' rowids stand beside it.
SPANS = "create table span(document text primary key, first integer, last integer)"
INSERT = "insert into paragraph(rowid, document, title, number, body) values (?, ?, ?, ?, ?)"
TOP = "select rowid, rank from paragraph where paragraph match ? order by rank limit 10"
COUNT = "select count(*) from paragraph where paragraph match ?"
FETCH = "select body from paragraph where rowid = ?"


class Fts5:
    """One connection; a total beside the hits takes a second statement, as SQLite advises."""

    def version(self) -> str:
        return sqlite3.sqlite_version

    def index(self, rows: list[Row], folder: Path, cores: int) -> Callable[[], None]:
        return lambda: self._index(rows, folder)

    def told(self, folder: Path) -> dict[str, Any]:
        return {}

    def _index(self, rows: list[Row], folder: Path) -> None:
        self.open(folder)
        self._database.execute(TABLE)
        self._database.execute(SPANS)
        spans: dict[str, list[int]] = {}
        with self._database:
            self._database.executemany(INSERT, _numbered(rows, spans))
            spanned = ((name, first, last) for name, (first, last) in spans.items())
            self._database.executemany("insert into span values (?, ?, ?)", spanned)
        self._database.execute("pragma wal_checkpoint(truncate)")
        self._database.close()

    def merge(self, folder: Path) -> None:
        self.open(folder)
        with self._database:
            self._database.execute("insert into paragraph(paragraph) values ('optimize')")
        self._database.execute("vacuum")
        self._database.execute("pragma wal_checkpoint(truncate)")
        self._database.close()

    def replacer(self, folder: Path) -> Callable[[str, list[Row], str], int]:
        self.open(folder)
        return self._replace

    def _replace(self, id: str, rows: list[Row], mark: str) -> int:
        with self._database:
            find = "select first, last from span where document = ?"
            first, last = self._database.execute(find, (id,)).fetchone()
            delete = "delete from paragraph where rowid between ? and ?"
            self._database.execute(delete, (first, last))
            self._database.executemany(INSERT, [(first + i, *row) for i, row in enumerate(rows)])
        return self._count(mark)

    def open(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "index.db")
        for name, value in SETTINGS.items():
            self._database.execute(f"pragma {name} = {value}")

    def plan(self, command: str, text: str) -> Callable[[], int]:
        match = f"body : ({translated(clauses(text))})"
        if command == "FETCH_10":
            hits = self._database.execute(TOP, (match,)).fetchall()
            return lambda: sum(
                len(self._database.execute(FETCH, hit[:1]).fetchall()) for hit in hits
            )
        return {
            "TOP_10": lambda: self._top(match),
            "TOP_10_COUNT": lambda: (self._top(match), self._count(match))[1],
            "COUNT": lambda: self._count(match),
        }[command]

    def _top(self, match: str) -> int:
        return len(self._database.execute(TOP, (match,)).fetchall())

    def _count(self, match: str) -> int:
        return int(self._database.execute(COUNT, (match,)).fetchone()[0])


def translated(query: list[Clause]) -> str:
    """Write a query for MATCH; it has no word that only raises the score beside one that must."""
    by_sign: dict[str, list[str]] = {"+": [], "": [], "-": []}
    for clause in query:
        by_sign[clause.sign].append(f'"{" ".join(clause.words)}"')
    match = " AND ".join(by_sign["+"]) or " OR ".join(by_sign[""])
    return " NOT ".join([f"({match})", *by_sign["-"]])


def _numbered(rows: list[Row], spans: dict[str, list[int]]) -> Iterator[tuple[Any, ...]]:
    for rowid, row in enumerate(rows, 1):
        spans.setdefault(row[0], [rowid, rowid])[1] = rowid
        yield rowid, *row


if __name__ == "__main__":
    main(Fts5())
