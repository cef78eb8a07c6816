"""Elementwise operations: one local derivative an operand, written as mathematics. At kinks: the mean of both sides."""

import math
import operator
from typing import Any

import numpy as np

from ..forms import composite, elementwise
from ..variable import Variable, is_complex, plain

Array = np.ndarray  # by a name that stays where `np` stands for the functions of Python floats

elementwise(np.add, 1, 1, tex="{0} + {1}")
elementwise(np.subtract, 1, -1, tex="{0} - {1}")
elementwise(np.multiply, lambda y, a, b: b, lambda y, a, b: a, tex=r"{0} \, {1}")
elementwise(np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -a / b**2, tex=r"\frac{{{0}}}{{{1}}}")
elementwise(np.negative, -1, tex="-{0}")
elementwise(np.positive, 1, tex="{0}")
elementwise(np.square, lambda y, x: 2 * x, tex="{0}^{{2}}")
elementwise(np.reciprocal, lambda y, x: -1 / x**2, tex=r"\frac{{1}}{{{0}}}")


def _lowered(a: Any, b: Any) -> Any:
    """a ** (b - 1); but x ** 0 is 1 everywhere, so for a constant exponent 0 its derivative is 0 at x = 0 too."""
    if b.__class__ is int or b.__class__ is float:
        return a if b == 2 else np.power(a, b - (b != 0))
    return np.power(a, b - (1 if isinstance(b, Variable) else 1 * (b != 0)))


def _chosen(own: Any, other: Any, y: Any) -> Any:
    """1 where y is this operand, half at a tie, 0 where it is the other one (or this one is NaN)."""
    return np.where(plain(own) == plain(y), np.where(plain(other) == plain(y), 0.5, 1.0), 0.0)


def _over(y: Any, a: Any, b: Any) -> Any:
    return _step(a - b) if isinstance(y, Array) else np.heaviside(a - b, 0.5)


def _under(y: Any, a: Any, b: Any) -> Any:
    return _step(b - a) if isinstance(y, Array) else np.heaviside(b - a, 0.5)


def _step(difference: Any) -> Any:
    """np.heaviside(difference, 0.5) of an array, in half of its time."""
    step = np.sign(difference)
    step += 1.0
    step *= 0.5
    return step


# 0 ** b is 0 for every b > 0, so its derivative in b is 0 as well, though ln 0 is not a number.
log_or_zero = elementwise(
    lambda x: np.log(np.where(x == 0, 1.0, x)), lambda y, x: np.where(x == 0, 0.0, 1 / np.where(x == 0, 1.0, x)),
    tex=r"\ln {0}", name="log",
)  # fmt: skip
for _power in (np.power, np.float_power):
    elementwise(
        _power, lambda y, a, b: b * _lowered(a, b), lambda y, a, b: y * log_or_zero(a), tex="{0}^{{{1}}}"
    ).compute = operator.pow  # which squares where b is 2

elementwise(np.exp, lambda y, x: y, tex="e^{{{0}}}")
elementwise(np.expm1, lambda y, x: np.exp(x), tex="e^{{{0}}} - 1")
elementwise(np.log, lambda y, x: 1 / x, tex=r"\ln {0}")
elementwise(np.log1p, lambda y, x: 1 / (1 + x), tex=r"\ln(1 + {0})")
elementwise(np.sqrt, lambda y, x: 1 / (2 * y), tex=r"\sqrt{{{0}}}")
elementwise(
    np.logaddexp, lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y), tex=r"\ln(e^{{{0}}} + e^{{{1}}})"
)

elementwise(np.exp2, lambda y, x: y * np.log(2), tex="2^{{{0}}}")
elementwise(np.log2, lambda y, x: 1 / (x * np.log(2)), tex=r"\log_2 {0}")
elementwise(np.log10, lambda y, x: 1 / (x * np.log(10)), tex=r"\log_{{10}} {0}")
elementwise(
    np.logaddexp2, lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y), tex=r"\log_2(2^{{{0}}} + 2^{{{1}}})"
)
elementwise(np.cbrt, lambda y, x: 1 / (3 * y**2), tex=r"\sqrt[3]{{{0}}}")
elementwise(np.hypot, lambda y, a, b: a / y, lambda y, a, b: b / y, tex=r"\sqrt{{{0}^2 + {1}^2}}")

