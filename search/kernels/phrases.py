"""How often words stand in a row, or near each other, in a paragraph that has them all.

Positions are read where they are packed. Modulo 64 those of a word in a paragraph are the bits of a
number; shifted by the words' places in the phrase, the numbers have in common where it may begin.
Few paragraphs are left then of which it has to be looked at position by position. It is the
Shift-And of Baeza-Yates and Gonnet, "A new approach to text searching" (1992), on positions instead
of text.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.bits import load64, popcount, prefetch
from index.codec.blocks import BLOCK, Columns, code_width, columns_at, fields_of, sum_before
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.packing import field
from search.kernels.room import ROWS, Room, room_at

I64 = npt.NDArray[np.int64]


class Words(NamedTuple):
    """The positions of each word of a phrase in a candidate, read where they are packed.

    Fields of `width` bits from the byte `at` on, of which the lower `bits` are the position and
    the others the form's code; the word's are those in [first, end). `code` is the one that is
    wanted, -1 for any. What follows is for proximities: the first of the words that are the
    `same`, how `many` of it are wanted, how many the window `has`, and two walks: `next` with
    `last`, and `first`, which goes on, with `last_behind`.
    """

    at: I64
    width: I64
    bits: I64
    first: I64
    end: I64
    code: I64
    same: I64
    many: I64
    has: I64
    next: I64
    last: I64
    last_behind: I64


@inlined
def has_term(r: Room, p: int, i: int) -> bool:
    """Tell whether a term bounds how often a phrase stands in a paragraph; not so a proximity."""
    if r.phrase_slop[p] >= 0:
        return False
    for w in range(r.phrase_start[p], r.phrase_start[p + 1]):
        if r.phrase_term[w] == i:
            return True
    return False


@kernel
def narrow(segment: I64, room: I64, p: int, lead: int, i: int, count: int) -> int:
    """Keep the candidates in which a phrase may begin, as far as a term of it tells.

    `begins` notes where, a bit for each position modulo 64; where all positions are lower
    (`highest` has the last of them), that is exact. The first call for a chunk has `begun` 0,
    and looks at the lead as well.
    """
    c, r = columns_at(segment), room_at(room)
    if r.begun[p] == 0:
        r.begun[p] = 1
        for k in range(count):
            at = p * BLOCK + r.kept[k]
            r.highest[at], r.begins[at] = 0, ~np.uint64(0)
        if i != lead and lead >= 0:
            count = _narrow_term(c, r, p, lead, count)
    return _narrow_term(c, r, p, i, count)


@inlined
def _narrow_term(c: Columns, r: Room, p: int, i: int, count: int) -> int:
    begin = r.phrase_start[p]
    for w in range(begin, r.phrase_start[p + 1]):
        if r.phrase_term[w] != i:
            continue
        k = i64(0)
        while k < count:
            k = _find_in_block(c, r, w, k, count)
        _narrow_begins(c, r, p, w, count)
        n = 0
        for k in range(count):
            r.kept[n] = r.kept[k]
            n += r.begins[p * BLOCK + r.kept[k]] != 0
        count = n
    return count


@kernel
def keep_phrase(segment: I64, room: I64, p: int, count: int) -> int:
    """Keep the candidates that have a phrase; note in `tf` how often, a proximity in fractions."""
    c, r = columns_at(segment), room_at(room)
    row = r.phrase_slop[p] < 0
    if row and r.begun[p] == 0:  # it is of one term
        count = narrow(segment, room, p, i64(-1), r.phrase_term[r.phrase_start[p]], count)
    n = 0
    for k in range(count):
        j = r.kept[k]
        if not row:
            tf = _near_tf(c, r, p, j)
        elif r.highest[p * BLOCK + j] <= 64 - (r.phrase_start[p + 1] - r.phrase_start[p]):
            tf = np.float32(popcount(r.begins[p * BLOCK + j]))
        else:
            tf = _row_tf(c, r, p, j)
        r.tf[p * BLOCK + j] = tf
        r.kept[n] = j
        n += tf > 0
    return n


@inlined
def _find_in_block(c: Columns, r: Room, w: int, first: int, count: int) -> int:
    """Note which positions of a word are those of the next candidates of one of its blocks.

    They are brought near, for reading one after the other would wait for memory each time. Gives
    the first candidate behind.
    """
    i = r.phrase_term[w]
    term, block = r.terms[i], r.found[i * BLOCK + r.kept[first]] // BLOCK
    end = first + 1
    while end < count and r.found[i * BLOCK + r.kept[end]] // BLOCK == block:
        end += 1
    if end - first > 6:
        sum_before(c, term, block, r.before)
    else:
        for k in range(first, end):
            _sum_before_row(c, term, block, r.found[i * BLOCK + r.kept[k]] % BLOCK, r.before)
    at, width = i64(c.positions[block]), i64(c.position_width[block]) + code_width(c, term)
    for k in range(first, end):
        j = r.kept[k]
        row = r.found[u64(i * BLOCK + j)] & (BLOCK - 1)
        begin, behind = r.before[u64(row)], r.before[u64(row + 1)]
        r.from_field[u64(w * BLOCK + j)], r.to_field[u64(w * BLOCK + j)] = begin, behind
        prefetch(c.packed_positions, at + (begin * width >> 3))
    return end


@inlined
def _narrow_begins(c: Columns, r: Room, p: int, w: int, count: int) -> None:
    """Take a word's positions into account in the candidates."""
    i, wanted, shift = r.phrase_term[w], r.phrase_code[w], w - r.phrase_start[p]
    coding, back = code_width(c, r.terms[i]), (64 - shift) & 63
    for k in range(count):
        j = r.kept[k]
        block = r.found[u64(i * BLOCK + j)] // BLOCK
        begin, behind = r.from_field[u64(w * BLOCK + j)], r.to_field[u64(w * BLOCK + j)]
        at, bits = i64(c.positions[block]), i64(c.position_width[block])
        width, mask = bits + coding, (i64(1) << bits) - 1
        near = mask & 63
        coded = ((i64(1) << coding) - 1) << bits if wanted >= 0 else i64(0)
        code = wanted << bits if wanted >= 0 else i64(0)
        # Most frequencies are 1 or 2: no loop then, and no branch that cannot be foretold.
        last = _read(c, at, width, behind - 1)
        value = _read(c, at, width, begin)
        here = u64((value & coded) == code) << u64(value & near)
        here |= u64((last & coded) == code) << u64(last & near)
        for f in range(begin + 1, behind - 1):
            value = _read(c, at, width, f)
            here |= u64((value & coded) == code) << u64(value & near)
        here = here >> u64(shift & 63) | here << u64(back)
        r.begins[u64(p * BLOCK + j)] &= here
        r.highest[u64(p * BLOCK + j)] = max(r.highest[u64(p * BLOCK + j)], last & mask)


