"""Compiled Jacobians and Hessians give what the engine gives, at the recorded point and elsewhere."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chainviz as cv

RNG = np.random.default_rng(5)
A, B, x3, x4 = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 3)), RNG.standard_normal(3), RNG.standard_normal(4)
X = RNG.standard_normal((2, 3))
claim = settings(derandomize=True, max_examples=60, database=None)

_spec = importlib.util.spec_from_file_location(
    "properties", Path(__file__).parents[1] / "autodiff" / "test_properties.py"
)
assert _spec is not None
assert _spec.loader is not None
properties = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(properties)

FUNCTIONS = {
    "three layers": (lambda x: np.tanh(B @ np.tanh(A @ np.tanh(B @ x))), x3),
    "tall, so forward": (lambda x: np.tanh(B @ x)[[0, 1, 2, 3, 3, 0]] ** 2, x3),
    "number to number": (lambda x: np.sin(x) ** 2, 1.5),
    "number to array": (lambda x: np.sin(x * x3), 1.5),
    "array to number": (lambda x: np.sum(x**3) * x[0], x3),
    "matrix to matrix": (lambda x: np.tanh(x @ B.T) @ A.T, X),
    "matrix to vector": (lambda x: x @ x3 + x4[:2], X),
    "vector on the left": (lambda x: np.exp(x @ B.T / 5) @ x4, X),
    "inner product": (lambda x: (x @ x) * (x @ x3) * x, x3),
    "outer product": (lambda x: np.outer(x, np.sin(x)), x3),
    "stacks of matrices": (lambda x: np.stack([x, 2 * x]) @ B[:3], np.outer(x3, x3)),
    "einsum": (lambda x: np.einsum("ij,kj,k->ik", x, X, x3[:2]), X),
    "reductions": (lambda x: np.concatenate([np.sum(x, axis=0), np.mean(x**2, axis=1), [np.max(x)]]), X),
    "kept axes": (lambda x: x / np.sum(np.exp(x), axis=1, keepdims=True), X),
    "broadcasting": (lambda x: x[:, None] * x[None, :] + x, x3),
    "indices": (lambda x: np.stack([x[0], x[-1] * x[1], x[[0, 0, 2]] @ x[1:][[0, 1, 1]]]), x3),
    "index arrays behind others": (lambda x: x[:, [0, 2, 2]] ** 2 + x[1, [0, 1, 0]], X),
    "a mask": (lambda x: x[np.array([True, False, True])] ** 2, x3),
    "shapes": (lambda x: np.squeeze(np.reshape(x, (3, 1, 2)) ** 2).T + np.swapaxes(x, 0, 1).T, X),
    "moved axes": (lambda x: np.transpose(np.stack([x, x**2]), (2, 0, 1)), X),
    "moved entries": (lambda x: np.flip(np.roll(x, 1)) * np.cumsum(x), x3),
    "products": (lambda x: np.stack([np.prod(x), np.cumprod(x)[1]]), x3),
    "fan-out": (lambda x: (x * x + np.sin(x) * x) / (1 + x * x), x3),
    "no dependence": (lambda x: np.ones(2), x3),
    "no dependence in part": (lambda x: np.stack([x[0], 3.0 + 0 * x[1]]), x3),
    "linear": (lambda x: B @ x, x3),
    "the identity": (lambda x: x, x3),
    "a view": (lambda x: x.T, X),
    "choices": (lambda x: np.where(x > 0, x**2, np.exp(x)) + np.maximum(x, 0.1) + np.abs(x), x3),
    "the largest": (lambda x: np.max(x) * x, x3),
    "sorted": (lambda x: np.sort(x) ** 2, x3),
    "softmax": (lambda x: cv.softmax(x @ B.T), X),
    "losses": (lambda x: np.stack([cv.cross_entropy(x, [0, 2]), np.sum(cv.layer_norm(x) ** 3)]), X),
    "linear algebra": (lambda x: np.linalg.solve(np.outer(x, x) + np.eye(3), x) * np.linalg.det(np.diag(x)), x3),
    "stopped": (lambda x: x * cv.stop_gradient(x), x3),
    "implicit": (lambda x: cv.root(lambda t, x: t**3 - x, 1.0, x), 2.0),
    "normal": (lambda x: cv.normal(x, x**2, seed=0), x3),
    "no entries": (lambda x: x * 2, np.ones(0)),
}


def close(found, expected):
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_compiled_jacobian_is_the_engines_elsewhere_too(name):
    f, x = FUNCTIONS[name]
    replay = cv.compile(f, x, derivative="jacobian")
    for scale in (1.0, 1.01):
        close(replay(x * scale), cv.jacobian(f)(x * scale))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_compiled_hessian_is_the_engines_elsewhere_too(name):
    f, x = FUNCTIONS[name]
    weights = RNG.standard_normal(np.shape(f(x)))

    def g(x):
        return np.sum(f(x) ** 2 * weights)

    by_graph, by_function = cv.trace(g, x).compile(derivative="hessian"), cv.compile(g, x, derivative="hessian")
    for scale in (1.0, 1.01):
        expected = cv.hessian(g)(x * scale)
        close(by_graph(x * scale), expected)
        close(by_function(x * scale), expected)


def test_several_inputs_give_tuples():
    def f(W, x, s):
        return np.tanh(W @ x) * s

    inputs = (A, x4, 0.5)
    for found, expected in zip(
        cv.compile(f, *inputs, derivative="jacobian")(*inputs), cv.jacobian(f, (0, 1, 2))(*inputs), strict=True
    ):
        close(found, expected)

    def g(W, x, s):
        return np.sum(f(W, x, s) ** 2)

    expected = cv.jacobian(cv.grad(g, (0, 1, 2)), (0, 1, 2))(*inputs)
    found = cv.compile(g, *inputs, derivative="hessian")(*inputs)
    assert [len(row) for row in found] == [3, 3, 3]
    for k in range(3):
        for j in range(3):
            close(found[k][j], expected[k][j])


@claim
@given(properties.trees, hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3), st.integers(0, 99))
def test_random_expressions_of_arrays_have_the_engines_jacobians_and_hessians(f, shapes, seed):
    rng = np.random.default_rng(seed)
    x, y, again, too = (
        rng.uniform(-2, 2, shape) if shape else float(rng.uniform(-2, 2)) for shape in shapes.input_shapes * 2
    )
    replay = cv.compile(lambda x, y: f(x, y), x, y, derivative="jacobian")
    second = cv.compile(lambda x, y: np.sum(f(x, y)), x, y, derivative="hessian")
    for point in ((x, y), (again, too)):
        for found, expected in zip(replay(*point), cv.jacobian(f, (0, 1))(*point), strict=True):
            assert np.shape(found) == np.shape(expected)
            np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
        both = cv.jacobian(cv.grad(lambda x, y: np.sum(f(x, y)), (0, 1)), (0, 1))(*point)
        for found, expected in zip(sum(second(*point), ()), sum(both, ()), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_the_unit_vectors_are_never_multiplied_out():
    """x -> tanh(a x): n squared entries are touched once, as in (1 - h * h)[:, None] * a."""
    a = RNG.standard_normal((300, 300))
    replay = cv.compile(lambda x: np.tanh(a @ x), np.ones(300), derivative="jacobian")
    arrays = [v for v in replay.__globals__.values() if isinstance(v, np.ndarray)]
    assert any(np.array_equal(v, a) for v in arrays)
    assert not any(np.array_equal(v, np.eye(300)) for v in arrays)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid")
def test_what_was_not_taken_has_no_derivative_though_its_own_is_infinite():
    def f(x):
        return np.where(x > 0, np.log(np.where(x > 0, x, 1.0)) + np.maximum(np.sqrt(np.abs(x)), 0.5), 0.0)

    x, at = np.array([1.0, -1.0, 2.0]), np.array([1.0, 0.0, 2.0])
    close(cv.compile(f, x, derivative="jacobian")(at), cv.jacobian(lambda x: np.where([1, 0, 1], f(x), 0.0))(at))


def test_what_it_returns_is_the_callers_and_the_input_stays():
    x = np.ones(3)
    for f in (lambda x: x, lambda x: A.T @ x, np.sin):
        replay = cv.compile(f, x, derivative="jacobian")
        first = replay(x)
        first += 1
        close(replay(x), cv.jacobian(f)(x))
        assert list(x) == [1.0, 1.0, 1.0]


def test_what_cannot_be_compiled_says_so():
    with pytest.raises(cv.InputError, match="There is no derivative 'slope'"):
        cv.compile(np.sin, 1.0, derivative="slope")
    with pytest.raises(cv.InputError, match=r"returned .* but a Jacobian is compiled for one number or array"):
        cv.compile(lambda x: (x, {"a": x}), 1.0, derivative="jacobian")
    with pytest.raises(cv.UnsupportedOperation, match="Only real numbers"):
        cv.compile(lambda x: np.real(np.exp(1j * x)), 1.0, derivative="jacobian")
    with pytest.raises(cv.InputError, match="checkpoint hides"):
        cv.compile(cv.checkpoint(np.sin), x3, derivative="jacobian")
    with pytest.raises(cv.InputError, match=r"'x' has shape \(2,\), but the recording that was compiled has \(3,\)"):
        cv.compile(lambda x: x, x3, derivative="jacobian")(np.ones(2))
    with pytest.raises(cv.InputError, match="'x' is complex, but what is compiled is for real numbers"):
        cv.compile(lambda x: np.sum(x), x3)(np.ones(3) + 1j)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(1e200 * (1e200 * x)), [1e-300, 2e-300]),
        (lambda x: np.sum(1e-200 * (1e-200 * x)), [1e300, 2e300]),
        (lambda x: np.sum(x / 1e-310), [1e-310, 2e-310]),
        (lambda x: np.sum(1e-200 * x * x), [1e200, 2e200]),
        (lambda x: np.sum(1e200 * x * x), [1e-200, 2e-200]),
        (lambda x: x * 10**30, 1.5),
    ],
)
def test_numbers_that_are_moved_out_of_a_product_neither_overflow_nor_vanish(f, x):
    value, gradient = cv.compile(f, x)(x)
    expected, derivative = cv.value_and_grad(f)(np.array(x) if np.ndim(x) else x)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    np.testing.assert_allclose(gradient, derivative, rtol=1e-9)


@pytest.mark.parametrize("inner", [cv.gelu, cv.erf, cv.normal_cdf, cv.silu, cv.elu, cv.softplus, np.arcsin, np.exp2])
@pytest.mark.parametrize("outer", [abs, np.sign, lambda a: np.maximum(a, 0), lambda a: a**3, lambda a: 1 / a])
def test_a_number_stays_a_number_through_every_function(inner, outer):
    """NumPy's own scalars would raise where Python's floats compute: True - False, say."""
    replay = cv.trace(lambda x: outer(inner(x)), x=0.3).compile()
    for x in (0.3, -0.7):
        value, gradient = replay(x)
        assert not isinstance(value, np.generic)
        assert not isinstance(gradient, np.generic)
        assert (value, gradient) == pytest.approx(cv.value_and_grad(lambda x: outer(inner(x)))(x), rel=1e-12)
