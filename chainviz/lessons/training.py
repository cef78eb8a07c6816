"""A network in training, beside a twin that shows what would happen with every factor of the gradient in place."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import compile
from . import networks
from .activations import Activation
from .networks import Backward
from .optimisers import Optimiser
from .points import Points


@dataclass
class Course:
    """Weights on their way: theta, the optimiser that moves them, and the loss before every step and now."""

    theta: Any
    optimiser: Optimiser
    losses: list[float] = field(default_factory=list[float])

    def move(self, gradient: Any, size: float) -> None:
        """One step against the gradient."""
        self.theta = self.theta - size * self.optimiser.direction(gradient)

    def branch(self) -> Course:
        """Another course that begins where this one is."""
        return Course(self.theta, copy.copy(self.optimiser), [*self.losses])


class Training:
    """Trains a network on points, a full batch a step; with `unlit` factors left out, beside a `twin` that has all.

    sizes: units of every layer, inputs first, (2, 8, 1). The gradient with nothing left out is chainviz's own: the loss
    is recorded once and replayed.

    >>> from .activations import ACTIVATIONS
    >>> from .optimisers import GradientDescent
    >>> from .points import make_points
    >>> points = make_points("moons", np.random.default_rng(0))
    >>> theta = networks.first_weights(np.random.default_rng(1), (2, 8, 1))
    >>> training = Training(points, (2, 8, 1), ACTIVATIONS["tanh"], theta, GradientDescent())
    >>> training.step(1.0)
    >>> training.loss < training.course.losses[0]
    True
    """

    def __init__(
        self, points: Points, sizes: Sequence[int], activation: Activation, theta: Any, optimiser: Optimiser
    ) -> None:
        self.points, self.sizes, self.activation = points, tuple(sizes), activation
        with np.errstate(all="ignore"):
            self._value_and_gradient = compile(
                lambda theta: networks.loss(theta, *points, self.sizes, activation.function), theta
            )
        self.course = Course(theta, optimiser)
        self.twin: Course | None = None
        self._unlit: frozenset[str] = frozenset()
        self.course.losses.append(self.true_gradient(self.course)[0])

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.course.losses) - 1

    @property
    def loss(self) -> float:
        """The loss now."""
        return self.course.losses[-1]

    @property
    def is_finite(self) -> bool:
        """Whether the weights are still numbers; if not, no step brings them back."""
        return bool(np.isfinite(self.loss) and np.all(np.isfinite(self.course.theta)))

    @property
    def unlit(self) -> frozenset[str]:
        """The factors that the hidden layers leave out, of `networks.LAMPS`. A change starts a new twin from here."""
        return self._unlit

    @unlit.setter
    def unlit(self, lamps: Collection[str]) -> None:
        self._unlit = frozenset(lamps)
        self.twin = self.course.branch() if self._unlit else None

    def true_gradient(self, course: Course) -> tuple[float, Any]:
        """The loss and its gradient, by the engine."""
        with np.errstate(all="ignore"):  # a step size that diverges is something to see, not to warn of
            value, gradient = self._value_and_gradient(course.theta)
        return float(value), gradient

    def step(self, size: float) -> None:
        """One step of the network, and of its twin if it has one."""
        for course in (self.course, self.twin):
            if course is None:
                continue
            gradient = self.backward().gradient if self._unlit and course is self.course else None
            with np.errstate(all="ignore"):
                course.move(self.true_gradient(course)[1] if gradient is None else gradient, size)
            course.losses.append(self.true_gradient(course)[0])

    def backward(self, unlit: Collection[str] | None = None, point: int | None = None) -> Backward:
        """The backward pass by hand over all points, or over one of them, with the lamps of now or these `unlit`."""
        x, y = self.points if point is None else (part[point : point + 1] for part in self.points)
        left_out = self._unlit if unlit is None else unlit
        with np.errstate(all="ignore"):
            return networks.backward(self.course.theta, x, y, self.sizes, self.activation, left_out)

    def norms(self) -> list[float]:
        """The norm of each layer's gradient, weights and biases together, first layer first."""
        return [float(np.linalg.norm(part)) for part in self._by_layer(self.backward().gradient)]

    def angle(self, layer: int) -> float:
        """Degrees between the gradient that a layer (from 1) is given and the true one; NaN if one of them is 0."""
        given, true = (self._by_layer(self.backward(unlit).gradient)[layer - 1] for unlit in (self._unlit, ()))
        sizes = np.linalg.norm(given) * np.linalg.norm(true)
        return float(np.degrees(np.arccos(np.clip(given @ true / sizes, -1, 1)))) if sizes > 0 else float("nan")

    def _by_layer(self, gradient: Any) -> list[Any]:
        return [np.concatenate([W.ravel(), b]) for W, b in networks.split(gradient, self.sizes)]
