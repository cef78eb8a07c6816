"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

from ..autodiff import InputError

if TYPE_CHECKING:
    from ..widgets.lab import Lab
    from .depth_widget import DepthLab
    from .noise_lab import Reparameterization
    from .relaxation_lab import GumbelLab
    from .vae_lab import Vae

L = TypeVar("L", bound="Lab")

__all__ = ["depth_lab", "gradient_flow", "gumbel_lab", "reparameterization", "vae"]

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
        points, hidden, activation, model, optimiser, step_size, unlit, seed, layer, point: of "train": "moons", "xor",
            "circles", "spiral", "drawn by hand", or (coordinates, labels), (n, 2) and (n,); the units of the hidden
            layers, such as (16, 16); "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softplus", "linear", or an
            elementwise function in plain NumPy, whose derivative chainviz finds; in place of these two a network of
            your own, (forward, parameters), where forward(parameters, points) is plain NumPy and gives a logit for each
            of the points (n, 2), and parameters are arrays in a list or dict; "gradient descent", "momentum" or "Adam";
            0.001 to 100; factors to leave out, of "gradient from above", "transposed weight", "activation
            derivative"; of the points and the first weights; the layer whose lamps are shown, from 1; the index of the
            ringed point, None for the one that is nearest to the other class.
        network, gradient, answer, left_out, results: of "by hand": "one neuron", "two layers" or "two layers, linear
            output"; the input whose gradient is asked for, such as "W1"; a number, to be checked; a factor that is
            forgotten, such as "s'(z1)"; whether the results are shown.
        example, entry, difference, step, spoilt, function, at: of "gradient check": "sin(x²)", "network 4-8-4-1" or a
            network of "by hand"; the number to differentiate by, such as "W1[0, 3]"; "central" or "one-sided"; 1e-15 to
            1; whether the derivative is made wrong by a hundredth; a function of your own, with its inputs by name.
        depth, width: of "cost race": layers, 1 to 60, and units in each, 1 to 64.
        controls, locked, size: for a lecture, of every part: "full", or "none" without the settings at its left; the
            names of settings that are shown and do not change in the page, though Python can set them; "normal", or
            "projector" for large type.

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

    A network of your own is told apart into layers where it has any:

    >>> import numpy as np
    >>> forward = lambda p, x: np.tanh(x @ p["W1"] + p["b1"]) @ p["w2"]
    >>> rng = np.random.default_rng(0)
    >>> start = {"W1": rng.normal(size=(2, 6)), "b1": np.zeros(6), "w2": rng.normal(size=6)}
    >>> lab = gradient_flow(model=(forward, start), points="xor")
    >>> lab.train(300)
    >>> lab
    GradientFlow(points=xor, network=2-6-1, optimiser=gradient descent, step_size=1, steps=300, loss=0.03049,
    gradient norms=[0.004693, 0.007776])
    >>> gradient_flow("by hand")
    ByHand(network=one neuron, L=0.2672, w=0.1437, b=-0.1437, x=-0.2875)
    >>> gradient_flow("cost race", depth=3, width=4)
    CostRace(depth=3, width=4, passes=3 or 6 or 144, multiplications=96 or 132 or 4,608, memory=18 or 18 or 16)
    """
    if part not in tuple(_PARTS):  # as a list has no hash
        raise InputError(f"gradient_flow has no part {part!r:.60}. It has {', '.join(map(repr, _PARTS))}.")
    module, name = _PARTS[part]
    lab = getattr(import_module(f".{module}", __name__), name)
    known = [p.name for p in signature(lab).parameters.values() if p.kind is p.KEYWORD_ONLY] or [
        *lab.class_own_traits()
    ]
    looks = {name: settings.pop(name) for name in ("controls", "locked", "size") if name in settings}
    for setting in settings:
        if setting not in known:
            raise InputError(f"The part {part!r} has no setting {setting!r}. It has {', '.join(known)}.")
    return _in_a_lecture(lab(**settings), **looks)


def depth_lab(
    preset: str = "1990s", *, depth: int = 20, width: int = 16, activation: str | None = None,
    initialisation: str | None = None, scale: float | None = None, residual: bool | None = None,
    normalisation: str | None = None, compare: bool = False, frozen: Iterable[int] = (), layer: int = 1, seed: int = 0,
    view: str = "gradient", controls: str = "full", locked: Iterable[str] = (), size: str = "normal",
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
        controls, locked, size: as of `gradient_flow`.

    Returns:
        A widget. All arguments but `preset` are attributes that can be set later; `train(steps)` trains at once.

    Raises:
        InputError: an argument that is none of these.

    >>> depth_lab(activation="linear", initialisation="orthogonal", depth=11, scale=1.25)
    DepthLab(depth=11, activation=linear, initialisation=orthogonal, reaches layer 1=9.313)
    """
    from .depth_widget import DepthLab

    lab = DepthLab(
        preset, depth=depth, width=width, activation=activation, initialisation=initialisation, scale=scale,
        residual=residual, normalisation=normalisation, compare=compare, frozen=frozen, layer=layer, seed=seed,
        view=view,
    )  # fmt: skip
    return _in_a_lecture(lab, controls, locked, size)


