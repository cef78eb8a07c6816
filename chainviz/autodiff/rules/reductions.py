"""Many entries become one, so the adjoint of one goes to many. Ties of max and min share it equally."""

from typing import Any

import numpy as np

from ..primitive import composite, general, linear, tidy
from ..variable import plain

Axis = int | tuple[int, ...] | None


def _spread(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g with the reduced axes put back, broadcast to x's shape."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, np.shape(x))


def _count(x: Any, axis: Axis) -> float:
    """How many entries of x go into one entry of the result."""
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis).astype(int)
    return tidy(np.prod([np.shape(x)[k] for k in axes], dtype=float))


def _share(x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """1 where x is the entry that was chosen, divided among ties; 0 elsewhere."""
    x, y = plain(x), plain(y)
    chosen = np.asarray(x == _spread(y, x, axis, keepdims), dtype=float)
    return chosen / np.sum(chosen, axis=axis, keepdims=True)


def _others(x: Any, axis: int | None) -> Any:
    """For every entry the product of all others along the axis; right also where some are 0."""
    if axis is None:
        return np.reshape(_others(np.ravel(x), 0), np.shape(x))
    last = np.moveaxis(x, axis, -1)
    own = np.eye(np.shape(last)[-1], dtype=bool)
    return np.moveaxis(np.prod(np.where(own, 1.0, np.expand_dims(last, -2)), axis=-1), -1, axis)


def _along(axis: Axis = None, **_: Any) -> str:
    """The axis as a subscript."""
    return "" if axis is None else f"_{{{{{axis}}}}}"


def _named(name: str) -> Any:
    """The template of a reduction that is written as a function."""
    return lambda **options: rf"\operatorname{{{{{name}}}}}" + _along(**options) + "({0})"


linear(
    np.sum, lambda g, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims),
    tex=lambda **options: r"\Sigma" + _along(**options) + r"\,{0}",
)  # fmt: skip
linear(
    np.mean, lambda g, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims) / _count(x, axis),
    tex=_named("mean"),
)  # fmt: skip
linear(
    np.cumsum, lambda g, x, axis=None: np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis or 0), axis), np.shape(x)),
    tex=_named("cumsum"),
)  # fmt: skip
for _extreme, _name in ((np.max, "max"), (np.amax, "max"), (np.min, "min"), (np.amin, "min")):
    general(
        _extreme, tex=_named(_name), selects=True, name=_name,
        vjp=(lambda g, y, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims) * _share(x, y, axis, keepdims),),
    )  # fmt: skip
general(
    np.prod, tex=lambda **options: r"\Pi" + _along(**options) + r"\,{0}",
    vjp=(lambda g, y, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims) * _others(x, axis),),
)  # fmt: skip


@composite(np.var)
def _var(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    return np.sum(centred**2, axis=axis, keepdims=keepdims) / (_count(a, axis) - ddof)


@composite(np.std)
def _std(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return np.sqrt(_var(a, axis, ddof, keepdims))


@composite(np.ptp)
def _ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composite(np.nansum)
def _nansum(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


@composite(np.nanmean)
def _nanmean(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _nansum(a, axis, keepdims) / np.sum(~np.isnan(plain(a)), axis=axis, keepdims=keepdims)


@composite(np.average)
def _average(a: Any, axis: int | None = None, weights: Any = None) -> Any:
    if weights is None:
        return np.mean(a, axis=axis)
    if axis is not None and np.ndim(weights) == 1 and np.ndim(a) > 1:
        weights = np.moveaxis(np.broadcast_to(weights, np.shape(np.moveaxis(a, axis, -1))), -1, axis)
    return np.sum(a * weights, axis=axis) / np.sum(weights, axis=axis)


@composite(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        last = np.moveaxis(a, axis, -1)
        a = np.moveaxis(last[..., 1:] - last[..., :-1], -1, axis)
    return a


@composite(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    last = np.moveaxis(y, axis, -1)
    step = dx if x is None else np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(step * (last[..., 1:] + last[..., :-1]) / 2, axis=-1)


@composite(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@composite(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Any:
    return np.rint(a * 10.0**decimals) / 10.0**decimals if decimals else np.rint(a)
