"""Record and differentiate. This room knows nothing of pictures."""

from . import operators, rules
from .checks import check_grads
from .control import module, name, no_grad, scope, stop_gradient
from .custom import checkpoint, primitive, reversible
from .errors import (
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
)
from .implicit import fixed_point, implicit, root
from .pytree import tree_map
from .random import exponential, gumbel, gumbel_softmax, laplace, normal, score_function, uniform
from .rules.indexing import at
from .rules.special import (
    cross_entropy,
    elu,
    erf,
    gelu,
    layer_norm,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    mse,
    normal_cdf,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
)
from .taylor import taylor
from .transforms import elementwise_grad, ggnvp, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .variable import Variable, variable

__all__ = [
    "ChainvizError", "ConvergenceError", "ConversionError", "GraphFreedError", "InPlaceError", "InputError",
    "MissingAttribute", "NotScalarError", "OperandError", "RuleError", "UnsupportedOperation", "Variable", "at",
    "check_grads", "checkpoint", "cross_entropy", "elementwise_grad", "elu", "erf", "exponential", "fixed_point",
    "gelu", "ggnvp", "grad", "gumbel", "gumbel_softmax", "hessian", "hvp", "implicit", "jacobian", "jvp", "laplace",
    "layer_norm", "leaky_relu", "log_sigmoid", "log_softmax", "logsumexp", "module", "mse", "name", "no_grad", "normal",
    "normal_cdf", "operators", "primitive", "relu", "reversible", "root", "rules", "scope", "score_function", "sigmoid",
    "silu", "softmax", "softplus", "stop_gradient", "taylor", "tree_map", "uniform", "value_and_grad", "variable",
    "vjp",
]  # fmt: skip
