"""What the settings of the gradient flow lab may be; whatever else is an InputError that says what can be."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autodiff import InputError
from ..formatting import describe
from .activations import ACTIVATIONS, Activation
from .own import called

MOST_UNITS, MOST_LAYERS = 24, 4


def one_of(name: str, value: Any, choices: Any) -> Any:
    """The value, if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name}={value!r:.60} is none of {', '.join(map(repr, choices))}.")
    return value


def whole_within(name: str, value: Any, low: int, high: int) -> int:
    """The value, if it is a whole number from low to high, which depend on other settings."""
    number = float(value) if isinstance(value, numbers.Real) else float("nan")
    if not low <= number <= high or not number.is_integer():
        raise InputError(f"{name}={value!r:.60} cannot be. Give a whole number from {low} to {high}.")
    return int(number)


def units(value: Any) -> tuple[int, ...]:
    """The units of the hidden layers, from "16, 16", (16, 16) or 16.

    >>> units("16, 16"), units(8)
    ((16, 16), (8,))
    """
    entries = value.replace("-", ",").split(",") if isinstance(value, str) else np.atleast_1d(value).tolist()
    try:
        made = tuple(int(entry) for entry in entries if str(entry).strip())
        if any(float(entry) != unit for entry, unit in zip(entries, made, strict=True)):
            raise ValueError
    except (TypeError, ValueError):
        made = ()
    if not 1 <= len(made) <= MOST_LAYERS or not all(1 <= unit <= MOST_UNITS for unit in made):
        raise InputError(
            f"hidden={value!r:.60} names no hidden layers. Give 1 to {MOST_LAYERS} layers of 1 to {MOST_UNITS} units, "
            "such as (16, 16)."
        )
    return made


def own_activation(function: Callable[[Any], Any]) -> Activation:
    """A user's function with the derivative that chainviz finds, once it is seen to work entry by entry."""
    name = getattr(function, "__name__", "<lambda>")
    name = "your function" if name == "<lambda>" or name in ACTIVATIONS else name
    z = np.linspace(-3, 3, 12).reshape(4, 3)
    own = Activation(name, function, float("nan"), (float("nan"), float("nan")))
    values = called(f"The activation {name!r}, given an array of shape {z.shape},", function, z)
    slopes = own.derivative(z)
    if np.shape(values) != z.shape or not np.all(np.isfinite(values) & np.isfinite(slopes)):
        raise InputError(
            f"The activation {name!r} gives {describe(np.asarray(values))} for an array of shape {z.shape}. "
            "Write an elementwise function in NumPy whose value and derivative are finite, such as lambda z: np.sin(z)."
        )
    return own
