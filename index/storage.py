"""The folder of an index: which files stand in it, and how its table of contents is read."""

import json
import os
import pickle
import pickletools
import re
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, IndexError, IndexVersionError  # noqa: A004

from index.codec.adapter import ColumnarSegment
from index.errors import Damaged, Foreign, IndexFault, NoIndex, OtherVersion
from index.schema import FORMAT, SCHEMA

NAME = "MAIN"
"""Whoosh's name of the one index in a folder."""

LOCK = f"{NAME}_WRITELOCK"
"""The name of the lock file; it holds the process id of the last writer."""

_OURS = re.compile(
    rf"{LOCK}|_{NAME}_\d+\.toc(\.[\d.]+)?|{NAME}_[0-9a-z]+\.(arrays|\d+\.deleted)|manifest\.\d+"
)
_TOC = re.compile(rf"_{NAME}_(\d+)\.toc")
_ATTRIBUTES = vars(ColumnarSegment(NAME, 0)).keys()


class Storage(FileStorage):  # type: ignore[misc]  # Whoosh has no types
    """A folder whose table of contents cannot run code when it is read, nor be half written."""

    def open_file(self, name: str, **kwargs: Any) -> StructFile:
        """Open a file for reading; its pickles may hold our class of segments alone."""
        return _SafeFile(BytesIO((Path(self.folder) / name).read_bytes()), name=name, **kwargs)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Rename a file whose bytes are on the disk, and bring the new name there too."""
        folder = Path(self.folder)
        with (folder / oldname).open("rb") as file:
            os.fsync(file.fileno())
        super().rename_file(oldname, newname, safe)
        sync_folder(folder)


class _SafeFile(StructFile):  # type: ignore[misc]  # Whoosh has no types
    def read_pickle(self) -> Any:
        data = self.file.read()
        # What is stored under a number of the file's choosing can take any amount of memory.
        if any(opcode.name.endswith("PUT") for opcode, _, _ in pickletools.genops(data)):
            raise pickle.UnpicklingError("an opcode that Whoosh does not write")
        return _Unpickler(BytesIO(data)).load()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str) -> type:
        if (module, name) == (ColumnarSegment.__module__, ColumnarSegment.__name__):
            return ColumnarSegment
        raise Foreign(
            f"its table of contents names {module}.{name}, which Passage did not write; "
            "nothing of it was run; choose another folder"
        )


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def latest_generation(folder: Path) -> int:
    """Give the number of the newest commit. Raises NoIndex where there is none, IndexFault."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  # names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        names = []
    except OSError as error:
        raise IndexFault(f"cannot read the folder {folder}: {error.strerror}") from error
    generations = [int(match[1]) for match in map(_TOC.fullmatch, names) if match]
    if not generations:
        raise NoIndex(
            f"there is no index in {folder}; make one with: python -m index DOCS --to {folder}"
        )
    return max(generations)


def read_segments(folder: Path, generation: int) -> list[ColumnarSegment]:
    """Read the segments that a table of contents lists.

    Raises Foreign, OtherVersion, Damaged; FileNotFoundError where the generation is gone.
    """
    try:
        toc = TOC.read(Storage(str(folder)), NAME, gen=generation, schema=SCHEMA)
    except Foreign as error:
        raise Foreign(f"{folder} is not an index of Passage: {error}") from error
    except IndexVersionError as error:
        raise OtherVersion(
            f"{folder} holds an index of another version of Whoosh; "
            f"build it anew with: python -m index --to {folder}"
        ) from error
    except (
        IndexError,
        pickle.UnpicklingError,
        struct.error,
        EOFError,
        AssertionError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        LookupError,
        MemoryError,
        OverflowError,
    ) as error:  # what pickle and Whoosh raise of damaged bytes
        raise Damaged(f"the table of contents of {folder} is damaged: {error!r}") from error
    if not (isinstance(toc.segments, list) and all(map(_is_ours, toc.segments))):
        raise Damaged(f"the table of contents of {folder} is damaged")
    return list(toc.segments)


