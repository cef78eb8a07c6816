"""Jacobians, Hessians and their products, against closed forms, finite differences and each other."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import chainviz as cv

X = np.array([0.3, -0.7, 1.1])


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
