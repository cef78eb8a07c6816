"""The chain rule on paper: closed forms, checked as numbers, and the steps that lead to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.autodiff.variable import Variable, plain
from chainviz.graph.derivation import closed_form
from chainviz.graph.program import needed


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (example, r"4 \left(2 x + 1\right) \, \cos\left(\left(2 x + 1\right)^{2}\right)"),
        (lambda x: x * x + x, "2 x + 1"),
        (lambda x: x**3 - 2 * x, "3 x^{2} - 2"),
        (lambda x: 5 - x, "-1"),
        (lambda x: x - x**2 / 2, "1 - x"),
        (lambda x: x**2 / 2, "x"),
        (lambda x: -np.negative(x), "1"),
        (lambda x: -np.cos(-x), r"-\sin\left(-x\right)"),
        (lambda x: x - x, "0"),
        (lambda x: 3.0, "0"),
        (lambda x: 1 / x, r"-\frac{1}{x^{2}}"),
        (lambda x: np.sqrt(x), r"\frac{1}{2 \sqrt{x}}"),
        (lambda x: np.log(x**2 + 1), r"\frac{2 x}{x^{2} + 1}"),
        (lambda x: np.exp(x) * x, r"e^{x} + x \, e^{x}"),
        (lambda x: 2**x, r"2^{x} \, \ln 2"),
        (lambda x: x**x, r"x \, x^{x - 1} + x^{x} \, \ln x"),
    ],
)
def test_a_derivative_is_written_as_a_person_would(f, derivative):
    assert cv.trace(f, x=1.5).to_latex(derivative="x") == rf"\frac{{dy}}{{dx}} = {derivative}"


UNARY = [
    np.sin, np.cos, np.exp, np.tanh, np.negative, np.square, cv.sigmoid, np.arctan, np.sinh,
    lambda a: a**3, lambda a: 1 / (2 + a**2), lambda a: np.sqrt(1 + a**2), lambda a: 2 * a, lambda a: a - 1,
    lambda a: np.log(1 + a * a), lambda a: a / 3, lambda a: np.maximum(a, 0.1), lambda a: np.fmin(a, 0.3), abs,
]  # fmt: skip
BINARY = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1 + b * b), np.maximum, np.fmax,
    lambda a, b: (1 + a**2) ** (b / 4),
]  # fmt: skip
CHOICES = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=6)


def built(choices):
    """A random function of two numbers."""

    def f(x, y):
        values = [x, y]
        for which, left, right in choices:
            a, b = values[left % len(values)], values[right % len(values)]
            k = which % (len(UNARY) + len(BINARY))
            values.append(np.tanh(UNARY[k](a) if k < len(UNARY) else BINARY[k - len(UNARY)](a, b)) + a)
        return values[-1] * values[-2]

    return f


@settings(derandomize=True, max_examples=150)
@given(CHOICES, st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_every_closed_form_is_the_adjoint_as_a_number_there_and_elsewhere(choices, x, y):
    f = built(choices)
    graph = cv.trace(f, x=x, y=y)
    for k in graph.inputs:
        value, leaves = closed_form(graph, k)
        adjoint = graph.nodes[k].adjoint
        assert plain(value) == pytest.approx(adjoint, rel=1e-9, abs=1e-9)
        assert evaluated(value, dict(zip(leaves, (x, y), strict=True))) == pytest.approx(adjoint, rel=1e-9, abs=1e-9)


def evaluated(value, known):
    """The expression's value, computed anew from its leaves."""
    if not isinstance(value, Variable):
        return value
    known = dict(known)
    for node in needed([value]):
        if node.index not in known:
            known[node.index] = node.primitive.function(
                *[known[a.index] if isinstance(a, Variable) else a for a in node.args]
            )
    return known[value.index]


def test_it_holds_away_from_the_recorded_point():
    value, leaves = closed_form(cv.trace(example, x=1.5), 0)
    for x in (-2.0, 0.0, 0.3):
        assert evaluated(value, dict.fromkeys(leaves, x)) == pytest.approx(cv.grad(example)(x))


