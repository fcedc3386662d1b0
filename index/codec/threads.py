"""Threads for compiled work, as far as there are CPUs for them.

On one CPU what is handed over is done at once: threads that take turns there gain nothing, and lose
what they wait for each other and what they push out of each other's cache.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def workers() -> int:
    """Count the CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def threads(count: int) -> Executor:
    """Give so many threads, or, on one CPU, what does everything at once."""
    return ThreadPoolExecutor(count) if workers() > 1 else _AtOnce()


class _AtOnce(Executor):
    """Calls what is submitted then and there; what that raises is given with the result."""

    def submit(self, call: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(call(*args, **named))
        except Exception as error:  # whoever asks for the result is told
            future.set_exception(error)
        return future
