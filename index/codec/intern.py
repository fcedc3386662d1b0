"""Stretches of text, each distinct one numbered once: a hash table in compiled code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, store64
from index.codec.compiled import i64, inlined, kernel

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

PADDING = 8
"""How many bytes stand behind a text, which is read eight bytes at a time."""

GAP, WORD, PLAIN, SPELLED = 0, 1, 3, 4
"""Kinds of units, in bits: a gap; a word; a word of ASCII letters and digits alone; and set in one
that is stored character by character (see coding.py)."""

_KEY, _NUMBER = 0, 1  # the columns of the hash table; a key of 0 marks a free slot
_HASHED = np.uint64(0xFF << 56)  # set in a key that is not the bytes themselves; in no UTF-8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, TAOCP 6.4)
_ALNUM = 0x30  # the bytes below are no letters
_HALF, _ALL = np.uint64(32), np.uint64(0xFFFFFFFFFFFFFFFF)


class Units(NamedTuple):
    """Stretches of text: unit u is [begins[u], begins[u + 1]) of `text` (u8), of a `kind` (u8).

    `begins` is i64.
    """

    text: U8
    begins: I64
    kind: U8


class Interned:
    """Units met so far, no two of them the same.

    What is given of them stays as it is when there are more.
    """

    def __init__(self) -> None:
        self.count = 0
        self.table = np.zeros((1 << 14, 2), np.uint64)  # open addressing, linear probing
        self.text = np.zeros(1 << 16, np.uint8)
        self.begins = np.zeros((1 << 13) + 1, np.int64)
        self.kind = np.zeros(1 << 13, np.uint8)

    @property
    def units(self) -> Units:
        """Give what is there now."""
        return Units(self.text, self.begins[: self.count + 1], self.kind[: self.count])

    @property
    def size(self) -> int:
        """Count the bytes of all units."""
        return int(self.begins[self.count])

    def make_room(self, size: int, most: int) -> None:
        """See that so many bytes fit, of `most` units, were they all new."""
        needed = self.size + size + PADDING
        if needed > len(self.text):
            self.text = np.append(self.text, np.zeros(needed, np.uint8))
        slots = len(self.table)
        while (self.count + most) * 2 > slots:
            slots *= 2
        if slots > len(self.table):
            self.table = np.zeros((slots, 2), np.uint64)
            self.begins = np.append(self.begins, np.zeros(slots // 2, np.int64))
            self.kind = np.append(self.kind, np.zeros(slots // 2, np.uint8))
            _place(self.table, self.units)

    def unite(self, units: Units) -> U32:
        """Add units of which no two are the same; give the number of each (u32)."""
        numbers = np.empty(len(units.kind), np.uint32)
        self.make_room(int(units.begins[-1]), len(numbers))
        self.count = _unite(
            units, self.table, self.begins, self.text, self.kind, self.count, numbers
        )
        return numbers


@kernel
def fits(size: int, count: int, table: U64, begins: I64, text: U8) -> bool:
    """Tell whether the units of a text of that many bytes fit, were they all new."""
    return (count + most_units(size)) * 2 <= len(table) and (
        begins[count] + size + PADDING <= len(text)
    )


@inlined
def most_units(size: int) -> int:
    """Give how many different units a text can have: 128 are of one byte, the others of two."""
    return size // 2 + 128


@inlined
def number_of(
    text: U8, at: int, size: int, kind: int,
    table: U64, begins: I64, spelled: U8, kinds: U8, count: int,
) -> int:  # fmt: skip
    """Give the number of a unit; `count` where it is new, and now added."""
    key = _key(text, at, size, kind)
    mask = np.uint64(len(table) - 1)
    slot = _mixed(key) & mask
    while table[slot, _KEY]:
        if table[slot, _KEY] == key:
            number = i64(table[slot, _NUMBER])
            if key < _HASHED or _equal(text, at, size, spelled, begins, number):
                return number
        slot = (slot + np.uint64(1)) & mask
    table[slot, _KEY], table[slot, _NUMBER] = key, count
    for i in range(0, size, 8):
        store64(spelled, begins[count] + i, load64(text, at + i))
    begins[count + 1] = begins[count] + size
    kinds[count] = kind
    return count


@inlined
def _low(size: int) -> np.uint64:
    """Give a mask for the lowest bytes, from one to all eight."""
    return _ALL >> np.uint64(64 - 8 * size)


@inlined
def _key(text: U8, at: int, size: int, kind: int) -> np.uint64:
    """Give the key of a unit: itself where that is at most eight bytes, a hash marked as one else.

    Hashed is also what ends with the byte 0, as it would be the same as what is shorter, and a gap
    that may be a letter, as that is another unit than the word.
    """
    if size <= 8:
        word = load64(text, at) & _low(size)
        if text[at + size - 1] and (kind or size > 4 or text[at] < _ALNUM):
            return word
        return _mixed(word) | _HASHED
    key = np.uint64(size)
    while size > 8:
        key = _mixed(key ^ load64(text, at))
        at, size = at + 8, size - 8
    return _mixed(key ^ (load64(text, at) & _low(size))) | _HASHED


@inlined
def _mixed(key: np.uint64) -> np.uint64:
    product = key * _MULTIPLIER
    return product ^ (product >> _HALF)


@kernel
def _equal(text: U8, at: int, size: int, spelled: U8, begins: I64, number: int) -> bool:
    begin = begins[number]
    if begins[number + 1] - begin != size:
        return False
    while size > 8:
        if load64(text, at) != load64(spelled, begin):
            return False
        at, begin, size = at + 8, begin + 8, size - 8
    return ((load64(text, at) ^ load64(spelled, begin)) & _low(size)) == np.uint64(0)


@kernel
def _place(table: U64, units: Units) -> None:
    """Fill an empty table with units."""
    mask = np.uint64(len(table) - 1)
    for unit in range(len(units.kind)):
        begin = units.begins[unit]
        key = _key(units.text, begin, units.begins[unit + 1] - begin, units.kind[unit] & WORD)
        slot = _mixed(key) & mask
        while table[slot, _KEY]:
            slot = (slot + np.uint64(1)) & mask
        table[slot, _KEY], table[slot, _NUMBER] = key, unit


@kernel
def _unite(
    units: Units, table: U64, begins: I64, spelled: U8, kinds: U8, count: int, numbers: U32
) -> int:
    """Give units their numbers, as `Interned.unite`; answer how many there are then."""
    for unit in range(len(units.kind)):
        begin = units.begins[unit]
        size = units.begins[unit + 1] - begin
        number = number_of(
            units.text, begin, size, i64(units.kind[unit]),
            table, begins, spelled, kinds, count,
        )  # fmt: skip
        count += number == count
        numbers[unit] = number
    return count
