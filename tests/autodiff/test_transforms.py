"""Jacobians, Hessians and their products, against closed forms, finite differences and each other."""

import dataclasses
import warnings
from typing import NamedTuple

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import chainviz as cv

X = np.array([0.3, -0.7, 1.1])
rng = np.random.default_rng(2)
MANY = rng.standard_normal((12, 12))


def wide(x, module=np):
    return module.array([x[0] * x[1], module.sin(x[2])])


def tall(x, module=np):
    return module.array([x[0] * x[1], module.sin(x[2]), x[0] ** 2, module.exp(x[1] * x[2])])


def energy(x, module=np):
    return module.sum(module.tanh(module.outer(x, x))) + x[0] * x[1] * x[2]


@pytest.mark.parametrize("f", [wide, tall])
def test_jacobians_agree_with_autograd_by_either_mode(f):
    assert cv.jacobian(f)(X) == pytest.approx(autograd.jacobian(lambda x: f(x, anp))(X))


def test_hessians_agree_with_autograd_and_are_symmetric():
    hessian = cv.hessian(energy)(X)
    assert hessian == pytest.approx(autograd.hessian(lambda x: energy(x, anp))(X))
    assert hessian == pytest.approx(hessian.T)


def test_the_hessian_vector_product_is_the_product():
    v = np.array([1.0, -2.0, 0.5])
    (product,) = cv.hvp(energy, (X,), (v,))
    assert product == pytest.approx(cv.hessian(energy)(X) @ v)


def test_the_curriculums_composed_jacobian():
    def g(u):
        return np.array([u[0] * u[1], u[0] + u[1]])

    def f(x):
        return np.array([x[0] ** 2 * x[1], x[0] - x[1], np.exp(x[0] - x[1])])

    point = np.array([1.0, 2.0])
    composed = cv.jacobian(lambda u: f(g(u)))(point)
    assert composed == pytest.approx(np.array([[28, 16], [1, 0], [0.367879, 0]]), abs=1e-6)
    assert cv.jacobian(f)(g(point)) @ cv.jacobian(g)(point) == pytest.approx(composed)
    assert cv.jvp(lambda u: f(g(u)), (point,), (np.array([1.0, -1.0]),))[1] == pytest.approx(
        [12, 1, 0.367879], abs=1e-6
    )


def test_numbers_in_numbers_out():
    assert cv.jacobian(np.sin)(0.5) == pytest.approx(np.cos(0.5))
    assert cv.hessian(lambda x: x**3)(2.0) == pytest.approx(12.0)
    assert cv.jacobian(lambda x: x * X)(2.0) == pytest.approx(X)
    assert cv.jacobian(cv.jacobian(lambda x: x**3))(X) == pytest.approx(
        np.einsum("i,ij,ik->ijk", 6 * X, np.eye(3), np.eye(3))
    )


def test_a_jacobian_inside_a_gradient_sees_the_outer_variable():
    assert cv.grad(lambda a: np.sum(cv.jacobian(lambda x: a * x**2)(X)))(2.0) == pytest.approx(np.sum(2 * X))


def test_of_several_arguments_each_gets_its_part():
    assert cv.hvp(lambda x, y: x**2 * y, (2.0, 3.0), (1.0, 0.5)) == pytest.approx((6.0 + 2.0, 4.0))
    assert cv.jacobian(lambda x, y: x * y, wrt="y")(X, X) == pytest.approx(np.diag(X))


def test_elementwise_grad_is_the_diagonal_of_the_jacobian():
    assert cv.elementwise_grad(np.tanh)(X) == pytest.approx(np.diag(cv.jacobian(np.tanh)(X)))
    assert cv.elementwise_grad(cv.elementwise_grad(np.sin))(X) == pytest.approx(-np.sin(X))


def test_the_jacobian_of_a_constant_is_zero():
    assert cv.jacobian(lambda x: np.ones(2))(X).tolist() == np.zeros((2, 3)).tolist()


# -- trees


@dataclasses.dataclass
class Layer:
    w: object
    b: object
    activation: str = "tanh"


class Pair(NamedTuple):
    first: object
    second: object


def apply(layers, x):
    for layer in layers:
        x = getattr(np, layer.activation)(layer.w @ x + layer.b)
    return np.sum(x)


def test_arguments_may_be_trees_and_gradients_are_built_like_them():
    w, b, x = rng.standard_normal((2, 2)), rng.standard_normal(2), rng.standard_normal(2)
    found = cv.grad(apply)([Layer(w, b), Layer(w, 0.5, "sin")], x)
    flat = cv.grad(lambda w1, b1, w2, b2: np.sum(np.sin(w2 @ np.tanh(w1 @ x + b1) + b2)), range(4))(w, b, w, 0.5)
    assert [type(layer) for layer in found] == [Layer, Layer]
    assert found[0].activation is None
    for one, other in zip((found[0].w, found[0].b, found[1].w, found[1].b), flat, strict=True):
        np.testing.assert_allclose(one, other)
    pair = cv.grad(lambda p, d: p.first * d["a"] ** 2 + p.second[0], (0, "d"))(Pair(2.0, (3.0,)), d={"a": 4.0})
    assert pair == (Pair(16.0, (1.0,)), {"a": 16.0})


