"""Stretches of text, each distinct one numbered once: a hash table in compiled code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, prefetch_to_write, store64
from index.codec.compiled import i64, inlined, kernel, u64

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

PADDING = 16
"""How many bytes stand behind a text, which is read sixteen bytes at a time."""

GAP, WORD, PLAIN, SPELLED = 0, 1, 3, 4
"""Kinds of units, in bits: a gap; a word; a word of ASCII letters and digits alone; and set in one
that is stored character by character (see coding.py)."""

_SLOT = 4  # numbers in a slot of the hash table, of which the last makes it half a line of memory
_SECOND, _TAKEN = np.uint64(1), np.uint64(2)  # half a key; the unit's number + 1, 0 in a free slot
_HASHED, _GAP = np.uint64(0xFF << 56), np.uint64(0xF0 << 56)  # no character ends with such a byte
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, TAOCP 6.4)
_HALF, _NONE, _ALL = np.uint64(32), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)


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
        self.table = np.zeros(_SLOT << 14, np.uint64)  # open addressing, linear probing
        self.text = np.zeros(1 << 16, np.uint8)
        self.begins = np.zeros((1 << 14) + 1, np.int64)
        self.kind = np.zeros(1 << 14, np.uint8)

    @property
    def units(self) -> Units:
        """Give what is there now."""
        return Units(self.text, self.begins[: self.count + 1], self.kind[: self.count])

    @property
    def size(self) -> int:
        """Count the bytes of all units."""
        count = self.count  # first, for a thread may be adding others
        return int(self.begins[count])

    def make_room(self, size: int, most: int) -> None:
        """See that so many bytes fit, of `most` units, were they all new."""
        needed = self.size + size + PADDING
        if needed > len(self.text):
            self.text = np.append(self.text, np.zeros(needed, np.uint8))
        slots = before = len(self.table) // _SLOT
        while not _are_enough(slots, self.count + most):
            slots *= 2
        if slots > before:
            self.table = np.zeros(_SLOT * slots, np.uint64)
            self.begins = np.append(self.begins, np.zeros(slots - before, np.int64))
            self.kind = np.append(self.kind, np.zeros(slots - before, np.uint8))
            _place(self.table, self.units)

    def unite(self, units: Units) -> U32:
        """Add units of which no two are the same; give the number of each (u32).

        PADDING bytes stand behind their text: in a file it has eight, and the directory behind.
        """
        numbers = np.empty(len(units.kind), np.uint32)
        self.make_room(int(units.begins[-1]), len(numbers))
        self.count = _unite(
            units, self.table, self.begins, self.text, self.kind, self.count, numbers
        )
        return numbers


@kernel
def fits(size: int, count: int, table: U64, begins: I64, text: U8) -> bool:
    """Tell whether the units of a text of that many bytes fit, were they all new."""
    is_room = begins[count] + size + PADDING <= len(text)
    return is_room and _are_enough(len(table) // _SLOT, count + most_units(size))


@inlined
def _are_enough(slots: int, count: int) -> bool:
    """Tell whether a table of so many slots has room for units: up to four fifths are taken.

    What is met often came early, and stands where it is looked for first.
    """
    return count * 5 <= slots * 4


@inlined
def most_units(size: int) -> int:
    """Give how many different units a text can have: 128 are of one byte, the others of two."""
    return size // 2 + 128


@inlined
def number_of(
    first: np.uint64, second: np.uint64, text: U8, at: int, size: int, kind: int,
    table: U64, begins: I64, spelled: U8, kinds: U8, count: int,
) -> int:  # fmt: skip
    """Give the number of a unit by its key; `count` where it is new, and now added."""
    slot = slot_of(table, first, second)
    while table[slot + _TAKEN]:
        if table[slot] == first and table[slot + _SECOND] == second:
            number = i64(table[slot + _TAKEN]) - 1
            if second < _HASHED or _equal(text, at, size, spelled, begins, number):
                return number
        slot = _next(table, slot)
    _take(table, slot, first, second, count)
    _spell(text, at, size, kind, begins, spelled, kinds, count)
    return count


@inlined
def _take(table: U64, slot: int, first: np.uint64, second: np.uint64, number: int) -> None:
    table[slot], table[slot + _SECOND], table[slot + _TAKEN] = first, second, number + 1


@kernel
def _spell(
    text: U8, at: int, size: int, kind: int, begins: I64, spelled: U8, kinds: U8, count: int
) -> None:
    """Add a unit behind the others."""
    for i in range(0, size, 8):
        store64(spelled, begins[count] + i, load64(text, at + i))
    begins[count + 1] = begins[count] + size
    kinds[count] = kind


@inlined
def key_of(text: U8, at: int, size: int, kind: int) -> tuple[np.uint64, np.uint64]:
    """Give the key of a unit: itself where that is at most 16 bytes, a hash marked as one else.

    A gap, which may be the same as a word, has its size in its key.
    """
    if size > 16 or (kind == GAP and size > 8):
        return _hash(text, at, size), _HASHED
    start, rest, low = load64(text, at), load64(text, at + 8), _low(size)
    if kind == GAP:
        return start & low, _GAP + (u64(size) << np.uint64(56))
    # Whether a word is longer is not foretold, so that both are taken and none is jumped over.
    return start & (_ALL if size > 8 else low), rest & (low if size > 8 else _NONE)


@inlined
def _low(size: int) -> np.uint64:
    """Give a mask for the lowest bytes, from one to all eight, of the last eight of so many."""
    return _ALL >> np.uint64(-8 * size & 63)


@inlined
def _hash(text: U8, at: int, size: int) -> np.uint64:
    key = np.uint64(size)
    while size > 8:
        key = _mixed(key ^ load64(text, at))
        at, size = at + 8, size - 8
    return _mixed(key ^ (load64(text, at) & _low(size)))


@inlined
def _mixed(key: np.uint64) -> np.uint64:
    product = key * _MULTIPLIER
    return product ^ (product >> _HALF)


@inlined
def slot_of(table: U64, first: np.uint64, second: np.uint64) -> int:
    """Give where the slot begins in which a key is looked for first."""
    return u64(_mixed(first ^ _mixed(second)) * u64(_SLOT)) & u64(len(table) - 1)


@inlined
def _next(table: U64, slot: int) -> int:
    return u64(slot + u64(_SLOT)) & u64(len(table) - 1)


@inlined
def prefetch_slot(table: U64, first: np.uint64, second: np.uint64) -> None:
    """Have the slot of a key brought near."""
    prefetch_to_write(table, i64(slot_of(table, first, second)))


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
    for unit in range(len(units.kind)):
        begin, kind = units.begins[unit], i64(units.kind[unit]) & WORD
        first, second = key_of(units.text, begin, units.begins[unit + 1] - begin, kind)
        slot = slot_of(table, first, second)
        while table[slot + _TAKEN]:
            slot = _next(table, slot)
        _take(table, slot, first, second, unit)


@kernel
def _unite(
    units: Units, table: U64, begins: I64, spelled: U8, kinds: U8, count: int, numbers: U32
) -> int:
    """Give units their numbers, as `Interned.unite`; answer how many there are then."""
    for unit in range(len(units.kind)):
        begin, kind = units.begins[unit], i64(units.kind[unit])
        size = units.begins[unit + 1] - begin
        first, second = key_of(units.text, begin, size, kind)
        number = number_of(
            first, second, units.text, begin, size, kind,
            table, begins, spelled, kinds, count,
        )  # fmt: skip
        count += number == count
        numbers[unit] = number
    return count
