"""Who imports whom, read from the source: index <- search <- web, and libraries in their places."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

from index.codec.compiled import COMPILED_FROM

PACKAGES = ("index", "search", "web")
BENEATH = {"index": {"index"}, "search": {"index", "search"}, "web": set(PACKAGES)}

# What web may know of search; only its worker opens an engine.
SEAM = {"engine", "errors", "export", "objects", "query", "urls"}
COMPOSITION = {"web/worker.py": {"local", "warm"}}

PLACES = {
    # Few, so that it could be replaced by one of its forks in an afternoon.
    "whoosh": {
        *("index/codec/adapter.py", "index/schema.py", "index/storage.py"),
        *("search/context.py", "search/execute.py", "search/flat.py", "search/general.py"),
        *("search/highlight.py", "search/query.py", "search/patterns.py", "search/describe.py"),
        *("search/fields.py", "search/filters.py", "search/local.py", "search/spelling.py"),
        *("search/facets.py", "search/order.py", "search/leaves.py", "search/suggest.py"),
        "search/similar.py",
        *("search/across.py", "search/concordance.py", "search/explain.py"),
        *(
            "search/frequencies.py",
            "search/near.py",
            "search/relax.py",
            "search/sought.py",
            "search/warm.py",
        ),
    },
    "pickle": {"index/storage.py"},
    "pickletools": {"index/storage.py"},
    "marshal": set(),
    "shelve": set(),
    "fcntl": {"index/writer.py"},
    "mmap": {"index/codec/container.py"},
    "Stemmer": {"index/analysis.py"},
    "charset_normalizer": {"index/readers/encoding.py"},
    "markdown_it": {"index/readers/markdown.py"},
    "granian": {"web/__main__.py"},
    "rich": {"index/__main__.py", "search/__main__.py", "search/terminal.py"},
}

# Imported where they are used, not with the module: few runs need them.
LATE = {"charset_normalizer", "markdown_it"}

# The names under which distributions are imported, where it is not their own.
IMPORTED_AS = {"charset-normalizer": "charset_normalizer", "markdown-it-py": "markdown_it"}
IMPORTED_AS |= {"PyStemmer": "Stemmer"}


def sources() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in [*paths, ROOT / "passage.py"])


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Give the full names of what is imported; of `from a import b`, `a.b`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who imports whom"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


TREES = {path: ast.parse((ROOT / path).read_text("utf-8")) for path in sources()}
IMPORTS = {path: set(imported(ast.walk(tree))) for path, tree in TREES.items()}
MODULES = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in TREES}


def top(name: str) -> str:
    return name.partition(".")[0]


def module_of(name: str) -> str:
    """Give our module of an imported name, which may be something in the module."""
    return name if name in MODULES else name.rpartition(".")[0]


def test_the_source_is_found():
    assert {top(module) for module in MODULES} == {*PACKAGES, "passage"}
    assert "index.codec.container" in IMPORTS["index/codec/segment.py"]
    assert "whoosh.query" in IMPORTS["search/query.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_imports_backwards(package):
    for path, names in IMPORTS.items():
        if path.startswith(f"{package}/"):
            ours = {top(name) for name in names} & set(PACKAGES)
            assert ours <= BENEATH[package], path


def test_web_knows_of_search_what_another_engine_has_too():
    for path, names in IMPORTS.items():
        if path.startswith("web/"):
            known = {module_of(name).partition(".")[2] for name in names if top(name) == "search"}
            assert known <= SEAM | COMPOSITION.get(path, set()), path


def test_no_module_imports_itself_by_way_of_others():
    graph = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): {
            module_of(name) for name in names if top(name) in PACKAGES
        }
        for path, names in IMPORTS.items()
    }
    for module, others in graph.items():
        others.discard(module)  # a command run with -m imports itself by its full name
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("library", PLACES)
def test_a_library_stays_in_its_place(library):
    users = {path for path, names in IMPORTS.items() if library in map(top, names)}
    assert users == PLACES[library]


def test_kernels_are_made_of_what_they_are_told_by():
    """Else a change elsewhere would leave the old code in use."""
    sources = {str(p.relative_to(ROOT)) for each in COMPILED_FROM for p in ROOT.glob(each)}
    modules = {path.removesuffix(".py").replace("/", ".") for path in sources}
    marks = {"index.codec.compiled.kernel", "index.codec.compiled.inlined"}
    kernels = {path: names for path, names in IMPORTS.items() if marks & names}
    assert len(kernels) > 20
    for path, names in kernels.items():
        assert path in sources
        assert {module_of(name) for name in names if top(name) in PACKAGES} <= modules, path


def test_bottle_is_the_business_of_web():
    users = {path for path, names in IMPORTS.items() if "bottle" in map(top, names)}
    assert users
    assert all(path.startswith("web/") for path in users)


def test_every_library_is_a_declared_dependency_and_the_other_way_round():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {line.partition(">")[0].partition("=")[0] for line in declared["dependencies"]}
    used = {top(name) for names in IMPORTS.values() for name in names}
    used -= {*sys.stdlib_module_names, *PACKAGES, "passage"}
    assert used == {IMPORTED_AS.get(name, name) for name in names}


def test_what_few_runs_need_is_imported_when_it_is_needed():
    for path, tree in TREES.items():
        assert LATE.isdisjoint(map(top, imported(iter(tree.body)))), path


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("index.__main__", {"search", "web", "bottle", "granian", *LATE}),
        ("search.__main__", {"web", "bottle", "granian", *LATE}),
        ("web.__main__", {"search", "whoosh", "numpy", "numba", "bottle"}),  # its worker does
        ("passage", {"search", "web", "whoosh", "numpy", "bottle", "granian", "rich"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(module, absent):
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert absent.isdisjoint(done.stdout.split())


def test_the_tests_are_flat():
    # What measures is a program of its own, which no test imports by accident.
    packages = {path.parent for path in Path(ROOT / "tests").rglob("__init__.py")}
    bench, relevance = ROOT / "tests" / "bench", ROOT / "tests" / "relevance"
    assert packages == {bench, bench / "runners", relevance}
