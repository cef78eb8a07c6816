"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .noise_lab import Reparameterization
    from .relaxation_lab import GumbelLab
    from .vae_lab import Vae

__all__ = ["gumbel_lab", "reparameterization", "vae"]


def reparameterization(
    *, inside: bool = False, mu: float = 0.5, sigma: float = 2.0, eps: float = -0.3, held: bool = True,
    function: str = "square", wrt: str = "mu", samples: int = 2000, baseline: str = "none", seed: int = 0,
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

    return Reparameterization(
        inside=inside, mu=mu, sigma=sigma, eps=eps, held=held, function=function, wrt=wrt, samples=samples,
        baseline=baseline, seed=seed,
    )  # fmt: skip


def vae(*, inside: bool = False, beta: float = 1.0, z1: float = 0.0, z2: float = 0.0, seed: int = 0) -> Vae:
    """A variational autoencoder that trains on images of a soft dot, whose place it finds by itself.

    Args:
        inside: draw z inside the graph, where the path is cut and the encoder stops learning; else z = mu + sigma eps.
        beta: the weight of the KL term in the training, 0 to 8.
        z1, z2: the code that is decoded, -3.2 to 3.2; the pointer and the arrows move it.
        seed: of the images, the first weights and the noise.

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

    return Vae(inside=inside, beta=beta, z1=z1, z2=z2, seed=seed)


def gumbel_lab(
    *, theta: float = 0.0, temperature: float = 0.5, hard: bool = False, draws: int = 1000, seed: int = 0
) -> GumbelLab:
    """A gradient through the toss of a coin by the Gumbel-softmax relaxation: the temperature trades bias for variance.

    Args:
        theta: the logit of the coin, -3 to 3; it shows 1 with probability sigmoid(theta).
        temperature: 0.1 to 10; towards 0 the draws become 0 or 1.
        hard: straight-through: draws of exactly 0 or 1, with the derivative of the smooth ones.
        draws: how many estimates are averaged, 1 to 100,000.
        seed: of the noise.

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

    return GumbelLab(theta=theta, temperature=temperature, hard=hard, draws=draws, seed=seed)
