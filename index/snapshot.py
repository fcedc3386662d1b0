"""One open generation of an index: immutable, shared by any number of threads."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index import storage
from index.analysis import UNICODE
from index.codec.adapter import ColumnarSegment
from index.codec.layout import NONE
from index.codec.lengths import length_norms
from index.codec.segment import NOT_FOUND, SegmentData
from index.errors import Damaged, IndexFault
from index.model import Document, DocumentInfo, Paragraph


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment in its generation.

    Its paragraphs have the ordinals from `base` on. `live` (bool, one a paragraph) tells the ones
    that are not deleted; it is None where all are. `entry` is its line in the table of contents.
    """

    entry: ColumnarSegment
    data: SegmentData
    base: int
    live: npt.NDArray[np.bool_] | None

    def is_live(self, document: int) -> bool:
        """Tell whether a document is not deleted; documents are deleted whole."""
        return self.live is None or bool(self.live[self.data.span(document)[0]])


class Place(NamedTuple):
    """Where a word stands in a segment.

    `term` is its stem's number there and `df` counts the stem's paragraphs, `dense` tells that it
    has a bitmap. `code` is that of the form, -1 where any form will do.
    """

    term: int
    code: int
    df: int
    dense: bool


class Found(NamedTuple):
    """Where a word stands: its place in each segment, None where it is not there.

    `df` counts the paragraphs it stands in, deleted ones included.
    """

    places: tuple[Place | None, ...]
    df: int


