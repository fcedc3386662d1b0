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


_ROW = 7  # kind, heading, page, start, end, length in code points, and size in bytes


class Batch:
    """Paragraphs as they come: their text as UTF-8, and a row of numbers for each.

    A document is taken to pieces at once: by the end of the batch it has left the caches.
    """

    def __init__(self) -> None:
        self._text, self._rows = bytearray(), array("q")

    @property
    def size(self) -> int:
        """Count the bytes of the text."""
        return len(self._text)

    def add(self, paragraphs: Sequence[Paragraph], headings: Sequence[int]) -> None:
        """Add paragraphs, and for each the number of the heading above in its document."""
        texts = [p.text.encode() for p in paragraphs]
        self._text += b"\n".join((*texts, b""))
        rows = zip(paragraphs, headings, texts, strict=True)
        self._rows.fromlist(
            [
                n
                for p, above, text in rows
                for n in (
                    _KINDS[p.kind], above, p.page or 0, p.start, p.end, len(p.text), len(text),
                )
            ]
        )  # fmt: skip

    def text(self) -> tuple[U8, I64]:
        """Give the text as `Words.cut` takes it; nothing can be added then."""
        begins = np.zeros(len(self._rows) // _ROW + 1, np.int64)
        np.cumsum(self._columns()[-1] + 1, out=begins[1:])
        self._text += PADDING
        return np.frombuffer(self._text, np.uint8), begins

    def columns(self) -> I64:
        """Give the columns as `Records.add` takes them."""
        kind, heading, page, start, end, length, _ = self._columns()
        return np.stack((kind, heading, page, start, end - start - length))

    def _columns(self) -> I64:
        return np.frombuffer(self._rows, np.int64).reshape(-1, _ROW).T
