"""How inner loops are compiled: ahead of time kept on disk, free of the interpreter's lock.

Without reference counts (`_nrt`): numba otherwise counts each array of a NamedTuple up and down
wherever it is touched, which took nine tenths of a scan. A kernel therefore makes no array; it is
handed what it writes to. Exceptions are raised with constant text.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])

COMPILED_FROM = (
    *("index/analysis.py", "index/errors.py", "index/codec/*.py"),
    *("search/automaton.py", "search/score.py", "search/kernels/*.py"),
)
"""What kernels are made of, with the modules whose constants and types they know."""

_PACKAGES = Path(__file__).parents[2]

_njit: Any = numba.njit  # whose types leave out `_nrt`


def kernel(function: Function) -> Function:
    """Compile a function that makes no array."""
    return cast(Function, _compiled(function))


def inlined(function: Function) -> Function:
    """Compile a function so small that its callers take it in."""
    return cast(Function, _compiled(function, forceinline=True))


def _compiled(function: Function, **options: bool) -> object:
    if config.DISABLE_JIT:  # type: ignore[attr-defined]  # set by numba
        # Whole numbers wrap around all the same, and without a word.
        return np.errstate(over="ignore")(function)
    compiled: Any = _njit(nogil=True, cache=True, error_model="numpy", _nrt=False, **options)(
        function
    )
    # Of what was kept numba looks at the function's own file; what it calls is compiled in.
    kept = compiled._cache._cache_file
    kept._source_stamp = (kept._source_stamp, _stamp())
    return compiled


@cache
def sources() -> str:
    """Tell these sources, and the compiler, from others: a short name."""
    known = repr((_stamp(), numba.__version__, np.__version__)).encode()
    return hashlib.blake2b(known, digest_size=8).hexdigest()


@cache
def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Tell the sources of all kernels from altered ones: their names, times and sizes."""
    sources = sorted(path for each in COMPILED_FROM for path in _PACKAGES.glob(each))
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sources)


i64 = cast(Callable[[object], int], np.int64)
"""What `np.int64` is to compiled code, to the checker of types an int."""

u64 = cast(Callable[[object], int], np.uint64)
"""The same of `np.uint64`; an index of this kind is not looked at for being negative."""
