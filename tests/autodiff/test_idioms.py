"""Ordinary NumPy code: each idiom has the derivative it would have on paper, or says why not; none a wrong number."""

import numpy as np
import pytest

import chainviz.autodiff as cv

X = np.array([0.5, -1.5, 2.0])
M = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


def loop_with_changing_constant(x):
    weights, total = np.ones(3), 0.0
    for _ in range(3):
        weights *= 2
        total = total + np.sum(weights * x)
    return total


def loop_with_changing_index(x):
    order, total = np.arange(3), 0.0
    for k in range(3):
        total = total + (k + 1) * x[order[:1]][0]
        order[:] = np.roll(order, 1)
    return total


def filled_object_array(x):
    a = np.empty(3, dtype=object)
    for k in range(3):
        a[k] = x[k] ** 2
    return np.sum(np.sin(a))


def unpacked(x):
    a, b, c = x
    return a * b + c


def in_words(x):
    assert f"{x[0]:.2f} and {x}" == "0.50 and Variable([ 0.5, -1.5,  2. ])"
    return np.sum(x)


COS = np.cos(X)
IDIOMS = {
    "a list of Variables": (lambda x: np.sum(np.sin([x[0], x[1], x[2]])), COS),
    "np.array of Variables": (lambda x: np.sum(np.sin(np.array([x[0], x[1], x[2]]))), COS),
    "np.array of Variables and numbers": (lambda x: np.dot(np.array([x[0], 1.0]), [3, 4]), [3, 0, 0]),
    "nested lists": (lambda x: np.sum(np.array([[x[0], x[1]], [x[2], 1]]) @ M[:, :2]), [-1, 3.25, -1]),
    "np.asarray": (lambda x: np.sum(np.sin(np.asarray(x))), COS),
    "np.r_": (lambda x: np.sum(np.r_[x, x[0]]), [2, 1, 1]),
    "np.full": (lambda x: np.sum(np.full(4, x[0])), [4, 0, 0]),
    "np.vectorize": (lambda x: np.sum(np.vectorize(lambda v: v * v)(x)), 2 * X),
    "an object array, filled": (filled_object_array, 2 * X * np.cos(X**2)),
    "an object array, cumulated": (lambda x: np.sum(np.cumsum(np.asarray(x))), [3, 2, 1]),
    "x.T": (lambda x: np.sum(M @ x.T), M.sum(0)),
    "x.sum(axis)": (lambda x: (x * M).sum(axis=0)[1], [0, 1, 0]),
    "x.mean, reshape, ravel, flatten": (
        lambda x: x.reshape(3, 1).ravel().reshape((1, 3)).flatten().mean(),
        [1 / 3] * 3,
    ),
    "x.dot": (lambda x: x.dot(x), 2 * X),
    "ndarray.dot(x)": (lambda x: np.sum(M.dot(x)), M.sum(0)),
    "np.dot with scalars": (lambda x: np.sum(np.dot(2, x)) + np.dot(x[0], 3.0), [5, 2, 2]),
    "ndarray @ x": (lambda x: np.sum(M @ x), M.sum(0)),
    "x @ ndarray": (lambda x: np.sum(x @ M.T), M.sum(0)),
    "x @ list": (lambda x: x @ [1, 2, 3], [1, 2, 3]),
    "ndarray * x": (lambda x: np.sum(M * x - M / 2), M.sum(0)),
    "x / list": (lambda x: np.sum(x / [1, 2, 4]), [1, 0.5, 0.25]),
    "np.float64 * x": (lambda x: np.sum(np.float64(2) * x * np.int8(3)), [6, 6, 6]),
    "0-d array * x": (lambda x: np.sum(np.array(2.0) * x), [2, 2, 2]),
    "bool * x": (lambda x: np.sum((x > 0) * x + True * x), [2, 1, 2]),
    "integers as constants": (lambda x: np.sum(x * np.array([1, 2, 3], dtype=np.uint8)), [1, 2, 3]),
    "small integers as divisors": (lambda x: np.sum(x / np.array([3, 7, 9], dtype=np.int8)), [1 / 3, 1 / 7, 1 / 9]),
    "unsigned exponents": (lambda x: np.sum(x ** np.array([0, 1, 2], dtype=np.uint8)), [0, 1, 4]),
    "float32 constants": (lambda x: x[0] / np.array([3], dtype=np.float32)[0], [1 / 3, 0, 0]),
    "float32 array by scalar": (lambda x: np.sum(x[0] / np.array([3, 3], dtype=np.float32)), [2 / 3, 0, 0]),
    "x ** 2": (lambda x: np.sum(x**2), 2 * X),
    "2 ** x": (lambda x: np.sum(2**x), np.log(2) * 2**X),
    "x ** -1": (lambda x: np.sum(x**-1), -1 / X**2),
    "a polynomial at 0": (lambda x: sum(c * (x[0] - 0.5) ** k for k, c in enumerate([5, 7, 9])), [7, 0, 0]),
    "an array polynomial at 0": (lambda x: np.sum((x - X) ** 0 + (x - X) ** 1 + (x - X) ** 2), [1, 1, 1]),
    "sum of a list": (lambda x: sum([x[0], x[1], x[0]]), [2, 1, 0]),
    "np.sum of a list": (lambda x: np.sum([x[0], x[1], x[0]]), [2, 1, 0]),
    "np.mean of a list": (lambda x: np.mean([x[0], x[1]]), [0.5, 0.5, 0]),
    "np.std of a list": (lambda x: np.std([x[0], x[1]]), [0.5, -0.5, 0]),
    "max and min of a list": (lambda x: max([x[0], x[1]]) * 2 + min(x[0], x[1]), [2, 1, 0]),
    "sorted": (lambda x: sorted(x)[0], [0, 1, 0]),
    "zip": (lambda x: sum(a * b for a, b in zip([1, 2, 3], x, strict=True)), [1, 2, 3]),
    "iteration": (lambda x: sum(v * v for v in x), 2 * X),
    "unpacking": (unpacked, [-1.5, 0.5, 1]),
    "negative axes": (lambda x: np.sum(np.mean(x * M, axis=-1, keepdims=True)), M.sum(0) / 3),
    "a transposition with negative axes": (lambda x: np.transpose(x * np.eye(3), (-1, 0))[1] @ X, [0, -1.5, 0]),
    "a boolean mask": (lambda x: np.sum(x[x > 0] ** 2), [1, 0, 4]),
    "a list as an index": (lambda x: np.sum(x[[0, 0, 2]]), [2, 0, 1]),
    "x if x > 0 else -x": (lambda x: sum(v if v > 0 else -v for v in x), [1, -1, 1]),
    "0 < x < 1": (lambda x: x[0] ** 2 if 0 < x[0] < 1 else 0.0, [1, 0, 0]),
    "np.where": (lambda x: np.sum(np.where(x > 0, x**2, -x)), [1, -1, 4]),
    "np.zeros_like and len": (lambda x: np.sum(x + np.zeros_like(x)) * len(x) + x.shape[0], [3, 3, 3]),
    "text": (in_words, [1, 1, 1]),
    "a constant changed in place": (loop_with_changing_constant, [14, 14, 14]),
    "an index changed in place": (loop_with_changing_index, [1, 3, 2]),
    "np.concatenate, axis=None": (lambda x: np.sum(np.concatenate([x, M], axis=None)[2:4]), [0, 0, 1]),
    "options at their defaults": (lambda x: np.sum(x, axis=0, dtype=None, out=None), [1, 1, 1]),
    "abs and unary signs": (lambda x: np.sum(abs(-x) + +x), [2, 0, 2]),
}


