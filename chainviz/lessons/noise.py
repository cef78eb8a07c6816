"""The gradient of E[f(z)] for a normal z by two estimators, and what their means and variances are exactly.

Pathwise:        z = mu + sigma eps, so df/dtheta = f'(z) dz/dtheta          (Kingma and Welling, 2014)
Score function:  (f(z) - baseline) d/dtheta ln p(z; mu, sigma)               (Williams, 1992)

Both are found by chainviz from the plain function: nobody writes a derivative here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..autodiff import elementwise_grad

Array = Any
PARAMETERS = {"mu": "μ", "sigma": "σ"}
BASELINES = {"none": "none", "mean": "mean of f", "best": "best constant"}
_REACH = 12.0  # standard deviations: beyond them lies less than 10⁻³² of the normal distribution


@dataclass(frozen=True)
class Function:
    """What is averaged: its formula, the function, its slope as a formula, and d E[f(z)]/d theta in closed form.

    The slope may jump at 0, and nowhere else.
    """

    formula: str
    call: Callable[[Any], Any]
    slope: str
    truths: dict[str, tuple[str, Callable[[float, float], float]]]


def _density(x: Any) -> Any:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


FUNCTIONS = {
    "square": Function("z²", lambda z: z * z, "2z", {
        "mu": ("2μ", lambda mu, sigma: 2 * mu),
        "sigma": ("2σ", lambda mu, sigma: 2 * sigma),
    }),
    "sin": Function("sin z", np.sin, "cos z", {
        "mu": ("cos μ · exp(−σ²/2)", lambda mu, sigma: np.cos(mu) * np.exp(-(sigma**2) / 2)),
        "sigma": ("−σ sin μ · exp(−σ²/2)", lambda mu, sigma: -sigma * np.sin(mu) * np.exp(-(sigma**2) / 2)),
    }),
    "step": Function("1 if z > 0, else 0", lambda z: np.where(z > 0, 1.0, 0.0), "0", {
        "mu": ("φ(μ/σ)/σ", lambda mu, sigma: _density(mu / sigma) / sigma),
        "sigma": ("−μ/σ² · φ(μ/σ)", lambda mu, sigma: -mu / sigma**2 * _density(mu / sigma)),
    }),
}  # fmt: skip


def pathwise(f: Callable[[Any], Any], mu: float, sigma: float, eps: Array, wrt: str) -> Array:
    """One estimate for each entry of the noise eps (n,): the derivative of f(mu + sigma eps), eps held fixed.

    >>> pathwise(lambda z: z * z, 0.5, 2.0, np.array([-0.3]), "sigma").round(9)
    array([0.06])
    """
    at = {"mu": np.full(np.shape(eps), mu), "sigma": np.full(np.shape(eps), sigma)}

    def through_z(theta: Any) -> Any:
        now = {**at, wrt: theta}
        return f(now["mu"] + now["sigma"] * eps)

    return elementwise_grad(through_z)(at[wrt])


def score(mu: float, sigma: float, eps: Array, wrt: str) -> Array:
    """d/dtheta of the logarithm of the density at z = mu + sigma eps, z held fixed; shaped as eps.

    >>> score(0.5, 2.0, np.array([-0.3, 1.0]), "mu")
    array([-0.15,  0.5 ])
    """
    z = mu + sigma * eps
    at = {"mu": np.full(np.shape(eps), mu), "sigma": np.full(np.shape(eps), sigma)}

    def log_density(theta: Any) -> Any:
        now = {**at, wrt: theta}
        return -np.log(now["sigma"]) - ((z - now["mu"]) / now["sigma"]) ** 2 / 2

    return elementwise_grad(log_density)(at[wrt])


def score_function(
    f: Callable[[Any], Any], mu: float, sigma: float, eps: Array, wrt: str, baseline: float = 0.0
) -> Array:
    """One estimate for each entry of the noise eps (n,): (f(z) - baseline) times the score. It asks no slope of f.

    >>> score_function(lambda z: z * z, 0.5, 2.0, np.array([1.0]), "mu")
    array([3.125])
    """
    return (f(mu + sigma * eps) - baseline) * score(mu, sigma, eps, wrt)


def expectation(g: Callable[[Array], Array], mu: float, sigma: float) -> float:
    """E[g(eps)] for standard normal eps, by Gauss-Legendre on both sides of z = 0, where g may jump.

    >>> round(expectation(lambda eps: eps**4, 0.5, 2.0), 9)
    3.0
    """
    eps, weights = _nodes(float(np.clip(-mu / sigma, -_REACH, _REACH)))
    return float(weights @ g(eps))


@lru_cache(maxsize=64)
def _nodes(split: float) -> tuple[Array, Array]:
    x, w = _legendre()
    sides = [((high - low) / 2, (high + low) / 2) for low, high in ((-_REACH, split), (split, _REACH))]
    eps = np.concatenate([half * x + middle for half, middle in sides])
    return eps, np.concatenate([half * w for half, _ in sides]) * _density(eps)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(160)


def baseline(kind: str, f: Callable[[Any], Any], mu: float, sigma: float, wrt: str) -> float:
    """The constant that the score function takes off f: 0, E[f], or the one of least variance, E[f s²]/E[s²].

    >>> [round(baseline(kind, FUNCTIONS["square"].call, 0.5, 2.0, "mu"), 9) for kind in BASELINES]
    [0.0, 4.25, 12.25]
    """
    if kind == "none":
        return 0.0
    if kind == "mean":
        return expectation(lambda eps: f(mu + sigma * eps), mu, sigma)

    def squared(eps: Array) -> Array:
        return score(mu, sigma, eps, wrt) ** 2

    weighted = expectation(lambda eps: f(mu + sigma * eps) * squared(eps), mu, sigma)
    return weighted / expectation(squared, mu, sigma)


@dataclass(frozen=True)
class Estimates:
    """An estimator's values on samples (n,), and its exact mean and variance by an integral."""

    values: Array
    exact_mean: float
    exact_variance: float

    @property
    def mean(self) -> float:
        """The mean of the samples."""
        return float(np.mean(self.values))

    @property
    def variance(self) -> float:
        """The variance of the samples, NaN for a single one."""
        return float(np.var(self.values, ddof=1)) if len(self.values) > 1 else float("nan")

    def draws_needed(self, error: float = 0.1) -> int:
        """How many draws make the standard error of the mean `error`; 0 where there is no noise."""
        return int(np.ceil(round(self.exact_variance / error**2, 6))) if self.exact_variance > 1e-12 else 0

    def running_mean(self, points: int = 160) -> tuple[Array, Array]:
        """How many samples, on a logarithmic scale, and the mean over as many."""
        counts = np.unique(np.geomspace(1, len(self.values), points).round().astype(int))
        return counts, np.cumsum(self.values)[counts - 1] / counts


