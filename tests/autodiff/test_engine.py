"""The engine: derivatives of whole functions, however nested, in linear time, with no leaks of memory or of NaN."""

import gc
import math
import time
import weakref

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import chainviz.autodiff as cv
from chainviz.autodiff import grad, jvp, value_and_grad, variable, vjp

rng = np.random.default_rng(5)
W1, W2, BATCH = rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal((5, 3))


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: np.sin((2 * x + 1) ** 2), lambda x: np.cos((2 * x + 1) ** 2) * 4 * (2 * x + 1)),
        (lambda x: x * x, lambda x: 2 * x),
        (lambda x: x**3 / (1 + x), lambda x: (3 * x**2 * (1 + x) - x**3) / (1 + x) ** 2),
        (lambda x: x**x, lambda x: x**x * (np.log(x) + 1)),
        (lambda x: np.exp(-(x**2) / 2), lambda x: -x * np.exp(-(x**2) / 2)),
        (lambda x: np.log(np.cosh(x)), np.tanh),
        (cv.softplus, cv.sigmoid),
        (lambda x: 3.0, lambda x: 0.0),
    ],
)
@pytest.mark.parametrize("x", [0.3, 1.5, 2])
def test_scalar_derivatives_have_their_closed_forms(f, derivative, x):
    value, gradient = value_and_grad(f)(x)
    assert (type(value), type(gradient)) == (float, float)
    assert (value, gradient) == pytest.approx((f(x), derivative(x)), rel=1e-13)


def test_matrix_derivatives_have_their_closed_forms():
    a, x = rng.standard_normal((3, 3)), rng.standard_normal(3)
    np.testing.assert_allclose(grad(lambda x: x @ a @ x)(x), (a + a.T) @ x)
    np.testing.assert_allclose(grad(lambda a: x @ a @ x)(a), np.outer(x, x))
    by_both = grad(lambda a, x: np.sum((a @ x) ** 2), wrt=("x", "a"))(a, x=x)
    np.testing.assert_allclose(by_both[0], 2 * a.T @ a @ x)
    np.testing.assert_allclose(by_both[1], 2 * np.outer(a @ x, x))


def mlp(np, x):
    hidden = np.tanh(np.dot(BATCH, np.transpose(W1 * x)))
    scores = np.dot(hidden, W2)
    return np.mean((scores - 0.5) ** 2) + 0.01 * np.sum(x**2)


COMPOSITES = [
    lambda np, x: np.sum(np.sin(x) * np.cos(x[::-1])),
    lambda np, x: np.sum(np.exp(-x) / (1 + np.exp(-x))),
    lambda np, x: np.sqrt(np.sum(x**2)),
    lambda np, x: np.log(np.sum(np.exp(x))),
    lambda np, x: np.sum(np.where(x > 0, x**2, np.sinh(x))),
    lambda np, x: np.sum(np.reshape(x, (3, 1)) @ np.reshape(x, (1, 3)) @ x),
    lambda np, x: np.sum(np.concatenate([x, 2 * x])[1:5] ** 3),
    lambda np, x: np.sum(np.logaddexp(x, 2 * x[0]) - np.maximum(x, 0.3)),
    lambda np, x: np.mean(np.stack([x, x**2], axis=1) @ W1[:2]),
    lambda np, x: np.sum(np.arctan(x) * np.log1p(np.square(x)) + np.abs(np.tan(x / 4))),
    lambda np, x: np.sum(np.swapaxes(np.broadcast_to(np.expand_dims(x, 0), (4, 3)), 0, 1) ** 2 * np.transpose(W1)),
    mlp,
]


@pytest.mark.parametrize("f", COMPOSITES)
def test_autograd_agrees_to_second_order(f):
    x, v = np.array([0.7, -0.4, 1.2]), np.array([1.0, -2.0, 0.5])
    ours, theirs = (lambda x: f(np, x)), (lambda x: f(anp, x))
    np.testing.assert_allclose(grad(ours)(x), autograd.grad(theirs)(x), rtol=1e-10, atol=1e-12)
    expected = autograd.grad(lambda x: anp.sum(autograd.grad(theirs)(x) * v))(x)
    np.testing.assert_allclose(grad(lambda x: np.sum(grad(ours)(x) * v))(x), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jvp(grad(ours), (x,), (v,))[1], expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: jvp(ours, (x,), (v,))[1])(x), expected, rtol=1e-9, atol=1e-12)


