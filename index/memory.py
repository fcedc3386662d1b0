"""What the C library does with memory that is freed: mallopt(3), which not every system has."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = (1 << 31) - 1
_FEW = 1 << 26
_LARGE = 1 << 20


def keep() -> None:
    """Have this process use again what it frees, for indexing soon asks for as much.

    The system gives memory page by page, and threads wait for each other meanwhile: the books
    took two cores 3.6 s, and take 2.8 so. Arrays of 64 MB and more, of which there are few, go
    back: else the peak would be 110 MB higher.
    """
    _set(_MMAP_THRESHOLD, _FEW - 1)
    _set(_TRIM_THRESHOLD, _NEVER)


def give_back() -> None:
    """Have this process give arrays of 1 MB and more back at once.

    glibc would keep some for each thread: 90 MB in a server with 16 clients at a million
    paragraphs.
    """
    _set(_MMAP_THRESHOLD, _LARGE)


def _set(option: int, value: int) -> None:
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(option, value)
