"""What is indexed: the files, as they were when they were read, and their documents' ids."""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.errors import Damaged, NoDocuments, Unreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was read: size in bytes, time of its last change in ns, and BLAKE2b.

    `id` is the file's, `documents` are those of its documents: itself, or `<id>~<record>` each.
    """

    id: str
    size: int
    mtime_ns: int
    hash: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The roots that were named, as absolute paths, and every file indexed from them."""

    roots: tuple[str, ...]
    files: dict[str, Entry]

    def to_json(self) -> dict[str, Any]:
        """Give the manifest as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Manifest":
        """Take a manifest from plain data. Raises Damaged."""
        try:
            files = {
                path: Entry(**e | {"documents": tuple(map(str, e["documents"]))})
                for path, e in data["files"].items()
                if e["documents"]
            }
            return cls(tuple(map(str, data["roots"])), files)
        except (KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"the manifest is damaged: {error!r}") from error

    def ids(self) -> dict[str, str]:
        """Give the id of each file."""
        return {path: entry.id for path, entry in self.files.items()}


@dataclass(frozen=True, slots=True)
class Source:
    """A file found under a root, of which `root` is the real path, without links.

    `name` is its path relative to the root, behind the root's name if there are several.
    """

    path: Path
    name: str
    root: str

    def stat(self) -> os.stat_result:
        """Ask the system for size and time of change. Raises Unreadable, OSError."""
        status = self.path.stat()
        if self.path.is_symlink() and not Path(os.path.realpath(self.path)).is_relative_to(
            self.root
        ):
            raise Unreadable("a link that leads out of the folder")
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("a link to a folder")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        return status

    def hash(self) -> str:
        """Give the hash of the content, in hexadecimal. Raises OSError."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@dataclass(frozen=True, slots=True)
class Walk:
    """All files under the roots, and the folders that could not be read."""

    sources: tuple[Source, ...]
    closed: tuple[Path, ...]


def walk(roots: Iterable[Path], index: Path) -> Walk:
    """Find every file under the roots, but hidden ones and those of the index itself.

    Links to folders are found, but not followed. Raises NoDocuments where a root cannot be read.
    """
    roots = tuple(roots)
    sources: dict[Path, Source] = {}
    closed: list[Path] = []
    for root in roots:
        real = _real(root)
        prefix = f"{root.name}/" if len(roots) > 1 and root.is_dir() else ""
        aside = root / os.path.relpath(os.path.realpath(index), real)
        for path in _files(root, aside, closed):
            relative = path.relative_to(root) if root.is_dir() else Path(root.name)
            sources.setdefault(path, Source(path, prefix + relative.as_posix(), real))
    return Walk(tuple(sources.values()), tuple(closed))


def _real(root: Path) -> str:
    try:
        return os.path.realpath(root, strict=True)
    except FileNotFoundError:
        raise NoDocuments(f"{root} does not exist") from None
    except OSError as error:
        raise NoDocuments(f"{root} cannot be read: {error.strerror}") from error


def _files(root: Path, aside: Path, closed: list[Path]) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root, onerror=lambda e: closed.append(Path(e.filename))):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(folder, name) != aside
        )
        for name in sorted(names + links):
            if not name.startswith("."):
                yield Path(folder, name)


def document_id(name: str) -> str:
    """Make the id of a file from its relative path: safe in an address, readable by people."""
    return "".join(map(_id_character, unicodedata.normalize("NFC", name)))


def _id_character(char: str) -> str:
    if char == "/":
        return "~"
    # Letters and their marks, and digits, of every script.
    kept = char in "._-" or unicodedata.category(char)[0] in "LM" or char.isdecimal()
    return char if kept else "_"


def free_id(wanted: str, taken: dict[str, int]) -> str:
    """Give an id that is not taken: itself, or with `~~2`, `~~3`, … behind it.

    `taken` holds for each id the number up to which those made of it are taken too, so that a
    million records of one id are not counted through a million times.
    """
    found, number = wanted, taken.get(wanted, 1)
    while found in taken:
        number += 1
        found = f"{wanted}~~{number}"
    if found != wanted:
        taken[wanted] = number - 1
    return found
