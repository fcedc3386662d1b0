"""The tokens of a segment in memory, sorted roughly as they come: by bucket, in order of arrival.

A bucket is for stems that are neighbours in the dictionary. Where it ends is taken from how the
stems of the first texts divide, so that each has about as much to take (sample sort: Frazer and
McKellar, "Samplesort: a sampling approach to minimal storage tree sorting", 1970). There are so few
that their ends stay in the cache, as those of a chain for each stem do not; and a bucket is so
small that it is put in order in the cache, once the dictionary is known.

A bucket is a row of pieces of one arena.

    token = tag (2 bits) | position (8) | gap (4) | form (2 or 10)      2 or 3 bytes: tag 0 or 1
            tag 2 (2 bits) | position (9) | gap (8) | form (13)         4 bytes
            tag 3 (2 bits) | form (30) | gap (32) | position (32)       12 bytes
    piece = tokens, the last of which ends in the last _ROOM bytes; then where the next one stands

The gap is from the paragraph of the token before; forms are numbered in each bucket as they come,
so that the frequent ones tend to have the lowest numbers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, prefetch_to_write, store64
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.dictionaries import starts
from index.codec.layout import NONE
from index.codec.words import NOTHING, SEVERAL, Column, Tokens
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_BUCKETS = 256  # of as many tokens each, in the first texts; of no fewer than this many:
_TOKENS = 1 << 12
_SCRIPTS = np.array(
    [(lead << 8 | second) << 48 for lead in range(0xC2, 0xF0) for second in range(0x80, 0xC0, 4)],
    np.uint64,
)
"""Where besides a bucket begins, lest another script than that of the first texts come to one."""

_NUMBER = np.uint64(22)  # bits of a form's number in its bucket
_FORM = np.uint64((1 << 22) - 1)
_PIECES = 16  # as many to a bucket in the arena, but of no more and no fewer bytes than this:
_SMALLEST, _LARGEST = 128, 1 << 14
_ROOM = 32  # bytes at the end of a piece: a token of 16 may begin before, then the next piece
_ARENA = (1 << 32) - 8  # bytes, for a piece is found by a u32
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)
_AHEAD = 16  # words; so long before one is put, what it comes to is asked for

TOO_MANY = "one document has more words than the index has room for"


class _State(NamedTuple):
    """The buckets: one entry each, and the bytes of a piece (an array of one).

    Where the next token goes, and its piece has room for none, in the two halves of `end`; the
    paragraph of the last one; where the first piece begins.
    """

    end: U64
    paragraph: U64
    first: I64
    piece: I64


class _Placed(NamedTuple):
    """What words come to: for one token its bucket << 22 | number of its form.

    `only` is one a word, with NOTHING and SEVERAL as in `Tokens`, `token` one a token.
    """

    only: U32
    token: U32


class Buckets:
    """Takes paragraphs as `Words.cut` finds them; `size` is how many bytes they take.

    Room for `room` bytes is there from the beginning. `counts` (u32) has how often each word was
    taken, were it to have tokens.
    """

    def __init__(self, room: int) -> None:
        self.size = 0
        self.counts = np.zeros(0, np.uint32)
        self._piece = min(max(room // (_BUCKETS * _PIECES), _SMALLEST), _LARGEST)
        self._arena = np.empty(room + _LARGEST, np.uint8)
        self._bounds = np.zeros(0, np.uint64)  # where each but the first begins
        self._state: _State
        self._bucket, self._code = Column(np.uint32), Column(np.uint16)  # of each form
        self._sizes = np.zeros(0, np.int64)  # how many forms there are in each bucket
        self._only, self._token = Column(np.uint32), Column(np.uint32)
        self._place = Column(np.uint32)
        self._lengths: list[I64] = [np.zeros(0, np.int64)]
        self._paragraphs = 0

    def add(self, tokens: Tokens, prefix: U64, stream: U32, first: I64) -> int:
        """Take paragraphs of words; answer the size then.

        `prefix` (u64) has the first eight bytes of each stem. Raises NotWritten.
        """
        if not len(self._sizes):
            self._divide(tokens, prefix, stream[: first[-1]])
        self._number(tokens, prefix)
        self.counts = np.append(
            self.counts, np.zeros(len(tokens.only) - len(self.counts), np.uint32)
        )
        placed = _Placed(self._only.array, self._token.array)
        lengths = np.zeros(len(first) - 1, np.int64)
        paragraph = word = 0
        while paragraph < len(lengths):
            paragraph, word, self.size = _put_words(
                stream, first, lengths, paragraph, word, self._paragraphs, tokens, placed,
                self.counts, self._state, self._arena, self.size,
            )  # fmt: skip
            if paragraph < len(lengths):  # a document that is larger than all that was asked for
                self._grow()
        self._lengths.append(lengths)
        self._paragraphs += len(lengths)
        return self.size

    def _divide(self, tokens: Tokens, prefix: U64, stream: U32) -> None:
        """Say where buckets begin: each is to take about as many of the tokens of some words."""
        words = np.bincount(stream, minlength=len(tokens.only))
        stem = (tokens.chained & _LOW).astype(np.int64)
        times = np.repeat(words, np.diff(tokens.start))
        counts = np.bincount(stem, times, minlength=len(prefix))
        order = np.argsort(prefix)
        ends = np.cumsum(counts[order])
        total = max(ends[-1], 1) if len(ends) else 1
        buckets = min(int(total) // _TOKENS + 1, _BUCKETS)
        number = (ends * buckets / total).astype(np.int64)
        begins = np.flatnonzero(np.diff(number)) + 1
        self._bounds = np.unique(np.append(prefix[order[begins]], _SCRIPTS))
        count = len(self._bounds) + 1
        self._sizes = np.zeros(count, np.int64)
        self._state = _State(
            np.zeros(count, np.uint64), np.zeros(count, np.uint64), np.full(count, -1, np.int64),
            np.array([self._piece], np.int64),
        )  # fmt: skip

    def _number(self, tokens: Tokens, prefix: U64) -> None:
        """Give the new forms numbers in their buckets; note what the new words come to."""
        known, token = len(self._bucket), len(self._token)
        form, chained = tokens.form[token:], tokens.chained[token:]
        count = max(int(form.max(initial=0)) + 1, known) if len(form) else known
        stem, code = np.zeros(count - known, np.uint32), np.zeros(count - known, np.uint16)
        new = form >= known
        stem[form[new] - known], code[form[new] - known] = (
            chained[new] & _LOW,
            chained[new] >> _HIGH,
        )
        bucket = np.searchsorted(self._bounds, prefix[stem], "right")
        order = np.argsort(bucket, kind="stable")
        more = np.bincount(bucket, minlength=len(self._sizes))
        number = np.empty(len(bucket), np.int64)
        number[order] = np.arange(len(bucket)) + np.repeat(
            self._sizes - (np.cumsum(more) - more), more
        )
        self._sizes += more
        if self._sizes.max() > int(_FORM):
            raise NotWritten(TOO_MANY)
        self._bucket.extend(bucket)
        self._code.extend(code)
        self._place.extend(bucket << int(_NUMBER) | number)
        self._token.extend(self._place.array[form])
        only = tokens.only[len(self._only) :]
        single = (only != NOTHING) & (only != SEVERAL)
        placed = only.astype(np.uint32)
        placed[single] = self._token.array[tokens.start[:-1][len(self._only) :][single]]
        self._only.extend(placed)

    def _grow(self) -> None:
        if len(self._arena) == _ARENA:
            raise NotWritten(TOO_MANY)
        more = min(len(self._arena), _ARENA - len(self._arena))
        self._arena = np.append(self._arena, np.empty(more, np.uint8))

    def release(self) -> None:
        """Give the memory back: nothing is read any more."""
        self._arena = self._arena[:0].copy()

    def lengths(self) -> I64:
        """Give how many positions each paragraph has."""
        return np.concatenate(self._lengths)

    def ordered(self, term: U32, code: U16) -> "Order":
        """Say what `read` is to go by: each form's term, NONE if it was not taken, and its code.

        Terms ascend by the bytes of their stems.
        """
        order = np.argsort(self._bucket.array, kind="stable")
        terms, taken = term[order], term[order] != NONE
        bucket = np.zeros(int(terms[taken].max(initial=0)) + 1, np.int64)
        bucket[terms[taken]] = self._bucket.array[order][taken]
        return Order(terms, code[order], starts(self._sizes), bucket)

    def read(self, order: "Order", low: int, high: int, cursor: I64, keys: U64, codes: U16) -> None:
        """Give the tokens of the terms in [low, high), as `ranges.Fill`."""
        for b in range(int(order.bucket[low]), int(order.bucket[high - 1]) + 1):
            if self._state.first[b] >= 0:
                own = slice(*order.begins[b : b + 2].tolist())
                term, code = order.term[own], order.code[own]
                _read(b, self._state, self._arena, term, code, low, high, cursor, keys, codes)


class Order(NamedTuple):
    """Term and code of each form, bucket by bucket, where these begin, and each term's bucket."""

    term: U32
    code: U16
    begins: I64
    bucket: I64


