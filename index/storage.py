"""The folder of an index: which files stand in it, and how its table of contents is read."""

import json
import os
import pickle
import re
import struct
from pathlib import Path
from typing import Any, BinaryIO

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, EmptyIndexError, IndexError, IndexVersionError  # noqa: A004

from index.codec.adapter import ColumnarSegment
from index.errors import Damaged, Foreign, NoIndex, OtherVersion
from index.schema import FORMAT, SCHEMA

NAME = "MAIN"
"""Whoosh's name of the one index in a folder."""

LOCK = f"{NAME}_WRITELOCK"
"""The name of the lock file; it holds the process id of the last writer."""

_OURS = re.compile(rf"_?{NAME}_.*|manifest\.\d+")
_TOC = re.compile(rf"_{NAME}_(\d+)\.toc")


class Storage(FileStorage):  # type: ignore[misc]  # Whoosh has no types
    """A folder whose table of contents cannot run code when it is read, nor be half written."""

    def open_file(self, name: str, **kwargs: Any) -> StructFile:
        """Open a file for reading; its pickles may hold our class of segments alone."""
        return _SafeFile((Path(self.folder) / name).open("rb"), name=name, **kwargs)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Rename a file whose bytes are on the disk, and bring the new name there too."""
        folder = Path(self.folder)
        with (folder / oldname).open("rb") as file:
            os.fsync(file.fileno())
        super().rename_file(oldname, newname, safe)
        sync_folder(folder)


class _SafeFile(StructFile):  # type: ignore[misc]  # Whoosh has no types
    def read_pickle(self) -> Any:
        return _Unpickler(self.file).load()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str) -> type:
        if (module, name) == (ColumnarSegment.__module__, ColumnarSegment.__name__):
            return ColumnarSegment
        raise Foreign(
            f"its table of contents names {module}.{name}, which Passage did not write; "
            "nothing of it was run"
        )


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def latest_generation(folder: Path) -> int:
    """Give the number of the newest commit. Raises NoIndex where there is none."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  # names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        names = []
    generations = [int(match[1]) for match in map(_TOC.fullmatch, names) if match]
    if not generations:
        raise NoIndex(
            f"there is no index in {folder}; make one with: python -m index --to {folder}"
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
    except (FileNotFoundError, EmptyIndexError):
        raise FileNotFoundError(f"generation {generation} of {folder} is gone") from None
    except IndexVersionError as error:
        raise OtherVersion(f"{folder}: {error}") from error
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
    if not all(isinstance(segment, ColumnarSegment) for segment in toc.segments):
        raise Damaged(f"the table of contents of {folder} is damaged")
    return list(toc.segments)


def write_segments(folder: Path, generation: int, segments: list[ColumnarSegment]) -> None:
    """Commit: write the table of contents of a new generation, atomically. Raises OSError."""
    TOC(SCHEMA, segments, generation).write(Storage(str(folder)), NAME)


def read_manifest(folder: Path, generation: int) -> dict[str, Any]:
    """Read what a generation was made of.

    Raises OtherVersion, Damaged; FileNotFoundError where the generation is gone.
    """
    path = manifest_path(folder, generation)
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        version = manifest["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    if version != FORMAT:
        raise OtherVersion(
            f"{folder} holds an index of format {version}, this program writes {FORMAT}; "
            f"build it anew with: python -m index --to {folder}"
        )
    return manifest


def manifest_path(folder: Path, generation: int) -> Path:
    """Say where a generation's manifest stands."""
    return folder / f"manifest.{generation}"


def strangers(folder: Path) -> list[str]:
    """Name what stands in a folder and is not of an index."""
    return sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name))


def remove_unnamed(folder: Path, generation: int, segments: list[ColumnarSegment]) -> None:
    """Remove every file of an index that a generation does not name.

    Readers that have such a file open keep it; the system frees it with the last of them.
    """
    keep = {LOCK, f"_{NAME}_{generation}.toc", manifest_path(folder, generation).name}
    for segment in segments:
        keep |= {segment.data_file(), segment.deletions_file()}
    for path in folder.iterdir():
        if path.name not in keep and _OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)


def remembered_roots(folder: Path, generation: int) -> tuple[str, ...]:
    """Give the roots that an index of another version was made of, as far as it says so."""
    try:
        manifest = json.loads(manifest_path(folder, generation).read_bytes())
        return tuple(map(str, manifest["roots"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def fingerprint(folder: Path) -> tuple[int, ...]:
    """Give what tells one commit from another, an index deleted and made anew included.

    Raises NoIndex.
    """
    generation = latest_generation(folder)
    try:
        status = (folder / f"_{NAME}_{generation}.toc").stat()
    except FileNotFoundError:  # a newer commit was faster
        return (generation,)
    return generation, status.st_ino, status.st_mtime_ns
