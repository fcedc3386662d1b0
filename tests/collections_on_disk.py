"""Generated documents, written as a real index."""

import random
from collections.abc import Sequence
from pathlib import Path

from index.model import Document, DocumentInfo, Paragraph
from index.snapshot import Snapshot
from index.writer import Writer, lock

Documents = Sequence[tuple[Paragraph, ...]]


def as_document(paragraphs: tuple[Paragraph, ...]) -> Document:
    id, title = paragraphs[0].document, paragraphs[0].text
    info = DocumentInfo(id, title, None, None, "text", None, id, len(paragraphs) - 1, 0)
    return Document(info, paragraphs)


def write(folder: Path, documents: Documents, segments: int = 1) -> Snapshot:
    """Write documents in their order into that many commits, one segment each."""
    size = -(-len(documents) // segments)
    for first in range(0, len(documents), size):
        commit(folder, documents[first : first + size])
    return Snapshot.open(folder)


def commit(folder: Path, added: Documents, deleted: Sequence[str] = ()) -> None:
    with lock(folder):
        try:
            previous = Snapshot.open(folder)
        except Exception:  # noqa: BLE001
            previous = None
        with Writer(folder, previous) as writer:
            for id in deleted:
                writer.delete(id)
            for paragraphs in added:
                writer.add(as_document(paragraphs))
            writer.commit({"roots": [], "files": {}})
