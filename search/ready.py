"""A quick start: what is compiled is looked for before anything is imported that compiles it."""

import gc
import importlib

from index.codec import kept
from search.kernels import top

KERNELS = (top.top,)
"""One of those that are kept together, those of searching."""


def make_ready() -> None:
    """See that the inner loops are compiled; say so where that takes a minute.

    What was loaded until now stays, so the garbage collector need not look through it again.
    """
    if not (kept.are_kept(kept.KERNELS) and kept.are_kept(KERNELS)):
        importlib.import_module("search.warm").warm()
    gc.freeze()
    gc.enable()
