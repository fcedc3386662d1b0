"""Compile the inner loops ahead of their first use: `python -m index.codec.warm`.

numba keeps what it compiled beside the source, or where that is read-only in the user's cache.
"""

from pathlib import Path

import numba

from index.codec import postings, words
from index.codec.invert import Inverter
from index.codec.words import Words
from index.model import Document, DocumentInfo, Paragraph

SAMPLE = Paragraph("sample", 0, "title", "One co-ordinated sample’s words", None, 0, 0)


def is_warm() -> bool:
    """Tell whether kernels of this program have been compiled and kept here before."""
    if numba.config.DISABLE_JIT:
        return True
    folders = {kernel.stats.cache_path for kernel in (words._cut, postings._sort)}
    return all(folder and any(Path(folder).glob("*.nbi")) for folder in folders)


def warm() -> None:
    """Run every kernel once."""
    inverter = Inverter(Words())
    info = DocumentInfo("sample", SAMPLE.text, None, None, "text", None, "sample", 0, 0)
    inverter.add(Document(info, (SAMPLE,)))
    inverter.arrays()


if __name__ == "__main__":
    warm()
