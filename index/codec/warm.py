"""Compile the inner loops ahead of their first use: `python -m index.codec.warm`.

numba keeps what it compiled beside the source, or where that is read-only in the user's cache.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.codec import compress, cut, encode
from index.codec.compiled import sources
from index.codec.invert import Inverter
from index.codec.merge import merge
from index.codec.segment import SegmentData
from index.codec.words import Words
from index.model import Document, DocumentInfo, Paragraph

_KERNELS = (cut.cut, compress._lay_out, encode._encode)
_MARK = "compiled-"

SAMPLE = Paragraph("sample", 0, "title", "One co-ordinated sample’s words", None, 0, 0)


def is_warm() -> bool:
    """Tell whether the kernels of indexing have been compiled of these sources, and kept."""
    return are_kept(_KERNELS)


def are_kept(kernels: tuple[Any, ...]) -> bool:
    """Tell whether some kernels have been compiled of the present sources, and kept."""
    return all(mark.exists() for mark in _marks(kernels))


def note_kept(kernels: tuple[Any, ...]) -> None:
    """Note that they are, where they are kept."""
    for mark in _marks(kernels):
        for old in mark.parent.glob(f"{_MARK}*"):
            old.unlink(missing_ok=True)
        mark.touch()


def _marks(kernels: tuple[Any, ...]) -> set[Path]:
    """Give the files that tell; none where numba is told to leave kernels as they are."""
    compiled = [kernel for kernel in kernels if hasattr(kernel, "stats")]
    return {Path(kernel.stats.cache_path) / f"{_MARK}{sources()}" for kernel in compiled}


def warm() -> None:
    """Run every kernel once: a segment is written, and merged with itself."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        inverter = Inverter(Words(), path, 1 << 16, b"")
        info = DocumentInfo("sample", SAMPLE.text, None, None, "text", None, "sample", 0, 0)
        inverter.add(Document(info, (SAMPLE,) * 20))  # so many that some words have pairs
        inverter.finish()
        sample = SegmentData(path)
        merge([(sample, None), (sample, None)], Path(folder) / "merged", 1 << 16)
    note_kept(_KERNELS)


if __name__ == "__main__":
    warm()
