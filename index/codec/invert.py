"""Documents in, the arrays of one segment out."""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from index.analysis import UNICODE, analyze
from index.codec import lengths
from index.codec.container import Array
from index.model import KINDS, Document

NONE = 0xFFFFFFFF
"""The ordinal that stands for no paragraph."""


class Inverter:
    """Takes documents one by one and turns them into the arrays of a segment.

    `size` is the length of the text taken so far, in code points.
    """

    def __init__(self) -> None:
        self.size = 0
        self._stems: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._form_stem = array("I")
        # One entry a token:
        self._form = array("I")
        self._paragraph = array("I")
        self._position = array("I")
        # One entry a paragraph:
        self._texts: list[bytes] = []
        self._lengths = array("q")
        self._numbers = array("I")
        self._kinds = array("B")
        self._headings = array("I")
        self._sections = array("I")
        self._spans = array("Q")
        self._pages = array("I")
        # One entry a section, of which the first stands for none, and one a document:
        self._section_paragraphs = array("I", [NONE, NONE])
        self._infos: list[bytes] = []
        self._ids: list[bytes] = []
        self._first = array("I")

    def __len__(self) -> int:
        """Count the documents taken so far."""
        return len(self._ids)

    def add(self, document: Document) -> None:
        """Take a document; the number of its words is counted here."""
        title, words = len(self._texts), 0
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
            words += self._invert(paragraph.text, ordinal)
        self._ids.append(document.info.id.encode())
        self._infos.append(json.dumps(asdict(replace(document.info, words=words))).encode())

    def _new_section(self, title: int, heading: int) -> int:
        self._section_paragraphs.extend((title, heading))
        return len(self._section_paragraphs) // 2 - 1

    def _invert(self, text: str, ordinal: int) -> int:
        length = 0
        for form, stem, position, _, _ in analyze(text):
            number = self._forms.get(form)
            if number is None:
                number = self._forms[form] = len(self._forms)
                self._form_stem.append(self._stems.setdefault(stem, len(self._stems)))
            self._form.append(number)
            self._paragraph.append(ordinal)
            self._position.append(position)
            length = position + 1
        self._lengths.append(length)
        return length

    def arrays(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Give the arrays of the segment by name, and its counts."""
        exact = np.array(self._lengths, np.int64)
        meta = {
            "unicode": UNICODE,
            "paragraphs": len(self._texts),
            "with_tokens": int(np.count_nonzero(exact)),
            "total_length": int(exact.sum()),
        }
        return self._postings() | self._paragraphs(exact) | self._documents(), meta

    def _postings(self) -> dict[str, Array]:
        stems, stem_rank = _sorted(self._stems)
        forms, form_rank = _sorted(self._forms)
        # Forms in the order of their text, each with its stem and its number within the stem.
        form_term = np.empty(len(forms), np.uint32)
        form_term[form_rank] = stem_rank[np.array(self._form_stem, np.uint32)]
        by_term = np.argsort(form_term, kind="stable")
        term_forms = _starts(np.bincount(form_term, minlength=len(stems)))
        codes = np.empty(len(forms), np.uint16)
        codes[by_term] = np.arange(len(forms)) - term_forms[form_term[by_term]]
        # Tokens in the order of term, paragraph, position: they came in that of the latter two.
        form = form_rank[np.array(self._form, np.uint32)]
        order = np.argsort(form_term[form], kind="stable")
        form, paragraph = form[order], np.array(self._paragraph, np.uint32)[order]
        term = form_term[form]
        new = np.flatnonzero(_changes(term) | _changes(paragraph))
        by_form = np.unique(form.astype(np.uint64) << 32 | paragraph) >> 32
        return {
            "terms.text": _blob(stems),
            "terms.text_start": _starts([len(text) for text in stems]),
            "terms.postings": _starts(np.bincount(term[new], minlength=len(stems))),
            "terms.forms": term_forms,
            "terms.form": by_term.astype(np.uint32),
            "forms.text": _blob(forms),
            "forms.text_start": _starts([len(text) for text in forms]),
            "forms.term": form_term,
            "forms.code": codes,
            "forms.df": np.bincount(by_form.astype(np.int64), minlength=len(forms)).astype("u4"),
            "postings.paragraph": paragraph[new],
            "postings.positions": np.append(new, len(form)).astype(np.uint64),
            "positions.position": np.array(self._position, np.uint32)[order],
            "positions.code": codes[form],
        }

    def _paragraphs(self, exact: npt.NDArray[np.int64]) -> dict[str, Array]:
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
            "paragraphs.text": _blob(self._texts),
            "paragraphs.text_start": _starts([len(text) for text in self._texts]),
        }

    def _documents(self) -> dict[str, Array]:
        sections = np.array(self._section_paragraphs, np.uint32)
        by_id = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        return {
            "sections.title": sections[::2],
            "sections.heading": sections[1::2],
            "documents.first": np.append(self._first, len(self._texts)).astype(np.uint32),
            "documents.info": _blob(self._infos),
            "documents.info_start": _starts([len(info) for info in self._infos]),
            "documents.by_id": np.array(by_id, np.uint32),
            "ids.text": _blob(self._ids[i] for i in by_id),
            "ids.text_start": _starts([len(self._ids[i]) for i in by_id]),
        }


def _sorted(numbers: dict[str, int]) -> tuple[list[bytes], npt.NDArray[np.uint32]]:
    """Give the strings in the order of their bytes, and for each number its rank in it."""
    texts = [(text.encode(), number) for text, number in numbers.items()]
    texts.sort()
    rank = np.empty(len(texts), np.uint32)
    rank[[number for _, number in texts]] = np.arange(len(texts))
    return [text for text, _ in texts], rank


def _changes(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    changes = np.ones(len(values), np.bool_)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _starts(sizes: Sequence[int] | npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Give where each item starts when items of these sizes stand in a row, and where it ends."""
    return np.fromiter(accumulate(sizes, initial=0), np.uint64, len(sizes) + 1)


def _blob(texts: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(texts), np.uint8)
