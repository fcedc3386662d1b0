"""Tokens -> the postings of a segment: of words that were cut from text, or of older segments.

Either way each token goes behind those of its term, by a counting sort (Seward, 1954; Knuth, TAOCP
5.2), and `ranges` has them packed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.codec.blocks import (
    BLOCK,
    DAMAGED,
    Columns,
    code_width,
    paragraphs_of,
    sum_before,
)
from index.codec.buckets import Buckets
from index.codec.compiled import i64, kernel
from index.codec.container import Array, Output
from index.codec.dictionaries import Dictionaries, Names, Texts, dictionaries
from index.codec.encode import Paragraphs
from index.codec.layout import NONE
from index.codec.lengths import encode, length_norms
from index.codec.packing import field
from index.codec.ranges import postings
from index.codec.words import Words

if TYPE_CHECKING:
    from index.codec.segment import SegmentData

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

Write = Callable[[Output], dict[str, Array]]
"""Writes a segment's packed postings; gives the other arrays of dictionaries, postings, lengths."""

# Words of text to postings.


def names_of(words: Words) -> Names:
    """Sort the names of words, of which some segment has all or some."""
    return Names.of(words.forms.texts(), words.stems.texts())


def invert(
    words: Words, names: Names, buckets: Buckets, section: U32, memory: int
) -> tuple[Write, I64]:
    """Give what writes the dictionaries and postings, and each paragraph's length in positions.

    `names` are those of the words. `buckets` has the tokens, and is empty when they are written;
    `section` (u32) has the paragraphs' sections with HEADLINE. Up to `memory` bytes serve for
    sorting. Raises NotWritten where the format has no room for so much.
    """
    by_form = _by_form(words, buckets)
    found = dictionaries(names, words.stem, by_form > 0)
    used = np.flatnonzero(by_form)
    term, code = np.full(len(by_form), NONE, np.uint32), np.zeros(len(by_form), np.uint16)
    term[used] = found.arrays["forms.term"][found.number[used]]
    code[used] = found.arrays["forms.code"][found.number[used]]
    order = buckets.ordered(term, code)
    fill, cuts = partial(buckets.read, order), np.flatnonzero(np.diff(order.bucket)) + 1
    length = buckets.lengths()
    average = length.sum() / max(np.count_nonzero(length), 1)
    paragraphs = Paragraphs(encode(length), length_norms(average or 1.0), section)
    by_term = found.by_term(by_form)
    write = partial(postings, found, by_term, fill, paragraphs, memory, cuts=cuts)
    return partial(write, release=buckets.release), length


def _by_form(words: Words, buckets: Buckets) -> I64:
    """Count the tokens of each form in the words taken."""
    tokens = words.tokens()
    counts = np.zeros(len(words.forms), np.int64)
    taken = np.repeat(buckets.counts[: len(tokens.only)], np.diff(tokens.start))
    np.add.at(counts, tokens.form, taken.astype(np.int64))
    return counts


# Segments to postings.


def merge(
    parts: "Sequence[tuple[SegmentData, I64]]",
    length: U8,
    average: float,
    section: U32,
    memory: int,
    output: Output,
) -> dict[str, Array]:
    """Write the packed postings of segments that become one; give the other arrays of `invert`.

    A part is a `SegmentData` and for each of its paragraphs the ordinal in the new segment, -1 for
    one that is left out; ordinals ascend from part to part. `length` (u8, by `lengths.DECODED`)
    and `section` are the new segment's columns, `average` is the exact mean of its lengths above
    0 (any number where there is none). Raises NotWritten as `invert`.
    """
    counts = [_tokens_of_forms(data, ordinals) for data, ordinals in parts]
    found, numbers, by_form = _united([data for data, _ in parts], counts)
    terms, codes = found.arrays["forms.term"], found.arrays["forms.code"]

    def fill(low: int, high: int, cursor: I64, keys: U64, found_codes: U16) -> None:
        for (data, ordinals), number, count in zip(parts, numbers, counts, strict=True):
            _gather(
                data.columns, ordinals, count, number, terms, codes, low, high,
                cursor, np.empty(2 * BLOCK + 1, np.int64), keys, found_codes,
            )  # fmt: skip

    paragraphs = Paragraphs(length, length_norms(average or 1.0), section)
    return postings(found, found.by_term(by_form), fill, paragraphs, memory, output)


