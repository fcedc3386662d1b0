"""Segments that become one: postings gathered, columns renumbered, text coded anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.analysis import UNICODE
from index.codec import container, descriptions, facts, postings
from index.codec.container import Array, Output
from index.codec.dictionaries import Texts
from index.codec.intern import Interned
from index.codec.layout import HEADLINE, NONE
from index.codec.records import Blocks, Records
from index.codec.sections import runs_of
from index.codec.segment import Dictionary, SegmentData

Bools = npt.NDArray[np.bool_]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, and which of its paragraphs and documents are kept."""

    data: SegmentData
    paragraphs: Bools
    documents: Bools

    @classmethod
    def of(cls, data: SegmentData, live: Bools | None) -> "Part":
        """Keep the paragraphs that are live; all of them where `live` is None."""
        paragraphs = np.ones(data.paragraph_count, np.bool_) if live is None else live
        return cls(data, paragraphs, paragraphs[data.document_first[:-1]])

    @property
    def lost_words(self) -> int:
        """Count the positions in the documents that are not kept."""
        return sum(self.data.info(int(d)).words for d in np.flatnonzero(~self.documents))


def merge(segments: Sequence[tuple[SegmentData, Bools | None]], path: Path, memory: int) -> int:
    """Write segments as one, each with its live paragraphs (None: all); answer how many those are.

    About `memory` bytes serve for sorting. What is read is compared with its checksums first, for
    it gets new ones. Raises OSError, Damaged, NotWritten; the file is then removed.
    """
    for data, _ in segments:
        container.verify(data.path)
    output = Output(path)
    try:
        parts = [Part.of(data, live) for data, live in segments]
        count = _write(parts, output, memory)
    except BaseException:
        output.discard()
        raise
    return count


def _write(parts: Sequence[Part], output: Output, memory: int) -> int:
    stored = _copy_paragraphs(parts, output)
    for name, array in (stored | _copy_descriptions(parts, output)).items():
        output.append(name, array)
    ordinals = _numbered([part.paragraphs for part in parts])
    length = np.concatenate([part.data.length[part.paragraphs] for part in parts])
    section, sections = _sections(parts, ordinals)
    total = sum(part.data.total_length - part.lost_words for part in parts)
    with_tokens = int(np.count_nonzero(length))
    found = postings.merge(
        [(part.data, own) for part, own in zip(parts, ordinals, strict=True)],
        length, total / max(with_tokens, 1), section, memory, output,
    )  # fmt: skip
    documents = _documents(parts, ordinals)
    first, of_run = runs_of(section)
    columns: dict[str, Array] = {
        "runs.first": first,
        "runs.section": of_run,
        "paragraphs.signature": np.concatenate(
            [part.data.signature[part.paragraphs] for part in parts]
        ),
    }
    for name, array in (found | columns | sections | documents).items():
        output.append(name, array)
    output.finish(
        {
            "unicode": UNICODE,
            "paragraphs": len(length),
            "with_tokens": with_tokens,
            "total_length": total,
        }
    )
    return len(length)


def _numbered(kept: Sequence[Bools]) -> list[I64]:
    """Give the numbers of what is kept, counted through; -1 for what is not."""
    numbered, base = [], 0
    for mask in kept:
        numbers = base + np.cumsum(mask) - 1
        base += int(mask.sum())
        numbers[~mask] = -1
        numbered.append(numbers)
    return numbered


def _sections(parts: Sequence[Part], ordinals: Sequence[I64]) -> tuple[U32, dict[str, Array]]:
    """Give the section of every paragraph, and the arrays of the sections."""
    titles, headings, sections = [], [], []
    kept = [part.paragraphs[part.data.section_title] for part in parts]
    for part, ordinal, mask, number in zip(parts, ordinals, kept, _numbered(kept), strict=True):
        data = part.data
        own = data.section[part.paragraphs]
        sections.append(number[own & ~np.uint32(HEADLINE)].astype(np.uint32) | own & HEADLINE)
        titles.append(ordinal[data.section_title[mask]])
        heading = data.section_heading[mask].astype(np.int64)
        there = heading != NONE
        heading[there] = ordinal[heading[there]]
        headings.append(heading)
    return np.concatenate(sections), {
        "sections.title": np.concatenate(titles).astype(np.uint32),
        "sections.heading": np.concatenate(headings).astype(np.uint32),
    }


def _documents(parts: Sequence[Part], ordinals: Sequence[I64]) -> dict[str, Array]:
    numbers = _numbered([part.documents for part in parts])
    ids = sorted(
        (part.data.ids[i], int(number[document]))
        for part, number in zip(parts, numbers, strict=True)
        for i, document in enumerate(part.data.documents_by_id.tolist())
        if part.documents[document]
    )
    names = Texts.of([name for name, _ in ids])
    firsts = [
        own[part.data.document_first[:-1][part.documents]]
        for part, own in zip(parts, ordinals, strict=True)
    ]
    total = sum(int(part.paragraphs.sum()) for part in parts)
    return {
        "documents.first": np.concatenate([*firsts, [total]]).astype(np.uint32),
        "documents.by_id": np.array([number for _, number in ids], np.uint32),
        "ids.text": names.text,
        "ids.text_start": names.start,
        **facts.united(map(_facts, parts)),
    }


def _facts(part: Part) -> tuple[Dictionary, dict[str, U32]]:
    columns = {field: part.data.column(field)[part.documents] for field in facts.FIELDS}
    return part.data.values, columns


# What is stored.


def _copy_paragraphs(parts: Sequence[Part], output: Output) -> dict[str, Array]:
    """Write the paragraphs that are kept; give the other arrays. What is left out loses its words.

    No text is decoded: each unit gets the number it has among those of all parts, and its code.
    """
    interned, records = Interned(), Records(output)
    numbers = [interned.unite(part.data.paragraphs_stored.units) for part in parts]
    for part, number in zip(parts, numbers, strict=True):
        for stream, first, columns in part.data.paragraphs_stored.pieces(part.paragraphs):
            records.add(interned.units, number[stream], first, columns)
    return records.arrays(interned.units)


def _copy_descriptions(parts: Sequence[Part], output: Output) -> dict[str, Array]:
    """Write what is kept of documents; give the other arrays."""
    blocks = Blocks()
    texts = (
        part.data.documents_stored.text(int(number))
        for part in parts
        for number in np.flatnonzero(part.documents)
    )
    output.begin(descriptions.NAME, np.uint8)
    for block in descriptions.compressed(texts, blocks):
        output.extend(descriptions.NAME, block)
    return blocks.arrays(descriptions.NAME)
