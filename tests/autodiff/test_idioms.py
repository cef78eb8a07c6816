"""Ordinary NumPy code: each idiom has the derivative it would have on paper, or says why not; none a wrong number."""

import copy
import itertools
import math
import operator
import os
import random
import statistics
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, reduce
from threading import Thread

import numpy as np
import pytest

import chainviz.autodiff as cv
from chainviz.autodiff.rules.indexing import at

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
    "x.copy()": lambda x: x.copy(),
    "np.linalg.norm": lambda x: np.linalg.norm(x, ord="nuc"),
    "np.random": lambda x: np.random.default_rng(0).normal(x[0]), "range": lambda x: sum(range(x[0])),
    "np.arange": lambda x: np.sum(np.arange(x[2])),
    "%f": lambda x: "%f" % x[0],  # noqa: UP031
    "np.add.reduce": lambda x: np.add.reduce(x), "np.multiply.outer": lambda x: np.sum(np.multiply.outer(x, x)),
    "np.add.accumulate": lambda x: np.sum(np.add.accumulate(x)), "np.add.at": lambda x: np.add.at(x, 0, 1.0),
    "+=": lambda x: operator.iadd(x, 1.0), "a[0] = x": lambda x: operator.setitem(np.zeros(3), 0, x[0]),
    "x[0] = 1": lambda x: operator.setitem(x, 0, 1.0),
    "np.fill_diagonal": lambda x: np.fill_diagonal(x * M[:, :1], 1.0),
    "np.put": lambda x: np.put(x, 0, 1.0), "np.copyto": lambda x: np.copyto(x, 1.0), "out=": lambda x: np.sin(x, out=X),
    "np.intersect1d": lambda x: np.intersect1d(x, X), "float": lambda x: float(x[0]),
    "dtype": lambda x: np.sum(x, dtype=int), "np.full_like of a number": lambda x: np.full_like(X, x[0]),
    "np.apply_along_axis": lambda x: np.apply_along_axis(np.sum, 0, x),
    "counts": lambda x: np.sum(np.repeat(x, x)), "an index to delete": lambda x: np.delete(x, x[2]),
    "where to tile": lambda x: np.tile(x, x[2]), "bins": lambda x: np.histogram(X, x)[0],
    "np.where with one operand": lambda x: np.sum(np.where(x)),
    "matrix": lambda x: np.sum(x * np.eye(3).view(np.matrix)),
    "masked": lambda x: np.sum(x * np.ma.array(X, mask=[0, 1, 0])),
    "math.sqrt": lambda x: math.sqrt(x[2]), "math.fsum": math.fsum, "math.isnan": lambda x: math.isnan(x[0]),
    "math.isclose": lambda x: math.isclose(x[0], 0.5), "np.fromiter": lambda x: np.fromiter((v for v in x), float),
    "np.add.outer": lambda x: np.add.outer(x, x), "np.maximum.reduce": lambda x: np.maximum.reduce(x),
    "np.frompyfunc": lambda x: np.frompyfunc(np.sin, 1, 1)(x), "complex": lambda x: complex(x[0], x[1]),
    "np.polyfit": lambda x: np.polyfit(X, x, 1), "np.savetxt": lambda x: np.savetxt(os.devnull, x),
    "statistics.fmean": lambda x: statistics.fmean(list(x)), "astype": lambda x: x.astype(np.float32),
    "np.histogram of weights": lambda x: np.histogram(X, 3, range=(-2, 3), weights=x)[0], "x.flat": lambda x: x.flat,
    "np.place": lambda x: np.place(np.zeros(3), X > 0, x), "np.geomspace": lambda x: np.geomspace(1.0, x[2], 3),
}  # fmt: skip


@pytest.mark.parametrize("f", list(REFUSED.values()), ids=list(REFUSED))
def test_what_has_no_rule_is_refused_aloud(f):
    with pytest.raises(cv.ChainvizError, match=r"Variable.*\."):
        cv.grad(f)(X)


def gram_schmidt(a):
    basis = []
    for v in a.T:
        for b in basis:
            v = v - (b @ v) * b
        basis.append(v / np.sqrt(v @ v))
    return np.stack(basis, axis=1)


