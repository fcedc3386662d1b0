"""Generated documents, written as a real index."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from index.errors import NoIndex
from index.model import Document, DocumentInfo, Kind, Paragraph
from index.snapshot import Snapshot
from index.writer import Writer, lock

Documents = Sequence[tuple[Paragraph, ...] | Document]


def as_document(paragraphs: tuple[Paragraph, ...] | Document) -> Document:
    if isinstance(paragraphs, Document):
        return paragraphs
    name, title = paragraphs[0].document, paragraphs[0].text
    info = DocumentInfo(name, title, None, None, "text", None, name, len(paragraphs) - 1, 0)
    return Document(info, paragraphs)


def texts(name: str, *texts: str) -> tuple[Paragraph, ...]:
    """Make a document of texts, the title first; those that begin with # are headings."""
    paragraphs: list[Paragraph] = []
    section: str | None = None
    for number, text in enumerate(texts):
        heading, shown = number > 0 and text.startswith("#"), text.lstrip("# ")
        kind: Kind = "heading" if heading else "text" if number else "title"
        above = None if heading else section
        paragraphs.append(Paragraph(name, number, kind, shown, above, 0, len(shown)))
        section = shown if heading else section
    return tuple(paragraphs)


def commit(folder: Path, added: Documents, deleted: Iterable[str] = ()) -> Snapshot:
    """Add and delete documents in one commit, and open what came of it."""
    with lock(folder):
        try:
            previous = Snapshot.open(folder)
        except NoIndex:
            previous = None
        with Writer(folder, previous) as writer:
            for name in deleted:
                writer.delete(name)
            for paragraphs in added:
                writer.add(as_document(paragraphs))
            writer.commit({"roots": [], "files": {}})
    return Snapshot.open(folder)


def write(folder: Path, documents: Documents, segments: int = 1) -> Snapshot:
    """Write documents in their order, in as many commits as there shall be segments."""
    size = -(-len(documents) // segments)
    for first in range(0, len(documents), size):
        commit(folder, documents[first : first + size])
    return Snapshot.open(folder)