@kernel
def _put_words(
    stream: U32,
    first: I64,
    lengths: I64,
    paragraph: int,
    word: int,
    before: int,
    tokens: Tokens,
    placed: _Placed,
    counts: U32,
    state: _State,
    arena: U8,
    top: int,
) -> tuple[int, int, int]:
    """Put the words of paragraphs, from one of them on, into their buckets.

    `before` paragraphs were put before. Answers where to go on, were the arena full (paragraph and
    word), and its first free byte.
    """
    piece = state.piece[0]
    for p in range(paragraph, len(lengths)):
        word, position = max(word, i64(first[p])), u64(lengths[p])
        for i in range(u64(word), u64(first[p + 1])):
            if i + u64(_AHEAD) < u64(first[-1]):
                prefetch_to_write(placed.only, i64(stream[i + u64(_AHEAD)]))
            w = stream[i]
            only = placed.only[w]
            if only == NOTHING:
                continue
            begin, end = i64(0), i64(1)
            if only == SEVERAL:
                begin, end = i64(tokens.start[w]), i64(tokens.start[w + 1])
            if top + (end - begin + 1) * piece > len(arena):
                lengths[p] = position
                return p, i64(i), top
            counts[w] += np.uint32(1)
            if only != SEVERAL:
                top = _put(only, u64(before + p), position, state, arena, top)
                position += u64(1)
                continue
            for token in range(begin, end):
                at = position + u64(tokens.position[token])
                top = _put(placed.token[token], u64(before + p), at, state, arena, top)
            position += u64(tokens.positions[w])
        lengths[p] = position
    return len(lengths), 0, top


