"""The installed command: hands `passage index|search|serve` to the three packages."""

import importlib
import sys
from collections.abc import Sequence

from index.version import VERSION

USAGE = """\
usage: passage index [DOCS ...] [--to DIR]
       passage search "words" [--limit N] [--json] [--index DIR]
       passage serve [--host HOST] [--port PORT] [--index DIR]

Each has its own --help. example:
  passage index articles/ && passage serve
"""


PACKAGES = {"index": "index", "search": "search", "serve": "web"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; answer the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    name = given[0] if given else ""
    if name in PACKAGES:
        # Only what is asked for is imported: searching needs no web server.
        command = importlib.import_module(f"{PACKAGES[name]}.__main__")
        return int(command.main(given[1:]))
    if name == "--version":
        print(VERSION)
    elif name in ("--help", "-h"):
        print(USAGE, end="")
    else:
        print(USAGE, end="", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
