"""An automaton led through the words of a dictionary, which share their beginnings with each other.

What is known of a beginning is kept, and words are passed over whose beginning leads nowhere, as in
a trie: Schulz and Mihov, "Fast string correction with Levenshtein automata" (2002).
"""

import numpy as np
import numpy.typing as npt

from index.analysis import MAX_FORM
from index.codec.bits import lowest
from index.codec.blocks import DAMAGED
from index.codec.compiled import i64, inlined, kernel, u64
from search.automaton import Tables

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

ROWS = MAX_FORM + 1
"""Of how many beginnings of a word states are kept: one for each of its bytes, and none."""

_NOWHERE = MAX_FORM + 1


@kernel
def accepted(
    text: U8,
    start: U32,
    shared: U8,
    begin: int,
    end: int,
    a: Tables,
    room: U64,
    found: I64,
) -> int:
    """Find the words that an automaton accepts among those from `begin` to `end`; count them.

    Word i is of the bytes [start[i], start[i + 1]) of `text`, and has the first `shared[i]` of the
    one before it. `room` is for the states behind each byte of a word, ROWS times those that the
    automaton has. Raises ValueError where a word is longer than there is room for.
    """
    words, count, dead = i64(len(a.last)), i64(0), i64(_NOWHERE)
    for w in range(words):
        room[w] = u64(w == 0)
    for i in range(begin, end):
        at = i64(shared[i]) if i > begin else i64(0)
        if at >= dead:
            continue
        first, size = i64(start[i]), i64(start[i + 1]) - i64(start[i])
        if size > MAX_FORM:
            raise ValueError(DAMAGED)
        at = min(at, size)
        while 0 < at < size and text[first + at] & 0xC0 == 0x80:
            at -= 1  # what is shared ends within a character
        dead = _follow(text, first, at, size, a, words, room)
        if dead == _NOWHERE and _is_last(a, words, room, size):
            found[count] = i
            count += 1
    return count


@inlined
def _is_last(a: Tables, words: int, room: U64, size: int) -> bool:
    here = u64(0)
    for w in range(words):
        here |= room[size * words + w] & a.last[w]
    return here != 0


@inlined
def _follow(text: U8, first: int, at: int, size: int, a: Tables, words: int, room: U64) -> int:
    """Note the states behind each character of a word, from its byte `at` on.

    Gives behind how many bytes there are none, _NOWHERE if that is not so.
    """
    while at < size:
        byte = i64(text[first + at])
        length, kind = i64(1), i64(0)
        if byte < 0x80:
            kind = a.ascii[byte]
        else:
            length = min(i64(2) + (byte >= 0xE0) + (byte >= 0xF0), size - at)
            kind = _class_of(text, first + at, length, a.starts)
        here, there = at * words, (at + length) * words
        for w in range(words):
            room[there + w] = 0
        for w in range(words):
            bits = room[here + w]
            while bits != 0:
                state = (i64(w) * 64 + lowest(bits)) * words
                bits &= bits - u64(1)
                for v in range(words):
                    room[there + v] |= a.follow[state + v]
        left = u64(0)
        for w in range(words):
            room[there + w] &= a.masks[kind * words + w]
            left |= room[there + w]
        at += length
        if left == 0:
            return at
    return i64(_NOWHERE)


@inlined
def _class_of(text: U8, at: int, length: int, starts: I64) -> int:
    """Give the class of a character of two to four bytes of UTF-8."""
    code = i64(text[at]) & (0x7F >> length)
    for k in range(1, length):
        code = code << 6 | i64(text[at + k]) & 0x3F
    low, high = i64(0), i64(len(starts))
    while low + 1 < high:
        middle = (low + high) // 2
        if starts[middle] <= code:
            low = middle
        else:
            high = middle
    return low
