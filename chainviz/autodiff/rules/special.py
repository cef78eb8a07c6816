"""Functions that NumPy lacks and neural networks need, of any shape and stable for large arguments."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import InputError
from ..forms import elementwise, general
from ..user_code import subject
from ..variable import Variable, plain, unbox
from .elementwise import Array

Axis = int | tuple[int, ...] | None
_SQRT_2, _SQRT_PI = np.sqrt(2), np.sqrt(np.pi)
_erf_entries, _erfc_entries = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)


# -- elementwise


def _sigmoid(x: Any) -> Any:
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))  # never overflows


def _sigmoid_of_arrays(x: Any) -> Any:
    """The same to rounding, in place; flushed to 0 below the smallest normal number."""
    y = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(y, out=y)
    y += 1.0
    return np.reciprocal(y, out=y)


def _relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _leaky_relu(x: Any, slope: Any) -> Any:
    return np.maximum(x, 0.0) + slope * np.minimum(x, 0.0)


def _by_sign(x: Any, above: Any, below: Any) -> Any:
    """`above` where x > 0, else `below`; a record of it holds for every x."""
    if not isinstance(x, Variable):
        return np.where(x > 0, above, below)
    return above * np.heaviside(x, 0.0) + below * (1 - np.heaviside(x, 0.0))


def _elu(x: Any, alpha: Any) -> Any:
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0))


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _erf(x: Any) -> Any:
    return math.erf(x) if isinstance(x, float) else np.asarray(_erf_entries(x), dtype=float)[()]


def _normal_cdf(x: Any) -> Any:  # 1 + erf would cancel on the left
    if isinstance(x, float):
        return math.erfc(-x / _SQRT_2) / 2
    return np.asarray(_erfc_entries(-x / _SQRT_2), dtype=float)[()] / 2


_sigmoid_primitive = elementwise(_sigmoid, lambda y, x: y * (1 - y), tex=r"\sigma({0})", name="sigmoid")
_sigmoid_primitive.compute = _sigmoid_of_arrays
_relu_primitive = elementwise(
    _relu, lambda y, x: np.sign(y) if isinstance(y, Array) else np.heaviside(x, 0.0),
    tex=r"\operatorname{{relu}}({0})", selects=True, name="relu",
)  # fmt: skip
_leaky_relu_primitive = elementwise(
    _leaky_relu, lambda y, x, slope: _by_sign(x, 1.0, slope), lambda y, x, slope: np.minimum(x, 0.0),
    tex=r"\operatorname{{relu}}_{{{1}}}({0})", name="leaky_relu",
)  # fmt: skip
_elu_primitive = elementwise(
    _elu, lambda y, x, alpha: _by_sign(x, 1.0, alpha * np.exp(np.minimum(x, 0.0))),
    lambda y, x, alpha: np.expm1(np.minimum(x, 0.0)), tex=r"\operatorname{{elu}}_{{{1}}}({0})", name="elu",
)  # fmt: skip
_softplus_primitive = elementwise(
    _softplus, lambda y, x: _sigmoid_primitive(x), tex=r"\operatorname{{softplus}}({0})", name="softplus"
)
erf_primitive = elementwise(
    _erf, lambda y, x: 2 / _SQRT_PI * np.exp(-(x**2)), tex=r"\operatorname{{erf}}({0})", name="erf"
)
_normal_cdf_primitive = elementwise(
    _normal_cdf, lambda y, x: np.exp(-(x**2) / 2) / (_SQRT_2 * _SQRT_PI), tex=r"\Phi({0})", name="normal_cdf"
)


# -- along an axis


def _shift(x: Any, axis: Axis) -> Any:
    """The largest entry, which may be taken out of an exponential; 0 where it is infinite or there is none."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, 0.0)


