"""Control of the rule: own rules, checkpoints, reversible chains, implicit functions, constants, freeing, scopes."""

import tracemalloc

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import check_grads

rng = np.random.default_rng(7)
VECTOR, MATRIX = rng.standard_normal(3), rng.standard_normal((3, 3))


# -- rules of one's own


@cv.primitive(vjp=lambda g, y, x: g * y * (1 - y), tex=r"\sigma({0})")
def logistic(x):
    """The sigmoid, by hand."""
    return 1 / (1 + np.exp(-x))


@cv.primitive(vjp=lambda g, y, a, b, scale=1.0: (g * b * scale, np.sum(g * a) * scale))
def scaled(a, b, scale=1.0):
    return a * b * scale


def test_a_rule_of_ones_own_is_used_in_both_modes_and_to_any_order():
    check_grads(lambda x: np.sum(logistic(x) ** 2), VECTOR, order=3)
    check_grads(logistic, 0.3, order=3)
    check_grads(lambda a, b: np.sum(np.sin(scaled(a, b, scale=3.0))), VECTOR, 0.7)
    assert logistic(0.0) == 0.5
    assert logistic.__doc__ == "The sigmoid, by hand."


def test_it_is_one_named_node_with_its_formula():
    graph = cv.trace(lambda x: logistic(2 * x), x=0.5)
    assert [node.primitive and node.primitive.name for node in graph.nodes] == [None, "multiply", "logistic"]
    assert r"\sigma" in graph.to_latex()


def test_a_wrong_rule_is_found_on_first_use():
    cubed = cv.primitive(lambda x: x**3, vjp=lambda g, y, x: g * 2 * x**2)
    with pytest.raises(cv.RuleError, match=r"wrong for operand 0: at 2\.0 .*finite differences.*check=False"):
        cv.grad(cubed)(2.0)
    swapped = cv.primitive(lambda a, b: a * b**2, vjp=lambda g, y, a, b: (g * b**2, g * a * b))
    with pytest.raises(cv.RuleError, match="operand 1"):
        cv.grad(lambda b: swapped(2.0, b))(3.0)


def test_a_rule_with_adjoints_of_wrong_number_or_shape_is_an_error():
    with pytest.raises(cv.RuleError, match="1 adjoints for 2 operands"):
        cv.grad(cv.primitive(lambda a, b: a * b, vjp=lambda g, y, a, b: g * b))(1.0, 2.0)
    with pytest.raises(cv.RuleError, match=r"shape \(\) for operand 0, which has shape \(3,\)"):
        cv.grad(cv.primitive(lambda a: np.sum(a), vjp=lambda g, y, a: g))(VECTOR)


def test_a_rule_that_is_meant_to_differ_is_left_alone():
    flip = cv.primitive(lambda x: x, vjp=lambda g, y, x: -g, check=False)
    straight = cv.primitive(np.round, vjp=lambda g, y, x: g, check=False)
    assert cv.grad(lambda x: flip(x) ** 2)(3.0) == -6.0
    assert cv.grad(lambda x: straight(x) * x)(2.4) == 2.0 + 2.4


def test_none_stands_for_no_derivative():
    first = cv.primitive(lambda a, b: a + b, vjp=lambda g, y, a, b: (g, None), check=False)
    assert cv.grad(first, (0, 1))(1.0, 2.0) == (1.0, 0.0)


# -- checkpoints and reversible chains


def test_a_checkpoint_changes_no_number_even_for_closures_and_higher_orders():
    def plain(a):
        return np.sum(np.tanh(MATRIX @ np.sin(a * VECTOR)) * a)

    def marked(a):
        return np.sum(cv.checkpoint(lambda v: np.tanh(MATRIX @ np.sin(v)) * a)(a * VECTOR))

    for derivative in (cv.grad, lambda f: cv.grad(cv.grad(f)), lambda f: cv.grad(cv.grad(cv.grad(f)))):
        assert derivative(marked)(0.7) == pytest.approx(derivative(plain)(0.7), rel=1e-12)
    assert cv.jvp(marked, (0.7,), (1.0,)) == pytest.approx(cv.jvp(plain, (0.7,), (1.0,)))
    nested = cv.checkpoint(lambda a: cv.checkpoint(plain)(a) ** 2)
    assert cv.grad(nested)(0.7) == pytest.approx(cv.grad(lambda a: plain(a) ** 2)(0.7))
    assert marked(0.7) == plain(0.7)


