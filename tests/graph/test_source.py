"""The readable source of the backward pass: it says what a person would write, and it computes what the engine does."""

import functools

import numpy as np
import pytest

import chainviz as cv
from chainviz.graph.source import identifiers, lines_of_steps, printed

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


def updated(x, s):
    a = cv.at(x, [0, 0]).add(s)
    return np.sum(a * a[1])


def around_a_sum(x, y):
    b = x * y + np.sin(x)
    return x + b


FUNCTIONS = {
    "example": (example, {"x": 1.5}),
    "two layers": (
        two_layers,
        {"W1": MATRIX, "b1": VECTOR, "W2": MATRIX[:2], "b2": VECTOR[:2], "x": VECTOR},
    ),
    "around a function": (lambda x, y: x + ((x - 1) * y + np.sin(x) / y), {"x": 1.5, "y": -1.0}),
    "around a sum with a name": (lambda x, y: around_a_sum(x, y), {"x": 1.5, "y": -1.0}),
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
    "an update with a name": (lambda x, s: updated(x, s), {"x": VECTOR, "s": 0.3}),
    "powers of 0": (lambda x, y: np.sum(x**y), {"x": np.array([0.0, 2.0]), "y": np.array([2.0, 3.0])}),
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
    backward = lines[lines.index("d_loss = 1.0") :]
    assert lines[3:7] == [
        "def value_and_gradient(W1, b1, W2, b2, x):",
        "h = np.tanh(W1 @ x + b1)",
        "error = W2 @ h + b2 - 1.0",
        "loss = 0.5 * np.sum(error ** 2)",
    ]
    assert backward == [
        "d_loss = 1.0",
        "d_error = d_loss * 0.5 * 2 * error",
        "d_b2 = d_error",
        "d_W2 = np.outer(d_error, h)",
        "d_h = W2.T @ d_error",
        "d_v2 = d_h * (1 - h ** 2)",
        "d_b1 = d_v2",
        "d_W1 = np.outer(d_v2, x)",
        "d_x = W1.T @ d_v2",
        "return loss, (d_W1, d_b1, d_W2, d_b2, d_x)",
    ]


def test_contributions_are_added_up():
    code = cv.trace(lambda x: x * x + x, x=3.0).to_source()
    assert code.count("d_x = d_x + ") == 2


def test_names_that_python_or_the_source_needs_give_way():
    def f(x):
        y = cv.name(2 * x, "lambda")
        z = cv.name(y + 1, "np")
        return cv.name(z * x, "d_x") + cv.name(x**2, 'print("hacked")') * cv.name(x / x, "z²") + cv.name(0 * y, "µ")

    assert run(cv.trace(f, x=1.5).to_source())(2.0) == (14.0, 13.0)


# -- the replay


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_replay_gives_the_engines_numbers_elsewhere_too(name):
    f, inputs = FUNCTIONS[name]
    replay = cv.trace(f, **inputs).compile()
    for scale in (1.0, 1.01):
        moved = {key: value * scale for key, value in inputs.items()}
        value, gradients = replay(**moved)
        graph = cv.trace(f, **moved)
        assert value == pytest.approx(graph.nodes[graph.output].value, rel=1e-12)
        for found, k in zip(gradients if len(inputs) > 1 else [gradients], graph.inputs, strict=True):
            assert np.shape(found) == graph.nodes[k].shape
            assert found == pytest.approx(graph.nodes[k].adjoint, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("f", [np.max, np.min, lambda x: np.sum(np.max(np.reshape(x, (2, 2)), axis=1))])
@pytest.mark.parametrize("at", [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [1.0, 4.0, 4.0, 0.0], [2.0, 2.0, 2.0, 2.0]])
def test_the_entry_that_was_chosen_is_chosen_anew(f, at):
    graph = cv.trace(f, np.array([1.0, 2.0, 3.0, 4.0]))
    expected = cv.grad(f)(np.array(at))
    assert graph.compile()(np.array(at))[1] == pytest.approx(expected)
    assert run(graph.to_source())(np.array(at))[1] == pytest.approx(expected)


@pytest.mark.parametrize("f", [np.fmax, np.fmin, np.maximum, np.minimum])
def test_numbers_are_chosen_anew_too(f):
    graph = cv.trace(lambda x, y: f(x, y) * x, x=1.0, y=2.0)
    for at in ((1.0, 2.0), (2.0, 1.0), (2.0, 2.0)):
        expected = tuple(cv.trace(lambda x, y: f(x, y) * x, x=at[0], y=at[1]).nodes[k].adjoint for k in (0, 1))
        assert graph.compile()(*at)[1] == expected
        assert run(graph.to_source())(*at)[1] == expected


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid", "ignore:overflow")
@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: np.log(x), 0.0),
        (lambda x: np.sqrt(x), -1.0),
        (lambda x: np.exp(x), 1000.0),
        (lambda x: 1 / x, 0.0),
        (lambda x: x**-2, 0.0),
        (lambda x: x**0.5, -2.0),
        (lambda x: np.sin(x), np.inf),
        (lambda x: np.where(False, np.sqrt(x), x), 0.0),
        (lambda x: np.maximum(np.sqrt(x), 1.0), 0.0),
    ],
)
def test_outside_of_a_functions_domain_the_replay_answers_as_the_engine_does(f, at):
    value, gradient = cv.trace(f, x=0.7).compile()(at)
    graph = cv.trace(f, x=at)
    assert value == pytest.approx(graph.nodes[graph.output].value, nan_ok=True)
    assert gradient == pytest.approx(graph.nodes[0].adjoint, nan_ok=True)