def tangent(f, x):
    return jvp(f, (x,), (1.0,))[1]


def cotangent(f, x):
    return vjp(f, (x,), 1.0)[1][0]


MODES = {"grad": lambda f, x: grad(f)(x), "jvp": tangent, "vjp": cotangent}


@pytest.mark.parametrize("outer", list(MODES.values()), ids=list(MODES))
@pytest.mark.parametrize("inner", list(MODES.values()), ids=list(MODES))
class TestNestedDerivativesDoNotConfuseTheirVariables:
    def test_a_closure_over_the_outer_variable(self, outer, inner):
        assert outer(lambda x: x * inner(lambda y: x * y**2, 1.0), 3.0) == 12
        assert outer(lambda x: x * inner(lambda y: x + y, 1.0), 3.0) == 1
        assert outer(lambda x: inner(lambda y: x * x, 1.0), 3.0) == 0

    def test_the_outer_variable_as_the_argument(self, outer, inner):
        assert outer(lambda x: inner(lambda y: y**3, x), 2.0) == 12
        assert outer(lambda x: inner(lambda y: x * y**2, x), 2.0) == 8  # inner: 2 x y at y = x
        assert outer(lambda x: inner(lambda y: y * x, 2 * x), 5.0) == 1

    def test_three_levels(self, outer, inner):
        f = lambda x: outer(lambda y: inner(lambda z: x * y**2 * z**3, y), x)  # noqa: E731
        assert f(2.0) == 192  # the inner one is 3 x y^4, the outer one at y = x is 12 x^4
        assert grad(f)(2.0) == 384  # 48 x^3

    def test_the_value_beside_the_derivative_depends_on_the_outer_variable_too(self, outer, inner):
        assert outer(lambda x: value_and_grad(lambda y: y + x)(1.0)[0], 3.0) == 1
        assert outer(lambda x: jvp(lambda y: y * x, (2.0,), (1.0,))[0], 3.0) == 2
        assert outer(lambda x: vjp(lambda y: y * x, (2.0,), 1.0)[0], 3.0) == 2

    def test_a_variable_that_outlived_its_own_transformation_is_an_input_like_any_other(self, outer, inner):
        kept = []
        grad(lambda x: kept.append(x) or x)(3.0)
        assert cv.variable(0.0).value == outer(lambda x: inner(lambda y: kept[0] * x, 1.0), 3.0)
        result = outer(lambda x: x * inner(lambda y: x * y**2, 1.0), kept[0])
        assert getattr(result, "value", result) == 12


@pytest.mark.parametrize(("order", "expected"), [(1, -1.884521), (2, -8.259006), (3, 2.955370), (4, 121.529802)])
def test_higher_derivatives_of_sin_x_squared(order, expected):
    f = lambda x: np.sin(x**2)  # noqa: E731
    for _ in range(order):
        f = grad(f)
    assert f(1.5) == pytest.approx(expected, abs=1e-6)


def test_an_open_variable_in_a_closure_makes_the_gradient_a_variable():
    w = variable(2.0, "w")
    slope = grad(lambda x: w * x**2)(3.0)
    slope.backward()
    assert (slope.value, w.grad) == (12.0, 6.0)


def test_forward_and_reverse_of_an_output_that_ignores_its_input_are_zeros_of_the_right_shape():
    x = np.ones((2, 3))
    assert grad(lambda x: 1.0)(x).shape == (2, 3)
    assert jvp(lambda x: np.ones(4), (x,), (x,))[1].shape == (4,)
    assert jvp(lambda x: 1.0, (1.0,), (1.0,)) == (1.0, 0.0)


