"""Tokens -> the postings of a segment: of words that were cut from text, or of older segments.

Either way each token goes behind those of its term, by a counting sort, and `encode` packs them.
"""

from collections.abc import Sequence
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
from index.codec.compiled import i64, kernel
from index.codec.container import Array
from index.codec.dictionaries import dictionaries
from index.codec.encode import Paragraphs, postings, ranges_of
from index.codec.lengths import encode, length_norms
from index.codec.packing import field
from index.codec.words import Words

if TYPE_CHECKING:
    from index.codec.segment import SegmentData

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_SEVERAL = 0xFFFFFFFF
_EVERY = 0xFFFF

# Words of text to postings.


def invert(
    words: Words, stream: U32, first: I64, section: U32, memory: int
) -> tuple[dict[str, Array], I64]:
    """Give the dictionaries and postings of a segment, and each paragraph's length in positions.

    `stream` and `first` are the paragraphs' words, as `Words.cut` gives them, and `section` (u32)
    their sections with HEADLINE. Up to `memory` bytes serve for sorting. Raises NotWritten where
    the format has no room for so much.
    """
    tokens = words.tokens()
    counts, length = np.zeros(len(tokens.positions), np.int64), np.zeros(len(first) - 1, np.int64)
    _count(stream, first, tokens.positions, counts, length)
    by_form = np.zeros(len(words.stems), np.int64)
    np.add.at(by_form, tokens.form, np.repeat(counts, np.diff(tokens.start)))
    used = np.flatnonzero(by_form)
    names = list(words.forms)
    found = dictionaries(
        [names[form].encode() for form in used], [words.stems[form].encode() for form in used]
    )
    number = np.zeros(len(names), np.uint32)
    number[used] = found.number
    form = number[tokens.form]
    term, code = found.arrays["forms.term"], found.arrays["forms.code"]
    if len(used):
        token_term, token_code = term[form], code[form]
    else:
        token_term, token_code = form, form.astype(np.uint16)
    by_term = found.by_term(by_form[used])
    ranges = ranges_of(by_term, memory)
    entry = np.empty(len(tokens.positions), np.uint64)
    _entries(tokens.start, token_term, token_code, tokens.position, tokens.positions, entry)

    several = (entry & np.uint64(_SEVERAL)) == _SEVERAL
    ends = np.array([high for _, high in ranges], np.uint64)
    group = np.searchsorted(ends, entry & np.uint64(_SEVERAL), "right").astype(np.uint16)
    group[several] = _EVERY

    def fill(low: int, high: int, cursor: I64, keys: U64, codes: U16) -> None:
        _sort(
            stream, first, group, int(np.searchsorted(ends, low, "right")), entry,
            tokens.start, token_term, token_code, tokens.position,
            tokens.positions, low, high, cursor, keys, codes,
        )  # fmt: skip

    average = length.sum() / max(np.count_nonzero(length), 1)
    paragraphs = Paragraphs(encode(length), length_norms(average or 1.0), section)
    return postings(found, by_term, ranges, fill, paragraphs), length


@kernel
def _count(stream: U32, first: I64, positions: U32, counts: I64, length: I64) -> None:
    """Count how often each word occurs, and the positions of each paragraph."""
    for p in range(len(first) - 1):
        at = 0
        for i in range(first[p], first[p + 1]):
            counts[stream[i]] += 1
            at += positions[stream[i]]
        length[p] = at


@kernel
def _entries(start: U32, term: U32, code: U16, position: U32, positions: U32, entry: U64) -> None:
    """Pack what a word of one token comes to, code << 32 | term; _SEVERAL for all others."""
    for word in range(len(positions)):
        token = start[word]
        entry[word] = np.uint64(_SEVERAL)
        if start[word + 1] - token == 1 and position[token] == 0 and positions[word] == 1:
            entry[word] = np.uint64(code[token]) << np.uint64(32) | np.uint64(term[token])


