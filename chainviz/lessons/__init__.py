"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .depth_widget import DepthLab


def depth_lab(
    preset: str = "1990s", *, depth: int = 20, width: int = 16, activation: str | None = None,
    initialisation: str | None = None, scale: float | None = None, residual: bool | None = None,
    normalisation: str | None = None, compare: bool = False, frozen: Iterable[int] = (), layer: int = 1, seed: int = 0,
    view: str = "gradient",
) -> DepthLab:  # fmt: skip
    """How much of the gradient reaches each layer of a deep network, which factors make it, and which layers learn.

    Args:
        preset: "1990s", "2010", "2012" or "2015": what networks were like; the next five change parts of it.
        depth, width: how many layers (1 to 100) of how many units (2 to 64).
        activation: "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softplus" or "linear".
        initialisation: "normal", "xavier", "he" or "orthogonal".
        scale: a factor on all initial weights, from 0.25 to 8.
        residual: whether a shortcut leads around each layer.
        normalisation: "none", "layer" or "batch", of what enters the activations.
        compare: whether network B, of 2015 at first, is shown beside this one, A.
        frozen: the layers that do not learn, from 1.
        layer: the layer that sentence and equation speak of.
        seed: of weights, inputs, and the gradient that leaves the loss.
        view: "gradient", or "learning" for how far each layer moves in training.

    Returns:
        A widget. All arguments but `preset` are attributes that can be set later; `train(steps)` trains at once.

    Raises:
        InputError: an argument that is none of these.

    >>> depth_lab(activation="linear", initialisation="orthogonal", depth=11, scale=1.25)
    DepthLab(depth=11, activation=linear, initialisation=orthogonal, reaches layer 1=9.313)
    """
    from .depth_widget import DepthLab

    return DepthLab(
        preset, depth=depth, width=width, activation=activation, initialisation=initialisation, scale=scale,
        residual=residual, normalisation=normalisation, compare=compare, frozen=frozen, layer=layer, seed=seed,
        view=view,
    )  # fmt: skip