def reparameterization(
    *, inside: bool = False, mu: float = 0.5, sigma: float = 2.0, eps: float = -0.3, held: bool = True,
    function: str = "square", wrt: str = "mu", samples: int = 2000, baseline: str = "none", seed: int = 0,
    controls: str = "full", locked: Iterable[str] = (), size: str = "normal",
) -> Reparameterization:  # fmt: skip
    """A gradient through a random draw: the graph of z ~ N(mu, sigma²) and f(z), and two estimators of d E[f(z)].

    Args:
        inside: draw z inside the graph, where the path back to mu and sigma is cut; else z = mu + sigma eps.
        mu, sigma: -2 to 2, and 0.2 to 3.
        eps: the noise of the one sample in the graph, -2.6 to 2.6.
        held: whether eps stays while mu and sigma move.
        function: "square" (z²), "sin" or "step" (1 if z > 0, else 0).
        wrt: the parameter whose gradient is estimated, "mu" or "sigma".
        samples: 1 to 50,000.
        baseline: what the score function takes off f: "none", "mean" (of f) or "best" (the best constant).
        seed: of the noise, a whole number.
        controls, locked, size: as of `gradient_flow`.

    Returns:
        The lab, with all of these as attributes that can be set; `found` has the estimates.

    Raises:
        InputError: a value that cannot be; the message says which can.

    >>> lab = reparameterization()
    >>> lab
    Reparameterization(f=z², mu=0.5, sigma=2, eps=-0.3, z=-0.1, df/dmu=-0.2, df/dsigma=0.06, true=1 (wrt mu),
    variance pathwise=16, variance score function=63.52)
    >>> lab.headline.sentence
    'Same gradient, 3.97 times less variance when it flows through z.'
    """
    from .noise_lab import Reparameterization

    lab = Reparameterization(
        inside=inside, mu=mu, sigma=sigma, eps=eps, held=held, function=function, wrt=wrt, samples=samples,
        baseline=baseline, seed=seed,
    )  # fmt: skip
    return _in_a_lecture(lab, controls, locked, size)


def vae(
    *, inside: bool = False, beta: float = 1.0, z1: float = 0.0, z2: float = 0.0, seed: int = 0, controls: str = "full",
    locked: Iterable[str] = (), size: str = "normal",
) -> Vae:  # fmt: skip
    """A variational autoencoder that trains on images of a soft dot, whose place it finds by itself.

    Args:
        inside: draw z inside the graph, where the path is cut and the encoder stops learning; else z = mu + sigma eps.
        beta: the weight of the KL term in the training, 0 to 8.
        z1, z2: the code that is decoded, -3.2 to 3.2; the pointer and the arrows move it.
        seed: of the images, the first weights and the noise.
        controls, locked, size: as of `gradient_flow`.

    Returns:
        The lab, with all of these as attributes that can be set, `train(steps)`, `start()` and `stop()`.

    Raises:
        InputError: a value that cannot be; the message says which can.

    >>> lab = vae(inside=True)
    >>> lab.train(200)
    >>> lab.now.reaches_encoder, lab.now.readable < 0.1
    (0.0, True)
    >>> lab.inside = False
    >>> lab.train(400)
    >>> lab.now.readable > 0.85
    True
    """
    from .vae_lab import Vae

    return _in_a_lecture(Vae(inside=inside, beta=beta, z1=z1, z2=z2, seed=seed), controls, locked, size)


def gumbel_lab(
    *, theta: float = 0.0, temperature: float = 0.5, hard: bool = False, draws: int = 1000, seed: int = 0,
    controls: str = "full", locked: Iterable[str] = (), size: str = "normal",
) -> GumbelLab:  # fmt: skip
    """A gradient through the toss of a coin by the Gumbel-softmax relaxation: the temperature trades bias for variance.

    Args:
        theta: the logit of the coin, -3 to 3; it shows 1 with probability sigmoid(theta).
        temperature: 0.1 to 10; towards 0 the draws become 0 or 1.
        hard: straight-through: draws of exactly 0 or 1, with the derivative of the smooth ones.
        draws: how many estimates are averaged, 1 to 100,000.
        seed: of the noise.
        controls, locked, size: as of `gradient_flow`.

    Returns:
        The lab, with all of these as attributes that can be set; `now` has the exact bias and variance.

    Raises:
        InputError: a value that cannot be; the message says which can.

    >>> lab = gumbel_lab()
    >>> lab
    GumbelLab(theta=0, temperature=0.5, hard=False, true=0.025, mean=0.02146, bias=-0.00354, variance=0.01424,
    error of 1000=0.005174, best temperature=0.4)
    >>> lab.headline.sentence
    'At temperature 0.5 the gradient comes out 14.2 % too small.'
    """
    from .relaxation_lab import GumbelLab

    lab = GumbelLab(theta=theta, temperature=temperature, hard=hard, draws=draws, seed=seed)
    return _in_a_lecture(lab, controls, locked, size)


def _in_a_lecture(lab: L, controls: str = "full", locked: Iterable[str] = (), size: str = "normal") -> L:
    """The lab with the controls and the size that a lecturer asked for."""
    try:
        lab.controls, lab.locked, lab.size = controls, locked, size
    except InputError:
        lab.close()
        raise
    return lab
