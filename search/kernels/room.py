"""What a thread works with while it searches: the query, the scoring, the best so far, scratch.

Compiled code is handed one table of it (`index.codec.tables`), and one of the segment.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec import tables
from index.codec.blocks import BLOCK
from index.codec.compiled import inlined

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

WINDOW = 1 << 17
"""Up to how many paragraphs a disjunction looks at together."""

SMALL_WINDOW = 1 << 14
"""How many it looks at together where its words are frequent."""

NO_SCORE = -1.0
"""What stands for the score of a paragraph of a window that has none of the terms so far."""

SPAN = 1 << 16
"""How far apart candidates may be to be merged with a term's blocks by marks."""

MAX_BEST = 10_000
"""Up to how many of the best paragraphs there is room for."""

_MOST_GATHERED = MAX_BEST + MAX_BEST // 2

FEW = 2048
"""Up to how many postings a disjunction is merged paragraph by paragraph, without windows."""


NO_BITS: U64 = np.empty(0, np.uint64)
NO_CONTEXT: F64 = np.empty(0)


class Room(NamedTuple):
    """The arrays of a room, as kernels see them.

    The query: `terms` (i64), first the required ones, the rarest first, then the
    optional, then the excluded ones; `ends` (i64) has where the required and the optional end, how
    many terms there are and how many phrases. `weights` (f32) has what each term scores by itself,
    and behind those each phrase; `typed` (f64) how often that was typed. Phrase p has the words
    [phrase_start[p], phrase_start[p + 1]): each an index into `terms` and the code of its form, -1
    for any. A phrase of slop -1 is of words in a row; of slop n of words in any order, with at most
    n others among them.

    The scoring: `norms` (f32) has BM25's K for each of the 256 length codes. `limits` (f64) is
    `growth`, which bounds by how much an impact can exceed the one noted when the segment was
    written, and the highest of `context` (f64, one a section, or empty), which is added to a
    paragraph's score. `allowed` (u64, a bit a paragraph, or empty) narrows the hits.

    The answer: `best_scores` and `best_ordinals` have those `gathered` (i64, one number), the best
    of `wanted` (i64, one number) of them among others, in any order; in the table they are as long
    as are gathered at most. `worst` (f64, one number) is what a paragraph must exceed. Runs are
    merged by way of `run_scores` and `run_ordinals`. Where `hits` (u64) is not empty, the bit of
    each hit is set in it.

    The cursors of terms, which only move forward: `block`, the `row` in it, and which block
    `ordinals` has `decoded` of it; and those of bounds, which go before, and back to the begin of a
    window: `ahead`, the row that is `next`, and which block `beyond` has `seen` of it.

    A chunk of candidates, at most a block: `candidates` are ordinals, `kept` indices of those that
    are left, `partial` what of their scores is known; `found` has for each term the places of the
    candidates: block * BLOCK + row, -1 where the term is not there; `tf` (f32) how often each
    phrase stands in each. `frequencies` are those of the lead, or of the term that is added to a
    window; `begun` tells of each phrase whether it was looked at. While a lead is walked,
    candidates of several blocks are held together, with room for one block more: `held` (i64) are
    their places in the lead, and `held_most` is the highest that `most` was for them. `begins` and
    `highest` are of the positions of a phrase in each; `from_field` and `to_field` have for each
    word of a phrase which of its block's positions are theirs; `before` sums the frequencies ahead
    of each row of a block.

    `most` (f64) bounds what each term and phrase can add, from the `impact` (f64) of terms.
    `ranked` (i64) are the optional terms, the lowest bound first, and `order` (i64) the terms that
    are still to be looked up, and behind them those that a window's blocks are held to.

    `scores` (f64) and `bits` (u64) have one for each paragraph of a window; in between, scores
    are NO_SCORE and bits 0. `touched` (u32) are those that have a score, in any order.

    `marks` (u8, SPAN and one more, 0 in between) merge a term's blocks with a chunk, and give the
    `places` of its candidates; `there` are the candidates in which a term is. `added` (f64) is what
    a term adds to some paragraphs: it has the frequencies `tfs` there, `lengths` (f32) are the
    norms.

    `words` has rows of numbers for what is known of the words of a phrase; `few` and `few_scores`
    the postings of terms that are rare; `most_norm` (f32) the norm up to which a paragraph
    can be among the best, by the frequency of the lead; the last is for all higher ones.
    """

    terms: I64
    weights: F32
    typed: F64
    phrase_start: I64
    phrase_term: I64
    phrase_code: I64
    phrase_slop: I64
    ends: I64
    norms: F32
    limits: F64
    context: F64
    allowed: U64
    hits: U64
    best_scores: F64
    best_ordinals: I64
    run_scores: F64
    run_ordinals: I64
    gathered: I64
    wanted: I64
    worst: F64
    block: I64
    row: I64
    decoded: I64
    ordinals: I64
    ahead: I64
    next: I64
    seen: I64
    beyond: I64
    candidates: I64
    kept: I64
    partial: F64
    found: I64
    tf: F32
    begins: U64
    highest: I64
    from_field: I64
    to_field: I64
    begun: I64
    before: I64
    frequencies: I64
    held: I64
    held_most: F64
    most: F64
    impact: F64
    order: I64
    ranked: I64
    scores: F64
    bits: U64
    touched: U32
    marks: U8
    places: I64
    there: I64
    added: F64
    tfs: F32
    lengths: F32
    words: I64
    few: I64
    few_scores: F64
    most_norm: F32


