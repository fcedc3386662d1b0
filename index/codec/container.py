"""A file of named arrays: how every binary file of the index is laid out (see README.md)."""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from index.errors import Damaged, OtherVersion

MAGIC = b"PASSAGE1"
"""The first and the last eight bytes; the digit is the version of this layout."""

ALIGNMENT = 64
_TRAILER = struct.Struct("<QII8s")

Array = npt.NDArray[Any]


def write(path: Path, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
    """Write a file of arrays, in full and down to the disk.

    Raises OSError; what was written until then is removed. No file is written over.
    """
    with path.open("xb") as file:
        try:
            file.write(MAGIC)
            entries = {name: _append(file, array) for name, array in arrays.items()}
            directory = json.dumps({"meta": dict(meta), "arrays": entries}).encode()
            offset = file.tell()
            file.write(directory)
            file.write(_TRAILER.pack(offset, len(directory), zlib.crc32(directory), MAGIC))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _append(file: BinaryIO, array: Array) -> dict[str, Any]:
    data = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    file.write(bytes(-file.tell() % ALIGNMENT))
    offset = file.tell()
    file.write(data.data)
    return {
        "dtype": data.dtype.str,
        "length": len(data),
        "offset": offset,
        "crc32": zlib.crc32(data.data),
    }


def read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Map a file; give its arrays (read-only, one-dimensional) and what else its writer noted.

    Raises Damaged where a byte of the file is not as it was written, and OtherVersion;
    FileNotFoundError and other errors of the system pass.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < len(MAGIC) + _TRAILER.size:
            raise Damaged(f"{path} is cut short")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        directory = _directory(path, data)
        return _arrays(path, data, dict(directory["arrays"])), dict(directory["meta"])
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
    arrays, end = {}, len(MAGIC)
    for name, entry in entries.items():
        offset = entry["offset"]
        array = np.frombuffer(data, np.dtype(entry["dtype"]), entry["length"], offset)
        if zlib.crc32(array.data) != entry["crc32"]:
            raise Damaged(f"{path} is altered: the array {name} does not match its checksum")
        if any(data[end:offset]):
            raise Damaged(f"{path} is altered: the padding before the array {name} is not zero")
        arrays[name], end = array, offset + array.nbytes
    return arrays
