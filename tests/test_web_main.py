"""The server as its users start it: a process of its own, over a real index."""

import errno
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from collections_on_disk import texts, write
from conftest import ROOT

from index.schema import FORMAT
from index.version import VERSION
from web.__main__ import free_address, main

TALKS = texts("talks.txt", "Talks in Moscow", "Talks were held.", "Nobody knows.")

SPAWNED = """
import multiprocessing, runpy, sys
multiprocessing.set_start_method("spawn")
sys.argv[0] = "web"
runpy.run_module("web", run_name="__main__", alter_sys=True)
"""


SLOW = """
import multiprocessing, sys, time
from web import __main__ as command, worker

class Slow(worker.Local):
    def documents(self, limit, offset):
        print("asked", flush=True)
        time.sleep(1)
        return super().documents(limit, offset)

worker.Local = Slow
multiprocessing.set_start_method("fork")
sys.exit(command.main())
"""


@dataclass
class Server:
    process: subprocess.Popen[str]
    said: str

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.said)
        assert found, self.said
        return int(found[1])

    def get(self, address: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, address)
            answer = connection.getresponse()
            return answer, answer.read()

    def stop(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(60)


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server on a free port; its first line is read, which it says when it answers."""
    started = []

    def start(index: Path, *options: str, command: tuple[str, ...] = ("-m", "web")) -> Server:
        process = subprocess.Popen(
            [sys.executable, *command, "--port", "0", "--index", str(index), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        return Server(process, process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "index", [TALKS])
    return tmp_path / "index"


def refusal(index: Path, port: int) -> str:
    """Start a server that cannot start; give what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "web", "--port", str(port), "--index", str(index)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_it_says_where_it_is_once_it_answers_there(start: Start, folder: Path):
    server = start(folder)
    assert re.fullmatch(
        r"Passage is serving 1 document at http://127\.0\.0\.1:\d+/ - stop with Ctrl\+C\n",
        server.said,
    )
    answer, body = server.get("/api/search?q=held")
    assert answer.status == 200
    assert json.loads(body)["total"] == 1
    assert b"<mark>held</mark>" in server.get("/?q=held")[1]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_quietly(start: Start, folder: Path, by: signal.Signals):
    server = start(folder)
    idle = socket.create_connection(("127.0.0.1", server.port))
    assert server.stop(by) == 0
    idle.close()
    assert server.process.communicate() == ("", "")


def test_what_was_begun_is_finished_before_it_stops(start: Start, folder: Path):
    server = start(folder, command=("-c", SLOW))
    with ThreadPoolExecutor() as pool:
        begun = pool.submit(server.get, "/api/documents")
        assert server.process.stdout
        assert server.process.stdout.readline() == "asked\n"
        assert server.stop(signal.SIGTERM) == 0
        answer, body = begun.result()
    assert answer.status == 200
    assert json.loads(body)["total"] == 1


def test_it_waits_for_an_index_and_serves_it_when_it_comes(start: Start, tmp_path: Path):
    server = start(tmp_path / "index")
    assert server.said.startswith("Passage waits at http://127.0.0.1:")
    assert str(tmp_path / "index") in server.said
    for address in ("/", "/health", "/api/search?q=talks"):
        answer, body = server.get(address)
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert str(tmp_path / "index").encode() in body
    write(tmp_path / "index", [TALKS])
    wait_for(lambda: server.get("/health")[0].status == 200)
    assert json.loads(server.get("/health")[1])["documents"] == 1


def test_a_taken_port_is_refused_in_one_line(start: Start, folder: Path):
    server = start(folder)
    said = refusal(folder, server.port)
    assert re.fullmatch(rf"web: port {server.port} is taken at .* --port\n", said)
    assert server.get("/health")[0].status == 200


@pytest.mark.parametrize("kind", ["damaged", "other version"])
def test_an_index_that_cannot_be_served_is_refused_in_one_line(folder: Path, kind: str):
    if kind == "damaged":
        (file,) = folder.glob("*.arrays")
        file.write_bytes(file.read_bytes()[:-1])
    else:
        (file,) = folder.glob("manifest.*")
        own, other = (b'"format": %d,' % each for each in (FORMAT, FORMAT + 1))
        assert own in file.read_bytes()
        file.write_bytes(file.read_bytes().replace(own, other))
    before = sorted(folder.iterdir())
    assert re.fullmatch(r"web: .*python -m index .*\n", refusal(folder, 0))
    assert sorted(folder.iterdir()) == before


def test_a_worker_does_not_outlive_its_parent(start: Start, folder: Path):
    server = start(folder)
    server.stop(signal.SIGKILL)

    def is_free() -> bool:
        try:
            return free_address("127.0.0.1", server.port)[1] == server.port
        except OSError:
            return False

    wait_for(is_free)


def test_a_spawned_worker_serves_too(start: Start, folder: Path):
    """As on macOS, where processes are spawned and not forked."""
    server = start(folder, command=("-c", SPAWNED))
    assert server.get("/health")[0].status == 200
    assert server.stop(signal.SIGTERM) == 0


def test_long_addresses_work_and_longer_ones_are_refused(start: Start, folder: Path):
    server = start(folder)
    answer, body = server.get("/api/search?q=" + "%28" * 8000)
    assert answer.status == 200
    assert json.loads(body)["query"] == "(" * 8000
    assert server.get("/?q=" + "%28" * 8000)[0].status == 200
    assert server.get("/?q=" + "a" * 65_500)[0].status == 200
    assert server.get("/?q=" + "a" * 66_000)[0].status == 414


def test_odd_requests_do_nothing(start: Start, folder: Path):
    server = start(folder)

    def send(request: bytes, wait: bool = True) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(request)
            return connection.makefile("rb").readline() if wait else b""

    head = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    body = b"Content-Length: 5\r\n\r\nq=abc"
    assert send(b"POST /api/search" + head + body).split()[1] == b"405"
    assert send(b"GET /api/search" + head + body).split()[1] == b"200"
    assert send(b"BREW /" + head + b"\r\n").split()[1] == b"405"
    assert send(b"OPTIONS *" + head + b"\r\n").split()[1] == b"404"
    assert send(b"HEAD /" + head + b"\r\n").split()[1] == b"200"
    assert send(b"GET /documents/%ff" + head + b"\r\n").split()[1] == b"404"
    send(b"\0\r\n\r\n", wait=False)
    send(b"GET /api/search" + head + b"Content-Length: 99\r\n\r\ncut", wait=False)
    assert server.get("/health")[0].status == 200


def test_the_environment_sets_the_defaults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PASSAGE_PORT", str(port))
        assert main([]) == 1
    assert f"port {port} is taken at 127.0.0.1; stop what" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "x" * 70 + ".invalid", ""])
def test_a_host_that_is_not_here_is_refused_in_one_line(
    host: str, capsys: pytest.CaptureFixture[str]
):
    assert main(["--host", host, "--port", "0"]) == 1
    assert re.fullmatch(r"web: cannot listen at .* \(.+\); .*--host\n", capsys.readouterr().err)


def test_a_port_that_needs_rights_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")  # which root never sees

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert main(["--port", "80"]) == 1
    assert capsys.readouterr().err == "web: port 80 needs more rights; choose a --port above 1023\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536", "80.5", "٨٠", "9" * 9999, ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["--port", port])
    assert stopped.value.code == 2
    assert "a port from 0 to 65535 is wanted" in capsys.readouterr().err


def test_help_has_an_example_and_version_the_version(capsys: pytest.CaptureFixture[str]):
    for option, said in (("--help", "example:\n  python -m web --port"), ("--version", VERSION)):
        with pytest.raises(SystemExit) as stopped:
            main([option])
        assert stopped.value.code == 0
        assert said in capsys.readouterr().out
