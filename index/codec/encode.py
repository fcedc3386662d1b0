"""Sorted tokens -> packed blocks, bitmaps and what bounds their scores (README.md has the format).

The tokens of a segment do not all fit in memory at once: terms are done in ranges, as many at a
time as fit, and ranges side by side in threads.
"""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import popcount
from index.codec.blocks import BLOCK, DENSE, PAD, RANK, columns
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.container import Array, Output
from index.codec.dictionaries import Dictionaries, starts
from index.codec.layout import ARRAYS, HEADLINE, NONE
from index.codec.packing import bit_width, pack
from index.codec.pairs import Pairs, candidates, find_pairs
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]

BEST = 10
"""Which of a term's impacts is kept as `terms.best`: the tenth, for ten are asked for."""

_TOKEN_BYTES = 28
"""What a token takes at most while its range is done: key and code, packed bytes, a headline."""

_RANGE = 1 << 20
"""How many tokens a range has at most, if no term has more: what is near is faster."""

TOO_LARGE = (
    "a segment would pass 4 GB of packed postings, more than the index has room for: "
    "give it less --memory, so that it makes more and smaller segments"
)

_NOWHERE = np.zeros(0, np.int64)

Ranges = list[tuple[int, int]]
"""Terms divided into ranges [low, high)."""