def _log_total(x: Any, axis: Axis) -> Any:
    with np.errstate(divide="ignore"):  # of nothing, or of zeros only: -inf
        return np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _softmax(x: Any, axis: Axis = -1) -> Any:
    powers = np.exp(x - _shift(x, axis))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    shift = _shift(x, axis)
    result = shift + _log_total(x - shift, axis)
    return result if keepdims else np.squeeze(result, axis)


def _log_softmax(x: Any, axis: Axis = -1) -> Any:
    shifted = x - _shift(x, axis)
    return shifted - _log_total(shifted, axis)


def _cross_entropy(logits: Any, targets: Any, axis: int = -1) -> Any:
    with np.errstate(invalid="ignore"):  # a class that is ruled out, by a logit of -inf, and rightly so
        terms = np.where(targets == 0, 0.0, targets * _log_softmax(logits, axis))
    return -np.sum(terms) / _batch(logits, axis)


def _batch(logits: Any, axis: int) -> int:
    """How many distributions there are."""
    return np.size(logits) // np.shape(logits)[axis]


def _towards_targets(g: Any, y: Any, logits: Any, targets: Any, axis: int = -1) -> Any:
    """(softmax - targets) / n; targets that are to move themselves may leave the sum of 1."""
    predicted = _softmax_primitive(logits, axis=axis)
    if isinstance(targets, Variable):
        predicted = predicted * np.sum(targets, axis=axis, keepdims=True)
    return g * (predicted - targets) / _batch(logits, axis)


def _normalized(x: Any, axis: Axis = -1, eps: float = 1e-5) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return centred / _deviation(centred, axis, eps)


def _deviation(centred: Any, axis: Axis, eps: float) -> Any:
    return np.sqrt(np.mean(np.square(centred), axis=axis, keepdims=True) + eps)


def _decentred(g: Any, y: Any, x: Any, axis: Axis = -1, eps: float = 1e-5) -> Any:
    """g without its mean and without its part along y: neither changes what is normalized."""
    mean, along_y = np.mean(g, axis=axis, keepdims=True), np.mean(g * y, axis=axis, keepdims=True)
    return (g - mean - y * along_y) / _deviation(x - np.mean(x, axis=axis, keepdims=True), axis, eps)


_softmax_primitive = general(
    _softmax, vjp=(lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)),),
    tex=r"\operatorname{{softmax}}({0})", name="softmax",
)  # fmt: skip
_logsumexp_primitive = general(
    _logsumexp, tex=r"\operatorname{{logsumexp}}({0})", name="logsumexp",
    vjp=(lambda g, y, x, axis=None, keepdims=False: (
        (g if keepdims or axis is None else np.expand_dims(g, axis)) * _softmax_primitive(x, axis=axis)
    ),),
)  # fmt: skip
_log_softmax_primitive = general(
    _log_softmax, vjp=(lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),),
    tex=r"\ln \operatorname{{softmax}}({0})", name="log_softmax",
)  # fmt: skip
_cross_entropy_primitive = general(
    _cross_entropy, tex=r"\operatorname{{CE}}({0}, {1})", name="cross_entropy",
    vjp=(
        _towards_targets,
        lambda g, y, z, targets, axis=-1: -g / _batch(z, axis) * _log_softmax_primitive(z, axis=axis),
    ),
)  # fmt: skip
_layer_norm_primitive = general(_normalized, vjp=(_decentred,), tex=r"\operatorname{{norm}}({0})", name="layer_norm")


# -- what users call


def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e^-x), of any shape, without overflow. Its derivative is y (1 - y).

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    return _sigmoid_primitive(as_array(x))


