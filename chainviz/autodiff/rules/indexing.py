"""Reading entries of an array, and its adjoint: putting a gradient back where it was read, summed if read twice."""

from typing import Any

import numpy as np

from ..errors import UnsupportedOperation
from ..primitive import composite, linear
from ..user_code import subject
from ..variable import COMPOSITES, Variable, getitem, plain


def _scatter(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    placed = np.zeros(shape)
    np.add.at(placed, index, g)
    return placed


def _subscript(index: Any) -> str:
    """The index as it would be written: 0, 1:3, :, ..."""
    if isinstance(index, tuple):
        return ", ".join(_subscript(part) for part in index)
    if isinstance(index, slice):
        bounds = [index.start, index.stop] if index.step is None else [index.start, index.stop, index.step]
        return ":".join("" if bound is None else str(bound) for bound in bounds)
    if index is Ellipsis:
        return r"\ldots"
    return str(index) if isinstance(index, (int, np.integer)) else r"\cdot"


_getitem = linear(
    getitem, lambda g, x, index=None: scatter(g, shape=np.shape(x), index=index), selects=True, name="index",
    tex=lambda index=None: "{0}_{{" + _subscript(index) + "}}",
)  # fmt: skip
scatter = linear(
    _scatter, lambda g, x, shape=(), index=None: g[index], tex=r"\operatorname{{scatter}}({0})", name="scatter"
)


def _kept(index: Any) -> Any:
    """The index with its arrays copied: a later change in place, such as a shuffle, must not reach the record."""
    if isinstance(index, tuple):
        return tuple(_kept(part) for part in index)
    return np.array(index) if isinstance(index, (list, np.ndarray)) and np.size(index) else index


def _record_getitem(x: Any, index: Any) -> Any:
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, Variable):
            raise UnsupportedOperation(
                f"An index is a whole number and has no derivative, but {subject(part)} was used as one. "
                "Write x[int(i.value)] if that is what you mean."
            )
    return _getitem(x, index=_kept(index))


COMPOSITES[getitem] = _record_getitem


@composite(np.take)
def _take(a: Any, indices: Any, axis: int | None = None) -> Any:
    return np.ravel(a)[indices] if axis is None else a[(slice(None),) * (axis % np.ndim(a)) + (indices,)]


@composite(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return np.ravel(arr)[indices]
    grid = list(np.ogrid[tuple(slice(n) for n in np.shape(indices))])
    grid[axis] = indices
    return arr[tuple(grid)]


@composite(np.sort)
def _sort(a: Any, axis: int | None = -1) -> Any:
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    return np.take_along_axis(a, np.argsort(plain(a), axis=axis, kind="stable"), axis)


@composite(np.median)
def _median(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    flat, along = (np.ravel(a), 0) if axis is None else (a, axis)
    count = np.shape(flat)[along]
    middle = np.take(np.sort(flat, axis=along), np.array([(count - 1) // 2, count // 2]), axis=along)
    median = np.mean(middle, axis=along)
    return median if not keepdims else np.reshape(median, np.shape(np.sum(plain(a), axis=axis, keepdims=True)))


@composite(np.diagonal)
def _diagonal(a: Any, offset: int = 0) -> Any:
    rows, columns = np.nonzero(np.eye(*np.shape(a)[:2], k=offset))
    return a[rows, columns]


@composite(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if np.ndim(v) == 2:
        return np.diagonal(v, offset=k)
    square = (np.shape(v)[0] + abs(k),) * 2
    return scatter(v, shape=square, index=np.nonzero(np.eye(*square, k=k)))


@composite(np.trace)
def _trace(a: Any, offset: int = 0) -> Any:
    return np.sum(np.diagonal(a, offset=offset), axis=0)