@kernel
def _sort(
    stream: U32,
    first: I64,
    group: U16,
    mine: int,
    entry: U64,
    start: U32,
    term: U32,
    code: U16,
    position: U32,
    positions: U32,
    low: int,
    high: int,
    cursor: I64,
    keys: U64,
    codes: U16,
) -> None:
    """Put every token of the range `mine` behind those of its term; see `encode.Fill`.

    `group` has the range of each word, _EVERY of one that is not of one token. The tokens come in
    the order of paragraph and position, and keep it within their term.
    """
    for p in range(len(first) - 1):
        key = np.uint64(p) << np.uint64(32)
        for i in range(first[p], first[p + 1]):
            word = stream[i]
            if group[word] == mine:
                only = i64(entry[word] & np.uint64(_SEVERAL)) - low
                out = cursor[only]
                cursor[only] = out + 1
                keys[out] = key
                codes[out] = np.uint16(entry[word] >> np.uint64(32))
            elif group[word] == _EVERY:
                for token in range(start[word], start[word + 1]):
                    if low <= term[token] < high:
                        out = cursor[term[token] - low]
                        cursor[term[token] - low] = out + 1
                        keys[out] = key + np.uint64(position[token])
                        codes[out] = code[token]
                key += np.uint64(positions[word])
                continue
            key += np.uint64(1)


# Segments to postings.


def merge(
    parts: "Sequence[tuple[SegmentData, I64]]",
    length: U8,
    average: float,
    section: U32,
    memory: int,
) -> dict[str, Array]:
    """Give the dictionaries and postings of segments that become one.

    A part is a `SegmentData` and for each of its paragraphs the ordinal in the new segment, -1 for
    one that is left out; ordinals ascend from part to part. `length` (u8, by `lengths.DECODED`)
    and `section` are the new segment's columns, `average` is the exact mean of its lengths above
    0 (any number where there is none). Raises NotWritten as `invert`.
    """
    forms: dict[bytes, int] = {}
    stems: list[bytes] = []
    numbers, counts = [], []
    room = np.empty(2 * BLOCK + 1, np.int64)
    for data, ordinals in parts:
        by_form = np.zeros(len(data.forms), np.int64)
        _count_forms(data.columns, ordinals, room, by_form)
        number = np.zeros(len(data.forms), np.int64)
        for form in np.flatnonzero(by_form).tolist():
            number[form] = forms.setdefault(data.forms[form], len(forms))
            if number[form] == len(stems):
                stems.append(data.terms[data.form(form)[0]])
        numbers.append(number)
        counts.append(by_form)
    found = dictionaries(list(forms), stems)
    total = np.zeros(len(forms), np.int64)
    renumbered = []
    for number, by_form in zip(numbers, counts, strict=True):
        np.add.at(total, number[by_form > 0], by_form[by_form > 0])
        renumbered.append(found.number[number].astype(np.int64) if forms else number)
    terms, codes = found.arrays["forms.term"], found.arrays["forms.code"]

    def fill(low: int, high: int, cursor: I64, keys: U64, found_codes: U16) -> None:
        for (data, ordinals), number, by_form in zip(parts, renumbered, counts, strict=True):
            _gather(
                data.columns, ordinals, by_form, number, terms, codes, low, high,
                cursor, np.empty(2 * BLOCK + 1, np.int64), keys, found_codes,
            )  # fmt: skip

    paragraphs = Paragraphs(length, length_norms(average or 1.0), section)
    by_term = found.by_term(total)
    return postings(found, by_term, ranges_of(by_term, memory), fill, paragraphs)


@kernel
def _count_forms(c: Columns, ordinals: I64, room: I64, counts: I64) -> None:
    """Count the tokens of each form in the paragraphs that are kept; `room`: two blocks and one."""
    paragraphs, before = room[:BLOCK], room[BLOCK:]
    for term in range(len(c.df)):
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
    where `new_term` and `new_code` have its term and code; see `encode.Fill`.
    """
    paragraphs, before = room[:BLOCK], room[BLOCK:]
    for term in range(len(c.df)):
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
