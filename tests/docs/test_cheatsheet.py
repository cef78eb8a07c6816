"""The cheat sheet: its lines are those of the table, its theorems hold in numbers; the glossary is complete."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from rules import rule

import chainviz as cv
from chainviz.autodiff.forms import Elementwise
from chainviz.autodiff.variable import PRIMITIVES
from chainviz.graph import formula

DOCS = Path(__file__).parents[2] / "docs"
line = partial(rule, write=formula.latex)
SHEET = (DOCS / "cheatsheet.md").read_text(encoding="utf-8")
CODE = [code for body in re.findall(r"```\{rules\}[^\n]*\n(.*?)```", SHEET, re.DOTALL) for code in body.splitlines()]
# Elementwise operations of the table that the sheet leaves out, by reason.
LEFT_OUT = {
    "the same as another": "positive square reciprocal float_power fabs fmax fmin absolute copysign radians degrees",
    "a step, as floor": "sign heaviside ceil trunc rint floor_divide fmod",
    "by cases": "where sinc",
    "no value at the place of the others": "arccosh",
}  # fmt: skip


def test_lines_are_what_the_table_says():
    assert line("np.sin(x)").derivatives == (("x", r"\cos x"),)
    assert line("np.tanh(x)").derivatives == (("x", "1 - y^{2}"),)
    assert line("cv.sigmoid(x)").derivatives == (("x", r"y \, \left(1 - y\right)"),)
    assert line("cv.relu(x)").derivatives == (("x", "[x > 0]"),)
    assert dict(line("W @ x", of_arrays=True).derivatives) == {
        "W": r"\bar{y} \, x^{\top}",
        "x": r"W^{\top} \, \bar{y}",
    }


def test_a_rule_that_changes_in_the_table_changes_on_the_sheet(monkeypatch):
    monkeypatch.setattr(PRIMITIVES[np.sin], "partials", (lambda y, x: 2 * x,))
    assert line("np.sin(x)").derivatives == (("x", "2 x"),)


def test_code_of_several_operations_is_no_line():
    with pytest.raises(ValueError, match="more than one operation"):
        line("np.outer(x, b)", of_arrays=True)


def test_every_elementwise_rule_of_numpy_and_networks_is_on_the_sheet_or_left_out_for_a_reason():
    shown = {name for code in CODE for name in re.findall(r"(?:np|cv)\.(\w+)", code)}
    shown |= {"add", "subtract", "multiply", "divide", "negative", "power", "square", "reciprocal"}
    left_out = {name for names in LEFT_OUT.values() for name in names.split()}
    files = ("rules.elementwise", "rules.special")
    table = {
        primitive.name
        for primitive in PRIMITIVES.values()
        if isinstance(primitive, Elementwise)
        and any(callable(p) and p.__module__.endswith(files) for p in primitive.partials)
    }
    assert table - shown - left_out == set()


f, g, h = np.sin, np.exp, np.tanh
at = 0.7


def test_one_variable_and_nested():
    assert np.isclose(cv.grad(lambda x: f(g(x)))(at), cv.grad(f)(g(at)) * cv.grad(g)(at))
    product = cv.grad(f)(g(h(at))) * cv.grad(g)(h(at)) * cv.grad(h)(at)
    assert np.isclose(cv.grad(lambda x: f(g(h(x))))(at), product)


def test_one_parameter_through_several_variables():
    def w(x, y):
        return x**2 * y

    slopes = cv.grad(w, ("x", "y"))(f(at), h(at))
    total = slopes[0] * cv.grad(f)(at) + slopes[1] * cv.grad(h)(at)
    assert np.isclose(cv.grad(lambda t: w(f(t), h(t)))(at), total)


def test_jacobians_multiply():
    def inner(u):
        return np.stack([u[0] * u[1], u[0] + u[1]])

    def outer(x):
        return np.stack([x[0] ** 2 * x[1], x[0] - x[1], np.exp(x[0] - x[1])])

    u = np.array([1.0, 2.0])
    assert np.allclose(cv.jacobian(lambda u: outer(inner(u)))(u), cv.jacobian(outer)(inner(u)) @ cv.jacobian(inner)(u))


def test_implicit():
    def circle(x, y):
        return x**2 + y**2 - 25

    slopes = cv.grad(circle, ("x", "y"))(3.0, 4.0)
    assert -slopes[0] / slopes[1] == -0.75
    assert np.isclose(cv.grad(lambda x: cv.root(lambda y, x: circle(x, y), 4.0, x))(3.0), -0.75)


def test_a_layer():
    W, a, b = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5]), np.array([0.1, 0.2])

    def head(z):
        return np.sum(np.tanh(z))

    delta = cv.grad(head)(W @ a + b)
    found = cv.grad(lambda W, a, b: head(W @ a + b), ("W", "a", "b"))(W, a, b)
    for adjoint, expected in zip(found, (np.outer(delta, a), W.T @ delta, delta), strict=True):
        assert np.allclose(adjoint, expected)


def test_the_glossary_has_the_cross_references_of_the_curriculum():
    terms = re.findall(r"^([A-Za-z][\w' -]*)\n  ", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    asked = {
        "derivative", "partial derivative", "matrix calculus", "Jacobian", "multivariable calculus", "gradient descent",
        "stochastic gradient descent", "Newton's method", "optimisation", "Lagrange multipliers", "cross-entropy",
        "Bayes' theorem", "differential equation", "backpropagation", "gradient",
    }  # fmt: skip
    assert asked - set(terms) == set()
