"""A client that calls a WSGI application directly, and holds both to PEP 3333."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes
from warnings import catch_warnings, filterwarnings
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import WSGIWarning, validator


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    app: Any

    def get(self, address: str) -> Answer:
        return self.call("GET", address)

    def call(self, method: str, address: str, body: bytes = b"") -> Answer:
        """Answer a request; `address` is as a client sends it, without its fragment."""
        path, _, query = address.partition("#")[0].partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.encode().decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": StringLog(),
        }
        setup_testing_defaults(environ)
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None):
            started[:] = [int(status[:3]), dict(headers)]
            return lambda data: None

        with catch_warnings():
            filterwarnings("ignore", "Unknown REQUEST_METHOD", WSGIWarning)
            parts = validator(self.app)(environ, start_response)
        try:
            content = b"".join(parts)
        finally:
            parts.close()
        return Answer(*started, content)


class StringLog:
    """Takes what an application logs, and drops it."""

    def write(self, text: str) -> None: ...
    def writelines(self, texts: list[str]) -> None: ...
    def flush(self) -> None: ...
