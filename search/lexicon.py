"""The words of an index as a dictionary to look in: which begin so, and which are near a word.

Answers are put together over the segments; frequencies are those of forms over the whole index,
deleted paragraphs included.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.codec.segment import SegmentData
from index.errors import Damaged
from index.snapshot import Snapshot
from search.kernels import misspelt

I64 = npt.NDArray[np.int64]

_PENALTY = 100
"""How many times more frequent a form must be to come before one that is an error nearer."""


class Near(NamedTuple):
    """A form, how many typing errors it is from a word, and how many paragraphs it stands in."""

    form: str
    errors: int
    frequency: int


class _Room(threading.local):
    """What a thread's search for misspelt words works with."""

    def __init__(self) -> None:
        self.rows = np.empty(misspelt.ROOM, np.int64)
        self.chars, self.depths, self.best = np.empty((3, misspelt.PATH), np.int64)
        self.found = np.empty(0, np.int64)
        self.errors = np.empty(0, np.uint8)

    def make_room(self, size: int) -> None:
        if len(self.found) < size:
            self.found, self.errors = np.empty(size, np.int64), np.empty(size, np.uint8)


_room = _Room()


def beginning(snapshot: Snapshot, prefix: str, limit: int) -> list[Near]:
    """Give the most frequent forms that begin with a prefix, up to `limit` of each segment."""
    found = []
    for segment in snapshot.segments:
        numbers = segment.data.forms.prefixed(prefix.encode(errors="replace"))
        frequencies = segment.data.form_frequencies[numbers.start : numbers.stop]
        places = _highest(frequencies, limit)
        found.append((segment.data, places + numbers.start, np.zeros(len(places), np.uint8)))
    return _together(snapshot, found)


def near(  # noqa: PLR0913  # what is asked for is named
    snapshot: Snapshot,
    word: str,
    most: int,
    limit: int,
    *,
    beginnings: bool = False,
    first: str = "",
) -> list[Near]:
    """Give the forms at most `most` (0 to 2) typing errors from a word: the likeliest `limit`.

    Likelier are those with fewer errors, and more frequent ones. Of `beginnings`, a form counts by
    its nearest beginning. Only forms that begin with a letter of `first` are looked at, if there is
    one. None for a word beyond `misspelt.LONGEST` code points. Raises Damaged.
    """
    if not 0 < len(word) <= misspelt.LONGEST:
        return []
    found = []
    for segment in snapshot.segments:
        data = segment.data
        for among in map(data.forms.prefixed, map(str.encode, first or [""])):
            numbers, errors = _near(data, among, word, most, beginnings)
            likely = data.form_frequencies[numbers] / (float(_PENALTY) ** errors)
            places = _highest(likely, limit)
            found.append((data, numbers[places], errors[places]))
    return _together(snapshot, found)


def _near(
    data: SegmentData, among: range, word: str, most: int, beginnings: bool
) -> tuple[I64, npt.NDArray[np.uint8]]:
    """Give the numbers of the forms near a word, ascending, and their errors: views, for now."""
    _room.make_room(len(among))
    points = np.array([ord(char) for char in word], np.int64)
    try:
        count = misspelt.near(
            *data.forms_in_order, among.start, among.stop, points, most, beginnings,
            _room.rows, _room.chars, _room.depths, _room.best, _room.found, _room.errors,
        )  # fmt: skip
    except ValueError as error:
        raise Damaged(f"{data.path}: {error}") from error
    return _room.found[:count], _room.errors[:count]


def _highest(values: npt.NDArray[np.generic], limit: int) -> I64:
    """Give the places of the highest values; of equal ones any."""
    if len(values) <= limit:
        return np.arange(len(values))
    return np.argpartition(values, len(values) - limit)[len(values) - limit :]


def _together(
    snapshot: Snapshot, found: Iterable[tuple[SegmentData, I64, npt.NDArray[np.uint8]]]
) -> list[Near]:
    """Name the forms of each segment once, the likeliest first, with their whole frequency."""
    errors: dict[str, int] = {}
    counts: dict[str, int] = {}
    for data, numbers, distances in found:
        for number, distance in zip(numbers.tolist(), distances.tolist(), strict=True):
            form = data.forms[number].decode(errors="replace")
            errors[form] = distance
            counts[form] = counts.get(form, 0) + int(data.form_frequencies[number])
    if len(snapshot.segments) > 1:  # a form may be among the likeliest of one segment alone
        counts = {form: snapshot.form(form).df for form in errors}
    nears = [Near(form, errors[form], count) for form, count in counts.items()]
    return sorted(nears, key=lambda n: (-n.frequency / _PENALTY**n.errors, n.form))
