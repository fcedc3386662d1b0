"""Many arrays for compiled code in one: a table of where each begins, and how long it is.

Handing an array to a kernel takes numba 0.15 us, so the fifty that a query needs would take longer
than many a query. In compiled code a table is read as the NamedTuple that it was made of, each
array when it is named. Whoever makes a table keeps the arrays alive, and where they are.
"""

import ctypes
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import config, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model
from numba.np import arrayobj, numpy_support

I64 = npt.NDArray[np.int64]
Arrays = TypeVar("Arrays")


def table(arrays: Iterable[npt.NDArray[Any]]) -> I64:
    """Make a table (i64) of arrays of one dimension, contiguous."""
    return np.array([n for a in arrays for n in (a.ctypes.data, len(a))], np.int64)


def reader(named: type[Arrays]) -> Callable[[I64], Arrays]:
    """Give the function that reads a table as the NamedTuple of arrays that it was made of."""
    # NDArray[np.int64] is ndarray[Any, dtype[np.int64]].
    hints = get_type_hints(named).items()
    fields = tuple((name, np.dtype(get_args(get_args(hint)[1])[0]).str) for name, hint in hints)

    def plain(table: I64) -> Arrays:
        pairs = table.reshape(-1, 2).tolist()
        arrays = (_array(at, size, d) for (at, size), (_, d) in zip(pairs, fields, strict=True))
        return named(*arrays)

    def compiled(_typing: Any, table: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
            # What a table says is taken not to change from here on: see `_field`.
            barrier = ir.FunctionType(data.type, [data.type])
            return builder.asm(barrier, "", "=r,0,~{memory}", [data], side_effect=True)

        return _Table(named.__name__, fields)(table), generate

    return plain if config.DISABLE_JIT else cast(Any, intrinsic(compiled))  # type: ignore[attr-defined]  # set by numba


def _array(address: int, length: int, dtype: str) -> npt.NDArray[Any]:
    if not length:
        return np.empty(0, dtype)
    item = np.dtype(dtype)
    there = (ctypes.c_char * (length * item.itemsize)).from_address(address)
    return np.frombuffer(memoryview(there), item)


class _Table(types.Type):
    """A table in compiled code: a pointer to it, with an attribute for each array."""

    def __init__(self, name: str, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(name=f"table of {name}")
        self.fields = fields

    def array(self, name: str) -> tuple[int, Any]:
        """Give the number of an array and its type."""
        number = [field for field, _ in self.fields].index(name)
        dtype = np.dtype(self.fields[number][1])
        return number, types.Array(numpy_support.from_dtype(dtype), 1, "C")


@register_model(_Table)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, table: Any) -> None:
        super().__init__(manager, table, ir.IntType(64).as_pointer())  # type: ignore[no-untyped-call]  # as below


@infer_getattr
class _Attributes(AttributeTemplate):
    key = _Table

    def generic_resolve(self, table: Any, name: str) -> Any:  # type: ignore[override]  # as below
        return table.array(name)[1]


@cast(Any, lower_getattr_generic)(_Table)  # type: ignore[untyped-decorator]  # as below
def _field(context: Any, builder: Any, table: Any, value: Any, name: str) -> Any:
    """Make the array; where that is does not change in the kernel, so it is looked up once."""
    number, array = table.array(name)
    address, length = (
        builder.load(builder.gep(value, [ir.Constant(ir.IntType(64), 2 * number + i)]))
        for i in (0, 1)
    )
    for load in (address, length):
        load.set_metadata("invariant.load", builder.module.add_metadata([]))
    made = context.make_array(array)(context, builder)
    step = context.get_abi_sizeof(context.get_data_type(array.dtype))
    step = context.get_constant(types.intp, step)
    data = builder.inttoptr(address, made.data.type)
    arrayobj.populate_array(made, data, [length], [step], step, None)  # type: ignore[no-untyped-call]  # numba has no types here
    return made._getvalue()


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