class TestBackward:
    def test_it_reaches_intermediate_variables_and_adds_up_until_told_to_start_anew(self):
        x = variable(1.5, "x")
        z = 2 * x + 1
        y = z**2
        y.backward(retain_graph=True)
        assert (y.grad, z.grad, x.grad) == (1.0, 8.0, 16.0)
        y.backward()
        assert (z.grad, x.grad) == (16.0, 32.0)
        x.grad = None
        (3 * x).backward()
        assert x.grad == 3.0

    def test_a_grad_left_over_does_not_leak_into_another_derivative(self):
        x = variable(3.0)
        (x**2).backward()
        assert x.grad == 6.0
        assert grad(lambda y: y * x.grad)(5.0) == 6.0
        (second,) = vjp(lambda y: y * x.grad * y, (2.0,), 1.0)[1]
        assert (second, x.grad) == (24.0, 6.0)

    def test_create_graph_makes_adjoints_that_can_be_differentiated(self):
        x = variable(2.0)
        (x**3).backward(create_graph=True)
        first, x.grad = x.grad, None
        first.backward()
        assert (first.value, x.grad) == (12.0, 12.0)

    def test_two_grads_are_never_the_same_array_nor_a_view(self):
        a, b = variable(np.ones(3)), variable(np.ones(3))
        np.sum(2 * (a + b)).backward()
        a.grad *= 0
        assert b.grad.tolist() == [2, 2, 2]


def test_gradients_belong_to_the_caller():
    c = np.ones(3)
    first, second = grad(lambda a, b: np.sum(2 * (a + b)), (0, 1))(c, c)
    first *= 5
    assert (second.tolist(), c.tolist()) == ([2, 2, 2], [1, 1, 1])
    grad(lambda a: np.sum(a))(c).sort()  # a sum's adjoint is a broadcast number, but not here
    (back,) = vjp(lambda x: x, (c,), c)[1]
    back += 1
    assert c.tolist() == [1, 1, 1]


def test_wrt_by_position_by_name_and_several():
    f = lambda a, b, *, c=1.0: a * b**2 * c  # noqa: E731
    assert (
        grad(f, "b")(2.0, 3.0) == grad(f, 1)(2.0, 3.0) == grad(f, -1)(2.0, 3.0) == grad(f, np.int64(1))(2.0, 3.0) == 12
    )
    assert grad(f, ["c", 0])(2.0, b=3.0, c=1.0) == (18.0, 9.0)


