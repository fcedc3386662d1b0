"""A judged collection in the layout of BEIR, as an index, and as the rankings of its queries.

corpus.jsonl      {"_id", "title", "text", "doc"}: a record is a paragraph; those of one `doc`
                  are one document, others each a document of its own
queries.jsonl     {"_id", "text"}
qrels/test.tsv    query-id, corpus-id, score, under a line of headings
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from index.model import Document, DocumentInfo, Paragraph
from search.engine import Request
from search.local import Local

DEPTH = 100
"""How many of a ranking are looked at."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Records by the id of their paragraph, and judged queries.

    `judged` has for each query the grades (1 or more) of what is relevant; judgements of what is
    not there are left out, and queries that then have none.
    """

    name: str
    documents: tuple[Document, ...]
    records: dict[str, str]
    queries: dict[str, str]
    judged: dict[str, dict[str, int]]


def read(folder: Path) -> Collection:
    """Read a collection. Raises OSError, and ValueError or KeyError where it is of other form."""
    documents: list[Document] = []
    records: dict[str, str] = {}
    lines = _objects(folder / "corpus.jsonl")
    for name, group in groupby(lines, lambda one: one.get("doc", one["_id"])):
        of_one = list(group)
        documents.append(_document(name, of_one[0]["title"], [one["text"] for one in of_one]))
        records.update((f"{name}:{i}", one["_id"]) for i, one in enumerate(of_one, 1))
    judged: dict[str, dict[str, int]] = {}
    there = set(records.values())
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        query, record, grade = line.split("\t")
        if int(grade) > 0 and record in there:
            judged.setdefault(query, {})[record] = int(grade)
    queries = {one["_id"]: one["text"] for one in _objects(folder / "queries.jsonl")}
    asked = {query: text for query, text in queries.items() if query in judged}
    return Collection(folder.name, tuple(documents), records, asked, judged)


def _objects(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _document(name: str, title: str, texts: list[str]) -> Document:
    whole = [Paragraph(name, 0, "title", title, None, 0, 0)]
    whole += [Paragraph(name, i, "text", text, None, 0, 0) for i, text in enumerate(texts, 1)]
    info = DocumentInfo(name, title, None, None, "text", None, name, len(texts), 0)
    return Document(info, tuple(whole))


def ranking(engine: Local, collection: Collection, request: Request) -> list[str]:
    """Give the ids of the best DEPTH records found; titles among them are passed over.

    What is found is that of the page; `export` finds the same, and marks no words.
    """
    records = (collection.records.get(one.paragraph.id) for one in engine.export(request))
    return list(islice(filter(None, records), DEPTH))
