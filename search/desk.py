"""A query put on a thread's desk, where the kernels work."""

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import Damaged
from search.kernels.best import begin
from search.kernels.room import Desk, Room, new_desk
from search.statistics import Phrase, Word

U32 = npt.NDArray[np.uint32]


def lay(
    required: list[Word],
    phrases: list[Phrase],
    optional: list[Word],
    excluded: list[Word],
    room: Room,
) -> None:
    """Put what of a query is in a segment into a room."""
    terms, weights, typed, ends = room.terms, room.weights, room.typed, room.ends
    i = 0
    for _, place, weight, count in required + optional + excluded:
        terms[i], weights[i], typed[i] = place.term, weight, count
        i += 1
    ends[0] = len(required)
    ends[1] = len(required) + len(optional)
    ends[2], ends[3] = i, len(phrases)
    if phrases:
        _lay_phrases(phrases, required, i, room)


def _lay_phrases(phrases: list[Phrase], words: list[Word], terms: int, room: Room) -> None:
    index = {word[0]: i for i, word in enumerate(words)}
    term, code, at = room.phrase_term, room.phrase_code, 0
    for p, (inside, slop, weight) in enumerate(phrases):
        room.phrase_start[p], room.phrase_slop[p] = at, slop
        room.weights[terms + p], room.typed[terms + p] = weight, 1
        for rank, place, _, _ in inside:
            term[at], code[at] = index[rank], place.code
            at += 1
    room.phrase_start[len(phrases)] = at


_of_thread = threading.local()


def damaged(folder: Path, error: Exception) -> Damaged:
    """Let go of this thread's desk, which an error left as it was; give the error to raise."""
    vars(_of_thread).clear()
    return Damaged(f"the index in {folder} is damaged: {error}")


def desk_for(size: int, k: int) -> Desk:
    """Give a desk for a query of so many words, on which the best k are to come.

    It is the thread's, or for a long query a larger one.
    """
    desk = thread_desk() if size <= _SIZE else new_desk(size)
    begin(desk.table, k)
    return desk


def thread_desk() -> Desk:
    """Give the desk of this thread."""
    try:
        desk: Desk = _of_thread.desk
    except AttributeError:
        desk = _of_thread.desk = new_desk(_SIZE)
    return desk


def counters(size: int) -> U32:
    """Give room of this thread, all 0, to count in for so many paragraphs; it is left so."""
    known: U32 | None = getattr(_of_thread, "counters", None)
    if known is None or len(known) < size:
        known = _of_thread.counters = np.zeros(size, np.uint32)
    return known[:size]


_SIZE = 64
