"""The compiled pass that finds the words and gaps of a text and numbers them; see words.py."""

from functools import cache

import numpy as np
import numpy.typing as npt

from index.analysis import character_class
from index.codec.bits import load64, lowest
from index.codec.compiled import inlined, kernel
from index.codec.intern import GAP, PLAIN, WORD, fits, number_of

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

# The classes of `index.analysis`, by number; from the apostrophe on they are punctuation, which
# matters between the right neighbours only.
_CLASSES = " LsKDMISEFAUBqh.,+%#"
_SPACE, _LETTER, _S, _HANGUL, _DIGIT, _MARK, _IGNORED = range(7)
_APOSTROPHE, _HYPHEN, _STOP, _COMMA, _PLUS = (_CLASSES.index(c) for c in "qh.,+")

_KNOWN = 0x3100
"""The characters below are told apart; beside those beyond, nothing separates for certain."""

# Eight bytes at a time: the highest bit of each, and what is added to bring a byte from a letter
# or a digit on up to it.
_BLANK = np.uint8(32)
_EIGHT = 0x0101010101010101
_HIGH, _CASE = np.uint64(0x80 * _EIGHT), np.uint64(0x20 * _EIGHT)
_FROM_A, _BEYOND_Z, _FROM_0, _BEYOND_9 = (
    np.uint64((0x80 - first) * _EIGHT) for first in (ord("a"), ord("z") + 1, ord("0"), ord("9") + 1)
)


@cache
def known_classes() -> U8:
    """Give the class of each character that is told apart."""
    return np.array(
        [_CLASSES.index(character_class(chr(code))) for code in range(_KNOWN)], np.uint8
    )


@inlined
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


@inlined
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


@kernel
def _end(text: U8, i: int, before: int, classes: U8) -> int:
    """Give where a word ends that goes on at least up to a byte; `before` is the class there."""
    dotted = False
    while True:
        cls, width = _class_at(text, i, classes)
        if cls == _SPACE:
            return i
        if cls >= _APOSTROPHE:
            after, _ = _class_at(text, i + width, classes)
            if _separates(cls, before, after, dotted):
                return i
            dotted = dotted or cls == _STOP
        before = cls
        i += width


@inlined
def _plain(word: np.uint64) -> int:
    """Count the ASCII letters and digits that eight bytes begin with.

    A byte below 0x80 reaches its highest bit where what is added makes it: sums do not carry over.
    """
    low = word & ~_HIGH
    folded = low | _CASE
    letter = (folded + _FROM_A) & ~(folded + _BEYOND_Z)
    digit = (low + _FROM_0) & ~(low + _BEYOND_9)
    others = ~((letter | digit) & ~word) & _HIGH
    return lowest(others) >> 3 if others else 8


@inlined
def _is_gap(text: U8, before: int, start: int, begin: int) -> bool:
    """Tell whether there is a gap from the word before to the one that starts at a byte."""
    return start > before and (start != before + 1 or text[before] != _BLANK or before == begin)


@inlined
def _behind(text: U8, i: int) -> int:
    """Pass over a separator of one byte, and over a blank behind it, without looking again."""
    if text[i] >= 0x80:
        return i
    return i + 1 + (text[i + 1] == _BLANK)


@inlined
def _put(
    text: U8, start: int, end: int, kind: int,
    table: U64, begins: I64, spelled: U8, kinds: U8, count: int, found: U32, out: int,
) -> int:  # fmt: skip
    """Put the number of a unit into `found`; answer how many distinct ones there are then."""
    number = number_of(text, start, end - start, kind, table, begins, spelled, kinds, count)
    found[out] = number
    return count + (number == count)


@kernel
def cut(
    text: U8,
    starts: I64,
    paragraph: int,
    classes: U8,
    found: U32,
    first: I64,
    table: U64,
    begins: I64,
    spelled: U8,
    kinds: U8,
    count: int,
) -> tuple[int, int]:
    """Cut paragraphs from `paragraph` on, until the new units of one might not fit.

    Answers the paragraph to go on with, and the number of units.
    """
    out = first[paragraph]
    for p in range(paragraph, len(starts) - 1):
        begin, end = starts[p], starts[p + 1] - 1
        if not fits(end - begin, count, table, begins, spelled):
            return p, count
        i = before = begin  # where the word before ends
        while i < end:
            start, run, kind = i, _plain(load64(text, i)), PLAIN
            i += run
            if run == 0:
                cls, width = _class_at(text, i, classes)
                i += width
                if cls == _SPACE or cls >= _APOSTROPHE:  # nothing that a word begins with
                    continue
                i, kind = _end(text, i, cls, classes), WORD
            else:
                while run == 8:
                    run = _plain(load64(text, i))
                    i += run
                if text[i] != _BLANK and (text[i] >= 0x80 or classes[text[i]] != _SPACE):
                    plain_end = i
                    i = _end(text, i, classes[text[i - 1]], classes)
                    kind = PLAIN if i == plain_end else WORD
            if _is_gap(text, before, start, begin):
                count = _put(
                    text, before, start, GAP, table, begins, spelled, kinds, count, found, out
                )
                out += 1
            count = _put(text, start, i, kind, table, begins, spelled, kinds, count, found, out)
            out += 1
            before = i
            i = _behind(text, i)
        if before < end:
            count = _put(text, before, end, GAP, table, begins, spelled, kinds, count, found, out)
            out += 1
        first[p + 1] = out
    return len(starts) - 1, count
