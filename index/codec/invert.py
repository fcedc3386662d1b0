"""Documents in, the arrays of one segment out."""

import json
from array import array
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from index.analysis import UNICODE
from index.codec import lengths
from index.codec.container import Array
from index.codec.layout import NONE
from index.codec.postings import blob, invert, text_starts
from index.codec.words import I64, Words
from index.model import KINDS, Document, DocumentInfo


class Inverter:
    """Takes documents one by one and turns them into the arrays of a segment.

    `size` is the length of the text taken so far, in code points.
    """

    def __init__(self, words: Words) -> None:
        self.size = 0
        self._words = words
        # One entry a paragraph:
        self._texts: list[bytes] = []
        self._numbers = array("I")
        self._kinds = array("B")
        self._headings = array("I")
        self._sections = array("I")
        self._spans = array("Q")
        self._pages = array("I")
        # One entry a section, of which the first stands for none, and one a document:
        self._section_paragraphs = array("I", [NONE, NONE])
        self._infos: list[DocumentInfo] = []
        self._ids: list[bytes] = []
        self._first = array("I")

    def __len__(self) -> int:
        """Count the documents taken so far."""
        return len(self._ids)

    def add(self, document: Document) -> None:
        """Take a document; the number of its words is counted at the end."""
        title = len(self._texts)
        self._first.append(title)
        # By the text of a heading: its ordinal and its section.
        sections: dict[str | None, tuple[int, int]] = {None: (NONE, self._new_section(title, NONE))}
        for paragraph in document.paragraphs:
            ordinal = len(self._texts)
            heading, section = sections[paragraph.section]
            if paragraph.kind == "heading":
                sections[paragraph.text] = ordinal, self._new_section(title, ordinal)
            self._headings.append(heading)
            self._sections.append(section if paragraph.kind == "text" else 0)
            self._texts.append(paragraph.text.encode())
            self._numbers.append(paragraph.number)
            self._kinds.append(KINDS.index(paragraph.kind))
            self._spans.extend((paragraph.start, paragraph.end))
            self._pages.append(paragraph.page or 0)
            self.size += len(paragraph.text)
        self._ids.append(document.info.id.encode())
        self._infos.append(document.info)

    def _new_section(self, title: int, heading: int) -> int:
        self._section_paragraphs.extend((title, heading))
        return len(self._section_paragraphs) // 2 - 1

    def arrays(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Give the arrays of the segment by name, and its counts."""
        text = b"\n".join([*self._texts, b"\n"])  # a separator behind each, two bytes behind all
        starts = text_starts(self._texts).astype(np.int64) + np.arange(len(self._texts) + 1)
        stream, first = self._words.cut(np.frombuffer(text, np.uint8), starts)
        postings, exact = invert(self._words, stream, first)
        meta = {
            "unicode": UNICODE,
            "paragraphs": len(self._texts),
            "with_tokens": int(np.count_nonzero(exact)),
            "total_length": int(exact.sum()),
        }
        return postings | self._paragraphs(exact) | self._documents(exact), meta

    def _paragraphs(self, exact: I64) -> dict[str, Array]:
        spans = np.array(self._spans, np.uint64)
        document = np.zeros(len(self._texts), np.uint32)
        document[np.array(self._first[1:], np.uint32)] = 1
        return {
            "paragraphs.length": lengths.encode(exact),
            "paragraphs.number": np.array(self._numbers, np.uint32),
            "paragraphs.kind": np.array(self._kinds, np.uint8),
            "paragraphs.document": np.cumsum(document, dtype=np.uint32),
            "paragraphs.section": np.array(self._sections, np.uint32),
            "paragraphs.heading": np.array(self._headings, np.uint32),
            "paragraphs.start": spans[::2],
            "paragraphs.end": spans[1::2],
            "paragraphs.page": np.array(self._pages, np.uint32),
            "paragraphs.text": blob(self._texts),
            "paragraphs.text_start": text_starts(self._texts),
        }

    def _documents(self, exact: I64) -> dict[str, Array]:
        words = np.add.reduceat(exact, self._first).tolist()
        infos = [
            json.dumps(asdict(replace(info, words=count))).encode()
            for info, count in zip(self._infos, words, strict=True)
        ]
        sections = np.array(self._section_paragraphs, np.uint32)
        by_id = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        return {
            "sections.title": sections[::2],
            "sections.heading": sections[1::2],
            "documents.first": np.append(self._first, len(self._texts)).astype(np.uint32),
            "documents.info": blob(infos),
            "documents.info_start": text_starts(infos),
            "documents.by_id": np.array(by_id, np.uint32),
            "ids.text": blob(self._ids[i] for i in by_id),
            "ids.text_start": text_starts(self._ids[i] for i in by_id),
        }