def test_a_long_derivative_is_written_by_its_first_step_and_arrays_are_refused():
    def long(x):
        h = x
        for _ in range(30):
            h = np.sin(h) + x
        return h

    text = cv.trace(long, x=1.0).to_latex(derivative="x")
    assert len(text) < 5000
    assert text.startswith(r"\frac{dh_{30}}{dx} = \frac{dh_{30}}{dv_{1}} \cdot \cos x") or "cdot" in text
    with pytest.raises(cv.InputError, match="A closed form is for numbers, but 'x' is an array"):
        cv.trace(lambda x: np.sum(x**2), x=np.ones(2)).to_latex(derivative="x")
    with pytest.raises(cv.InputError, match="no input 'q'"):
        cv.trace(example, x=1.0).to_latex(derivative="q")


def test_the_examples_derivation_has_a_step_an_edge_and_the_result():
    steps = cv.trace(example, x=1.5).derivation("x")
    assert [step.rule for step in steps] == [
        "chain rule with sin", "power rule", "sum rule", "constant multiple rule", "the whole derivative",
    ]  # fmt: skip
    assert steps[1].equation == r"\frac{dy}{dz} = \cos a \cdot 2 z = -0.9577 \cdot 8 = -7.661"
    assert (steps[1].local, steps[1].local_value) == ("2 z", 8.0)
    assert steps[-1].equation.startswith(r"\frac{dy}{dx} = 4 \left(2 x + 1\right)")
    assert steps[-1].value == pytest.approx(-15.32255)


def test_contributions_add_up_and_say_so():
    steps = cv.trace(lambda x, y: x * y + x / y, x=3.0, y=2.0).derivation("y")
    assert [step.rule for step in steps][2:4] == ["quotient rule", "product rule"]
    assert r"\mathrel{+}=" in steps[2].equation
    assert steps[3].equation.endswith(r"\Rightarrow\quad \frac{\partial z}{\partial y} = 2.25")


def test_a_number_is_written_in_brackets_where_it_is_negative_and_arrays_by_pull_backs():
    steps = cv.trace(lambda x: np.sin(-2 * x), x=0.0).derivation()
    assert steps[1].equation == r"\frac{dy}{dx} = \cos v_{1} \cdot \left(-2\right) = 1 \cdot \left(-2\right) = -2"
    steps = cv.trace(lambda W, x: np.sum(np.tanh(W @ x)), W=np.eye(2), x=np.zeros(2)).derivation("x")
    assert steps[1].equation == r"\bar{v_{1}} = \bar{v_{2}} \odot \left(1 - v_{2}^{2}\right)"
    assert steps[2].equation == r"\bar{x} = W^{\top} \, \bar{v_{1}}"
    assert steps[-1].equation == r"\bar{x} = \text{[1, 1]}"


def test_a_factor_that_comes_from_an_array_has_steps_but_no_closed_form():
    *_, last = cv.trace(lambda p, x: np.polyval(p, x), p=np.array([2.0, 3.0]), x=1.5).derivation("x")
    assert (last.equation, last.value) == (r"\frac{\partial y}{\partial x} = 2", 2.0)


@pytest.mark.filterwarnings("ignore:invalid", "ignore:divide by zero")
def test_a_closed_form_is_not_said_to_be_a_number_that_it_is_not():
    """x^2 / x is cancelled to x, whose derivative is 1 at 0 too; what was computed there is NaN."""
    quotient = cv.trace(lambda x: x**2 / x, x=2.0)
    assert quotient.derivation()[-1].equation == r"\frac{dy}{dx} = 1"
    for graph in (cv.trace(lambda x: x**2 / x, x=0.0), cv.trace(lambda x: x**2 / x, x=0.0).fold()):
        assert graph.derivation()[-1].equation == r"\frac{dy}{dx} = \mathrm{NaN}"
