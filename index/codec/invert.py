"""Documents in, the file of one segment out.

Text is taken in batches: cut into words, which are kept until the end in buckets, and stored.
Threads beside do what does not need Python: one cuts a batch while the words of the one before are
analysed, another stores those that are and puts them into buckets. So of the text itself no more
than a few batches is in memory.
"""

import json
from array import array
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.analysis import UNICODE
from index.codec import descriptions, facts
from index.codec.batch import Batch
from index.codec.buckets import Buckets
from index.codec.container import Array, Output
from index.codec.dictionaries import Texts
from index.codec.layout import HEADLINE, NONE
from index.codec.postings import invert, names_of
from index.codec.records import Blocks, Records
from index.codec.sections import runs_of
from index.codec.signatures import Signatures
from index.codec.threads import threads
from index.codec.words import I64, U32, Column, Words
from index.errors import NotWritten
from index.model import Document, DocumentInfo

BATCH = 8 << 20
"""How much text, in bytes, is cut and stored at a time."""

_WORD = 5
"""About how many bytes of text there are to a word."""

_PER_WORD = 4
"""About how many bytes a word takes in a bucket."""


def share(memory: int) -> int:
    """Give how much of the memory the words of a segment may take, and how much their tokens."""
    return memory * 3 // 8


class _Cutting(NamedTuple):
    """A batch that is being cut, and its words."""

    cut: Future[tuple[I64, int]]
    stream: U32
    batch: Batch


class _Job(NamedTuple):
    """What is being done with a batch once it is cut, and the number of its words."""

    stored: Future[None]
    signed: Future[None]
    chained: Future[int]
    words: int


