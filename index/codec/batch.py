"""Paragraphs that wait to be cut and stored, in a row."""

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.codec.words import PADDING
from index.model import KINDS, Paragraph

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

_KINDS = {kind: code for code, kind in enumerate(KINDS)}

_COLUMNS = 7  # kind, heading, page, start, end, length in code points, and size in bytes


class Batch:
    """Paragraphs as they come: their text as UTF-8, and columns of numbers.

    A document is taken to pieces at once: by the end of the batch it has left the caches. Cleared,
    it is used again, for fresh memory costs more than what is done with it.
    """

    def __init__(self) -> None:
        self._text, self._size = np.empty(0, np.uint8), 0
        self.clear()

    def clear(self) -> None:
        """Take all paragraphs out."""
        self._size = 0
        self._columns = [array("q") for _ in range(_COLUMNS)]

    @property
    def size(self) -> int:
        """Count the bytes of the text."""
        return self._size

    def add(self, paragraphs: Sequence[Paragraph], headings: list[int]) -> None:
        """Add paragraphs, and for each the number of the heading above in its document."""
        texts = [p.text for p in paragraphs]
        encoded = [text.encode() for text in texts]
        self._append(b"\n".join((*encoded, b"")))
        found = (
            [_KINDS[p.kind] for p in paragraphs],
            headings,
            [p.page or 0 for p in paragraphs],
            [p.start for p in paragraphs],
            [p.end for p in paragraphs],
            [len(text) for text in texts],
            [len(text) for text in encoded],
        )
        for column, numbers in zip(self._columns, found, strict=True):
            column.fromlist(numbers)

    def _append(self, text: bytes) -> None:
        end = self._size + len(text)
        if end + len(PADDING) > len(self._text):
            longer = np.empty(end + end // 2 + len(PADDING), np.uint8)
            longer[: self._size] = self._text[: self._size]
            self._text = longer
        self._text[self._size : end] = np.frombuffer(text, np.uint8)
        self._size = end

    def text(self) -> tuple[U8, I64]:
        """Give the text as `Words.cut` takes it; it is changed by the next that is added."""
        begins = np.zeros(len(self._columns[-1]) + 1, np.int64)
        np.cumsum(np.frombuffer(self._columns[-1], np.int64) + 1, out=begins[1:])
        whole = self._text[: self._size + len(PADDING)]
        whole[self._size :] = np.frombuffer(PADDING, np.uint8)
        return whole, begins

    def columns(self) -> I64:
        """Give the columns as `Records.add` takes them."""
        kind, heading, page, start, end, length, _ = map(np.array, self._columns)
        return np.stack((kind, heading, page, start, end - start - length))