@dataclass(frozen=True)
class Comparison:
    """Both estimators on the same noise, and the gradient that they estimate."""

    truth: float
    baseline: float
    pathwise: Estimates
    score: Estimates

    @property
    def blind(self) -> bool:
        """Whether nothing flows through f, although the gradient is not 0: the pathwise estimate is wrong."""
        return abs(self.pathwise.exact_mean - self.truth) > 1e-9 * max(1.0, abs(self.truth))

    @property
    def ratio(self) -> float:
        """How many times the variance of the score function is that of the pathwise estimator; infinity, or NaN."""
        ours, theirs = self.pathwise.exact_variance, self.score.exact_variance
        return theirs / ours if ours > 0 else (float("inf") if theirs > 0 else float("nan"))


def compare(function: Function, mu: float, sigma: float, wrt: str, eps: Array, kind: str = "none") -> Comparison:
    """Both estimators of d E[f(z)]/d wrt on the noise eps (n,), the score function with a baseline of that kind.

    >>> found = compare(FUNCTIONS["square"], 0.5, 2.0, "mu", np.array([-0.3, 1.0]))
    >>> found.truth, round(found.pathwise.exact_variance, 9), round(found.score.exact_variance, 9)
    (1.0, 16.0, 63.515625)
    """
    f = function.call
    b = baseline(kind, f, mu, sigma, wrt)

    def estimates(estimate: Callable[[Array], Array]) -> Estimates:
        mean = expectation(estimate, mu, sigma)
        variance = expectation(lambda e: (estimate(e) - mean) ** 2, mu, sigma)
        return Estimates(estimate(eps), mean, variance)

    return Comparison(
        float(function.truths[wrt][1](mu, sigma)), b,
        estimates(lambda e: pathwise(f, mu, sigma, e, wrt)),
        estimates(lambda e: score_function(f, mu, sigma, e, wrt, b)),
    )  # fmt: skip