def relu(x: Any) -> Any:
    """max(0, x), of any shape. Its derivative is 1 for x > 0 and 0 elsewhere, at x = 0 too (a convention).

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return _relu_primitive(as_array(x))


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x for x > 0 and slope * x elsewhere, of any shape; the slope may be learned. Its derivative at 0 is the slope.

    >>> leaky_relu(-2.0), leaky_relu(3.0)
    (-0.02, 3.0)
    """
    return _leaky_relu_primitive(as_array(x), as_array(slope))


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0 and alpha (e^x - 1) elsewhere, of any shape. Its derivative at 0 is alpha.

    >>> elu(-1000.0), elu(3.0)
    (-1.0, 3.0)
    """
    return _elu_primitive(as_array(x), as_array(alpha))


def softplus(x: Any) -> Any:
    """ln(1 + e^x), of any shape, without overflow. Its derivative is the sigmoid.

    >>> softplus(1000.0)
    1000.0
    """
    return _softplus_primitive(as_array(x))


def log_sigmoid(x: Any) -> Any:
    """ln(1 / (1 + e^-x)) = -softplus(-x), of any shape, without overflow.

    >>> log_sigmoid(-1000.0)
    -1000.0
    """
    return -softplus(-as_array(x))


def silu(x: Any) -> Any:
    """x sigmoid(x), also called swish, of any shape.

    >>> silu(1000.0), silu(0.0)
    (1000.0, 0.0)
    """
    x = as_array(x)
    return x * _sigmoid_primitive(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x Φ(x), where Φ is the distribution function of the standard normal; of any shape (Hendrycks and Gimpel, 2016).

    `approximate` takes the paper's x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))) / 2, written as a sigmoid.

    >>> print(f"{gelu(1.0):.6f} {gelu(1.0, approximate=True):.6f}")
    0.841345 0.841192
    """
    x = as_array(x)
    return x * (_sigmoid_primitive(np.sqrt(8 / np.pi) * (x + 0.044715 * x**3)) if approximate else normal_cdf(x))


def erf(x: Any) -> Any:
    """The error function 2 / sqrt(π) times the integral of e^-t² from 0 to x, of any shape.

    >>> print(f"{erf(1.0):.6f}")
    0.842701
    """
    return erf_primitive(as_array(x))


def normal_cdf(x: Any) -> Any:
    """Φ(x), the probability that a standard normal variable is below x; of any shape, precise in both tails.

    >>> print(f"{normal_cdf(0.0)} {normal_cdf(-10.0):.4e}")
    0.5 7.6199e-24
    """
    return _normal_cdf_primitive(as_array(x))


def softmax(x: Any, axis: Axis = -1) -> Any:
    """e^x divided by its sum along the axis (None: all): probabilities, shaped as x. The adjoint is y (g - Σ g y).

    >>> softmax([1000.0, 1000.0, -1000.0])
    array([0.5, 0.5, 0. ])
    """
    return _softmax_primitive(as_array(x), axis=axis)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """ln softmax(x) along the axis (None: all), shaped as x, without overflow and precise where it is small.

    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    return _log_softmax_primitive(as_array(x), axis=axis)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ e^x along the axis (None: all), shaped as np.sum's result, without overflow. Its derivative is the softmax.

    >>> print(f"{logsumexp([1000.0, 1000.0]):.6f}")
    1000.693147
    """
    return _logsumexp_primitive(as_array(x), axis=axis, keepdims=keepdims)


def cross_entropy(logits: Any, labels: Any, axis: int = -1) -> Any:
    """-Σ p ln softmax(logits) along the axis, the mean over the rest. Its derivative is (softmax - p) / n.

    Args:
        logits: scores of the classes, which lie along the axis.
        labels: the right class of each, whole numbers shaped as the logits without that axis; or p itself, one-hot or
            other probabilities, shaped as the logits.
        axis: where the classes are.

    Returns:
        One number.

    Raises:
        InputError: labels that are no classes or probabilities, or whose shape does not fit.

    >>> print(f"{cross_entropy([[2.0, 0.0], [0.0, 1000.0]], [0, 1]):.6f}")
    0.063464
    """
    logits = as_array(logits)
    return _cross_entropy_primitive(logits, _probabilities(labels, np.shape(logits), axis), axis=axis)


