"""chainviz: see the chain rule. Write a function in plain NumPy; watch values flow forward and derivatives backward.

>>> import numpy as np
>>> import chainviz as cv
>>> cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
Explorer(x=0, y=0.8415, dy/dx=2.161)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import lessons
from .autodiff import (
    ChainvizError,
    ConvergenceError,
    ConversionError,
    GraphFreedError,
    InPlaceError,
    InputError,
    MissingAttribute,
    NotScalarError,
    OperandError,
    RuleError,
    UnsupportedOperation,
    Variable,
    at,
    check_grads,
    checkpoint,
    cross_entropy,
    elementwise_grad,
    elu,
    erf,
    exponential,
    fixed_point,
    gelu,
    ggnvp,
    grad,
    gumbel,
    gumbel_softmax,
    hessian,
    hvp,
    implicit,
    jacobian,
    jvp,
    laplace,
    layer_norm,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    module,
    mse,
    name,
    no_grad,
    normal,
    normal_cdf,
    primitive,
    relu,
    reversible,
    root,
    scope,
    score_function,
    sigmoid,
    silu,
    softmax,
    softplus,
    stop_gradient,
    taylor,
    tree_map,
    uniform,
    value_and_grad,
    variable,
    vjp,
)
from .formulas import Formula, FormulaError, formula
from .graph import Graph, blame, compile, trace
from .messages import set_language

if TYPE_CHECKING:
    from .widgets import Explorer, Player, ShareCodeError, explore, from_code

__version__ = "0.1.0"

__all__ = [
    "ChainvizError", "ConvergenceError", "ConversionError", "Explorer", "Formula", "FormulaError", "Graph",
    "GraphFreedError", "InPlaceError", "InputError", "MissingAttribute", "NotScalarError", "OperandError", "Player",
    "RuleError", "ShareCodeError", "UnsupportedOperation", "Variable", "at", "blame", "check_grads", "checkpoint",
    "compile", "cross_entropy", "elementwise_grad", "elu", "erf", "explore", "exponential", "fixed_point", "formula",
    "from_code", "gelu", "ggnvp", "grad", "gumbel", "gumbel_softmax", "hessian", "hvp", "implicit", "jacobian", "jvp",
    "laplace", "layer_norm", "leaky_relu", "lessons", "log_sigmoid", "log_softmax", "logsumexp", "module", "mse",
    "name", "no_grad", "normal", "normal_cdf", "primitive", "relu", "reversible", "root", "scope", "score_function",
    "set_language", "sigmoid", "silu", "softmax", "softplus", "stop_gradient", "taylor", "trace", "tree_map", "uniform",
    "value_and_grad", "variable", "vjp",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The widgets, loaded on first use: who only differentiates need not wait for them."""
    if name not in ("Explorer", "Player", "ShareCodeError", "explore", "from_code"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import widgets

    globals()[name] = getattr(widgets, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted(globals().keys() | set(__all__))
