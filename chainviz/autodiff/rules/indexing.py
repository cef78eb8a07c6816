"""Reading entries of an array, and its adjoint: putting a gradient back where it was read, summed if read twice."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import OperandError, UnsupportedOperation, unsupported
from ..forms import Linear, composite, linear
from ..user_code import subject
from ..variable import COMPOSITES, PRIMITIVES, WITHOUT_DERIVATIVE, Variable, getitem, is_complex, plain
from .reductions import array, gathered


def _scatter(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    placed = np.zeros(shape, complex if is_complex(g) else float)
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


def _whole(index: Any) -> Any:
    """The index, kept, if no Variable is in it."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, Variable):
            raise UnsupportedOperation(
                f"An index is a whole number and has no derivative, but {subject(part)} was used as one. "
                "Write x[int(i.value)] if that is what you mean."
            )
    return _kept(index)


def _record_getitem(x: Any, index: Any) -> Any:
    return _getitem(x, index=_whole(index))


COMPOSITES[getitem] = _record_getitem


class _Moves(Linear):
    """A function that only moves entries, repeats or drops some, or puts zeros among them.

    Where each entry came from we learn by letting the function move their numbers 1, 2, 3, ...; a 0 is a new entry.
    """

    def __init__(self, function: Any) -> None:
        super().__init__(
            function, self._back, selects=True, tex=rf"\operatorname{{{{{function.__name__}}}}}({{0}})"
        )  # fmt: skip

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        operand, *options = self._signature.bind(*args, **kwargs).arguments.items()
        return (operand[1],), {name: _whole(choice) for name, choice in options}

    def _back(self, g: Any, x: Any, **options: Any) -> Any:
        numbers = np.reshape(np.arange(1, np.size(x) + 1), np.shape(x))
        placed = scatter(g, shape=(np.size(x) + 1,), index=self.function(numbers, **options))
        return np.reshape(placed[1:], np.shape(x))


def moves(*functions: Any) -> None:
    """Declare functions that only move entries."""
    for function in functions:
        PRIMITIVES[function] = _Moves(function)


def renumbered(rearrange: Any, *arrays: Any) -> Any:
    """What `rearrange` makes of several arrays, if it only moves their entries: we let it move their numbers."""
    ends = np.cumsum([np.size(a) for a in arrays])
    numbers = np.split(np.arange(ends[-1]), ends[:-1])
    shaped = [np.reshape(n, np.shape(a)) for n, a in zip(numbers, arrays, strict=True)]
    return np.concatenate([np.ravel(a) for a in arrays])[rearrange(*shaped)]


