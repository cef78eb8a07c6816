"""Many entries become one, so the adjoint of one goes to many. Ties of max and min share it equally."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import unsupported
from ..forms import composite, general, linear
from ..variable import PRIMITIVES, Variable, plain, unbox

Axis = int | tuple[int, ...] | None


def array(x: Any) -> Any:
    """x, with a list of numbers or Variables as an array."""
    x = unbox(x)
    return x if isinstance(x, Variable) else np.asarray(x)


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes that are meant, counted from the front; None: all. A number has none, whatever is said, as in NumPy."""
    return normalize_axis_tuple(range(np.ndim(x)) if axis is None or np.ndim(x) == 0 else axis, np.ndim(x))


def _spread(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g with the reduced axes put back, broadcast to x's shape."""
    if g.__class__ is float and x.__class__ is np.ndarray:
        return np.ndarray(x.shape, float, np.array(g), strides=(0,) * x.ndim)  # as below, but sooner
    if axis is not None and not keepdims and np.ndim(x):
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, np.shape(x))


def _count(x: Any, axis: Axis) -> float:
    """How many entries of x go into one entry of the result."""
    if axis is None and x.__class__ is np.ndarray:
        return float(x.size)
    shape = np.shape(x)
    return float(math.prod(shape if axis is None else [shape[k] for k in axes_of(x, axis)]))


def _share(x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """1 where x is the entry that was chosen (a NaN is, too), divided among ties; 0 elsewhere."""
    x, y = plain(x), _spread(plain(y), x, axis, keepdims)
    chosen = np.asarray((x == y) | (np.isnan(x) & np.isnan(y)), dtype=float)
    return chosen / np.sum(chosen, axis=axis, keepdims=True)


def gathered(x: Any, axis: Axis) -> Any:
    """x with the entries along these axes (None: all) as one last axis."""
    axes = axes_of(x, axis)
    last = np.moveaxis(x, axes, range(-len(axes), 0))
    rest = np.shape(last)[: np.ndim(x) - len(axes)]
    return np.reshape(last, (*rest, int(_count(x, axis))))


def _shifted(x: Any) -> Any:
    """x one place later along its last axis, with a 1 in front: the start of a product."""
    return np.concatenate([np.ones((*np.shape(x)[:-1], 1)), x[..., :-1]], axis=-1)


def _others(x: Any, axis: Axis) -> Any:
    """For every entry the product of all others along the axis; right also where some are 0."""
    along = gathered(x, axis)
    if np.size(x) == 0:
        return x
    before, after = (np.cumprod(_shifted(side), axis=-1) for side in (along, np.flip(along, -1)))
    axes = axes_of(x, axis)
    tail = range(-len(axes), 0)
    shape = np.shape(np.moveaxis(plain(x), axes, tail))
    return np.moveaxis(np.reshape(before * np.flip(after, -1), shape), tail, axes)


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: int | None = None) -> Any:
    """Entry k has the factor y[k - 1] in all later products; the other factors are added up in Horner's way."""
    if np.size(x) == 0:
        return x
    if axis is None or np.ndim(x) == 0:
        return np.reshape(_cumprod_vjp(g, y, np.ravel(x), 0), np.shape(x))
    g, y, x = (np.moveaxis(array, axis, -1) for array in (g, y, x))
    sums = [g[..., -1]]
    for k in range(np.shape(x)[-1] - 2, -1, -1):
        sums.append(g[..., k] + x[..., k + 1] * sums[-1])
    return np.moveaxis(_shifted(y) * np.stack(sums[::-1], axis=-1), -1, axis)


def _along(axis: Axis = None, **_: Any) -> str:
    """The axis as a subscript."""
    return "" if axis is None else f"_{{{{{axis}}}}}"


def _named(name: str) -> Any:
    """The template of a reduction that is written as a function."""
    return lambda **options: rf"\operatorname{{{{{name}}}}}" + _along(**options) + "({0})"


def _sum(x: Any, **options: Any) -> Any:
    return np.sum(x, **options) if options else np.add.reduce(x, axis=None)


def _mean(x: Any, **options: Any) -> Any:
    return np.mean(x, **options) if options or not np.size(x) else np.add.reduce(x, axis=None) / np.size(x)


linear(
    np.sum, lambda g, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims),
    tex=lambda **options: r"\Sigma" + _along(**options) + r"\,{0}",
).compute = _sum  # fmt: skip
linear(
    np.mean, lambda g, x, axis=None, keepdims=False: _spread(g / (_count(x, axis) or 1.0), x, axis, keepdims),
    tex=_named("mean"),
).compute = _mean  # fmt: skip
linear(
    np.cumsum, lambda g, x, axis=None: np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis or 0), axis), np.shape(x)),
    tex=_named("cumsum"),
)  # fmt: skip


