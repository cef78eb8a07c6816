"""Random numbers whose parameters may be differentiated: noise that is a constant, then a recorded transformation.

    z = normal(mu, sigma)           records z = mu + sigma * eps, so that dz / dmu = 1 and dz / dsigma = eps

That is the reparameterization trick (Kingma and Welling, 2014). Where there is no such transformation, or f has no
derivative, `score_function` estimates the gradient of an expectation all the same, with more noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np

from .errors import InputError, unsupported
from .forms import Elementwise, elementwise
from .primitive import Primitive
from .rules.special import as_array, softmax
from .transforms import grad
from .user_code import subject
from .variable import Variable, plain, tidy, unbox

Size = int | tuple[int, ...] | None
Seed: TypeAlias = "int | np.random.Generator | None"  # as text: numpy.random is imported by those who draw


def _location_scale(name: str) -> Primitive:
    return elementwise(
        lambda mu, scale, eps: mu + scale * eps,
        1, lambda y, mu, scale, eps: eps, lambda y, mu, scale, eps: scale, tex=r"{0} + {2} \, {1}", name=name,
    )  # fmt: skip


_normal, _laplace, _gumbel = (_location_scale(name) for name in ("normal", "laplace", "gumbel"))
_uniform = elementwise(
    lambda low, high, u: low + (high - low) * u,
    lambda y, low, high, u: 1 - u, lambda y, low, high, u: u, lambda y, low, high, u: high - low,
    tex=r"{0} + {2} \, ({1} - {0})", name="uniform",
)  # fmt: skip
_exponential = elementwise(
    lambda scale, eps: scale * eps, lambda y, scale, eps: eps, lambda y, scale, eps: scale,
    tex=r"{1} \, {0}", name="exponential",
)  # fmt: skip
# Not in the table, as its derivative is chosen and not true: the value is the one operand's, the adjoint the other's.
straight_through = Elementwise(
    lambda soft, hard: hard, 1, 0, tex=r"\operatorname{{onehot}}({0})", name="straight_through"
)


def normal(mu: Any = 0.0, sigma: Any = 1.0, size: Size = None, seed: Seed = None) -> Any:
    """Draws mu + sigma eps from the normal distribution, differentiable in mu and sigma.

    Args:
        mu, sigma: mean and standard deviation; numbers, arrays or Variables, which broadcast.
        size: shape of the result; None for that of the parameters.
        seed: a whole number or an np.random.Generator; None for fresh noise at every call.

    Returns:
        A number or an array of shape `size`, recorded if a parameter is a Variable.

    Raises:
        InputError: a sigma that is negative or NaN, a size that the parameters do not broadcast to, a bad seed.

    >>> import chainviz as cv
    >>> slope = cv.grad(lambda sigma: normal(2.0, sigma, seed=0))(1.0)
    >>> slope == np.random.default_rng(0).standard_normal()
    True
    """
    return _draw(_normal, np.random.Generator.standard_normal, size, seed, mu=mu, sigma=_positive("sigma", sigma))


def laplace(mu: Any = 0.0, b: Any = 1.0, size: Size = None, seed: Seed = None) -> Any:
    """Draws mu + b eps from the Laplace distribution of mean mu and scale b; arguments as for `normal`.

    >>> laplace(size=3, seed=0).shape
    (3,)
    """
    return _draw(_laplace, _standard_laplace, size, seed, mu=mu, b=_positive("b", b))


def gumbel(mu: Any = 0.0, beta: Any = 1.0, size: Size = None, seed: Seed = None) -> Any:
    """Draws mu + beta eps from the Gumbel distribution of mode mu and scale beta; arguments as for `normal`.

    >>> gumbel(size=(2, 3), seed=0).shape
    (2, 3)
    """
    return _draw(_gumbel, _standard_gumbel, size, seed, mu=mu, beta=_positive("beta", beta))


def exponential(scale: Any = 1.0, size: Size = None, seed: Seed = None) -> Any:
    """Draws scale eps from the exponential distribution of mean `scale`; other arguments as for `normal`.

    >>> exponential(0.0, seed=0)
    0.0
    """
    return _draw(_exponential, np.random.Generator.standard_exponential, size, seed, scale=_positive("scale", scale))


def uniform(low: Any = 0.0, high: Any = 1.0, size: Size = None, seed: Seed = None) -> Any:
    """Draws low + (high - low) u from the uniform distribution on [low, high); other arguments as for `normal`.

    >>> 2.0 <= uniform(2.0, 3.0, seed=0) < 3.0
    True
    """
    low, high = unbox(low), unbox(high)
    _check_sign("high", high, np.asarray(plain(high)) - plain(low), "below low, or one of both is NaN")
    return _draw(_uniform, np.random.Generator.random, size, seed, low=low, high=high)


def gumbel_softmax(logits: Any, temperature: Any = 1.0, hard: bool = False, axis: int = -1, seed: Seed = None) -> Any:
    """softmax((logits + Gumbel noise) / temperature): a draw of a class, smoothed (Jang, Gu and Poole, 2017).

    Args:
        logits: scores of the classes along the axis.
        temperature: a positive number; towards 0 the draws become one-hot and their derivatives wild.
        hard: give exactly one-hot draws, with the derivative of the smooth ones (straight-through; it is biased).
        axis: where the classes are.
        seed: a whole number or an np.random.Generator; None for fresh noise at every call.

    Returns:
        An array shaped as the logits.

    Raises:
        InputError: a temperature that is not positive, or logits without an axis.

    >>> gumbel_softmax([0.0, 0.0, 100.0], hard=True, seed=0)
    array([0., 0., 1.])
    """
    _check_sign("temperature", temperature, plain(temperature), "not above 0", zero=False)
    logits = as_array(logits)
    if np.ndim(logits) == 0:
        raise InputError("gumbel_softmax draws one of several classes, so its logits are an array, not a number.")
    soft = softmax(gumbel(logits, seed=seed) / temperature, axis=axis)
    if not hard:
        return soft
    chosen = np.expand_dims(np.argmax(plain(soft), axis=axis), axis)
    one_hot = np.zeros(np.shape(soft))
    np.put_along_axis(one_hot, chosen, 1.0, axis)
    return straight_through(soft, one_hot)


def score_function(
    f: Callable[[Any], Any],
    sample: Callable[[Any, np.random.Generator], Any],
    log_prob: Callable[[Any, Any], Any],
    theta: Any,
    *,
    n: int = 1000,
    baseline: float | Literal["mean"] = 0.0,
    seed: Seed = None,
) -> tuple[Any, Any]:
    """Estimate d/dtheta E[f(z)] for z drawn with parameters theta, as the mean of (f(z) - baseline) d/dtheta ln p(z).

    It asks no derivative of f, so f may be a step or a reward; also known as REINFORCE (Williams, 1992).

    Args:
        f: what is averaged; a function of one draw that returns a number.
        sample: `sample(theta, rng)` draws one z, such as `lambda theta, rng: cv.normal(theta, 1.0, seed=rng)`.
        log_prob: `log_prob(z, theta)` is the logarithm of its density, up to a constant; it is differentiated in theta.
        theta: a number or an array.
        n: how many draws, at least 2.
        baseline: a number taken off f, which leaves the mean and may lower the noise; "mean": for each draw the mean
            of f over all others, so that the estimate stays unbiased.
        seed: a whole number or an np.random.Generator; None for fresh noise.

    Returns:
        The estimate and its standard error, both shaped as theta.

    Raises:
        InputError: n below 2, or a bad seed.
        UnsupportedOperation: theta or a draw is a Variable. The estimate has no derivative itself.

    >>> estimate, error = score_function(
    ...     lambda z: z**2, lambda mu, rng: rng.normal(mu), lambda z, mu: -((z - mu) ** 2) / 2, 1.5, n=4000, seed=0
    ... )
    >>> abs(estimate - 3.0) < 3 * error
    True
    """
    if n < 2:
        raise InputError(f"A standard error needs at least 2 draws, but n is {n}.")
    rng = _generator(seed)
    draws = [unbox(sample(theta, rng)) for _ in range(n)]
    variable = next((v for v in (unbox(theta), *draws) if isinstance(v, Variable)), None)
    if variable is not None:
        raise unsupported("score_function", variable, "Give it plain numbers, such as theta.value.")
    rewards = np.array([float(f(z)) for z in draws])
    scores = np.array([grad(lambda t, z=z: log_prob(z, t))(theta) for z in draws])
    centred = (rewards - np.mean(rewards)) * n / (n - 1) if baseline == "mean" else rewards - baseline
    terms = np.reshape(centred, (n,) + (1,) * np.ndim(theta)) * scores
    return tidy(np.mean(terms, axis=0)), tidy(np.std(terms, axis=0, ddof=1) / np.sqrt(n))


# -- what they are given


def _draw(primitive: Primitive, standard: Callable[..., Any], size: Size, seed: Seed, **parameters: Any) -> Any:
    """Noise of the right shape, transformed."""
    given = {name: as_array(value) for name, value in parameters.items()}
    shapes = {name: np.shape(value) for name, value in given.items()}
    called = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
    try:
        shape = np.broadcast_shapes(*shapes.values())
        if size is not None:
            wanted = (size,) if isinstance(size, (int, np.integer)) else tuple(size)
            if np.broadcast_shapes(shape, wanted) != wanted:
                raise ValueError
            shape = wanted
    except (ValueError, TypeError):
        fits = "each other" if size is None else f"the size {size}"
        raise InputError(
            f"{primitive.name} cannot fit {called} to {fits}. See NumPy's rules of broadcasting."
        ) from None
    return primitive(*given.values(), standard(_generator(seed), size=shape or None))


def _standard_laplace(rng: np.random.Generator, size: Any) -> Any:
    return rng.laplace(size=size)


def _standard_gumbel(rng: np.random.Generator, size: Any) -> Any:
    return rng.gumbel(size=size)


def _generator(seed: Seed) -> np.random.Generator:
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0
    if whole or seed is None or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    raise InputError(f"A seed is a whole number from 0, an np.random.Generator or None, but this one is {seed!r}.")


def _positive(name: str, scale: Any) -> Any:
    """The scale of a distribution, with a list as an array; an InputError if it is negative or NaN."""
    scale = unbox(scale)
    _check_sign(name, scale, np.asarray(plain(scale)), "negative or NaN")
    return scale


def _check_sign(name: str, value: Any, difference: Any, wrong: str, *, zero: bool = True) -> None:
    if not np.all(difference >= 0 if zero else difference > 0):
        who = f": {subject(value)}" if isinstance(value, Variable) else ""
        raise InputError(f"{name} is {wrong}{who}. It has the value {plain(value)!r:.60}.")
