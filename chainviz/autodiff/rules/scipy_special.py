"""The ufuncs of scipy.special. `scipy_bridge.load` imports this file, once the user has imported SciPy."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np
from scipy import special

from ..errors import unsupported
from ..forms import elementwise
from ..variable import PRIMITIVES, Variable
from .special import erf_primitive

_ROOT_PI, _ROOT_2PI = np.sqrt(np.pi), np.sqrt(2 * np.pi)


def _but(what: str) -> Callable[..., NoReturn]:
    """The partial derivative by an argument that has none in closed form, such as the order of a Bessel function."""
    return partial(_refuse, what)


def _refuse(what: str, y: Any, *operands: Any) -> NoReturn:
    operand = next((o for o in operands if isinstance(o, Variable)), None)
    raise unsupported(what, operand, "Make it a constant; only the last argument may depend on a Variable.")


for _same in (np.log1p, np.expm1, np.exp2, np.cbrt):
    PRIMITIVES[getattr(special, _same.__name__)] = PRIMITIVES[_same]
PRIMITIVES[special.erf] = erf_primitive

elementwise(special.expit, lambda y, x: y * (1 - y), tex=r"\sigma({0})")
elementwise(special.logit, lambda y, x: 1 / (x * (1 - x)), tex=r"\operatorname{{logit}}({0})")
elementwise(special.log_expit, lambda y, x: special.expit(-x), tex=r"\ln \sigma({0})")

# -- the normal distribution

elementwise(special.erfc, lambda y, x: -2 / _ROOT_PI * np.exp(-(x**2)), tex=r"\operatorname{{erfc}}({0})")
elementwise(special.erfinv, lambda y, x: _ROOT_PI / 2 * np.exp(y**2), tex=r"\operatorname{{erf}}^{{-1}}({0})")
elementwise(special.ndtr, lambda y, x: np.exp(-(x**2) / 2) / _ROOT_2PI, tex=r"\Phi({0})")
elementwise(special.log_ndtr, lambda y, x: np.exp(-(x**2) / 2 - y) / _ROOT_2PI, tex=r"\ln \Phi({0})")
elementwise(special.ndtri, lambda y, x: _ROOT_2PI * np.exp(y**2 / 2), tex=r"\Phi^{{-1}}({0})")

# -- gamma and beta


def _polygamma(n: Any, x: Any) -> Any:
    return special.polygamma(n, x)


elementwise(
    _polygamma, _but("the order of polygamma"), lambda y, n, x: PRIMITIVES[_polygamma](n + 1, x),
    tex=r"\psi^{{({0})}}({1})", name="polygamma",
)  # fmt: skip
elementwise(special.psi, lambda y, x: PRIMITIVES[_polygamma](1, x), tex=r"\psi({0})")
elementwise(special.gamma, lambda y, x: y * special.psi(x), tex=r"\Gamma({0})")
elementwise(special.gammaln, lambda y, x: special.psi(x), tex=r"\ln \Gamma({0})")
elementwise(special.loggamma, lambda y, x: special.psi(x), tex=r"\ln \Gamma({0})")
elementwise(
    special.beta, lambda y, a, b: y * (special.psi(a) - special.psi(a + b)),
    lambda y, a, b: y * (special.psi(b) - special.psi(a + b)), tex=r"\mathrm{{B}}({0}, {1})",
)  # fmt: skip
elementwise(
    special.betaln, lambda y, a, b: special.psi(a) - special.psi(a + b),
    lambda y, a, b: special.psi(b) - special.psi(a + b), tex=r"\ln \mathrm{{B}}({0}, {1})",
)  # fmt: skip
elementwise(
    special.gammainc, _but("the order of scipy.special.gammainc"),
    lambda y, a, x: np.exp(special.xlogy(a - 1, x) - x - special.gammaln(a)), tex=r"P({0}, {1})",
)  # fmt: skip
elementwise(
    special.betainc, _but("the first parameter of scipy.special.betainc"), _but("the second one of betainc"),
    lambda y, a, b, x: np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)),
    tex=r"I_{{{2}}}({0}, {1})",
)  # fmt: skip

# -- logarithms, and what is 0 where they are infinite


def _one_if_both_are_0(x: Any, a: Any) -> Any:
    """x, but 1 where a / x would be 0 / 0: 0 ln x is 0 for every x."""
    return np.where(np.logical_and(x == 0, a == 0), 1.0, x)


elementwise(
    special.xlogy, lambda y, a, x: np.log(x), lambda y, a, x: a / _one_if_both_are_0(x, a), tex=r"{0} \, \ln {1}"
)
elementwise(
    special.xlog1py, lambda y, a, x: np.log1p(x), lambda y, a, x: a / _one_if_both_are_0(1 + x, a),
    tex=r"{0} \, \ln(1 + {1})",
)  # fmt: skip
elementwise(special.entr, lambda y, x: -np.log(x) - 1, tex=r"\operatorname{{entr}}({0})")
elementwise(
    special.rel_entr,
    lambda y, p, q: np.log(p / q) + 1,
    lambda y, p, q: -p / q,
    tex=r"{0} \, \ln \frac{{{0}}}{{{1}}}",
)
elementwise(special.kl_div, lambda y, p, q: np.log(p / q), lambda y, p, q: 1 - p / q, tex=r"\mathrm{{KL}}({0}, {1})")


def _slope_of_exprel(y: Any, x: Any) -> Any:
    """(e^x - y) / x for y = (e^x - 1) / x; near 0, where that would cancel, its series Σ x^k / (k! (k + 2))."""
    near = np.abs(x) < 1
    inner, series = np.where(near, x, 0.0), 0.0
    for k in reversed(range(18)):
        series = series * inner + 1 / (math.factorial(k) * (k + 2))
    return np.where(near, series, (np.exp(x) - y) / np.where(near, 1.0, x))


elementwise(special.exprel, _slope_of_exprel, tex=r"\operatorname{{exprel}}({0})")
elementwise(
    special.boxcox, lambda y, x, p: np.power(x, p - 1),
    lambda y, x, p: np.log(x) ** 2 * _slope_of_exprel(special.exprel(p * np.log(x)), p * np.log(x)),
    tex=r"\operatorname{{boxcox}}_{{{1}}}({0})",
)  # fmt: skip

# -- Bessel functions; the neighbours of an order give its derivative

elementwise(
    special.iv, _but("the order of scipy.special.iv"),
    lambda y, v, x: (special.iv(v - 1, x) + special.iv(v + 1, x)) / 2, tex=r"I_{{{0}}}({1})",
)  # fmt: skip
elementwise(
    special.ive, _but("the order of scipy.special.ive"),
    lambda y, v, x: (special.ive(v - 1, x) + special.ive(v + 1, x)) / 2 - np.sign(x) * y,
    tex=r"e^{{-|{1}|}} \, I_{{{0}}}({1})",
)  # fmt: skip
elementwise(
    special.jv, _but("the order of scipy.special.jv"),
    lambda y, v, x: (special.jv(v - 1, x) - special.jv(v + 1, x)) / 2, tex=r"J_{{{0}}}({1})",
)  # fmt: skip
elementwise(
    special.yv, _but("the order of scipy.special.yv"),
    lambda y, v, x: (special.yv(v - 1, x) - special.yv(v + 1, x)) / 2, tex=r"Y_{{{0}}}({1})",
)  # fmt: skip
elementwise(special.i0, lambda y, x: special.i1(x), tex=r"I_0({0})")
elementwise(special.i1, lambda y, x: (special.i0(x) + special.iv(2, x)) / 2, tex=r"I_1({0})")
elementwise(special.i0e, lambda y, x: special.i1e(x) - np.sign(x) * y, tex=r"e^{{-|{0}|}} \, I_0({0})")
elementwise(
    special.i1e, lambda y, x: (special.i0e(x) + special.ive(2, x)) / 2 - np.sign(x) * y, tex=r"e^{{-|{0}|}} \, I_1({0})"
)
elementwise(special.j0, lambda y, x: -special.j1(x), tex=r"J_0({0})")
elementwise(special.j1, lambda y, x: (special.j0(x) - special.jv(2, x)) / 2, tex=r"J_1({0})")
elementwise(special.y0, lambda y, x: -special.y1(x), tex=r"Y_0({0})")
elementwise(special.y1, lambda y, x: (special.y0(x) - special.yv(2, x)) / 2, tex=r"Y_1({0})")
