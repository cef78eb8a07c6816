"""The activations and the initial weights of the lessons' networks; derivatives are by chainviz itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff import elementwise_grad, leaky_relu, relu, sigmoid, softplus

Array = np.ndarray


@dataclass(frozen=True)
class Activation:
    """What a unit does with its sum of inputs.

    name: as people write it. function, derivative: of arrays of any shape. bound: the largest value of the derivative.
    span: between which values a picture shows what comes out.
    """

    name: str
    function: Callable[[Any], Any]
    bound: float
    span: tuple[float, float]

    def derivative(self, z: Array) -> Array:
        """The derivative at every entry of z, by chainviz's own rule; at the kink of a ReLU that of the left side.

        >>> float(ACTIVATIONS["sigmoid"].derivative(np.zeros(1))[0])
        0.25
        """
        return elementwise_grad(self.function)(z)


def _leaky(z: Any) -> Any:
    return leaky_relu(z, LEAK)


def _gelu(z: Any) -> Any:
    """GELU in the form with tanh (Hendrycks and Gimpel, 2016): without SciPy, erf is 100 times slower."""
    return 0.5 * z * (1.0 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z * z * z)))


def _linear(z: Any) -> Any:
    return 1.0 * z


LEAK = 0.1
"""The slope of leaky ReLU below 0."""

ACTIVATIONS = {
    "sigmoid": Activation("sigmoid", sigmoid, 0.25, (0.0, 1.0)),
    "tanh": Activation("tanh", np.tanh, 1.0, (-1.0, 1.0)),
    "relu": Activation("ReLU", relu, 1.0, (0.0, 3.0)),
    "leaky_relu": Activation("leaky ReLU", _leaky, 1.0, (-0.6, 3.0)),
    "gelu": Activation("GELU", _gelu, 1.128993068658772, (-0.6, 3.0)),
    "softplus": Activation("softplus", softplus, 1.0, (0.0, 3.0)),
    "linear": Activation("linear", _linear, 1.0, (-3.0, 3.0)),
}
"""The activations by the names that code uses, which are those of chainviz's functions."""


@dataclass(frozen=True)
class Initialisation:
    """How weights begin: called with a generator and the layer's sizes it draws W, of shape (fan_out, fan_in).

    name: as people write it. rule: its standard deviation for square matrices, in words.
    """

    name: str
    rule: str
    draw: Callable[[np.random.Generator, int, int], Array]

    def __call__(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        """Draw the weights of one layer, for `z = W @ h`.

        >>> INITIALISATIONS["he"](np.random.default_rng(0), 3, 2).shape
        (2, 3)
        """
        return self.draw(rng, fan_in, fan_out)


def _normal(deviation: Callable[[int, int], float]) -> Callable[[np.random.Generator, int, int], Array]:
    return lambda rng, fan_in, fan_out: deviation(fan_in, fan_out) * rng.standard_normal((fan_out, fan_in))


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Orthonormal rows, or columns where there are more rows, drawn evenly (Saxe, McClelland and Ganguli, 2014)."""
    tall = fan_out >= fan_in
    draws = rng.standard_normal((fan_out, fan_in))
    q, r = np.linalg.qr(draws if tall else draws.T)
    q *= np.sign(np.diag(r))  # without it, the signs would be those of the algorithm
    return q if tall else q.T


INITIALISATIONS = {
    "normal": Initialisation("Normal", "std 0.1", _normal(lambda fan_in, fan_out: 0.1)),
    # Glorot and Bengio, 2010; He, Zhang, Ren and Sun, 2015
    "xavier": Initialisation("Xavier", "std 1/√n", _normal(lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5)),
    "he": Initialisation("He", "std √(2/n)", _normal(lambda fan_in, fan_out: (2 / fan_in) ** 0.5)),
    "orthogonal": Initialisation("Orthogonal", "keeps lengths", _orthogonal),
}
"""The initialisations by the names that code uses."""
