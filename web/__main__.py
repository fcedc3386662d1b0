"""`python -m web`: serve the page and the API over an index."""

import argparse
import ctypes
import errno
import gc
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from multiprocessing import parent_process
from pathlib import Path
from signal import SIGTERM
from typing import Any

from bottle import Bottle
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from index.settings import add_folder_option
from index.version import VERSION
from search.errors import Unavailable, Unusable
from search.local import Local
from search.warm import prime, warm
from web.app import create_app
from web.pages import count
from web.settings import Settings

THREADS = 4
"""How many requests are answered at a time."""

DRAIN_SECONDS = 10
"""How long requests may take to finish once the server was told to stop."""

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20
"""From how many bytes on memory is given back at once."""

EXAMPLE = """\
example:
  python -m web --port 9000 --index var/index
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code: 0 where SIGINT or SIGTERM ended it."""
    settings = _settings(argv)
    try:
        address = free_address(settings.host, settings.port)
        warm()
        _look_at(settings.index)
    except OSError as error:
        print(f"web: {_why(error, settings)}", file=sys.stderr)
        return 1
    except Unusable as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    prime()
    gc.freeze()  # a forked worker shares what is here, until it is written to
    serve(replace(settings, host=address[0], port=address[1]))
    return 0


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


def _look_at(index: Path) -> None:
    """Raise Unusable where there is an index that cannot be served; none at all may yet come."""
    try:
        Local(index).status()
    except Unusable:
        raise
    except Unavailable:
        return


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
    granian.serve(target_loader=partial(load, settings), wrap_loader=False)


def load(settings: Settings) -> Bottle:
    """Make the application, in the worker process."""
    give_memory_back()
    threading.Thread(target=announce, args=(settings,), daemon=True).start()
    threading.Thread(target=follow_parent, daemon=True).start()
    prime()
    return create_app(Local(settings.index), settings)


def give_memory_back() -> None:
    """Have large arrays given back to the system at once; glibc would keep some for each thread.

    With 16 clients at a million paragraphs that was 90 MB. See mallopt(3); other libraries have no
    such call.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def announce(settings: Settings) -> None:
    """Print where the server is once it answers there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/"
    health = _health(host, settings.port)
    if health["status"] == "ok":
        said = f"is serving {count(health['documents'], 'document')} at {address}"
    else:
        said = f"waits at {address} for an index: {health['detail']}"
    print(f"Passage {said} - stop with Ctrl+C", flush=True)


def follow_parent() -> None:
    """Stop when the parent process is gone, even killed: a worker alone would hold the port."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), SIGTERM)


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


def _health(host: str, port: int) -> dict[str, Any]:
    while True:
        connection = HTTPConnection(host, port)
        try:
            connection.request("GET", "/health")
            answer: dict[str, Any] = json.load(connection.getresponse())
            return answer
        except (OSError, HTTPException):
            time.sleep(0.02)
        finally:
            connection.close()


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
