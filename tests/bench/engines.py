"""The engines: how each is built here, started, and what it can do."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.queries import KINDS, Kind

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

PAGES = ("TOP_10", "TOP_10_COUNT", "COUNT", "FETCH_10")
DEEP = ("TOP_100", "TOP_1000")
OWN = ("TOP_10_EXACT", "TOP_10_CONTEXT", "PAGE")
EVERY_KIND = tuple(KINDS.values())

JVM = (
    "-Xmx4g",
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
)


class Missing(Exception):
    """A peer cannot be measured here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runner and what it can do.

    `limit` is how many paragraphs it is given, if not all. What `is_measured_whole` takes part in
    every round of every query; of the others a few rounds must do, in limited time.
    """

    name: str
    command: tuple[str, ...]
    commands: tuple[str, ...] = PAGES
    kinds: tuple[Kind, ...] = EVERY_KIND
    cores: tuple[int, ...] = (1, 2)
    limit: int | None = None
    is_measured_whole: bool = False
    merges: bool = True
    replaces: bool = True


def engines(work: Path, log: Path) -> Iterator[Engine | tuple[str, str]]:
    """Build every engine; one that cannot be is its name and the reason."""
    makers = {
        "Passage": lambda *_: engine_of_passage(),
        "Tantivy": _tantivy,
        "Lucene": _lucene,
        "SQLite FTS5": _fts5,
        "bm25s": _bm25s,
        "Whoosh": _whoosh,
    }
    for name, make in makers.items():
        try:
            yield make(name, work, log)
        except Missing as error:
            yield name, str(error)


def engine_of_passage(commands: tuple[str, ...] = (*PAGES, *DEEP, *OWN)) -> Engine:
    """Give this program, to be measured by some commands."""
    return Engine(
        "Passage",
        _python("passage_runner"),
        commands=commands,
        is_measured_whole=True,
        merges=False,
    )


def _tantivy(name: str, work: Path, log: Path) -> Engine:
    """Build a copy of the crate, for cargo writes beside its manifest."""
    cargo = _tool("cargo")
    source = work / "tantivy"
    shutil.copytree(HERE / "runners" / "tantivy", source, dirs_exist_ok=True)
    manifest = str(source / "Cargo.toml")
    _build([cargo, "build", "--quiet", "--release", "--manifest-path", manifest], log)
    binary = source / "target" / "release" / "tantivy-runner"
    return Engine(name, (str(binary),), (*PAGES, *DEEP), is_measured_whole=True)


def _lucene(name: str, work: Path, log: Path) -> Engine:
    maven, home, out = _tool("mvn"), _java_home(), work / "lucene"
    source, libraries, classes = HERE / "runners" / "lucene", out / "lib", out / "classes"
    if not libraries.exists():
        copy = f"-DoutputDirectory={libraries.resolve()}"
        pom = str(source / "pom.xml")
        _build([maven, "-q", "-B", "-f", pom, "dependency:copy-dependencies", copy], log, home)
    javac = [str(home / "bin" / "javac"), "-proc:none", "-d", str(classes)]
    _build([*javac, "-cp", f"{libraries}/*", str(source / "Bench.java")], log)
    java = (str(home / "bin" / "java"), *JVM, "-cp", f"{classes}:{libraries}/*", "Bench")
    return Engine(name, java, (*PAGES, *DEEP), is_measured_whole=True)


def _fts5(name: str, _work: Path, _log: Path) -> Engine:
    kinds = tuple(kind for kind in EVERY_KIND if kind != "must+should")
    return Engine(name, _python("fts5_runner"), kinds=kinds, cores=(1,))


def _bm25s(name: str, _work: Path, _log: Path) -> Engine:
    return Engine(
        name,
        _python("bm25s_runner", needs="bm25s"),
        commands=("TOP_10",),
        kinds=("term", "OR"),
        cores=(1,),
        merges=False,
        replaces=False,
    )


def _whoosh(name: str, _work: Path, _log: Path) -> Engine:
    return Engine(name, _python("whoosh_runner"), cores=(1,), limit=10_000, merges=False)


def _python(module: str, needs: str | None = None) -> tuple[str, ...]:
    if needs and importlib.util.find_spec(needs) is None:
        raise Missing(f"the package {needs} is not installed")
    return sys.executable, "-m", f"bench.runners.{module}"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not on the path")
    return found


def _java_home() -> Path:
    """Find a JDK of 21 or later: $JAVA_HOME, the path's, or the newest where Linux keeps them."""
    named = [Path(home) for home in [os.environ.get("JAVA_HOME")] if home]
    on_path = [Path(found).resolve().parents[1] for found in [shutil.which("javac")] if found]
    usual = Path("/usr/lib/jvm")
    homes = [*named, *on_path, *(sorted(usual.iterdir(), reverse=True) if usual.is_dir() else [])]
    for home in homes:
        if _java_version(home) >= 21:
            return home
    raise Missing("there is no JDK of 21 or later ($JAVA_HOME)")


def _java_version(home: Path) -> int:
    try:
        said = (home / "release").read_text("utf-8")
    except OSError:
        return 0
    line = next(line for line in said.splitlines() if line.startswith("JAVA_VERSION="))
    return int(line.split('"')[1].split(".")[0])


def _build(command: Sequence[str], log: Path, java_home: Path | None = None) -> None:
    environment = os.environ | ({"JAVA_HOME": str(java_home)} if java_home else {})
    with log.open("a", encoding="utf-8") as out:
        done = subprocess.run(command, stdout=out, stderr=out, env=environment, check=False)
    if done.returncode:
        raise Missing(f"{Path(command[0]).name} failed; {log} says why")