class Inverter:
    """Takes documents one by one and turns them into a segment.

    The segment is the file at `path`, which must not exist; it is one when it is finished. About
    `memory` bytes are taken, if it is finished once it is full.
    """

    def __init__(self, words: Words, path: Path, memory: int) -> None:
        self._words, self._memory = words, memory
        self._batch_size = min(BATCH, memory // 16)
        self._buckets = Buckets(memory // 2)
        self._prefix = Column(np.uint64)  # of each stem, the first eight bytes
        self._streams = [np.empty(0, np.uint32)] * 4  # of those given three are in use meanwhile
        self._batch, self._other = Batch(), Batch()
        # One entry a paragraph, a section, a document:
        self._sections = array("I")
        self._titles, self._headings = array("I"), array("I")
        self._infos: list[DocumentInfo] = []
        self._firsts = array("I")
        self._output = Output(path)
        self._records = Records(self._output)
        self._signatures = Signatures()
        self._cutter, self._thread = threads(1), threads(1)
        self._cutting: _Cutting | None = None
        self._jobs: list[_Job] = []
        self._chained = 0

    @property
    def is_full(self) -> bool:
        """Tell whether it has taken what fits; of batches not done yet the size is estimated."""
        awaited = sum(job.words for job in self._jobs)
        awaited += self._cutting.batch.size // _WORD if self._cutting else 0
        chained = self._chained + _PER_WORD * awaited
        return max(chained, self._words.size) > share(self._memory)

    def add(self, document: Document) -> None:
        """Take a document; the number of its words is counted at the end. Raises OSError."""
        first = len(self._sections)
        self._batch.add(document.paragraphs, self._add_sections(document, first))
        self._firsts.append(first)
        self._infos.append(document.info)
        if self._batch.size >= self._batch_size:
            self._take_batch()

    def _add_sections(self, document: Document, first: int) -> list[int]:
        """Count the sections of a document; give the number of the heading above each paragraph."""
        own = self._new_section(first, NONE)
        if all(p.section is None and p.kind != "heading" for p in document.paragraphs):
            self._sections.append(own | HEADLINE)
            self._sections.extend([own] * (len(document.paragraphs) - 1))
            return [0] * len(document.paragraphs)
        above: dict[str | None, tuple[int, int]] = {None: (0, own)}  # by text of the heading
        found = []
        for paragraph in document.paragraphs:
            heading, section = above[paragraph.section]
            found.append(heading)
            if paragraph.kind == "heading":
                section = self._new_section(first, first + paragraph.number)
                above[paragraph.text] = paragraph.number, section
            self._sections.append(section if paragraph.kind == "text" else section | HEADLINE)
        return found

    def _new_section(self, title: int, heading: int) -> int:
        if len(self._titles) == HEADLINE:
            raise NotWritten("more than 2,147,483,648 headings do not fit into one segment")
        self._titles.append(title)
        self._headings.append(heading)
        return len(self._titles) - 1

    # Batches.

    def _take_batch(self) -> None:
        """Have what has come together cut into words; meanwhile go on with the batch before.

        All is done with one batch when the third after it comes.
        """
        text, begins = self._batch.text()
        stream = self._free_stream(len(text))
        before = self._cutting
        cut = self._cutter.submit(self._words.cut, text, begins, stream)
        self._cutting = _Cutting(cut, stream, self._batch)
        self._batch, self._other = self._other, self._batch
        if before:
            self._hand_on(before)
        self._batch.clear()

    def _hand_on(self, cutting: "_Cutting") -> None:
        """Analyse the new words of a batch; a thread stores all of them and puts them in order."""
        (first, count), stream = cutting.cut.result(), cutting.stream
        self._words.analyze(count)
        units, tokens = self._words.units, self._words.tokens()
        self._prefix.extend(self._words.stems.prefixes(len(self._prefix)))
        if len(self._jobs) > 1:
            self._wait()
        stored = self._thread.submit(
            self._records.add, units, stream[: first[-1]], first, cutting.batch.columns()
        )
        given = tokens, self._prefix.array, stream, first
        signed = self._thread.submit(self._signatures.add, *given)
        chained = self._thread.submit(self._buckets.add, *given)
        self._jobs.append(_Job(stored, signed, chained, int(first[-1])))

    def _free_stream(self, size: int) -> U32:
        """Give room for so many words; what was given the last three times is left as it is."""
        self._streams.append(self._streams.pop(0))
        if len(self._streams[-1]) < size:
            self._streams[-1] = np.empty(size, np.uint32)
        return self._streams[-1]

    def _wait(self) -> None:
        """Wait until the oldest batch is done."""
        job = self._jobs.pop(0)
        job.stored.result()
        job.signed.result()
        self._chained = job.chained.result()

    # The end.

    def finish(self) -> int:
        """Write all the rest; answer the number of paragraphs. Raises OSError, NotWritten."""
        if self._batch.size:
            self._take_batch()
        section = np.array(self._sections, np.uint32)
        if self._cutting:
            self._hand_on(self._cutting)
        names = names_of(self._words)  # while the thread is at the last batches
        while self._jobs:
            self._wait()
        self._cutter.shutdown()
        self._thread.shutdown()
        write, exact = invert(self._words, names, self._buckets, section, self._memory // 8)
        postings = write(self._output)
        meta = {
            "unicode": UNICODE,
            "paragraphs": len(section),
            "with_tokens": int(np.count_nonzero(exact)),
            "total_length": int(exact.sum()),
        }
        first, of_run = runs_of(section)
        columns: dict[str, Array] = {
            "runs.first": first,
            "runs.section": of_run,
            "paragraphs.signature": self._signatures.array(),
        }
        for name, found in (postings | columns | self._documents(exact)).items():
            self._output.append(name, found)
        self._output.finish(meta)
        return len(section)

    def _documents(self, exact: I64) -> dict[str, Array]:
        """Give the arrays of sections, documents and what is stored."""
        ids = [info.id.encode() for info in self._infos]
        by_id = sorted(range(len(ids)), key=ids.__getitem__)
        names = Texts.of([ids[i] for i in by_id])
        words = np.add.reduceat(exact, self._firsts).tolist() if ids else []
        return {
            "sections.title": np.array(self._titles, np.uint32),
            "sections.heading": np.array(self._headings, np.uint32),
            "documents.first": np.array([*self._firsts, len(exact)], np.uint32),
            "documents.by_id": np.array(by_id, np.uint32),
            "ids.text": names.text,
            "ids.text_start": names.start,
            **facts.columns_of(self._infos),
            **_described(map(_with_words, self._infos, words)),
            **self._records.arrays(self._words.units),
        }

    def discard(self) -> None:
        """Give up: the file is removed. Raises OSError."""
        self._cutter.shutdown(cancel_futures=True)
        self._thread.shutdown(cancel_futures=True)
        self._output.discard()


def _described(texts: Iterable[str]) -> dict[str, Array]:
    blocks = Blocks()
    data = b"".join(descriptions.compressed(texts, blocks))
    return {descriptions.NAME: np.frombuffer(data, np.uint8)} | blocks.arrays(descriptions.NAME)


def _with_words(info: DocumentInfo, words: int) -> str:
    return json.dumps(asdict(replace(info, words=words)))
