"""Sorted tokens of some terms -> packed blocks, bitmaps and what bounds their scores.

A term's tokens are cut into blocks of 128 paragraphs, the numbers of each packed in as many bits as
the largest takes (binary packing: Lemire and Boytsov, "Decoding billions of integers per second
through vectorization", 2015), and the highest impact of each is noted (Ding and Suel, "Faster top-k
document retrieval using block-max indexes", 2011). README.md has the format.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import popcount
from index.codec.blocks import BLOCK, DENSE, PAD, RANK
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.layout import HEADLINE
from index.codec.packing import bit_width, pack

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]

BEST = 10
"""Which of a term's impacts is kept as `terms.best`: the tenth, for ten are asked for."""

BY_BLOCK = (
    *("last", "postings", "positions", "paragraph_width", "tf_width", "position_width"),
    "block_max",
)
"""What of an `Encoded` has one entry a block."""


class Paragraphs(NamedTuple):
    """What the postings take from the paragraphs.

    `length` (u8) are codes, `norm` (f32) is BM25's K of each of the 256, `section` (u32) tells
    titles and headings by its highest bit.
    """

    length: U8
    norm: F32
    section: U32


class Tokens(NamedTuple):
    """The tokens of the terms from `low` on, sorted: term low + i has [start[i], start[i + 1])."""

    low: int
    start: I64
    keys: U64
    codes: U16


class Encoded(NamedTuple):
    """Where the postings of a range go, with room for the worst case; see `layout.ARRAYS`."""

    df: U32
    block: U32
    best: F32
    headlines: U32
    last: U32
    postings: U32
    positions: U32
    paragraph_width: U8
    tf_width: U8
    position_width: U8
    block_max: F32
    packed_postings: U8
    packed_positions: U8
    headline: U32
    dense: U32
    bits: U64
    ranks: U32


class Used(NamedTuple):
    """How much of an `Encoded` was used: blocks, bytes, bytes, and headlines."""

    blocks: int
    postings: int
    positions: int
    headlines: int


class Room(NamedTuple):
    """What a thread works with, one range after the other.

    The tokens of a range and what becomes of them, a block's gaps and frequencies, a term's best
    impacts, and for each form the paragraph in which it was seen last.
    """

    keys: U64
    codes: U16
    out: Encoded
    gaps: U64
    frequencies: U64
    best: F32
    seen: I64

    @classmethod
    def of(cls, count: int, blocks: int, forms: int) -> "Room":
        """Make room for so many tokens, blocks and forms; what is not touched takes no memory."""
        none, numbers = np.zeros(0, np.uint32), np.empty((3, blocks), np.uint32)
        widths = np.empty((3, blocks), np.uint8)
        out = Encoded(
            df=none,
            block=none,
            best=np.zeros(0, np.float32),
            headlines=none,
            last=numbers[0],
            postings=numbers[1],
            positions=numbers[2],
            paragraph_width=widths[0],
            tf_width=widths[1],
            position_width=widths[2],
            block_max=np.empty(blocks, np.float32),
            packed_postings=np.empty(count * 8 + blocks * 2 + PAD, np.uint8),
            packed_positions=np.empty(count * 6 + blocks + PAD, np.uint8),
            headline=np.empty(count, np.uint32),
            dense=none,
            bits=np.zeros(0, np.uint64),
            ranks=none,
        )
        gaps, frequencies = np.empty((2, BLOCK), np.uint64)
        return cls(
            np.empty(count, np.uint64), np.empty(count, np.uint16), out,
            gaps, frequencies, np.empty(BEST, np.float32), np.full(forms, -1, np.int64),
        )  # fmt: skip


def encoded(
    tokens: Tokens,
    term_forms: U32,
    term_form: U32,
    paragraphs: Paragraphs,
    form_df: U32,
    room: Room,
) -> Encoded:
    """Pack the tokens of a range; what is packed stays in the room, the rest is copied."""
    terms = len(tokens.start) - 1
    out = room.out._replace(
        df=np.zeros(terms, np.uint32),
        block=np.zeros(terms + 1, np.uint32),
        best=np.zeros(terms, np.float32),
        headlines=np.zeros(terms + 1, np.uint32),
    )
    used = Used(*_encode(tokens, term_forms, term_form, paragraphs, form_df, out, room))
    sizes = dict.fromkeys(BY_BLOCK, used.blocks) | {"headline": used.headlines}
    return out._replace(
        packed_postings=out.packed_postings[: used.postings],
        packed_positions=out.packed_positions[: used.positions],
        **{name: getattr(out, name)[:n].copy() for name, n in sizes.items()},
    )


