"""Multilayer perceptrons in plain NumPy: value, loss, and the backward pass by hand, in which a factor can be left out.

Rows are points. All weights are in one vector theta, layer after layer, so that `cv.grad` gives one vector too:
z = a W^T + b and a' = phi(z) in every layer but the last, whose one unit gives the logit s; y^ = sigmoid(s).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from ..autodiff import sigmoid
from .activations import Activation

ABOVE, WEIGHT, ACTIVATION = "gradient from above", "transposed weight", "activation derivative"
LAMPS = (ABOVE, WEIGHT, ACTIVATION)
"""The three factors of a hidden layer's adjoint."""


def split(theta: Any, sizes: Sequence[int]) -> list[tuple[Any, Any]]:
    """The weights (outputs x inputs) and biases of every layer; of an array they are views, which can be written to.

    >>> [(W.shape, b.shape) for W, b in split(np.zeros(33), (2, 8, 1))]
    [((8, 2), (8,)), ((1, 8), (1,))]
    """
    layers: list[tuple[Any, Any]] = []
    start = 0
    for inputs, outputs in pairwise(sizes):
        middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
        layers.append((np.reshape(theta[start:middle], (outputs, inputs)), theta[middle:end]))
        start = end
    return layers


def first_weights(rng: np.random.Generator, sizes: Sequence[int]) -> Any:
    """Random weights with a variance of 1 / inputs (LeCun et al., 1998) and biases of 0, as one vector.

    >>> first_weights(np.random.default_rng(0), (2, 16, 16, 1)).shape
    (337,)
    """
    theta = np.zeros(sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes)))
    for W, _ in split(theta, sizes):
        W[...] = rng.normal(size=W.shape) / np.sqrt(W.shape[1])
    return theta


@dataclass(frozen=True)
class Forward:
    """A forward pass: the pre-activations z of every layer (points x units), and the activations a.

    The first activations are the points. slope: gives the activation derivative of a hidden layer, from 0.
    """

    z: list[Any]
    a: list[Any]
    slope: Callable[[int], Any]


class Network(Protocol):
    """What is trained."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The units of every layer, inputs first; () where there are no layers to be seen."""
        ...

    @property
    def why(self) -> str:
        """What keeps it from having layers, or ""."""
        ...

    @property
    def missing(self) -> Any:
        """Which entries of theta stand for biases that there are not, as a mask; None for none."""
        ...

    def logits(self, theta: Any, x: Any) -> Any:
        """The answer at every point, before the last sigmoid: positive where it says 1."""
        ...

    def forward(self, theta: Any, x: Any) -> Forward:
        """Every layer's values at the points x, where there are layers."""
        ...


@dataclass(frozen=True)
class Perceptron:
    """A multilayer perceptron with one activation for all hidden units.

    >>> from .activations import ACTIVATIONS
    >>> Perceptron((2, 8, 1), ACTIVATIONS["tanh"]).logits(np.zeros(33), np.ones((5, 2)))
    array([0., 0., 0., 0., 0.])
    """

    sizes: tuple[int, ...]
    activation: Activation
    why: str = ""
    missing: None = None

    def logits(self, theta: Any, x: Any) -> Any:
        """The answer at every point, before the last sigmoid."""
        return self.forward(theta, x).z[-1][:, 0]

    def forward(self, theta: Any, x: Any) -> Forward:
        """Every layer's values at the points x."""
        z: list[Any] = []
        a = [x]
        for k, (W, b) in enumerate(split(theta, self.sizes)):
            z.append(a[-1] @ W.T + b)
            if k < len(self.sizes) - 2:
                a.append(self.activation.function(z[-1]))
        return Forward(z, a, lambda k: self.activation.derivative(z[k]))


def loss(theta: Any, x: Any, y: Any, network: Network) -> Any:
    """The mean cross-entropy, in nats, of labels y that are 0 or 1.

    >>> from .activations import ACTIVATIONS
    >>> float(loss(np.zeros(33), np.ones((5, 2)), np.ones(5), Perceptron((2, 8, 1), ACTIVATIONS["tanh"])))
    0.6931471805599453
    """
    s = network.logits(theta, x)
    return np.mean(np.logaddexp(0.0, s) - s * y)


@dataclass(frozen=True)
class Factors:
    """What a hidden layer's adjoint is made of: (above @ W) * activation, with 1 for what was left out."""

    above: Any
    W: Any
    activation: Any


@dataclass(frozen=True)
class Backward:
    """A backward pass: the gradient in theta, each layer's adjoint (points x units), each hidden layer's factors."""

    gradient: Any
    adjoints: list[Any]
    factors: list[Factors]


def backward(theta: Any, x: Any, y: Any, network: Network, unlit: Collection[str] = ()) -> Backward:
    """The backward pass by hand, for the mean loss over the points.

    unlit: those of LAMPS that the hidden layers leave out; each entry of such a factor counts as 1. With all of them
    lit, the gradient is that of `loss`. The adjoints are those of each point's own loss, before the mean.
    """
    layers = split(theta, network.sizes)
    passed = network.forward(theta, x)
    adjoint = sigmoid(passed.z[-1]) - np.reshape(y, (-1, 1))
    adjoints, factors = [adjoint], list[Factors]()
    for k in range(len(layers) - 2, -1, -1):
        parts = {ABOVE: adjoint, WEIGHT: layers[k + 1][0], ACTIVATION: passed.slope(k)}
        above, W, slope = (np.ones_like(part) if lamp in unlit else part for lamp, part in parts.items())
        adjoint = (above @ W) * slope
        adjoints.insert(0, adjoint)
        factors.insert(0, Factors(above, W, slope))
    gradient = np.empty_like(theta)
    for (dW, db), adjoint, inputs in zip(split(gradient, network.sizes), adjoints, passed.a, strict=True):
        dW[...] = adjoint.T @ inputs / len(x)
        db[...] = np.mean(adjoint, axis=0)
    if network.missing is not None:
        gradient[network.missing] = 0.0
    return Backward(gradient, adjoints, factors)
