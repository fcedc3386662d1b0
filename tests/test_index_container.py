"""The file of arrays: what is written is read, and no change of it passes."""

import errno
import json
import os
import struct
import zlib

import numpy as np
import pytest

from index.codec import container
from index.errors import Damaged, OtherVersion

ARRAYS = {
    "bytes": np.arange(5, dtype=np.uint8),
    "empty": np.array([], np.uint32),
    "floats": np.array([1.5, -0.0, np.inf], np.float32),
    "big-endian": np.array([1, 2, 1 << 60], ">u8"),
    "every other": np.arange(20, dtype=np.int16)[::2],
    "flags": np.array([True, False]),
    "empty at the end": np.array([], np.uint8),
}
META = {"unicode": "15.0", "paragraphs": 3}


@pytest.fixture
def small(tmp_path):
    container.write(tmp_path / "small", ARRAYS, META)
    return tmp_path / "small"


def test_arrays_are_read_as_they_were_written(small):
    arrays, meta = container.read(small)
    assert meta == META
    assert list(arrays) == list(ARRAYS)
    for name, array in arrays.items():
        assert array.tolist() == ARRAYS[name].tolist()
        assert array.dtype == ARRAYS[name].dtype.newbyteorder("<")
        assert array.size == 0 or array.ctypes.data % container.ALIGNMENT == 0


def test_what_is_written_to_an_array_stays_out_of_the_file(small):
    container.read(small)[0]["bytes"][:] = 9
    assert container.read(small)[0]["bytes"].tolist() == ARRAYS["bytes"].tolist()


def test_eight_zero_bytes_stand_behind_each_array(small):
    whole = small.read_bytes()
    offset, length = struct.unpack("<QI", whole[-24:-12])
    for entry in json.loads(whole[offset : offset + length])["arrays"].values():
        end = entry["offset"] + entry["length"] * np.dtype(entry["dtype"]).itemsize
        assert whole[end : end + 8] == bytes(8)


def test_an_array_can_come_in_pieces(tmp_path):
    output = container.Output(tmp_path / "file")
    output.begin("pieces", np.uint16)
    for piece in ([1, 2], [], [3]):
        output.extend("pieces", np.array(piece, np.uint16).data)
    output.append("other", np.array([4.5]))
    output.finish({"noted": 1})
    arrays, meta = container.read(tmp_path / "file")
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "pieces": [1, 2, 3],
        "other": [4.5],
    }
    assert meta == {"noted": 1}


def test_what_is_discarded_is_gone(tmp_path):
    output = container.Output(tmp_path / "file")
    output.append("array", np.arange(100_000))
    output.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_is_compared_only_when_asked_for(small, monkeypatch):
    monkeypatch.setattr(container, "VERIFIED", 1000)
    whole, first = small.read_bytes(), container.ALIGNMENT
    altered = whole[:first] + b"\xff" + whole[first + 1 :]
    small.write_bytes(altered)
    assert container.read(small)[0]["bytes"].tolist() == [255, 1, 2, 3, 4]
    with pytest.raises(Damaged, match="bytes does not match"):
        container.verify(small)
    small.write_bytes(whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:])
    with pytest.raises(Damaged, match="directory"):
        container.read(small)
    small.write_bytes(whole)
    container.verify(small)


def test_a_file_without_arrays_is_a_file(tmp_path):
    container.write(tmp_path / "file", {}, {})
    assert container.read(tmp_path / "file") == ({}, {})


def test_every_cut_is_seen(small):
    whole = small.read_bytes()
    for length in range(len(whole)):
        small.write_bytes(whole[:length])
        with pytest.raises(Damaged, match="cut short"):
            container.read(small)


def test_bytes_behind_the_end_are_seen(small):
    small.write_bytes(small.read_bytes() + b"\0")
    with pytest.raises(Damaged):
        container.read(small)


def test_every_changed_byte_is_seen(small):
    whole = small.read_bytes()
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            altered = bytearray(whole)
            altered[at] ^= change
            small.write_bytes(altered)
            expected = OtherVersion if at == len(container.MAGIC) - 1 else Damaged
            with pytest.raises(expected, match="small"):
                container.read(small)


def test_another_version_is_told_from_damage(small):
    whole = small.read_bytes()
    small.write_bytes(b"PASSAGE1" + b"of another layout " * 10 + b"PASSAGE1")
    with pytest.raises(OtherVersion, match="another version of the format"):
        container.read(small)
    small.write_bytes(b"SQLite format 3\0" + whole[16:])
    with pytest.raises(Damaged, match="does not begin like"):
        container.read(small)


DIRECTORIES = [
    b"",
    b"\xff",
    b"[" * 100_000,
    b"[]",
    b"null",
    b'{"meta": {}}',
    b'{"arrays": {}}',
    b'{"meta": {}, "arrays": [1]}',
    b'{"meta": {}, "arrays": {"a": 1}}',
    b'{"meta": 1, "arrays": {}}',
]
ENTRIES = [
    {},
    {"dtype": "O"},
    {"dtype": "no such type"},
    {"dtype": ["u4"]},
    {"dtype": "2u1"},
    {"dtype": "S0"},
    {"length": -1},
    {"length": 1 << 62},
    {"length": "3"},
    {"length": 1.5},
    {"offset": -64},
    {"offset": 1 << 62},
    {"offset": None},
]


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_a_directory_of_a_strangers_making_is_damage(tmp_path, directory):
    with pytest.raises(Damaged):
        container.read(forged(tmp_path, directory))


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_array_of_a_strangers_making_is_damage(tmp_path, entry):
    crc = zlib.crc32(b"")
    sound = {"dtype": "|u1", "length": 0, "offset": 64, "crc32": crc} if entry else {}
    directory = {"meta": {}, "arrays": {"a": sound | entry}}
    with pytest.raises(Damaged):
        container.read(forged(tmp_path, json.dumps(directory).encode()))


def forged(folder, directory):
    """Write a file whose checksums are right and whose directory is anything."""
    trailer = struct.pack("<QII8s", 64, len(directory), zlib.crc32(directory), container.MAGIC)
    path = folder / "forged"
    path.write_bytes(container.MAGIC.ljust(64, b"\0") + directory + trailer)
    return path


def test_a_file_is_never_written_over(small):
    whole = small.read_bytes()
    with pytest.raises(FileExistsError):
        container.write(small, {}, {})
    assert small.read_bytes() == whole


def test_a_file_that_could_not_be_written_is_not_left_behind(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        container.write(tmp_path / "file", ARRAYS, META)
    assert list(tmp_path.iterdir()) == []