def _to_the_chosen(g: Any, y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    share = _share(x, y, axis, keepdims)
    return np.where(share == 0, 0.0, _spread(g, x, axis, keepdims) * share)


_EXTREMES = {np.max: "max", np.amax: "max", np.nanmax: "nanmax", np.min: "min", np.amin: "min", np.nanmin: "nanmin"}
for _extreme, _name in _EXTREMES.items():
    general(_extreme, vjp=(_to_the_chosen,), tex=_named(_name), selects=True, name=_name)
general(
    np.prod, tex=lambda **options: r"\Pi" + _along(**options) + r"\,{0}",
    vjp=(lambda g, y, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims) * _others(x, axis),),
)  # fmt: skip
general(np.cumprod, vjp=(_cumprod_vjp,), tex=_named("cumprod"))


@composite(np.var)
def _var(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None) -> Any:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    freedom = _count(a, axis) - (ddof if correction is None else correction)
    return np.sum(centred**2, axis=axis, keepdims=keepdims) / np.maximum(freedom, 0.0)


@composite(np.std)
def _std(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None) -> Any:
    return _root(_var(a, axis, ddof, keepdims, correction))


def _root(variance: Any) -> Any:
    """Where nothing varies, a deviation has a kink as |x| at 0: the mean of both sides is 0."""
    still = variance == 0  # by the Variable, so that a recording knows where it holds
    return np.where(still, 0.0, np.sqrt(np.where(still, 1.0, variance))) if np.any(still) else np.sqrt(variance)


