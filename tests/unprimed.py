"""Print the kernels that Python code calls, and that setting up leaves to be compiled or loaded.

A line each: the kernel, and the module that calls it; first after the indexing kernels were run on
their sample, then, behind an empty line, after those of searching were too.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType

from numba.core.registry import CPUDispatcher


def _unprimed() -> str:
    loaded = [m for name, m in sys.modules.items() if name.split(".")[0] in ("index", "search")]
    calls = {(module.__name__, kernel) for module in loaded for kernel in _called(module)}
    assert len(calls) > 20
    lines = (
        f"{kernel.py_func.__module__}.{kernel.py_func.__name__} {module}"
        for module, kernel in calls
        if not kernel.signatures
    )
    return "\n".join(sorted(lines))


def _called(module: ModuleType) -> Iterator[CPUDispatcher]:
    own = vars(module)
    kernels = {k.py_func.__qualname__ for k in own.values() if isinstance(k, CPUDispatcher)}
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    for code in _functions(compile(source, module.__name__, "exec"), kernels):
        for name in code.co_names:
            found = own.get(name)
            attributes = vars(found) if isinstance(found, ModuleType) else {}
            for each in (found, *map(attributes.get, code.co_names)):
                if isinstance(each, CPUDispatcher):
                    yield each


def _functions(code: CodeType, kernels: set[str]) -> Iterator[CodeType]:
    """Yield what is defined in some code, kernels left out."""
    for each in code.co_consts:
        if isinstance(each, CodeType) and each.co_qualname not in kernels:
            yield each
            yield from _functions(each, kernels)


if __name__ == "__main__":
    import_module("index.build")
    import_module("index.codec.warm").prime()
    print(_unprimed(), end="\n\n")
    import_module("search.local")
    import_module("search.warm").prime()
    print(_unprimed())
