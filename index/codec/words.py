"""Text to words, in bulk: a compiled pass finds them, the analysis looks at each distinct one once.

A *word* here is a stretch of text that the analysis never looks beyond: what bounds it separates,
whatever stands around it. So the tokens of a text are those of its words, one after the other, and
however long the text, only its vocabulary is analysed. The pass cuts as short as it safely can
(`word,` before the comma, `3,000` not); a cut it leaves out makes a longer word, not other tokens.
"""

from array import array
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
import numpy.typing as npt

from index.analysis import analyze, character_class

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

# The classes of `index.analysis`, by number; from the apostrophe on they are punctuation, which
# matters between the right neighbours only.
_CLASSES = " LsKDMISEFAUBqh.,+%#"
_SPACE, _LETTER, _S, _HANGUL, _DIGIT, _MARK, _IGNORED = range(7)
_APOSTROPHE, _HYPHEN, _STOP, _COMMA, _PLUS = (_CLASSES.index(c) for c in "qh.,+")

_KNOWN = 0x3100
"""The characters below are told apart; beside those beyond, nothing separates for certain."""

_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of every word: word w's are those in [start[w], start[w + 1]).

    `form` (u32) is a number into `Words.forms`, `position` (u32) counts from the word's first;
    `positions` (u32, one a word) is how many the word takes.
    """

    start: U32
    form: U32
    position: U32
    positions: U32


class Words:
    """Every distinct word met so far, and its tokens. `forms` and `stems` are theirs, by number."""

    def __init__(self) -> None:
        self.forms: dict[str, int] = {}
        self.stems: list[str] = []
        self._slots = np.zeros(1 << 16, np.uint32)
        self._hashes = np.zeros(1 << 15, np.uint64)
        self._starts = np.zeros((1 << 15) + 1, np.int64)
        self._bytes = np.zeros(1 << 20, np.uint8)
        self._count = 0
        self._start = array("I", [0])
        self._form = array("I")
        self._position = array("I")
        self._positions = array("I")

    def cut(self, text: U8, starts: I64) -> tuple[U32, I64]:
        """Cut paragraphs into words.

        `text` (u8) is UTF-8; paragraph p is [starts[p], starts[p + 1] - 1), and a separator stands
        behind it. Answers the words (u32) of all paragraphs in a row, and where each paragraph's
        begin among them (i64, one longer than there are paragraphs).
        """
        found = np.empty(len(text) // 2 + 1, np.uint32)
        first = np.zeros(len(starts), np.int64)
        paragraph = 0
        while paragraph < len(starts) - 1:
            self._make_room(int(starts[paragraph + 1] - starts[paragraph]))
            paragraph, self._count = _cut(
                text, starts, paragraph, _known_classes(), found, first,
                self._slots, self._hashes, self._starts, self._bytes, self._count,
            )  # fmt: skip
        self._analyze()
        return found[: first[-1]], first

    def _make_room(self, size: int) -> None:
        """See that the next paragraph's words fit, were they all new."""
        used = int(self._starts[self._count])
        if used + size > len(self._bytes):
            self._bytes = np.append(self._bytes, np.zeros(used + size, np.uint8))
        while (self._count + size) * 2 > len(self._slots):
            self._slots = np.zeros(len(self._slots) * 2, np.uint32)
            self._hashes = np.append(self._hashes, np.zeros_like(self._hashes))
            self._starts = np.append(self._starts, np.zeros(len(self._hashes) // 2, np.int64))
            _place(self._slots, self._hashes, self._count)

    def _analyze(self) -> None:
        """Look at the words that are new."""
        text, ends = self._bytes.data, self._starts[: self._count + 1].tolist()
        for word in range(len(self._positions), self._count):
            spelled = str(text[ends[word] : ends[word + 1]], "utf-8")
            positions = 0
            for form, stem, position, _, _ in analyze(spelled):
                number = self.forms.setdefault(form, len(self.forms))
                if number == len(self.stems):
                    self.stems.append(stem)
                self._form.append(number)
                self._position.append(position)
                positions = position + 1
            self._positions.append(positions)
            self._start.append(len(self._form))

    def tokens(self) -> Tokens:
        """Give the tokens of every word."""
        return Tokens(*(np.array(column, np.uint32) for column in (
            self._start, self._form, self._position, self._positions)))  # fmt: skip


@cache
def _known_classes() -> U8:
    return np.array(
        [_CLASSES.index(character_class(chr(code))) for code in range(_KNOWN)], np.uint8
    )


@numba.njit(nogil=True, cache=True, inline="always")
def _class_at(text: U8, i: int, classes: U8) -> tuple[int, int]:
    """Give the class of the character at a byte, and its length in bytes."""
    lead = np.int64(text[i])
    if lead < 0x80:
        return classes[lead], 1
    if lead < 0xE0:
        code = (lead & 0x1F) << 6 | (np.int64(text[i + 1]) & 0x3F)
        return classes[code], 2
    if lead < 0xF0:
        code = (
            (lead & 0x0F) << 12
            | (np.int64(text[i + 1]) & 0x3F) << 6
            | (np.int64(text[i + 2]) & 0x3F)
        )
        return (classes[code] if code < _KNOWN else np.uint8(_IGNORED)), 3
    return np.uint8(_IGNORED), 4


@numba.njit(nogil=True, cache=True, inline="always")
def _separates(cls: int, before: int, after: int, dotted: bool) -> bool:
    """Tell whether punctuation separates for certain, given the classes beside it.

    `dotted` tells that the word has a full stop already: it may be of initials.
    """
    if _IGNORED in (before, after):
        return False
    inside = _SPACE < before <= _MARK
    letter = _LETTER <= after <= _HANGUL
    if cls == _COMMA:
        return not (inside and after == _DIGIT)
    if cls == _STOP:
        return not (dotted or (inside and (letter or after == _DIGIT)))
    if cls == _APOSTROPHE:
        return not (letter and (inside or before == _STOP))
    if cls == _HYPHEN:
        return not ((letter or after == _DIGIT) and (inside or before == _STOP))
    return not (inside or before == _PLUS)


@numba.njit(nogil=True, cache=True, inline="always")
def _word_at(text: U8, i: int, classes: U8) -> tuple[int, np.uint64]:
    """Give where the word that begins at a byte ends, and its hash (FNV-1a, 64 bits)."""
    cls, width = _class_at(text, i, classes)
    dotted, hashed = False, _FNV_OFFSET
    while True:
        for j in range(i, i + width):
            hashed = (hashed ^ np.uint64(text[j])) * _FNV_PRIME
        i += width
        before = cls
        cls, width = _class_at(text, i, classes)
        if cls == _SPACE:
            return i, hashed
        if cls >= _APOSTROPHE:
            after, _ = _class_at(text, i + width, classes)
            if _separates(cls, before, after, dotted):
                return i, hashed
            dotted = dotted or cls == _STOP


@numba.njit(nogil=True, cache=True, inline="always")
def _slot_of(
    word: U8, hashed: np.uint64, slots: U32, hashes: npt.NDArray[np.uint64], ends: I64, spelled: U8
) -> np.uint64:
    """Give the slot of a word, or the one that is free for it: open addressing, linear probing."""
    mask = np.uint64(len(slots) - 1)
    slot = (hashed ^ (hashed >> np.uint64(32))) & mask
    while slots[slot]:
        known = np.int64(slots[slot]) - 1
        if hashes[known] == hashed and ends[known + 1] - ends[known] == len(word):
            j = 0
            while j < len(word) and spelled[ends[known] + j] == word[j]:
                j += 1
            if j == len(word):
                break
        slot = (slot + np.uint64(1)) & mask
    return slot


@numba.njit(nogil=True, cache=True)
def _cut(
    text: U8,
    starts: I64,
    paragraph: int,
    classes: U8,
    found: U32,
    first: I64,
    slots: U32,
    hashes: npt.NDArray[np.uint64],
    ends: I64,
    spelled: U8,
    count: int,
) -> tuple[int, int]:
    """Cut paragraphs from `paragraph` on, until the new words of one might not fit.

    Answers the paragraph to go on with, and the number of words.
    """
    out = first[paragraph]
    for p in range(paragraph, len(starts) - 1):
        i, end = starts[p], starts[p + 1] - 1
        if (count + end - i) * 2 > len(slots) or ends[count] + end - i > len(spelled):
            return p, count
        while i < end:
            cls, width = _class_at(text, i, classes)
            if cls == _SPACE or cls >= _APOSTROPHE:  # nothing that a word begins with
                i += width
                continue
            start = i
            i, hashed = _word_at(text, start, classes)
            slot = _slot_of(text[start:i], hashed, slots, hashes, ends, spelled)
            if not slots[slot]:
                hashes[count] = hashed
                spelled[ends[count] : ends[count] + i - start] = text[start:i]
                ends[count + 1] = ends[count] + i - start
                count += 1
                slots[slot] = count
            found[out] = slots[slot] - 1
            out += 1
        first[p + 1] = out
    return len(starts) - 1, count


@numba.njit(nogil=True, cache=True)
def _place(slots: U32, hashes: npt.NDArray[np.uint64], count: int) -> None:
    """Fill an empty table with the words so far."""
    mask = np.uint64(len(slots) - 1)
    for word in range(count):
        hashed = hashes[word]
        slot = (hashed ^ (hashed >> np.uint64(32))) & mask
        while slots[slot]:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = word + 1
