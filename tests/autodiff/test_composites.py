"""NumPy functions made of recorded ones: NumPy's values, and right derivatives to second order in both modes."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import check_grads
from chainviz.autodiff.variable import COMPOSITES, getitem

RNG = np.random.default_rng(1)
V, W3 = RNG.standard_normal(4), RNG.standard_normal(3)
M, N, S = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 4)), RNG.standard_normal((3, 3))
T = RNG.standard_normal((2, 3, 2))
HOLES = np.array([1.0, np.nan, 3.0])

CALLS = {
    np.var: [lambda: np.var(V), lambda: np.var(M, axis=1), lambda: np.var(M, 0, ddof=1, keepdims=True)],
    np.std: [lambda: np.std(M), lambda: np.std(M, axis=(0, 1), keepdims=True)],
    np.ptp: [lambda: np.ptp(V), lambda: np.ptp(M, axis=1)],
    np.nansum: [lambda: np.nansum(V * HOLES[0]), lambda: np.nansum(M, axis=0)],
    np.nanmean: [lambda: np.nanmean(M, axis=0)],
    np.average: [lambda: np.average(V), lambda: np.average(M, axis=1, weights=np.array([1.0, 2.0, 3.0]))],
    np.diff: [lambda: np.diff(V), lambda: np.diff(M, axis=0), lambda: np.diff(V, n=2)],
    np.trapezoid: [lambda: np.trapezoid(V), lambda: np.trapezoid(M, dx=0.5), lambda: np.trapezoid(V, x=np.arange(4.0))],
    np.clip: [lambda: np.clip(V, -0.5, 0.5), lambda: np.clip(V, None, 0.5), lambda: np.clip(V, min=0.1)],
    np.round: [lambda: np.round(V), lambda: np.round(V, 2)],
    np.stack: [lambda: np.stack([V, 2 * V], axis=1)],
    np.concatenate: [lambda: np.concatenate([M, M], 1), lambda: np.concatenate((M, V), axis=None)],
    np.hstack: [lambda: np.hstack([V, V]), lambda: np.hstack([M, M])],
    np.vstack: [lambda: np.vstack([V, V]), lambda: np.vstack([M, M])],
    np.column_stack: [lambda: np.column_stack([V, V])],
    np.append: [lambda: np.append(M, 1.0), lambda: np.append(M, M, axis=0)],
    np.moveaxis: [lambda: np.moveaxis(T, 0, -1), lambda: np.moveaxis(T, (0, 1), (-1, 0))],
    np.flipud: [lambda: np.flipud(M)],
    np.fliplr: [lambda: np.fliplr(M)],
    np.repeat: [lambda: np.repeat(M, 2), lambda: np.repeat(M, [1, 0, 2], axis=1)],
    np.tile: [lambda: np.tile(V, 2), lambda: np.tile(V, (2, 3)), lambda: np.tile(M, (2, 1))],
    np.split: [lambda: np.split(V, 2)[1], lambda: np.split(M, [1], axis=1)[0]],
    np.array_split: [lambda: np.array_split(V, 3)[0]],
    np.tril: [lambda: np.tril(S), lambda: np.tril(M, 1)],
    np.triu: [lambda: np.triu(S, -1), lambda: np.triu(T)],
    np.pad: [lambda: np.pad(V, 2), lambda: np.pad(M, ((1, 0), (0, 2)), constant_values=1.5)],
    np.take: [lambda: np.take(V, [1, 1, 3]), lambda: np.take(M, 2, axis=1)],
    np.take_along_axis: [lambda: np.take_along_axis(M, np.array([[2], [0]]), 1)],
    np.sort: [lambda: np.sort(V), lambda: np.sort(M, axis=0), lambda: np.sort(M, axis=None)],
    np.median: [lambda: np.median(V), lambda: np.median(M, axis=1), lambda: np.median(M, keepdims=True)],
    np.diagonal: [lambda: np.diagonal(S), lambda: np.diagonal(M, offset=1)],
    np.diag: [lambda: np.diag(V), lambda: np.diag(V, -1), lambda: np.diag(S, 1)],
    np.trace: [lambda: np.trace(S), lambda: np.trace(S, offset=-1)],
    np.dot: [lambda: np.dot(M, N), lambda: np.dot(2.0, V), lambda: np.dot(V, V)],
    np.outer: [lambda: np.outer(V, W3), lambda: np.outer(M, V)],
    np.inner: [lambda: np.inner(V, V), lambda: np.inner(M, S)],
    np.vdot: [lambda: np.vdot(M, M)],
    np.tensordot: [lambda: np.tensordot(T, M, ([0, 1], [0, 1])), lambda: np.tensordot(M, N, 1)],
    np.kron: [lambda: np.kron(M, S), lambda: np.kron(V, W3)],
    np.cross: [lambda: np.cross(S, W3)],
    np.einsum: [
        lambda: np.einsum("ij,jk->ik", M, N), lambda: np.einsum("ij,jk", M, N), lambda: np.einsum("ij->", M),
        lambda: np.einsum("abc,bd->cad", T, N), lambda: np.einsum("i,j->ji", V, W3), lambda: np.einsum("ij->ji", M),
    ],
    np.linalg.solve: [lambda: np.linalg.solve(S, W3), lambda: np.linalg.solve(S, N)],
    np.linalg.slogdet: [lambda: np.linalg.slogdet(S)[1]],
    np.linalg.matrix_power: [lambda: np.linalg.matrix_power(S, 3), lambda: np.linalg.matrix_power(S, -1)],
    np.linalg.norm: [
        lambda: np.linalg.norm(V), lambda: np.linalg.norm(M), lambda: np.linalg.norm(V, 1),
        lambda: np.linalg.norm(V, 3), lambda: np.linalg.norm(T, axis=-1, keepdims=True),
        lambda: np.linalg.norm(V, np.inf), lambda: np.linalg.norm(M, 1), lambda: np.linalg.norm(M, -np.inf),
        lambda: np.linalg.norm(M, axis=1), lambda: np.linalg.norm(M, "fro"),
    ],
}  # fmt: skip
ALIKE = {np.around: np.round}  # two names of one function
NAMES = ("V", "W3", "M", "N", "S", "T")


def test_every_composite_is_tested():
    tested = {COMPOSITES[function] for function in CALLS} | {COMPOSITES[getitem]}
    assert set(COMPOSITES.values()) == tested
    assert all(COMPOSITES[one] is COMPOSITES[other] for one, other in ALIKE.items())


@pytest.mark.parametrize(("function", "call"), [(f, call) for f, calls in CALLS.items() for call in calls])
def test_values_are_numpys_and_derivatives_agree_with_finite_differences(function, call):
    used = [name for name in NAMES if name in call.__code__.co_names]
    constants = {name: globals()[name] for name in used}

    def f(*arrays):
        globals().update(zip(used, arrays, strict=True))
        try:
            return call()
        finally:
            globals().update(constants)

    start = [constants[name] for name in used]
    np.testing.assert_allclose(cv.jvp(f, start, [np.zeros_like(a) for a in start])[0], call(), rtol=1e-12, atol=1e-14)
    check_grads(f, *start, order=2)


def test_where_an_entry_is_missing_nansum_passes_no_derivative():
    assert cv.grad(lambda x: np.nansum(x**2))(HOLES).tolist() == [2.0, 0.0, 6.0]


def test_a_product_with_zeros_has_the_derivative_of_the_others():
    assert cv.grad(np.prod)(np.array([0.0, 2.0, 3.0])).tolist() == [6.0, 0.0, 0.0]
    assert cv.grad(np.prod)(np.array([0.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 0.0]


def test_ties_of_max_and_min_share_the_gradient():
    assert cv.grad(np.max)(np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]
    assert cv.grad(np.min)(np.array([[1.0, 1.0], [1.0, 3.0]])) == pytest.approx(np.array([[1, 1], [1, 0]]) / 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.einsum("ii->i", x), lambda x: np.linalg.norm(x, 2), lambda x: np.pad(x, 1, mode="edge"),
        lambda x: np.cross(x[:, :2], x[:, :2]), lambda x: np.var(x, dtype=np.float32),
    ],
)  # fmt: skip
def test_what_a_composite_cannot_do_is_refused_in_words(call):
    with pytest.raises(cv.UnsupportedOperation, match="has no derivative rule for"):
        cv.grad(lambda x: np.sum(call(x)))(S)
