"""Documents in, the file of one segment out.

Text is taken in batches: cut into words, which are kept until the end in chains, and stored; a
thread beside does what does not need Python. So of the text itself no more than a few batches is in
memory.
"""

import json
from array import array
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from index.analysis import UNICODE
from index.codec.chains import Chains
from index.codec.compress import Blocks, Compressor, Records, descriptions, joined, train
from index.codec.container import Array, Output
from index.codec.dictionaries import Texts
from index.codec.layout import HEADLINE, NONE
from index.codec.postings import invert, names_of
from index.codec.sections import runs_of
from index.codec.words import I64, PADDING, U32, Words
from index.errors import NotWritten
from index.model import KINDS, Document, DocumentInfo

MEMORY = 512 << 20
"""How much memory, in bytes, one segment may take while it is made, if nothing else is said."""

BATCH = 8 << 20
"""How much text, in bytes, is cut and stored at a time."""

_PER_WORD = 4
"""About how many bytes a word takes in a chain."""


def share(memory: int) -> int:
    """Give how much of the memory the words of a segment may take, and how much their chains."""
    return memory * 3 // 8


_KINDS = {kind: code for code, kind in enumerate(KINDS)}


class Inverter:
    """Takes documents one by one and turns them into a segment.

    The segment is the file at `path`, which must not exist; it is one when it is finished. About
    `memory` bytes are taken, if it is finished once it is full. `dictionary` is what its store is
    compressed with; without one it gets its own, where there is a batch of text to train it on;
    then it is here.
    """

    def __init__(self, words: Words, path: Path, memory: int, dictionary: bytes) -> None:
        self._words, self._memory = words, memory
        self._batch = min(BATCH, memory // 16)
        self._chains = Chains(memory // 2)
        self._streams = [np.empty(0, np.uint32), np.empty(0, np.uint32)]  # one is read meanwhile
        # The present batch, one entry a paragraph:
        self._texts: list[str] = []
        self._size = 0
        self._columns: tuple[list[int], ...] = ([], [], [], [], [])  # as of `Record`
        # One entry a paragraph, a section, a document:
        self._sections = array("I")
        self._titles, self._headings = array("I"), array("I")
        self._infos: list[DocumentInfo] = []
        self._firsts = array("I")
        self._output = Output(path)
        self._output.begin("paragraphs.stored", np.uint8)
        self._blocks = Blocks()
        self.dictionary = dictionary
        self._compressor: Compressor | None = None
        self._thread = ThreadPoolExecutor(1)
        self._jobs: list[tuple[Future[None], Future[int], int]] = []  # with the number of words
        self._chained = 0

    @property
    def is_full(self) -> bool:
        """Tell whether it has taken what fits; of batches not done yet the size is estimated."""
        awaited = sum(words for _, _, words in self._jobs)
        chained = self._chained + _PER_WORD * awaited
        return max(chained, self._words.size) > share(self._memory)

    def add(self, document: Document) -> None:
        """Take a document; the number of its words is counted at the end. Raises OSError."""
        paragraphs, first = document.paragraphs, len(self._sections)
        self._texts += [p.text for p in paragraphs]
        self._size += sum(len(p.text) for p in paragraphs)
        kinds, headings, pages, starts, ends = self._columns
        kinds += [_KINDS[p.kind] for p in paragraphs]
        headings += self._add_sections(document, first)
        pages += [p.page or 0 for p in paragraphs]
        starts += [p.start for p in paragraphs]
        ends += [p.end for p in paragraphs]
        self._firsts.append(first)
        self._infos.append(document.info)
        if self._size >= self._batch:
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
        """Cut what has come together into words; a thread stores the text and puts these in order.

        It has done so with one batch when the second after it comes.
        """
        text, begins = joined([text.encode() for text in self._texts], PADDING)
        length = np.fromiter(map(len, self._texts), np.int64, len(self._texts))
        columns = (np.array(column, np.int64) for column in self._columns)
        records = Records(text, begins, length, *columns)
        if len(self._jobs) > 1:
            self._wait()
        stored = self._thread.submit(self._store, records)
        stream = self._free_stream(len(text) // 2 + 1)
        first = self._words.cut(text, begins, stream)
        tokens, stems = self._words.tokens(), len(self._words.stems)
        chained = self._thread.submit(self._chains.add, tokens, stems, stream, first)
        self._jobs.append((stored, chained, int(first[-1])))
        self._texts, self._columns, self._size = [], ([], [], [], [], []), 0

    def _free_stream(self, size: int) -> U32:
        """Give room for so many words; what was given last time is left as it is."""
        self._streams.reverse()
        if len(self._streams[0]) < size:
            self._streams[0] = np.empty(size, np.uint32)
        return self._streams[0]

    def _store(self, records: Records) -> None:
        """Compress and write records."""
        if self._compressor is None:
            if len(records.text) < self._batch:
                self.dictionary = b""  # which would be larger than what it saves
            elif not self.dictionary:
                self.dictionary = train(records)
            self._compressor = Compressor(self.dictionary)
        self._output.extend("paragraphs.stored", self._compressor.compress(records, self._blocks))

    def _wait(self) -> None:
        """Wait until the oldest batch is done."""
        stored, chained, _ = self._jobs.pop(0)
        stored.result()
        self._chained = chained.result()

    # The end.

    def finish(self) -> int:
        """Write all the rest; answer the number of paragraphs. Raises OSError, NotWritten."""
        if self._texts:
            self._take_batch()
        section = np.array(self._sections, np.uint32)
        names = names_of(self._words)  # while the thread is at the last batches
        while self._jobs:
            self._wait()
        self._thread.shutdown()
        write, exact = invert(self._words, names, self._chains, section, self._memory // 8)
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
        starts, firsts = self._blocks.arrays()
        words = np.add.reduceat(exact, self._firsts).tolist() if ids else []
        return {
            "paragraphs.stored_start": starts,
            "paragraphs.stored_first": firsts,
            "sections.title": np.array(self._titles, np.uint32),
            "sections.heading": np.array(self._headings, np.uint32),
            "documents.first": np.array([*self._firsts, len(exact)], np.uint32),
            "documents.by_id": np.array(by_id, np.uint32),
            "ids.text": names.text,
            "ids.text_start": names.start,
            **descriptions(map(_with_words, self._infos, words), self.dictionary),
            "stored.dictionary": np.frombuffer(self.dictionary, np.uint8),
        }

    def discard(self) -> None:
        """Give up: the file is removed. Raises OSError."""
        self._thread.shutdown(cancel_futures=True)
        self._output.discard()


def _with_words(info: DocumentInfo, words: int) -> str:
    return json.dumps(asdict(replace(info, words=words)))
