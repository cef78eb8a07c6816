"""chainviz: see the chain rule. Write a function in plain NumPy; watch values flow forward and derivatives backward.

>>> import numpy as np
>>> import chainviz as cv
>>> cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
Explorer(x=0, y=0.8415, dy/dx=2.161)
"""

from .autodiff import (
    ChainvizError,
    ConversionError,
    InPlaceError,
    InputError,
    NotScalarError,
    UnsupportedOperation,
    Variable,
    check_grads,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    name,
    relu,
    sigmoid,
    softplus,
    value_and_grad,
    variable,
    vjp,
)
from .graph import Graph, trace
from .widgets import Explorer, Player, explore

__version__ = "0.1.0"

__all__ = [
    "ChainvizError",
    "ConversionError",
    "Explorer",
    "Graph",
    "InPlaceError",
    "InputError",
    "NotScalarError",
    "Player",
    "UnsupportedOperation",
    "Variable",
    "check_grads",
    "elementwise_grad",
    "explore",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "name",
    "relu",
    "sigmoid",
    "softplus",
    "trace",
    "value_and_grad",
    "variable",
    "vjp",
]
