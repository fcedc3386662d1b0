"""Lines of text, each distinct one numbered once: the forms and stems of an index that is made."""

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64
from index.codec.compiled import kernel
from index.codec.dictionaries import Texts
from index.codec.intern import PADDING, WORD, Interned, Units

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_BREAK = ord("\n")
_BYTE = np.uint64(0xFF)


class Numbered:
    """Texts without line breaks, numbered from 0 in the order in which they are first met.

    Several are handed over as lines: in UTF-8, a line break behind each.
    """

    def __init__(self) -> None:
        self._lines = Interned()

    def __len__(self) -> int:
        return self._lines.count

    @property
    def size(self) -> int:
        """Count the bytes of all lines."""
        return self._lines.size

    def of(self, lines: bytes) -> U32:
        """Give the number of each."""
        text = np.frombuffer(lines + bytes(PADDING), np.uint8)
        begins = np.append(0, np.flatnonzero(text == _BREAK) + 1)
        kind = np.full(len(begins) - 1, WORD, np.uint8)
        return self._lines.unite(Units(text, begins, kind))

    def lines(self, first: int = 0) -> bytes:
        """Give those from a number on."""
        units = self._lines.units
        return units.text[units.begins[first] : units.begins[-1]].tobytes()

    def prefixes(self, first: int) -> U64:
        """Give, from a number on, the first eight bytes of each as a number (u64).

        These ascend as the texts do.
        """
        units = self._lines.units
        found = np.empty(len(self) - first, np.uint64)
        _take_prefixes(units.text, units.begins[first:], found)
        return found

    def texts(self) -> Texts:
        """Give all of them."""
        text = np.frombuffer(self.lines(), np.uint8)
        start = self._lines.units.begins - np.arange(len(self) + 1)
        return Texts(text[text != _BREAK], start.astype(np.uint32))


@kernel
def _take_prefixes(text: U8, begins: I64, found: U64) -> None:
    for i in range(len(found)):
        begin, size = begins[i], min(begins[i + 1] - begins[i] - 1, 8)
        word, prefix = load64(text, begin), np.uint64(0)
        for k in range(size):
            prefix |= (word >> np.uint64(8 * k) & _BYTE) << np.uint64(56 - 8 * k)
        found[i] = prefix
