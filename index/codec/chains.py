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

from index.codec.bits import load64, store64
from index.codec.compiled import i64, inlined, kernel
from index.codec.words import SEVERAL, Tokens
from index.errors import NotWritten

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_PARAGRAPH, _POSITION, _CODE, _AT, _END, _COUNT, _FIRST, _SIZE = range(8)  # the state of a chain
_MOST = 18  # bytes that a token is written to, eight at a time
_SMALLEST, _LARGEST = 32, 1024  # pieces, in bytes; each is twice the one before
_ARENA = (1 << 32) - 8  # bytes, for a piece is found by a u32
_WIDE, _CHANGED = 0xFF, 4
_LOW = np.uint64(0xFFFFFFFF)

TOO_MANY = "one document has more words than the index has room for"


class Chains:
    """Takes paragraphs as `Words.cut` finds them; `size` is how many bytes they take.

    Room for `room` bytes is there from the beginning. `used` (u8) has a 1 for every word taken.
    """

    def __init__(self, room: int) -> None:
        self.size = 0
        self.used = np.zeros(0, np.uint8)
        self._arena = np.empty(room + _LARGEST, np.uint8)
        self._state = np.zeros((1 << 10, 8), np.uint32)
        self._lengths: list[I64] = [np.zeros(0, np.int64)]
        self._paragraphs = 0

    def add(self, tokens: Tokens, stems: int, stream: U32, first: I64) -> int:
        """Take paragraphs of words, which come to so many stems; answer the size then.

        Raises NotWritten.
        """
        if stems > len(self._state):
            self._state = np.append(self._state, np.zeros((2 * stems, 8), np.uint32), 0)
        if len(tokens.only) > len(self.used):
            self.used = np.append(self.used, np.zeros(len(tokens.only), np.uint8))
        lengths = np.zeros(len(first) - 1, np.int64)
        paragraph = word = 0
        while paragraph < len(lengths):
            paragraph, word, self.size = _put_words(
                stream, first, lengths, paragraph, word, self._paragraphs, tokens,
                self.used, self._state, self._arena, self.size,
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

    def lengths(self) -> I64:
        """Give how many positions each paragraph has."""
        return np.concatenate(self._lengths)

    def counts(self, stems: int) -> I64:
        """Count the tokens of each of so many stems."""
        return self._state[:stems, _COUNT].astype(np.int64)

    def read(self, stem: U32, first: U32, code: U16, keys: U64, codes: U16) -> None:
        """Give the tokens of some stems in a row, as `encode.Fill`.

        `first` (u32) has for every stem where its codes begin in `code` (u16), which are given
        instead.
        """
        _read(stem, first, code, self._state, self._arena, keys, codes)


@kernel
def _put_words(
    stream: U32,
    first: I64,
    lengths: I64,
    paragraph: int,
    word: int,
    before: int,
    tokens: Tokens,
    used: U8,
    state: U32,
    arena: U8,
    top: int,
) -> tuple[int, int, int]:
    """Put the words of paragraphs, from one of them on, behind those of their stem.

    `before` paragraphs were put before. Answers where to go on, were the arena full (paragraph and
    word), and its first free byte.
    """
    for p in range(paragraph, len(lengths)):
        word, position = max(word, i64(first[p])), i64(lengths[p])
        for i in range(word, first[p + 1]):
            w = stream[i]
            only = tokens.only[w]
            if only != SEVERAL and top + _LARGEST <= len(arena):
                top = _put(only, before + p, position, state, arena, top)
                used[w] = 1
                position += 1
                continue
            begin, end = i64(tokens.start[w]), i64(tokens.start[w + 1])
            if top + (end - begin) * _LARGEST > len(arena):
                lengths[p] = position
                return p, i, top
            used[w] = 1
            for token in range(begin, end):
                at = position + i64(tokens.position[token])
                top = _put(tokens.chained[token], before + p, at, state, arena, top)
            position += i64(tokens.positions[w])
        lengths[p] = position
    return len(lengths), 0, top


@inlined
def _put(chained: np.uint64, paragraph: int, position: int, state: U32, arena: U8, top: int) -> int:
    """Put a token behind those of its stem; answer where the arena's free bytes begin."""
    stem, code = i64(chained & _LOW), i64(chained >> np.uint64(32))
    if i64(state[stem, _AT]) + _MOST > i64(state[stem, _END]):
        top = _begin_piece(stem, state, arena, top)
    at, gap = i64(state[stem, _AT]), paragraph - i64(state[stem, _PARAGRAPH])
    added = position - (i64(0) if gap else i64(state[stem, _POSITION]))
    changed = i64(code != i64(state[stem, _CODE]))
    tag = i64(gap >= 1 << 5) + i64(gap >= 1 << 13) + i64(gap >= 1 << 21)
    value = gap << 11 | min(added, _WIDE) << 3 | changed << 2 | tag
    store64(arena, at, np.uint64(value))
    at += tag + 2 + (tag == 3)
    if added >= _WIDE:
        store64(arena, at, np.uint64(added))
        at += 4
    if changed:
        state[stem, _CODE] = code
        store64(arena, at, np.uint64(code if code < 255 else code << 8 | 255))
        at += 1 if code < 255 else 4
    state[stem, _PARAGRAPH], state[stem, _POSITION], state[stem, _AT] = paragraph, position, at
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
    stem: U32, first: U32, code_of: U16, state: U32, arena: U8, keys: U64, codes: U16
) -> None:
    """Read the chains of stems one after the other; see `Chains.read`."""
    out = i64(0)
    for s in stem:
        at, size, base = i64(state[s, _FIRST]), i64(_SMALLEST), i64(first[s])
        end, code, paragraph, position = at + size, i64(0), i64(0), i64(0)
        for _ in range(state[s, _COUNT]):
            if at + _MOST > end:
                at, size = i64(load64(arena, at) & _LOW), min(2 * size, _LARGEST)
                end = at + size
            word = load64(arena, at)
            tag = i64(word & np.uint64(3))
            length = tag + 2 + (tag == 3)
            gap = i64(word & ((np.uint64(1) << np.uint64(8 * length)) - np.uint64(1))) >> 11
            at, added = at + length, i64(word) >> 3 & _WIDE
            if added == _WIDE:
                added = i64(load64(arena, at) & _LOW)
                at += 4
            position = added + (i64(0) if gap else position)
            paragraph += gap
            if i64(word) & _CHANGED:
                code = i64(arena[at])
                if code == 255:
                    code = i64(load64(arena, at) & _LOW) >> 8
                    at += 3
                at += 1
            keys[out] = np.uint64(paragraph) << np.uint64(32) | np.uint64(position)
            codes[out] = code_of[base + code]
            out += 1