@inlined
def _put(
    place: np.uint32, paragraph: int, position: int, state: _State, arena: U8, top: int
) -> int:
    """Put a token into its bucket; answer where the arena's free bytes begin."""
    bucket, form = u64(place) >> _NUMBER, u64(place) & _FORM
    at, end = state.end[bucket] & _LOW, state.end[bucket] >> _HIGH
    if at >= end:
        top = _begin_piece(i64(bucket), state, arena, top)
        at, end = state.end[bucket] & _LOW, state.end[bucket] >> _HIGH
    gap = u64(paragraph) - state.paragraph[bucket]
    state.paragraph[bucket] = paragraph
    if position < 1 << 8 and gap < 1 << 4 and form < 1 << 10:
        tag = u64(form >= 4)
        store64(arena, at, tag | position << u64(2) | gap << u64(10) | form << u64(14))
        at += u64(2) + tag
    elif position < 1 << 9 and gap < 1 << 8 and form < 1 << 13:
        store64(arena, at, u64(2) | position << u64(2) | gap << u64(11) | form << u64(19))
        at += u64(4)
    else:
        store64(arena, at, u64(3) | form << u64(2) | gap << _HIGH)
        store64(arena, at + u64(8), position)
        at += u64(12)
    state.end[bucket] = end << _HIGH | at
    return top


@kernel
def _begin_piece(bucket: int, state: _State, arena: U8, top: int) -> int:
    """Begin another piece of a bucket at `top`; answer where it ends."""
    if state.first[bucket] < 0:
        state.first[bucket] = top
    else:
        store64(arena, i64(state.end[bucket] & _LOW), u64(top))
    end = top + state.piece[0]
    state.end[bucket] = u64(end - _ROOM) << _HIGH | u64(top)
    return end


@kernel
def _read(
    bucket: int,
    state: _State,
    arena: U8,
    term: U32,
    code: U16,
    low: int,
    high: int,
    cursor: I64,
    keys: U64,
    codes: U16,
) -> None:
    """Read a bucket; put the tokens of the terms in [low, high) behind those of their term."""
    at = u64(state.first[bucket])
    last, room = state.end[bucket] & _LOW, u64(state.piece[0] - _ROOM)
    end, paragraph = at + room, u64(0)
    while at != last:
        if at >= end:
            at = load64(arena, i64(at)) & _LOW
            end = at + room
        word = load64(arena, i64(at))
        tag = word & u64(3)
        if tag < u64(2):
            position, gap = word >> u64(2) & u64(0xFF), word >> u64(10) & u64(0xF)
            form = word >> u64(14) & ((u64(4) << (tag << u64(3))) - u64(1))
            at += u64(2) + tag
        elif tag == u64(2):
            position, gap = word >> u64(2) & u64(0x1FF), word >> u64(11) & u64(0xFF)
            form = word >> u64(19) & u64(0x1FFF)
            at += u64(4)
        else:
            form, gap = (word & _LOW) >> u64(2), word >> _HIGH
            position = load64(arena, i64(at) + 8) & _LOW
            at += u64(12)
        paragraph += gap
        t = i64(term[form])
        if t >= low and t < high:
            out = u64(cursor[u64(t - low)])
            cursor[u64(t - low)] = out + u64(1)
            keys[out], codes[out] = paragraph << _HIGH | position, code[form]
