"""Words of 64 bits, vectors and prefetching: what numba lacks.

Uncompiled (NUMBA_DISABLE_JIT) the same in plain Python, but for prefetching, which is nothing.

Loads and stores are unaligned and unchecked: whoever calls has seen to the bounds, and arrays on
disk are padded by eight bytes.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import config, types
from numba.extending import intrinsic

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_DIGIT, _LETTER, _CASE = np.uint8(ord("0")), np.uint8(ord("a")), np.uint8(0x20)


def _load64(data: U8, at: int) -> np.uint64:
    return np.uint64(int.from_bytes(data[at : at + 8].tobytes(), "little"))


def _store64(data: U8, at: int, value: np.uint64) -> None:
    data[at : at + 8] = np.frombuffer(int(value).to_bytes(8, "little"), np.uint8)


def _wordlike64(data: U8, at: int) -> np.uint64:
    code = data[at : at + 64]
    digit, letter = code - _DIGIT < 10, (code | _CASE) - _LETTER < 26  # what is less wraps around
    return np.uint64(_bits(digit | letter) | int(_beyond64(data, at)))


def _beyond64(data: U8, at: int) -> np.uint64:
    return np.uint64(_bits(data[at : at + 64] >= 0x80))


def _bits(each: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(each, bitorder="little").tobytes(), "little")


def _prefetch(data: U8 | U64, at: int) -> None:
    pass


def _popcount(word: np.uint64) -> int:
    return int(word).bit_count()


def _lowest(word: np.uint64) -> int:
    return (int(word) & -int(word)).bit_length() - 1


def _length(word: np.uint64) -> int:
    return int(word).bit_length()


def _spread(low: np.uint64, high: np.uint64, width: int, out: I64, at: int) -> None:
    for k in range(8):
        word = int((low, high)[k // 4])
        out[at + k] = (word >> k % 4 * int(width)) & ((1 << int(width)) - 1)


_VECTOR = ir.VectorType(ir.IntType(8), 64)  # which LLVM takes in as many parts as the CPU needs


def _pointer(context: Any, builder: Any, array: Any, value: Any, at: Any) -> Any:
    data = context.make_array(array)(context, builder, value).data
    byte = builder.gep(data, [at])
    return builder.bitcast(byte, ir.IntType(64).as_pointer())


def _load64_compiled(_typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(where, align=1)

    return types.uint64(data, types.intp), generate


def _store64_compiled(_typing: Any, data: Any, at: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], where, align=1)
        return context.get_dummy_value()

    return types.void(data, types.intp, types.uint64), generate


def _vector(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    where = _pointer(context, builder, signature.args[0], *arguments)
    return builder.load(builder.bitcast(where, _VECTOR.as_pointer()), align=1)


def _each(value: int) -> Any:
    return ir.Constant(_VECTOR, [value] * 64)


def _wordlike64_compiled(_typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = _vector(context, builder, signature, arguments)
        from_0 = builder.sub(code, _each(int(_DIGIT)))
        from_a = builder.sub(builder.or_(code, _each(int(_CASE))), _each(int(_LETTER)))
        digit = builder.icmp_unsigned("<", from_0, _each(10))
        letter = builder.icmp_unsigned("<", from_a, _each(26))
        beyond = builder.icmp_signed("<", code, _each(0))
        found = builder.or_(builder.or_(digit, letter), beyond)
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(data, types.intp), generate


def _beyond64_compiled(_typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = _vector(context, builder, signature, arguments)
        return builder.bitcast(builder.icmp_signed("<", code, _each(0)), ir.IntType(64))

    return types.uint64(data, types.intp), generate


def _prefetching(write: int) -> Any:
    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    how, kept, of_data = (ir.Constant(number, value) for value in (write, 3, 1))

    def compiled(_typing: Any, data: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            where = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
            fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
            builder.call(fetch, [where, how, kept, of_data])
            return context.get_dummy_value()

        return types.void(data, types.intp), generate

    return compiled


def _spread_compiled(_typing: Any, low: Any, high: Any, width: Any, out: Any, at: Any) -> Any:
    eight = ir.VectorType(ir.IntType(64), 8)

    def vector(builder: Any, first: Any, second: Any) -> Any:
        """Give a vector of four times a number and four times another."""
        pair = ir.Constant(eight, ir.Undefined)
        for k, number in enumerate((first, second)):
            pair = builder.insert_element(pair, number, ir.IntType(32)(k))
        places = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 4 + [1] * 4)
        return builder.shuffle_vector(pair, pair, places)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        low, high, width, out, at = arguments
        data = context.make_array(signature.args[3])(context, builder, out).data
        place = builder.bitcast(builder.gep(data, [at]), eight.as_pointer())
        mask = builder.not_(builder.shl(ir.IntType(64)(-1), width))
        steps = builder.mul(vector(builder, width, width), ir.Constant(eight, [0, 1, 2, 3] * 2))
        fields = builder.lshr(vector(builder, low, high), steps)
        builder.store(builder.and_(fields, vector(builder, mask, mask)), place, align=8)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.int64, out, types.intp), generate


def _popcount_compiled(_typing: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


def _lowest_compiled(_typing: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


def _length_compiled(_typing: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        leading = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))
        return builder.sub(ir.Constant(ir.IntType(64), 64), leading)

    return types.int64(types.uint64), generate


def _either(plain: Any, compiled: Any) -> Any:
    return plain if config.DISABLE_JIT else intrinsic(compiled)  # type: ignore[attr-defined]  # set by numba


load64 = _either(_load64, _load64_compiled)
"""Give the 64 bits that begin at a byte, little-endian."""

store64 = _either(_store64, _store64_compiled)
"""Set the 64 bits that begin at a byte, little-endian."""

wordlike64 = _either(_wordlike64, _wordlike64_compiled)
"""Tell of 64 bytes, a bit each, which are ASCII letters, digits or of characters beyond ASCII."""

beyond64 = _either(_beyond64, _beyond64_compiled)
"""Tell of 64 bytes, a bit each, which are of characters beyond ASCII."""

prefetch = _either(_prefetch, _prefetching(0))
"""Have the line of memory of an item brought near, to be read; it may be out of bounds."""

prefetch_to_write = _either(_prefetch, _prefetching(1))
"""Have it brought near to be written."""

spread = _either(_spread, _spread_compiled)
"""Set eight numbers in a row (i64) to the four lowest fields of each of two words, at once.

Fields are of up to 15 bits. The compiler makes no vectors of such a loop.
"""

popcount = _either(_popcount, _popcount_compiled)
"""Count the bits that are set (i64)."""

lowest = _either(_lowest, _lowest_compiled)
"""Give the place of the lowest bit that is set (i64); 64 where none is, compiled."""

length = _either(_length, _length_compiled)
"""Count the bits up to the highest that is set (i64); 0 where none is."""