@composite(np.ptp)
def _ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composite(np.nansum)
def _nansum(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(_filled(a, 0.0), axis=axis, keepdims=keepdims)


@composite(np.nanprod)
def _nanprod(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.prod(_filled(a, 1.0), axis=axis, keepdims=keepdims)


@composite(np.nancumsum)
def _nancumsum(a: Any, axis: int | None = None) -> Any:
    return np.cumsum(_filled(a, 0.0), axis=axis)


@composite(np.nancumprod)
def _nancumprod(a: Any, axis: int | None = None) -> Any:
    return np.cumprod(_filled(a, 1.0), axis=axis)


@composite(np.nanmean)
def _nanmean(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _nansum(a, axis, keepdims) / _present(a, axis, keepdims)


@composite(np.nanvar)
def _nanvar(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None) -> Any:
    centred = np.where(np.isnan(plain(a)), 0.0, a - _nanmean(a, axis, keepdims=True))
    freedom = _present(a, axis, keepdims) - (ddof if correction is None else correction)
    return np.sum(centred**2, axis=axis, keepdims=keepdims) / np.where(freedom > 0, freedom, np.nan)


@composite(np.nanstd)
def _nanstd(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None) -> Any:
    return _root(_nanvar(a, axis, ddof, keepdims, correction))


def _filled(a: Any, neutral: float) -> Any:
    """a with this number where a number is missing."""
    return np.where(np.isnan(a), neutral, a)


def _present(a: Any, axis: Axis, keepdims: bool) -> Any:
    """How many entries are not missing."""
    return np.sum(~np.isnan(plain(a)), axis=axis, keepdims=keepdims)


@composite(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    if weights is None and not returned:
        return np.mean(a, axis=axis, keepdims=keepdims)
    a, weights = array(a), np.ones(np.shape(a)) if weights is None else array(weights)
    np.average(plain(a), axis, plain(weights))  # NumPy's own errors
    if np.shape(weights) != np.shape(a):  # the weights of the averaged axes, in their order
        axes = axes_of(a, axis)
        shape = [n if k in axes else 1 for k, n in enumerate(np.shape(a))]
        weights = np.broadcast_to(np.reshape(np.transpose(weights, np.argsort(axes)), shape), np.shape(a))
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


def cut(a: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """a[start:stop] along the axis."""
    return a[(slice(None),) * normalize_axis_index(axis, np.ndim(a)) + (slice(start, stop),)]


@composite(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = array(a)
    np.diff(plain(a), n, axis)  # NumPy's own errors
    edge = [1 if k in axes_of(a, axis) else length for k, length in enumerate(np.shape(a))]
    ends = [e if e is None or np.ndim(array(e)) else np.broadcast_to(e, edge) for e in (prepend, append)]
    if n and (prepend is not None or append is not None):
        a = np.concatenate([part for part in (ends[0], a, ends[1]) if part is not None], axis=axis)
    for _ in range(n):
        a = cut(a, axis, 1, None) - cut(a, axis, None, -1)
    return a


@composite(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [to_begin, np.diff(np.ravel(ary)), to_end]
    return np.concatenate([np.ravel(part) for part in parts if part is not None])


@composite(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    y, x = array(y), x if x is None else array(x)
    step = dx if x is None else np.diff(x, axis=axis) if np.ndim(x) != 1 else _lying_along(np.diff(x), axis, y)
    return np.sum(step * (cut(y, axis, 1, None) + cut(y, axis, None, -1)) / 2, axis=axis)


def _lying_along(vector: Any, axis: int, other: Any) -> Any:
    """The vector shaped to broadcast along one axis of another array."""
    place = normalize_axis_index(axis, np.ndim(other))
    return np.reshape(vector, [-1 if k == place else 1 for k in range(np.ndim(other))])


@composite(np.gradient)
def _gradient(*varargs: Any, f: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    f = array(f)
    if edge_order != 1:
        raise unsupported(f"np.gradient(..., edge_order={edge_order})", f, "Leave edge_order out.")
    np.gradient(plain(f), *map(plain, map(array, varargs)), axis=axis)  # NumPy's own errors
    axes = axes_of(f, axis)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    slopes = tuple(_slope(f, spacing, along) for spacing, along in zip(spacings, axes, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(f: Any, spacing: Any, axis: int) -> Any:
    """Differences to both neighbours, weighted by the other's distance; at the ends to the only one."""
    steps = array(spacing)
    if np.ndim(steps) == 0:
        slopes = np.diff(f, axis=axis) / spacing
        inner = (cut(f, axis, 2, None) - cut(f, axis, None, -2)) / (2 * spacing)
    else:
        steps = _lying_along(np.diff(steps), axis, f)
        slopes = np.diff(f, axis=axis) / steps
        before, after = cut(steps, axis, None, -1), cut(steps, axis, 1, None)
        inner = (after * cut(slopes, axis, None, -1) + before * cut(slopes, axis, 1, None)) / (before + after)
    return np.concatenate([cut(slopes, axis, None, 1), inner, cut(slopes, axis, -1, None)], axis=axis)


general(
    np.convolve, tex="{0} * {1}",
    vjp=(lambda g, y, a, v: np.correlate(g, v, "valid"), lambda g, y, a, v: np.correlate(g, a, "valid")),
)  # fmt: skip


@composite(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    return _middle(a, v, mode, np.convolve)


@composite(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    return _middle(a, v, mode, np.correlate)


def _middle(a: Any, v: Any, mode: str, function: Any) -> Any:
    """The full convolution, or the part of it that NumPy keeps; a correlation is one with v reversed."""
    a, v = (np.reshape(x, -1) if np.ndim(x) == 0 else x for x in (array(a), array(v)))
    count = len(function(plain(a), plain(v), mode))  # NumPy's own errors
    full = PRIMITIVES[np.convolve](a, np.flip(v) if function is np.correlate else v)
    if mode == "full":
        return full
    short = min(np.size(a), np.size(v))
    centre = short // 2 if function is np.correlate and np.size(a) < np.size(v) else (short - 1) // 2
    start = {"same": centre, "valid": short - 1}[mode]
    return full[start : start + count]


@composite(np.cov)
def _cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Any:
    rows = [_rows(x, rowvar) for x in (m, y) if x is not None]
    observed = np.concatenate(rows, axis=0)
    centred = observed - np.mean(observed, axis=1, keepdims=True)
    freedom = np.shape(observed)[1] - ((0 if bias else 1) if ddof is None else ddof)
    return np.squeeze(centred @ np.transpose(centred) / np.maximum(freedom, 0.0))


def _rows(x: Any, rowvar: bool) -> Any:
    """A variable a row, an observation a column."""
    x = array(x)
    return np.reshape(x, (1, -1)) if np.ndim(x) < 2 else x if rowvar else np.transpose(x)


@composite(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    covariance = np.cov(x, y, rowvar)
    if np.ndim(covariance) == 0:
        return covariance / covariance
    scale = np.sqrt(np.diagonal(covariance))
    return covariance / scale / np.reshape(scale, (-1, 1))


@composite(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    """Horner's rule."""
    p, x = array(p), array(x)
    y: Any = p[0] if len(p) else 0.0
    for k in range(1, len(p)):
        y = y * x + p[k]
    return np.broadcast_to(y, np.shape(x)) if len(p) < 2 else y