@composite(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    a, axis = (np.ravel(a), 0 if axis is None else axis) if axis is None or np.ndim(a) == 0 else (a, axis)
    along = normalize_axis_index(axis, np.ndim(a))
    return a[(slice(None),) * along + (np.take(np.arange(np.shape(a)[along]), indices, mode=mode),)]


@composite(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return np.ravel(arr)[indices]
    grid = list(np.ogrid[tuple(slice(n) for n in np.shape(arr))])
    grid[axis] = indices
    return arr[tuple(grid)]


@composite(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    return np.take(array(a), np.nonzero(plain(condition))[0], axis=axis)


@composite(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.nonzero(np.ravel(plain(condition)))[0]]


@composite(np.choose)
def _choose(a: Any, choices: Any, mode: Any = "raise") -> Any:
    return renumbered(lambda *numbers: np.choose(plain(a), numbers, mode=mode), *map(array, choices))


@composite(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    np.select([*map(plain, condlist)], [plain(array(c)) for c in choicelist], plain(default))  # NumPy's own errors
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        default = np.where(condition, choice, default)
    return default


@composite(np.piecewise)
def _piecewise(*args: Any, x: Any, condlist: Any, funclist: Any) -> Any:
    """Every function on its own entries only; the last condition that holds wins."""
    zeros: list[Any] = [0.0 for _ in funclist]
    np.piecewise(plain(x), condlist, zeros)  # NumPy's own errors
    flat, conditions = np.ravel(x), list(np.reshape(np.asarray(condlist, dtype=bool), (-1, np.size(x))))
    if len(funclist) > len(conditions):
        conditions.append(~np.any(conditions, axis=0))
    y = np.zeros(np.size(x))
    for condition, piece in zip(conditions, funclist, strict=True):
        if np.any(condition):
            y = at(y, condition).set(piece(flat[condition], *args) if callable(piece) else piece)
    return np.reshape(y, np.shape(x))


@composite(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """Straight lines between the points of the table; at a point the mean of the two that meet there."""
    x, xp, fp = array(x), array(xp), array(fp)
    np.interp(plain(x), plain(xp), plain(fp))  # NumPy's own errors
    if np.size(xp) < 2 or np.any(np.diff(plain(xp)) <= 0):
        raise unsupported("np.interp with xp that does not increase", x, "Give it at least two increasing xp.")
    places = [np.searchsorted(plain(xp), plain(x), side) for side in ("left", "right")]
    lines = [_line(x, xp, fp, np.clip(place - 1, 0, np.size(xp) - 2)) for place in places]
    inside = lines[0] if np.array_equal(*places) else (lines[0] + lines[1]) / 2
    inside = np.where(plain(x) < plain(xp)[0], fp[0] if left is None else left, inside)
    return np.where(plain(x) > plain(xp)[-1], fp[-1] if right is None else right, inside)


def _line(x: Any, xp: Any, fp: Any, k: Any) -> Any:
    return fp[k] + (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]) * (x - xp[k])


@composite(np.sort)
def _sort(a: Any, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    return np.take_along_axis(a, np.argsort(plain(a), axis=axis, kind="stable"), axis)


@composite(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """In the very order that NumPy leaves the values in: each entry goes where its rank is."""
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    ranks = np.argsort(np.argsort(np.partition(plain(a), kth, axis), axis=axis, kind="stable"), axis=axis)
    return np.take_along_axis(np.sort(a, axis=axis), ranks, axis)


@composite(np.unique)
def _unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    equal_nan: bool = True,
) -> Any:  # fmt: skip
    """Of equal entries the first is taken."""
    _, *extras = np.unique(plain(ar), True, True, True, equal_nan=equal_nan)
    wanted = (return_index, return_inverse, return_counts)
    values = np.ravel(ar)[extras[0]]
    return (values, *(e for e, is_wanted in zip(extras, wanted, strict=True) if is_wanted)) if any(wanted) else values


@composite(np.bincount)
def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    count = len(np.bincount(plain(x), plain(array(weights)), minlength))  # NumPy's own errors
    return scatter(array(weights), shape=(count,), index=np.array(x, dtype=np.intp))


@composite(np.histogram)
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: bool | None = None) -> Any:
    if isinstance(array(bins), Variable) or (np.ndim(bins) == 0 and range is None):
        raise unsupported(
            "np.histogram with bins that depend on the data", a, "Give it the edges, or range=(low, high)."
        )
    return np.histogram(plain(a), bins, range, density)


def _sorted(a: Any, axis: Any) -> Any:
    """The entries along these axes as one last axis, sorted; all missing if one is."""
    ordered = np.sort(gathered(a, axis), axis=-1)
    missing = np.isnan(plain(ordered)[..., -1:])
    return np.where(missing, np.nan, ordered) if np.any(missing) else ordered


def _kept_shape(a: Any, axis: Any) -> tuple[int, ...]:
    return np.shape(np.any(plain(a), axis=axis, keepdims=True))


@composite(np.median)
def _median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    ordered = _sorted(array(a), axis)
    count = np.shape(ordered)[-1]
    median = np.mean(ordered[..., [(count - 1) // 2, count // 2]], axis=-1)
    return np.reshape(median, _kept_shape(a, axis)) if keepdims else median


@composite(np.nanmedian)
def _nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    ordered = np.sort(gathered(array(a), axis), axis=-1)  # what is missing comes last
    count = np.sum(~np.isnan(plain(ordered)), axis=-1, keepdims=True)
    middle = np.concatenate([np.maximum(count - 1, 0) // 2, count // 2], axis=-1)
    median = np.mean(np.take_along_axis(ordered, middle, axis=-1), axis=-1)
    return np.reshape(median, _kept_shape(a, axis)) if keepdims else median


@composite(np.quantile)
def _quantile(a: Any, q: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """On the line between the two sorted entries around place q (n - 1)."""
    a, q = array(a), array(q)
    np.quantile([0.0], plain(q))  # NumPy's own errors
    if np.any(np.isinf(plain(a))):
        raise unsupported("np.quantile of infinite entries", a, "The line between two of them has no slope.")
    ordered = np.moveaxis(_sorted(a, axis), -1, 0)
    last = np.shape(ordered)[0] - 1
    below = np.clip(np.floor(plain(q) * last).astype(int), 0, max(last - 1, 0))
    low, high = ordered[below], ordered[np.minimum(below + 1, last)]
    part = np.reshape(q * last - below, (*np.shape(q), *(1,) * (np.ndim(ordered) - 1)))
    quantile = low + (high - low) * part
    return np.reshape(quantile, (*np.shape(q), *_kept_shape(a, axis))) if keepdims else quantile


@composite(np.percentile)
def _percentile(a: Any, q: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _quantile(a, array(q) / 100, axis, keepdims)


moves(np.diagonal, np.diag, np.diagflat)


@composite(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


class at:  # noqa: N801 (a function in its users' eyes)
    """The functional update of an array: `at(a, 0).set(x)` is a new array, where NumPy would write `a[0] = x`.

    Args:
        a: an array, traced or plain.
        index: whatever may stand between square brackets: a number, a slice, a mask, lists of numbers, a tuple of them.

    Entries that the index names twice: `set` keeps the last one, as NumPy does; `add` adds them all, as `np.add.at`;
    `multiply` raises UnsupportedOperation.

    >>> at([1.0, 2.0, 3.0], 0).set(5.0).tolist()
    [5.0, 2.0, 3.0]
    >>> at([1.0, 2.0, 3.0], [1, 1]).add([10.0, 20.0]).tolist()
    [1.0, 32.0, 3.0]
    """

    def __init__(self, a: Any, index: Any) -> None:
        self.array = array(a)
        self.index = _whole(index)
        try:
            self.places = np.shape(np.broadcast_to(0.0, np.shape(self.array))[self.index])
        except IndexError as error:
            who = subject(a) if isinstance(a, Variable) else "the array"
            raise OperandError(
                f"cv.at(a, {index!r:.60}) has an index that {who} of shape {np.shape(self.array)} has not: {error}."
            ) from None

    def get(self) -> Any:
        """a[index]."""
        return self.array[self.index]

    def set(self, x: Any) -> Any:
        """The array with x in these places."""
        old, x = self.array, array(x)
        source = np.zeros(np.shape(old), dtype=np.intp)  # 0: the old entry, k: the k-th of the new ones
        if np.ndim(x) == 0:
            source[self.index] = 1
            return np.where(source > 0, x, old)
        source[self.index] = np.reshape(np.arange(1, math.prod(self.places) + 1), self.places)
        new = np.ravel(np.broadcast_to(x, self.places))
        return np.where(source > 0, new[np.maximum(source - 1, 0)], old) if np.size(new) else old + 0.0

    def add(self, x: Any) -> Any:
        """The array with x added in these places."""
        return self.array + scatter(
            np.broadcast_to(array(x), self.places), shape=np.shape(self.array), index=self.index
        )

    def multiply(self, x: Any) -> Any:
        """The array with these places multiplied by x."""
        times = np.zeros(np.shape(self.array))
        np.add.at(times, self.index, 1)
        if np.any(times > 1):
            raise unsupported("at(a, index).multiply(x) with an index that comes twice", self.array, "Name each once.")
        return self.set(self.array[self.index] * x)


WITHOUT_DERIVATIVE.update({
    np.argwhere, np.flatnonzero, np.searchsorted, np.digitize, np.argpartition, np.lexsort, np.nanargmax, np.nanargmin,
    np.isreal, np.iscomplex, np.isposinf, np.isneginf, np.isin, np.array_equiv, np.shares_memory,
    np.may_share_memory, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.array2string,
    np.array_repr, np.array_str, np.can_cast, np.min_scalar_type,
})  # fmt: skip
