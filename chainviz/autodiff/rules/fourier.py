"""numpy.fft. The Fourier matrix is symmetric, so the adjoint of a transform is the same transform."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..forms import composite, linear
from ..variable import COMPLEX_COMPOSITES, COMPOSITES


def _resized(a: Any, count: int, axis: int) -> Any:
    """a with so many entries along the axis: cut off, or followed by zeros."""
    missing = count - np.shape(a)[axis]
    if missing <= 0:
        return a[(*(slice(None),) * (axis % np.ndim(a)), slice(count))] if missing else a
    shape = list(np.shape(a))
    shape[axis] = missing
    return np.concatenate([a, np.zeros(shape)], axis=axis)


def _transform(name: str, adjoint: Callable[..., Any]) -> None:
    function = getattr(np.fft, name)
    linear(function, adjoint, tex=rf"\operatorname{{{{{name}}}}}({{0}})", name=name)


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    def adjoint(g: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        return _resized(function(g, None, axis, norm), np.shape(a)[axis], axis)

    return adjoint


def _rfft(g: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    count = np.shape(a)[axis] if n is None else n
    return _resized(np.real(np.fft.fft(_resized(g, count, axis), None, axis, norm)), np.shape(a)[axis], axis)


def _irfft(g: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Every frequency stands for itself and its mirror image, but the lowest and, for an even count, the highest."""
    count = np.shape(g)[axis]
    used = min(count // 2 + 1, np.shape(a)[axis])
    often = np.full(used, 2.0)
    often[0] = 1.0
    if count % 2 == 0 and used == count // 2 + 1:
        often[-1] = 1.0
    often = np.reshape(often, (-1, *(1,) * (np.ndim(g) - 1 - axis % np.ndim(g))))
    return _resized(often * _resized(np.fft.ifft(g, None, axis, norm), used, axis), np.shape(a)[axis], axis)


_transform("fft", _same(np.fft.fft))
_transform("ifft", _same(np.fft.ifft))
_transform("rfft", _rfft)
_transform("irfft", _irfft)


def _along(
    a: Any, sizes: Any, axes: Any, norm: Any, each: Callable[..., Any], real: Callable[..., Any] | None = None,
    first: bool = True,
) -> Any:  # fmt: skip
    """One transform an axis: the last axis by `real`, first or last of all."""
    if axes is None:
        axes = range(np.ndim(a)) if sizes is None else range(-len(sizes), 0)
    axes, sizes = list(axes), [None] * len(axes) if sizes is None else list(sizes)
    if real is not None:
        *axes, axis = axes
        *sizes, size = sizes
        a = real(a, size, axis, norm) if first else a
        for k, n in zip(reversed(axes), reversed(sizes), strict=True):
            a = each(a, n, k, norm)
        return a if first else real(a, size, axis, norm)
    for k, n in zip(reversed(axes), reversed(sizes), strict=True):
        a = each(a, n, k, norm)
    return a


@composite(np.fft.fftn)
def _fftn(a: Any, s: Any = None, axes: Sequence[int] | None = None, norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.fft)


@composite(np.fft.ifftn)
def _ifftn(a: Any, s: Any = None, axes: Sequence[int] | None = None, norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.ifft)


@composite(np.fft.fft2)
def _fft2(a: Any, s: Any = None, axes: Sequence[int] | None = (-2, -1), norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.fft)


@composite(np.fft.ifft2)
def _ifft2(a: Any, s: Any = None, axes: Sequence[int] | None = (-2, -1), norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.ifft)


@composite(np.fft.rfftn)
def _rfftn(a: Any, s: Any = None, axes: Sequence[int] | None = None, norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.fft, np.fft.rfft)


@composite(np.fft.rfft2)
def _rfft2(a: Any, s: Any = None, axes: Sequence[int] | None = (-2, -1), norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.fft, np.fft.rfft)


@composite(np.fft.irfftn)
def _irfftn(a: Any, s: Any = None, axes: Sequence[int] | None = None, norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.ifft, np.fft.irfft, first=False)


@composite(np.fft.irfft2)
def _irfft2(a: Any, s: Any = None, axes: Sequence[int] | None = (-2, -1), norm: Any = None) -> Any:
    return _along(a, s, axes, norm, np.fft.ifft, np.fft.irfft, first=False)


@composite(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    return _shift(x, axes, 0)


@composite(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    return _shift(x, axes, 1)


def _shift(x: Any, axes: Any, rounding: int) -> Any:
    """Half of every axis rolled to the front: n // 2 entries, or for the inverse as many as make up n."""
    axes = tuple(range(np.ndim(x))) if axes is None else tuple(np.atleast_1d(axes).tolist())
    moves = tuple((np.shape(x)[k] // 2) * (1 - 2 * rounding) for k in axes)
    return np.roll(x, moves, axes)


COMPLEX_COMPOSITES.update(function for function in COMPOSITES if (function.__module__ or "") == "numpy.fft")
