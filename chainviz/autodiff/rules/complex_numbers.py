"""Complex numbers, and which rules hold for them.

One convention: the adjoint of z = a + ib is dL/da - i dL/db, for a real L. So dL = Re(g dz), and the rule of a
holomorphic function is the one that stands in the table. What a real operand receives is the real part. (JAX and
autograd agree; PyTorch's gradient is the conjugate.)
"""

from typing import Any

import numpy as np

from ..forms import composite, linear
from ..variable import COMPLEX_COMPOSITES, COMPOSITES, PRIMITIVES, is_complex, plain
from . import decompositions, elementwise, indexing, linalg, reductions, shaping

__all__ = ["decompositions", "elementwise", "indexing", "linalg", "reductions", "shaping"]  # marked here

linear(np.conjugate, lambda g, x: np.conjugate(g), tex=r"\overline{{{0}}}", name="conjugate")
_real_part = linear(lambda x: np.real(x), lambda g, x: g, tex=r"\operatorname{{Re}}({0})", name="real")
_imaginary_part = linear(lambda x: np.imag(x), lambda g, x: -1j * g, tex=r"\operatorname{{Im}}({0})", name="imag")


@composite(np.real)
def _real(val: Any) -> Any:
    return _real_part(val) if is_complex(val) else val


@composite(np.imag)
def _imag(val: Any) -> Any:
    return _imaginary_part(val) if is_complex(val) else np.zeros(np.shape(val))


@composite(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    angle = np.arctan2(np.imag(z), np.real(z)) if is_complex(z) else np.pi * (plain(z) < 0)
    return angle * (180 / np.pi) if deg else angle


_HOLOMORPHIC = (
    np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.square, np.reciprocal, np.power,
    np.exp, np.expm1, np.log, np.log1p, np.log2, np.log10, np.exp2, np.sqrt, np.sin, np.cos, np.tan, np.sinh,
    np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.absolute, np.where,
    np.matmul, np.linalg.inv, np.linalg.solve, np.prod,
)  # fmt: skip
for _primitive in PRIMITIVES.values():
    if _primitive.name in {function.__name__ for function in _HOLOMORPHIC}:
        _primitive.takes_complex = True
COMPLEX_COMPOSITES.update({
    np.real, np.imag, np.angle, np.dot, np.outer, np.inner, np.tensordot, np.kron, np.trace, np.diag, np.diagonal,
    np.linalg.solve, np.stack, np.concatenate, np.hstack, np.vstack, np.column_stack, np.moveaxis, np.take,
    np.append, np.tile, np.repeat, np.split, np.array_split, np.diff, np.copy, np.atleast_1d, np.atleast_2d,
    np.ravel,
})  # fmt: skip
COMPLEX_COMPOSITES.intersection_update(COMPOSITES)