elementwise(np.sin, lambda y, x: np.cos(x), tex=r"\sin {0}")
elementwise(np.cos, lambda y, x: -np.sin(x), tex=r"\cos {0}")
elementwise(np.tan, lambda y, x: 1 + y**2, tex=r"\tan {0}")
elementwise(np.arctan, lambda y, x: 1 / (1 + x**2), tex=r"\arctan {0}")
elementwise(np.arcsin, lambda y, x: 1 / np.sqrt(1 - x**2), tex=r"\arcsin {0}")
elementwise(np.arccos, lambda y, x: -1 / np.sqrt(1 - x**2), tex=r"\arccos {0}")
elementwise(
    np.arctan2, lambda y, a, b: b / (a**2 + b**2), lambda y, a, b: -a / (a**2 + b**2),
    tex=r"\operatorname{{atan2}}({0}, {1})",
)  # fmt: skip
elementwise(np.deg2rad, lambda y, x: np.pi / 180, tex=r"\frac{{\pi}}{{180}} \, {0}")
elementwise(np.rad2deg, lambda y, x: 180 / np.pi, tex=r"\frac{{180}}{{\pi}} \, {0}")
elementwise(np.radians, lambda y, x: np.pi / 180, tex=r"\frac{{\pi}}{{180}} \, {0}")
elementwise(np.degrees, lambda y, x: 180 / np.pi, tex=r"\frac{{180}}{{\pi}} \, {0}")
elementwise(np.sinh, lambda y, x: np.cosh(x), tex=r"\sinh {0}")
elementwise(np.cosh, lambda y, x: np.sinh(x), tex=r"\cosh {0}")
elementwise(np.tanh, lambda y, x: 1 - y**2, tex=r"\tanh {0}")


def _sinc_slope(y: Any, x: Any) -> Any:
    """(cos u - sinc x) / x with u = pi x; near 0, where that cancels, its power series."""
    u = np.pi * x
    series = sum((-1) ** k * 2 * k / math.factorial(2 * k + 1) * u ** (2 * k - 1) for k in range(1, 10))
    near = np.abs(plain(u)) < 1
    return np.where(near, np.pi * series, (np.cos(u) - y) / np.where(near, 1.0, x))


elementwise(np.sinc, _sinc_slope, tex=r"\operatorname{{sinc}} {0}")
elementwise(np.arcsinh, lambda y, x: 1 / np.sqrt(x**2 + 1), tex=r"\operatorname{{arsinh}} {0}")
elementwise(np.arccosh, lambda y, x: 1 / np.sqrt(x**2 - 1), tex=r"\operatorname{{arcosh}} {0}")
elementwise(np.arctanh, lambda y, x: 1 / (1 - x**2), tex=r"\operatorname{{artanh}} {0}")