def newton(x):
    root = 1.0 + x[0] * 0
    for _ in range(6):
        root = root - (root**3 - x[2]) / (3 * root**2)
    return root


def rk4(x):
    def slope(y):
        return np.array([y[1], -x[2] * np.sin(y[0])])

    y, h = np.array([x[0], x[1]]), 0.1
    for _ in range(5):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        y = y + h / 6 * (k1 + 4 * k2 + slope(y + h * k3))
    return y


def horner(x):
    value = 0.0
    for c in (3.0, -1.0, 0.5):
        value = value * x + c
    return value


def running_maximum(x):
    best, seen = x[0], []
    for v in x:
        best = np.maximum(best, v)
        seen.append(best)
    return np.array(seen)


def two_layers(x):
    params = {"w1": np.outer(x, [1.0, -1.0]), "b1": x[:2], "w2": x[1:]}
    hidden = np.tanh(np.ones((4, 3)) @ params["w1"] + params["b1"])
    return np.mean((hidden @ params["w2"] - 1) ** 2)


def image_to_columns(m):
    image = np.pad(m, 1)
    columns = np.array([image[i : i + 2, j : j + 3].ravel() for i in range(3) for j in range(3)])
    return columns @ np.arange(6.0)


def strided_columns(m):
    rows, cols = np.arange(2)[:, None, None, None] + np.arange(1)[:, None], np.arange(2)[:, None, None] + np.arange(2)
    return np.sum(m[rows, cols], axis=(2, 3))


def matrix_powers(m):
    a, p, total = m @ m.T / 10, np.eye(2), np.zeros((2, 2))
    for k in range(5):
        total = total + p
        p = p @ a / (k + 1)
    return total


