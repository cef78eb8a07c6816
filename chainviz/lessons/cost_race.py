"""What the gradient of a network by all its weights costs: in reverse mode, layer by layer anew, and in forward mode.

The network is a = tanh(W a), `depth` layers of `width` units without biases, and the sum of the last layer's units. The
formulas are those of `Graph.cost`, which counts on the recorded graph; the tests hold one against the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Way:
    """A way to the gradient. Its functions take depths (whole numbers or an array of them) and a width.

    passes: vector-Jacobian products through a layer (Jacobian-vector products in forward mode). multiplications: once
    the local derivatives are known. memory: the most numbers alive at one time, besides weights and gradients.
    """

    name: str
    passes: Callable[[Any, int], Any]
    multiplications: Callable[[Any, int], Any]
    memory: Callable[[Any, int], Any]


def _tape(L: Any, n: int) -> Any:
    return (L + 1) * n + 2  # every layer's units with the input; the loss and its adjoint


def _once(L: Any, n: int) -> Any:
    return L * (2 * n**2 + n) - n**2 + n


WAYS: tuple[Way, ...] = (
    Way("reverse mode", lambda L, n: 1 * L, _once, _tape),
    Way("each layer anew", lambda L, n: L * (L + 1) // 2, lambda L, n: L * n + (n**2 + n) * (L * (L + 1) // 2), _tape),
    Way("forward mode", lambda L, n: L * n**2 * L, lambda L, n: L * n**2 * _once(L, n), lambda L, n: 4 * n + 0 * L),
)
"""Reverse mode goes back once and keeps what it has. "Each layer anew" writes the chain rule out for every layer and
computes each from the loss on, as one would on paper. Forward mode needs a pass for every single weight."""


def network(depth: int, width: int, seed: int = 0) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The network as a function of x and of `weights`, one array of depth x width x width, with inputs for it.

    >>> f, inputs = network(2, 3)
    >>> f(**inputs).shape
    ()
    """
    rng = np.random.default_rng(seed)

    def f(x: Any, weights: Any) -> Any:
        a = x
        for W in weights:
            a = np.tanh(W @ a)
        return np.sum(a)

    weights = [rng.normal(size=(width, width)) / np.sqrt(width) for _ in range(depth)]
    return f, {"x": rng.normal(size=width), "weights": weights}