@pytest.mark.parametrize(("f", "expected"), list(IDIOMS.values()), ids=list(IDIOMS))
def test_idiom_has_the_derivative_it_has_on_paper(f, expected):
    np.testing.assert_allclose(cv.grad(f)(X), expected, rtol=1e-12, atol=1e-14)
    if f not in (in_words, filled_object_array):  # the two that NumPy itself cannot run on plain floats
        np.testing.assert_allclose(cv.value_and_grad(f)(X)[0], f(X), rtol=1e-14)
    tangent = np.array([0.3, -0.7, 1.1])
    np.testing.assert_allclose(cv.jvp(f, (X,), (tangent,))[1], np.dot(expected, tangent), rtol=1e-12)


REFUSED = {
    "x.max()": lambda x: x.max(), "x.copy()": lambda x: x.copy(),
    "np.cumprod": lambda x: np.sum(np.cumprod(x)), "np.linalg.norm": lambda x: np.linalg.norm(x, ord=0),
    "np.dstack": lambda x: np.sum(np.dstack([x, x])), "np.convolve": lambda x: np.sum(np.convolve(x, x)),
    "np.random": lambda x: np.random.default_rng(0).normal(x[0]), "range": lambda x: sum(range(x[0])),
    "np.arange": lambda x: np.sum(np.arange(x[2])), "np.linspace": lambda x: np.sum(np.linspace(0, x[2], 5)),
    "%f": lambda x: "%f" % x[0],  # noqa: UP031
    "np.where with one operand": lambda x: np.sum(np.where(x)),
    "matrix": lambda x: np.sum(x * np.eye(3).view(np.matrix)),
    "masked": lambda x: np.sum(x * np.ma.array(X, mask=[0, 1, 0])),
}  # fmt: skip


@pytest.mark.parametrize("f", list(REFUSED.values()), ids=list(REFUSED))
def test_what_has_no_rule_is_refused_aloud(f):
    with pytest.raises(cv.ChainvizError, match=r"Variable.*\."):
        cv.grad(f)(X)
