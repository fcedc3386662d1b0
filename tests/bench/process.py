"""Runners as processes: one command and its answer, or a server of queries."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.queries import Query

PATIENCE = 180
"""Seconds after which a server that does not answer is ended."""


TESTS = Path(__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))}

CAN_PIN = hasattr(os, "sched_setaffinity")
"""Whether this system can hold a process to one core; macOS cannot."""


class Failed(Exception):
    """A runner ended before it answered; the text is the last that it said."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command printed, the seconds from its start to its end, its peak memory in bytes.

    The memory is None where the system does not tell it while a process runs.
    """

    told: dict[str, Any]
    seconds: float
    peak: int | None


@contextmanager
def _started_on(cores: int | None) -> Iterator[None]:
    """Hold what is started within to so many cores, where the system can; this process goes on."""
    if cores is None or not CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run(command: Sequence[str | Path], log: Path, cores: int | None = None) -> Answered:
    """Run a command whose last line is JSON, if any of it is; its other words go to the log.

    It is held to so many `cores`; who waits for it is not, and so takes nothing of the one.
    Raises `Failed`.
    """
    start = time.perf_counter()
    with log.open("a", encoding="utf-8") as errors:
        with _started_on(cores):
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=ENVIRONMENT
            )
        with process:
            output, peak = _watched(process)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise Failed(_last_line(log))
    lines = output.splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Answered(told, seconds, peak)


def _watched(process: "subprocess.Popen[str]") -> tuple[str, int | None]:
    """Give a process's output and its peak memory.

    What the system tells at the end is never less than what the parent had at the start.
    """
    peak: int | None = None
    while True:
        try:
            return process.communicate(timeout=0.05)[0], peak
        except subprocess.TimeoutExpired:
            peak = _peak(process.pid) or peak


def _peak(process: int) -> int | None:
    """Read the largest resident memory of a process so far (Linux; proc(5))."""
    try:
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return None
    sizes = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(size) * 1024 for size in sizes), None)


class Server:
    """A runner that answers queries until it is closed."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self._log = log
        with log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env=ENVIRONMENT,
            )

    def ask(self, command: str, queries: Sequence[Query]) -> list[tuple[int, int]]:
        """Give total and nanoseconds of each query. Raises `Failed`."""
        assert self._process.stdin
        request = {"command": command, "queries": [_asked(query) for query in queries]}
        guard = threading.Timer(PATIENCE, self._process.kill)
        guard.start()
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return list(self._rows())
        except BrokenPipeError:
            raise Failed(_last_line(self._log)) from None
        finally:
            guard.cancel()

    def _rows(self) -> Iterator[tuple[int, int]]:
        assert self._process.stdout
        while line := self._process.stdout.readline():
            row = json.loads(line)
            if "done" in row:
                return
            yield row["total"], row["ns"]
        raise Failed(_last_line(self._log))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _asked(query: Query) -> dict[str, Any]:
    return {"class": f"{query.origin} {query.kind}", "query": query.number, "text": query.text}


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
