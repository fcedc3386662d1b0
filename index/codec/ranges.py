"""All terms of a segment, encoded a range at a time, and written one range behind the other.

The tokens of a segment do not all fit in memory at once: terms are done in ranges, as many at a
time as fit, and ranges side by side in threads. Behind them come the pairs of frequent terms.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, PAD, columns
from index.codec.container import Array, Output
from index.codec.dictionaries import Dictionaries, starts
from index.codec.encode import BY_BLOCK, Encoded, Paragraphs, Room, Tokens, bitmaps, encoded
from index.codec.layout import ARRAYS, NONE
from index.codec.pairs import Pairs, candidates, find_pairs
from index.codec.threads import threads, workers
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

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
    make_room = partial(_room, by_term, ranges, len(form_df))

    def encode_range(bounds: tuple[int, int], room: Room) -> Encoded:
        low, high = bounds
        start = starts(by_term[low:high])
        fill(low, high, start[:-1].copy(), room.keys, room.codes)
        tokens = Tokens(low, start, room.keys, room.codes)
        forms = found.arrays["terms.forms"], found.arrays["terms.form"]
        dense, bits, ranks = bitmaps(tokens, len(paragraphs.length))
        return encoded(tokens, *forms, paragraphs, form_df, room)._replace(
            dense=dense, bits=bits, ranks=ranks
        )

    with threads(workers()) as pool:
        parts = _then(_in_turn(pool, encode_range, ranges, make_room), release)
        rest = _written(parts, found, paragraphs, pool, output)
    return found.arrays | rest | {"forms.df": form_df, "paragraphs.length": paragraphs.length}


def _then(parts: Iterable[Encoded], call: Callable[[], None]) -> Iterator[Encoded]:
    """Give parts, and call something when there are no more."""
    yield from parts
    call()


def ranges_of(by_term: I64, memory: int, cuts: I64 = _NOWHERE) -> Ranges:
    """Divide the terms into ranges, of which as many as there are CPUs fit into `memory` bytes.

    There is at least one term in each, however many its tokens. Where one of `cuts` (ascending) is
    in reach, a range ends there.
    """
    most = max(min(memory // _TOKEN_BYTES // (workers() + 1), _RANGE), 1)
    ends = np.cumsum(by_term)
    bounds = [0]
    while bounds[-1] < len(by_term):
        before = ends[bounds[-1] - 1] if bounds[-1] else 0
        end = max(int(np.searchsorted(ends, before + most, "right")), bounds[-1] + 1)
        reached = int(np.searchsorted(cuts, end, "right"))
        cut = int(cuts[reached - 1]) if reached else 0
        bounds.append(cut if cut > bounds[-1] else end)
    return list(pairwise(bounds))


def _room(by_term: I64, ranges: Ranges, forms: int) -> Room:
    """Make room for any of the ranges."""
    count = max(int(by_term[low:high].sum()) for low, high in ranges)
    blocks = max(int((by_term[low:high] // BLOCK + 1).sum()) for low, high in ranges)
    return Room.of(count, blocks, forms)


def _in_turn(
    pool: Executor,
    encode_range: Callable[[tuple[int, int], Room], Encoded],
    ranges: Ranges,
    make_room: Callable[[], Room],
) -> Iterator[Encoded]:
    """Encode ranges in threads; give them in order, each as it is until the next is asked for.

    There is a room for each thread, and one for what is given, but where there is one CPU, which
    would not do both at once. Nothing is copied out of them: fresh memory costs more than it saves.
    """
    most = workers() + 1 if workers() > 1 else 1
    rooms = [make_room() for _ in range(min(most, len(ranges)))]
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
_COUNTED = {target for _, target in _STARTS.values()} | set(_PACKED.values())


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
        self._sizes.update({name: len(getattr(part, name)) for name in _COUNTED})
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
    found: dict[str, Array] = {name: getattr(part, name)[rows] for name in BY_BLOCK}
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
    make_room = partial(_room, by_pair, ranges, 1)
    of_pairs = paragraphs._replace(section=np.zeros_like(paragraphs.section))
    forms = np.arange(len(by_pair) + 1, dtype=np.uint32), np.zeros(len(by_pair), np.uint32)

    def encode_range(bounds: tuple[int, int], room: Room) -> Encoded:
        low, high = bounds
        first, end = pairs.start[low], pairs.start[high]
        keys = pairs.paragraph[first:end].astype(np.uint64) << np.uint64(32)
        start, codes = pairs.start[low : high + 1] - first, np.zeros(len(keys), np.uint16)
        tokens = Tokens(low, start, keys, codes)
        return encoded(tokens, *forms, of_pairs, np.zeros(1, np.uint32), room)

    return _in_turn(pool, encode_range, ranges, make_room)
