"""New shapes for the same numbers: each adjoint puts the numbers back where they came from."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from ..errors import unsupported
from ..forms import composite, linear, unbroadcast
from ..variable import PRIMITIVES, Variable, plain
from .indexing import moves, renumbered
from .reductions import array, axes_of, cut


def _reshape_back(g: Any, x: Any, shape: Any = None, order: Any = "C") -> Any:
    if order not in ("C", "F"):  # the others ask how x lies in memory, where g may lie differently
        raise unsupported(f"np.reshape(..., order={order!r})", x, "Write order='C' or order='F'.")
    return np.reshape(g, np.shape(x), order=order)


def _ravel_back(g: Any, x: Any, order: Any = "C") -> Any:
    return _reshape_back(g, x, order=order)


linear(np.reshape, _reshape_back, tex=r"\operatorname{{reshape}}({0})")
linear(np.ravel, _ravel_back, tex=r"\operatorname{{ravel}}({0})")
linear(
    np.expand_dims, lambda g, x, axis=0: np.reshape(g, np.shape(x)),
    tex=lambda axis=0: "{0}^{{\\top}}" if axis == 0 else "{0}",
)  # fmt: skip
linear(np.squeeze, lambda g, x, axis=None: np.reshape(g, np.shape(x)), tex="{0}")
linear(np.broadcast_to, lambda g, x, shape=(): unbroadcast(g, np.shape(x)), tex=r"\mathbf{{1}}\,{0}")
linear(np.swapaxes, lambda g, x, axis1=0, axis2=1: np.swapaxes(g, axis1, axis2), tex=r"{0}^{{\top}}")


def _back(axes: Sequence[int] | None, count: int) -> Any:
    """The axes of the transposition that undoes this one."""
    return None if axes is None else np.argsort(np.arange(count)[list(axes)])


linear(np.transpose, lambda g, x, axes=None: np.transpose(g, _back(axes, np.ndim(x))), tex=r"{0}^{{\top}}")


def _stack(*arrays: Any, axis: int = 0) -> Any:
    return np.stack(arrays, axis)


def _unstack(g: Any, position: int, *arrays: Any, axis: int = 0) -> Any:
    return g[(slice(None),) * (axis % np.ndim(g)) + (position,)]


def _concatenate(*arrays: Any, axis: int = 0) -> Any:
    return np.concatenate(arrays, axis)


def _cut(g: Any, position: int, *arrays: Any, axis: int = 0) -> Any:
    start = sum(np.shape(a)[axis] for a in arrays[:position])
    return g[(slice(None),) * (axis % np.ndim(g)) + (slice(start, start + np.shape(arrays[position])[axis]),)]


_stack_primitive = linear(_stack, _unstack, tex="", variadic=True, name="stack")
_concatenate_primitive = linear(_concatenate, _cut, tex="", variadic=True, name="concatenate")


@composite(np.stack)
def _record_stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    return _stack_primitive(*arrays, axis=axis)


@composite(np.concatenate)
def _record_concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    if axis is None:
        arrays, axis = [np.ravel(array) for array in arrays], 0
    return _concatenate_primitive(*arrays, axis=axis)


@composite(np.hstack)
def _hstack(tup: Sequence[Any]) -> Any:
    arrays = [_at_least(array, 1) for array in tup]
    return np.concatenate(arrays, axis=0 if np.ndim(arrays[0]) == 1 else 1)


@composite(np.vstack)
def _vstack(tup: Sequence[Any]) -> Any:
    return np.concatenate([_at_least(array, 2) for array in tup], axis=0)


@composite(np.column_stack)
def _column_stack(tup: Sequence[Any]) -> Any:
    return np.concatenate([a if np.ndim(a) > 1 else np.reshape(a, (-1, 1)) for a in tup], axis=1)


@composite(np.dstack)
def _dstack(tup: Sequence[Any]) -> Any:
    return np.concatenate([_atleast_3d(array) for array in tup], axis=2)


@composite(np.block)
def _block(arrays: Any) -> Any:
    leaves: list[Any] = []
    _each(arrays, leaves.append)

    def rearrange(*numbers: Any) -> Any:
        left = iter(numbers)
        return np.block(_each(arrays, lambda _: next(left)))

    return renumbered(rearrange, *leaves)


def _each(nested: Any, function: Any) -> Any:
    """The nested lists with the function applied to every entry."""
    return [_each(part, function) for part in nested] if isinstance(nested, list) else function(nested)


@composite(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return np.concatenate([arr, values], axis=axis)


@composite(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    return renumbered(lambda old, new: np.insert(old, plain(obj), new, axis), array(arr), array(values))


@composite(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return _at_least(arys[0], 1) if len(arys) == 1 else tuple(_at_least(ary, 1) for ary in arys)


@composite(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return _at_least(arys[0], 2) if len(arys) == 1 else tuple(_at_least(ary, 2) for ary in arys)


@composite(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    shaped = tuple(np.reshape(ary, np.shape(np.atleast_3d(np.empty(np.shape(ary))))) for ary in arys)
    return shaped[0] if len(arys) == 1 else shaped


@composite(np.broadcast_arrays)
def _broadcast_arrays(*args: Any) -> Any:
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(arg, shape) for arg in args)


@composite(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    shapes = [np.shape(grid) for grid in np.meshgrid(*map(plain, xi), sparse=True, indexing=indexing)]
    grids = [np.reshape(x, shape) for x, shape in zip(xi, shapes, strict=True)]
    return tuple(grids) if sparse else tuple(np.broadcast_arrays(*grids))


@composite(np.full_like)
def _full_like(a: Any, fill_value: Any, shape: Any = None) -> Any:
    shape = np.shape(a) if shape is None else shape
    return np.broadcast_to(fill_value, shape) if isinstance(fill_value, Variable) else np.full(shape, fill_value)


@composite(np.linspace)
def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, axis: int = 0) -> Any:
    start, stop = array(start), array(stop)
    values, step = np.linspace(plain(start), plain(stop), num, endpoint, retstep=True, axis=axis)  # NumPy's own errors
    parts = num - bool(endpoint)
    between = (stop - start) / max(parts, 1)
    line = np.reshape(np.arange(num), (num,) + (1,) * (np.ndim(values) - 1)) * between + start
    if endpoint and num > 1:  # met exactly
        line = np.concatenate([line[:-1], np.broadcast_to(stop, (1, *np.shape(line)[1:]))])
    line = line if axis == 0 else np.moveaxis(line, 0, axis)
    return (line, between if parts > 0 else step) if retstep else line


@composite(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    np.vander(plain(x), N)  # NumPy's own errors
    powers = np.arange(np.size(x) if N is None else N)
    return np.reshape(x, (-1, 1)) ** (powers if increasing else powers[::-1])


def _at_least(array: Any, count: int) -> Any:
    """The array with axes in front until it has so many."""
    missing = max(0, count - np.ndim(array))
    return np.reshape(array, (1,) * missing + np.shape(array)) if missing else array


@composite(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    np.moveaxis(np.empty(np.shape(a)), source, destination)  # NumPy's own errors
    starts, ends = (axes_of(a, axes) for axes in (source, destination))
    axes = [k for k in range(np.ndim(a)) if k not in starts]
    for end, start in sorted(zip(ends, starts, strict=True)):
        axes.insert(end, start)
    return np.transpose(a, tuple(axes))


linear(np.flip, lambda g, x, axis=None: np.flip(g, axis), tex=r"\operatorname{{flip}}({0})")
linear(np.roll, lambda g, x, shift=0, axis=None: np.roll(g, _reverse(shift), axis), tex=r"\operatorname{{roll}}({0})")


def _reverse(shift: int | tuple[int, ...]) -> Any:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


@composite(np.flipud)
def _flipud(m: Any) -> Any:
    return np.flip(m, 0)


@composite(np.fliplr)
def _fliplr(m: Any) -> Any:
    return np.flip(m, 1)


moves(np.repeat, np.tile, np.rot90, np.rollaxis, np.resize, np.delete, np.tril, np.triu, np.pad)


@composite(np.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _parts(function: Any, ary: Any, sections: Any, axis: int) -> list[Any]:
    """Where NumPy cuts, we learn by letting it split the positions."""
    if isinstance(sections, Variable):
        index(sections)  # refuses, in words, to be a count
    if function not in (np.split, np.array_split):
        function(np.empty(np.shape(ary)), sections)  # NumPy's own errors
    parts = (np.array_split if function is np.array_split else np.split)(np.arange(np.shape(ary)[axis]), sections)
    return [cut(ary, axis, part[0], part[-1] + 1) if len(part) else cut(ary, axis, 0, 0) for part in parts]


@composite(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    return _parts(np.split, ary, indices_or_sections, axis)


@composite(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    return _parts(np.array_split, ary, indices_or_sections, axis)


@composite(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return _parts(np.hsplit, ary, indices_or_sections, min(1, np.ndim(ary) - 1))


@composite(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return _parts(np.vsplit, ary, indices_or_sections, 0)


@composite(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return _parts(np.dsplit, ary, indices_or_sections, 2)


@composite(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0.0) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise unsupported(f"np.pad(..., mode={mode!r})", array, "Pad with a constant, or use np.concatenate.")
    (operand,), options = PRIMITIVES[np.pad].bind((array, pad_width, mode), {})
    padded = PRIMITIVES[np.pad](operand, **options)
    if mode != "constant" or (constant_values.__class__ in (int, float) and constant_values == 0):
        return padded
    if np.ndim(constant_values):  # one a side: plain numbers, which NumPy puts where they belong
        return padded + np.pad(np.zeros(np.shape(array)), pad_width, constant_values=constant_values)
    frame = np.pad(np.zeros(np.shape(array), dtype=bool), pad_width, constant_values=True)
    return np.where(frame, constant_values, padded)