Fill = Callable[[int, int, I64, U64, U16], None]
"""Puts the tokens of the terms in [low, high), a range, at each term's cursor: keys (paragraph <<
32 | position), ascending within a term, and codes of forms."""


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
    def of(cls, by_term: I64, ranges: Ranges, forms: int) -> "Room":
        """Make room for any of the ranges; what is not touched takes none."""
        count = max(int(by_term[low:high].sum()) for low, high in ranges)
        blocks = max(int((by_term[low:high] // BLOCK + 1).sum()) for low, high in ranges)
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


def _in_turn(
    pool: Executor,
    encode_range: Callable[[tuple[int, int], Room], Encoded],
    ranges: Ranges,
    make_room: Callable[[], Room],
) -> Iterator[Encoded]:
    """Encode ranges in threads; give them in order, each as it is until the next is asked for.

    There is a room for each thread, and one for what is given: nothing is copied out of them, for
    a copy in fresh memory costs more than what it saves.
    """
    rooms = [make_room() for _ in range(min(_workers() + 1, len(ranges)))]
    jobs: deque[tuple[Future[Encoded], Room]] = deque()
    for bounds in ranges:
        if not rooms:
            job, room = jobs.popleft()
            yield job.result()
            rooms.append(room)
        room = rooms.pop()
        jobs.append((pool.submit(encode_range, bounds, room), room))
    for job, _ in jobs:
        yield job.result()


def postings(
    found: Dictionaries,
    by_term: I64,
    fill: Fill,
    paragraphs: Paragraphs,
    memory: int,
    output: Output,
    cuts: I64 = _NOWHERE,
    release: Callable[[], None] = lambda: None,
) -> dict[str, Array]:
    """Encode every term, range by range, on as many threads as there are CPUs.

    `by_term` counts the tokens of each term, `fill` gives them, best in ranges that end at one of
    `cuts`, and `release` is called when that has given them all; about `memory` bytes are taken,
    more where a term alone takes more. What is packed is written to `output`, the other arrays are
    given back. Raises NotWritten where the format has no room for so much, and OSError.
    """
    form_df = np.zeros(len(found.arrays["forms.term"]), np.uint32)
    ranges = ranges_of(by_term, memory, cuts)
    make_room = partial(Room.of, by_term, ranges, len(form_df))

    def encode_range(bounds: tuple[int, int], room: Room) -> Encoded:
        low, high = bounds
        start = starts(by_term[low:high])
        fill(low, high, start[:-1].copy(), room.keys, room.codes)
        tokens = Tokens(low, start, room.keys, room.codes)
        forms = found.arrays["terms.forms"], found.arrays["terms.form"]
        dense, bits, ranks = _bitmaps(tokens, len(paragraphs.length))
        return _encoded(tokens, *forms, paragraphs, form_df, room)._replace(
            dense=dense, bits=bits, ranks=ranks
        )

    with ThreadPoolExecutor(_workers()) as pool:
        parts = _then(_in_turn(pool, encode_range, ranges, make_room), release)
        rest = _written(parts, found, paragraphs, pool, output)
    return found.arrays | rest | {"forms.df": form_df, "paragraphs.length": paragraphs.length}


def _then(parts: Iterable[Encoded], call: Callable[[], None]) -> Iterator[Encoded]:
    """Give parts, and call something when there are no more."""
    yield from parts
    call()


def _workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def ranges_of(by_term: I64, memory: int, cuts: I64 = _NOWHERE) -> Ranges:
    """Divide the terms into ranges, of which as many as there are CPUs fit into `memory` bytes.

    There is at least one term in each, however many its tokens. Where one of `cuts` (ascending) is
    in reach, a range ends there.
    """
    most = max(min(memory // _TOKEN_BYTES // (_workers() + 1), _RANGE), 1)
    ends = np.cumsum(by_term)
    bounds = [0]
    while bounds[-1] < len(by_term):
        before = ends[bounds[-1] - 1] if bounds[-1] else 0
        end = max(int(np.searchsorted(ends, before + most, "right")), bounds[-1] + 1)
        reached = int(np.searchsorted(cuts, end, "right"))
        cut = int(cuts[reached - 1]) if reached else 0
        bounds.append(cut if cut > bounds[-1] else end)
    return list(pairwise(bounds))


def _encoded(
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
    sizes = dict.fromkeys(_BY_BLOCK, used.blocks) | {"headline": used.headlines}
    return out._replace(
        packed_postings=out.packed_postings[: used.postings],
        packed_positions=out.packed_positions[: used.positions],
        **{name: getattr(out, name)[:n].copy() for name, n in sizes.items()},
    )


_BY_BLOCK = (
    *("last", "postings", "positions", "paragraph_width", "tf_width", "position_width"),
    "block_max",
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
            at = pack(room.gaps, count, out.paragraph_width[block], out.packed_postings, at)
            at = pack(room.frequencies, count, out.tf_width[block], out.packed_postings, at)
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


# Ranges in a row.

_ROWS = {
    "terms.df": "df",
    "terms.best": "best",
    "blocks.last": "last",
    "blocks.paragraph_width": "paragraph_width",
    "blocks.tf_width": "tf_width",
    "blocks.position_width": "position_width",
    "blocks.max": "block_max",
    "headlines.paragraph": "headline",
    "bitmaps.term": "dense",
    "bitmaps.bits": "bits",
    "bitmaps.ranks": "ranks",
}
_STARTS = {
    "terms.block": ("block", "last"),
    "terms.headlines": ("headlines", "headline"),
    "blocks.positions": ("positions", "packed_positions"),
}
"""Numbers that are indices into another array."""

_PACKED = {"postings.packed": "packed_postings", "positions.packed": "packed_positions"}


class _Row:
    """Ranges of terms in a row; what is packed of them is elsewhere."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[Array]] = {name: [] for name in (*_ROWS, *_STARTS)}
        self._sizes: Counter[str] = Counter()

    def add(self, part: Encoded) -> None:
        """Add a range behind the others. Raises NotWritten where there is no room for it."""
        for name, attribute in _ROWS.items():
            self._pieces[name].append(getattr(part, attribute))
        for name, (attribute, target) in _STARTS.items():
            own = getattr(part, attribute)
            own = own[:-1] if name.startswith("terms.") else own  # its end is the next one's start
            self._pieces[name].append(own + np.uint32(self._sizes[target]))
        self._sizes.update({target: len(getattr(part, target)) for _, target in _STARTS.values()})
        if max(self._sizes.values()) > NONE:
            raise NotWritten(TOO_LARGE)

    def arrays(self) -> dict[str, Array]:
        """Give the arrays of all of it."""
        ends = {"terms.block": "last", "terms.headlines": "headline"}
        for name, target in ends.items():
            self._pieces[name].append(np.array([self._sizes[target]], np.uint32))
        return {
            name: np.concatenate([np.zeros(0, ARRAYS[name]), *pieces])
            for name, pieces in self._pieces.items()
        }


def _written(
    parts: Iterable[Encoded],
    found: Dictionaries,
    paragraphs: Paragraphs,
    pool: Executor,
    output: Output,
) -> dict[str, Array]:
    """Write what is packed of the ranges, and behind them of the pairs; give the rest in a row."""
    row, frequent = _Row(), _Frequent(found.term_forms, paragraphs.length)
    output.begin("positions.packed", np.uint8)
    output.begin_beside("postings.packed", np.uint8)

    def write(part: Encoded) -> None:
        row.add(part)
        for name, attribute in _PACKED.items():
            output.extend(name, getattr(part, attribute).data)

    for part in parts:
        write(part)
        frequent.take(part)
    pairs = frequent.pairs(pool)
    del frequent  # their postings
    for part in _encoded_pairs(pairs, paragraphs, pool):
        write(part)
    for name in _PACKED:
        output.extend(name, bytes(PAD))
    output.join("postings.packed")
    return row.arrays() | {"pairs.term": pairs.terms, "pairs.key": pairs.key}


# Pairs.


class _Frequent:
    """The terms that may have pairs, with their postings."""

    def __init__(self, term_forms: U32, length: U8) -> None:
        self._forms, self._length = np.diff(term_forms), length
        self._before = 0  # terms in the ranges so far
        self._terms: list[I64] = []
        self._parts: list[Encoded] = []

    def take(self, part: Encoded) -> None:
        """Keep what there is of them in the next range."""
        terms = candidates(part.df, len(self._length))
        self._terms.append(terms + self._before)
        self._parts.append(_of_terms(part, terms))
        self._before += len(part.df)

    def pairs(self, pool: Executor) -> Pairs:
        """Find the pairs of the most frequent."""
        df = np.concatenate([np.zeros(0, np.uint32), *(part.df for part in self._parts)])
        chosen, row = candidates(df, len(self._length)), _Row()
        terms = np.concatenate([np.zeros(0, np.int64), *self._terms])[chosen].astype(np.uint32)
        packed: dict[str, list[Array]] = {name: [] for name in _PACKED}
        for part in self._parts:
            own, chosen = chosen[chosen < len(part.df)], chosen[chosen >= len(part.df)]
            chosen -= len(part.df)
            kept = part if len(own) == len(part.df) else _of_terms(part, own)
            row.add(kept)
            for name, attribute in _PACKED.items():
                packed[name].append(getattr(kept, attribute))
        whole = {
            name: np.concatenate([*pieces, np.zeros(PAD, np.uint8)])
            for name, pieces in packed.items()
        }
        forms = {"terms.forms": starts(self._forms[terms].astype(np.int64)).astype(np.uint32)}
        return find_pairs(columns(row.arrays() | whole | forms), terms, self._length, pool)


def _of_terms(part: Encoded, terms: I64) -> Encoded:
    """Give the postings of some terms of a range, ascending, and nothing beside them."""
    none, no_bits = np.zeros(0, np.uint32), np.zeros(0, np.uint64)
    headlines = np.zeros(len(terms) + 1, np.uint32)
    bare = part._replace(headlines=headlines, headline=none, dense=none, bits=no_bits, ranks=none)
    first, end = part.block[terms].astype(np.int64), part.block[terms + 1].astype(np.int64)
    count, block = end - first, starts(end - first)
    rows = np.arange(block[-1]) + np.repeat(first - block[:-1], count)
    found: dict[str, Array] = {name: getattr(part, name)[rows] for name in _BY_BLOCK}
    for name, target in (("postings", "packed_postings"), ("positions", "packed_positions")):
        data = getattr(part, target)
        own = np.append(getattr(part, name), len(data)).astype(np.int64)
        spans = list(zip(own[first].tolist(), own[end].tolist(), strict=True))
        found[target] = np.concatenate([data[:0], *(data[low:high] for low, high in spans)])
        moved = starts(own[end] - own[first])[:-1] - own[first]
        found[name] = (own[rows] + np.repeat(moved, count)).astype(np.uint32)
    return bare._replace(
        df=part.df[terms], block=block.astype(np.uint32), best=part.best[terms], **found
    )


def _encoded_pairs(pairs: Pairs, paragraphs: Paragraphs, pool: Executor) -> Iterator[Encoded]:
    """Pack pairs as terms of one form that stand once in each of their paragraphs, at 0."""
    by_pair = np.diff(pairs.start)
    ranges = ranges_of(by_pair, _RANGE * _TOKEN_BYTES)
    make_room = partial(Room.of, by_pair, ranges, 1)
    of_pairs = paragraphs._replace(section=np.zeros_like(paragraphs.section))
    forms = np.arange(len(by_pair) + 1, dtype=np.uint32), np.zeros(len(by_pair), np.uint32)

    def encode_range(bounds: tuple[int, int], room: Room) -> Encoded:
        low, high = bounds
        first, end = pairs.start[low], pairs.start[high]
        keys = pairs.paragraph[first:end].astype(np.uint64) << np.uint64(32)
        start, codes = pairs.start[low : high + 1] - first, np.zeros(len(keys), np.uint16)
        tokens = Tokens(low, start, keys, codes)
        return _encoded(tokens, *forms, of_pairs, np.zeros(1, np.uint32), room)

    return _in_turn(pool, encode_range, ranges, make_room)


# Bitmaps.


def _bitmaps(tokens: Tokens, paragraphs: int) -> tuple[U32, U64, U32]:
    """Give the terms of a range that stand in more than one of DENSE paragraphs; bits and ranks."""
    counts = np.diff(tokens.start)
    dense, rows, sums = [], [], []
    for t in np.flatnonzero(counts > paragraphs / DENSE).tolist():
        bits = np.zeros(-(-paragraphs // 64), np.uint64)
        ranks = np.zeros(-(-paragraphs // RANK) + 1, np.uint32)
        _set_bits(tokens.keys[tokens.start[t] : tokens.start[t + 1]], bits, ranks)
        if ranks[-1] > paragraphs / DENSE:
            dense.append(tokens.low + t)
            rows.append(bits)
            sums.append(ranks)
    return (
        np.array(dense, np.uint32),
        np.concatenate([np.zeros(0, np.uint64), *rows]),
        np.concatenate([np.zeros(0, np.uint32), *sums]),
    )


@kernel
def _set_bits(keys: U64, bits: U64, ranks: U32) -> None:
    """Set the bits of a term's paragraphs; count those that are set before every RANK of them."""
    for key in keys:
        paragraph = i64(key >> np.uint64(32))
        bits[paragraph >> 6] |= np.uint64(1) << np.uint64(paragraph & 63)
    total = i64(0)
    for word in range(len(bits)):
        if word % (RANK // 64) == 0:
            ranks[word // (RANK // 64)] = total
        total += popcount(bits[word])
    ranks[len(ranks) - 1] = total
