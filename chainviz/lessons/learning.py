"""Which layers learn: gradient descent on a deep network, some layers frozen, and what a step costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..autodiff import softplus, value_and_grad
from .activations import Array
from .depth import Network, draw_data, draw_weights, run

STEP_SIZE = 0.1


@dataclass(frozen=True)
class StepCost:
    """How many matrix products one step takes: forward, adjoints on their way back, gradients of weights."""

    forward: int
    adjoints: int
    gradients: int

    @property
    def total(self) -> int:
        """All of them; each is BATCH x width x width multiplications."""
        return self.forward + self.adjoints + self.gradients


def step_cost(depth: int, frozen: Collection[int]) -> StepCost:
    """The matrix products of a step where the layers `frozen` (from 1) are held.

    Adjoints go down to the lowest layer that learns, and no further; a frozen layer above it must still pass them on.

    >>> step_cost(20, ()).total, step_cost(20, range(1, 11)).total, step_cost(20, range(11, 21)).total
    (59, 39, 49)
    """
    learning = [layer for layer in range(1, depth + 1) if layer not in frozen]
    return StepCost(depth, depth - learning[0] if learning else 0, len(learning))


class Training:
    """Plain gradient descent of a network that tells apart the signs of the first input, read by a fixed direction.

    movement: how far each layer has moved, as a share of its initial size. losses: before every step, and now.
    """

    def __init__(self, network: Network, depth: int, width: int, seed: int, step_size: float = STEP_SIZE) -> None:
        self._network, self._step_size = network, step_size
        self._initial = draw_weights(network, depth, width, seed)
        self.weights = list(self._initial)
        self._x, _ = draw_data(width, seed)
        self._sign = np.where(self._x[:, 0] > 0, 1.0, -1.0)
        self._reading = np.random.default_rng([seed, 1]).standard_normal(width) / np.sqrt(width)
        self.losses = [self.loss(self.weights)]

    def loss(self, weights: list[Array]) -> float:
        """The mean logistic loss on the batch, in plain NumPy."""
        read = run(self._network, weights, self._x) @ self._reading
        return np.mean(softplus(-self._sign * read))

    @property
    def steps(self) -> int:
        """How many steps have been made."""
        return len(self.losses) - 1

    @property
    def diverged(self) -> bool:
        """Whether a number left the range of floats, or the loss is 1,000 times what it was."""
        return not self.losses[-1] <= 1000 * self.losses[0]

    @property
    def movement(self) -> Array:
        """|W - W at the beginning| / |W at the beginning| of every layer, shape (depth,)."""
        pairs = zip(self.weights, self._initial, strict=True)
        return np.array([np.linalg.norm(W - begun) / np.linalg.norm(begun) for W, begun in pairs])

    def gradients(self, frozen: Collection[int] = ()) -> dict[int, Array]:
        """The loss' gradient by the weights of every layer (from 1) that learns; for others nothing is computed."""
        learning = [layer for layer in range(1, len(self.weights) + 1) if layer not in frozen]
        if not learning:
            return {}

        def loss(chosen: list[Array]) -> float:
            weights = list(self.weights)
            for layer, W in zip(learning, chosen, strict=True):
                weights[layer - 1] = W
            return self.loss(weights)

        _, gradients = value_and_grad(loss)([self.weights[layer - 1] for layer in learning])
        return dict(zip(learning, gradients, strict=True))

    def step(self, frozen: Collection[int] = ()) -> None:
        """One step of gradient descent for the layers that are not frozen.

        >>> training = Training(Network("linear"), depth=2, width=4, seed=0, step_size=0.1)
        >>> training.step(frozen=[1])
        >>> training.movement[0] == 0 < training.movement[1]
        np.True_
        """
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is what this is to show
            for layer, gradient in self.gradients(frozen).items():
                self.weights[layer - 1] = self.weights[layer - 1] - self._step_size * gradient
            self.losses.append(float(self.loss(self.weights)))
