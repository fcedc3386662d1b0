"""The compiled pass that finds the words of a text and numbers them; see words.py."""

from functools import cache

import numpy as np
import numpy.typing as npt

from index.analysis import character_class
from index.codec.bits import load64, lowest, store64
from index.codec.compiled import inlined, kernel

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

_KEY, _WORD = 0, 1  # the columns of the hash table; a key of 0 marks a free slot
_LONG = np.uint64(0xFF << 56)  # set in the key of more than eight bytes; in no UTF-8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, TAOCP 6.4)
_HALF, _ALL = np.uint64(32), np.uint64(0xFFFFFFFFFFFFFFFF)

# Eight bytes at a time: the highest bit of each, and what is added to bring a byte from a letter
# or a digit on up to it.
_BREAK, _BLANK = np.uint8(10), np.uint8(32)
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
def _low(size: int) -> np.uint64:
    """Give a mask for the lowest bytes, from one to all eight."""
    return _ALL >> np.uint64(64 - 8 * size)


@inlined
def _key(text: U8, at: int, size: int, fold: np.uint64) -> np.uint64:
    """Give the key of a word: itself where that is at most eight bytes, a hash marked as one else.

    `fold` are bits to be set in every eight bytes. No word holds the byte 0, so that shorter ones
    differ from longer ones, and none has key 0.
    """
    if size <= 8:
        return (load64(text, at) | fold) & _low(size)
    key = np.uint64(size)
    while size > 8:
        key = _mixed(key ^ (load64(text, at) | fold))
        at, size = at + 8, size - 8
    return _mixed(key ^ ((load64(text, at) | fold) & _low(size))) | _LONG


@inlined
def _mixed(key: np.uint64) -> np.uint64:
    product = key * _MULTIPLIER
    return product ^ (product >> _HALF)


@kernel
def _equal(text: U8, i: int, fold: np.uint64, spelled: U8, j: int, size: int) -> bool:
    while size > 8:
        if load64(text, i) | fold != load64(spelled, j):
            return False
        i, j, size = i + 8, j + 8, size - 8
    return (((load64(text, i) | fold) ^ load64(spelled, j)) & _low(size)) == np.uint64(0)


@inlined
def _slot(
    text: U8, at: int, size: int, fold: np.uint64, key: np.uint64,
    table: U64, begins: I64, spelled: U8,
) -> np.uint64:  # fmt: skip
    """Give the slot of a word, or the one that is free for it: linear probing."""
    mask = np.uint64(len(table) - 1)
    slot = _mixed(key) & mask
    while table[slot, _KEY]:
        if table[slot, _KEY] == key:
            begin = begins[np.int64(table[slot, _WORD])]
            if size <= 8 or (
                spelled[begin + size] == _BREAK and _equal(text, at, fold, spelled, begin, size)
            ):
                return slot
        slot = (slot + np.uint64(1)) & mask
    return slot


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
    plain: U8,
    count: int,
) -> tuple[int, int]:
    """Cut paragraphs from `paragraph` on, until the new words of one might not fit.

    A word of ASCII letters and digits alone is `plain`, and spelled in lower case. Answers the
    paragraph to go on with, and the number of words.
    """
    out = first[paragraph]
    for p in range(paragraph, len(starts) - 1):
        i, end = starts[p], starts[p + 1] - 1
        if not _fits(end + 1 - i, count, table, begins, spelled):
            return p, count
        while i < end:
            start, run, fold = i, _plain(load64(text, i)), _CASE
            i += run
            if run == 0:
                cls, width = _class_at(text, i, classes)
                i += width
                if cls == _SPACE or cls >= _APOSTROPHE:  # nothing that a word begins with
                    continue
                i, fold = _end(text, i, cls, classes), np.uint64(0)
            else:
                while run == 8:
                    run = _plain(load64(text, i))
                    i += run
                if text[i] != _BLANK and (text[i] >= 0x80 or classes[text[i]] != _SPACE):
                    plain_end = i
                    i = _end(text, i, classes[text[i - 1]], classes)
                    fold = _CASE if i == plain_end else np.uint64(0)
            size = i - start
            key = _key(text, start, size, fold)
            slot = _slot(text, start, size, fold, key, table, begins, spelled)
            if not table[slot, _KEY]:
                table[slot, _KEY], table[slot, _WORD] = key, count
                _append(text, start, size, fold, begins, spelled, count)
                plain[count] = fold != np.uint64(0)
                count += 1
            found[out] = table[slot, _WORD]
            out += 1
            i += text[i] == _BLANK  # the separator, without looking at it once more
        first[p + 1] = out
    return len(starts) - 1, count


@kernel
def _fits(size: int, count: int, table: U64, begins: I64, spelled: U8) -> bool:
    """Tell whether the words of a paragraph fit, were they all new: half as many as its bytes."""
    return count * 2 + size <= len(table) and begins[count] + 2 * size + 8 <= len(spelled)


@kernel
def _append(
    text: U8, start: int, size: int, fold: np.uint64, begins: I64, spelled: U8, count: int
) -> None:
    """Keep the spelling of a new word."""
    at = begins[count]
    for i in range(0, size, 8):
        store64(spelled, at + i, load64(text, start + i) | fold)
    spelled[at + size] = _BREAK
    begins[count + 1] = at + size + 1


@kernel
def place(table: U64, spelled: U8, begins: I64, count: int) -> None:
    """Fill an empty table with the words so far."""
    mask = np.uint64(len(table) - 1)
    for word in range(count):
        size = begins[word + 1] - begins[word] - 1
        key = _key(spelled, begins[word], size, np.uint64(0))
        slot = _mixed(key) & mask
        while table[slot, _KEY]:
            slot = (slot + np.uint64(1)) & mask
        table[slot, _KEY], table[slot, _WORD] = key, word
