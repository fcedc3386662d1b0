"""Compile the inner loops ahead of their first use: `python -m index.codec.warm`.

numba keeps what it compiled beside the source, or where that is read-only in the user's cache.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.codec import cut, encode, records
from index.codec.invert import Inverter
from index.codec.merge import merge
from index.codec.segment import SegmentData
from index.codec.words import Words
from index.model import Document, DocumentInfo, Paragraph

SAMPLE = Paragraph("sample", 0, "title", "One co-ordinated sample’s words", None, 0, 0)


def is_warm() -> bool:
    """Tell whether kernels of this program have been compiled and kept here before."""
    return are_kept((cut.cut, records._lay_out, encode._encode))


def are_kept(kernels: tuple[Any, ...]) -> bool:
    """Tell whether some kernels have been compiled and kept."""
    if not all(hasattr(kernel, "stats") for kernel in kernels):
        return True  # numba is told to leave them as they are
    folders = {kernel.stats.cache_path for kernel in kernels}
    return all(folder and any(Path(folder).glob("*.nbi")) for folder in folders)


def warm() -> None:
    """Run every kernel once: a segment is written, and merged with itself."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        inverter = Inverter(Words(), path, 1 << 16)
        info = DocumentInfo("sample", SAMPLE.text, None, None, "text", None, "sample", 0, 0)
        inverter.add(Document(info, (SAMPLE,) * 20))  # so many that some words have pairs
        inverter.finish()
        sample = SegmentData(path)
        merge([(sample, None), (sample, None)], Path(folder) / "merged", 1 << 16)


if __name__ == "__main__":
    warm()
