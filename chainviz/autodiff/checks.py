"""Checks of derivatives against finite differences, in both modes and to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .transforms import jvp, vjp
from .variable import plain


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = ("forward", "reverse"),
    tolerance: float = 1e-5,
) -> None:
    """Compare f's derivatives at the arguments with central differences along a random direction.

    Args:
        f: a function of numbers and arrays that returns a number or an array.
        args: where to check.
        order: 1 checks the derivative, 2 also the derivative of each mode's result, and so on.
        modes: "forward" (JVP), "reverse" (VJP), or both.
        tolerance: largest relative difference that passes.

    Raises:
        AssertionError: a derivative is wrong; the message says which, and both numbers.

    >>> check_grads(lambda x: np.sin(x) * x, 0.7)
    """
    rng = np.random.default_rng(0)
    tangents = tuple(rng.standard_normal(np.shape(a)) if np.ndim(a) else float(rng.standard_normal()) for a in args)
    cotangent = rng.standard_normal(np.shape(plain(f(*args))))
    cotangent = cotangent if np.ndim(cotangent) else float(cotangent)
    step = 6e-6 * max(1.0, *(float(np.max(np.abs(a), initial=0.0)) for a in args))
    ahead, behind = (f(*(a + sign * step * t for a, t in zip(args, tangents, strict=True))) for sign in (1, -1))
    expected = np.sum(cotangent * (np.asarray(ahead) - np.asarray(behind))) / (2 * step)

    for mode in modes:
        if mode == "forward":
            found = np.sum(cotangent * jvp(f, args, tangents)[1])
        else:
            found = sum(np.sum(c * t) for c, t in zip(vjp(f, args, cotangent)[1], tangents, strict=True))
        difference = abs(found - expected) / max(1.0, abs(found), abs(expected))
        assert difference < tolerance, f"{mode} mode gives {found}, but finite differences give {expected}"
        if order > 1:
            derivative = _forward(f, tangents) if mode == "forward" else _reverse(f, cotangent)
            check_grads(derivative, *args, order=order - 1, modes=modes, tolerance=tolerance)


def _forward(f: Callable[..., Any], tangents: Sequence[Any]) -> Callable[..., Any]:
    return lambda *args: jvp(f, args, tangents)[1]


def _reverse(f: Callable[..., Any], cotangent: Any) -> Callable[..., Any]:
    """The VJP as one number, so that it can be checked in turn."""

    def derivative(*args: Any) -> Any:
        weights = np.random.default_rng(1)
        pulled = vjp(f, args, cotangent)[1]
        return sum(np.sum(c * weights.standard_normal(np.shape(plain(c)))) for c in pulled)

    return derivative
