"""A small variational autoencoder in plain NumPy, and images with two hidden factors for it to find.

An image of a soft dot is encoded to a normal distribution in the plane, a sample z of it is decoded again. The ELBO is
the expected log-likelihood of the pixels minus the divergence KL(q(z|x) || N(0, 1)); both terms in nats an image
(Kingma and Welling, 2014). chainviz differentiates it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff import stop_gradient
from ..graph import compile

Array = Any
SIDE, IMAGES, BATCH, HIDDEN = 8, 512, 64, 32
STEP_SIZE = 0.01
_ENCODER = ("W1", "b1", "W_mu", "b_mu", "W_sigma", "b_sigma")
_DECODER = ("V1", "c1", "V2", "c2")
_GRAY = 1.1  # the dot's radius in pixels


def dots(places: Array) -> Array:
    """Images (n, 64) of a soft dot at places (n, 2): pixels across from the left and up from the bottom.

    >>> float(dots(np.array([[3.0, 5.0]])).reshape(8, 8)[5, 3])
    1.0
    """
    grid = np.arange(SIDE)
    across, up = places[:, 0, None, None], places[:, 1, None, None]
    distances = (grid[None, None, :] - across) ** 2 + (grid[None, :, None] - up) ** 2
    return np.exp(-distances / (2 * _GRAY**2)).reshape(len(places), -1)


def encode(p: dict[str, Any], x: Any) -> tuple[Any, Any]:
    """Mean and logarithm of the standard deviation of z, each (n, 2), for images x (n, 64)."""
    h = np.tanh(x @ p["W1"] + p["b1"])
    return h @ p["W_mu"] + p["b_mu"], h @ p["W_sigma"] + p["b_sigma"]


def decode(p: dict[str, Any], z: Any) -> Any:
    """The log-odds of the pixels (n, 64) for codes z (n, 2)."""
    return np.tanh(z @ p["V1"] + p["c1"]) @ p["V2"] + p["c2"]


def terms(p: dict[str, Any], x: Any, eps: Any, *, inside: bool = False) -> tuple[Any, Any]:
    """Reconstruction loss and divergence, both in nats an image; the ELBO is minus their sum.

    x: images (n, 64). eps: standard normal noise (n, 2). inside: z counts as drawn by the graph itself, so that nothing
    comes back through it.
    """
    mu, log_sigma = encode(p, x)
    z = mu + np.exp(log_sigma) * eps
    if inside:
        z = stop_gradient(z)
    logits = decode(p, z)
    reconstruction = np.sum(np.logaddexp(0, logits) - x * logits) / len(eps)
    divergence = np.sum((mu**2 + np.exp(2 * log_sigma) - 1) / 2 - log_sigma) / len(eps)
    return reconstruction, divergence


def first_parameters(rng: np.random.Generator) -> dict[str, Array]:
    """Random weights, and biases of 0; sigma starts near 0.4, pixels near 0.1."""
    sizes = {"W1": (SIDE**2, HIDDEN), "W_mu": (HIDDEN, 2), "W_sigma": (HIDDEN, 2), "V1": (2, HIDDEN)}
    p = {name: rng.normal(size=size) / np.sqrt(size[0]) for name, size in sizes.items()}
    p["V2"], p["W_sigma"] = rng.normal(size=(HIDDEN, SIDE**2)) / np.sqrt(HIDDEN), p["W_sigma"] / 10
    p |= {"b1": np.zeros(HIDDEN), "b_mu": np.zeros(2), "b_sigma": np.full(2, -1.0)}
    p |= {"c1": np.zeros(HIDDEN), "c2": np.full(SIDE**2, -2.0)}
    return {name: p[name] for name in (*_ENCODER, *_DECODER)}


@dataclass(frozen=True)
class Report:
    """What the network can do now, on all images. The loss terms are in nats an image.

    reaches_encoder: the norm of the reconstruction loss's gradient with respect to the encoder's weights.
    readable: the share of the dots' places (R²) that a linear fit reads from the sampled codes.
    """

    steps: int
    reconstruction: float
    divergence: float
    reaches_encoder: float
    readable: float

    @property
    def elbo(self) -> float:
        """The evidence lower bound."""
        return -(self.reconstruction + self.divergence)


class Training:
    """A network in training by Adam on batches of 64 of 512 images.

    inside: whether z is drawn inside the graph, where the path is cut. beta: the weight of the divergence in the loss
    that is trained; the ELBO has 1. Both can be changed while it trains.
    """

    def __init__(self, seed: int = 0, *, inside: bool = False, beta: float = 1.0) -> None:
        self._rng = np.random.default_rng(seed)
        self.places = self._rng.uniform(1, SIDE - 2, size=(IMAGES, 2))
        self.images = dots(self.places)
        self.eps = self._rng.standard_normal((IMAGES, 2))
        self.parameters = first_parameters(self._rng)
        self._moments = {name: (0.0 * value, 0.0 * value) for name, value in self.parameters.items()}
        self._compiled: dict[bool, Callable[..., Any]] = {}
        self.inside, self.beta, self.steps = inside, beta, 0
        self.history = [self.report()]

    def step(self) -> None:
        """One step of Adam (Kingma and Ba, 2015) on a batch."""
        batch = self._rng.integers(0, IMAGES, BATCH)
        eps = self._rng.standard_normal((BATCH, 2))
        gradients = self._gradients(self.images[batch], eps, self.beta)
        self.steps += 1
        for name, gradient in gradients.items():
            first, second = self._moments[name]
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            self._moments[name] = first, second
            unbiased = np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8
            self.parameters[name] = self.parameters[name] - STEP_SIZE * first / (1 - 0.9**self.steps) / unbiased

    def train(self, steps: int) -> Report:
        """That many steps, and a report at their end, which is also kept in `history`."""
        for _ in range(steps):
            self.step()
        self.history.append(self.report())
        return self.history[-1]

    def report(self) -> Report:
        """What the network can do now."""
        reconstruction, divergence = terms(self.parameters, self.images, self.eps)
        some = slice(BATCH)
        gradients = self._gradients(self.images[some], self.eps[some], 0.0)
        norm = np.sqrt(sum(np.sum(gradients[name] ** 2) for name in _ENCODER))
        return Report(self.steps, float(reconstruction), float(divergence), float(norm), self._readable())

    def codes(self) -> tuple[Array, Array]:
        """Means and standard deviations of z for all images, each (512, 2)."""
        mu, log_sigma = encode(self.parameters, self.images)
        return mu, np.exp(log_sigma)

    def decoded(self, z: Array) -> Array:
        """The pixels' probabilities (n, 64) for codes (n, 2)."""
        return 1 / (1 + np.exp(-decode(self.parameters, z)))

    @property
    def least(self) -> float:
        """The reconstruction loss of a perfect decoder: the entropy of gray pixels, in nats an image."""
        x = np.clip(self.images, 1e-12, 1 - 1e-12)
        return float(-np.sum(x * np.log(x) + (1 - x) * np.log(1 - x)) / IMAGES)

    def _readable(self) -> float:
        mu, sigma = self.codes()
        z = np.column_stack([mu + sigma * self.eps, np.ones(IMAGES)])
        rest = self.places - z @ np.linalg.lstsq(z, self.places, rcond=None)[0]
        return float(1 - np.sum(rest**2) / np.sum((self.places - self.places.mean(axis=0)) ** 2))

    def _gradients(self, x: Array, eps: Array, beta: float) -> dict[str, Array]:
        """The gradients of the loss with that weight of the divergence, with respect to all parameters."""
        p = self.parameters
        if self.inside not in self._compiled:
            self._compiled[self.inside] = compile(_loss(self.inside), x, eps, beta, **p)
        _, gradients = self._compiled[self.inside](x, eps, beta, **p)
        return dict(zip(p, gradients[3:], strict=True))


def _loss(inside: bool) -> Callable[..., Any]:
    def loss(x: Any, eps: Any, beta: Any, **p: Any) -> Any:
        reconstruction, divergence = terms(p, x, eps, inside=inside)
        return reconstruction + beta * divergence

    return loss
