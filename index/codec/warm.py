"""Compile the inner loops ahead of their first use: `python -m index.codec.warm`.

numba keeps what it compiled beside the source, or where that is read-only in the user's cache.
"""

from index.codec.invert import Inverter
from index.codec.words import Words
from index.model import Document, DocumentInfo, Paragraph

SAMPLE = Paragraph("sample", 0, "title", "One co-ordinated sample’s words", None, 0, 0)


def warm() -> None:
    """Run every kernel once."""
    inverter = Inverter(Words())
    info = DocumentInfo("sample", SAMPLE.text, None, None, "text", None, "sample", 0, 0)
    inverter.add(Document(info, (SAMPLE,)))
    inverter.arrays()


if __name__ == "__main__":
    warm()
