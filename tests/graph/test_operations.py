"""What an operation is does not hang on its name, and constants are the same only if nothing tells them apart."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.variable import PRIMITIVES
from chainviz.graph.operations import VIEWS, by_content, table_name

VECTOR = np.array([0.3, -1.2, 2.0])
NAMES = [
    "negative", "positive", "add", "subtract", "multiply", "divide", "power", "square", "floor_divide", "remainder",
    "where", "exp", "matmul", "einsum", "sum", "max", "transpose", "reshape", "expand_dims", "broadcast_to", "index",
    "scatter", "stack", "solve", "softmax", "layer_norm", "stop_gradient", "checkpoint", "reversible",
]  # fmt: skip
"""Operations that some room treats in a way of its own."""


def called(name, operands):
    """x -> x**3 + k x, with a rule of its own, under the name of an operation of the table."""

    def cubic(x, *k):
        return x**3 + (x * k[0] if k else x)

    def rule(g, y, x, *k):
        return (g * (3 * x**2 + (k[0] if k else 1)), *(np.sum(g * x) for _ in k))

    cubic.__name__ = name
    made = cv.primitive(cubic, vjp=rule)
    return (lambda x: made(x)) if operands == 1 else (lambda x: made(x, 1.0))


@pytest.mark.parametrize("operands", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_a_function_of_the_users_may_have_any_name(name, operands):
    own = called(name, operands)

    def f(x):
        return np.sum(np.sin(own(np.cos(x))) * 2 + x)

    for x, other in ((1.5, 0.4), (VECTOR, VECTOR * 1.1)):
        graph = cv.trace(f, x)
        value, gradient = graph.compile()(other)
        expected, derivative = cv.value_and_grad(f)(other)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        np.testing.assert_allclose(gradient, derivative, rtol=1e-12)
        with pytest.raises(cv.InputError, match="has no source"):
            graph.to_source()
        assert graph.cost().nodes[2].hidden
        if np.ndim(x) == 0:
            shown = name.replace("_", "")
            assert rf"\operatorname{{{shown}}}(\cos x" in graph.to_latex()
    jacobian = cv.compile(lambda x: own(x) * 2, VECTOR, derivative="jacobian")
    np.testing.assert_allclose(jacobian(VECTOR * 2), cv.jacobian(lambda x: own(x) * 2)(VECTOR * 2), rtol=1e-12)


def test_a_scope_may_be_called_as_an_operation_is():
    def f(x):
        with cv.scope("negative"):
            h = np.tanh(2 * x + 1)
        return h * 3

    box = cv.trace(f, x=0.5).collapse()
    assert [table_name(node.primitive) for node in box.nodes] == ["", "", "multiply"]
    assert box.to_svg() != ""


def test_the_views_are_operations_of_the_table():
    assert {primitive.name for primitive in PRIMITIVES.values()} >= VIEWS


def test_constants_that_differ_in_a_sign_or_in_what_they_index_are_two():
    assert by_content(np.array([0.0])) != by_content(np.array([-0.0]))
    assert by_content(np.array([True, True])) != by_content(np.array([1, 1], dtype=np.uint8))
    assert by_content((1, 2)) != by_content([1, 2])

    def f(x):
        return np.sum(x[np.array([True, True])] ** 2) + np.sum(x[np.array([1, 1], dtype=np.uint8)] ** 3)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(cv.trace(f, x).compile()(x)[1], cv.grad(f)(x))


def test_options_of_a_users_function_are_no_operands_of_its_formula():
    scaled_by = cv.primitive(lambda x, *, k=2.0: x * k, vjp=lambda g, y, x, k=2.0: g * k)
    assert cv.trace(lambda x: scaled_by(x, k=3.0) + 1, x=1.5).to_latex() == r"\operatorname{custom}(x) + 1"
