import os
import shutil
import subprocess
import sys

from conftest import ROOT

CALLS = """
import numpy as np
from index.codec.packing import pack
out = np.zeros(16, np.uint8)
print(pack(np.arange(8, dtype=np.uint64), 8, 4, out, 0), pack.stats.cache_hits.total())
"""


def answer(folder, calls=CALLS):
    environment = os.environ | {"PYTHONPATH": str(folder)}
    environment.pop("NUMBA_CACHE_DIR", None)
    run = [sys.executable, "-c", calls]
    done = subprocess.run(
        run, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_what_a_kernel_calls_is_compiled_anew_when_it_changed(tmp_path):
    """It is compiled into the kernel, whose own source is as it was."""
    for package in ("index", "search"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    assert [answer(tmp_path), answer(tmp_path)] == [["4", "0"], ["4", "1"]]
    callee = tmp_path / "index" / "codec" / "bits.py"
    callee.write_text(callee.read_text("utf-8") + "\n# altered\n", "utf-8")
    assert answer(tmp_path) == ["4", "0"]
    assert answer(tmp_path) == ["4", "1"]


KEPT = """
from index.codec import cut
from index.codec.kept import are_kept, note_kept
print(are_kept((cut.cut,)))
note_kept((cut.cut,))
print(are_kept((cut.cut,)))
"""


def test_kernels_of_other_sources_are_not_taken_for_kept(tmp_path):
    """Else a change would be compiled in the first query, without a word."""
    shutil.copytree(ROOT / "index", tmp_path / "index", ignore=shutil.ignore_patterns("*cache__"))
    assert answer(tmp_path, KEPT) == ["False", "True"]
    assert answer(tmp_path, KEPT) == ["True", "True"]
    callee = tmp_path / "index" / "codec" / "bits.py"
    callee.write_text(callee.read_text("utf-8") + "\n# altered\n", "utf-8")
    assert answer(tmp_path, KEPT) == ["False", "True"]
