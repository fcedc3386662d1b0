"""The process that answers requests, and one before it that looks whether it can.

The command only starts them: what they load, it would hold once more.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from bottle import Bottle

from index import memory
from search.errors import Unavailable, Unusable
from search.local import Local
from search.warm import prime, warm
from web.app import create_app
from web.pages import count
from web.settings import Settings


def look(index: Path) -> None:
    """Compile the inner loops, once; end with 1, and say why, where an index cannot be served.

    Where there is none at all it may yet come.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=follow_parent, daemon=True).start()
    try:
        warm()
        Local(index).status()
    except (OSError, Unusable) as error:
        sys.exit(f"web: {error}")
    except Unavailable:
        return


def load(settings: Settings) -> Bottle:
    """Make the application, and print where it is once it answers there."""
    memory.give_back()
    threading.Thread(target=announce, args=(settings,), daemon=True).start()
    threading.Thread(target=follow_parent, daemon=True).start()
    prime()
    application = create_app(Local(settings.index), settings)
    gc.freeze()  # what stays need not be looked through again
    return application


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
        os.kill(os.getpid(), signal.SIGTERM)


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