def chain(x, n):
    for _ in range(n // 2):
        x = 1.000001 * x + 0.5
    return x


def seconds(n):
    start = time.process_time()  # other programs do not count
    slope = grad(lambda x: chain(x, n))(1.0)
    assert slope == pytest.approx(math.exp(n / 2 * math.log(1.000001)))
    return time.process_time() - start


def test_a_chain_of_a_million_operations_takes_no_hundred_times_as_long_as_one_of_a_hundred_thousand():
    hundred_thousand = min(seconds(100_000) for _ in range(2))
    assert seconds(1_000_000) < 50 * hundred_thousand  # ten times, were it not for caches and collections of garbage


def test_forward_mode_and_second_order_are_no_recursion_either():
    assert tangent(lambda x: chain(x, 20_000), 1.0) == pytest.approx(1.000001**10_000)
    assert grad(grad(lambda x: chain(x, 20_000) ** 2))(1.0) == pytest.approx(2 * 1.000001**20_000)


def count_variables():
    return sum(issubclass(type(thing), cv.Variable) for thing in gc.get_objects())


@pytest.mark.parametrize("x", [1.5, np.array([1.0, 2.0])])
def test_dropping_the_output_frees_the_record_at_once(x):
    gc.collect()
    gc.disable()
    try:
        before = count_variables()
        y = np.sum(np.sin(2 * variable(x)) ** 2)
        y.backward(retain_graph=True)
        grad(grad(lambda x: np.sum(x**3)) if np.ndim(x) == 0 else lambda x: np.sum(x**3))(x)
        jvp(lambda x: np.sum(x @ x) if np.ndim(x) else x**2, (x,), (x,))
        assert count_variables() >= before + 4
        del y
        assert count_variables() == before
    finally:
        gc.enable()


def test_an_array_constant_is_not_kept_alive_by_anything_but_the_record():
    constants = [np.arange(3.0)]
    ghost = weakref.ref(constants[0])
    grad(lambda x: np.sum(x * constants[0]))(np.ones(3))
    constants.clear()
    assert ghost() is None


@pytest.mark.parametrize("x", [1000.0, -1000.0])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_sigmoid_softplus_and_relu_are_stable_far_out(x, shape):
    step = float(x > 0)
    given = np.full(shape, x) if shape else x
    for f, value, slope in [(cv.sigmoid, step, 0.0), (cv.softplus, max(x, 0.0), step), (cv.relu, max(x, 0.0), step)]:
        found = value_and_grad(lambda x, f=f: np.sum(f(x)))(given)
        assert found[0] == value * max(1, len(shape) * 2)
        np.testing.assert_array_equal(found[1], np.full(shape, slope))
        np.testing.assert_array_equal(
            grad(lambda x, f=f: np.sum(grad(lambda x: np.sum(f(x)))(x)))(given), np.zeros(shape)
        )


BRANCHES = {  # the branch not taken is NaN or infinite, or its derivative is
    "log": (lambda x: np.where(x > 0, np.log(x), 3 * x), -1.0, 3.0, 0.0),
    "log, taken": (lambda x: np.where(x > 0, np.log(x), 3 * x), 2.0, 0.5, -0.25),
    "sqrt at 0": (lambda x: np.where(x > 0, np.sqrt(x), x**2), 0.0, 0.0, 2.0),
    "division by 0": (lambda x: np.where(x == 0, 5 * x, np.sin(x) / x), 0.0, 5.0, 0.0),
    "sqrt at 0, through a shape": (
        lambda x: np.where(x > 0, np.ravel(np.reshape(np.sqrt(x), (-1, 1))), x),
        0.0,
        1.0,
        0.0,
    ),
    "sqrt at 0, through a chain": (lambda x: np.where(x > 0, np.exp(2 * np.sqrt(x) + 1), x), 0.0, 1.0, 0.0),
    "maximum": (lambda x: np.maximum(np.sqrt(x), 2.0) + x, 0.0, 1.0, 0.0),
    "relu": (lambda x: cv.relu(-np.sqrt(x)) + x, 0.0, 1.0, 0.0),
}


@pytest.mark.parametrize(("f", "x", "first", "second"), list(BRANCHES.values()), ids=list(BRANCHES))
def test_the_branch_not_taken_leaks_no_nan(f, x, first, second):
    total = lambda x: np.sum(f(x))  # noqa: E731
    with np.errstate(all="ignore"):
        for given in [x, np.array([x, x])] if "shape" not in str(f) else [np.array([x])]:
            np.testing.assert_array_equal(grad(total)(given), np.full(np.shape(given), first))
            slopes = lambda x: np.sum(grad(total)(x))  # noqa: E731
            np.testing.assert_array_equal(grad(slopes)(given), np.full(np.shape(given), second))
            direction = np.ones(np.shape(given)) if np.ndim(given) else 1.0
            np.testing.assert_array_equal(jvp(f, (given,), (direction,))[1], np.full(np.shape(given), first))


def test_an_infinite_adjoint_gives_the_branch_not_taken_nothing():
    with np.errstate(all="ignore"):
        slopes = grad(lambda x, y: np.sqrt(np.where(True, x, y)), (0, 1))(0.0, 4.0)
        assert slopes == (np.inf, 0.0)


def test_an_entry_used_elsewhere_keeps_its_derivative():
    x = np.array([-1.0, 4.0])
    f = lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0)) + np.abs(x)[0] ** 2  # noqa: E731
    np.testing.assert_allclose(grad(f)(x), [-2, 0.25])


@pytest.mark.parametrize("x", [0.0, np.zeros(2)])
def test_zero_times_infinity_stays_nan_where_nothing_was_left_out(x):
    with np.errstate(all="ignore"):
        assert np.all(np.isnan(grad(lambda x: np.sum(0.0 * np.log(x)))(x)))
        assert np.all(np.isnan(grad(lambda x: np.sum(np.sqrt(x) ** 2))(x)))
        assert np.all(np.isposinf(grad(lambda x: np.sum(np.sqrt(x)))(x)))


def test_a_kink_has_the_mean_of_both_sides():
    assert [grad(f)(0.0) for f in (abs, lambda x: np.maximum(x, 0.0), lambda x: np.minimum(0.0, x))] == [0.0, 0.5, 0.5]
    assert grad(cv.relu)(0.0) == 0.0  # the convention of neural networks


def test_check_grads_finds_a_wrong_derivative():
    wrong = lambda x: np.where(x > 0, x, 1.0) * np.asarray(getattr(x, "value", x)) * 1.0  # noqa: E731
    for mode in ("forward", "reverse"):
        with pytest.raises(AssertionError, match=f"{mode} mode gives"):
            cv.check_grads(wrong, 1.7, modes=[mode])