elementwise(
    np.absolute, lambda y, x: np.conjugate(x) / (y + (y == 0)) if is_complex(x) else np.sign(x),
    tex=r"\left|{0}\right|",
)  # fmt: skip
elementwise(np.sign, 0, tex=r"\operatorname{{sgn}} {0}")
elementwise(np.fabs, lambda y, x: np.sign(x), tex=r"\left|{0}\right|")
elementwise(
    np.copysign, lambda y, a, b: np.sign(a) * np.copysign(1.0, b), 0, tex=r"\operatorname{{copysign}}({0}, {1})"
)
elementwise(np.heaviside, 0, lambda y, a, b: np.where(a == 0, 1.0, 0.0), tex=r"\operatorname{{heaviside}}({0}, {1})")
elementwise(np.maximum, _over, _under, tex=r"\max({0}, {1})", selects=True)
elementwise(np.minimum, _under, _over, tex=r"\min({0}, {1})", selects=True)
elementwise(
    np.where, None, lambda y, c, a, b: np.where(c, 1.0, 0.0), lambda y, c, a, b: np.where(c, 0.0, 1.0),
    tex=r"\operatorname{{where}}({0}, {1}, {2})", selects=True,
)  # fmt: skip
elementwise(
    np.fmax, lambda y, a, b: _chosen(a, b, y), lambda y, a, b: _chosen(b, a, y), tex=r"\max({0}, {1})", selects=True
)
elementwise(
    np.fmin, lambda y, a, b: _chosen(a, b, y), lambda y, a, b: _chosen(b, a, y), tex=r"\min({0}, {1})", selects=True
)

# Steps are flat wherever they have a derivative; at a jump they have none, and 0 is the convention.
elementwise(np.floor, 0, tex=r"\lfloor {0} \rfloor")
elementwise(np.ceil, 0, tex=r"\lceil {0} \rceil")
elementwise(np.trunc, 0, tex=r"\operatorname{{trunc}} {0}")
elementwise(np.rint, 0, tex=r"\operatorname{{round}} {0}")
elementwise(np.floor_divide, 0, 0, tex=r"\lfloor {0} / {1} \rfloor")
elementwise(np.remainder, 1, lambda y, a, b: -np.floor_divide(a, b), tex=r"{0} \,\mathrm{{mod}}\, {1}")
elementwise(np.fmod, 1, lambda y, a, b: -np.trunc(a / b), tex=r"\operatorname{{fmod}}({0}, {1})")


@composite(np.fix)
def _fix(x: Any) -> Any:
    return np.trunc(x)


@composite(np.ldexp)
def _ldexp(x1: Any, x2: Any) -> Any:
    x2 = plain(x2)  # NumPy refuses what is no whole number
    half = np.asarray(x2) // 2  # in two steps, as 2**1074 alone would overflow
    return x1 * np.ldexp(1.0, half) * np.ldexp(1.0, x2 - half)


@composite(np.frexp)
def _frexp(x: Any) -> Any:
    exponent = np.frexp(plain(x))[1]
    return np.ldexp(x, -exponent), exponent


@composite(np.modf)
def _modf(x: Any) -> Any:
    finite = np.where(np.isinf(x), np.copysign(0.0, plain(x)), x)
    return np.fmod(finite, 1.0), np.trunc(x)


@composite(np.divmod)
def _divmod(x1: Any, x2: Any) -> Any:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@composite(np.real_if_close, np.copy)
def _same(a: Any, tol: float = 100) -> Any:
    return a


@composite(np.nan_to_num)
def _nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    largest = np.finfo(float).max
    x = np.where(np.isnan(x), nan, x)
    x = np.where(np.isposinf(x), largest if posinf is None else posinf, x)
    return np.where(np.isneginf(x), -largest if neginf is None else neginf, x)


@composite(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, period: float = 2 * np.pi) -> Any:
    return p + (np.unwrap(plain(p), discont, axis, period=period) - plain(p))  # whole periods, which are constants


_UNSET: Any = object()


@composite(np.clip)
def _clip(a: Any, a_min: Any = _UNSET, a_max: Any = _UNSET, min: Any = _UNSET, max: Any = _UNSET) -> Any:
    given = {"a_min": a_min, "a_max": a_max, "min": min, "max": max}
    given = {name: limit for name, limit in given.items() if limit is not _UNSET}
    np.clip(0.0, **{name: plain(limit) for name, limit in given.items()})  # NumPy's own errors
    low, high = given.get("a_min", given.get("min")), given.get("a_max", given.get("max"))
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@composite(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Any:
    scale = 10.0 ** abs(decimals)
    return np.rint(a * scale) / scale if decimals > 0 else np.rint(a / scale) * scale if decimals else np.rint(a)
