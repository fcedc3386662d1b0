"""The pipeline: walk, compare, read, write. It brings an index up to date with its folders."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Literal

from index import storage
from index.dates import date_of
from index.errors import Damaged, NoDocuments, NoIndex, OtherVersion, Unreadable
from index.manifest import Entry, Manifest, Source, Walk, document_id, free_id, walk
from index.model import Document, DocumentInfo, Draft, Skipped
from index.readers import read, reader_of
from index.settings import MEMORY
from index.snapshot import Snapshot
from index.writer import Writer, lock

Change = Literal["added", "changed", "removed", "skipped", "unchanged"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, `done` of `total`; `reason` says why it was skipped."""

    path: str
    change: Change
    done: int
    total: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a run; `generation` is None where nothing had changed.

    `replaced` are the folders that the index held before and holds no more. `rebuilt` tells that
    an index of another version was replaced.
    """

    roots: tuple[str, ...]
    replaced: tuple[str, ...]
    rebuilt: bool
    generation: int | None
    documents: int
    paragraphs: int
    outcomes: tuple[Outcome, ...]
    seconds: float

    def count(self, change: Change) -> int:
        """Count the files with which this happened."""
        return sum(outcome.change == change for outcome in self.outcomes)


def build(
    folder: str | PathLike[str],
    documents: Iterable[str | PathLike[str]] = (),
    report: Callable[[Outcome], None] = lambda _: None,
    rebuild: bool = False,
    memory: int = MEMORY,
) -> Summary:
    """Bring the index in a folder up to date with its documents; a new one is made.

    Without `documents` those of the last run are taken. With `rebuild` every document is read
    again, and a damaged index is replaced. About `memory` bytes are taken, however much there is to
    read. Raises the errors of `index.errors`.
    """
    began, folder = time.monotonic(), Path(folder)
    named = tuple(dict.fromkeys(map(_absolute, documents)))
    # Before the folder is made: a wrong name leaves no trace, nor does none without an index.
    found = _walk(named, folder) if named or not os.path.exists(folder) else None  # noqa: PTH110
    with lock(folder):
        previous, remembered, rebuilt = _open(folder, rebuild)
        roots = named or remembered.roots
        known = _known(previous, remembered, rebuild)
        run = _Run(known.files, remembered.ids(), found or _walk(roots, folder), report)
        generation = None
        with Writer(folder, previous, memory) as writer:
            manifest = run.manifest(writer, roots)
            if not manifest.files:
                raise NoDocuments(_nothing_to_index(manifest.roots, run.outcomes, previous))
            if manifest != known:
                generation = writer.commit(manifest.to_json())
        snapshot = Snapshot.open(folder, previous)
    return Summary(
        roots=manifest.roots,
        replaced=tuple(r for r in remembered.roots if r not in manifest.roots),
        rebuilt=rebuilt,
        generation=generation,
        documents=snapshot.document_count,
        paragraphs=snapshot.paragraph_count,
        outcomes=tuple(run.outcomes),
        seconds=time.monotonic() - began,
    )


def _absolute(name: str | PathLike[str]) -> str:
    if not os.fspath(name):
        raise NoDocuments("an empty name is given; name a file or folder")
    return os.path.abspath(name)  # noqa: PTH100  # resolve() would remember where a link leads today


def _open(folder: Path, rebuild: bool) -> tuple[Snapshot | None, Manifest, bool]:
    """Give the index as it is, its manifest, and whether it is of another version."""
    try:
        generation = storage.latest_generation(folder)
    except NoIndex:
        return None, Manifest((), {}), False
    try:
        snapshot = Snapshot.open(folder)
        remembered = Manifest.from_json(snapshot.manifest)
    except OtherVersion:
        return None, _recalled(folder, generation), True
    except Damaged:
        if not rebuild:
            raise
        return None, _recalled(folder, generation), False
    entries = [segment.entry for segment in snapshot.segments]
    storage.remove_unnamed(folder, generation, entries)  # what a killed run left
    return snapshot, remembered, False


def _recalled(folder: Path, generation: int) -> Manifest:
    """Give what an index that cannot be opened says of its documents, if it can be read."""
    try:
        return Manifest.from_json(storage.recalled_manifest(folder, generation))
    except Damaged:
        return Manifest((), {})


def _known(previous: Snapshot | None, remembered: Manifest, rebuild: bool) -> Manifest:
    """Give what the index holds; in a rebuild no file is as it was."""
    if previous is None:
        return Manifest((), {})
    if rebuild:
        files = {path: replace(e, size=-1, hash="") for path, e in remembered.files.items()}
        return Manifest(remembered.roots, files)
    return remembered


def _walk(roots: tuple[str, ...], folder: Path) -> Walk:
    if not roots:
        raise NoDocuments(
            f"no documents are named, and {folder} remembers none; "
            f"name a file or folder: python -m index DOCS --to {folder}"
        )
    return walk(map(Path, roots), folder)


def _nothing_to_index(
    roots: tuple[str, ...], outcomes: list[Outcome], previous: Snapshot | None
) -> str:
    reasons = sorted({outcome.reason for outcome in outcomes if outcome.change == "skipped"})
    text = f"there is nothing to index in {', '.join(roots)}"
    text += f" ({'; '.join(reasons)})" if reasons else ""
    return text + ("; the index is left as it was" if previous else "")


class _Run:
    """One pass over the files: what is known of them, and what becomes of them."""

    def __init__(
        self,
        known: dict[str, Entry],
        ids: dict[str, str],
        found: Walk,
        report: Callable[[Outcome], None],
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._known = known
        self._ids = ids  # of files that the index held, those that it could not keep included
        self._found = found
        self._report = report
        self._total = len(found.sources)

    def manifest(self, writer: Writer, roots: tuple[str, ...]) -> Manifest:
        """Bring every file's change to the writer; give the manifest that is then true."""
        files = {str(s.path): self._known.get(str(s.path)) for s in self._found.sources}
        files |= self._out_of_reach()
        for path in sorted(self._known.keys() - files.keys()):
            self._delete(writer, self._known[path])
            self._note(path, "removed")
        ids = [name for entry in files.values() if entry for name in entry.documents]
        ids += [self._ids[path] for path in files.keys() & self._ids.keys()]
        taken = dict.fromkeys(ids, 1)
        for source in sorted(self._found.sources, key=lambda s: (document_id(s.name), s.name)):
            path = str(source.path)
            try:
                change, files[path] = self._take(writer, source, files[path], taken)
            except (OSError, Unreadable) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                self._note(path, "skipped", reason or str(error))
            else:
                self._note(path, change)
        kept = {path: entry for path, entry in sorted(files.items()) if entry}
        return Manifest(roots, kept)

    def _out_of_reach(self) -> dict[str, Entry]:
        """Give the known files in folders that cannot be read now: they stay as they are."""
        for closed in self._found.closed:
            self._note(str(closed), "skipped", "the folder cannot be read")
        return {
            path: entry
            for path, entry in self._known.items()
            if any(Path(path).is_relative_to(closed) for closed in self._found.closed)
        }

    def _take(
        self, writer: Writer, source: Source, known: Entry | None, taken: dict[str, int]
    ) -> tuple[Change, Entry]:
        path, status = str(source.path), source.stat()
        reader_of(source.path)  # before a byte of it is read
        if known and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return "unchanged", known
        digest = source.hash()
        if known and known.hash == digest:
            return "unchanged", known
        name = self._ids.get(path) or free_id(document_id(source.name), taken)
        ids = self._read(writer, source, name)
        if known:
            self._delete(writer, known)
        for each in (name, *ids):
            taken.setdefault(each, 1)
        entry = Entry(name, status.st_size, status.st_mtime_ns, digest, ids)
        return "changed" if known else "added", entry

    def _read(self, writer: Writer, source: Source, name: str) -> tuple[str, ...]:
        """Add a file's documents as they are read; all of them, or none where it breaks off."""
        ids: list[str] = []
        try:
            for draft in read(source.path, name):
                if isinstance(draft, Skipped):
                    self._note(f"{source.path}, {draft.place}", "skipped", draft.reason)
                else:
                    writer.add(_document(draft, source.name, name))
                    ids.append(draft.id)
        except (OSError, Unreadable):
            writer.take_back(ids)
            raise
        if not ids:
            raise Unreadable("the file holds no document")
        return tuple(ids)

    def _delete(self, writer: Writer, entry: Entry) -> None:
        for name in entry.documents:
            writer.delete(name)

    def _note(self, path: str, change: Change, reason: str = "") -> None:
        done = len(self.outcomes) + 1
        self.outcomes.append(Outcome(path, change, done, max(self._total, done), reason))
        self._report(self.outcomes[-1])


def _document(draft: Draft, name: str, file_id: str) -> Document:
    info = DocumentInfo(
        id=draft.id,
        title=draft.title,
        author=draft.author,
        date=date_of(draft.date, _own_name(draft, name, file_id), draft.paragraphs),
        type=draft.type,
        language=draft.language,
        path=os.fsencode(name).decode(errors="replace"),
        paragraphs=len(draft.paragraphs) - 1,
        words=0,  # counted when the document is inverted
        source=draft.source,
    )
    return Document(info, draft.paragraphs)


def _own_name(draft: Draft, name: str, file_id: str) -> str:
    """Give the name of a document's file, or of a record within it."""
    return name if draft.id == file_id else draft.id.removeprefix(f"{file_id}~")
