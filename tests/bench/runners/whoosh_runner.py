"""Whoosh 2.7.4, measured with its own codec."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import whoosh
from whoosh import analysis, fields, index, qparser, query, scoring

from bench.runners.runner import Row, main

ANALYZER = analysis.RegexTokenizer() | analysis.LowercaseFilter() | analysis.StemFilter()
SCHEMA = {
    "document": fields.ID(stored=True),
    "title": fields.TEXT(ANALYZER, stored=True),
    "number": fields.NUMERIC(stored=True),
    "body": fields.TEXT(ANALYZER, stored=True),
}


class Whoosh:
    """One searcher."""

    def version(self) -> str:
        return str(whoosh.versionstring())

    def index(self, rows: list[Row], folder: Path, cores: int) -> Callable[[], None]:
        created = index.create_in(folder, fields.Schema(**SCHEMA))
        return lambda: _write(created.writer(limitmb=256, procs=cores), rows)

    def told(self, folder: Path) -> dict[str, Any]:
        return {}

    def merge(self, folder: Path) -> None:
        raise NotImplementedError("a writer of one process leaves one segment")

    def replacer(self, folder: Path) -> Callable[[str, list[Row], str], int]:
        opened = index.open_dir(folder)

        def replace(id: str, rows: list[Row], mark: str) -> int:
            writer = opened.writer(limitmb=256)
            writer.delete_by_term("document", id)
            _write(writer, rows)
            with opened.searcher() as searcher:
                return len(searcher.search(query.Term("body", mark)))

        return replace

    def open(self, folder: Path) -> None:
        opened = index.open_dir(folder)
        self._searcher = opened.searcher(weighting=scoring.BM25F(B=0.75, K1=1.2))
        self._parser = qparser.QueryParser("body", opened.schema, group=qparser.OrGroup)
        self._parser.add_plugin(qparser.PlusMinusPlugin())

    def plan(self, command: str, text: str) -> Callable[[], int]:
        if command == "FETCH_10":
            hits = list(self._top(text))
            return lambda: sum(bool(hit["body"]) for hit in hits)
        return {
            "TOP_10": lambda: self._top(text).scored_length(),
            "TOP_10_COUNT": lambda: len(self._top(text)),
            "COUNT": lambda: sum(1 for _ in self._parser.parse(text).docs(self._searcher)),
        }[command]

    def _top(self, text: str) -> Any:
        results = self._searcher.search(self._parser.parse(text), limit=10)
        for hit in results:
            _ = hit.docnum, hit.score
        return results


def _write(writer: Any, rows: list[Row]) -> None:
    for row in rows:
        writer.add_document(**dict(zip(SCHEMA, row, strict=True)))
    writer.commit()


if __name__ == "__main__":
    main(Whoosh())
