"""Every answer of the server: a body, its type, and the headers that keep browsers strict."""

import json as json_module
from collections.abc import Iterable, Mapping
from typing import Any

from bottle import HTTPResponse

from web.assets import Asset

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content Security Policy Level 3: nothing but the files of static/, no inline script or style."""

STRICT = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

FRESH = {"Cache-Control": "no-cache"}
"""Answers come from the index, which changes."""

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Files of static/ change their address with their content."""


def html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """Send a page.

    Surrogates, which UTF-8 cannot hold, become question marks, and NUL, which HTML cannot, U+FFFD.
    """
    body = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    return _response(body, "text/html; charset=utf-8", status, {**FRESH, **(headers or {})})


def json(
    value: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    type: str = "application/json",
) -> HTTPResponse:
    """Send a JSON object in UTF-8; a surrogate stands as its escape, which JSON can hold."""
    text = json_module.dumps(value, ensure_ascii=False, allow_nan=False)
    body = text.encode("utf-8", "backslashreplace") + b"\n"
    return _response(body, type, status, {**FRESH, **(headers or {})})


def stream(pieces: Iterable[str], type: str, file: str = "") -> HTTPResponse:
    """Send text in UTF-8 as it is made; to be saved as a file where that has a name."""
    saved = {"Content-Disposition": f'attachment; filename="{file}"'} if file else {}
    headers = {"Content-Type": type, **STRICT, **FRESH, **saved}
    return HTTPResponse((piece.encode("utf-8", "replace") for piece in pieces), 200, headers)


def asset(asset: Asset) -> HTTPResponse:
    """Send a file of static/, which may be kept for ever."""
    return _response(asset.body, asset.type, 200, FOREVER)


def redirect(address: str) -> HTTPResponse:
    """Send the browser on, for now, to another address of this site."""
    return _response(b"", "text/html; charset=utf-8", 302, {**FRESH, "Location": address})


def _response(body: bytes, type: str, status: int, headers: Mapping[str, str]) -> HTTPResponse:
    return HTTPResponse(body, status, {"Content-Type": type, **STRICT, **headers})
