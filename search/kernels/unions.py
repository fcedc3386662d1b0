"""The paragraphs in which any of many forms stands, and how often they do, in one pass a term."""

import numpy as np
import numpy.typing as npt

from index.codec.bits import lowest
from index.codec.blocks import (
    Columns,
    block_size,
    code_width,
    columns_at,
    frequencies_of,
    paragraphs_of,
    sum_before,
)
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.layout import NONE
from index.codec.packing import field

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@kernel
def add_forms(
    segment: I64,
    forms: I64,
    terms: U32,
    codes: U16,
    wanted: U8,
    ordinals: I64,
    frequencies: I64,
    bits: U64,
    tfs: U32,
) -> None:
    """Set the bits of the paragraphs of some forms, and add how often they stand there to `tfs`.

    `forms` are in the order of their `terms`; `codes` tell those of a term apart. Where `tfs` is
    empty, nothing is counted. `wanted` is room for MAX_CODES (0 in between), `ordinals` and
    `frequencies` for a block and one more.
    """
    c = columns_at(segment)
    i = i64(0)
    while i < len(forms):
        term, first = i64(terms[forms[i]]), i
        while i < len(forms) and terms[forms[i]] == term:
            i += 1
        if i - first == i64(c.forms[term + 1]) - i64(c.forms[term]):
            if len(tfs) == 0 and c.bitmap[term] != NONE:
                _add_bitmap(c, term, bits)
            else:
                _add_term(c, term, ordinals, frequencies, bits, tfs)
            continue
        for k in range(first, i):
            wanted[codes[forms[k]]] = 1
        _add_some(c, term, wanted, ordinals, frequencies, bits, tfs)
        for k in range(first, i):
            wanted[codes[forms[k]]] = 0


@inlined
def _add_bitmap(c: Columns, term: int, bits: U64) -> None:
    first = u64(i64(c.bitmap[term]) * len(bits))
    for word in range(len(bits)):
        bits[word] |= c.bits[first + u64(word)]


@inlined
def _add_term(c: Columns, term: int, ordinals: I64, frequencies: I64, bits: U64, tfs: U32) -> None:
    """Add all paragraphs of a term."""
    for block in range(i64(c.block[term]), i64(c.block[term + 1])):
        count = paragraphs_of(c, term, block, ordinals)
        for row in range(count):
            _set(bits, ordinals[row])
        if len(tfs) > 0:
            frequencies_of(c, term, block, frequencies)
            for row in range(count):
                tfs[u64(ordinals[row])] += np.uint32(frequencies[row])


@inlined
def _add_some(
    c: Columns, term: int, wanted: U8, ordinals: I64, before: I64, bits: U64, tfs: U32
) -> None:
    """Add the paragraphs in which forms of a term stand that are wanted."""
    coded = code_width(c, term)
    for block in range(i64(c.block[term]), i64(c.block[term + 1])):
        paragraphs_of(c, term, block, ordinals)
        sum_before(c, term, block, before)
        at, width = i64(c.positions[block]), i64(c.position_width[block])
        for row in range(block_size(c, term, block)):
            count = 0
            for k in range(before[row], before[row + 1]):
                count += wanted[u64(field(c.packed_positions, at, width + coded, k) >> width)]
            if count > 0:
                _set(bits, ordinals[row])
                if len(tfs) > 0:
                    tfs[u64(ordinals[row])] += np.uint32(count)


@inlined
def _set(bits: U64, ordinal: int) -> None:
    bits[u64(ordinal >> 6)] |= u64(1) << u64(ordinal & 63)


@kernel
def list_bits(bits: U64, ordinals: I64) -> int:
    """List the paragraphs whose bits are set; count them."""
    count = i64(0)
    for word in range(len(bits)):
        left = bits[word]
        while left != 0:
            ordinals[count] = (i64(word) << 6) + lowest(left)
            left &= left - u64(1)
            count += 1
    return count


@kernel
def unite(ordinals: I64, scores: F64, is_sum: bool, bits: U64, united: F64) -> None:
    """Set the bits of some paragraphs; of the scores that each has had, note the sum or highest.

    `united` has one for each paragraph, 0 at first.
    """
    for i in range(len(ordinals)):
        at = u64(ordinals[i])
        _set(bits, ordinals[i])
        united[at] = united[at] + scores[i] if is_sum else max(united[at], scores[i])
