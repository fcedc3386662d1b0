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


def answer(folder):
    environment = os.environ | {"PYTHONPATH": str(folder)}
    environment.pop("NUMBA_CACHE_DIR", None)
    run = [sys.executable, "-c", CALLS]
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
