"""Sets of paragraphs, a bit for each."""

import numpy as np
import numpy.typing as npt

from index.codec.bits import lowest, popcount
from index.codec.blocks import BLOCK, Columns, columns_at, paragraphs_of
from index.codec.compiled import i64, inlined, kernel
from index.codec.layout import NONE
from search.kernels.candidates import scan_all
from search.kernels.lookup import look_up, set_cursors
from search.kernels.room import Room, room_at

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]


@kernel
def count_any(segment: I64, room: I64, hits: U64) -> int:
    """Set the bits of the allowed paragraphs that have any of the query's terms; count them.

    The room is as the last search left it.
    """
    c, r = columns_at(segment), room_at(room)
    for i in range(r.ends[2]):
        _add_term(c, r, r.terms[i], hits)
    total = i64(0)
    for word in range(len(hits)):
        if len(r.allowed):
            hits[word] &= r.allowed[word]
        total += popcount(hits[word])
    return total


@inlined
def _add_term(c: Columns, r: Room, term: int, bits: U64) -> None:
    if c.bitmap[term] != NONE:
        first = i64(c.bitmap[term]) * len(bits)
        for word in range(len(bits)):
            bits[word] |= c.bits[first + word]
        return
    for block in range(c.block[term], c.block[term + 1]):
        for i in range(paragraphs_of(c, term, block, r.candidates)):
            ordinal = r.candidates[i]
            bits[ordinal >> 6] |= np.uint64(1) << np.uint64(ordinal & 63)


@kernel
def count_both(segment: I64, room: I64, lead: int, other: int) -> int:
    """Count the paragraphs that have two of the query's terms, by way of the rarer one, the lead.

    Nothing narrows them. The room is as the last search left it, and its cursors are not wanted any
    more.
    """
    c, r = columns_at(segment), room_at(room)
    set_cursors(c, r)
    total, term = i64(0), r.terms[lead]
    for block in range(i64(c.block[term]), i64(c.block[term + 1])):
        count = scan_all(c, r, term, block)
        look_up(segment, room, other, count)
        for k in range(count):
            total += r.found[other * BLOCK + k] >= 0
    return total


@kernel
def count_all(segment: I64, room: I64) -> int:
    """Count the allowed paragraphs that have all required terms and no excluded one.

    All of them have bitmaps. The room is as the last search left it.
    """
    c, r = columns_at(segment), room_at(room)
    words = (len(c.length) + 63) // 64
    total = i64(0)
    for word in range(words):
        bits = c.bits[i64(c.bitmap[r.terms[0]]) * words + word]
        for i in range(1, r.ends[0]):
            bits &= c.bits[i64(c.bitmap[r.terms[i]]) * words + word]
        for i in range(r.ends[1], r.ends[2]):
            bits &= ~c.bits[i64(c.bitmap[r.terms[i]]) * words + word]
        if len(r.allowed):
            bits &= r.allowed[word]
        total += popcount(bits)
    return total


@kernel
def count_documents(bits: U64, first: U32) -> int:
    """Count the documents of which a bit is set; document d has the bits from first[d] on."""
    total, document, counted = 0, i64(0), i64(-1)
    for word in range(len(bits)):
        left = bits[word]
        while left != 0:
            ordinal = (word << 6) + lowest(left)
            left &= left - np.uint64(1)
            while document + 1 < len(first) - 1 and first[document + 1] <= ordinal:
                document += 1
            if document != counted:
                total += 1
                counted = document
    return total


@kernel
def count_by_document(bits: U64, first: U32, counts: I64) -> None:
    """Count for each document the bits that are set, from first[d] to first[d + 1]."""
    for document in range(len(counts)):
        low, end = i64(first[document]), i64(first[document + 1])
        total = i64(0)
        while low < end:
            left = bits[low >> 6] >> np.uint64(low & 63)
            size = min(i64(64) - (low & 63), end - low)
            if size < 64:
                left &= (np.uint64(1) << np.uint64(size)) - np.uint64(1)
            total += popcount(left)
            low += size
        counts[document] = total
