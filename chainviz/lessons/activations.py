"""Activation functions with their derivatives, and how weights begin. Plain NumPy; knows nothing of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff import gelu, leaky_relu, normal_cdf, relu, sigmoid, softplus


@dataclass(frozen=True)
class Activation:
    """An activation: elementwise `function` and `derivative`, and `bound`, the largest size of its derivative."""

    name: str
    function: Callable[[Any], Any]
    derivative: Callable[[Any], Any]
    bound: float


def _sigmoid_slope(z: Any) -> Any:
    return sigmoid(z) * (1 - sigmoid(z))


def _gelu_slope(z: Any) -> Any:
    return normal_cdf(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", sigmoid, _sigmoid_slope, 0.25),
        Activation("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2, 1.0),
        Activation("ReLU", relu, lambda z: np.where(z > 0, 1.0, 0.0), 1.0),
        Activation("leaky ReLU", lambda z: leaky_relu(z, 0.1), lambda z: np.where(z > 0, 1.0, 0.1), 1.0),
        Activation("GELU", gelu, _gelu_slope, 1.1289),
        Activation("softplus", softplus, sigmoid, 1.0),
        Activation("linear", lambda z: z, np.ones_like, 1.0),
    )
}


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Any:
    q, r = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))
    q = q * np.sign(np.diag(r))
    return q if fan_out >= fan_in else q.T


INITIALISATIONS: dict[str, Callable[[np.random.Generator, int, int], Any]] = {
    "normal": lambda rng, fan_in, fan_out: rng.normal(size=(fan_out, fan_in)) * 0.1,
    "Xavier": lambda rng, fan_in, fan_out: rng.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in),
    "He": lambda rng, fan_in, fan_out: rng.normal(size=(fan_out, fan_in)) * np.sqrt(2 / fan_in),
    "orthogonal": _orthogonal,
}