def _tokens_of_forms(data: "SegmentData", ordinals: I64) -> I64:
    """Count the tokens of each form of a segment in the paragraphs that are kept."""
    counts = np.zeros(len(data.forms), np.int64)
    _count_forms(data.columns, ordinals, np.empty(2 * BLOCK + 1, np.int64), counts)
    return counts


def _united(
    segments: "Sequence[SegmentData]", counts: Sequence[I64]
) -> tuple[Dictionaries, list[I64], I64]:
    """Make dictionaries of the forms that segments have tokens of.

    Gives them; the number in them of each segment's forms; and the tokens of each form, as
    `Dictionaries.by_term` takes them.
    """
    forms: dict[bytes, int] = {}
    stems: dict[bytes, int] = {}
    stem: list[int] = []
    numbers = []
    for data, count in zip(segments, counts, strict=True):
        number = np.zeros(len(data.forms), np.int64)
        for form in np.flatnonzero(count).tolist():
            number[form] = forms.setdefault(data.forms[form], len(forms))
            if number[form] == len(stem):
                stem.append(stems.setdefault(data.terms[data.form(form)[0]], len(stems)))
        numbers.append(number)
    names = Names.of(Texts.of(list(forms)), Texts.of(list(stems)))
    found = dictionaries(names, np.array(stem, np.uint32), np.ones(len(forms), np.bool_))
    total = np.zeros(len(forms), np.int64)
    for number, count in zip(numbers, counts, strict=True):
        np.add.at(total, number[count > 0], count[count > 0])
    if forms:
        numbers = [found.number[number].astype(np.int64) for number in numbers]
    return found, numbers, total


@kernel
def _count_forms(c: Columns, ordinals: I64, room: I64, counts: I64) -> None:
    """Count the tokens of each form in the paragraphs that are kept; `room`: two blocks and one."""
    paragraphs, before = room[:BLOCK], room[BLOCK:]
    for term in range(len(c.forms) - 1):  # without the pairs
        forms, coded = c.form[c.forms[term] : c.forms[term + 1]], code_width(c, term)
        for block in range(c.block[term], c.block[term + 1]):
            paragraphs_of(c, term, block, paragraphs)
            count = sum_before(c, term, block, before)
            at, width = i64(c.positions[block]), i64(c.position_width[block])
            for row in range(count):
                for i in range(before[row], before[row + 1]):
                    code = field(c.packed_positions, at, width + coded, i) >> width
                    if code >= len(forms):
                        raise ValueError(DAMAGED)
                    counts[forms[code]] += ordinals[paragraphs[row]] >= 0


@kernel
def _gather(
    c: Columns,
    ordinals: I64,
    counts: I64,
    number: I64,
    new_term: U32,
    new_code: U16,
    low: int,
    high: int,
    cursor: I64,
    room: I64,
    keys: U64,
    found: U16,
) -> None:
    """Put the tokens of the range, of the paragraphs that are kept, behind those of their term.

    `counts` are those of `_count_forms`, `number` gives each form of the segment in the new one,
    where `new_term` and `new_code` have its term and code; see `ranges.Fill`.
    """
    paragraphs, before = room[:BLOCK], room[BLOCK:]
    for term in range(len(c.forms) - 1):  # without the pairs
        forms, coded = c.form[c.forms[term] : c.forms[term + 1]], code_width(c, term)
        target = i64(-1)
        for form in forms:
            if counts[form] > 0:
                target = i64(new_term[number[form]])
        if target < low or target >= high:
            continue
        for block in range(c.block[term], c.block[term + 1]):
            paragraphs_of(c, term, block, paragraphs)
            count = sum_before(c, term, block, before)
            at, width = i64(c.positions[block]), i64(c.position_width[block])
            for row in range(count):
                ordinal = ordinals[paragraphs[row]]
                if ordinal < 0:
                    continue
                for i in range(before[row], before[row + 1]):
                    value = field(c.packed_positions, at, width + coded, i)
                    position = value & ((i64(1) << width) - 1)
                    out = cursor[target - low]
                    cursor[target - low] = out + 1
                    keys[out] = np.uint64(ordinal) << np.uint64(32) | np.uint64(position)
                    found[out] = new_code[number[forms[value >> width]]]
