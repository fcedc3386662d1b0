"""The tokens of a segment in memory, each put behind those of its stem as it comes.

A stem's tokens stand in a chain of pieces of one arena, about two bytes each. What is noted of one
is its place: positions are counted through over all paragraphs, so that one number tells both.

    token = tag (2 bits) | another code than before (1 bit) | place - the place before
            in 1, 2, 3 or 5 bytes, by the tag; then the code, if another: a byte, or 255 and three
    piece = tokens, and where less than _MOST bytes are left, where the next one stands (u32)
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, store64
from index.codec.compiled import i64, inlined, kernel
from index.codec.words import SEVERAL, Tokens
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_PLACE, _CODE, _AT, _END, _COUNT, _FIRST, _SIZE = range(7)  # the columns of the state of a chain
_COLUMNS = 8  # with one for nothing, so that a row is in one line of the cache
_MOST = 13  # bytes that a token is written to, eight at a time
_SMALLEST, _LARGEST = 16, 1024  # pieces, in bytes; each is twice the one before
_STRIDE = 6  # the power of two; of every so many places the paragraph is noted
_PLACES = 0xFFFFFFFF

TOO_MANY = "one document has more than 4,294,967,295 words, more than the index has room for"


class Places(NamedTuple):
    """Where each paragraph's places begin, and one more (`start`, u32).

    `near` (u32) is a paragraph not behind that of each place that is a multiple of 2^_STRIDE.
    """

    start: U32
    near: U32


class Chains:
    """Takes paragraphs as `Words.cut` finds them; `size` is how many bytes they take.

    Room for `room` bytes is there from the beginning. `used` (u8) has a 1 for every word taken.
    """

    def __init__(self, room: int) -> None:
        self.size = 0
        self.used = np.zeros(0, np.uint8)
        self._arena = np.empty(room, np.uint8)
        self._state = np.zeros((1 << 10, _COLUMNS), np.uint32)
        self._starts: list[I64] = [np.zeros(1, np.int64)]

    def add(self, tokens: Tokens, stems: int, stream: U32, first: I64) -> None:
        """Take paragraphs of words, which come to so many stems. Raises NotWritten."""
        if stems > len(self._state):
            self._state = np.append(self._state, np.zeros((2 * stems, _COLUMNS), np.uint32), 0)
        if len(tokens.only) > len(self.used):
            self.used = np.append(self.used, np.zeros(len(tokens.only), np.uint8))
        starts = np.empty(len(first), np.int64)
        starts[0] = self._starts[-1][-1]
        paragraph = word = 0
        while paragraph < len(first) - 1:
            paragraph, word, self.size = _put_words(
                stream, first, starts, paragraph, word, tokens, self.used,
                self._state, self._arena, self.size,
            )  # fmt: skip
            if paragraph < len(first) - 1:  # a document that is larger than all that was asked for
                self._arena = np.append(self._arena, np.empty(2 * len(self._arena), np.uint8))
        if starts[-1] > _PLACES:
            raise NotWritten(TOO_MANY)
        self._starts.append(starts[1:])

    def starts(self) -> I64:
        """Give where the places of each paragraph begin, and one more."""
        return np.concatenate(self._starts)

    def counts(self, stems: int) -> I64:
        """Count the tokens of each of so many stems."""
        return self._state[:stems, _COUNT].astype(np.int64)

    def places(self) -> Places:
        """Give what it takes to read the chains."""
        starts = self.starts()
        every = np.arange(0, starts[-1], 1 << _STRIDE)
        near = np.searchsorted(starts, every, "right") - 1
        return Places(starts.astype(np.uint32), near.astype(np.uint32))

    def read(self, stem: U32, first: U32, code: U16, places: Places, keys: U64, codes: U16) -> None:
        """Give the tokens of some stems in a row, as `encode.Fill`.

        `first` (u32) has for every stem where its codes begin in `code` (u16), which are given
        instead.
        """
        _read(stem, first, code, places, self._state, self._arena, keys, codes)


@kernel
def _put_words(
    stream: U32,
    first: I64,
    starts: I64,
    paragraph: int,
    word: int,
    tokens: Tokens,
    used: U8,
    state: U32,
    arena: U8,
    top: int,
) -> tuple[int, int, int]:
    """Put the words of paragraphs, from one of them on, behind those of their stem.

    Answers where to go on, were the arena full (paragraph and word), and its first free byte.
    """
    # While the words of a paragraph are put, its end is where the next place is.
    for p in range(paragraph, len(first) - 1):
        word = max(word, i64(first[p]))
        place = starts[p] if word == first[p] else starts[p + 1]
        for i in range(word, first[p + 1]):
            w = stream[i]
            only, begin, end = tokens.only[w], i64(tokens.start[w]), i64(tokens.start[w + 1])
            if top + (end - begin + 1) * _LARGEST > len(arena):
                starts[p + 1] = place
                return p, i, top
            used[w] = 1
            if only != SEVERAL:
                top = _put(only, place, state, arena, top)
                place += 1
                continue
            for token in range(begin, end):
                at = place + i64(tokens.position[token])
                top = _put(tokens.chained[token], at, state, arena, top)
            place += i64(tokens.positions[w])
        starts[p + 1] = place
    return len(first) - 1, 0, top


@inlined
def _put(chained: np.uint64, place: int, state: U32, arena: U8, top: int) -> int:
    """Put a token behind those of its stem; answer where the arena's free bytes begin."""
    stem, code = i64(chained & np.uint64(SEVERAL)), i64(chained >> np.uint64(32))
    if i64(state[stem, _AT]) + _MOST > i64(state[stem, _END]):
        top = _begin_piece(stem, state, arena, top)
    at, value = i64(state[stem, _AT]), (place - i64(state[stem, _PLACE])) << 1
    value |= i64(code != i64(state[stem, _CODE]))
    tag = i64(value >= 1 << 6) + i64(value >= 1 << 14) + i64(value >= 1 << 22)
    store64(arena, at, np.uint64(value << 2 | tag))
    at += tag + 1 + (tag == 3)
    if value & 1:
        state[stem, _CODE] = code
        store64(arena, at, np.uint64(code if code < 255 else code << 8 | 255))
        at += 1 if code < 255 else 4
    state[stem, _PLACE], state[stem, _AT] = place, at
    state[stem, _COUNT] += np.uint32(1)
    return top


