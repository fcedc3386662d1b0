"""Whether the inner loops have been compiled of the present sources, and are kept.

A mark beside them tells, so that nobody has to import what only indexing needs to know.
"""

from pathlib import Path
from typing import Any

from index.codec import blocks
from index.codec.compiled import sources

KERNELS = (blocks.all_paragraphs,)
"""One of those that are kept together, those of indexing."""

_MARK = "compiled-"


def are_kept(kernels: tuple[Any, ...]) -> bool:
    """Tell whether kernels, and all that are kept beside them, have been compiled."""
    return all(mark.exists() for mark in _marks(kernels))


def note_kept(kernels: tuple[Any, ...]) -> None:
    """Note that they have been."""
    for mark in _marks(kernels):
        for old in mark.parent.glob(f"{_MARK}*"):
            old.unlink(missing_ok=True)
        mark.touch()


def _marks(kernels: tuple[Any, ...]) -> set[Path]:
    """Give the files that tell; none where numba is told to leave kernels as they are."""
    compiled = [kernel for kernel in kernels if hasattr(kernel, "stats")]
    return {Path(kernel.stats.cache_path) / f"{_MARK}{sources()}" for kernel in compiled}