@kernel
def _encode(
    tokens: Tokens,
    term_forms: U32,
    term_form: U32,
    paragraphs: Paragraphs,
    form_df: U32,
    out: Encoded,
    room: Room,
) -> tuple[int, int, int, int]:
    """Pack the tokens of a range, term by term, block by block; `tokens.keys` is used up."""
    block = at = positions_at = headlines = i64(0)
    for t in range(len(out.df)):
        forms = term_form[term_forms[tokens.low + t] : term_forms[tokens.low + t + 1]]
        room.best[:] = 0
        out.block[t], out.headlines[t] = block, headlines
        previous, i, end = i64(-1), tokens.start[t], tokens.start[t + 1]
        while i < end:
            begin = i
            count, i, positions = _take_block(tokens, begin, end, room)
            if len(forms) > 1:
                _count_forms(tokens, begin, i, forms, form_df, room)
            headlines = _weigh(count, begin, previous, paragraphs, out, room, block, headlines)
            out.postings[block], out.positions[block] = at, positions_at
            at = pack(room.gaps, count, i64(out.paragraph_width[block]), out.packed_postings, at)
            at = pack(room.frequencies, count, i64(out.tf_width[block]), out.packed_postings, at)
            out.position_width[block] = bit_width(positions)
            width = i64(out.position_width[block])
            for j in range(u64(begin), u64(i)):
                position = tokens.keys[j] & np.uint64(0xFFFFFFFF)
                tokens.keys[j] = position | np.uint64(tokens.codes[j]) << np.uint64(width)
            width += bit_width(len(forms) - 1)
            fields = tokens.keys[begin:i]
            positions_at = pack(fields, i - begin, width, out.packed_positions, positions_at)
            previous = i64(out.last[block])
            out.df[t] += count
            block += 1
        if len(forms) == 1:
            form_df[forms[0]] = out.df[t]
        out.best[t] = room.best[BEST - 1]
    out.block[len(out.df)], out.headlines[len(out.df)] = block, headlines
    return block, at, positions_at, headlines


@inlined
def _take_block(tokens: Tokens, begin: int, end: int, room: Room) -> tuple[int, int, int]:
    """Gather a block's paragraphs, and where the tokens of each end, into gaps and frequencies.

    Answers how many paragraphs it has, the token behind it, and the bits set in any position. How
    often a term stands in a paragraph is hard to foresee, so nothing branches on it.
    """
    row, paragraph, positions = u64(0), tokens.keys[u64(begin)] >> np.uint64(32), u64(0)
    i = u64(begin)
    while i < u64(end):
        key = tokens.keys[i]
        row += u64(key >> np.uint64(32) != paragraph)
        if row == BLOCK:
            break
        paragraph = key >> np.uint64(32)
        positions |= key & np.uint64(0xFFFFFFFF)
        i += u64(1)
        room.gaps[row], room.frequencies[row] = paragraph, i
    return min(i64(row) + 1, BLOCK), i64(i), i64(positions)


@inlined
def _count_forms(
    tokens: Tokens, begin: int, end: int, forms: U32, form_df: U32, room: Room
) -> None:
    """Count for each form the paragraphs of a block in which it stands."""
    for i in range(u64(begin), u64(end)):
        form, paragraph = u64(forms[u64(tokens.codes[i])]), i64(tokens.keys[i] >> np.uint64(32))
        form_df[form] += np.uint32(room.seen[form] != paragraph)
        room.seen[form] = paragraph


@inlined
def _weigh(
    count: int,
    begin: int,
    previous: int,
    paragraphs: Paragraphs,
    out: Encoded,
    room: Room,
    block: int,
    headlines: int,
) -> int:
    """Make gaps and frequencies of what `_take_block` gathered; note widths and highest impact.

    Answers the headlines so far.
    """
    gaps, frequencies, top = u64(0), u64(0), np.float32(0)
    behind, end = u64(previous + 1), u64(begin)
    for row in range(u64(count)):
        paragraph, tf = room.gaps[row], room.frequencies[row] - end
        end += tf
        room.gaps[row], room.frequencies[row] = paragraph - behind, tf - u64(1)
        gaps, frequencies = gaps | (paragraph - behind), frequencies | (tf - u64(1))
        behind = paragraph + u64(1)
        impact = np.float32(tf) / (np.float32(tf) + paragraphs.norm[paragraphs.length[paragraph]])
        top = max(top, impact)
        if impact > room.best[BEST - 1]:
            _insert(room.best, impact)
        if paragraphs.section[paragraph] & HEADLINE:
            out.headline[headlines] = paragraph
            headlines += 1
    out.last[block], out.block_max[block] = behind - u64(1), top
    out.paragraph_width[block] = bit_width(i64(gaps))
    out.tf_width[block] = bit_width(i64(frequencies))
    return headlines


@inlined
def _insert(best: F32, impact: np.float32) -> None:
    """Put an impact among the best, which descend, in place of the last."""
    i = len(best) - 1
    while i > 0 and best[i - 1] < impact:
        best[i] = best[i - 1]
        i -= 1
    best[i] = impact


def bitmaps(tokens: Tokens, paragraphs: int) -> tuple[U32, U64, U32]:
    """Give the terms of a range that stand in more than one of DENSE paragraphs; bits and ranks."""
    terms = np.flatnonzero(np.diff(tokens.start) > paragraphs / DENSE)
    bits = np.zeros((len(terms), -(-paragraphs // 64)), np.uint64)
    ranks = np.zeros((len(terms), -(-paragraphs // RANK) + 1), np.uint32)
    _set_bits(tokens.keys, tokens.start, terms, bits, ranks)
    dense = ranks[:, -1] > paragraphs / DENSE
    if not dense.all():
        terms, bits, ranks = terms[dense], bits[dense], ranks[dense]
    return (tokens.low + terms).astype(np.uint32), bits.ravel(), ranks.ravel()


@kernel
def _set_bits(keys: U64, start: I64, terms: I64, bits: U64, ranks: U32) -> None:
    """Set the bits of each term's paragraphs; count those set before every RANK of them."""
    for row in range(len(terms)):
        for i in range(start[terms[row]], start[terms[row] + 1]):
            paragraph = i64(keys[i] >> np.uint64(32))
            bits[row, paragraph >> 6] |= np.uint64(1) << np.uint64(paragraph & 63)
        total = i64(0)
        for word in range(bits.shape[1]):
            if word % (RANK // 64) == 0:
                ranks[row, word // (RANK // 64)] = total
            total += popcount(bits[row, word])
        ranks[row, ranks.shape[1] - 1] = total