def mse(prediction: Any, target: Any) -> Any:
    """The mean of (prediction - target)², over all entries. An InputError if their shapes are not the same.

    >>> print(mse([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    prediction, target = as_array(prediction), as_array(target)
    if np.shape(prediction) != np.shape(target):
        raise InputError(
            f"A prediction of shape {np.shape(prediction)} and a target of shape {np.shape(target)} cannot be compared "
            "entry by entry. Give them one shape; np.reshape or np.broadcast_to may help."
        )
    return np.mean(np.square(prediction - target))


def layer_norm(x: Any, gamma: Any = None, beta: Any = None, axis: Axis = -1, eps: float = 1e-5) -> Any:
    """gamma (x - mean) / sqrt(variance + eps) + beta, with mean and variance along the axes (Ba, Kiros, Hinton, 2016).

    Args:
        x: an array of any shape.
        gamma, beta: scale and offset, shaped as x along the axes (or numbers); None for 1 and 0.
        axis: one or several, over which to normalize.
        eps: keeps the square root away from 0.

    Returns:
        An array shaped as x.

    Raises:
        InputError: gamma or beta of another shape.

    >>> layer_norm([1.0, 3.0], gamma=[1.0, 2.0], eps=0.0)
    array([-1.,  2.])
    """
    x = as_array(x)
    axes = tuple(sorted(normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))))
    y = _layer_norm_primitive(x, axis=axis, eps=eps)
    y = y if gamma is None else _lined_up("gamma", gamma, np.shape(x), axes) * y
    return y if beta is None else y + _lined_up("beta", beta, np.shape(x), axes)


# -- what they are given


def as_array(x: Any) -> Any:
    """x, with a list of numbers or Variables as an array."""
    x = unbox(x)
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def _lined_up(name: str, parameter: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """A parameter shaped as these axes of an array, with the axes between them put in."""
    parameter, expected = as_array(parameter), tuple(shape[k] for k in axes)
    if np.shape(parameter) not in ((), expected):
        raise InputError(
            f"layer_norm of an array of shape {shape} along {axes} needs {name} of shape {expected}, "
            f"but it has shape {np.shape(parameter)}."
        )
    between = tuple(k - axes[0] for k in range(axes[0], len(shape)) if k not in axes) if axes else ()
    return np.expand_dims(parameter, between) if between and np.ndim(parameter) else parameter


def _probabilities(labels: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Class labels one-hot; probabilities as they are. Shaped as the logits, or an InputError."""
    if 0 in shape or not -len(shape) <= axis < len(shape):
        raise InputError(f"Logits of shape {shape} hold no classes along axis {axis}, so there is no cross-entropy.")
    labels = as_array(labels)
    given, place = np.asarray(plain(labels)), axis % len(shape)
    batch = shape[:place] + shape[place + 1 :]
    if given.shape == shape:
        if given.dtype.kind not in "fiub" or np.any(~(given >= 0)) or np.any(np.abs(np.sum(given, axis) - 1) > 1e-6):
            raise InputError(
                f"Labels shaped as the logits, {shape}, are probabilities: none is negative, and they sum to 1 along "
                f"axis {axis}. These do not. Class labels have the shape {batch}."
            )
        return labels
    if given.shape != batch:
        raise InputError(
            f"Labels of shape {given.shape} do not fit logits of shape {shape} with the classes along axis {axis}. "
            f"Give class labels of shape {batch}, or probabilities of shape {shape}."
        )
    if given.dtype.kind not in "iu":
        who = subject(labels) if isinstance(labels, Variable) else f"of type {given.dtype}"
        raise InputError(f"Class labels are whole numbers, but these are {who}. Write np.asarray(labels, dtype=int).")
    if given.min() < 0 or given.max() >= shape[axis]:
        wrong = given[(given < 0) | (given >= shape[axis])].flat[0]
        raise InputError(f"There are {shape[axis]} classes, numbered from 0, but a label is {wrong}.")
    one_hot = np.eye(shape[axis])[given]
    return one_hot if place == len(batch) else np.moveaxis(one_hot, -1, axis)