def test_a_checkpoint_depends_on_variables_from_outside_even_if_its_arguments_are_numbers():
    for derivative in (cv.grad, lambda f: lambda x: cv.jvp(f, (x,), (1.0,))[1]):
        f = derivative(lambda x: cv.checkpoint(lambda z: z * x**3)(3.0))
        assert f(2.0) == pytest.approx(36.0)
        assert cv.grad(f)(2.0) == pytest.approx(36.0)
    x = cv.variable(2.0)
    cv.checkpoint(lambda: x**3)().backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.backward()
    assert x.grad == pytest.approx(12.0)
    nested = cv.grad(lambda x: (lambda y: cv.checkpoint(lambda: y * np.sin(y) * x)())(x**2))
    assert nested(1.5) == pytest.approx(cv.grad(lambda x: x**2 * np.sin(x**2) * x)(1.5))


def test_what_gives_another_value_when_it_is_run_again_is_an_error():
    unseeded = np.random.default_rng(0)
    with pytest.raises(cv.RuleError, match="Seed its random numbers"):
        cv.grad(cv.checkpoint(lambda x: x * unseeded.normal()))(2.0)
    for run in (lambda x, w: cv.checkpoint(lambda x: w * x)(x),
                lambda x, w: cv.checkpoint(lambda x, w: w * x)(x, w),
                lambda x, w: cv.reversible([(lambda z: w * z, np.sin)])(x, x)[0]):  # fmt: skip
        x, weights = cv.variable(VECTOR), np.ones(3)
        y = np.sum(run(x, weights))
        weights *= 2.0
        with pytest.raises(cv.RuleError, match="in place"):
            y.backward()


def test_a_reversible_chain_of_numbers_gives_numbers():
    assert cv.reversible([(np.sin, np.cos)])(0.0, 0.0) == (0.0, 1.0)


def test_a_checkpoint_may_give_several_results_in_a_tree():
    pair = cv.checkpoint(lambda p: {"s": np.sin(p["x"]), "t": (np.sum(p["x"]), 2.0 * p["y"])})
    f = lambda p, pair: np.sum(pair(p)["s"] * pair(p)["t"][0]) + pair(p)["t"][1]  # noqa: E731
    at = {"x": VECTOR, "y": 0.5}
    expected = cv.grad(lambda p: np.sum(np.sin(p["x"]) * np.sum(p["x"])) + 2.0 * p["y"])(at)
    found = cv.grad(lambda p: f(p, pair))(at)
    np.testing.assert_allclose(found["x"], expected["x"])
    assert found["y"] == 2.0


def peak(f, *args):
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_checkpoints_and_reversible_chains_keep_less():
    x = rng.standard_normal(50_000)
    depth = 16

    def layers(v, count=depth):
        for _ in range(count):
            v = np.tanh(v + 0.1 * np.sin(v))
        return v

    def in_fours(v):
        for _ in range(4):
            v = cv.checkpoint(lambda u: layers(u, 4))(v)
        return v

    blocks = [(np.sin, lambda v: np.tanh(v) * 0.5)] * depth

    def stored(v):
        a, b = v, v
        for f, g in blocks:
            a = a + f(b)
            b = b + g(a)
        return a + b

    plain, marked = (peak(cv.grad(lambda v, f=f: np.sum(f(v))), x) for f in (layers, in_fours))
    assert marked < 0.6 * plain
    kept, inverted = (
        peak(cv.grad(lambda v, f=f: np.sum(f(v))), x) for f in (stored, lambda v: sum(cv.reversible(blocks)(v, v)))
    )
    assert inverted < 0.4 * kept


def test_a_reversible_chain_has_the_derivatives_of_the_chain_itself():
    def blocks(w):
        return [(lambda v: np.sin(w * v), np.tanh), (lambda v: w * v**2, lambda v: np.cos(v) * w)]

    def by_inversion(x, w):
        return np.sum(cv.reversible(blocks(w))(x, 0.5 * x)[1])

    def plainly(x, w):
        a, b = x, 0.5 * x
        for f, g in blocks(w):
            a = a + f(b)
            b = b + g(a)
        return np.sum(b)

    for one, other in zip(
        cv.grad(by_inversion, (0, 1))(VECTOR, 0.3), cv.grad(plainly, (0, 1))(VECTOR, 0.3), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-10)
    np.testing.assert_allclose(cv.hessian(by_inversion)(VECTOR, 0.3), cv.hessian(plainly)(VECTOR, 0.3), rtol=1e-9)
    assert cv.jvp(by_inversion, (VECTOR, 0.3), (VECTOR, 1.0)) == pytest.approx(
        cv.jvp(plainly, (VECTOR, 0.3), (VECTOR, 1.0))
    )


