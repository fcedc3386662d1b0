"""The compiled pass that finds the words and gaps of a text and numbers them; see words.py.

Bytes are told apart 64 at a time, and where *runs* of those that words are made of begin and end
are the bits that differ from the one before (Langdale and Lemire, "Parsing gigabytes of JSON per
second", 2019). A run of ASCII is a word, unless what stands behind may join it to the next: those
few are looked at character by character. The words of a stretch are all found before the first is
numbered, so that their slots in the hash table are on their way from memory meanwhile (Chen,
Ailamaki, Gibbons and Mowry, "Improving hash join performance through prefetching", 2004).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.analysis import character_class
from index.codec.bits import beyond64, load64, lowest, wordlike64
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.intern import GAP, PLAIN, WORD, fits, key_of, number_of, prefetch_slot

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

BLOCK = 64
"""How many bytes are looked at together: so many are to stand behind a text."""

_BOUNDS, _UNITS = 256, 512  # once a stretch has so many, it ends
_AT, _SIZE, _KIND, _FIRST, _SECOND, _UNIT = (np.uint64(i) for i in range(6))
_ALWAYS = 1 << 62  # further than a run is from the next

_BLANK, _HIGH = np.uint8(32), np.uint64(0x8080808080808080)
_NONE, _ONE, _ALL = np.uint64(0), np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)


class Stretch(NamedTuple):
    """What is found of a stretch of text before its units are numbered.

    `bounds` (i64) are where its runs begin and end, in turn; `units` (u64) are rows of where a unit
    is, its size, its kind and the halves of its key. The byte behind a run may make it a longer
    word if the next run is no further than its `reach` (i64): punctuation that joins does so to
    what follows at once, and what may end a word (C++) does always.
    """

    reach: I64
    bounds: I64
    units: U64

    @classmethod
    def empty(cls) -> "Stretch":
        """Make room for one."""
        reach = np.zeros(1 << 8, np.int64)
        for code in range(0x80):
            kind = _CLASSES.index(character_class(chr(code)))
            reach[code] = _ALWAYS if kind >= _PLUS else kind >= _APOSTROPHE
        units = np.empty((_UNITS + 2) * int(_UNIT), np.uint64)
        return cls(reach, np.empty(_BOUNDS + BLOCK + 1, np.int64), units)


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
def _is_ascii(text: U8, start: int, end: int) -> bool:
    """Tell whether a stretch is ASCII; what is behind a character that is not is not looked at."""
    while end - start > 8:
        if load64(text, start) & _HIGH:
            return False
        start += 8
    return load64(text, start) << np.uint64(64 - 8 * (end - start)) & _HIGH == _NONE


@inlined
def _word_at(text: U8, start: int, stop: int, classes: U8) -> tuple[int, int]:
    """Give where the word ends that begins in a run, at a byte, and its kind.

    Where none begins, it is a gap of a character.
    """
    cls, width = _class_at(text, start, classes)
    if cls == _SPACE or cls >= _APOSTROPHE:
        return start + width, GAP
    end = _end(text, start + width, cls, classes)
    return end, PLAIN if end <= stop and _is_ascii(text, start, end) else WORD


@inlined
def _find_runs(text: U8, i: int, end: int, bounds: I64) -> tuple[int, bool]:
    """Find runs of bytes that words are made of, from a byte on, until there are enough of them.

    Where they begin and end comes into `bounds`, then where to go on. Answers how many bounds stand
    before that, and whether all is ASCII.
    """
    n, inside, beyond = u64(0), _NONE, _NONE
    while i <= end and n < _BOUNDS:
        among = wordlike64(text, i)
        if end - i < BLOCK:
            among &= ~(_ALL << np.uint64(end - i))
        beyond |= beyond64(text, i)
        edges = among ^ (among << _ONE | inside)
        inside = among >> np.uint64(63)
        while edges:
            bounds[n] = i + lowest(edges)
            n += u64(1)
            edges &= edges - _ONE
        i += BLOCK
    if i <= end:
        n = u64(n - u64(1)) & ~u64(1)  # the last one may go on: it is taken again
    else:
        bounds[n] = end + 1
    return n, beyond == _NONE


@inlined
def _is_gap(text: U8, before: int, start: int, begin: int) -> bool:
    """Tell whether there is a gap from the word before to the one that starts at a byte."""
    return start > before and (start != before + 1 or text[before] != _BLANK or before == begin)


@inlined
def _note(text: U8, start: int, end: int, kind: int, table: U64, units: U64, out: int) -> None:
    """Note a unit, and have its slot brought near, as most of the time is waiting for memory."""
    first, second = key_of(text, start, end - start, kind)
    prefetch_slot(table, first, second)
    row = out * _UNIT
    units[row + _AT], units[row + _SIZE], units[row + _KIND] = start, end - start, kind
    units[row + _FIRST], units[row + _SECOND] = first, second


@kernel
def _find_units(
    text: U8, i: int, before: int, begin: int, end: int, classes: U8, table: U64, s: Stretch
) -> tuple[int, int, int]:
    """Find units of a paragraph from a byte on; `before` is where the last word ended.

    Answers where to go on, where the last word ends now, and how many there are.
    """
    bounds, out, k = s.bounds, u64(0), u64(0)
    n, ascii_alone = _find_runs(text, i, end, bounds)
    while k < n and out < _UNITS:
        start, stop = max(i, bounds[k]), bounds[k + u64(1)]
        if start >= stop:  # it is of the word before
            k += u64(2)
            continue
        i, kind = stop, PLAIN
        joined = bounds[k + u64(2)] - stop <= s.reach[text[u64(stop)]]
        if joined or not (ascii_alone or _is_ascii(text, start, stop)):
            i, kind = _word_at(text, start, stop, classes)
            if kind == GAP:
                continue
        if _is_gap(text, before, start, begin):
            _note(text, before, start, GAP, table, s.units, out)
            out += u64(1)
        _note(text, start, i, kind, table, s.units, out)
        out += u64(1)
        before = i
        k += u64(2) * u64(i >= stop)
    if k >= n:
        i = max(i, bounds[n])
        if i >= end and before < end:
            _note(text, before, end, GAP, table, s.units, out)
            out += u64(1)
    return i, before, i64(out)


@kernel
def _number(
    text: U8, units: U64, some: int,
    table: U64, begins: I64, spelled: U8, kinds: U8, count: int, found: U32, out: int,
) -> int:  # fmt: skip
    """Put the numbers of units into `found`; answer how many distinct ones there are then."""
    for u in range(u64(some)):
        row = u * _UNIT
        at, size, kind = i64(units[row + _AT]), i64(units[row + _SIZE]), i64(units[row + _KIND])
        number = number_of(
            units[row + _FIRST], units[row + _SECOND], text, at, size, kind,
            table, begins, spelled, kinds, count,
        )  # fmt: skip
        count += number == count
        found[u64(out) + u] = number
    return count


@kernel
def cut(
    text: U8,
    starts: I64,
    paragraph: int,
    classes: U8,
    s: Stretch,
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
            i, before, units = _find_units(text, i, before, begin, end, classes, table, s)
            count = _number(text, s.units, units, table, begins, spelled, kinds, count, found, out)
            out += units
        first[p + 1] = out
    return len(starts) - 1, count
