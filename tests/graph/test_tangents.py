"""Tangents on a graph, full or folded, against the engine's own forward mode and against the gradient."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.errors import InputError
from chainviz.graph.tangents import tangents


def fan(x, w):
    z = x * w + 1
    a = z**2
    return np.sin(a) + a * x


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    with cv.scope("loss"):
        s = np.sum(h**2) / 3
        return np.log(s) + s


def decomposed(A, b):
    return np.sum(np.linalg.solve(A @ A.T + 3 * np.eye(2), b)) + np.linalg.det(A)


W, X = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5])
CASES = [
    (fan, {"x": 1.5, "w": 0.7}),
    (layer, {"W": W, "x": X, "b": 0.3}),
    (decomposed, {"A": W, "b": X}),
    (lambda x, b: np.sum(cv.softmax(x * b) ** 2) * np.max(x), {"x": X, "b": 2.0}),
    (lambda x: x * cv.stop_gradient(np.sin(x)) + np.floor(x), {"x": 1.5}),
    (lambda x: cv.checkpoint(lambda t: np.sin(t) * t)(x) + x, {"x": 1.5}),
]


@pytest.mark.parametrize(("f", "inputs"), CASES)
@pytest.mark.parametrize("folded", ["full", "folded"])
def test_the_tangent_of_the_output_is_the_engines_and_the_sum_of_the_gradient(f, inputs, folded):
    graph = cv.trace(f, **inputs)
    graph = graph if folded == "full" else graph.collapse().fold()
    for name, value in inputs.items():
        moved = {other: np.zeros(np.shape(v)) if np.ndim(v) else 0.0 for other, v in inputs.items()}
        moved[name] = np.ones(np.shape(value)) if np.ndim(value) else 1.0
        found = tangents(graph, graph.input(name)).nodes[graph.output]
        _, pushed = cv.jvp(f, tuple(inputs.values()), tuple(moved.values()))
        np.testing.assert_allclose(found, pushed, rtol=1e-12)
        np.testing.assert_allclose(found, np.sum(graph.nodes[graph.input(name)].adjoint), rtol=1e-9)


@pytest.mark.parametrize(("f", "inputs"), CASES)
@pytest.mark.parametrize("folded", ["full", "folded"])
def test_a_tangent_is_the_sum_of_its_edges_products_and_shaped_as_its_value(f, inputs, folded):
    graph = cv.trace(f, **inputs)
    graph = graph if folded == "full" else graph.collapse().fold()
    for source in graph.inputs:
        found = tangents(graph, source)
        for node in graph.nodes:
            assert np.shape(found.nodes[node.index]) == node.shape
            if not node.is_input:
                arriving = [found.products[e] for e in graph.entering[node.index]]
                assert all(np.shape(product) == node.shape for product in arriving)
                np.testing.assert_allclose(sum(arriving), found.nodes[node.index], rtol=1e-9, atol=1e-12)


def test_a_choice_that_was_not_taken_adds_nothing_though_its_tangent_is_infinite():
    graph = cv.trace(lambda x: np.where(x > 0, x, np.sqrt(x)) + 2 * x, x=0.0)
    other = cv.trace(lambda x: np.where(x >= 0, x, np.sqrt(x)) + 2 * x, x=0.0)
    assert tangents(graph, 0).nodes[-1] == np.inf
    assert tangents(other, 0).nodes[-1] == 3.0


def untaken(x):
    u = np.sqrt(x)
    y = np.where(x > 1, u, 1.0) * 2 + x
    return y


def cancelled(x):
    u = np.sqrt(x)
    y = np.where(x > 1, x, 1.0) + 0.0 * u
    return y


@pytest.mark.parametrize(("f", "expected"), [(untaken, 1.0), (cancelled, np.nan)])
def test_a_0_inside_a_fold_is_told_from_a_choice_that_was_not_taken(f, expected):
    for graph in (cv.trace(f, x=0.0), cv.trace(f, x=0.0).fold()):
        found = tangents(graph, 0)
        np.testing.assert_equal(found.nodes[-1], expected)
        np.testing.assert_equal(sum(found.products[e] for e in graph.entering[graph.output]), expected)


def test_a_frozen_input_cannot_move_and_stays_when_another_does():
    graph = cv.trace(lambda x, w: x * w, x=3.0, w=5.0, frozen="w")
    assert tangents(graph, 0).nodes == (1.0, 0.0, 5.0)
    with pytest.raises(InputError, match="'w' is frozen"):
        tangents(graph, 1)
