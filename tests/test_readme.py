"""Every command, program, address and setting of the README, tried, and the pages it links to."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from search.engine import Engine
from search.lexer import VALUED, WORDED
from search.query import parse
from web.app import create_app
from web.settings import Settings

README = (ROOT / "README.md").read_text("utf-8")
PYTHON_BIN = Path(sys.executable).parent


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[list[str]]:
    lines = "\n".join(blocks("console")).splitlines()
    found = [shlex.split(line.removeprefix("$ ")) for line in lines if line]
    return [command for command in found if command[0] == name]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project with the environment of this run, and the kernels it compiled.

    To compile them anew takes a minute; `make test` has done so on a clean checkout.
    """
    ignored = shutil.ignore_patterns(".git", ".venv", "var", ".*_cache", "tests")
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(PYTHON_BIN.parent)
    return folder


def environment() -> dict[str, str]:
    unset = ("PASSAGE_INDEX", "PASSAGE_HOST", "PASSAGE_PORT", "MAKEFLAGS", "MAKELEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return kept | {"PYTHONUNBUFFERED": "1"}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Serving:
    """A server that a command starts, up to the line in which it prints its address."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        timer = threading.Timer(300, self.process.kill)  # kernels may be compiled first
        timer.start()
        self.said = []
        for line in self.process.stdout or ():
            self.said.append(line)
            if found := re.search(r"http://\S+/", line):
                self.address = found[0]
                break
        timer.cancel()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address.rstrip("/") + path) as answer:
            return answer.read().decode()

    def stop(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.stdout.close()
        return self.process.wait(30)


@pytest.fixture
def serving(checkout: Path) -> Iterator[Serving]:
    server = Serving(checkout, "make", "run", "PORT=0")
    yield server
    server.stop()


def test_make_run_indexes_the_seeds_and_serves_them(serving: Serving):
    assert "2 documents" in "".join(serving.said)
    assert "<form" in serving.get("/")
    assert json.loads(serving.get("/api/search?q=nato"))["documents"] == 2


def test_make_run_with_documents_says_that_they_replace_the_others(checkout: Path):
    run(checkout, "make", "index")
    articles = checkout / "articles"
    articles.mkdir()
    (articles / "one.md").write_text("# One\n\nA word about otters.\n")
    (checkout / "minutes.md").write_text("# Minutes\n\nNobody came.\n")
    server = Serving(checkout, "make", "run", "DOCS=articles minutes.md", "PORT=0")
    assert json.loads(server.get("/api/search?q=otters"))["total"] == 1
    assert json.loads(server.get("/health"))["documents"] == 2
    assert any("instead of" in line for line in server.said)
    server.stop()
    (articles / "two.txt").write_text("Two\n\nMore of otters.\n")
    assert "1 added" in run(checkout, "make", "index")


def test_make_index_twice_says_that_nothing_changed(checkout: Path):
    run(checkout, "make", "index")
    before = sorted(path.name for path in (checkout / "var/index").iterdir())
    assert "Nothing has changed" in run(checkout, "make", "index")
    assert sorted(path.name for path in (checkout / "var/index").iterdir()) == before


def test_make_help_is_the_default_and_names_every_target():
    shown = run(ROOT, "make")
    assert shown == run(ROOT, "make", "help")
    for target in ("run", "index", "test", "torture", "bench", "check", "clean"):
        assert f"make {target}" in shown


def test_the_three_commands(checkout: Path):
    for command in commands("passage"):
        name, arguments = command[1], command[2:]
        if name == "serve":
            arguments[arguments.index("--port") + 1] = "0"
            server = Serving(checkout, sys.executable, "-m", "passage", name, *arguments)
            assert json.loads(server.get("/health"))["documents"] == 2
            server.stop()
        else:
            shown = run(checkout, sys.executable, "-m", "passage", name, *arguments)
            assert shown.strip()


@pytest.mark.parametrize("package", ["index", "search", "web"])
def test_every_command_has_help_with_an_example_and_a_version(package: str):
    assert f"python -m {package}" in run(ROOT, sys.executable, "-m", package, "--help")
    assert run(ROOT, sys.executable, "-m", package, "--version").startswith("Passage ")


def test_the_json_example_is_what_the_server_answers(serving: Serving):
    (curl,) = commands("curl")
    path = curl[-1].removeprefix("http://127.0.0.1:8080")
    assert contains(json.loads(serving.get(path)), json.loads(blocks("json")[0]))


def contains(answer: object, shown: object) -> bool:
    """Tell whether the README shows a part of the answer."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        return all(name in answer and contains(answer[name], shown[name]) for name in shown)
    if isinstance(shown, list) and isinstance(answer, list):
        return len(shown) == len(answer) and all(map(contains, answer, shown))
    return answer == shown


@pytest.mark.parametrize("name", ["README.md", "docs/python-api.md"])
def test_each_python_example_prints_what_is_shown_below_it(checkout: Path, name: str):
    page = (ROOT / name).read_text("utf-8")
    end = "\nprint('— end of a block')\n"
    printed = run(checkout, sys.executable, "-c", end.join(blocks("python", page)))
    assert printed.split("— end of a block\n") == blocks("text", page)


def test_every_method_of_an_engine_is_shown_in_python():
    page = (ROOT / "docs/python-api.md").read_text("utf-8")
    shown = set(re.findall(r"engine\.(\w+)", "\n".join(blocks("python", page))))
    assert shown == {name for name in vars(Engine) if not name.startswith("_")}


def test_every_query_of_the_table_finds_something_without_a_warning(checkout: Path):
    table = README.split("## The query language")[1].split("\n\n")[1]
    queries = [
        query
        for line in table.splitlines()[2:]
        for query in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    assert len(queries) >= 8
    run(checkout, sys.executable, "-m", "index", "seeds")
    for query in queries:
        answer = json.loads(run(checkout, sys.executable, "-m", "search", query, "--json"))
        assert answer["total"] > 0, query
        assert not answer["warnings"], query


def test_every_field_of_the_table_is_read_as_one():
    table = README.split("## The query language")[1].split("| Field |")[1].split("\n\n")[0]
    queries = re.findall(r"`(\w+:[^`]+)`", table)
    assert {query.partition(":")[0] for query in queries} == {*WORDED, *VALUED}
    for query in queries:
        parsed = parse(query)
        assert not parsed.warnings, query
        assert parsed.interpreted.startswith(query[:4]), query


def test_every_setting_and_route_is_documented(tmp_path: Path):
    source = "".join(p.read_text("utf-8") for p in ROOT.glob("[isw]*/*.py"))
    for name in set(re.findall(r"PASSAGE_[A-Z]+", source)):
        assert name in README
    for flag in set(re.findall(r'"(--(?!json|limit|version|check|rebuild)[a-z]+)"', source)):
        assert flag in README
    for route in create_app(None, Settings(index=tmp_path)).routes:
        if route.rule.startswith("/api/") and "*" not in route.rule:
            assert re.sub(r"<\w+(:[^>]*)?>", "<id>", route.rule) in README
