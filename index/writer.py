"""The one owner of the write lock: documents added and deleted, and one atomic commit.

The order of a commit makes it safe: every file that a generation names is on the disk before its
table of contents gets its name, in one rename; only then does anything go that it does not name.
"""

import fcntl
import math
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index import storage
from index.analysis import UNICODE
from index.codec.adapter import ColumnarSegment
from index.codec.invert import Inverter, share
from index.codec.merge import merge
from index.codec.segment import SegmentData
from index.codec.threads import threads, workers
from index.codec.words import Words
from index.errors import Foreign, Locked, NoIndex, NotWritten
from index.model import Document
from index.settings import MEMORY
from index.snapshot import OpenSegment, Snapshot

MAX_SEGMENTS = 10
MERGED_AT_ONCE = MAX_SEGMENTS // 2
"""How many segments become one while others come in."""

MAX_DELETED = 0.2
"""The share of deleted paragraphs above which a segment is written anew."""

MAX_PARAGRAPHS = (1 << 31) - 1
MAX_SIZE = (1 << 32) - 1
"""Paragraphs, and bytes of their files together, above which segments are not merged."""

_SWITCH = 0.0005
"""How many seconds a thread that comes out of compiled code waits for one that is in Python.

While documents are taken apart, the threads beside would stand still for the 5 ms that are usual.
"""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the write lock of an index; its folder is made where it is missing.

    Raises Locked, Foreign where the folder holds other things, NotWritten.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if strangers := storage.strangers(folder):
            raise Foreign(
                f"{folder} is not a folder for an index: it holds {strangers[0]}; "
                "choose another, empty or new"
            )
        file = (folder / storage.LOCK).open("a+b", buffering=0)
    except OSError as error:
        raise NotWritten(f"cannot write to {folder}: {error.strerror}") from error
    with file:
        _take(file, folder)
        yield