def attention(m):
    scores = m @ m.T / np.sqrt(m.shape[-1])
    scores = np.where(np.tri(2, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True) @ m


def batch_norm(m):
    return (m - np.mean(m, axis=0)) / np.sqrt(np.var(m, axis=0) + 1e-5)


def recurrent(x):
    h, states = np.zeros(2), []
    for v in x:
        h = np.tanh(np.array([[0.5, -0.2], [0.1, 0.3]]) @ h + v)
        states.append(h)
    return np.stack(states)


def bilinear_sample(m):
    y, x = 0.3 + 0.1 * np.tanh(m[0, 0]), 1.2 + 0.1 * np.tanh(m[1, 1])
    i, j = (next(k for k in range(3) if k <= v < k + 1) for v in (y, x))
    dy, dx = y - i, x - j
    top, bottom = (row[j] * (1 - dx) + row[j + 1] * dx for row in (m[i], m[i + 1]))
    return top * (1 - dy) + bottom * dy


def changed_list(x):
    squares = [0.0] * 3
    for k in range(3):
        squares[k] += x[k] ** 2
        squares[k] *= 2
    return squares


def in_threads(x):
    found = {}
    workers = [Thread(target=lambda k=k: found.update({k: np.sin(x[k]) * x[0]})) for k in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found[0] * found[1] + found[2]


def by_key(x):
    sums = defaultdict(float)
    for key, v in zip("aba", x, strict=True):
        sums[key] += v * v
    return sums["a"] * sums["b"]


def until_large(x):
    size, steps = x[0], 0
    while abs(size) < 10:
        size, steps = size * 2 + 1, steps + 1
    return size * steps


@dataclass
class Point:
    x: object
    y: object

    def distance(self):
        return np.hypot(self.x, self.y)


def remembered(x):
    square = cache(lambda v: v * v)
    first = x[0]
    return square(first) + square(first) + square(x[1])


ROWS = np.arange(2)
AS_WRITTEN = {  # functions of X or of M: NumPy's value, and the gradient that central differences give
    "rows divided by their norms": (lambda m: m / np.linalg.norm(m, axis=1, keepdims=True), M),
    "columns made standard": (lambda m: (m - m.mean(axis=0)) / (1 + np.std(m, axis=0, ddof=1)), M),
    "pairwise distances": (lambda m: np.sum((m[:, None, :] - m[None, :, :]) ** 2, axis=-1), M),
    "distances by the binomial": (lambda m: np.sum(m**2, 1)[:, None] - 2 * m @ m.T + np.sum(m**2, 1), M),
    "softmax by hand": (lambda m: np.exp(m - np.max(m)) / np.sum(np.exp(m - np.max(m))), M),
    "softmax of rows": (lambda m: np.exp(m) / np.exp(m).sum(axis=1, keepdims=True), M),
    "log-sum-exp": (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), X),
    "cross-entropy by index": (lambda m: -np.mean(np.log(np.exp(m) / np.sum(np.exp(m), 1)[:, None])[ROWS, [2, 0]]), M),
    "cross-entropy by one-hot": (lambda m: -np.sum(np.eye(3)[[2, 0]] * (m - np.log(np.exp(m).sum(1))[:, None])), M),
    "binary cross-entropy": (lambda x: np.mean(np.logaddexp(0, -x * np.array([1, -1, 1]))), X),
    "hinge loss": (lambda x: np.maximum(0, 1 - x * np.array([1, -1, 1])).sum(), X),
    "Huber loss": (lambda x: np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5), X),
    "leaky ReLU by a mask": (lambda x: x * (x > 0) + 0.1 * x * (x <= 0), X),
    "a moving average by convolution": (lambda x: np.convolve(x, np.ones(2) / 2, mode="valid"), X),
    "a moving average by sums": (lambda x: (np.cumsum(x)[2:] - np.cumsum(x)[:-2]) / 2, X),
    "a polynomial by Horner": (horner, X),
    "a polynomial by np.vander": (lambda x: np.vander(x, 3) @ [3.0, -1.0, 0.5], X),
    "a polynomial as a dot product": (lambda x: np.dot([1.0, 2.0, 3.0], x[0] ** np.arange(3)), X),
    "a boolean mask": (lambda m: np.mean(m[m > 0] ** 2), M),
    "a mask of rows": (lambda m: m[np.sum(m, axis=1) > 0].sum(axis=0), M),
    "an image as columns": (image_to_columns, M),
    "windows by fancy indices": (strided_columns, M),
    "cumulative products": (lambda x: np.cumprod(1 + x), X),
    "compound interest": (lambda x: 100 * np.prod(1 + x / 100), X),
    "powers of a matrix in a loop": (matrix_powers, M),
    "power iteration": (lambda m: sum(((m.T @ m / 15) @ v for v in [np.ones(3)]), np.zeros(3)), M),
    "a running maximum": (running_maximum, X),
    "Gram-Schmidt": (gram_schmidt, M[:, :2]),
    "Newton's method": (newton, X),
    "Euler's method": (lambda x: [y := x[0]] + [y := y + 0.1 * (x[1] - y**2) for _ in range(9)], X),
    "Runge and Kutta's method": (rk4, X),
    "a list comprehension": (lambda x: np.array([v**2 if v > 0 else -v for v in x]), X),
    "np.stack in a loop": (lambda x: np.stack([x * k for k in range(1, 4)]).sum(axis=0), X),
    "np.concatenate in a loop": (lambda x: np.concatenate([x[:k] ** k for k in range(1, 4)]), X),
    "a dictionary of parameters": (two_layers, X),
    "a recurrent network": (recurrent, X),
    "attention with a mask": (attention, M),
    "batch normalisation": (batch_norm, M),
    "sorting": (lambda x: np.sort(x)[::-1] * [1, 2, 3], X),
    "the two largest": (lambda x: x[np.argsort(x)[-2:]].sum(), X),
    "np.partition for the largest": (lambda m: np.partition(m, -2, axis=1)[:, -2:], M),
    "an argmax as an index": (lambda m: m[ROWS, np.argmax(m, axis=1)] ** 2, M),
    "ranks": (lambda x: x * np.argsort(np.argsort(x)), X),
    "a median and quartiles": (lambda x: np.median(x) * np.percentile(x, [25, 75]), X),
    "the correlation of two rows": (lambda m: np.corrcoef(m[0], m[1])[0, 1] + np.cov(m)[0, 1], M),
    "a finite difference": (lambda x: np.diff(x) / np.diff([0.0, 0.5, 2.0]) + np.gradient(x)[1:], X),
    "an integral by trapezoids": (lambda x: np.trapezoid(np.sin(x), [0.0, 1.0, 1.5]), X),
    "a table looked up": (lambda x: np.interp(x, [-2.0, 0.1, 3.0], x**2), X),
    "sampling an image between pixels": (bilinear_sample, M),
    "np.c_ and np.r_": (lambda x: np.c_[x, x**2, np.ones(3)].sum(axis=0) + np.r_[x[1:], 1.0], X),
    "np.c_ and np.r_ of numbers": (lambda x: np.r_[0.0, x[0], x][1:], X),
    "a bias column": (lambda m: np.hstack([np.ones((2, 1)), m]) @ [1.0, 2.0, 3.0, 4.0], M),
    "np.meshgrid": (lambda x: np.sin(np.meshgrid(x, x[:2])[0]) * np.meshgrid(x, x[:2])[1], X),
    "np.ix_": (lambda m: m[np.ix_([0, 1], [2, 0])], M),
    "a triangle from a vector": (lambda x: at(np.zeros((2, 2)), np.tril_indices(2)).set(x), X),
    "the upper triangle": (lambda m: (m.T @ m)[np.triu_indices(3, 1)], M),
    "a rotation": (lambda x: np.array([[np.cos(x[0]), -np.sin(x[0])], [np.sin(x[0]), np.cos(x[0])]]) @ x[1:], X),
    "block matrices": (lambda m: np.block([[np.eye(2), m], [m.T, np.zeros((3, 3))]]), M),
    "a projection": (lambda m: m.T @ np.linalg.solve(m @ m.T, m @ np.ones(3)), M),
    "ridge regression": (lambda m: np.linalg.inv(m.T @ m + 0.1 * np.eye(3)) @ m.T @ [1.0, 2.0], M),
    "a Gaussian density": (lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), X),
    "a kernel matrix": (lambda x: np.exp(-0.5 * np.subtract(x[:, None], x) ** 2), X),
    "einsum": (lambda m: np.einsum("ij,kj->ik", m, m), M),
    "groups summed": (lambda x: np.bincount([0, 1, 0], weights=x), X),
    "np.select": (lambda x: np.select([x < -1, x < 1], [-1 - x, x**2], 2 * x - 1), X),
    "np.piecewise": (lambda x: np.piecewise(x, [x < 0], [lambda v: -v, np.square]), X),
    "np.split": (lambda m: sum(part**2 for part in np.split(m, 3, axis=1)), M),
    "an angle wrapped": (lambda x: np.mod(9 * x + np.pi, 2 * np.pi) - np.pi, X),
    "x.T.reshape": (lambda m: m.T.reshape(2, 3) * m, M),
    "np.copy": (lambda x: np.copy(x) * x, X),
    "a list changed in place": (changed_list, X),
    "threads": (in_threads, X),
    "a dictionary of sums": (by_key, X),
    "a while loop": (until_large, X),
    "a dataclass": (lambda x: replace(Point(x[0], x[1]), x=x[2]).distance(), X),
    "functools.cache": (remembered, X),
    "functools.reduce": (lambda x: reduce(lambda a, b: a * 0.5 + b * b, x, 0.0), X),
    "operator.mul": (lambda x: reduce(operator.mul, x), X),
    "itertools.accumulate": (lambda x: list(itertools.accumulate(x, operator.mul)), X),
    "itertools.pairwise": (lambda x: [(b - a) ** 2 for a, b in itertools.pairwise(x)], X),
    "math.prod": (lambda x: math.prod(x), X),
    "statistics.median": (lambda x: statistics.median(list(x)) ** 2, X),
    "sorted by a key": (lambda x: sum(k * v for k, v in enumerate(sorted(x, key=abs))), X),
    "max by a key": (lambda x: max(x, key=abs) ** 2, X),
    "max of none": (lambda x: max((v for v in x if v > 5), default=0.0) + x[0], X),
    "map and filter": (lambda x: list(map(np.sin, filter(lambda v: v > 0, x))), X),
    "a starred argument": (lambda x: (lambda a, *rest: a * sum(rest))(*x), X),
    "a deque": (lambda x: math.prod(deque(x, maxlen=2)), X),
    "copy.deepcopy": (lambda x: copy.deepcopy([x, 2 * x])[1] * x, X),
    "copy.copy": (lambda x: copy.copy(x) ** 2, X),
    "np.vectorize of two": (lambda x: np.vectorize(lambda a, b: a * b if a > 0 else b)(x, x[::-1]), X),
    "np.poly1d": (lambda x: np.poly1d([1.0, 2.0, 3.0])(x), X),
    "a Polynomial": (lambda x: np.polynomial.Polynomial([1.0, 2.0, 3.0])(x), X),
    "Chebyshev polynomials": (lambda x: np.polynomial.chebyshev.chebval(x, [1.0, 2.0, 3.0]), X),
    "np.linalg.multi_dot": (lambda x: np.linalg.multi_dot([x, 2 * np.eye(3), x]), X),
    "einsum with an ellipsis": (lambda x: np.einsum("...i,i->...", M, x**2), X),
    "divmod": (lambda x: divmod(x[2], 0.7)[1] * x[2] + divmod(x[2], 0.7)[0], X),
    "np.where with a condition only": (lambda x: x[np.where(x > 0)] ** 2, X),
    "np.nan_to_num": (lambda x: np.nan_to_num(x * np.array([1.0, np.nan, 1.0]), nan=2.0), X),
    "np.ediff1d": (lambda x: np.ediff1d(x) ** 2, X),
    "a weighted histogram by hand": (lambda x: np.bincount(np.digitize([0.1, 0.9, 0.5], [0.0, 0.6]), x), X),
    "np.digitize as an index": (lambda x: np.array([1.0, 2.0, 3.0])[np.digitize(x, [0.0, 1.0])] * x, X),
    "a modulus of complex numbers": (lambda x: np.abs(x[0] + 1j * x[1]) ** 2, X),
    "a phase": (lambda x: np.real(np.exp(1j * x)), X),
    "a power spectrum": (lambda x: np.abs(np.fft.fft(x)) ** 2, X),
    "float32 data": (lambda x: np.array([1.1, 2.2, 3.3], dtype=np.float32) @ x, X),
    "np.linspace between Variables": (lambda x: np.linspace(x[0], x[2], 5) ** 2, X),
    "random numbers shifted": (lambda x: x * np.random.default_rng(0).normal(size=3), X),
    "random.Random": (lambda x: random.Random(0).uniform(x[0], x[1]), X),
    "a random permutation": (lambda x: x[np.random.default_rng(0).permutation(3)] * [1, 2, 3], X),
    "least squares": (lambda x: np.linalg.lstsq(np.vander([1.0, 2.0, 3.0], 2), x, rcond=None)[0], X),
    "a fraction": (lambda x: x[0] * Fraction(1, 2), X),
    "Fortran order": (lambda m: m.reshape((3, 2), order="F") @ [1.0, 2.0] + m.flatten("F")[:3], M),
}


@pytest.mark.parametrize(("f", "start"), list(AS_WRITTEN.values()), ids=list(AS_WRITTEN))
def test_idiom_has_numpys_value_and_the_gradient_of_central_differences(f, start):
    expected = np.asarray(f(start))
    weights = np.random.default_rng(2).standard_normal(expected.shape)
    loss = lambda x: np.sum(weights * (np.stack(y) if isinstance(y := f(x), list) else y))  # noqa: E731
    value, gradient = cv.value_and_grad(loss)(start)
    np.testing.assert_allclose(value, np.sum(weights * expected), rtol=1e-12)
    steps = 1e-6 * np.eye(start.size).reshape(-1, *start.shape)
    central = np.array([loss(start + step) - loss(start - step) for step in steps]).reshape(start.shape) / 2e-6
    np.testing.assert_allclose(gradient, central, rtol=1e-6, atol=1e-7)
    cv.check_grads(loss, start, order=2)
