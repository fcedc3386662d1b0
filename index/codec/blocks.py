"""The postings of a segment as compiled code reads them: blocks of 128 paragraphs, and bitmaps.

Every number that is read here may be of a damaged file: `bounds.faults` has seen to it that
offsets, widths and counts lie within the arrays, and what a block decodes to is held to the last
paragraph that is noted of it. So nothing is read or written out of bounds, checksums or not.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec import tables
from index.codec.bits import load64, popcount
from index.codec.compiled import i64, inlined, kernel
from index.codec.container import Array
from index.codec.layout import ARRAYS, NONE
from index.codec.packing import bit_width, field, size, unpack
from index.codec.sections import by_paragraph

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

BLOCK = 128
"""How many paragraphs of a term are packed together."""

RANK = 512
"""Of how many bits of a bitmap one rank is kept."""

DENSE = 32
"""A term in more than one of so many paragraphs has a bitmap."""

DAMAGED = "the index is damaged: a block of postings does not end as noted"


PAD = 8
"""How many zero bytes end a packed array, so that 64 bits can be read at each of its bytes."""


class Columns(NamedTuple):
    """The arrays of a segment that compiled code reads, most of them as `layout.ARRAYS` has them.

    By term: `df`, `block`, `best`, `forms` and `form`; `term_max` (f32), the highest impact of its
    blocks, and `bitmap` (u32), the number of its bitmap or NONE. By block: `last`, `postings`,
    `positions`, three widths and `block_max`.
    """

    df: U32
    block: U32
    term_max: F32
    bitmap: U32
    best: F32
    forms: U32
    form: U32
    last: U32
    postings: U32
    positions: U32
    paragraph_width: U8
    tf_width: U8
    position_width: U8
    block_max: F32
    packed_postings: U8
    packed_positions: U8
    bits: U64
    ranks: U32
    length: U8
    section: U32


_ARRAYS = {
    "best": "terms.best",
    "forms": "terms.forms",
    "form": "terms.form",
    "last": "blocks.last",
    "positions": "blocks.positions",
    "paragraph_width": "blocks.paragraph_width",
    "tf_width": "blocks.tf_width",
    "position_width": "blocks.position_width",
    "block_max": "blocks.max",
    "packed_postings": "postings.packed",
    "packed_positions": "positions.packed",
    "bits": "bitmaps.bits",
    "ranks": "bitmaps.ranks",
    "length": "paragraphs.length",
}


def columns(arrays: Mapping[str, Array]) -> Columns:
    """Make a segment's columns of its arrays; what is made of one that is missing is empty."""
    df, block = arrays["terms.df"], arrays["terms.block"]
    dense = arrays.get("bitmaps.term", np.empty(0, np.uint32))
    bitmap = np.full(len(df), NONE, np.uint32)
    bitmap[dense] = np.arange(len(dense))
    highest = arrays["blocks.max"]
    section = np.empty(0, np.uint32)
    if "runs.first" in arrays:
        section = by_paragraph(arrays["runs.first"], arrays["runs.section"])
    return Columns(
        df=df,
        block=block,
        term_max=np.maximum.reduceat(highest, block[:-1]) if len(df) else highest,
        bitmap=bitmap,
        postings=posting_starts(arrays)[:-1].astype(np.uint32),
        section=section,
        **{field: arrays.get(name, np.empty(0, ARRAYS[name])) for field, name in _ARRAYS.items()},
    )


columns_at = tables.reader(Columns)
"""Read columns from the table that was made of them."""


def posting_starts(arrays: Mapping[str, Array]) -> U64:
    """Give where each block of paragraphs and frequencies begins, and where the last one ends."""
    df, block = arrays["terms.df"], arrays["terms.block"]
    rows = np.full(len(arrays["blocks.last"]), BLOCK, np.uint32)
    rows[block[1:] - 1] = df - (np.diff(block) - 1) * BLOCK
    starts = np.zeros(len(rows) + 1, np.uint64)
    for name in ("paragraph", "tf"):
        starts[1:] += (rows * arrays[f"blocks.{name}_width"] + 7) >> 3
    return np.cumsum(starts)


@inlined
def block_size(c: Columns, term: int, block: int) -> int:
    """Count the paragraphs of a block."""
    before = (block - i64(c.block[term])) * BLOCK
    return min(i64(BLOCK), i64(c.df[term]) - before)


@inlined
def before_block(c: Columns, term: int, block: int) -> int:
    """Give the last ordinal before a block's, -1 where it is the term's first."""
    return i64(c.last[block - 1]) if block > c.block[term] else i64(-1)


@inlined
def gaps_of(c: Columns, term: int, block: int, out: I64) -> int:
    """Decode how many ordinals a block leaves out before each of its own; count those."""
    count = block_size(c, term, block)
    unpack(c.packed_postings, i64(c.postings[block]), i64(c.paragraph_width[block]), count, out)
    return count


@inlined
def paragraphs_of(c: Columns, term: int, block: int, out: I64) -> int:
    """Decode the ordinals of a block into room for one; answer how many there are."""
    ordinal, count = before_block(c, term, block), gaps_of(c, term, block, out)
    for i in range(count):
        ordinal += out[i] + 1
        out[i] = ordinal
    if ordinal != c.last[block]:
        raise ValueError(DAMAGED)
    return count


