"""Where the format has no room for more it says so, and the index is as it was."""

from pathlib import Path

import pytest
from collections_on_disk import as_document, commit, texts

from index.codec import buckets, invert, ranges
from index.errors import NotWritten
from index.model import Paragraph
from index.snapshot import Snapshot
from index.writer import Writer, lock


def headings(count: int) -> tuple[Paragraph, ...]:
    title = Paragraph("b", 0, "title", "b", None, 0, 0)
    return (title, *(Paragraph("b", i, "heading", f"h{i}", None, i, i) for i in range(1, count)))


# Postings are the larger part where words stand alone, at no position.
LETTERS = [chr(ord("a") + i * 7 % 26) for i in range(4000)]
LIMITS = [
    ((ranges, "NONE", 500), texts("b", "many words " * 2000), "pass 4 GB of packed postings"),
    ((ranges, "NONE", 2000), texts("b", *LETTERS), "pass 4 GB of packed postings"),
    ((buckets, "_ARENA", 1 << 16), texts("b", "one two " * 20_000), "one document has more words"),
    ((invert, "HEADLINE", 9), headings(20), "more than 2,147,483,648 headings"),
]


@pytest.mark.parametrize(("lowered", "added", "message"), LIMITS)
def test_what_is_too_much_is_refused_in_words(tmp_path, monkeypatch, lowered, added, message):
    before = commit(tmp_path, [texts("a", "what there was")])
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(*lowered)
    with pytest.raises(NotWritten, match=message):
        write(tmp_path, before, added)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    assert before.document_count == 1


def test_a_document_larger_than_the_memory_given_is_taken_nevertheless(tmp_path):
    write(tmp_path, None, texts("a", *["one two three"] * 20_000))
    assert Snapshot.open(tmp_path).term("three").df == 20_000


def write(folder: Path, before: Snapshot | None, added: tuple[Paragraph, ...]) -> None:
    with lock(folder), Writer(folder, before, 1 << 16) as writer:
        writer.add(as_document(added))
        writer.commit({"roots": [], "files": {}})