def test_the_replay_takes_what_trace_takes_and_refuses_other_shapes():
    replay = cv.trace(lambda x, W: x * np.sum(W), x=2.0, W=np.ones(3)).compile()
    assert replay(2, [1, 2, 3])[0] == 12.0
    assert type(replay(2, [1, 2, 3])[0]) is float
    with pytest.raises(cv.InputError, match=r"'W' has shape \(2,\), but the recording that was compiled has \(3,\)"):
        replay(2.0, np.ones(2))
    with pytest.raises(cv.InputError, match="'x' is text"):
        replay("two", np.ones(3))


def test_what_the_replay_returns_is_the_callers():
    given = np.ones(3)
    _, (a, b) = cv.trace(lambda a, b: np.sum(a + b), a=given, b=given).compile()(given, given)
    a += 1
    assert list(b) == [1.0, 1.0, 1.0] == list(given)


def test_names_cannot_collide_with_those_of_the_replay():
    replay = cv.trace(lambda float, _sin, _, _0: np.sin(float) * _sin + _ * _0, 1.0, 2.0, 3.0, 4.0).compile()
    assert replay(1.0, 2.0, 3.0, 4.0)[0] == pytest.approx(2 * np.sin(1.0) + 12)


def test_ten_thousand_nodes_are_the_limit():
    def long(x):
        for _ in range(10_001):
            x = x + 1.0
        return x

    graph = cv.trace(long, x=0.0)
    with pytest.raises(cv.InputError, match="up to 10,000 can be compiled"):
        graph.compile()


def test_a_long_chain_compiles_though_it_has_no_names():
    def chain(x):
        return functools.reduce(lambda h, _: np.sin(h) * 1.1, range(1000), x)

    graph = cv.trace(chain, x=1.0)
    assert graph.compile()(1.0) == pytest.approx((graph.nodes[graph.output].value, graph.nodes[0].adjoint))
    assert run(graph.to_source())(1.0) == pytest.approx((graph.nodes[graph.output].value, graph.nodes[0].adjoint))


# -- how it reads


@pytest.mark.parametrize(
    ("f", "x", "line"),
    [
        (lambda x: np.sqrt(x), 2.0, "d_x = d_y / (2 * y)"),
        (lambda x: np.log(x), 2.0, "d_x = d_y / x"),
        (lambda x: np.cos(x), 2.0, "d_x = -d_y * np.sin(x)"),
        (lambda x: x - np.exp(-x), 2.0, "d_x = d_x + d_y * v2"),
        (lambda x: np.sum(x**2), VECTOR, "d_x = d_y * 2 * x"),
        (lambda x: np.sum(x), VECTOR, "d_x = np.full(3, d_y)"),
        (lambda x: np.mean(np.sin(x)), VECTOR, "d_x = d_y / 3.0 * np.cos(x)"),
        (lambda x: np.sum(np.sum(x, axis=0) ** 2), MATRIX, "d_x = np.broadcast_to(d_y * 2 * v1, (3, 3))"),
        (lambda x: x[1] * 2.0, VECTOR, "d_x[1] += d_y * 2.0"),
        (lambda x: np.sum(x[1:] * 2.0), VECTOR, "d_x[1:] += d_y * 2.0"),
        (lambda x: np.sum(x[[0, 0]] * 2.0), VECTOR, "np.add.at(d_x, np.s_[c1], d_y * 2.0)"),
        (lambda x: np.max(x), VECTOR, "d_x = d_y * (x == y) / np.sum(x == y)"),
        (lambda x: np.sum(MATRIX.T @ x), VECTOR, "d_x = c1.T @ np.full(3, d_y)"),
    ],
)
def test_a_backward_line_is_as_a_teacher_would_write_it(f, x, line):
    lines = [text.strip() for text in cv.trace(f, x=x).to_source().splitlines()]
    assert line in lines, "\n".join(lines)


