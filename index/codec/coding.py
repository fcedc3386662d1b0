"""Text as codes of bytes, one for each word and each gap: how it is written, and its vocabulary.

Between two words in a row one blank is implied, so that most of what stands between words takes
nothing (Moura, Navarro, Ziviani and Baeza-Yates, "Fast and flexible word searching on compressed
text", 2000). A code is of one to four bytes, whole, and read without looking at others; its first
byte tells how many: restricted prefix byte codes (Culpepper and Moffat, "Enhanced byte codes with
restricted prefix properties", 2005; as dense as the (s,c)-codes of Brisaboa, Fariña, Navarro and
Paramá, "Lightweight natural language text compression", 2007). The first text's units have codes
in the order of their frequency, those that come later in the order in which they come.

What is long, or a sentence of a script without blanks, is *spelled*: each of its characters is a
gap of its own, the implied blanks beside it too.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, store64
from index.codec.compiled import i64, inlined, kernel
from index.codec.container import Array
from index.codec.intern import PADDING, SPELLED, WORD, Units

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

GAP = 0x80000000
"""Set where the entry of a vocabulary starts, if it is a gap."""

LONGEST = 64
"""The size in bytes above which a unit is spelled."""

_ONE, _TWO, _THREE = 184, 62, 7
"""How many first bytes the codes of one byte have, of two and of three; two more those of four."""

_OF_FOUR = _ONE + _TWO + _THREE
"""The first byte from which on codes are of four."""

_BEFORE_TWO = _ONE - (_ONE << 8)
_BEFORE_THREE = (_TWO << 8) - (_ONE + _TWO << 16) + (_ONE << 8)
_BEFORE_FOUR = (_THREE << 16) - (_OF_FOUR << 24) + (_ONE + _TWO << 16)
"""What is added to the bytes of a code, read as a number, for each byte that it has more than one:
what codes there are of fewer, less what the first bytes of those would count for."""

_CHARACTERS = 0x110000
_MOST = (1 << 25) - _CHARACTERS
"""How many entries there may be, with room for every character; words beyond are spelled."""

_UNKNOWN = 0xFFFFFFFF  # no code: of 255 no code's first byte is
_CHARACTER = 0x80000000  # set in an entry that is a character, not a unit
_BLANK = 32


class Vocabulary:
    """The codes of a segment's units, given as they come up."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._code = np.empty(0, np.uint32)  # of each unit, the bytes
        # The same of each character, and one more: of zeros, what is not touched takes no memory.
        self._character = np.zeros(_CHARACTERS, np.uint32)
        self._entry = np.empty(0, np.uint32)  # the unit or character of each code
        self._count = 0
        self._room = np.empty(1 << 10, np.uint8)

    def code(self, units: Units, stream: U32, first: I64) -> tuple[U8, I64]:
        """Code texts, the units of which stand in a row in `stream`, text i's from `first[i]` on.

        `first` is one longer than there are texts; of `units` there are all so far. Answers the
        coded texts in a row (u8, until the next call), and the size of each in bytes (i64).
        """
        more = len(units.kind) - len(self._code)
        self._code = np.append(self._code, np.full(more, _UNKNOWN, np.uint32))
        entry = np.empty(min(len(units.kind), self._most) + _CHARACTERS, np.uint32)
        entry[: self._count] = self._entry[: self._count]
        self._entry = entry
        if not self._count:
            self._rank(units, stream)
        sizes = np.empty(len(first) - 1, np.int64)
        while True:
            self._count, end = _code(
                units, stream, first, self._code, self._character, self._entry, self._count,
                self._most, self._room, sizes,
            )  # fmt: skip
            if end + PADDING <= len(self._room):
                return self._room[:end], sizes
            self._room = np.empty(end + end // 8 + PADDING, np.uint8)

    def _rank(self, units: Units, stream: U32) -> None:
        """Give codes to the units of the first texts: the more frequent, the shorter."""
        counts = np.bincount(stream, minlength=len(units.kind))
        characters = np.zeros(_CHARACTERS, np.int64)
        characters = characters[: _count_characters(units, counts, characters)]
        used, spelled = np.flatnonzero(counts), np.flatnonzero(characters)
        order = np.argsort(-np.concatenate((counts[used], characters[spelled])), kind="stable")
        entries = np.concatenate((used, spelled | _CHARACTER))[order]
        self._entry[: len(entries)] = entries
        self._count = len(entries)
        _place(self._entry[: len(entries)], self._code, self._character)

    def arrays(self, units: Units) -> dict[str, Array]:
        """Give the arrays of the vocabulary: its entries in the order of their codes."""
        entry = self._entry[: self._count]
        start = np.empty(self._count + 1, np.uint32)
        size = _spell_entries(units, entry, np.empty(0, np.uint8), start)
        text = np.empty(size + PADDING, np.uint8)
        _spell_entries(units, entry, text, start)
        return {"words.text": text[:size], "words.start": start}


# Codes.


@inlined
def code_of(number: int) -> int:
    """Give the bytes of the code with that number, the first the lowest (u32)."""
    if number < _ONE:
        return number
    number -= _ONE
    if number < _TWO << 8:
        return _ONE + (number >> 8) | (number & 0xFF) << 8
    number -= _TWO << 8
    if number < _THREE << 16:
        return _ONE + _TWO + (number >> 16) | (number & 0xFFFF) << 8
    number -= _THREE << 16
    return _ONE + _TWO + _THREE + (number >> 24) | (number & 0xFFFFFF) << 8


@inlined
def size_of(first: int) -> int:
    """Count the bytes of a code that begins with that byte."""
    return 1 + i64(first >= _ONE) + i64(first >= _ONE + _TWO) + i64(first >= _ONE + _TWO + _THREE)


@inlined
def code_at(text: U8, at: int) -> tuple[int, int]:
    """Give the number of the code at a byte, and its size in bytes; the number may be of none.

    How long codes are cannot be foretold, so nothing branches on it.
    """
    word = load64(text, at)
    first = i64(word & np.uint64(0xFF))
    two, three, four = i64(first >= _ONE), i64(first >= _ONE + _TWO), i64(first >= _OF_FOUR)
    more = two + three + four
    rest = i64(word >> np.uint64(8)) & ((i64(1) << 8 * more) - 1)
    before = two * _BEFORE_TWO + three * _BEFORE_THREE + four * _BEFORE_FOUR
    return (first << 8 * more | rest) + before, more + 1


# Kernels.


@inlined
def _character_at(text: U8, at: int) -> tuple[int, int]:
    """Give the character at a byte, and its size in bytes."""
    lead = i64(text[at])
    if lead < 0x80:
        return lead, i64(1)
    size = 2 + i64(lead >= 0xE0) + i64(lead >= 0xF0)
    character = lead & (0x7F >> size)
    for i in range(1, size):
        character = character << 6 | i64(text[at + i]) & 0x3F
    return min(character, _CHARACTERS - 1), size


@inlined
def _one_character(units: Units, unit: int) -> int:
    """Give the character that a gap is, -1 for another unit."""
    begin = units.begins[unit]
    size = units.begins[unit + 1] - begin
    if units.kind[unit] & WORD or size == 0 or size > 4:
        return -1
    character, width = _character_at(units.text, begin)
    return character if width == size else i64(-1)


@kernel
def _count_characters(units: Units, counts: I64, characters: I64) -> int:
    """Count the characters of the units that are spelled, or are one, instead of these.

    Answers the number behind the highest of them.
    """
    beyond = i64(0)
    for unit in range(len(counts)):
        if counts[unit] and (units.kind[unit] & SPELLED or _one_character(units, unit) >= 0):
            at, end = units.begins[unit], units.begins[unit + 1]
            while at < end:
                character, size = _character_at(units.text, at)
                characters[character] += counts[unit]
                beyond = max(beyond, character + 1)
                at += size
            counts[unit] = 0
    return beyond


@kernel
def _place(entry: U32, code: U32, character: U32) -> None:
    """Note the codes of entries: each is as many as come before it."""
    for number in range(len(entry)):
        unit = i64(entry[number])
        if unit & _CHARACTER:
            character[unit & ~_CHARACTER] = code_of(number) + 1
        else:
            code[unit] = code_of(number)


@kernel
def _code(
    units: Units,
    stream: U32,
    first: I64,
    code: U32,
    character: U32,
    entry: U32,
    count: int,
    most: int,
    out: U8,
    sizes: I64,
) -> tuple[int, int]:
    """Code texts as `Vocabulary.code`, as far as there is room: what is beyond is only counted.

    Answers how many codes there are then, and the bytes.
    """
    at = i64(0)
    for text in range(len(sizes)):
        begin, apart = at, False  # apart: the unit before is spelled
        for i in range(first[text], first[text + 1]):
            unit = stream[i]
            if code[unit] == _UNKNOWN or apart:
                count = _know(units, unit, code, character, entry, count, most)
                spelled = code[unit] == _UNKNOWN
                if (
                    (spelled or apart)
                    and i > first[text]
                    and (units.kind[unit] & units.kind[stream[i - 1]] & WORD)
                ):
                    count = _know_character(_BLANK, character, entry, count)
                    at = _put(character[_BLANK] - 1, out, at)
                apart = spelled
                if spelled:
                    count, at = _spell(units, unit, character, entry, count, out, at)
                    continue
            at = _put(code[unit], out, at)
        sizes[text] = at - begin
    return count, at


@inlined
def _put(code: int, out: U8, at: int) -> int:
    if at + PADDING <= len(out):
        store64(out, at, np.uint64(code))
    return at + size_of(code & 0xFF)


@kernel
def _know(
    units: Units, unit: int, code: U32, character: U32, entry: U32, count: int, most: int
) -> int:
    """Give a unit a code if it has none, unless it is to be spelled; answer how many there are."""
    if code[unit] != _UNKNOWN or units.kind[unit] & SPELLED:
        return count
    single = _one_character(units, unit)
    if single >= 0:
        count = _know_character(single, character, entry, count)
        code[unit] = character[single] - 1
    elif count < most:
        code[unit], entry[count] = code_of(count), unit
        count += 1
    return count


@inlined
def _know_character(wanted: int, character: U32, entry: U32, count: int) -> int:
    """Give a character a code if it has none; answer how many there are."""
    if character[wanted] == 0:
        character[wanted], entry[count] = code_of(count) + 1, wanted | _CHARACTER
        count += 1
    return count


@kernel
def _spell(
    units: Units, unit: int, character: U32, entry: U32, count: int, out: U8, at: int
) -> tuple[int, int]:
    """Write a unit character by character; answer how many codes there are, and where it ends."""
    begin, end = units.begins[unit], units.begins[unit + 1]
    while begin < end:
        single, size = _character_at(units.text, begin)
        count = _know_character(single, character, entry, count)
        at = _put(character[single] - 1, out, at)
        begin += size
    return count, at


@kernel
def _spell_entries(units: Units, entry: U32, text: U8, start: U32) -> int:
    """Write the text of entries where there is room; note the starts; answer where it ends."""
    end = i64(0)
    for number in range(len(entry)):
        unit = i64(entry[number])
        start[number] = end | GAP
        if unit & _CHARACTER:
            if end + PADDING <= len(text):
                _write_character(unit & ~_CHARACTER, text, end)
            end += _width(unit & ~_CHARACTER)
            continue
        begin = units.begins[unit]
        size = units.begins[unit + 1] - begin
        if units.kind[unit] & WORD:
            start[number] = end
        if end + size + PADDING <= len(text):
            for i in range(0, size, 8):
                store64(text, end + i, load64(units.text, begin + i))
        end += size
    start[len(entry)] = end
    return end


@inlined
def _width(character: int) -> int:
    """Count the bytes of a character in UTF-8."""
    return 1 + i64(character >= 0x80) + i64(character >= 0x800) + i64(character >= 0x10000)


@kernel
def _write_character(character: int, text: U8, at: int) -> None:
    """Write a character in UTF-8."""
    width = _width(character)
    for i in range(width - 1, 0, -1):
        text[at + i] = 0x80 | character & 0x3F
        character >>= 6
    lead = i64(0) if width == 1 else (0xF00 >> width) & 0xFF
    text[at] = lead | character
