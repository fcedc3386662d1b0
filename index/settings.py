"""What the command line and the environment say to `python -m index`."""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_FOLDER = "var/index"


@dataclass(frozen=True, slots=True)
class Settings:
    """Which `documents` (files and folders; none: those of last time) go into which `folder`.

    With `rebuild` every document is read again; with `check` nothing is written, and every byte of
    the index is compared with its checksum.
    """

    documents: tuple[Path, ...]
    folder: Path
    rebuild: bool = False
    check: bool = False


def default_folder() -> Path:
    """Give the folder of the index: `$PASSAGE_INDEX`, or var/index."""
    return Path(os.environ.get("PASSAGE_INDEX") or DEFAULT_FOLDER)
