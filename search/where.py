"""The segments of a snapshot, each with what a search of it needs to know of the whole index."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from index.snapshot import OpenSegment, Snapshot
from search.documents import Documents
from search.kernels.room import NO_BITS, NO_CONTEXT, Laid, Scoring, laid
from search.statistics import Statistics

F32 = npt.NDArray[np.float32]


class Where(NamedTuple):
    """A segment, the `place`th of its snapshot; `scoring` is without context, narrowed by nothing.

    `growth` bounds by how much the impacts noted in it are exceeded.
    """

    segment: OpenSegment
    place: int
    statistics: Statistics
    norms: F32
    growth: float
    scoring: Laid


_known: WeakKeyDictionary[Snapshot, tuple[Where, ...]] = WeakKeyDictionary()


def everywhere(snapshot: Snapshot) -> tuple[Where, ...]:
    """Give the segments of a snapshot, the same as last time; they do not keep it alive."""
    known = _known.get(snapshot)
    if known is None:
        statistics, norms = Statistics(snapshot), snapshot.norms
        known = _known[snapshot] = tuple(
            Where(segment, place, statistics, norms, growth, _plain(norms, growth))
            for place, (segment, growth) in enumerate(
                zip(snapshot.segments, snapshot.growth, strict=True)
            )
        )
    return known


def _plain(norms: F32, growth: float) -> Laid:
    return laid(Scoring(norms, np.array([growth, 0.0]), NO_CONTEXT, NO_BITS, NO_BITS))


def documents_of(snapshot: Snapshot) -> Documents:
    """Give what is known of a snapshot's documents."""
    known = everywhere(snapshot)
    return known[0].statistics.documents if known else Documents([])
