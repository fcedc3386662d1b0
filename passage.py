"""The installed command: hands `passage index|search|serve` to the three packages."""

import sys
from collections.abc import Callable, Sequence

USAGE = """\
usage: passage index [DOCS ...] [--to DIR]
       passage search "words" [--limit N] [--json] [--index DIR]
       passage serve [--host HOST] [--port PORT] [--index DIR]

Each has its own --help. example:
  passage index articles/ && passage serve
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; answer the exit code."""
    name, *rest = [*(sys.argv[1:] if argv is None else argv), ""]
    if name in ("--help", "-h"):
        print(USAGE, end="")
        return 0
    if name == "--version":
        from index.version import VERSION  # noqa: PLC0415  # as in _command

        print(VERSION)
        return 0
    command = _command(name)
    if command is None:
        print(USAGE, end="", file=sys.stderr)
        return 2
    return command(rest[:-1])


def _command(name: str) -> Callable[[Sequence[str]], int] | None:
    """Import the one command that is asked for: `passage search` needs no web server."""
    # ruff: noqa: PLC0415
    if name == "index":
        from index.__main__ import main as command
    elif name == "search":
        from search.__main__ import main as command
    elif name == "serve":
        from web.__main__ import main as command
    else:
        return None
    return command


if __name__ == "__main__":
    sys.exit(main())
