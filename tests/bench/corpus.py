"""The text that is measured: paragraphs in one file of tab-separated lines, the same for all."""

import itertools
import json
import lzma
import os
import random
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Change = Callable[[Iterator[dict[str, Any]]], Iterator[dict[str, Any]]]

DATA = Path(os.environ.get("PASSAGE_DATA") or Path(__file__).parents[3] / "shared" / "data")
"""Where the texts and queries are."""

BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where the text stands and how large it is.

    `paragraphs` is a file with a line a paragraph: document, title, number, text. `file` holds the
    same as JSON lines, a document a line. `bytes` count the text alone, in UTF-8.
    """

    name: str
    paragraphs: Path
    file: Path
    documents: int
    count: int
    bytes: int
    is_generated: bool


def prepare(folder: Path, source: Path, limit: int, whole: bool, changed: Change = iter) -> Corpus:
    """Write the first `limit` paragraphs of a file of JSON lines; without the file, made-up ones.

    Where the `whole` file is meant, it stands for itself; else its beginning is written anew, with
    its records `changed`.
    """
    is_generated = not source.exists()
    records = changed(_generated(limit) if is_generated else _read(source))
    file = source if whole and not is_generated else folder / "paragraphs.jsonl"
    paragraphs = folder / "paragraphs.tsv"
    documents = count = size = 0
    with paragraphs.open("w", encoding="utf-8", newline="\n") as out:
        copy = None if file == source else file.open("w", encoding="utf-8")
        for record in records:
            texts = _paragraphs(record["text"])[: limit - count]
            title = _line(record["title"])
            for number, text in enumerate(texts, 1):
                out.write(f"{record['id']}\t{title}\t{number}\t{text}\n")
                size += len(text.encode())
            if copy:
                copy.write(json.dumps(record | {"text": "\n\n".join(texts)}) + "\n")
            documents, count = documents + 1, count + len(texts)
            if count >= limit:
                break
        if copy:
            copy.close()
    name = "made-up words" if is_generated else source.name
    return Corpus(name, paragraphs, file, documents, count, size, is_generated)


def to_replace(paragraphs: Path, path: Path, count: int = 1000) -> str:
    """Write `count` paragraphs of the document that has the fewest above that; give its id."""
    sizes = Counter(row[0] for row in rows(paragraphs))
    large = [name for name in sizes if sizes[name] >= count] or [max(sizes, key=sizes.__getitem__)]
    chosen = min(large, key=lambda name: (sizes[name], name))
    _write(path, itertools.islice((row for row in rows(paragraphs) if row[0] == chosen), count))
    return chosen


def first_lines(corpus: Corpus, path: Path, limit: int) -> int:
    """Write the first paragraphs to a file of their own; give the bytes of their text."""
    _write(path, itertools.islice(rows(corpus.paragraphs), limit))
    return sum(len(row[3].encode()) for row in rows(path))


def rows(paragraphs: Path) -> Iterator[list[str]]:
    """Give document, title, number and text of every paragraph."""
    with paragraphs.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n").split("\t")


def _write(path: Path, rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)


def _read(source: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(source, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _paragraphs(text: str) -> list[str]:
    return [line for line in map(_line, BLANK_LINES.split(text)) if line]


def _line(text: str) -> str:
    return " ".join(text.split())


def _generated(limit: int) -> Iterator[dict[str, Any]]:
    """Make documents of 1,200 paragraphs, their words drawn by Zipf's law (1/rank).

    Paragraphs have 1 to some hundreds of words (log-normal, 56 in the mean, as in the books).
    """
    drawn = random.Random(7)
    words = ["".join(drawn.choices(string.ascii_lowercase, k=2 + i % 9)) for i in range(100_000)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for document in range(limit // 1200 + 1):
        sizes = [1 + int(drawn.lognormvariate(3.6, 0.9)) for _ in range(1200)]
        texts = (" ".join(drawn.choices(words, cum_weights=weights, k=size)) for size in sizes)
        title = " ".join(drawn.choices(words, cum_weights=weights, k=4))
        yield {"id": f"made-{document}", "title": title, "text": "\n\n".join(texts)}