def test_a_replay_says_which_input_is_missing_or_too_many():
    replay = cv.trace(lambda x, y: x * y, x=1.0, y=2.0).compile()
    assert replay(x=3.0, y=2.0) == replay(3.0, 2.0) == (6.0, (2.0, 3.0))
    with pytest.raises(cv.InputError, match="The input 'y' is missing"):
        replay(3.0)
    with pytest.raises(cv.InputError, match="3 inputs were given, but the recording has 2: x, y"):
        replay(3.0, 2.0, 1.0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_value_and_every_contribution_knows_its_lines(name):
    f, inputs = FUNCTIONS[name]
    graph = cv.trace(f, **inputs)
    made, names = printed(graph), identifiers(graph)
    lines = made.text.splitlines()
    for node in graph.nodes:
        for line in made.values[node.index]:
            is_named = not node.name.startswith("v") and not node.is_input
            assert not is_named or lines[line].startswith(f"    {names[node.index]} = ")
    for k, edge in enumerate(graph.edges):
        written = [lines[line].strip() for line in made.edges[k]]
        assert (written != []) == graph.passes(edge)
        if written and graph.nodes[edge.source].is_input:
            assert any(line.removeprefix("np.add.at(").startswith(f"d_{names[edge.source]}") for line in written)


def test_a_folded_edge_is_the_lines_of_its_way_and_no_others():
    def f(x):
        z = 2 * x + 1
        y = z**2
        return y

    graph = cv.trace(f, x=1.5)
    made = printed(graph)
    lines = made.text.splitlines()
    told = [[lines[line].strip() for line in step] for step in lines_of_steps(graph.fold(), made)]
    assert told[1:] == [["z = 2 * x + 1"], ["y = z ** 2"], ["d_y = 1.0"], ["d_z = d_y * 2 * z"], ["d_x = d_z * 2"]]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: y + (-x) % 0.4,
        lambda x, y: y * y + (-x) // 0.4 * y,
        lambda x, y: y + (-1.5) % x,
        lambda x, y: y - (-1.5) // x * y,
        lambda x, y: -((-x) % 0.4) * y,
    ],
)
def test_a_sign_stays_inside_of_a_remainder_and_a_rounded_quotient(f):
    expected = cv.value_and_grad(f, (0, 1))(1.3, 0.7)
    np.testing.assert_allclose(np.hstack(run(cv.trace(f, 0.9, 2.0).to_source())(1.3, 0.7)), np.hstack(expected))


def test_a_value_that_is_called_as_an_adjoint_keeps_its_name():
    def f(d_x, x):
        d_d_x = d_x * x
        return np.sin(d_d_x) * x

    code = cv.trace(f, 1.5, 0.7).to_source()
    assert "def value_and_gradient(d_x, x):" in code
    expected = cv.value_and_grad(f, (0, 1))(0.4, -0.6)
    np.testing.assert_allclose(np.hstack(run(code)(0.4, -0.6)), np.hstack(expected))


def test_the_sign_of_a_constants_zero_is_written_down():
    def f(x):
        zeros = [np.array(entries) for entries in ([0.0], [-0.0], [0.0, -0.0], [-0.0, 0.0])]
        return sum(np.sum(np.copysign(x, zero) * 2.0**k) for k, zero in enumerate(zeros))

    assert f(3.0) == 3.0 * (1 - 2 + (4 - 4) + (8 - 8))
    assert run(cv.trace(f, 1.0).to_source())(3.0)[0] == f(3.0)
