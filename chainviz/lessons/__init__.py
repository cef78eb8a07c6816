"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..autodiff import InputError

if TYPE_CHECKING:
    from .flow_lab import GradientFlow

__all__ = ["gradient_flow"]


def gradient_flow(
    part: str = "train", *, points: Any = "moons", hidden: Any = (8,), activation: Any = "tanh",
    optimiser: str = "gradient descent", step_size: float = 1.0, unlit: str | Sequence[str] = (), seed: int = 1,
    layer: int = 1, point: int | None = None,
) -> GradientFlow:  # fmt: skip
    """A network that trains, with the three factors of every hidden adjoint as lamps that can be put out.

    Args:
        part: "train".
        points: "moons", "xor", "circles", "spiral", "drawn by hand", or (coordinates, labels): (n, 2) and (n,).
        hidden: the units of the hidden layers, such as (16, 16).
        activation: "sigmoid", "tanh", "ReLU", "leaky ReLU", "GELU", "softplus", "linear", or an elementwise function in
            plain NumPy, whose derivative chainviz finds.
        optimiser: "gradient descent", "momentum" or "Adam".
        step_size: 0.001 to 100.
        unlit: factors to leave out, of "gradient from above", "transposed weight", "activation derivative".
        seed: of the points and of the first weights.
        layer: the hidden layer whose lamps are shown, from 1.
        point: the index of the ringed point; None for the one that is nearest to the other class.

    Returns:
        The lab, with all of these as attributes that can be set, `train(steps)`, `start()` and `stop()`.

    Raises:
        InputError: a value that cannot be; the message says which can.

    Without the activation derivative, xor is not learnt: the loss stays near ln 2, that of a coin.

    >>> lab = gradient_flow(points="xor", unlit="activation derivative")
    >>> lab.train(300)
    >>> lab
    GradientFlow(points=xor, network=2-8-1, activation=tanh, optimiser=gradient descent, step_size=1,
    without=activation derivative, steps=300, loss=0.6914, with all lamps on=0.03305,
    gradient norms=[0.000134, 0.000181])
    """
    if part != "train":
        raise InputError(f"gradient_flow has no part {part!r:.60}. It has 'train'.")
    from .flow_lab import GradientFlow

    return GradientFlow(
        points=points, hidden=hidden, activation=activation, optimiser=optimiser, step_size=step_size, unlit=unlit,
        seed=seed, layer=layer, point=point,
    )  # fmt: skip
