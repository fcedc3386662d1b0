"""The section of every paragraph, kept as runs of the same: most are of the one before."""

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]


def runs_of(section: U32) -> tuple[U32, U32]:
    """Give where each run begins, and where the last one ends; and the section of each."""
    begins = np.flatnonzero(np.diff(section)) + 1
    first = np.concatenate([[0], begins, [len(section)]] if len(section) else [[0]])
    return first.astype(np.uint32), section[first[:-1]]


def by_paragraph(first: U32, section: U32) -> U32:
    """Give the section of each paragraph again."""
    return np.repeat(section, np.diff(first))
