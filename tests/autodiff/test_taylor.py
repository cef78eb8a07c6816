"""Taylor mode: against closed forms, nested reverse mode, and its own promise to be fast."""

import math

import numpy as np
import pytest

import chainviz as cv

rng = np.random.default_rng(11)
MATRIX = rng.standard_normal((3, 3))


def nested(f, order, x):
    found = []
    for k in range(order + 1):
        found.append(float(f(x)) / math.factorial(k))
        f = cv.grad(f)
    return found


FUNCTIONS = [
    np.sin, np.exp, lambda x: np.log(1 + x) * np.tanh(x), lambda x: x**x, lambda x: 1 / (1 + x**2),
    lambda x: np.exp(np.sin(x) / (1 + x**2)) * np.sqrt(1 + x) ** 3 / np.arctan(x), lambda x: cv.sigmoid(x) ** 2.5,
    lambda x: np.maximum(x, 0.1) * np.abs(x), lambda x: np.where(x > 0, np.cosh(x), x), lambda x: x * x / x - 3,
    lambda x: np.sum(np.stack([x, np.sin(x), 2.0])[::2] ** 2), lambda x: np.hypot(x, 2.0) + np.arctan2(x, 1 + x),
    lambda x: np.sum(np.tanh(MATRIX @ (x * np.arange(3.0)))), lambda x: 4.0, lambda x: x,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS)
def test_coefficients_are_those_of_nested_reverse_mode(f):
    assert cv.taylor(f, 0.7, 4) == pytest.approx(nested(f, 4, 0.7), rel=1e-9, abs=1e-11)


def test_high_orders_have_their_closed_forms():
    expected = [[math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)][k % 4](0.5) / math.factorial(k)
                for k in range(31)]  # fmt: skip
    assert cv.taylor(np.sin, 0.5, 30) == pytest.approx(expected, rel=1e-12)
    assert cv.taylor(lambda x: 1 / (1 - x), 0.0, 40) == [1.0] * 41


def test_along_a_direction_in_many_dimensions():
    x, v = rng.standard_normal(3), rng.standard_normal(3)
    f = lambda x: np.sum(np.sin(x) @ MATRIX @ np.exp(x / 2)) / (2 + x[0] ** 2)  # noqa: E731
    expected = nested(lambda t: f(x + t * v), 4, 0.0)
    assert cv.taylor(f, x, 4, direction=v) == pytest.approx(expected, rel=1e-9)
    every = cv.taylor(np.sin, x, 2, direction=v)
    np.testing.assert_allclose(every[2], -np.sin(x) * v**2 / 2)


def test_faa_di_bruno():
    """The fourth derivative of a composition, by Faa di Bruno's formula, is 4! times the coefficient."""
    outer, inner = cv.taylor(np.exp, math.sin(0.3), 4), cv.taylor(np.sin, 0.3, 4)
    f = [math.factorial(k) * c for k, c in enumerate(outer)]
    g = [math.factorial(k) * c for k, c in enumerate(inner)]
    expected = f[1] * g[4] + f[2] * (4 * g[1] * g[3] + 3 * g[2] ** 2) + f[3] * 6 * g[1] ** 2 * g[2] + f[4] * g[1] ** 4
    assert 24 * cv.taylor(lambda x: np.exp(np.sin(x)), 0.3, 4)[4] == pytest.approx(expected)


def test_what_has_no_series_says_so():
    with pytest.raises(cv.UnsupportedOperation, match="Taylor series of inv"):
        cv.taylor(lambda x: np.sum(np.linalg.inv(x * MATRIX)), 1.0, 2)
    with pytest.raises(cv.InputError, match="direction"):
        cv.taylor(np.sum, np.ones(3), 2)
    with pytest.raises(cv.InputError, match="order"):
        cv.taylor(np.sin, 1.0, -1)
    with pytest.raises(cv.InputError, match="from outside"):
        cv.grad(lambda a: cv.taylor(lambda x: np.sin(a * x), 0.5, 2)[1])(0.5)
    with pytest.raises(cv.InputError, match="differentiated again"):
        cv.grad(lambda x: cv.taylor(np.sin, x, 2)[1])(1.0)
