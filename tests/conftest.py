import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Speed is no test's business.
settings.register_profile("passage", deadline=None)
settings.load_profile("passage")

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the measurement data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("PASSAGE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no measurement data in {folder}")
    return folder


@pytest.fixture(scope="session")
def judged(data: Path) -> Callable[[str], tuple[list[str], list[str]]]:
    """Read the texts and the questions of a judged set."""

    def read(name: str) -> tuple[list[str], list[str]]:
        def texts(file: str) -> list[str]:
            lines = (data / "judged" / name / file).read_text("utf-8").splitlines()
            return [json.loads(line)["text"] for line in lines]

        return texts("corpus.jsonl"), texts("queries.jsonl")

    return read
