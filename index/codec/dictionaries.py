"""The dictionaries of a segment: its stems, and the forms in which they stand in the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.compiled import i64, kernel, u64
from index.codec.container import Array
from index.codec.layout import MAX_CODES
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_KEY = 7
"""How many bytes of a text are compared at a time: with how many follow, they are a number."""


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """The arrays of terms and forms; `number` (u32) gives each form that is used its place."""

    arrays: dict[str, Array]
    number: U32

    @property
    def term_forms(self) -> U32:
        """Where each term's forms begin."""
        return self.arrays["terms.forms"]

    def by_term(self, counts: I64) -> I64:
        """Sum what is counted by form (as handed in, 0 of those not used) for each term."""
        sums = np.zeros(len(self.term_forms) - 1, np.int64)
        used = np.flatnonzero(counts)
        np.add.at(sums, self.arrays["forms.term"][self.number[used]], counts[used])
        return sums


class Names(NamedTuple):
    """Forms, no two of them the same, and stems, and the order of both by their bytes."""

    forms: "Texts"
    stems: "Texts"
    form_order: I64
    stem_order: I64

    @classmethod
    def of(cls, forms: "Texts", stems: "Texts") -> "Names":
        """Sort names."""
        return cls(forms, stems, forms.order(), stems.order())


def dictionaries(names: Names, stem: U32, used: Mask) -> Dictionaries:
    """Make dictionaries of the forms that are used, and their stems; `stem` is each form's."""
    order = names.form_order[used[names.form_order]]
    used_stems = np.zeros(len(names.stem_order), np.bool_)
    used_stems[stem[order]] = True
    by_stem = names.stem_order[used_stems[names.stem_order]]
    terms, texts = names.stems.taken(by_stem), names.forms.taken(order)
    form_term = _places(by_stem, len(used_stems))[stem[order]]
    by_term = np.argsort(form_term, kind="stable").astype(np.uint32)
    term_forms = starts(np.bincount(form_term, minlength=len(by_stem)))
    codes = np.empty(len(order), np.int64)
    codes[by_term] = np.arange(len(order)) - term_forms[form_term[by_term]]
    if codes.max(initial=0) >= MAX_CODES:
        raise NotWritten("one stem has more than 65,536 forms, more than the index has room for")
    shared = np.zeros(len(order), np.uint8)
    _count_shared(texts.text, texts.start, shared)
    arrays: dict[str, Array] = {
        "terms.text": terms.text,
        "terms.text_start": terms.start,
        "terms.forms": term_forms.astype(np.uint32),
        "terms.form": by_term,
        "forms.text": texts.text,
        "forms.text_start": texts.start,
        "forms.prefix": shared,
        "forms.term": form_term,
        "forms.code": codes.astype(np.uint16),
    }
    return Dictionaries(arrays, _places(order, len(used)))


def _places(order: I64, count: int) -> U32:
    """Give the place of each of so many numbers in a row of some of them; of no others."""
    places = np.zeros(count, np.uint32)
    places[order] = np.arange(len(order))
    return places


class Texts(NamedTuple):
    """Texts in a row: text i is [start[i], start[i + 1])."""

    text: U8
    start: U32

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> "Texts":
        """Put texts in a row."""
        size = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(np.frombuffer(b"".join(texts), np.uint8), starts(size).astype(np.uint32))

    def order(self) -> I64:
        """Sort them, no two of which are the same, by their bytes, seven at a time.

        Those that are the same so far, and longer, are sorted once more by the next seven.
        """
        order = np.arange(len(self.start) - 1)
        at, tied, group = 0, order.copy(), np.zeros(len(order), np.int64)
        while len(tied):
            key = np.empty(len(tied), np.uint64)
            _take_keys(*self, order[tied], at, key)
            inner = np.argsort(key) if at == 0 else np.lexsort((key, group))
            order[tied], key, group = order[tied[inner]], key[inner], group[inner]
            same = (key[1:] == key[:-1]) & (group[1:] == group[:-1])
            begins = np.append(True, ~same)
            left = ~(begins & np.append(begins[1:], True))
            tied, group, at = tied[left], np.cumsum(begins)[left], at + _KEY
        return order

    def taken(self, order: I64) -> "Texts":
        """Give some of the texts, in an order."""
        start = starts(np.diff(self.start)[order].astype(np.int64)).astype(np.uint32)
        text = np.empty(start[-1], np.uint8)
        _put_in_order(*self, order, text)
        return Texts(text, start)


@kernel
def _take_keys(text: U8, start: U32, which: I64, at: int, keys: U64) -> None:
    """Make numbers in the order of some texts' bytes from `at` on; the last says how many more."""
    for i in range(len(which)):
        begin, end = i64(start[which[i]]) + at, i64(start[which[i] + 1])
        key = u64(0)
        for j in range(begin, min(begin + _KEY, end)):
            key |= u64(text[j]) << u64(8 * (_KEY - (j - begin)))
        keys[i] = key | u64(min(end - begin, _KEY + 1))


@kernel
def _put_in_order(text: U8, start: U32, order: I64, out: U8) -> None:
    """Put some texts in a row, in an order."""
    at = 0
    for i in order:
        for j in range(start[i], start[i + 1]):
            out[at] = text[j]
            at += 1


@kernel
def _count_shared(text: U8, start: U32, shared: U8) -> None:
    """Count the bytes, up to 255, that each text shares with the one before it."""
    for i in range(1, len(shared)):
        before, here = i64(start[i - 1]), i64(start[i])
        most = min(here - before, i64(start[i + 1]) - here, i64(255))
        count = i64(0)
        while count < most and text[before + count] == text[here + count]:
            count += 1
        shared[i] = count


def starts(sizes: npt.NDArray[np.int64]) -> I64:
    """Give where each stretch starts when they stand in a row, and where the last one ends."""
    found = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=found[1:])
    return found
