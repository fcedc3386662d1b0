"""Many arrays for compiled code in one: a table of where each begins, and how long it is.

Handing an array to a kernel takes numba 0.15 us, so the thirty that a query needs would take
longer than many a query. Whoever makes a table keeps the arrays alive, and where they are.
"""

import ctypes
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba.core import config, types
from numba.extending import intrinsic
from numba.np import arrayobj, numpy_support

I64 = npt.NDArray[np.int64]


def table(arrays: Iterable[npt.NDArray[Any]]) -> I64:
    """Make a table (i64) of arrays of one dimension, contiguous."""
    return np.array([n for a in arrays for n in (a.ctypes.data, len(a))], np.int64)


def _reader(dtype: type) -> Any:
    """Make the reader of a table's arrays of a type: `reader(table, i)` is the `i`th array."""

    def plain(table: I64, i: int) -> npt.NDArray[Any]:
        address, length = table[2 * i : 2 * i + 2].tolist()
        if not length:
            return np.empty(0, dtype)
        size = length * np.dtype(dtype).itemsize
        return np.frombuffer((ctypes.c_char * size).from_address(address), dtype)

    def compiled(_typing: Any, table: Any, i: Any) -> Any:
        item = numpy_support.from_dtype(np.dtype(dtype))
        array = types.Array(item, 1, "C")

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
            at = builder.shl(arguments[1], context.get_constant(types.intp, 1))
            address = builder.load(builder.gep(numbers, [at]))
            behind = builder.add(at, context.get_constant(types.intp, 1))
            length = builder.load(builder.gep(numbers, [behind]))
            made = context.make_array(array)(context, builder)
            step = context.get_constant(
                types.intp, context.get_abi_sizeof(context.get_data_type(item))
            )
            data = builder.inttoptr(address, made.data.type)
            arrayobj.populate_array(made, data, [length], [step], step, None)  # type: ignore[no-untyped-call]  # numba has no types here
            return made._getvalue()

        return array(table, types.intp), generate

    return plain if config.DISABLE_JIT else intrinsic(compiled)  # type: ignore[attr-defined]  # set by numba


def _address(array: npt.NDArray[Any]) -> int:
    return array.ctypes.data


def _address_compiled(_typing: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.intp))

    return types.intp(array), generate


address: Callable[[npt.NDArray[Any]], int] = (
    _address if config.DISABLE_JIT else cast(Any, intrinsic(_address_compiled))  # type: ignore[attr-defined]  # set by numba
)
"""Give where an array begins."""

u8, u32, u64 = _reader(np.uint8), _reader(np.uint32), _reader(np.uint64)
f32, f64, i64s = _reader(np.float32), _reader(np.float64), _reader(np.int64)