class Snapshot:
    """One generation of the index in a folder.

    `paragraph_count` counts the paragraphs that are not deleted. `built_at` is the time of the
    commit, ISO 8601 in UTC. `manifest` is what the generation was made of. `norms` (f32) has BM25's
    K of each of the 256 length codes, by the average length over all segments; `growth` (float)
    bounds by how much the impacts noted in each segment are exceeded with it.
    """

    def __init__(
        self, folder: Path, generation: int, manifest: dict[str, Any], segments: list[OpenSegment]
    ) -> None:
        self.folder = folder
        self.generation = generation
        self.manifest = manifest
        self.segments = segments
        self.built_at: str = manifest["built_at"]
        self._bases = [segment.base for segment in segments]
        self.ordinal_count = sum(segment.data.paragraph_count for segment in segments)
        self.paragraph_count = sum(segment.entry.doc_count() for segment in segments)
        self.with_tokens = sum(segment.data.with_tokens for segment in segments)
        self.total_length = sum(segment.data.total_length for segment in segments)
        self.norms = length_norms(self._average())
        self.growth = tuple(map(self._growth, segments))

    def _average(self) -> float:
        return self.total_length / max(self.with_tokens, 1) or 1.0

    def _growth(self, segment: OpenSegment) -> float:
        """Bound by how much impacts exceed those noted in a segment, whose average length was less.

        With K = k1 (1 - b + b length / average), tf / (tf + K) grows at most as the average does;
        the last digits are for what rounding to f32 can add.
        """
        noted = segment.data.total_length / max(segment.data.with_tokens, 1) or 1.0
        if noted == self._average():
            return 1.0
        return max(self._average() / noted, 1.0) * (1 + 1e-6)

    @classmethod
    def open(cls, folder: Path, previous: "Snapshot | None" = None) -> "Snapshot":
        """Open the newest generation; segments that `previous` has open are shared with it.

        When a commit removes the generation meanwhile, the next one is opened. Raises NoIndex,
        OtherVersion, Foreign, Damaged, and IndexFault where the system does not let it be read.
        """
        while True:
            seen = storage.fingerprint(folder)
            try:
                return cls._open(folder, seen[0], previous)
            except FileNotFoundError as error:
                if storage.fingerprint(folder) == seen:
                    raise Damaged(
                        f"the index in {folder} lacks the file {error.filename}; {_advice(folder)}"
                    ) from error
            except Damaged as error:
                raise Damaged(f"{error}; {_advice(folder)}") from error
            except OSError as error:
                raise IndexFault(f"cannot read the index in {folder}: {error.strerror}") from error

    @classmethod
    def _open(cls, folder: Path, generation: int, previous: "Snapshot | None") -> "Snapshot":
        entries = storage.read_segments(folder, generation)
        manifest = storage.read_manifest(folder, generation, entries)
        known = {s.entry.segid: s.data for s in previous.segments} if previous else {}
        data = [known.get(e.segid) or SegmentData(folder / e.data_file()) for e in entries]
        bases = accumulate((d.paragraph_count for d in data), initial=0)
        segments = []
        for entry, opened, base in zip(entries, data, bases, strict=False):
            if entry.paragraphs != opened.paragraph_count:
                raise Damaged(f"{opened.path} does not belong to generation {generation}")
            deleted = entry.read_deleted(folder)
            segments.append(OpenSegment(entry, opened, base, None if deleted is None else ~deleted))
        return cls(folder, generation, manifest, segments)

    @property
    def caution(self) -> str | None:
        """What a user should know of this index, if anything."""
        built_with = {s.data.unicode for s in self.segments} - {UNICODE}
        if not built_with:
            return None
        return (
            f"the index was built with the characters of Unicode {built_with.pop()}, "
            f"this Python knows {UNICODE}: rare characters may be taken differently"
        )

    def term(self, stem: str) -> Found:
        """Look a stem up."""
        return find_word(self.segments, "text", stem)

    def form(self, form: str) -> Found:
        """Look a word up as typed."""
        return find_word(self.segments, "form", form)

    # Documents and paragraphs.

    @cached_property
    def _documents(self) -> list[tuple[str, OpenSegment, int]]:
        found = [
            (name, segment, number)
            for segment in self.segments
            for name, number in segment.data.document_ids()
            if segment.is_live(number)
        ]
        return sorted(found, key=lambda entry: entry[0])

    @property
    def document_count(self) -> int:
        """Count the documents."""
        return len(self._documents)

    def infos(self, limit: int, offset: int) -> Iterator[DocumentInfo]:
        """Give a stretch of the documents in the order of their ids."""
        for _, segment, number in self._documents[offset : offset + limit]:
            yield segment.data.info(number)

    def find(self, id: str) -> tuple[OpenSegment, int] | None:
        """Give the segment and the number in it of the document with that id."""
        for segment in self.segments:
            number = segment.data.find_document(id)
            if number != NOT_FOUND and segment.is_live(number):
                return segment, number
        return None

    def document(self, id: str) -> Document | None:
        """Give the document with that id, whole."""
        place = self.find(id)
        return place and place[0].data.stored(place[1])

    def locate(self, ordinal: int) -> tuple[OpenSegment, int]:
        """Give the segment of a paragraph and its ordinal within the segment."""
        segment = self.segments[bisect_right(self._bases, ordinal) - 1]
        return segment, ordinal - segment.base

    def paragraph(
        self, ordinal: int, context: int = 0
    ) -> tuple[DocumentInfo, tuple[Paragraph, ...], Paragraph, tuple[Paragraph, ...]]:
        """Give a paragraph: its document, those before it, itself, and those behind it."""
        segment, local = self.locate(ordinal)
        data = segment.data
        document = data.document_of(local)
        info, span = data.info(document), data.span(document)
        before = range(max(span.start, local - context), local)
        after = range(local + 1, min(span.stop, local + 1 + context))
        read = (tuple(data.paragraph(p, info.id) for p in r) for r in (before, after))
        return info, next(read), data.paragraph(local, info.id), next(read)


def find_word(segments: Sequence[OpenSegment], field: str, word: str) -> Found:
    """Look a stem up (in the field `text`), or a word as typed (in `form`)."""
    places, total = [], 0
    for segment in segments:
        data = segment.data
        number = (data.forms if field == "form" else data.terms).find(word.encode(errors="replace"))
        term, code = number, -1
        if number != NOT_FOUND and field == "form":
            term, code, counted = data.form(number)
            code = code if data.forms_of(term) > 1 else -1
            total += counted
        elif number != NOT_FOUND:
            total += data.document_frequency(number)
        places.append(None if number == NOT_FOUND else _place(data, term, code))
    return Found(tuple(places), total)


def _place(data: SegmentData, term: int, code: int) -> Place:
    return Place(term, code, data.document_frequency(term), data.columns.bitmap[term] != NONE)


def _advice(folder: Path) -> str:
    return f"build it anew with: python -m index --rebuild --to {folder}"
