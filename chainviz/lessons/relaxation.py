"""A gradient through a choice of one of two: the Gumbel-softmax relaxation, its bias and its variance.

A coin b shows 1 with probability sigmoid(theta). The relaxed coin y = sigmoid((theta + noise) / temperature), noise the
difference of two Gumbel draws, has a derivative, and nears b as the temperature goes to 0 (Jang, Gu and Poole, 2017;
Maddison, Mnih and Teh, 2017). What is averaged is (y - 0.45)², as in Tucker et al. (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..autodiff import elementwise_grad, gumbel_softmax, sigmoid

Array = Any
TARGET = 0.45
_REACH, _CELLS = 40, 60  # of the integral: how many widths of what changes fastest, and cells in one of them


def loss(y: Any) -> Any:
    """What is averaged."""
    return (y - TARGET) ** 2


def truth(theta: float) -> float:
    """d E[loss(b)]/d theta for the coin itself: p (1 - p) (loss(1) - loss(0)).

    >>> round(truth(0.0), 6)
    0.025
    """
    p = 1 / (1 + np.exp(-theta))
    return float(p * (1 - p) * (loss(1.0) - loss(0.0)))


def draw(theta: float, temperature: float, n: int, seed: int, *, hard: bool = False) -> tuple[Array, Array]:
    """n draws of the coin, relaxed or `hard`, and of each the derivative of its loss with respect to theta; both (n,).

    >>> y, estimates = draw(0.0, 0.5, 4, seed=0)
    >>> y.shape, estimates.shape
    ((4,), (4,))
    """

    def coins(t: Any) -> Any:
        return gumbel_softmax(np.stack([t, 0 * t], axis=-1), temperature, hard=hard, seed=seed)[:, 0]

    at = np.full(n, float(theta))
    return coins(at), elementwise_grad(lambda t: loss(coins(t)))(at)


@dataclass(frozen=True)
class Moments:
    """An estimator's exact mean and variance, and the gradient that it estimates."""

    truth: float
    mean: float
    variance: float

    @property
    def bias(self) -> float:
        """The mean minus the truth."""
        return self.mean - self.truth

    def error(self, n: int) -> float:
        """The root of the mean squared error of an average of n estimates."""
        return float(np.hypot(self.bias, np.sqrt(self.variance / n)))


@lru_cache(maxsize=2048)
def moments(theta: float, temperature: float, hard: bool = False) -> Moments:
    """Of the relaxed estimator, or of the straight-through one, by an integral over the noise.

    >>> found = moments(0.0, 0.5)
    >>> round(found.mean, 5), round(found.variance, 5)
    (0.02146, 0.01424)
    """
    cell = min(temperature, 1.0) / _CELLS
    count = int(_REACH * _CELLS)
    noise = -theta + cell * (np.arange(-count, count) + 0.5)  # b changes at -theta, a cell's edge
    weights = cell / (4 * np.cosh(noise / 2) ** 2)

    def relaxed(t: Any) -> Any:
        return sigmoid((t + noise) / temperature)

    at = np.full(noise.shape, theta)
    outer = np.where(noise > -theta, 1.0, 0.0) if hard else relaxed(at)
    estimates = elementwise_grad(loss)(outer) * elementwise_grad(relaxed)(at)
    mean = float(weights @ estimates)
    return Moments(truth(theta), mean, float(weights @ estimates**2) - mean**2)


def score_function(theta: float) -> Moments:
    """Of the estimator loss(b) (b - p), which is not biased.

    >>> score_function(0.0).bias
    0.0
    """
    p = 1 / (1 + np.exp(-theta))
    values, weights = np.array([loss(1.0) * (1 - p), -loss(0.0) * p]), np.array([p, 1 - p])
    mean = float(weights @ values)
    return Moments(truth(theta), mean, float(weights @ (values - mean) ** 2))


def best_temperature(theta: float, n: int, temperatures: Array, *, hard: bool = False) -> float:
    """The temperature of the least error of an average of n estimates, of those given."""
    errors = [moments(theta, float(temperature), hard).error(n) for temperature in temperatures]
    return float(temperatures[int(np.argmin(errors))])
