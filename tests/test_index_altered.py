import random
import subprocess
import sys
from pathlib import Path

from collections_on_disk import texts, write

ROOT = Path(__file__).parents[1]
WORDS = [*["the"] * 6, "war", "wars", "treaties", "treaty", "talks", *map(str, range(40))]


def test_no_altered_byte_leads_out_of_the_arrays(tmp_path):
    """Of a process of its own: reading where nothing is might end it."""
    rng = random.Random(1)
    documents = [
        texts(name, "the title war", "# a heading treaty", *sentences(rng)) for name in "abcd"
    ]
    write(tmp_path, documents)
    command = [sys.executable, "tests/altered.py", str(tmp_path), "7"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "told as damage" in done.stdout


def sentences(rng: random.Random) -> list[str]:
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 14))) for _ in range(60)]
