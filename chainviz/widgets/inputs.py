"""What a function's arguments can be set to, from the short forms that `ipywidgets.interact` users know.

x=(-2.0, 2.0)           a slider, starting in the middle
x=(0, 10, 2)            a slider with this step
x=1.5                   a slider around this value
x=np.array([...])       a small grid of numbers
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..autodiff.errors import InputError
from ..autodiff.variable import Variable
from ..formatting import describe

LARGEST_GRID = 36
"""Entries of an array that can still be edited one by one."""


@dataclass(frozen=True)
class Slider:
    """A number between `min` and `max`; `value` is where it starts."""

    name: str
    min: float
    max: float
    step: float
    value: float
    locked: bool = False

    def specification(self) -> dict[str, Any]:
        """What the page needs to draw it."""
        kind = "locked" if self.locked else "slider"
        shown = {k: v for k, v in asdict(self).items() if k not in ("value", "locked")}
        return {"kind": kind, "label": self.name} | shown

    def read(self, value: Any) -> float:
        """The value as a float, or an InputError that says what is wrong with it."""
        return _finite(value, self.name)


@dataclass(frozen=True)
class Grid:
    """An array whose entries can be edited, or one too large for that."""

    name: str
    value: Any
    locked: bool = False

    def specification(self) -> dict[str, Any]:
        """What the page needs to draw it."""
        shape = self.value.shape
        if self.value.size > LARGEST_GRID or self.value.ndim > 2:
            return {"kind": "fixed", "label": self.name, "name": self.name, "text": describe(self.value)}
        rows, columns = (shape[0], 1) if len(shape) == 1 else shape
        return {
            "kind": "locked" if self.locked else "grid",
            "label": self.name,
            "name": self.name,
            "rows": rows,
            "cols": columns,
            "ndim": len(shape),
        }

    def read(self, value: Any) -> Any:
        """The value as an array of the right shape, or an InputError that says what is wrong with it."""
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"The input {self.name!r} is not an array of numbers: {value!r:.60}.") from None
        if array.shape != self.value.shape:
            raise InputError(
                f"The input {self.name!r} has shape {array.shape}, but it started with {self.value.shape}."
            )
        if not np.all(np.isfinite(array)):
            raise InputError(f"The input {self.name!r} holds {describe(array)}. Every entry must be a finite number.")
        return array


Input = Slider | Grid


def read_inputs(short_forms: Mapping[str, Any], locked: Collection[str] = ()) -> dict[str, Input]:
    """An `Input` for every short form, by name; those that are `locked` are shown, and only Python changes them.

    Raises:
        InputError: a short form that is none; the message names the argument and shows what to write. Or a name that
            is locked, and is no input.

    >>> read_inputs({"x": (-2.0, 2.0)})["x"]
    Slider(name='x', min=-2.0, max=2.0, step=0.02, value=0.0, locked=False)
    """
    for name in locked:
        if name not in short_forms:
            raise InputError(f"There is no input {name!r:.40} to be locked. The inputs are {', '.join(short_forms)}.")
    return {name: _locked(_read(name, short), name in locked) for name, short in short_forms.items()}


def _locked(control: Input, is_locked: bool) -> Input:
    return replace(control, locked=True) if is_locked else control


def _read(name: str, short: Any) -> Input:
    if isinstance(short, (Slider, Grid)):
        return short
    if isinstance(short, Variable):
        raise InputError(f"The input {name!r} is a Variable. Give its number, {name}.value.")
    if isinstance(short, np.ndarray) and short.ndim:
        return Grid(name, _array(name, short))
    if isinstance(short, tuple):
        return _range(name, short)
    if isinstance(short, list):
        raise InputError(
            f"The input {name!r} is a list. Write np.array({short!r}) for an array, "
            f"or a tuple for a range: {name}=(-2.0, 2.0)."
        )
    value = _finite(short, name)
    low, high = (-value, 3 * value) if value > 0 else (3 * value, -value) if value < 0 else (-1.0, 1.0)
    _check_extent(name, low, high)
    return Slider(
        name, low, high, 1.0 if isinstance(short, numbers.Integral) and value else nice_step(high - low), value
    )


def _range(name: str, short: tuple[Any, ...]) -> Slider:
    example = f"Write {name}=(min, max) or {name}=(min, max, step), such as {name}=(-2.0, 2.0)."
    if len(short) not in (2, 3):
        raise InputError(f"The range of the input {name!r} has {len(short)} entries. {example}")
    low, high, *steps = (_finite(entry, name) for entry in short)
    if low >= high:
        raise InputError(
            f"The range of the input {name!r} is empty: {describe(low)} is not below {describe(high)}. {example}"
        )
    _check_extent(name, low, high)
    whole = all(isinstance(entry, numbers.Integral) for entry in short[:2])
    step = steps[0] if steps else 1.0 if whole else nice_step(high - low)
    if not 0 < step <= high - low:
        raise InputError(
            f"The step of the input {name!r} is {describe(step)}, "
            f"but it must be between 0 and {describe(high - low)}. {example}"
        )
    middle = low + step * math.floor((high - low) / 2 / step + 1e-9)
    return Slider(name, low, high, step, _tidy(middle, step))


def _check_extent(name: str, low: float, high: float) -> None:
    """A range so wide or so narrow that its steps could not be counted is refused."""
    if not 1e-300 < high - low < 1e300:
        raise InputError(f"A slider for {name!r} cannot go over a range of {high - low:g}. Choose another one.")


def nice_step(extent: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that divides a range into a few hundred.

    >>> nice_step(4.0), nice_step(1.0), nice_step(6.0)
    (0.02, 0.005, 0.02)
    """
    power = 10.0 ** math.floor(math.log10(extent / 200))
    factor = max(f for f in (1, 2, 5) if f * power <= extent / 200 * (1 + 1e-9))
    return float(f"{factor * power:.3g}")


def _tidy(value: float, step: float) -> float:
    """The value without the dust of adding up steps: 0.3 instead of 0.30000000000000004."""
    return round(value, max(0, 3 - math.floor(math.log10(step))))


def _array(name: str, value: Any) -> Any:
    if value.dtype.kind not in "fiu":
        raise InputError(f"The input {name!r} is an array of {value.dtype}. Give an array of real numbers.")
    if not value.size or not np.all(np.isfinite(value)):
        what = "is empty" if not value.size else "holds NaN or infinity"
        raise InputError(f"The input {name!r} {what}. Every entry must be a finite number.")
    return value.astype(float)


def _finite(value: Any, name: str) -> float:
    """A finite float, or an InputError that says what came instead."""
    shown = f"{value!r:.60}"
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise InputError(
            f"The input {name!r} is {shown}, which is not a number. "
            f"Write {name}=1.5, {name}=(-2.0, 2.0) or {name}=np.array([1.0, 2.0])."
        )
    number = float(value)
    if not math.isfinite(number):
        raise InputError(f"The input {name!r} is {describe(number)}. Give a finite number, such as {name}=1.5.")
    return number
