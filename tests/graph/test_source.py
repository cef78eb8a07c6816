"""The readable source of the backward pass: it says what a person would write, and it computes what the engine does."""

import numpy as np
import pytest

import chainviz as cv

RNG = np.random.default_rng(3)
MATRIX, VECTOR = RNG.standard_normal((3, 3)), RNG.standard_normal(3)


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def two_layers(W1, b1, W2, b2, x):
    h = np.tanh(W1 @ x + b1)
    error = W2 @ h + b2 - 1.0
    loss = 0.5 * np.sum(error**2)
    return loss


FUNCTIONS = {
    "example": (example, {"x": 1.5}),
    "two layers": (
        two_layers,
        {"W1": MATRIX, "b1": VECTOR, "W2": MATRIX[:2], "b2": VECTOR[:2], "x": VECTOR},
    ),
    "a fan-out": (lambda x, y: x * y * np.sin(x * y) + x, {"x": 1.5, "y": -1.0}),
    "broadcasting": (lambda a, b: np.sum((a + b) * a), {"a": VECTOR, "b": 0.3}),
    "indices": (lambda x: x[0] * x[-1] + np.sum(x[1:] ** 2) + np.sum(x[[0, 0, 2]]), {"x": VECTOR}),
    "softmax": (lambda x: np.log(np.exp(x) / np.sum(np.exp(x)))[1], {"x": VECTOR}),
    "normalisation": (lambda x: np.sum(((x - np.mean(x)) / np.std(x)) ** 3), {"x": VECTOR}),
    "activations": (lambda x: np.sum(cv.sigmoid(x) + cv.relu(x) * cv.softplus(x)), {"x": VECTOR}),
    "constants": (lambda x: np.sum(MATRIX @ x * VECTOR), {"x": VECTOR}),
    "where": (lambda x: np.sum(np.where(x > 0, x**2, np.exp(x))), {"x": VECTOR}),
    "maximum": (lambda x: np.max(x) + np.sum(np.maximum(x, 0.1)), {"x": VECTOR}),
    "linear algebra": (lambda A, b: b @ np.linalg.solve(A, b) + np.linalg.slogdet(A)[1], {"A": MATRIX, "b": VECTOR}),
    "reductions": (lambda A: np.sum(np.mean(A, axis=0) * np.prod(A, axis=1)), {"A": MATRIX}),
    "an unused input": (lambda x, y: 2 * x, {"x": 1.0, "y": VECTOR}),
    "the identity": (lambda x: x, {"x": 2.0}),
    "a constant": (lambda x: 3.0, {"x": 2.0}),
    "negative powers": (lambda x: -((-x) ** -2) - (2**x) ** 2, {"x": 1.3}),
    "stacks": (lambda x: np.sum(np.stack([x, x**2]) * np.concatenate([x[None], x[None]])), {"x": VECTOR}),
}


def run(code):
    space = {}
    exec(compile(code, "<source>", "exec"), space)
    return space["value_and_gradient"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_runs_on_its_own_and_gives_the_engines_numbers_elsewhere_too(name):
    f, inputs = FUNCTIONS[name]
    compiled = run(cv.trace(f, **inputs).to_source())
    for scale in (1.0, 1.01):  # the same branches, other numbers
        moved = {key: value * scale for key, value in inputs.items()}
        value, gradients = compiled(**moved)
        graph = cv.trace(f, **moved)
        assert value == pytest.approx(graph.nodes[graph.output].value, rel=1e-12)
        for found, k in zip(gradients if len(inputs) > 1 else [gradients], graph.inputs, strict=True):
            assert found == pytest.approx(graph.nodes[k].adjoint, rel=1e-10, abs=1e-14)


def test_the_backward_pass_of_a_network_reads_like_one_written_by_hand():
    f, inputs = FUNCTIONS["two layers"]
    lines = [line.strip() for line in cv.trace(f, **inputs).to_source().splitlines()]
    assert "h = np.tanh(v2)" in lines
    assert "d_h = np.transpose(W2) @ d_v3" in lines
    assert "d_v2 = d_h * (1 - h ** 2)" in lines
    assert "d_x = np.transpose(W1) @ d_v1" in lines


def test_contributions_are_added_up():
    code = cv.trace(lambda x: x * x + x, x=3.0).to_source()
    assert code.count("d_x = d_x + ") == 2


def test_names_that_python_or_the_source_needs_give_way():
    def f(x):
        y = cv.name(2 * x, "lambda")
        z = cv.name(y + 1, "np")
        return cv.name(z * x, "d_x") + cv.name(x**2, 'print("hacked")')

    assert run(cv.trace(f, x=1.5).to_source())(2.0) == (14.0, 13.0)