def _is_ours(segment: object) -> bool:
    """Tell whether a segment is as we write it; its files then lie in the folder of the index."""
    return (
        isinstance(segment, ColumnarSegment)
        and vars(segment).keys() == _ATTRIBUTES
        and all(isinstance(value, str | int) for value in vars(segment).values())
        and _OURS.fullmatch(segment.deletions_file()) is not None
    )


def write_segments(folder: Path, generation: int, segments: list[ColumnarSegment]) -> None:
    """Commit: write the table of contents of a new generation, atomically. Raises OSError."""
    TOC(SCHEMA, segments, generation).write(Storage(str(folder)), NAME)


def write_manifest(
    folder: Path, generation: int, segments: list[ColumnarSegment], manifest: dict[str, Any]
) -> None:
    """Write what a generation is made of: a line of JSON and its checksum. Raises OSError."""
    header = {"format": FORMAT, "segments": list(map(vars, segments))}
    text = json.dumps(header | manifest).encode()
    with manifest_path(folder, generation).open("wb") as file:
        file.write(b"%b\n%08x\n" % (text, zlib.crc32(text)))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path, generation: int, segments: list[ColumnarSegment]) -> dict[str, Any]:
    """Read what a generation was made of, and hold the table of contents to it.

    Raises OtherVersion, Damaged; FileNotFoundError where the generation is gone.
    """
    path = manifest_path(folder, generation)
    text, _, checksum = path.read_bytes().partition(b"\n")
    try:
        manifest: dict[str, Any] = json.loads(text)
        version = manifest["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    if version != FORMAT:
        raise OtherVersion(
            f"{folder} holds an index of format {version}, this program writes {FORMAT}; "
            f"build it anew with: python -m index --to {folder}"
        )
    if checksum != b"%08x\n" % zlib.crc32(text):
        raise Damaged(f"{path} is altered: it does not match its checksum")
    if manifest.get("segments") != list(map(vars, segments)):
        raise Damaged(f"the table of contents of {folder} does not match {path.name}")
    return manifest


def toc_path(folder: Path, generation: int) -> Path:
    """Say where a generation's table of contents stands."""
    return folder / f"_{NAME}_{generation}.toc"


def manifest_path(folder: Path, generation: int) -> Path:
    """Say where a generation's manifest stands."""
    return folder / f"manifest.{generation}"


def strangers(folder: Path) -> list[str]:
    """Name what stands in a folder and is not of an index.

    Hidden files are the system's: .DS_Store of macOS, .nfs… of a network.
    """
    return sorted(
        path.name
        for path in folder.iterdir()
        if not (path.name.startswith(".") or (_OURS.fullmatch(path.name) and path.is_file()))
    )


def remove_unnamed(folder: Path, generation: int, segments: list[ColumnarSegment]) -> None:
    """Remove every file of an index that a generation does not name.

    Readers that have such a file open keep it; the system frees it with the last of them. What
    cannot be removed waits for the next time.
    """
    keep = {LOCK, toc_path(folder, generation).name, manifest_path(folder, generation).name}
    for segment in segments:
        keep |= {segment.data_file(), segment.deletions_file()}
    for path in folder.iterdir():
        if path.name not in keep and _OURS.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def recalled_manifest(folder: Path, generation: int) -> dict[str, Any]:
    """Give what an index that cannot be opened was made of, as far as it says so."""
    try:
        text = manifest_path(folder, generation).read_bytes().partition(b"\n")[0]
        return dict(json.loads(text))
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def fingerprint(folder: Path) -> tuple[int, ...]:
    """Give what tells one commit from another, an index deleted and made anew included.

    Raises NoIndex, IndexFault.
    """
    generation = latest_generation(folder)
    try:
        status = toc_path(folder, generation).stat()
    except FileNotFoundError:  # a newer commit was faster
        return (generation,)
    except OSError as error:
        raise IndexFault(f"cannot read the folder {folder}: {error.strerror}") from error
    return generation, status.st_ino, status.st_mtime_ns
