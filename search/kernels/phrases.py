"""How often words stand in a row, or near each other, in a paragraph that has them all.

Positions are read one by one where they are packed.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.blocks import BLOCK, Columns, code_width, sum_before
from index.codec.compiled import i64, inlined, kernel
from index.codec.packing import field
from search.kernels.clauses import Clauses
from search.kernels.cursors import Cursors, Room, dense_row, tf_at

I64 = npt.NDArray[np.int64]


class Word(NamedTuple):
    """The positions of a word of a phrase in the paragraph in hand, read where they are packed.

    Fields of `width` bits from the byte `at` on, of which the lower `bits` are the position and
    the others the form's code; the word's are those in [first, end). `code` is the one that is
    wanted, -1 for any.
    """

    at: I64
    width: I64
    bits: I64
    first: I64
    end: I64
    code: I64


@kernel
def has_phrases(c: Columns, q: Clauses, cursors: Cursors, room: Room, ordinal: int) -> bool:
    """Tell whether the paragraph in hand has every phrase."""
    for p in range(len(q.phrase_weight)):
        for w in range(q.phrase_start[p], q.phrase_start[p + 1]):
            locate(c, q, cursors, q.phrase_term[w], ordinal)
        if phrase_tf(c, q, cursors, room, p) == 0:
            return False
    return True


@inlined
def most_occurrences(c: Columns, q: Clauses, cursors: Cursors, p: int, ordinal: int) -> int:
    """Bound how often a phrase can stand in the paragraph in hand."""
    fewest, total = i64(1) << 40, i64(0)
    for w in range(q.phrase_start[p], q.phrase_start[p + 1]):
        tf = tf_in_hand(c, q, cursors, q.phrase_term[w], ordinal)
        fewest, total = min(fewest, tf), total + tf
    # Windows of a proximity can share words, but no two end with the same one.
    return fewest if q.phrase_slop[p] < 0 else total


@inlined
def locate(c: Columns, q: Clauses, cursors: Cursors, i: int, ordinal: int) -> None:
    """Find the place of a required term in the paragraph in hand, if it is not known."""
    if cursors.place[i] < 0:
        row = dense_row(c, q.terms[i], ordinal)
        cursors.place[i] = i64(c.block[q.terms[i]]) * BLOCK + row


@inlined
def tf_in_hand(c: Columns, q: Clauses, cursors: Cursors, i: int, ordinal: int) -> int:
    """Read the frequency of a required term in the paragraph in hand."""
    locate(c, q, cursors, i, ordinal)
    return tf_at(c, q.terms[i], cursors.place[i])


@kernel
def _words(c: Columns, q: Clauses, cursors: Cursors, room: Room, p: int) -> Word:
    """Find the positions of each word of a phrase in the paragraph in hand."""
    begin, n = q.phrase_start[p], q.phrase_start[p + 1] - q.phrase_start[p]
    rows = room.words[:, :n]
    words = Word(rows[0], rows[1], rows[2], rows[3], rows[4], rows[5])
    for w in range(n):
        i = q.phrase_term[begin + w]
        block, row = cursors.place[i] // BLOCK, cursors.place[i] % BLOCK
        if cursors.summed[i] != block:
            sum_before(c, q.terms[i], block, cursors.before[i])
            cursors.summed[i] = block
        words.at[w] = c.positions[block]
        words.bits[w] = c.position_width[block]
        words.width[w] = words.bits[w] + code_width(c, q.terms[i])
        words.first[w] = cursors.before[i, row]
        words.end[w] = cursors.before[i, row + 1]
        words.code[w] = q.phrase_code[begin + w]
    return words


@inlined
def _position(c: Columns, words: Word, w: int, i: int) -> int:
    """Read one position of a word; -1 where another form stands there than is wanted."""
    value = field(c.packed_positions, words.at[w], words.width[w], i)
    if words.code[w] >= 0 and value >> words.bits[w] != words.code[w]:
        return i64(-1)
    return value & ((i64(1) << words.bits[w]) - 1)


@kernel
def phrase_tf(c: Columns, q: Clauses, cursors: Cursors, room: Room, p: int) -> np.float32:
    """Count where a phrase begins in the paragraph in hand; a proximity counts in fractions."""
    words = _words(c, q, cursors, room, p)
    if q.phrase_slop[p] >= 0:
        return _near_tf(c, words, q.phrase_term[q.phrase_start[p] :], q.phrase_slop[p], room)
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
def _stand(c: Columns, words: Word, lead: int, begin: int) -> bool:
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
def _new_walk(words: Word, next_: I64, last: I64) -> Walk:
    for w in range(len(next_)):
        next_[w], last[w] = words.first[w], -1
    return Walk(next_, last)


@inlined
def _step(c: Columns, words: Word, many: I64, walk: Walk) -> int:
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


@kernel
def _near_tf(c: Columns, words: Word, terms: I64, slop: int, room: Room) -> np.float32:
    """Sum 1 / (1 + others) over the smallest windows that hold all words, others within the slop.

    Words that are the same are as many different positions. The end of a window walks over the
    positions, and its beginning follows as long as nothing is missed.
    """
    n = len(words.at)
    rows = room.words[:, :n]
    many, has = _multiplicities(words, terms, rows[6], rows[7]), rows[8]
    has[:] = 0
    ahead = _new_walk(words, rows[9], rows[10])
    behind = _new_walk(words, words.first, rows[11])
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
def _multiplicities(words: Word, terms: I64, same: I64, many: I64) -> I64:
    """Count how often each word is wanted, at its first place; 0 at others."""
    for w in range(len(many)):
        same[w], many[w] = w, 0
        for v in range(w):
            if terms[v] == terms[w] and words.code[v] == words.code[w]:
                same[w] = same[v]
        many[same[w]] += 1
    return many