@kernel
def _begin_piece(stem: int, state: U32, arena: U8, top: int) -> int:
    """Begin another piece of a chain at `top`; answer where it ends."""
    size = min(max(2 * i64(state[stem, _SIZE]), _SMALLEST), _LARGEST)
    if state[stem, _SIZE]:
        for i in range(4):  # where it goes on
            arena[i64(state[stem, _AT]) + i] = (top >> (8 * i)) & 0xFF
    else:
        state[stem, _FIRST] = top
    state[stem, _SIZE], state[stem, _AT], state[stem, _END] = size, top, top + size
    return top + size


@kernel
def _read(
    stem: U32,
    first: U32,
    code_of: U16,
    places: Places,
    state: U32,
    arena: U8,
    keys: U64,
    codes: U16,
) -> None:
    """Read the chains of stems one after the other; see `Chains.read`."""
    out = i64(0)
    for s in stem:
        at, size, base = i64(state[s, _FIRST]), i64(_SMALLEST), i64(first[s])
        end, place, code, p = at + size, i64(0), i64(0), i64(0)
        for _ in range(state[s, _COUNT]):
            if at + _MOST > end:
                at, size = i64(load64(arena, at) & np.uint64(0xFFFFFFFF)), min(2 * size, _LARGEST)
                end = at + size
            word = load64(arena, at)
            tag = i64(word & np.uint64(3))
            length = tag + 1 + (tag == 3)
            value = i64(word & ((np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)))
            at, place = at + length, place + (value >> 3)
            if value & 4:
                code = i64(arena[at])
                if code == 255:
                    code = i64(load64(arena, at) & np.uint64(0xFFFFFFFF)) >> 8
                    at += 3
                at += 1
            if place >= places.start[p + 1]:
                p = max(p + 1, i64(places.near[place >> _STRIDE]))
                while place >= places.start[p + 1]:
                    p += 1
            keys[out] = np.uint64(p) << np.uint64(32) | np.uint64(place - i64(places.start[p]))
            codes[out] = code_of[base + code]
            out += 1
