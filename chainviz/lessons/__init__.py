"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from ..autodiff import InputError

if TYPE_CHECKING:
    from ..widgets.lab import Lab
    from .depth_widget import DepthLab

__all__ = ["depth_lab", "gradient_flow"]

_PARTS = {
    "train": ("flow_lab", "GradientFlow"),
    "by hand": ("by_hand_lab", "ByHand"),
    "gradient check": ("gradient_check_lab", "GradientCheck"),
    "cost race": ("cost_race_lab", "CostRace"),
}


def gradient_flow(part: str = "train", **settings: Any) -> Lab:
    """How a gradient flows back through a network: four labs, chosen by `part`, each with settings of its own.

    Args:
        part: "train", a network that trains, with the three factors of every hidden adjoint as lamps that can be put
            out; "by hand", one neuron or two layers beside the table that one would write on paper; "gradient check",
            the error of finite differences over their step; or "cost race", what reverse mode saves.
        points, hidden, activation, optimiser, step_size, unlit, seed, layer, point: of "train": "moons", "xor",
            "circles", "spiral", "drawn by hand", or (coordinates, labels), (n, 2) and (n,); the units of the hidden
            layers, such as (16, 16); "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softplus", "linear", or an
            elementwise function in plain NumPy, whose derivative chainviz finds; "gradient descent", "momentum" or
            "Adam"; 0.001 to 100; factors to leave out, of "gradient from above", "transposed weight", "activation
            derivative"; of the points and the first weights; the layer whose lamps are shown, from 1; the index of the
            ringed point, None for the one that is nearest to the other class.
        network, gradient, answer, left_out, results: of "by hand": "one neuron", "two layers" or "two layers, linear
            output"; the input whose gradient is asked for, such as "W1"; a number, to be checked; a factor that is
            forgotten, such as "s'(z1)"; whether the results are shown.
        example, entry, difference, step, spoilt, function, at: of "gradient check": "sin(x²)", "network 4-8-4-1" or a
            network of "by hand"; the number to differentiate by, such as "W1[0, 3]"; "central" or "one-sided"; 1e-15 to
            1; whether the derivative is made wrong by a hundredth; a function of your own, with its inputs by name.
        depth, width: of "cost race": layers, 1 to 60, and units in each, 1 to 64.

    Returns:
        The lab, a widget, with its settings as attributes that can be set. That of "train" has `train(steps)`,
        `start()` and `stop()`.

    Raises:
        InputError: no such part or setting, or a value that cannot be; the message says which can.

    Without the activation derivative, xor is not learnt: the loss stays near ln 2, that of a coin.

    >>> lab = gradient_flow(points="xor", unlit="activation derivative")
    >>> lab.train(300)
    >>> lab
    GradientFlow(points=xor, network=2-8-1, activation=tanh, optimiser=gradient descent, step_size=1,
    without=activation derivative, steps=300, loss=0.6914, with all lamps on=0.03305,
    gradient norms=[0.000134, 0.000181])
    >>> gradient_flow("by hand")
    ByHand(network=one neuron, L=0.2672, w=0.1437, b=-0.1437, x=-0.2875)
    >>> gradient_flow("cost race", depth=3, width=4)
    CostRace(depth=3, width=4, passes=3 or 6 or 144, multiplications=96 or 132 or 4,608, memory=18 or 18 or 16)
    """
    if part not in _PARTS:
        raise InputError(f"gradient_flow has no part {part!r:.60}. It has {', '.join(map(repr, _PARTS))}.")
    module, name = _PARTS[part]
    lab = getattr(import_module(f".{module}", __name__), name)
    known = [p.name for p in signature(lab).parameters.values() if p.kind is p.KEYWORD_ONLY] or [
        *lab.class_own_traits()
    ]
    for setting in settings:
        if setting not in known:
            raise InputError(f"The part {part!r} has no setting {setting!r}. It has {', '.join(known)}.")
    return lab(**settings)


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
