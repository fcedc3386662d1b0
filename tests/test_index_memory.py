"""Indexing takes about as much memory as it is given, however much there is to index."""

import subprocess
import sys
from pathlib import Path

from conftest import ROOT

MEGABYTE = 1 << 20

# Documents are made as they are wanted, so that they take no memory themselves.
PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from index.model import Document, DocumentInfo, Paragraph
from index.writer import Writer, lock

folder, memory, documents = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
drawn = np.random.default_rng(7)
letters = [drawn.integers(97, 123, 2 + i % 9) for i in range(20_000)]
words = np.array(["w" + "".join(map(chr, each)) for each in letters])

def made(number):
    ranks = (len(words) ** drawn.random(30_000)).astype(int) - 1  # by Zipf's law
    texts = [" ".join(words[ranks[i : i + 60]]) for i in range(0, len(ranks), 60)]
    paragraphs = [Paragraph(f"d{number}", 0, "title", "a title", None, 0, 0)]
    for i, text in enumerate(texts, 1):
        paragraphs.append(Paragraph(f"d{number}", i, "text", text, None, 0, len(text)))
    info = DocumentInfo(f"d{number}", "a title", None, None, "text", None, "", len(texts), 0)
    return Document(info, tuple(paragraphs))

def index(folder, count):
    with lock(folder), Writer(folder, None, memory) as writer:
        for number in range(count):
            writer.add(made(number))
        writer.commit({"roots": [], "files": {}})

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

index(folder / "first", 20)  # loads what is compiled
before = peak()
index(folder / "second", documents)
print(peak() - before, len(list((folder / "second").glob("*.arrays"))))
"""


def growth(folder: Path, memory: int, documents: int) -> tuple[int, int]:
    """Index in a process of its own; give by how much its memory grew, and the segments."""
    run = [sys.executable, "-c", PROGRAM, str(folder), str(memory), str(documents)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    grown, segments = map(int, done.stdout.split())
    return grown, segments


def test_memory_is_held(tmp_path):
    grown, segments = growth(tmp_path, 64 * MEGABYTE, 600)
    assert segments > 1
    assert grown < 105 * MEGABYTE
