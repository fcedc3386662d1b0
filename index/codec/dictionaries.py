"""The dictionaries of a segment: its stems, and the forms in which they stand in the text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.codec.compiled import i64, kernel
from index.codec.container import Array
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """The arrays of terms and forms; `number` (u32) gives each form as handed in its place."""

    arrays: dict[str, Array]
    number: U32

    @property
    def term_forms(self) -> U32:
        """Where each term's forms begin."""
        return self.arrays["terms.forms"]

    def by_term(self, counts: I64) -> I64:
        """Sum what is counted by form (as handed in) for each term."""
        sums = np.zeros(len(self.term_forms) - 1, np.int64)
        np.add.at(sums, self.arrays["forms.term"][self.number], counts)
        return sums


def dictionaries(forms: Sequence[bytes], stems: Sequence[bytes]) -> Dictionaries:
    """Sort forms, no two of them the same, and the stem of each."""
    order = sorted(range(len(forms)), key=forms.__getitem__)
    terms = sorted(set(stems))
    rank = {stem: number for number, stem in enumerate(terms)}
    form_term = np.array([rank[stems[i]] for i in order], np.uint32)
    by_term = np.argsort(form_term, kind="stable").astype(np.uint32)
    term_forms = starts(np.bincount(form_term, minlength=len(terms)))
    codes = np.empty(len(forms), np.int64)
    codes[by_term] = np.arange(len(forms)) - term_forms[form_term[by_term]]
    if codes.max(initial=0) > np.iinfo(np.uint16).max:
        raise NotWritten("one stem has more than 65,536 forms, more than the index has room for")
    number = np.empty(len(forms), np.uint32)
    number[order] = np.arange(len(forms))
    spelled = [forms[i] for i in order]
    text, start, shared = blob(spelled), text_starts(spelled), np.zeros(len(forms), np.uint8)
    _count_shared(text, start, shared)
    arrays: dict[str, Array] = {
        "terms.text": blob(terms),
        "terms.text_start": text_starts(terms),
        "terms.forms": term_forms.astype(np.uint32),
        "terms.form": by_term,
        "forms.text": text,
        "forms.text_start": start,
        "forms.prefix": shared,
        "forms.term": form_term,
        "forms.code": codes.astype(np.uint16),
    }
    return Dictionaries(arrays, number)


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


def text_starts(texts: Sequence[bytes]) -> U32:
    """Give where each text starts when they stand in a row, and where the last one ends."""
    return starts(np.fromiter(map(len, texts), np.int64, len(texts))).astype(np.uint32)


def blob(texts: Iterable[bytes]) -> U8:
    """Put texts in a row."""
    return np.frombuffer(b"".join(texts), np.uint8)