def _take(file: FileIO, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(b"%d\n" % os.getpid())
    except BlockingIOError:
        file.seek(0)
        holder = file.read().decode(errors="replace").strip() or "unknown"
        raise Locked(
            f"process {holder} is writing the index in {folder}; try again when it is done"
        ) from None
    except OSError as error:
        raise NotWritten(f"cannot lock {folder}: {error.strerror}") from error


class _Merging(NamedTuple):
    """New segments that a thread makes into one, and what that is to be."""

    run: list[OpenSegment]
    entry: ColumnarSegment
    paragraphs: Future[int]


class Writer:
    """Collects one change of an index and commits it; left without that, it takes all back.

    The lock must be held. `previous` is the generation to change, None to begin anew (what stood
    there before is replaced by the commit, and kept until then). About `memory` bytes are taken,
    whatever is added; what does not fit becomes several segments, which a thread merges as others
    come in.
    """

    def __init__(self, folder: Path, previous: Snapshot | None, memory: int = MEMORY) -> None:
        self._folder = folder
        self._memory = memory
        self._kept = list(previous.segments) if previous else []
        self._deleted: dict[str, set[int]] = {}  # by segment: documents deleted just now
        self._new: list[ColumnarSegment] = []
        self._written: list[Path] = []  # in the order in which to take it back
        self._words = Words()
        self._inverter: Inverter | None = None
        self._merger = threads(1)
        self._merging: _Merging | None = None
        self._switch = sys.getswitchinterval()

    def __enter__(self) -> "Writer":
        if workers() > 1:
            sys.setswitchinterval(min(self._switch, _SWITCH))
        return self

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self._switch)
        self._merger.shutdown()
        if self._written:
            self._abort()

    def add(self, document: Document) -> None:
        """Add a document. Raises NotWritten."""
        with self._undone_on_error():
            if self._inverter is None:
                self._new.append(ColumnarSegment(storage.NAME, 0))
                path = self._begin(self._new[-1])
                self._inverter = Inverter(self._words, path, self._memory)
            self._inverter.add(document)
            if self._inverter.is_full:
                self._flush()

    def delete(self, id: str) -> None:
        """Delete a document of the previous generation."""
        self._delete(id, self._kept)

    def take_back(self, ids: Iterable[str]) -> None:
        """Delete documents that were added. Raises NotWritten."""
        with self._undone_on_error():
            self._flush()
            self._take_merged()
        added = [self._reopened(entry) for entry in self._new]
        for name in ids:
            self._delete(name, added)

    def _delete(self, id: str, segments: list[OpenSegment]) -> None:
        for segment in segments:
            number = segment.data.find_document(id)
            if number >= 0 and segment.is_live(number):
                self._deleted.setdefault(segment.entry.segid, set()).add(number)

    def commit(self, manifest: dict[str, Any]) -> int:
        """Make the change visible, all of it at once; answer the new generation's number.

        Raises NotWritten; the index is then as it was.
        """
        with self._undone_on_error():
            generation = self._next_generation()
            self._flush()
            self._take_merged()
            entries = self._merged(generation)
            self._write_manifest(generation, entries, manifest)
            storage.sync_folder(self._folder)
            self._written.insert(0, storage.toc_path(self._folder, generation))
            storage.write_segments(self._folder, generation, entries)
        self._written = []
        storage.remove_unnamed(self._folder, generation, entries)
        return generation

    def _abort(self) -> None:
        """Remove what was written: the table of contents first, for it names the rest.

        What cannot be removed is unnamed, and goes in the next run.
        """
        self._merger.shutdown()
        with suppress(OSError):
            if self._inverter is not None:
                self._inverter.discard()
            for path in self._written:
                path.unlink(missing_ok=True)
                for half_written in self._folder.glob(f"{path.name}.*"):
                    half_written.unlink()

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._abort()
            raise NotWritten(
                f"could not write the index in {self._folder}: {error.strerror or error}; "
                "it is as it was before"
            ) from error

    def _next_generation(self) -> int:
        try:
            return storage.latest_generation(self._folder) + 1
        except NoIndex:
            return 1

    def _begin(self, entry: ColumnarSegment) -> Path:
        """Say where the file of a new segment is to be; it is taken back with the rest."""
        self._written.append(self._folder / entry.data_file())
        return self._written[-1]

    def _flush(self) -> None:
        if self._inverter is not None:
            self._new[-1].paragraphs = self._inverter.finish()
            if self._words.size > share(self._memory):
                self._words = Words()
            self._merge_meanwhile()
        self._inverter = None

    # Deletions and merges. Only neighbours are merged, so that ordinals keep their order.

    def _merge_meanwhile(self) -> None:
        """Where there are many segments, have a thread make some of the new ones into one."""
        if self._merging and not self._merging.paragraphs.done():
            return
        self._take_merged()
        if len(self._kept) + len(self._new) <= MAX_SEGMENTS:
            return
        runs = self._runs([self._reopened(entry) for entry in self._new])
        if (some := _best_to_merge(runs, MERGED_AT_ONCE)) is not None:
            run, entry = _joined(runs[some]), ColumnarSegment(storage.NAME, 0)
            paragraphs = self._merger.submit(
                merge, _parts(run), self._begin(entry), self._memory // 4
            )
            self._merging = _Merging(run, entry, paragraphs)

    def _take_merged(self) -> None:
        """Put what the thread has merged, once it has, in the place of what it is made of."""
        if self._merging is None:
            return
        run, entry, paragraphs = self._merging
        entry.paragraphs = paragraphs.result()
        self._merging = None
        first, *others = (segment.entry for segment in run)
        self._new = [entry if each is first else each for each in self._new if each not in others]
        for segment in run:
            self._deleted.pop(segment.entry.segid, None)
            self._written.remove(segment.data.path)
            segment.data.path.unlink()

    def _merged(self, generation: int) -> list[ColumnarSegment]:
        runs = self._runs(self._kept)
        if len(runs) + len(self._new) <= MAX_SEGMENTS and not any(
            entry.segid in self._deleted for entry in self._new
        ):  # the new ones stay as they are, and need not be read
            return [self._rewritten(run, generation) for run in runs] + self._new
        runs += self._runs([self._reopened(entry) for entry in self._new])
        while len(runs) > MAX_SEGMENTS and (pair := _best_to_merge(runs, 2)) is not None:
            runs[pair] = [_joined(runs[pair])]
        return [self._rewritten(run, generation) for run in runs]

    def _runs(self, segments: list[OpenSegment]) -> list[list[OpenSegment]]:
        """Give the segments of which something is left, each a run by itself."""
        runs = [[segment] for segment in map(self._with_deletions, segments)]
        return [run for run in runs if _live(run)]

    def _with_deletions(self, segment: OpenSegment) -> OpenSegment:
        """Give a segment with what was deleted just now taken out of `live`."""
        numbers = self._deleted.get(segment.entry.segid)
        if not numbers:
            return segment
        count = segment.data.paragraph_count
        live = np.ones(count, np.bool_) if segment.live is None else segment.live.copy()
        for number in numbers:
            span = segment.data.span(number)
            live[span.start : span.stop] = False
        return OpenSegment(segment.entry, segment.data, segment.base, live)

    def _reopened(self, entry: ColumnarSegment) -> OpenSegment:
        return OpenSegment(entry, SegmentData(self._folder / entry.data_file()), 0, None)

    def _rewritten(self, run: list[OpenSegment], generation: int) -> ColumnarSegment:
        """Give a run of segments as one; a single one stays where few of it are deleted."""
        segment, count = run[0], sum(s.data.paragraph_count for s in run)
        if len(run) == 1 and _live(run) >= count * (1 - MAX_DELETED):
            entry = copy(segment.entry)
            if entry.segid in self._deleted and segment.live is not None:
                entry.deletions = generation
                self._written.append(self._folder / entry.deletions_file())
                entry.write_deleted(self._folder, ~segment.live)
            return entry
        entry = ColumnarSegment(storage.NAME, 0)
        entry.paragraphs = merge(_parts(run), self._begin(entry), self._memory // 2)
        return entry

    def _write_manifest(
        self, generation: int, entries: list[ColumnarSegment], manifest: dict[str, Any]
    ) -> None:
        self._written.append(storage.manifest_path(self._folder, generation))
        built_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        header = {"built_at": built_at, "unicode": UNICODE}
        storage.write_manifest(self._folder, generation, entries, header | manifest)


def _live(run: list[OpenSegment]) -> int:
    return sum(s.data.paragraph_count if s.live is None else int(s.live.sum()) for s in run)


def _parts(run: list[OpenSegment]) -> list[tuple[SegmentData, npt.NDArray[np.bool_] | None]]:
    return [(segment.data, segment.live) for segment in run]


def _joined(runs: list[list[OpenSegment]]) -> list[OpenSegment]:
    return [segment for run in runs for segment in run]


def _best_to_merge(runs: list[list[OpenSegment]], count: int) -> slice | None:
    """Give so many neighbours that may well become one: small ones, and of much the same size.

    A large one would be written again for a few small ones. The weighing is that of Lucene's tiered
    merge policy.
    """
    places = [slice(i, i + count) for i in range(len(runs) - count + 1)]
    skews = [(_skew(runs[p]), p.start) for p in places if _fits(_joined(runs[p]))]
    return places[min(skews)[1]] if skews else None


def _skew(runs: list[list[OpenSegment]]) -> float:
    sizes = [_live(run) for run in runs]
    return max(sizes) / sum(sizes) * math.pow(sum(sizes), 0.05)


def _fits(run: list[OpenSegment]) -> bool:
    """Tell whether segments can become one, as far as the format can count."""
    size = sum(segment.data.path.stat().st_size for segment in run)
    return _live(run) <= MAX_PARAGRAPHS and size <= MAX_SIZE
