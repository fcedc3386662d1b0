"""Compile the inner loops ahead of their first use: `python -m index.codec.warm`.

numba keeps what it compiled beside the source, or where that is read-only in the user's cache.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from index.codec.invert import Inverter
from index.codec.kept import KERNELS, are_kept, note_kept
from index.codec.merge import merge
from index.codec.segment import SegmentData
from index.codec.words import Words
from index.model import Document, DocumentInfo, Paragraph

SAMPLE = Paragraph("sample", 0, "title", "One co-ordinated sample’s words " * 1000, None, 0, 0)
"""So long that tables grow."""


def warm() -> None:
    """Compile what is not kept yet, and say so."""
    if not are_kept(KERNELS):
        print("Compiling the inner loops of indexing (once)...", file=sys.stderr, flush=True)
        prime()
        note_kept(KERNELS)


def prime() -> None:
    """Write a segment and merge it with itself, so that in this process every kernel is at hand."""
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
