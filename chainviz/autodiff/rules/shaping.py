"""New shapes for the same numbers: each adjoint puts the numbers back where they came from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import unsupported
from ..primitive import composite, linear, unbroadcast

linear(np.reshape, lambda g, x, shape=None: np.reshape(g, np.shape(x)), tex=r"\operatorname{{reshape}}({0})")
linear(np.ravel, lambda g, x: np.reshape(g, np.shape(x)), tex=r"\operatorname{{ravel}}({0})")
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


@composite(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return np.concatenate([_at_least(arr, 1), _at_least(values, 1)], axis=axis)


def _at_least(array: Any, count: int) -> Any:
    """The array with axes in front until it has so many."""
    missing = max(0, count - np.ndim(array))
    return np.reshape(array, (1,) * missing + np.shape(array)) if missing else array


@composite(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    starts, ends = (np.atleast_1d(axes) % np.ndim(a) for axes in (source, destination))
    axes = [k for k in range(np.ndim(a)) if k not in starts]
    for end, start in sorted(zip(ends, starts, strict=True)):
        axes.insert(end, start)
    return np.transpose(a, tuple(int(k) for k in axes))


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


@composite(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), repeats), axis=axis)


@composite(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    counts = np.atleast_1d(reps)
    tiled = _at_least(A, len(counts))
    for axis, count in zip(range(-len(counts), 0), counts, strict=True):
        tiled = np.concatenate([tiled] * int(count), axis=axis)
    return tiled


@composite(np.split, np.array_split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    parts = np.array_split(np.arange(np.shape(ary)[axis]), indices_or_sections)
    return [np.take(ary, part, axis=axis) for part in parts]


@composite(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return np.where(np.tri(*np.shape(m)[-2:], k=k, dtype=bool), m, 0.0)


@composite(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return np.where(np.tri(*np.shape(m)[-2:], k=k - 1, dtype=bool), 0.0, m)


@composite(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    if mode != "constant" or np.ndim(constant_values):
        raise unsupported(f"np.pad(..., mode={mode!r})", array, "Pad with one constant, or use np.concatenate.")
    widths = np.broadcast_to(pad_width, (np.ndim(array), 2))
    for axis, (before, after) in enumerate(widths):
        shape = np.shape(array)
        edges = [np.full((*shape[:axis], int(n), *shape[axis + 1 :]), constant_values) for n in (before, after)]
        array = np.concatenate([edges[0], array, edges[1]], axis=axis)
    return array
