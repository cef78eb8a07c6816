"""Optimisers: what to make of a gradient. Each remembers what it needs of the gradients before."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Optimiser(Protocol):
    """Turns the gradient of a step into the direction to go against, which is then scaled by the step size."""

    def direction(self, gradient: Any) -> Any:
        """The direction for this gradient, an array of its shape; remembers the gradient."""
        ...


class GradientDescent:
    """Goes straight against the gradient.

    >>> GradientDescent().direction(np.array([2.0]))
    array([2.])
    """

    def direction(self, gradient: Any) -> Any:
        """The gradient itself."""
        return gradient


class Momentum:
    """Polyak's heavy ball: nine tenths of the last direction are kept.

    >>> ball = Momentum()
    >>> ball.direction(np.array([1.0])), ball.direction(np.array([1.0]))
    (array([1.]), array([1.9]))
    """

    def __init__(self) -> None:
        self._velocity: Any = 0.0

    def direction(self, gradient: Any) -> Any:
        """The gradient and nine tenths of the last direction."""
        self._velocity = 0.9 * self._velocity + gradient
        return self._velocity


class Adam:
    """Kingma and Ba, 2015: running means of gradient and squared gradient, both corrected for starting at 0.

    The first step has size 1 in every entry, whatever the gradient's size:

    >>> np.round(Adam().direction(np.array([100.0, -0.01])), 4)
    array([ 1., -1.])
    """

    def __init__(self) -> None:
        self._mean: Any = 0.0
        self._square: Any = 0.0
        self._steps = 0

    def direction(self, gradient: Any) -> Any:
        """The corrected mean of the gradients over the root of the corrected mean of their squares."""
        self._steps += 1
        self._mean = 0.9 * self._mean + 0.1 * gradient
        self._square = 0.999 * self._square + 0.001 * gradient**2
        mean, square = self._mean / (1 - 0.9**self._steps), self._square / (1 - 0.999**self._steps)
        return mean / (np.sqrt(square) + 1e-8)


OPTIMISERS: dict[str, type[Optimiser]] = {"gradient descent": GradientDescent, "momentum": Momentum, "Adam": Adam}
"""Optimisers by name; each training makes one of its own."""
