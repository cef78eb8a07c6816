"""Functions that NumPy lacks and neural networks need, stable for large arguments."""

from typing import Any

import numpy as np

from ..primitive import elementwise


def _sigmoid(x: Any) -> Any:
    t = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1.0, t) / (1.0 + t)


def _relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


_sigmoid_primitive = elementwise(_sigmoid, lambda y, x: y * (1 - y), tex=r"\sigma({0})", name="sigmoid")
_relu_primitive = elementwise(
    _relu, lambda y, x: np.heaviside(x, 0.0), tex=r"\operatorname{{relu}}({0})", selects=True, name="relu"
)
_softplus_primitive = elementwise(
    _softplus, lambda y, x: _sigmoid_primitive(x), tex=r"\operatorname{{softplus}}({0})", name="softplus"
)


def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e^-x), of any shape, without overflow. Its derivative is y (1 - y).

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    return _sigmoid_primitive(x)


def relu(x: Any) -> Any:
    """max(0, x), of any shape. Its derivative is 1 for x > 0 and 0 elsewhere, at x = 0 too (a convention).

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return _relu_primitive(x)


def softplus(x: Any) -> Any:
    """ln(1 + e^x), of any shape, without overflow. Its derivative is the sigmoid.

    >>> softplus(1000.0)
    1000.0
    """
    return _softplus_primitive(x)