ROWS = 12
"""Rows of numbers about the words of a phrase."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A room, and the table of it for kernels."""

    room: Room
    table: I64


def new_desk(size: int) -> Desk:
    """Make room for a query of so many terms, phrases, and words in them."""

    def numbers(count: int) -> I64:
        return np.zeros(count, np.int64)

    room = Room(
        terms=numbers(size),
        weights=np.zeros(2 * size, np.float32),
        typed=np.ones(2 * size),
        phrase_start=numbers(size + 1),
        phrase_term=numbers(size),
        phrase_code=numbers(size),
        phrase_slop=numbers(size),
        ends=numbers(4),
        norms=np.empty(0, np.float32),
        limits=np.zeros(2),
        context=NO_CONTEXT,
        allowed=NO_BITS,
        hits=NO_BITS,
        best_scores=np.zeros(_MOST_GATHERED),
        best_ordinals=numbers(_MOST_GATHERED),
        run_scores=np.zeros(_MOST_GATHERED),
        run_ordinals=numbers(_MOST_GATHERED),
        gathered=numbers(1),
        wanted=numbers(1),
        worst=np.zeros(1),
        block=numbers(size),
        row=numbers(size),
        decoded=numbers(size),
        ordinals=numbers(size * BLOCK),
        ahead=numbers(size),
        next=numbers(size),
        seen=numbers(size),
        beyond=numbers(size * BLOCK),
        candidates=numbers(2 * BLOCK),
        kept=numbers(BLOCK),
        partial=np.zeros(BLOCK),
        found=numbers(size * BLOCK),
        tf=np.zeros(size * BLOCK, np.float32),
        begins=np.zeros(size * BLOCK, np.uint64),
        highest=numbers(size * BLOCK),
        from_field=numbers(size * BLOCK),
        to_field=numbers(size * BLOCK),
        begun=numbers(size),
        before=numbers(BLOCK + 1),
        frequencies=numbers(2 * BLOCK),
        held=numbers(2 * BLOCK),
        held_most=np.zeros(2 * size),
        most=np.zeros(2 * size),
        impact=np.zeros(size),
        order=numbers(size),
        ranked=numbers(size),
        scores=np.full(WINDOW, NO_SCORE),
        bits=np.zeros(WINDOW // 64, np.uint64),
        touched=np.zeros(WINDOW + 1, np.uint32),  # one is written before it is counted
        marks=np.zeros(SPAN + 1, np.uint8),
        places=numbers(BLOCK + 1),
        there=numbers(BLOCK),
        added=np.zeros(BLOCK),
        tfs=np.zeros(BLOCK, np.float32),
        lengths=np.zeros(BLOCK, np.float32),
        words=numbers(ROWS * size),
        few=numbers(FEW + size + BLOCK),
        few_scores=np.zeros(FEW + size + BLOCK),
        most_norm=np.full(17, np.inf, np.float32),
    )
    return Desk(room, tables.table(room))


room_at = tables.reader(Room)
"""Read a room from its table."""


class Scoring(NamedTuple):
    """What turns frequencies into scores, narrows the hits, and takes their bits: as in `Room`."""

    norms: F32
    limits: F64
    context: F64
    allowed: U64
    hits: U64


class Laid(NamedTuple):
    """A scoring, and the table of it for kernels."""

    scoring: Scoring
    table: I64


def laid(scoring: Scoring) -> Laid:
    """Make the table of a scoring."""
    return Laid(scoring, tables.table(scoring))


_PLACES = tuple(Room._fields.index(name) for name in Scoring._fields)
_SCORES, _ORDINALS = (Room._fields.index(name) for name in ("best_scores", "best_ordinals"))


@inlined
def lay_out(room: I64, scoring: I64) -> None:
    """Put a scoring into a room, before that is read."""
    for i in range(len(_PLACES)):
        at = 2 * _PLACES[i]
        room[at], room[at + 1] = scoring[2 * i], scoring[2 * i + 1]


@inlined
def set_capacity(room: I64, size: int) -> None:
    """Say how many paragraphs are gathered at most, before the room is read."""
    room[2 * _SCORES + 1] = room[2 * _ORDINALS + 1] = size
