"""Checks of derivatives against finite differences, in both modes and to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import InputError
from .pytree import leaves, tree_map
from .transforms import jvp, outputs_of, vjp
from .variable import plain

Numbers = list[Any]


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: str | Sequence[str] = ("forward", "reverse"),
    tolerance: float = 1e-5,
) -> None:
    """Compare f's derivatives at the arguments with central differences along a random direction.

    Args:
        f: a function of numbers, arrays and trees of them that returns a number, an array or a tree of them.
        args: where to check.
        order: 1 checks the derivative, 2 also the derivative of each mode's result, and so on.
        modes: "forward" (JVP), "reverse" (VJP), or both.
        tolerance: largest relative difference that passes.

    Raises:
        AssertionError: a derivative is wrong; the message says which, and both numbers.
        InputError: there is nothing to check, as no argument or result is a number, or no such mode or order.

    >>> check_grads(lambda x: np.sin(x) * x, 0.7)
    >>> check_grads(lambda p: [p["w"] * np.exp(p["b"])], {"w": np.ones(2), "b": 0.5})
    """
    modes = (modes,) if isinstance(modes, str) else modes
    unknown = [mode for mode in modes if mode not in ("forward", "reverse")]
    if unknown or not modes or order < 1:
        raise InputError("Check with modes='forward', 'reverse' or both, and an order of 1 or more.")
    start = [leaf for leaf in leaves(args) if _is_number(leaf)]
    if not start:
        raise InputError("There is nothing to check: no argument is a number or an array of them.")

    def flat(*numbers: Any) -> Numbers:
        left = iter(numbers)
        given = tree_map(lambda leaf: next(left) if _is_number(leaf) else leaf, args)
        return outputs_of(f(*given))

    _check(flat, start, order, modes, tolerance)


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, (int, float, complex, np.ndarray, np.generic)) and np.asarray(leaf).dtype.kind in "iufc"


def _check(f: Callable[..., Numbers], args: Numbers, order: int, modes: Sequence[str], tolerance: float) -> None:
    """`check_grads` of a function of numbers and arrays that returns a list of them."""
    rng = np.random.default_rng(0)
    tangents = _directions(rng, args)
    cotangents = _directions(rng, f(*args))
    step = 6e-6 * max(1.0, *(float(np.max(np.abs(a), initial=0.0)) for a in args))
    ahead, behind = (f(*(a + sign * step * t for a, t in zip(args, tangents, strict=True))) for sign in (1, -1))
    expected = _dot(cotangents, [(1.0 * a - 1.0 * b) / (2 * step) for a, b in zip(ahead, behind, strict=True)])

    for mode in modes:
        if mode == "forward":
            found = _dot(cotangents, jvp(f, args, tangents)[1])
        else:
            found = _dot(vjp(f, args, cotangents)[1], tangents)
        difference = abs(found - expected) / max(1.0, abs(found), abs(expected))
        assert difference < tolerance, f"{mode} mode gives {found}, but finite differences give {expected}"
        if order > 1:
            derivative = _forward(f, tangents) if mode == "forward" else _reverse(f, cotangents)
            _check(derivative, args, order - 1, modes, tolerance)


def _directions(rng: np.random.Generator, values: Numbers) -> Numbers:
    """A random number or array for each value, shaped as it."""
    shapes = [np.shape(plain(value)) for value in values]
    return [rng.standard_normal(shape) if shape else float(rng.standard_normal()) for shape in shapes]


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum(np.sum(a * b) for a, b in zip(left, right, strict=True))


def _forward(f: Callable[..., Numbers], tangents: Numbers) -> Callable[..., Numbers]:
    return lambda *args: jvp(f, args, tangents)[1]


def _reverse(f: Callable[..., Numbers], cotangents: Numbers) -> Callable[..., Numbers]:
    """The VJP as one number, so that it can be checked in turn."""

    def derivative(*args: Any) -> Numbers:
        pulled = vjp(f, args, cotangents)[1]
        return [_dot(pulled, _directions(np.random.default_rng(1), list(pulled)))]

    return derivative
