"""What the command line and the environment say to `python -m index`."""

import os
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

DEFAULT_FOLDER = "var/index"

MEMORY = 512 << 20
"""How much memory, in bytes, one segment may take while it is made, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which `documents` (files and folders; none: those of last time) go into which `folder`.

    With `rebuild` every document is read again; with `check` nothing is written, and every byte of
    the index is compared with its checksum. About `memory` bytes are taken to build it.
    """

    documents: tuple[str, ...]
    folder: Path
    rebuild: bool = False
    check: bool = False
    memory: int = MEMORY


def add_folder_option(parser: ArgumentParser, flag: str) -> None:
    """Let a command be told the folder of the index; `$PASSAGE_INDEX`, or var/index, without."""
    parser.add_argument(
        flag,
        type=Path,
        default=Path(os.environ.get("PASSAGE_INDEX") or DEFAULT_FOLDER),
        metavar="DIR",
        help="the folder of the index ($PASSAGE_INDEX, or %(default)s)",
    )
