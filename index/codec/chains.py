"""The tokens of a segment in memory, each put behind those of its stem as it comes.

A stem's tokens stand in a chain of pieces of one arena, less than three bytes each.

    token = tag (2 bits) | another code than before (1 bit) | position (8 bits) | gap
            in 2, 3, 4 or 6 bytes, by the tag, then the position (u32) if it is in no 8 bits,
            then the code, if another: a byte, or 255 and three
    piece = tokens, and where less than _MOST bytes are left, where the next one stands (u32)

The gap is from the paragraph before; where that is the same, the position is what is added to it.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, prefetch, store64
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.words import NOTHING, SEVERAL, Tokens
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_MOST = np.uint64(18)  # bytes that a token is written to, eight at a time
_SMALLEST, _LARGEST = 32, 1024  # pieces, in bytes; each is twice the one before
_ARENA = (1 << 32) - 8  # bytes, for a piece is found by a u32
_WIDE, _CHANGED = np.uint64(0xFF), np.uint64(4)
_GAPS = tuple(np.uint64(1 << bits) for bits in (5, 13, 21))  # what is in no fewer bytes
_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(32)

# The state of a chain, a row of numbers of 64 bits, whose halves are: paragraph and position of the
# last token; where its piece ends, and the next token begins; the size of the piece, and the code
# last put; and where the first piece begins.
_KEY, _PIECE, _CODE, _FIRST = map(np.uint64, range(4))
_STATE = np.uint64(4)
_LINE = 64  # bytes that come from memory together
_AHEAD = 16  # words; so long before one is put, its chain's end is asked for
_NEXT = 4  # chains; so long before one is read, its beginning is asked for

TOO_MANY = "one document has more words than the index has room for"


class Chains:
    """Takes paragraphs as `Words.cut` finds them; `size` is how many bytes they take.

    Room for `room` bytes is there from the beginning. `counts` (u32) has how often each word was
    taken, were it to have tokens.
    """

    def __init__(self, room: int) -> None:
        self.size = 0
        self.counts = np.zeros(0, np.uint32)
        self._arena = np.empty(room + _LARGEST, np.uint8)
        self._state = np.zeros(1 << 12, np.uint64)
        self._lengths: list[I64] = [np.zeros(0, np.int64)]
        self._paragraphs = 0

    def add(self, tokens: Tokens, stems: int, stream: U32, first: I64) -> int:
        """Take paragraphs of words, which come to so many stems; answer the size then.

        Raises NotWritten.
        """
        if stems * int(_STATE) > len(self._state):
            self._state = np.append(self._state, np.zeros(2 * stems * int(_STATE), np.uint64))
        if len(tokens.only) > len(self.counts):
            self.counts = np.append(self.counts, np.zeros(len(tokens.only), np.uint32))
        lengths = np.zeros(len(first) - 1, np.int64)
        paragraph = word = 0
        while paragraph < len(lengths):
            paragraph, word, self.size = _put_words(
                stream, first, lengths, paragraph, word, self._paragraphs, tokens,
                self.counts, self._state, self._arena, self.size,
            )  # fmt: skip
            if paragraph < len(lengths):  # a document that is larger than all that was asked for
                self._grow()
        self._lengths.append(lengths)
        self._paragraphs += len(lengths)
        return self.size

    def _grow(self) -> None:
        if len(self._arena) == _ARENA:
            raise NotWritten(TOO_MANY)
        more = min(len(self._arena), _ARENA - len(self._arena))
        self._arena = np.append(self._arena, np.empty(more, np.uint8))

    def release(self) -> None:
        """Give the memory back: nothing is read any more."""
        self._arena, self._state = self._arena[:0].copy(), self._state[:0].copy()

    def lengths(self) -> I64:
        """Give how many positions each paragraph has."""
        return np.concatenate(self._lengths)

    def read(self, stem: U32, count: I64, first: U32, code: U16, keys: U64, codes: U16) -> None:
        """Give the tokens of some stems in a row, as `encode.Fill`.

        `count` (i64) has how many each has. `first` (u32) has for every stem where its codes begin
        in `code` (u16), which are given instead.
        """
        _read(stem, count, first, code, self._state, self._arena, keys, codes)


@kernel
def _put_words(
    stream: U32,
    first: I64,
    lengths: I64,
    paragraph: int,
    word: int,
    before: int,
    tokens: Tokens,
    counts: U32,
    state: U64,
    arena: U8,
    top: int,
) -> tuple[int, int, int]:
    """Put the words of paragraphs, from one of them on, behind those of their stem.

    `before` paragraphs were put before. Answers where to go on, were the arena full (paragraph and
    word), and its first free byte.
    """
    for p in range(paragraph, len(lengths)):
        word, position = max(word, i64(first[p])), u64(lengths[p])
        begins = u64(before + p) << _HIGH
        for i in range(u64(word), u64(first[p + 1])):
            _look_ahead(stream, i, u64(first[-1]), tokens.only, state, arena)
            w = stream[i]
            only = tokens.only[w]
            if only == NOTHING:
                continue
            if only != SEVERAL and top + _LARGEST <= len(arena):
                top = _put(only, begins | position, state, arena, top)
                counts[w] += np.uint32(1)
                position += u64(1)
                continue
            begin, end = i64(tokens.start[w]), i64(tokens.start[w + 1])
            if top + (end - begin) * _LARGEST > len(arena):
                lengths[p] = position
                return p, i64(i), top
            counts[w] += np.uint32(1)
            for token in range(begin, end):
                at = position + u64(tokens.position[token])
                top = _put(tokens.chained[token], begins | at, state, arena, top)
            position += u64(tokens.positions[w])
        lengths[p] = position
    return len(lengths), 0, top


@inlined
def _look_ahead(stream: U32, i: int, end: int, only: U64, state: U64, arena: U8) -> None:
    """Ask for what some of the next words will touch: most of the time is waiting for memory."""
    if i + u64(3 * _AHEAD) >= end:
        return
    prefetch(only, i64(stream[i + u64(3 * _AHEAD)]))
    prefetch(state, i64((only[stream[i + u64(2 * _AHEAD)]] & _LOW) * _STATE))
    near = only[stream[i + u64(_AHEAD)]]
    if near < NOTHING:
        prefetch(arena, i64(state[(near & _LOW) * _STATE + _PIECE] & _LOW))


@inlined
def _put(chained: np.uint64, key: np.uint64, state: U64, arena: U8, top: int) -> int:
    """Put a token behind those of its stem; answer where the arena's free bytes begin.

    `key` is its paragraph << 32 | position. As little as can be depends on branches, which these
    numbers make hard to foresee.
    """
    row, code = (chained & _LOW) * _STATE, chained >> _HIGH
    piece = state[row + _PIECE]
    if (piece & _LOW) + _MOST > piece >> _HIGH:
        top = _begin_piece(row, state, arena, top)
        piece = state[row + _PIECE]
    at, end = piece & _LOW, piece >> _HIGH
    last, known = state[row + _KEY], state[row + _CODE]
    gap = (key >> _HIGH) - (last >> _HIGH)
    added = (key & _LOW) - (u64(0) if gap else last & _LOW)
    changed = u64((known & _LOW) != code)
    tag = u64(gap >= _GAPS[0]) + u64(gap >= _GAPS[1]) + u64(gap >= _GAPS[2])
    prefetch(arena, i64(at) + _LINE)
    store64(arena, at, gap << u64(11) | min(added, _WIDE) << u64(3) | changed << u64(2) | tag)
    at += tag + u64(2) + u64(tag == u64(3))
    if added >= _WIDE:
        store64(arena, at, added)
        at += u64(4)
    short = code < u64(255)
    store64(arena, at, code if short else code << u64(8) | u64(255))
    at += changed * (u64(1) if short else u64(4))
    state[row + _KEY], state[row + _PIECE] = key, end << _HIGH | at
    state[row + _CODE] = known & ~_LOW | code
    return top


@kernel
def _begin_piece(row: np.uint64, state: U64, arena: U8, top: int) -> int:
    """Begin another piece of a chain at `top`; answer where it ends."""
    before = i64(state[row + _CODE] >> _HIGH)
    size = min(max(2 * before, _SMALLEST), _LARGEST)
    if before:
        for i in range(4):  # where it goes on
            arena[i64(state[row + _PIECE] & _LOW) + i] = (top >> (8 * i)) & 0xFF
    else:
        state[row + _FIRST] = top
    state[row + _PIECE] = u64(top + size) << _HIGH | u64(top)
    state[row + _CODE] = u64(size) << _HIGH | state[row + _CODE] & _LOW
    return top + size


@kernel
def _read(
    stem: U32,
    count: I64,
    first: U32,
    code_of: U16,
    state: U64,
    arena: U8,
    keys: U64,
    codes: U16,
) -> None:
    """Read the chains of stems one after the other; see `Chains.read`."""
    out = u64(0)
    for s in range(len(stem)):
        if s + 2 * _NEXT < len(stem):
            prefetch(state, i64(stem[s + 2 * _NEXT]) * 4)
            prefetch(arena, i64(state[u64(stem[s + _NEXT]) * _STATE + _FIRST]))
        at, size = i64(state[u64(stem[s]) * _STATE + _FIRST]), i64(_SMALLEST)
        base, end = u64(first[stem[s]]), at + size
        code, paragraph, position = u64(0), u64(0), u64(0)
        for _ in range(count[s]):
            if at + i64(_MOST) > end:
                at, size = i64(load64(arena, at) & _LOW), min(2 * size, _LARGEST)
                end = at + size
            word = load64(arena, at)
            tag = i64(word & u64(3))
            length = tag + 2 + (tag == 3)
            gap = (word & ((u64(1) << u64(8 * length)) - u64(1))) >> u64(11)
            at, added = at + length, word >> u64(3) & _WIDE
            if added == _WIDE:
                added = load64(arena, at) & _LOW
                at += 4
            position = added + (u64(0) if gap else position)
            paragraph += gap
            if word & _CHANGED:
                code = load64(arena, at) & u64(255)
                if code == u64(255):
                    code = (load64(arena, at) & _LOW) >> u64(8)
                    at += 3
                at += 1
            keys[out] = paragraph << _HIGH | position
            codes[out] = code_of[base + code]
            out += u64(1)
