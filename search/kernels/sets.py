"""Sets of paragraphs, a bit for each."""

import numpy as np
import numpy.typing as npt

from index.codec.bits import lowest, popcount
from index.codec.blocks import Columns, paragraphs_of
from index.codec.compiled import i64, kernel
from index.codec.layout import NONE
from search.kernels.cursors import Room
from search.kernels.scoring import Scoring

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]


@kernel
def add_term(c: Columns, term: int, room: Room, bits: U64) -> None:
    """Set the bits of the paragraphs of a term."""
    if c.bitmap[term] != NONE:
        first = i64(c.bitmap[term]) * len(bits)
        for word in range(len(bits)):
            bits[word] |= c.bits[first + word]
        return
    ordinals = room.blocks[0, 0]
    for block in range(c.block[term], c.block[term + 1]):
        for i in range(paragraphs_of(c, term, block, ordinals)):
            bits[ordinals[i] >> 6] |= np.uint64(1) << np.uint64(ordinals[i] & 63)


@kernel
def count_any(c: Columns, terms: I64, scoring: Scoring, room: Room, hits: U64) -> int:
    """Set the bits of the paragraphs that have any of some terms and are allowed; count them."""
    for term in terms:
        add_term(c, term, room, hits)
    total = i64(0)
    for word in range(len(hits)):
        if len(scoring.allowed):
            hits[word] &= scoring.allowed[word]
        total += popcount(hits[word])
    return total


@kernel
def count_all(c: Columns, terms: I64, scoring: Scoring) -> int:
    """Count the paragraphs that have all of some terms with bitmaps, and are allowed."""
    words = (len(c.length) + 63) // 64
    total = i64(0)
    for word in range(words):
        bits = c.bits[c.bitmap[terms[0]] * words + word]
        for i in range(1, len(terms)):
            bits &= c.bits[c.bitmap[terms[i]] * words + word]
        if len(scoring.allowed):
            bits &= scoring.allowed[word]
        total += popcount(bits)
    return total


@kernel
def exclude_term(c: Columns, term: int, room: Room, bits: U64) -> None:
    """Clear the bits of the paragraphs of a term."""
    if c.bitmap[term] != NONE:
        first = i64(c.bitmap[term]) * len(bits)
        for word in range(len(bits)):
            bits[word] &= ~c.bits[first + word]
        return
    ordinals = room.blocks[0, 0]
    for block in range(c.block[term], c.block[term + 1]):
        for i in range(paragraphs_of(c, term, block, ordinals)):
            bits[ordinals[i] >> 6] &= ~(np.uint64(1) << np.uint64(ordinals[i] & 63))


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