@inlined
def row_of(c: Columns, term: int, block: int, wanted: int) -> int:
    """Give the row of a paragraph in a block, -1 where it is not there."""
    count, ordinal = block_size(c, term, block), before_block(c, term, block)
    at, width = i64(c.postings[block]), i64(c.paragraph_width[block])
    for i in range(count):
        ordinal += field(c.packed_postings, at, width, i) + 1
        if ordinal >= wanted:
            return i64(i) if ordinal == wanted else i64(-1)
    return i64(-1)


@inlined
def frequencies_at(c: Columns, block: int, count: int) -> int:
    """Give the byte where the frequencies of a block of that many paragraphs begin."""
    return i64(c.postings[block]) + size(count, i64(c.paragraph_width[block]))


@inlined
def frequencies_of(c: Columns, term: int, block: int, out: I64) -> int:
    """Decode the frequencies of a block into room for one; answer how many there are."""
    count = block_size(c, term, block)
    at = frequencies_at(c, block, count)
    unpack(c.packed_postings, at, i64(c.tf_width[block]), count, out)
    for i in range(count):
        out[i] += 1
    return count


@inlined
def frequency_at(c: Columns, term: int, block: int, row: int) -> int:
    """Read the frequency of one paragraph of a block, the `row`th."""
    at = frequencies_at(c, block, block_size(c, term, block))
    return field(c.packed_postings, at, i64(c.tf_width[block]), row) + 1


@inlined
def frequencies_before(c: Columns, term: int, block: int, row: int) -> int:
    """Sum the frequencies ahead of a row of a block: of each bit of the fields how many are set."""
    width = i64(c.tf_width[block])
    if width == 0 or row == 0:
        return row
    at = frequencies_at(c, block, block_size(c, term, block))
    many = 56 // width  # fields of a word
    lowest = ((np.uint64(1) << np.uint64(many * width)) - np.uint64(1)) // (
        (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    )
    total, done = row, i64(0)
    while done < row:
        bit = done * width
        word = load64(c.packed_postings, at + (bit >> 3)) >> np.uint64(bit & 7)
        taken = min(many, row - done)
        word &= (np.uint64(1) << np.uint64(taken * width)) - np.uint64(1)
        for i in range(width):
            total += popcount((word >> np.uint64(i)) & lowest) << i
        done += taken
    return total


@inlined
def code_width(c: Columns, term: int) -> int:
    """Count the bits beside each position that tell the forms of a term apart."""
    return bit_width(i64(c.forms[term + 1]) - i64(c.forms[term]) - 1)


@inlined
def check_positions(c: Columns, term: int, block: int, total: int) -> None:
    """See that a block has so many positions. Raises ValueError."""
    end = len(c.packed_positions) - PAD
    if block + 1 < len(c.last):
        end = i64(c.positions[block + 1])
    width = i64(c.position_width[block]) + code_width(c, term)
    if i64(c.positions[block]) + size(total, width) > end:
        raise ValueError(DAMAGED)


@inlined
def fields_of(c: Columns, term: int, block: int, row: int) -> tuple[int, int]:
    """Give which positions of a block are a row's: [first, end). Raises ValueError."""
    first = frequencies_before(c, term, block, row)
    end = first + frequency_at(c, term, block, row)
    check_positions(c, term, block, end)
    return first, end


@inlined
def sum_before(c: Columns, term: int, block: int, before: I64) -> int:
    """Sum the frequencies ahead of each row of a block, and behind the last; count the rows."""
    total, count = i64(0), frequencies_of(c, term, block, before)
    for row in range(count):
        frequency = before[row]
        before[row] = total
        total += frequency
    before[count] = total
    check_positions(c, term, block, total)
    return count


@kernel
def all_paragraphs(c: Columns, term: int, ordinals: I64, out: U32) -> None:
    """Decode every paragraph of a term, by way of room for a block."""
    at = 0
    for block in range(c.block[term], c.block[term + 1]):
        count = paragraphs_of(c, term, block, ordinals)
        for i in range(count):
            out[at + i] = ordinals[i]
        at += count


@kernel
def all_frequencies(c: Columns, term: int, frequencies: I64, out: U32) -> None:
    """Decode every frequency of a term, by way of room for a block."""
    at = 0
    for block in range(c.block[term], c.block[term + 1]):
        count = frequencies_of(c, term, block, frequencies)
        for i in range(count):
            out[at + i] = frequencies[i]
        at += count


@kernel
def all_positions(
    c: Columns,
    term: int,
    rows: I64,
    starts: I64,
    before: I64,
    out: U32,
    codes: npt.NDArray[np.uint16],
) -> None:
    """Decode the positions and codes of some rows, ascending, of a term.

    `starts` has for each row where its own begin in `out` and `codes`; `before` is room for a
    block and one more.
    """
    coded = code_width(c, term)
    block = i64(-1)
    for k in range(len(rows)):
        if i64(c.block[term]) + rows[k] // BLOCK != block:
            block = i64(c.block[term]) + rows[k] // BLOCK
            sum_before(c, term, block, before)
        at, width = i64(c.positions[block]), i64(c.position_width[block])
        first = before[rows[k] % BLOCK]
        for i in range(starts[k + 1] - starts[k]):
            value = field(c.packed_positions, at, width + coded, first + i)
            out[starts[k] + i] = value & ((i64(1) << width) - 1)
            codes[starts[k] + i] = value >> width
