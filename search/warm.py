"""Compile the inner loops of searching ahead of the first query: `python -m search.warm`.

What is needed for indexing is compiled on the way. numba keeps it beside the source, or where that
is read-only in the user's cache.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec import warm as indexing
from index.codec.kept import are_kept, note_kept
from index.model import Document, DocumentInfo, Paragraph
from index.snapshot import Snapshot
from index.writer import Writer, lock
from search import lexicon
from search.budget import Budget
from search.execute import execute
from search.kernels.room import FEW
from search.near import ranked
from search.order import counted
from search.ready import KERNELS
from search.similar import similar
from search.variants import is_name


def warm() -> None:
    """Compile what is not kept yet, and say so, for it takes a minute."""
    indexing.warm()
    if not are_kept(KERNELS):
        print("Compiling the inner loops of searching (once)...", file=sys.stderr, flush=True)
        prime()
        note_kept(KERNELS)


def prime() -> None:
    """Index and search a sample, so that in this process every kernel is at hand."""
    with TemporaryDirectory() as folder:
        _search(_sample(Path(folder)))


def _sample(folder: Path) -> Snapshot:
    texts = ["one of a few samples"] * FEW  # more than few, for windows
    texts += ["two", "two more samples"]
    title = Paragraph("sample", 0, "title", "a sample", None, 0, 0)
    below = (Paragraph("sample", i + 1, "text", text, None, 0, 0) for i, text in enumerate(texts))
    paragraphs = (title, *below)
    info = DocumentInfo("sample", title.text, None, None, "text", None, "sample", len(texts), 0)
    with lock(folder), Writer(folder, None) as writer:
        writer.add(Document(info, paragraphs))
        writer.commit({"roots": [], "files": {}})
    return Snapshot.open(folder)


def _search(snapshot: Snapshot) -> None:
    one, few, two, more = (query.Term("text", word) for word in ("one", "few", "two", "more"))
    phrase, near = query.Phrase("form", ["few", "samples"]), SpanNear2([one, few], slop=4)
    begins = [query.Prefix("form", text) for text in ("tw", "sampl")]
    either = query.Or([one, two]), query.Or([two, more])
    trees = (one, query.And([one, few]), *either, phrase, near, query.Not(phrase))
    allowed = np.ones(snapshot.ordinal_count, np.bool_)
    for tree in (
        *trees,
        *begins,
        query.And([one, query.Not(two)]),
        query.DisjunctionMax([one, phrase]),
        query.Wildcard("form", "*m?les"),
        query.And([two, *begins]),
        query.And([*begins, query.Not(phrase)]),
        query.AndMaybe(begins[0], begins[1]),
    ):
        for among in (None, allowed):
            counted(snapshot, execute(snapshot, tree, 3, documents=True, among=among).hits)
            execute(snapshot, tree, 3, among=among)
    execute(snapshot, query.Or([one, few]), 3)
    ranked(snapshot, query.Or([one, few]), 3, Budget())
    lexicon.near(snapshot, "sampel", 1, 3)
    is_name(snapshot, "sample")  # a form that is rarer than its stem
    snapshot.paragraph(1, context=1)
    similar(snapshot, 1, 3, other_documents=False)


if __name__ == "__main__":
    warm()
