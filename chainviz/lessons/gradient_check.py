"""Derivatives against finite differences: the error over the step, and why it has a lowest point. Knows no pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..autodiff import ChainvizError, InputError, grad, sigmoid, taylor
from .by_hand import NETWORKS
from .own import called

EPSILON = float(np.finfo(float).eps)
STEPS = 10.0 ** (np.arange(-15 * 12, 1) / 12)
"""The steps at which the error is measured: twelve a decade."""


@dataclass(frozen=True)
class Example:
    """A function of numbers and arrays that returns one number, and the inputs at which its derivative is checked."""

    function: Callable[..., Any]
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def entries(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Every number among the inputs, by a name such as "x" or "W1[0, 3]": its input and its index there.

        >>> list(EXAMPLES["network 4-8-4-1"].entries())[:2]
        ['x[0]', 'x[1]']
        """
        found: dict[str, tuple[str, tuple[int, ...]]] = {}
        for name, value in self.inputs.items():
            for index in np.ndindex(np.shape(value)):
                found[f"{name}[{', '.join(map(str, index))}]" if index else name] = name, index
        return found


@dataclass(frozen=True)
class Check:
    """The derivative by one entry, and the errors of finite differences beside it, for each of STEPS.

    derivative: by reverse mode, or what it was replaced with. value: of the function. curvatures: its second and third
    derivative by that entry, by the engine's Taylor series, NaN where it has none.
    """

    derivative: float
    value: float
    curvatures: tuple[float, float]
    central: Any
    one_sided: Any
    at: Callable[[float, str], float]

    def error(self, step: float, difference: str) -> float:
        """How far the difference quotient is from the derivative."""
        return abs(self.at(step, difference) - self.derivative)

    def best(self, difference: str) -> tuple[float, float]:
        """The step at which bending and rounding together make the least error, and that error.

        Measured errors scatter, so that their own least one is luck. They are taken where the bending is unknown or 0,
        as medians over half a decade.

        >>> step, error = measure(EXAMPLES["sin(x²)"], "x").best("central")
        >>> f"{step:.1e} {error:.0e}"
        '4.6e-06 3e-11'
        """
        expected = self.truncation(difference) + self.rounding(difference)
        if not expected[-1] > 2 * self.rounding(difference)[-1]:
            errors = self.central if difference == "central" else self.one_sided
            around = np.lib.stride_tricks.sliding_window_view(np.pad(errors, 3, mode="edge"), 7)
            expected = np.median(around, axis=1)
        least = int(np.nanargmin(expected))
        return float(STEPS[least]), float(expected[least])

    def truncation(self, difference: str) -> Any:
        """The error that the function's bending makes, to leading order, for each of STEPS: |f‴| h²/6, or |f″| h/2."""
        second, third = (abs(c) for c in self.curvatures)
        return third * STEPS**2 / 6 if difference == "central" else second * STEPS / 2

    def rounding(self, difference: str) -> Any:
        """The error that two rounded values can make, for each of STEPS: each is off by half an ε |f| at most."""
        return EPSILON * abs(self.value) / (STEPS * (2 if difference == "central" else 1))


def measure(example: Example, entry: str, factor: float = 1.0) -> Check:
    """Check the derivative by one entry; `factor` spoils it, as a wrong rule would.

    >>> check = measure(EXAMPLES["sin(x²)"], "x")
    >>> f"{check.derivative:.6f} {check.error(1e-7, 'central'):.1e}"
    '-1.884521 6.3e-10'
    """
    name, index = example.entries()[entry]
    inputs = {key: np.asarray(value, dtype=float) for key, value in example.inputs.items()}

    def at_input(value: Any) -> Any:
        return example.function(**{**inputs, name: value})

    direction = np.zeros_like(inputs[name])
    direction[index] = 1.0

    def quotient(step: float, difference: str) -> float:
        ahead, behind = inputs[name] + step * direction, inputs[name] - step * direction
        with np.errstate(all="ignore"):  # outside of its domain the function has no value, and the error is NaN
            if difference == "central":
                return float((at_input(ahead) - at_input(behind)) / (2 * step))
            return float((at_input(ahead) - at_input(inputs[name])) / step)

    derivative = factor * float(np.asarray(grad(at_input)(inputs[name]))[index])
    errors = {kind: np.array([abs(quotient(h, kind) - derivative) for h in STEPS]) for kind in ("central", "one-sided")}
    second, third = _curvatures(at_input, inputs[name], direction)
    value = float(at_input(inputs[name]))
    return Check(derivative, value, (second, third), errors["central"], errors["one-sided"], quotient)


def _curvatures(f: Callable[[Any], Any], x: Any, direction: Any) -> tuple[float, float]:
    try:
        _, _, second, third = (float(c) for c in taylor(f, x, 3, direction=direction))
    except ChainvizError:  # an operation without a series
        return math.nan, math.nan
    return 2 * second, 6 * third


def own_example(function: Any, at: Any) -> Example:
    """A user's function with its inputs, once it is seen to give one finite number there.

    >>> own_example(lambda a: a**2, {"a": 3}).inputs
    {'a': array(3.)}
    """
    example = 'gradient_flow("gradient check", function=lambda w: np.exp(w), at={"w": 0.5})'
    if not callable(function):
        raise InputError(f"The check needs a function of your own for these inputs: {example}.")
    if not isinstance(at, Mapping) or not at:
        raise InputError(f"A function of your own needs the inputs to check it at, by name: {example}.")
    inputs: dict[str, Any] = {}
    for name, value in at.items():
        try:
            inputs[str(name)] = np.array(value, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"The input {name!r} is {value!r:.60}, which is no number or array of numbers.") from None
        if not inputs[str(name)].size or not np.all(np.isfinite(inputs[str(name)])):
            raise InputError(f"The input {name!r} is empty, or holds NaN or infinity. Give finite numbers.")
    result = np.asarray(called("The function, given the inputs in `at`,", function, **inputs))
    if result.ndim or result.dtype.kind not in "fiu":
        raise InputError(
            f"The function gives an array of shape {result.shape} at these inputs. Return one real number."
        )
    if not np.isfinite(result):
        raise InputError(f"The function is {float(result)} at these inputs. Choose others in at={{...}}.")
    return Example(function, inputs)


def _network_loss(x: Any, W1: Any, W2: Any, W3: Any) -> Any:
    """Half the squared error of a sigmoid network that should answer 1."""
    a = x
    for W in (W1, W2, W3):
        a = sigmoid(W @ a)
    return 0.5 * np.sum((a - 1.0) ** 2)


def _network_inputs() -> dict[str, Any]:
    """The input and the weights of a 4-8-4-1 network, from NumPy's older generator with seed 42."""
    rng = np.random.RandomState(42)
    sizes = {"W1": (8, 4), "W2": (4, 8), "W3": (1, 4)}
    return {"x": rng.randn(4)} | {name: 0.5 * rng.randn(*shape) for name, shape in sizes.items()}


EXAMPLES: dict[str, Example] = {
    "sin(x²)": Example(lambda x: np.sin(x**2), {"x": 1.5}),
    **{name: Example(network.loss, network.inputs) for name, network in NETWORKS.items()},
    "network 4-8-4-1": Example(_network_loss, _network_inputs()),
}
"""The functions that there are to check."""
