"""The files of static/, each at an address that holds a hash of its content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages need; `key` is its name with the hash of its content in it."""

    key: str
    type: str
    body: bytes


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.blake2b(body, digest_size=6).hexdigest()
    return Asset(f"{path.stem}-{digest}{path.suffix}", TYPES[path.suffix], body)


_BY_NAME = {path.name: _load(path) for path in STATIC.iterdir() if path.suffix in TYPES}
_BY_KEY = {asset.key: asset for asset in _BY_NAME.values()}


def address(name: str) -> str:
    """Give the address of a file of static/; a page's template names it."""
    return f"/static/{_BY_NAME[name].key}"


def find(key: str) -> Asset | None:
    """Give the file at an address, or None where no file has that name and content."""
    return _BY_KEY.get(key)