# -- implicit functions


def test_roots_and_fixed_points_have_the_derivatives_of_the_closed_form():
    root = lambda a: cv.root(lambda x, a: x**3 - a, 1.0, a)  # noqa: E731
    derivatives = [root, cv.grad(root), cv.grad(cv.grad(root)), cv.grad(cv.grad(cv.grad(root)))]
    expected = [8 ** (1 / 3), 8 ** (-2 / 3) / 3, -2 / 9 * 8 ** (-5 / 3), 10 / 27 * 8 ** (-8 / 3)]
    assert [d(8.0) for d in derivatives] == pytest.approx(expected)
    halves = lambda a: cv.fixed_point(lambda x, a: 0.5 * x + a, 0.0, a)  # noqa: E731
    assert (halves(3.0), cv.grad(halves)(3.0)) == pytest.approx((6.0, 2.0))


def test_a_linear_system_solved_implicitly_is_np_linalg_solve():
    a = MATRIX + 4.0 * np.eye(3)

    def by_root(b, a):
        return np.sum(np.sin(cv.root(lambda x, b, a: a @ x - b, np.zeros(3), b, a)))

    def directly(b, a):
        return np.sum(np.sin(np.linalg.solve(a, b)))

    for one, other in zip(cv.grad(by_root, (0, 1))(VECTOR, a), cv.grad(directly, (0, 1))(VECTOR, a), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    np.testing.assert_allclose(cv.hessian(by_root)(VECTOR, a), cv.hessian(directly)(VECTOR, a), rtol=1e-8)


def test_any_solver_will_do():
    def bisection(a):
        low, high = 0.0, 2.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if middle + np.exp(middle) < a else (low, middle)
        return low

    x = cv.implicit(lambda x, a: x + np.exp(x) - a, solve=bisection)
    assert cv.grad(x)(3.0) == pytest.approx(1 / (1 + np.exp(x(3.0))))
    check_grads(x, 3.0, order=3, tolerance=1e-4)


def test_no_solution_and_hidden_parameters_are_errors():
    with pytest.raises(cv.ConvergenceError, match=r"No solution.*left at x"):
        cv.root(lambda x: x**2 + 1.0, 0.5)
    with pytest.raises(cv.ConvergenceError, match="iterating"):
        cv.fixed_point(lambda x: -x, 1.0, max_steps=10)
    with pytest.raises(cv.ConvergenceError, match="solve"):
        cv.grad(cv.implicit(lambda x, a: x - a, solve=lambda a: a + 1.0))(1.0)
    with pytest.raises(cv.InputError, match="not among its parameters"):
        cv.grad(lambda a: cv.root(lambda x: x - a, 0.0))(1.0)
    with pytest.raises(cv.InputError, match=r"shape \(2,\) for x of shape \(3,\)"):
        cv.implicit(lambda x, a: x[:2], solve=lambda a: np.zeros(3))(1.0)


# -- constants


def test_nothing_passes_a_stopped_gradient():
    assert cv.grad(lambda x: x * cv.stop_gradient(x))(3.0) == 3.0
    assert cv.grad(cv.grad(lambda x: x**2 * cv.stop_gradient(x)))(3.0) == 6.0
    assert cv.jvp(lambda x: x * cv.stop_gradient(x), (3.0,), (1.0,)) == (9.0, 3.0)
    frozen = cv.grad(lambda p: np.sum(cv.stop_gradient(p)["w"] * p["b"]))({"w": VECTOR, "b": VECTOR})
    np.testing.assert_allclose(frozen["b"], VECTOR)
    np.testing.assert_allclose(frozen["w"], 0.0)
    graph = cv.trace(lambda x: x * cv.stop_gradient(2 * x), x=3.0)
    assert "stop_gradient" in [node.primitive and node.primitive.name for node in graph.nodes]
    assert graph.nodes[graph.inputs[0]].adjoint == 6.0


def test_frozen_layers_cost_nothing():
    weights = [rng.standard_normal((4, 4)) for _ in range(6)]
    pulled = []
    watched = cv.primitive(
        lambda w, h: w @ h, vjp=lambda g, y, w, h: (pulled.append(1) or np.outer(g, h), w.T @ g), check=False
    )

    def loss(trainable, x):
        h = x
        for w in [*weights[:5], trainable]:
            h = np.tanh(watched(w, h))
        return np.sum(h)

    cv.grad(loss)(weights[5], np.ones(4))
    assert len(pulled) == 1


def test_within_no_grad_nothing_is_recorded_but_transformations_work():
    x = cv.variable(VECTOR)
    with cv.no_grad():
        assert not isinstance(np.sum(np.sin(x) * 2), cv.Variable)
        assert isinstance(x + 1, np.ndarray)
        assert cv.grad(lambda x: x**2)(3.0) == 6.0
        assert cv.trace(lambda x: x**2, x=3.0).nodes[0].adjoint == 6.0
    assert isinstance(x + 1, cv.Variable)


def test_the_record_is_given_back_after_backward_unless_it_is_retained():
    x = cv.variable(2.0, "x")
    y = x**2
    z = np.sin(y)
    z.backward()
    with pytest.raises(cv.GraphFreedError, match="retain_graph=True"):
        z.backward()
    with pytest.raises(cv.GraphFreedError):
        (y * 2).backward()
    with pytest.raises(cv.GraphFreedError):
        cv.grad(lambda t: t * y)(1.0)
    again = x**2
    again.backward(retain_graph=True)
    again.backward()
    assert x.grad == pytest.approx(np.cos(4.0) * 4.0 + 8.0)
    x.grad = None
    (x**3).backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.backward()
    assert (slope.value, x.grad) == (12.0, 12.0)


def test_no_grad_may_be_nested_with_transformations_of_variables():
    def f(x):
        with cv.no_grad():
            slope = cv.grad(lambda y: y**2 * x)(x)
        return slope * x

    assert cv.grad(f)(3.0) == 18.0
    with cv.no_grad():
        assert cv.grad(lambda a: cv.root(lambda x, a: x - cv.root(lambda y, x, a: y - a * x - 1, 0.0, x, a), 0.5, a))(
            0.5
        ) == pytest.approx(4.0)


def test_a_function_that_meets_a_variable_before_its_own_rule_is_not_checked_by_that_rule():
    constant = cv.primitive(lambda a, k: a * k, vjp=lambda g, y, a, k: (g * k, g * a))
    assert cv.grad(lambda x: cv.primitive(lambda a: constant(a, x), vjp=lambda g, y, a: g)(2.0))(3.0) == 2.0


def test_scopes_are_kept_by_traces_and_may_be_nested():
    def f(x):
        with cv.scope("network"):
            for k in (1, 2):
                with cv.scope(f"layer {k}"):
                    x = np.tanh(2 * x)
        return x + 1

    scopes = [node.scope for node in cv.trace(f, x=0.5).nodes]
    first, second = ("network", "layer 1"), ("network", "layer 2")
    assert scopes == [(), first, first, second, second, ()]
    with pytest.raises(cv.InputError, match="label"), cv.scope(""):
        pass


def test_a_module_is_a_scope_a_call_and_calls_are_numbered_where_there_are_several():
    @cv.module
    def block(x):
        return np.tanh(2 * x)

    class Layer:
        @cv.module("layer")
        def __call__(self, x):
            return block(block(x)) + 1

    def f(x):
        with cv.scope("block 1"):
            x = np.sin(x)
        return block(Layer()(block(x)))

    scopes = list(dict.fromkeys(node.scope for node in cv.trace(f, x=0.5).nodes))
    assert scopes == [
        (), ("block 1",), ("block 2",), ("layer", "block 1"), ("layer", "block 2"), ("layer",), ("block 3",)
    ]  # fmt: skip
    assert cv.grad(f)(0.5) == cv.trace(f, x=0.5).nodes[0].adjoint
    assert block.__name__ == "block"


@pytest.mark.parametrize("wrong", [3, "", None, int, lambda x: x])
def test_what_is_no_module_is_said(wrong):
    with pytest.raises(cv.InputError, match=r"cv\.module"):
        cv.module(wrong)
    with pytest.raises(cv.InputError, match="module 'block'"):
        cv.module("block")(3)
