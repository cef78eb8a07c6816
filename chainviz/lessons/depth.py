"""Deep networks, the gradient on its way back through them, and the factors that make it: plain functions of arrays.

A layer makes z = h W^T, normalised if asked, a = φ(z), and h = a, or h + a with a shortcut around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..autodiff import layer_norm
from .activations import ACTIVATIONS, INITIALISATIONS, Array

BATCH = 32
BINS = 12
NORMALISATIONS = {"none": None, "layer": 1, "batch": 0}
"""Along which axis of a batch (examples x units) each normalises."""
_EPS = 1e-5
_SATURATED = 0.05


@dataclass(frozen=True)
class Network:
    """What all layers of a network are like; the names are those of ACTIVATIONS, INITIALISATIONS, NORMALISATIONS."""

    activation: str = "sigmoid"
    initialisation: str = "xavier"
    scale: float = 1.0
    residual: bool = False
    normalisation: str = "none"

    @property
    def plain(self) -> bool:
        """Whether the gradient is a product of nothing but activation derivatives and weights."""
        return not self.residual and self.normalisation == "none"


PRESETS = {
    "1990s": Network(),
    "2010": Network("tanh"),
    "2012": Network("relu", "he"),
    "2015": Network("relu", "he", residual=True, normalisation="batch"),
}


@dataclass(frozen=True)
class BackwardPass:
    """What one pass back through a network measured; entry k of each array is of layer k + 1.

    reaches: the norm of the loss' gradient by z, where the gradient that leaves the loss has norm 1.
    derivative, normalisation, weights: by which factor each of the three changes the norm on its way back, NaN where
    nothing arrives. whole: the factor of the layer together with its shortcut.
    histogram: shares of the activations in BINS bins of the activation's span. saturated: the share of units whose
    derivative is under a twentieth of the largest there is.
    """

    network: Network
    reaches: Array
    derivative: Array
    normalisation: Array
    weights: Array
    whole: Array
    histogram: Array
    saturated: Array

    @property
    def depth(self) -> int:
        """How many layers there are."""
        return len(self.reaches)

    def product(self, factor: str, layer: int) -> float:
        """The product of a factor over the layers above `layer` (from 1), where something arrives.

        >>> network = Network("linear", "orthogonal", scale=1.25)
        >>> round(measure(network, depth=11, width=4, seed=0).product("weights", 1), 6)  # 1.25 ** 10
        9.313226
        """
        return float(np.nanprod(getattr(self, factor)[layer:]))


@lru_cache(maxsize=8)
def measure(network: Network, depth: int, width: int, seed: int) -> BackwardPass:
    """The backward pass of a network with its initial weights; kept, as of two that are compared only one changes.

    >>> measure(Network(), depth=10, width=16, seed=0) is measure(Network(), depth=10, width=16, seed=0)
    True
    """
    return backward_pass(network, draw_weights(network, depth, width, seed), *draw_data(width, seed))


def draw_weights(network: Network, depth: int, width: int, seed: int) -> list[Array]:
    """Initial weights, `depth` matrices (width, width). A layer's draws depend on its number and the seed alone.

    >>> [W.shape for W in draw_weights(Network(), 2, 3, seed=0)]
    [(3, 3), (3, 3)]
    """
    return [network.scale * _weights(network.initialisation, layer, width, seed) for layer in range(1, depth + 1)]


@lru_cache(maxsize=256)
def _weights(initialisation: str, layer: int, width: int, seed: int) -> Array:
    return INITIALISATIONS[initialisation](np.random.default_rng([seed, 1 + layer]), width, width)


def draw_data(width: int, seed: int) -> tuple[Array, Array]:
    """A batch of standard normal inputs and a random gradient of norm 1 to leave the loss, both BATCH x width.

    >>> [array.shape for array in draw_data(16, seed=0)]
    [(32, 16), (32, 16)]
    """
    x = np.random.default_rng([seed, 0]).standard_normal((BATCH, width))
    g = np.random.default_rng([seed, 1]).standard_normal((BATCH, width))
    return x, g / np.linalg.norm(g)


def run(network: Network, weights: Any, x: Any) -> Any:
    """The network's output for a batch x, in plain NumPy, so that chainviz can differentiate it.

    >>> run(Network("linear"), [np.eye(2)], np.ones((1, 2)))
    array([[1., 1.]])
    """
    function, axis = ACTIVATIONS[network.activation].function, NORMALISATIONS[network.normalisation]
    h = x
    for W in weights:
        z = h @ W.T
        a = function(z if axis is None else layer_norm(z, axis=axis, eps=_EPS))
        h = h + a if network.residual else a
    return h


def backward_pass(network: Network, weights: list[Array], x: Array, g: Array) -> BackwardPass:
    """Send the gradient g, of norm 1, back through the network on inputs x; both are arrays (examples, width).

    The direction is kept at norm 1 and the size apart from it, so that no depth makes it underflow on the way.

    >>> measured = backward_pass(Network(), draw_weights(Network(), 10, 16, seed=0), *draw_data(16, seed=0))
    >>> bool(measured.reaches[0] < 0.25**10 * measured.product("weights", 1))
    True
    """
    activation, axis = ACTIVATIONS[network.activation], NORMALISATIONS[network.normalisation]
    inputs, values, deviations = _forward(network, weights, x)
    slopes = activation.derivative(inputs)
    factors = np.full((4, len(weights)), np.nan)  # derivative, normalisation, weights, whole
    reaches, size = np.zeros(len(weights)), 1.0
    for k in reversed(range(len(weights))):
        v = g * slopes[k]
        factors[0, k] = np.linalg.norm(v)
        n = v if axis is None else _through_norm(v, inputs[k], deviations[k], axis)
        arrived = float(np.linalg.norm(n))
        reaches[k] = size * arrived
        back = n @ weights[k]
        if arrived > 0:
            factors[1:3, k] = arrived / factors[0, k], np.linalg.norm(back) / arrived
        g = g + back if network.residual else back
        factors[3, k] = grown = float(np.linalg.norm(g))
        if grown == 0:
            break
        g, size = g / grown, size * grown
    saturated = np.mean(np.abs(slopes) < _SATURATED * activation.bound, axis=(1, 2))
    derivative, normalisation, across, whole = factors
    histogram = _histogram(values, activation.span)
    return BackwardPass(network, reaches, derivative, normalisation, across, whole, histogram, saturated)


def _forward(network: Network, weights: list[Array], x: Array) -> tuple[Array, Array, list[Any]]:
    """What goes into the activations and comes out, both of one entry a layer, and what normalisation divided by."""
    function, axis = ACTIVATIONS[network.activation].function, NORMALISATIONS[network.normalisation]
    inputs, values = np.empty((len(weights), *x.shape)), np.empty((len(weights), *x.shape))
    deviations: list[Any] = []
    h = x
    for k, W in enumerate(weights):
        z = h @ W.T
        if axis is not None:
            z = z - np.mean(z, axis=axis, keepdims=True)
            deviations.append(np.sqrt(np.mean(z * z, axis=axis, keepdims=True) + _EPS))
            z = z / deviations[k]
        inputs[k], values[k] = z, function(z)
        h = h + values[k] if network.residual else values[k]
    return inputs, values, deviations


def _through_norm(v: Array, normalised: Array, deviation: Array, axis: int) -> Array:
    """Back through a normalisation: without the mean and without the part along what came out, which it holds fixed."""
    along = np.mean(v * normalised, axis=axis, keepdims=True)
    return (v - np.mean(v, axis=axis, keepdims=True) - normalised * along) / deviation


def _histogram(values: Array, span: tuple[float, float]) -> Array:
    """Shares of the values of each layer in BINS bins from span[0] to span[1]; what lies outside counts at the ends."""
    depth, size = len(values), values[0].size
    low, high = span
    bins = np.clip(np.floor((values - low) / (high - low) * BINS), 0, BINS - 1).astype(int).reshape(depth, size)
    flat = bins + BINS * np.arange(depth)[:, None]
    return np.bincount(flat.ravel(), minlength=depth * BINS).reshape(depth, BINS) / size