@inlined
def _read(c: Columns, at: int, width: int, i: int) -> int:
    bit = i * width
    return i64(load64(c.packed_positions, at + (bit >> 3)) >> u64(bit & 7))


@inlined
def _sum_before_row(c: Columns, term: int, block: int, row: int, before: I64) -> None:
    before[row], before[row + 1] = fields_of(c, term, block, row)


@inlined
def _find_fields(c: Columns, r: Room, w: int, j: int) -> None:
    """Note which positions of a word of a phrase are a candidate's."""
    i = r.phrase_term[w]
    place = r.found[i * BLOCK + j]
    first, end = fields_of(c, r.terms[i], place // BLOCK, place % BLOCK)
    r.from_field[w * BLOCK + j], r.to_field[w * BLOCK + j] = first, end


@inlined
def _words(c: Columns, r: Room, p: int, j: int) -> Words:
    """Find the positions of each word of a phrase in a candidate."""
    begin, n = r.phrase_start[p], r.phrase_start[p + 1] - r.phrase_start[p]
    size, rows = len(r.words) // ROWS, r.words
    words = Words(
        rows[:n],
        rows[size : size + n],
        rows[2 * size : 2 * size + n],
        rows[3 * size : 3 * size + n],
        rows[4 * size : 4 * size + n],
        rows[5 * size : 5 * size + n],
        rows[6 * size : 6 * size + n],
        rows[7 * size : 7 * size + n],
        rows[8 * size : 8 * size + n],
        rows[9 * size : 9 * size + n],
        rows[10 * size : 10 * size + n],
        rows[11 * size : 11 * size + n],
    )
    for w in range(n):
        i, at = r.phrase_term[begin + w], (begin + w) * BLOCK + j
        block = r.found[i * BLOCK + j] // BLOCK
        words.at[w], words.bits[w] = c.positions[block], c.position_width[block]
        words.width[w] = words.bits[w] + code_width(c, r.terms[i])
        words.first[w], words.end[w] = r.from_field[at], r.to_field[at]
        words.code[w] = r.phrase_code[begin + w]
    return words


@inlined
def _position(c: Columns, words: Words, w: int, i: int) -> int:
    """Read one position of a word; -1 where another form stands there than is wanted."""
    value = field(c.packed_positions, words.at[w], words.width[w], i)
    if words.code[w] >= 0 and value >> words.bits[w] != words.code[w]:
        return i64(-1)
    return value & ((i64(1) << words.bits[w]) - 1)


@inlined
def _row_tf(c: Columns, r: Room, p: int, j: int) -> np.float32:
    """Count where words stand in a row in a candidate of any length."""
    words = _words(c, r, p, j)
    lead = i64(0)
    for w in range(len(words.at)):
        if words.end[w] - words.first[w] < words.end[lead] - words.first[lead]:
            lead = i64(w)
    occurrences, previous = 0, i64(-1)
    for i in range(words.first[lead], words.end[lead]):
        position = _position(c, words, lead, i)
        begin = position - lead
        if position >= 0 and begin >= 0 and begin != previous and _stand(c, words, lead, begin):
            occurrences += 1
            previous = begin
    return np.float32(occurrences)


@inlined
def _stand(c: Columns, words: Words, lead: int, begin: int) -> bool:
    """Tell whether all words but the lead stand in a row from a position on."""
    for w in range(len(words.at)):
        if w == lead:
            continue
        i = words.first[w]
        position = i64(-1)
        while i < words.end[w] and position < begin + w:
            position = _position(c, words, w, i)
            i += 1
        # The one read last may be wanted again: positions only grow from begin to begin.
        words.first[w] = max(i - 1, words.first[w])
        if position != begin + w:
            return False
    return True


class Walk(NamedTuple):
    """A walk over the different positions of some words, ascending.

    `next` (i64) is each word's next field, `last` the position that it stood at last, -1 at first.
    """

    next: I64
    last: I64


@inlined
def _new_walk(words: Words, next_: I64, last: I64) -> Walk:
    for w in range(len(next_)):
        next_[w], last[w] = words.first[w], -1
    return Walk(next_, last)


@inlined
def _step(c: Columns, words: Words, many: I64, walk: Walk) -> int:
    """Go on to the nearest position of a word that is looked for; give the word, -1 at the end."""
    nearest, next_position = i64(-1), i64(1) << 40
    for w in range(len(many)):
        while many[w] > 0 and walk.next[w] < words.end[w]:
            position = _position(c, words, w, walk.next[w])
            if position > walk.last[w]:
                if position < next_position:
                    nearest, next_position = i64(w), position
                break
            walk.next[w] += 1
    if nearest >= 0:
        walk.last[nearest] = next_position
    return nearest


@inlined
def _near_tf(c: Columns, r: Room, p: int, j: int) -> np.float32:
    """Sum 1 / (1 + others) over the smallest windows that hold all words, others within the slop.

    Words that are the same are as many different positions. The end of a window walks over the
    positions, and its beginning follows as long as nothing is missed.
    """
    for w in range(r.phrase_start[p], r.phrase_start[p + 1]):
        _find_fields(c, r, w, j)
    words, slop = _words(c, r, p, j), r.phrase_slop[p]
    n = len(words.at)
    terms = r.phrase_term[r.phrase_start[p] : r.phrase_start[p + 1]]
    _count_wanted(words, terms)
    many, has = words.many, words.has
    has[:] = 0
    ahead = _new_walk(words, words.next, words.last)
    behind = _new_walk(words, words.first, words.last_behind)
    missing, tf = n, 0.0
    begin_word = _step(c, words, many, behind)
    begin, last_begin = i64(-1), i64(-1)
    end_word = _step(c, words, many, ahead)
    while end_word >= 0:
        end = ahead.last[end_word]
        has[end_word] += 1
        missing -= has[end_word] <= many[end_word]
        while has[begin_word] > many[begin_word]:
            has[begin_word] -= 1
            begin_word = _step(c, words, many, behind)
        begin = behind.last[begin_word]
        end_word = _step(c, words, many, ahead)
        if missing > 0 or begin == last_begin:
            continue
        if end_word >= 0 and ahead.last[end_word] == end:  # the window is whole with the next
            continue
        others = max(end - begin + 1 - n, 0)
        if others <= slop:
            tf += 1.0 / (1.0 + others)
        last_begin = begin
    return np.float32(tf)


@inlined
def _count_wanted(words: Words, terms: I64) -> None:
    """Count how often each word is wanted, at its first place; 0 at others."""
    for w in range(len(terms)):
        words.same[w], words.many[w] = w, 0
        for v in range(w):
            if terms[v] == terms[w] and words.code[v] == words.code[w]:
                words.same[w] = words.same[v]
        words.many[words.same[w]] += 1
