"""The words of a dictionary that are within a few typing errors of one, or begin so.

The distance is that of optimal string alignment, in code points: Damerau, "A technique for computer
detection and correction of spelling errors" (1964), each stretch edited once. Rows of Wagner and
Fischer's table are kept for each beginning, which neighbours in the dictionary share, so that it is
walked like a trie; of a row only the band is filled that can come to a distance small enough.
"""

import numpy as np
import numpy.typing as npt

from index.analysis import MAX_FORM
from index.codec.blocks import DAMAGED
from index.codec.compiled import i64, inlined, kernel

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

LONGEST = 60
"""The longest word, in code points, that is looked for."""

MOST = 2
"""The most errors."""

WIDTH = LONGEST + 2
"""How long a row is: a cell for each character, one before, and one behind."""

DEPTHS = LONGEST + MOST + 1

ROOM = DEPTHS * WIDTH
"""How many cells (i64) there must be for rows."""

PATH = MAX_FORM + 1
"""How much room (i64) there must be for each of the three arrays that describe the path."""

_NOWHERE = MAX_FORM + 1


@kernel
def near(
    text: U8,
    start: U32,
    shared: U8,
    begin: int,
    end: int,
    word: I64,
    most: int,
    beginning: bool,
    rows: I64,
    chars: I64,
    depths: I64,
    best: I64,
    found: I64,
    distances: U8,
) -> int:
    """Find the forms from `begin` to `end` at most `most` errors from `word`; count them.

    Form i is of the bytes [start[i], start[i + 1]) of `text`, and has the first `shared[i]` of the
    one before it. `word` is of code points. Of `beginning`, a form counts by that of its own
    beginnings which is nearest. `rows`, `chars`, `depths` and `best` are room. `found` gets the
    numbers of the forms, ascending, `distances` the errors of each; both have room for all.
    Raises ValueError where a form is longer than there can be.
    """
    _first_row(word, most, rows, best)
    depths[0] = 0
    count, walked, stop, value = i64(0), i64(0), i64(_NOWHERE), i64(most + 1)
    for i in range(begin, end):
        first, size = i64(start[i]), i64(start[i + 1]) - i64(start[i])
        if size > MAX_FORM:
            raise ValueError(DAMAGED)
        at = min(i64(shared[i]) if i > begin else i64(0), size, walked)
        if at < stop:
            stop, value, walked = _walk(
                text, first, size, at, word, most, beginning, rows, chars, depths, best
            )
        if value <= most:
            found[count] = i
            distances[count] = value
            count += 1
    return count


@inlined
def _walk(
    text: U8,
    first: int,
    size: int,
    at: int,
    word: I64,
    most: int,
    beginning: bool,
    rows: I64,
    chars: I64,
    depths: I64,
    best: I64,
) -> tuple[int, int, int]:
    """Follow a form from its `at`th byte on, as far as it can still be near.

    Answers the byte at which it was left (all forms that share as much have the same distance), the
    distance, and how many bytes were walked.
    """
    length = i64(len(word))
    while 0 < at < size and text[first + at] & 0xC0 == 0x80:
        at -= 1  # what is shared ends within a character
    depth = depths[at]
    while at < size:
        if depth == length + most:
            return at, best[depth] if beginning else most + 1, at
        char, width = _character(text, first + at, first + size)
        for k in range(1, width):
            depths[at + k] = depth
        at += width
        depth += 1
        depths[at] = depth
        chars[depth] = char
        lowest = _next_row(word, most, rows, chars, depth)
        last = rows[depth * WIDTH + length] if depth >= length - most else i64(most + 1)
        best[depth] = min(best[depth - 1], last)
        if lowest > most:
            return at, best[depth] if beginning else most + 1, at
    value = most + 1
    if beginning:
        value = best[depth]
    elif length - most <= depth <= length + most:
        value = rows[depth * WIDTH + length]
    return i64(_NOWHERE), value, at


@inlined
def _first_row(word: I64, most: int, rows: I64, best: I64) -> None:
    length = len(word)
    for j in range(min(length, most) + 1):
        rows[j] = j
    if length > most:
        rows[most + 1] = most + 1
    best[0] = length if length <= most else most + 1


@inlined
def _next_row(word: I64, most: int, rows: I64, chars: I64, depth: int) -> int:
    """Fill the band of a row; answer the lowest of it."""
    length, here = i64(len(word)), depth * WIDTH
    low, high = max(i64(1), depth - most), min(length, depth + most)
    rows[here + low - 1] = depth if low == 1 else most + 1
    lowest = rows[here + low - 1]
    above = here - WIDTH
    for j in range(low, high + 1):
        cost = i64(word[j - 1] != chars[depth])
        value = min(rows[above + j - 1] + cost, rows[here + j - 1] + 1)
        if j < depth + most:
            value = min(value, rows[above + j] + 1)
        if depth > 1 and j > 1 and cost and _swapped(word, chars, depth, j):
            value = min(value, rows[above - WIDTH + j - 2] + 1)
        value = min(value, most + 1)
        rows[here + j] = value
        lowest = min(lowest, value)
    return lowest


@inlined
def _swapped(word: I64, chars: I64, depth: int, j: int) -> bool:
    return bool(word[j - 1] == chars[depth - 1] and word[j - 2] == chars[depth])


@inlined
def _character(text: U8, at: int, end: int) -> tuple[int, int]:
    """Decode a character of UTF-8, and count its bytes; a stray byte is one of its own."""
    byte = i64(text[at])
    width = i64(1)
    if byte >= 0xF0:
        width = 4
    elif byte >= 0xE0:
        width = 3
    elif byte >= 0xC0:
        width = 2
    if width == 1 or at + width > end:
        return byte, i64(1)
    value = byte & (0x7F >> width)
    for k in range(1, width):
        value = value << 6 | (i64(text[at + k]) & 0x3F)
    return value, width
