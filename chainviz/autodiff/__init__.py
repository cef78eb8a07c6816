"""Record and differentiate. This room knows nothing of pictures."""

from . import rules
from .checks import check_grads
from .control import name
from .errors import (
    ChainvizError,
    ConversionError,
    InPlaceError,
    InputError,
    MissingAttribute,
    NotScalarError,
    OperandError,
    UnsupportedOperation,
)
from .rules.special import relu, sigmoid, softplus
from .transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .variable import Variable, variable

__all__ = [
    "ChainvizError",
    "ConversionError",
    "InPlaceError",
    "InputError",
    "MissingAttribute",
    "NotScalarError",
    "OperandError",
    "UnsupportedOperation",
    "Variable",
    "check_grads",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "name",
    "relu",
    "rules",
    "sigmoid",
    "softplus",
    "value_and_grad",
    "variable",
    "vjp",
]