def test_results_may_be_trees():
    f = lambda x: {"s": np.sin(x), "both": (x, np.sum(x**2))}  # noqa: E731
    x, v = np.array([0.3, 0.7]), np.array([1.0, -2.0])
    value, tangent = cv.jvp(f, (x,), (v,))
    np.testing.assert_allclose(tangent["s"], np.cos(x) * v)
    assert tangent["both"][1] == pytest.approx(2 * x @ v)
    assert value["both"][1] == pytest.approx(x @ x)
    _, (pulled,) = cv.vjp(f, (x,), {"s": v, "both": (np.zeros(2), 1.0)})
    np.testing.assert_allclose(pulled, np.cos(x) * v + 2 * x)
    for mode in ("reverse", "forward", "auto"):
        jacobian = cv.jacobian(f, mode=mode)(x)
        np.testing.assert_allclose(jacobian["s"], np.diag(np.cos(x)))
        np.testing.assert_allclose(jacobian["both"][0], np.eye(2))
        np.testing.assert_allclose(jacobian["both"][1], 2 * x)


def test_jacobians_of_trees_have_a_block_for_every_pair_of_leaves():
    f = lambda p: (p["w"] * p["x"], np.sum(p["x"]))  # noqa: E731
    at = {"w": 2.0, "x": np.array([1.0, 3.0])}
    for mode in ("reverse", "forward"):
        product, total = cv.jacobian(f, mode=mode)(at)
        np.testing.assert_allclose(product["w"], at["x"])
        np.testing.assert_allclose(product["x"], 2.0 * np.eye(2))
        assert total["w"] == 0.0
        np.testing.assert_allclose(total["x"], np.ones(2))
    hessian = cv.hessian(lambda p: p["w"] ** 2 * np.sum(p["x"]))(at)
    assert hessian["w"]["w"] == 8.0
    np.testing.assert_allclose(hessian["w"]["x"], [4.0, 4.0])
    np.testing.assert_allclose(hessian["x"]["x"], np.zeros((2, 2)))
    with pytest.raises(cv.InputError, match="mode"):
        cv.jacobian(f, mode="sideways")


def test_a_tree_of_another_build_is_an_error():
    with pytest.raises(cv.InputError, match="built differently"):
        cv.jvp(lambda p: p["a"], ({"a": 1.0},), ({"b": 1.0},))
    assert cv.tree_map(lambda w, g: w - 0.5 * g, {"w": [1.0, 2.0]}, {"w": [2.0, 4.0]}) == {"w": [0.0, 0.0]}


def test_the_gauss_newton_product_is_the_hessian_of_the_linearised_function():
    a, x, v = rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal(3)
    f, loss = (lambda x: np.tanh(a @ x)), (lambda y: np.sum(y**2) + np.sum(y) ** 2)
    jacobian = cv.jacobian(f)(x)
    expected = jacobian.T @ cv.hessian(loss)(f(x)) @ jacobian @ v
    np.testing.assert_allclose(cv.ggnvp(f, loss, (x,), (v,))[0], expected)


@pytest.mark.parametrize("f", [
    lambda x: np.sin(x) * x[::-1],
    lambda x: MANY @ np.tanh(MANY @ x + 1.0),
    lambda x: np.sum(np.outer(x, x) @ np.outer(x, 1 / (1 + x**2)), axis=0),
    lambda x: np.where(x > 0, np.log(np.abs(x)), x) + np.sum(x),
    lambda x: np.where(x > 100, np.sqrt(0.0 * x), x),  # 0 times infinity, where it was not taken
    lambda x: np.linalg.solve(MANY + 9.0 * np.eye(12), x) * np.max(x),
    lambda x: x[3] * x[:5],
    lambda x: np.stack([x @ x, x[0], 2.0]),
    lambda x: np.concatenate([np.repeat(x, 12), x]),
])  # fmt: skip
def test_rows_of_a_jacobian_taken_together_are_those_taken_one_by_one(f):
    x = rng.standard_normal(12)
    one_by_one = np.stack([cv.vjp(f, (x,), e)[1][0] for e in np.eye(np.size(f(x)))])
    np.testing.assert_allclose(cv.jacobian(f, mode="reverse")(x), one_by_one, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(cv.jacobian(f, mode="forward")(x), one_by_one, rtol=1e-9, atol=1e-12)


def test_a_tuple_stays_a_tuple_and_an_array_an_array_at_a_number_too():
    assert cv.jacobian(lambda x: (x, 2 * x))(1.0) == (1.0, 2.0)
    np.testing.assert_array_equal(cv.jacobian(lambda x: np.array([x, 2 * x]))(1.0), [1.0, 2.0])


@pytest.mark.parametrize("call", [
    lambda: cv.jacobian(lambda x: {"a": x, "b": "text"})(1.0),
    lambda: cv.jacobian(lambda x: None)(1.0),
    lambda: cv.taylor(lambda x: None, 1.0, 2),
    lambda: cv.taylor(np.sin, 1.0, True),
    lambda: cv.root(lambda x: None, 1.0),
    lambda: cv.grad(lambda x: cv.checkpoint(lambda z: "text")(x))(1.0),
])  # fmt: skip
def test_what_is_no_number_is_refused_and_never_a_derivative_of_zero(call):
    with pytest.raises(cv.InputError):
        call()


def test_options_of_a_checkpointed_function_may_move_too():
    f = cv.checkpoint(lambda z, k: z * k**2)
    assert cv.grad(lambda x: f(2.0 * x, k=x))(3.0) == 6.0 * 9.0


def test_a_mean_of_nothing_has_an_empty_gradient():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own: the mean of nothing is NaN
        assert cv.grad(np.mean)(np.zeros(0)).shape == (0,)
