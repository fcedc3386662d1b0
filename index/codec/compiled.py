"""How inner loops are compiled: ahead of time kept on disk, free of the interpreter's lock.

Without reference counts (`_nrt`): numba otherwise counts each array of a NamedTuple up and down
wherever it is touched, which took nine tenths of a scan. A kernel therefore makes no array; it is
handed what it writes to. Exceptions are raised with constant text.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., object])

_compile: Any = partial(numba.njit, nogil=True, cache=True, _nrt=False)


def kernel(function: Function) -> Function:
    """Compile a function that makes no array."""
    return cast(Function, _compile(function))


def inlined(function: Function) -> Function:
    """Compile a function so small that its callers take it in."""
    return cast(Function, _compile(function, forceinline=True))


i64 = cast(Callable[[object], int], np.int64)
"""What `np.int64` is to compiled code, to the checker of types an int."""
