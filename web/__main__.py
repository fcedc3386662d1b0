"""`python -m web`: serve the page and the API over an index."""

import argparse
import errno
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from multiprocessing import Process
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from index.settings import add_folder_option
from index.version import VERSION
from web.settings import Settings

THREADS = 4
"""How many requests are answered at a time."""

DRAIN_SECONDS = 10
"""How long requests may take to finish once the server was told to stop."""

EXAMPLE = """\
example:
  python -m web --port 9000 --index var/index
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code: 0 where SIGINT or SIGTERM ended it."""
    settings = _settings(argv)
    try:
        address = free_address(settings.host, settings.port)
    except OSError as error:
        print(f"web: {_why(error, settings)}", file=sys.stderr)
        return 1
    try:
        if not _can_serve(settings.index):
            return 1
    except KeyboardInterrupt:
        return 0
    serve(replace(settings, host=address[0], port=address[1]))
    return 0


def _can_serve(index: Path) -> bool:
    """Tell whether the server can start; the process that looks says what is wrong."""
    looking = Process(target=_look, args=(index,), daemon=True)
    looking.start()
    looking.join()
    return looking.exitcode == 0


# What follows is called in processes of their own, which may import the worker.


def _look(index: Path) -> None:
    import_module("web.worker").look(index)


def _load(settings: Settings) -> Callable[..., object]:
    application: Callable[..., object] = import_module("web.worker").load(settings)
    return application


def free_address(host: str, port: int) -> tuple[str, int]:
    """Resolve an address that a server may listen at, any free port for 0; OSError if none.

    granian sets SO_REUSEPORT, with which two servers share a port and neither learns of the
    other. A socket without it is refused where another listens.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(errno.EINVAL, "no host has such a name") from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)
        numeric, free = trial.getsockname()[:2]
    return str(numeric), int(free)


def serve(settings: Settings) -> None:
    """Serve with granian, in one worker process of several threads, until a signal comes.

    The worker finishes the requests that it has begun.
    """
    granian = Granian(
        "passage",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        workers_kill_timeout=DRAIN_SECONDS,
        log_level=LogLevels.error,
    )
    granian.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m web",
        description="Serve the search page and its JSON API.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("PASSAGE_HOST") or "127.0.0.1",
        help="where to listen; 0.0.0.0 lets other machines in ($PASSAGE_HOST, or %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PASSAGE_PORT") or "8080",
        help="the port; 0 takes any free one ($PASSAGE_PORT, or %(default)s)",
    )
    add_folder_option(parser, "--index")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    return Settings(given.host, given.port, given.index)


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port from 0 to 65535 is wanted, not {text!r}")


def _why(error: OSError, settings: Settings) -> str:
    """Say why the server cannot listen, and what to do."""
    host, port = settings.host, settings.port
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken at {host}; stop what listens there, or choose another --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights; choose a --port above 1023"
    return f"cannot listen at {host} ({error.strerror}); choose another --host"


if __name__ == "__main__":
    # By its full name: a spawned worker, as on macOS, looks for `load` in `web.__main__`.
    from web.__main__ import main as main_by_name

    sys.exit(main_by_name())
