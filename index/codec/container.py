"""A file of named arrays: how every binary file of the index is laid out (see README.md)."""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from index.errors import Damaged, OtherVersion

MAGIC = b"PASSAGE2"
"""The first and the last eight bytes; the digit is the version of this layout."""

ALIGNMENT = 64
SLACK = 8
"""How many zero bytes at least stand behind each array, which is read eight bytes at a time."""

VERIFIED = 1 << 26
"""Up to which size, in bytes, a file is compared with all its checksums when it is opened."""

BESIDE = 64 << 20
"""How much of an array that grows beside another, in bytes, is held in memory."""

_PIECE = 1 << 20
_TRAILER = struct.Struct("<QII8s")

Array = npt.NDArray[Any]


class Output:
    """A file of arrays while it is written, one array after the other. No file is written over.

    It is a file once it is finished; until then, `discard` removes it. Every method raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb")
        self._entries: dict[str, dict[str, Any]] = {}
        self._beside: dict[str, _Beside] = {}
        self._file.write(MAGIC)

    def append(self, name: str, array: Array) -> None:
        """Write an array."""
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        self.begin(name, data.dtype)
        self.extend(name, data.data)

    def begin(self, name: str, dtype: npt.DTypeLike) -> None:
        """Begin an array whose items come piece by piece, before any other is begun."""
        kind = np.dtype(dtype).str
        self._pad()
        self._entries[name] = {"dtype": kind, "length": 0, "offset": self._file.tell(), "crc32": 0}

    def extend(self, name: str, data: bytes | memoryview) -> None:
        """Write a piece of the array begun last, or of one beside; it may change afterwards."""
        view = memoryview(data).cast("B")
        if name in self._beside:
            self._beside[name].extend(view)
            return
        entry = self._entries[name]
        self._file.write(view)
        entry["crc32"] = zlib.crc32(view, entry["crc32"])
        entry["length"] += len(view) // np.dtype(entry["dtype"]).itemsize

    def begin_beside(self, name: str, dtype: npt.DTypeLike) -> None:
        """Begin an array beside that begun last; `join` writes it, behind what is then written."""
        self._beside[name] = _Beside(np.dtype(dtype), self._path.parent)

    def join(self, name: str) -> None:
        """Write an array that grew beside another."""
        beside = self._beside.pop(name)
        self.begin(name, beside.dtype)
        for piece in beside.pieces():
            self.extend(name, piece)

    def finish(self, meta: Mapping[str, Any]) -> None:
        """Write what else is to be noted, and bring all of it down to the disk."""
        self._pad()
        directory = json.dumps({"meta": dict(meta), "arrays": self._entries}).encode()
        offset = self._file.tell()
        self._file.write(directory)
        self._file.write(_TRAILER.pack(offset, len(directory), zlib.crc32(directory), MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Remove what was written."""
        try:
            self._file.close()  # which writes what is left, if it can
        finally:
            self._path.unlink(missing_ok=True)

    def _pad(self) -> None:
        slack = SLACK if self._entries else 0
        self._file.write(bytes(slack + -(self._file.tell() + slack) % ALIGNMENT))


class _Beside:
    """Pieces of an array that cannot be written yet: in memory, and once they are many on disk."""

    def __init__(self, dtype: np.dtype[Any], folder: Path) -> None:
        self.dtype = dtype
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._held = np.empty(BESIDE, np.uint8)  # what is not touched takes no memory
        self._size = 0

    def extend(self, data: memoryview) -> None:
        if self._size + len(data) > BESIDE:
            if self._file is None:
                self._file = TemporaryFile(dir=self._folder)  # noqa: SIM115  # outlives this
            self._file.write(self._held[: self._size].data)
            self._file.write(data)
            self._size = 0
            return
        self._held[self._size : self._size + len(data)] = data
        self._size += len(data)

    def pieces(self) -> Iterator[bytes | memoryview]:
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                while piece := file.read(_PIECE):
                    yield piece
        yield self._held[: self._size].data


def write(path: Path, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
    """Write a file of arrays, in full and down to the disk.

    Raises OSError; what was written until then is removed. No file is written over.
    """
    output = Output(path)
    try:
        for name, array in arrays.items():
            output.append(name, array)
        output.finish(meta)
    except OSError:
        with suppress(OSError):
            output.discard()
        raise


def read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Map a file; give its arrays (one-dimensional) and what else its writer noted.

    The arrays can be written to, as compiled code wants it, but the file stays as it is: what is
    written is the process's own. Up to VERIFIED, every byte is compared with its checksum; in a
    larger file the directory alone. Raises Damaged where something is not as it was written, and
    OtherVersion; FileNotFoundError and other errors of the system pass.
    """
    return _read(path, VERIFIED)


def verify(path: Path) -> None:
    """Compare every byte of a file with its checksum. Raises what `read` raises."""
    _read(path, None)


def _read(path: Path, verified: int | None) -> tuple[dict[str, Array], dict[str, Any]]:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < len(MAGIC) + _TRAILER.size:
            raise Damaged(f"{path} is cut short")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    try:
        directory = _directory(path, data)
        arrays = _arrays(path, data, dict(directory["arrays"]))
        if verified is None or len(data) <= verified:
            _verify(path, data, arrays, directory["arrays"])
        return arrays, dict(directory["meta"])
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        # The checksums are right, but no directory of ours reads like this.
        raise Damaged(f"{path} is not of this program's making: {error!r}") from error


def _directory(path: Path, data: mmap.mmap) -> dict[str, Any]:
    if data[: len(MAGIC)] != MAGIC:
        if data[: len(MAGIC) - 1] == MAGIC[:-1]:
            raise OtherVersion(f"{path} was written in another version of the format")
        raise Damaged(f"{path} does not begin like a file of the index")
    offset, length, crc, magic = _TRAILER.unpack(data[-_TRAILER.size :])
    if magic != MAGIC or offset + length + _TRAILER.size != len(data):
        raise Damaged(f"{path} is cut short")
    raw = data[offset : offset + length]
    if zlib.crc32(raw) != crc:
        raise Damaged(f"{path} is altered: its directory does not match its checksum")
    directory: dict[str, Any] = json.loads(raw)
    return directory


def _arrays(path: Path, data: mmap.mmap, entries: dict[str, dict[str, Any]]) -> dict[str, Array]:
    """Give the arrays where the directory says that they are; SLACK stands behind each."""
    arrays, end = {}, len(data) - _TRAILER.size - SLACK
    for name, entry in entries.items():
        offset, dtype = entry["offset"], np.dtype(entry["dtype"])
        array = np.frombuffer(data, dtype, entry["length"], offset)
        if array.ndim != 1 or offset % ALIGNMENT or offset + array.nbytes > end:
            raise Damaged(f"{path} is not of this program's making: the array {name}")
        arrays[name] = array
    return arrays


def _verify(
    path: Path, data: mmap.mmap, arrays: dict[str, Array], entries: dict[str, dict[str, Any]]
) -> None:
    end = len(MAGIC)
    for name, array in arrays.items():
        if zlib.crc32(array.data) != entries[name]["crc32"]:
            raise Damaged(f"{path} is altered: the array {name} does not match its checksum")
        if any(data[end : entries[name]["offset"]]):
            raise Damaged(f"{path} is altered: the padding before the array {name} is not zero")
        end = entries[name]["offset"] + array.nbytes
    offset = _TRAILER.unpack(data[-_TRAILER.size :])[0]
    if any(data[end:offset]):
        raise Damaged(f"{path} is altered: the padding behind the arrays is not zero")
