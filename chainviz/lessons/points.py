"""Sets of points in two classes, in the square from -1 to 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autodiff import InputError

Points = tuple[Any, Any]
"""Coordinates (points x 2) and labels, 0.0 or 1.0 each."""


def _moons(rng: np.random.Generator, labels: Any) -> Any:
    angle = np.pi * rng.random(len(labels))
    x = np.where(labels, 0.31 - 0.62 * np.cos(angle), 0.62 * np.cos(angle) - 0.31)
    y = np.where(labels, 0.155 - 0.62 * np.sin(angle), 0.62 * np.sin(angle) - 0.155)
    return 0.95 * np.stack([x, y], axis=1) + 0.07 * rng.normal(size=(len(labels), 2))


def _xor(rng: np.random.Generator, labels: Any) -> Any:
    side = rng.choice([-1.0, 1.0], size=len(labels))
    corner = np.stack([side, np.where(labels, side, -side)], axis=1)
    return corner * (0.1 + 0.78 * rng.random((len(labels), 2)))


def _circles(rng: np.random.Generator, labels: Any) -> Any:
    angle = 2 * np.pi * rng.random(len(labels))
    share = rng.random(len(labels))
    radius = np.where(labels, 0.34 * np.sqrt(share), 0.66 + 0.22 * share)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _spiral(rng: np.random.Generator, labels: Any) -> Any:
    along = np.sqrt(rng.random(len(labels)))  # as many points on every stretch of an arm
    angle = 2.6 * np.pi * along + np.pi * labels
    radius = 0.06 + 0.82 * along
    arm = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return arm + 0.015 * rng.normal(size=arm.shape)


POINTS: dict[str, Callable[[np.random.Generator, Any], Any]] = {
    "moons": _moons, "xor": _xor, "circles": _circles, "spiral": _spiral,
}  # fmt: skip
"""Coordinates for labels, by the set's name."""

DRAWN = "drawn by hand"
"""The name of points that a person sets, one by one; they begin with one of each class."""


def make_points(name: str, rng: np.random.Generator, count: int = 200) -> Points:
    """A set of POINTS, half of each class, or the beginning of one that is drawn by hand.

    >>> x, y = make_points("xor", np.random.default_rng(0))
    >>> bool(np.all((x[:, 0] * x[:, 1] > 0) == y))
    True
    """
    if name == DRAWN:
        return np.array([[-0.5, 0.0], [0.5, 0.0]]), np.array([0.0, 1.0])
    labels = np.arange(count) % 2.0
    return np.clip(POINTS[name](rng, labels), -1, 1), labels


def read_points(given: Any) -> Points:
    """A pair (coordinates, labels) as arrays of floats, or an InputError that says what is wrong with it."""
    try:
        coordinates, labels = given
        x, y = np.array(coordinates, dtype=float), np.array(labels, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            f"points={given!r:.60} is no set of points. Choose {', '.join(map(repr, [*POINTS, DRAWN]))}, or give "
            "a pair (coordinates, labels), such as ([[-0.5, 0], [0.5, 0]], [0, 1])."
        ) from None
    if x.ndim != 2 or x.shape[1:] != (2,) or y.shape != x.shape[:1] or not len(x):
        raise InputError(
            f"The coordinates in `points` have shape {x.shape} and its labels {y.shape}. "
            "Give n points as (n, 2) and (n,)."
        )
    if not np.all(np.abs(x) <= 1):
        raise InputError("The coordinates in `points` must lie between -1 and 1, the square that is drawn. Scale them.")
    if not np.all((y == 0) | (y == 1)):
        raise InputError("The labels in `points` must be 0 or 1.")
    return x, y


def nearest_to_the_other_class(x: Any, y: Any) -> int:
    """The index of a point that stays hard, so that its gradient stays visible; 0 where there is one class only."""
    apart = np.hypot(*(x[:, None] - x[None]).transpose(2, 0, 1))
    apart[y[:, None] == y[None]] = np.inf
    return int(np.argmin(np.min(apart, axis=1)))
