"""A network in training, beside a twin that shows what would happen with every factor of the gradient in place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..autodiff import value_and_grad
from ..graph import trace
from . import networks
from .networks import Backward, Network
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

    The gradient with nothing left out is chainviz's own.

    >>> from .activations import ACTIVATIONS
    >>> from .optimisers import GradientDescent
    >>> from .points import make_points
    >>> points = make_points("moons", np.random.default_rng(0))
    >>> theta = networks.first_weights(np.random.default_rng(1), (2, 8, 1))
    >>> network = networks.Perceptron((2, 8, 1), ACTIVATIONS["tanh"])
    >>> training = Training(points, network, theta, GradientDescent())
    >>> training.step(1.0)
    >>> training.loss < training.course.losses[0]
    True
    """

    def __init__(self, points: Points, network: Network, theta: Any, optimiser: Optimiser) -> None:
        self.points, self.network, self.sizes = points, network, network.sizes
        self._value_and_gradient = _derived(lambda theta: networks.loss(theta, *points, network), theta)
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
            return networks.backward(self.course.theta, x, y, self.network, left_out)

    def answers(self, x: Any) -> Any:
        """The logits of now at the points x."""
        with np.errstate(all="ignore"):
            return self.network.logits(self.course.theta, x)

    def norms(self) -> list[float]:
        """The norm of each layer's gradient, weights and biases together, first layer first; of all without layers."""
        parts = self._by_layer(self.backward().gradient) if self.sizes else [self.true_gradient(self.course)[1]]
        return [float(np.linalg.norm(part)) for part in parts]

    def angle(self, layer: int) -> float:
        """Degrees between the gradient that a layer (from 1) is given and the true one; NaN if one of them is 0."""
        given, true = (self._by_layer(self.backward(unlit).gradient)[layer - 1] for unlit in (self._unlit, ()))
        sizes = np.linalg.norm(given) * np.linalg.norm(true)
        return float(np.degrees(np.arccos(np.clip(given @ true / sizes, -1, 1)))) if sizes > 0 else float("nan")

    def _by_layer(self, gradient: Any) -> list[Any]:
        return [np.concatenate([W.ravel(), b]) for W, b in networks.split(gradient, self.sizes)]


def _derived(loss: Callable[[Any], Any], theta: Any) -> Callable[[Any], Any]:
    """The loss with its gradient: recorded once and replayed, or anew each time if it asks about its values.

    A `np.where(z > 0, ...)` or an `if` may answer differently at the next weights.
    """
    with np.errstate(all="ignore"):
        graph = trace(loss, theta)
    return value_and_grad(loss) if graph.guards or graph.unguarded else graph.compile()
