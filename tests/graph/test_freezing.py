"""Frozen inputs: they have values, and nothing is computed for them on the way back."""

import math
import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.widgets.player import Player

pulled = []


def _counted(g, y, x):
    pulled.append(float(np.sum(x)))
    return g * np.cos(x)


counted_sin = cv.primitive(np.sin, vjp=_counted, check=False)
INPUTS = {"W": np.array([[0.5, -1.0], [2.0, 0.3]]), "b": np.array([0.1, -0.2]), "v": np.array([1.5, 2.5])}


def network(W, b, v):
    base = counted_sin(W * 2.0)
    h = np.tanh(base @ v + b)
    return np.sum(counted_sin(h))


def plain_network(W, b, v):
    return np.sum(np.sin(np.tanh(np.sin(W * 2.0) @ v + b)))


@pytest.mark.parametrize("frozen", [(), "W", ("W",), ["W", "b"], {"b", "v"}])
def test_what_is_trained_has_the_same_gradient_and_what_is_frozen_has_none(frozen):
    graph = cv.trace(network, **INPUTS, frozen=frozen)
    names = {frozen} if isinstance(frozen, str) else set(frozen)
    for k, name in zip(graph.inputs, INPUTS, strict=True):
        node = graph.nodes[k]
        assert node.frozen == (name in names)
        if node.frozen:
            assert node.adjoint is None
        else:
            np.testing.assert_allclose(node.adjoint, cv.grad(network, wrt=name)(**INPUTS), rtol=1e-12)


def test_nothing_is_pulled_back_below_the_lowest_trained_input():
    pulled.clear()
    cv.trace(network, **INPUTS)
    everything = pulled.copy()
    pulled.clear()
    graph = cv.trace(network, **INPUTS, frozen="W")
    below = float(np.sum(INPUTS["W"] * 2.0))
    assert below in everything
    assert below not in pulled
    assert pulled
    assert [node.frozen for node in graph.nodes if node.name in ("W", "v₁", "base")] == [True] * 3
    assert not any(node.frozen for node in graph.nodes if node.name not in ("W", "v₁", "base"))


def test_the_cost_counts_no_operation_backward_for_what_is_frozen():
    inputs = {"X": np.ones((10, 4)), "W": np.ones((4, 6))}
    full, half = (cv.trace(lambda X, W: np.sum(X @ W), **inputs, frozen=frozen).cost() for frozen in ((), "X"))
    product = next(node for node in full.nodes if node.name == "v₁"), next(n for n in half.nodes if n.name == "v₁")
    assert [node.backward for node in product] == [2 * 2 * 10 * 4 * 6, 2 * 10 * 4 * 6]
    assert half.multiplications.forward == 24 * half.multiplications.reverse  # a pass for each entry of W
    backward = {node.name: node.backward for node in cv.trace(network, **INPUTS, frozen="W").cost().nodes}
    assert (backward["v₁"], backward["base"]) == (0, 0)


def test_replay_and_source_give_the_gradients_of_the_others():
    graph = cv.trace(plain_network, **INPUTS, frozen=("W", "b"))
    point = [value * 0.7 for value in INPUTS.values()]
    code = graph.to_source()
    space = {}
    exec(code, space)
    for run in (graph.compile(), space["value_and_gradient"]):
        value, gradient = run(*point)
        assert value == pytest.approx(plain_network(*point))
        np.testing.assert_allclose(gradient, cv.grad(plain_network, wrt=2)(*point), rtol=1e-12)
    assert "d_W" not in code
    assert "d_b " not in code
    two = cv.trace(plain_network, **INPUTS, frozen="b").compile()(*point)[1]
    assert [np.shape(g) for g in two] == [(2, 2), (2,)]


def test_the_replay_outside_of_a_domain_leaves_them_out_too():
    replay = cv.trace(lambda x, c: np.sqrt(x) * np.log(c), x=4.0, c=2.0, frozen="c").compile()
    with np.errstate(all="ignore"):
        value, gradient = replay(0.0, 2.0)
    assert (value, gradient) == (0.0, math.inf)


def test_the_backward_pass_plays_no_edge_to_what_is_frozen():
    graph = cv.trace(lambda w, x: (w * x) * np.sin(x), w=3.0, x=1.5, frozen="x")
    played = [graph.edges[step.at] for step in graph.timeline() if step.kind == "edge"]
    assert [(graph.nodes[e.source].name, e.contribution) for e in played] == [
        ("v₁", pytest.approx(np.sin(1.5))),
        ("w", pytest.approx(1.5 * np.sin(1.5))),
    ]
    assert all(edge.contribution is None and edge.local is None for edge in graph.edges if not graph.passes(edge))


def test_every_view_says_frozen():
    graph = cv.trace(lambda w, x: w * np.sin(x), w=3.0, x=1.5, frozen="x")
    assert repr(graph).endswith("∂y/∂w=0.9975, ∂y/∂x=frozen)")
    assert repr(Player(graph)) == "Player(w=3, x=1.5, y=2.992, ∂y/∂w=0.9975, ∂y/∂x=frozen)"
    assert re.search(r"∂y/∂x = frozen.*style=|style=.*", graph.to_dot())
    assert graph.to_dot().count("style=dashed") == 2
    assert graph.to_svg().count(">frozen<") == 4  # two cards and two edges
    made = scene(graph)
    assert [node["without"] for node in made["nodes"]] == ["", "frozen", "frozen", ""]
    assert [edge["cut"] for edge in made["edges"]] == ["frozen", "", "frozen"]
    assert len(np.frombuffer(frame(graph))) == 1 + len(graph.nodes) + 3  # the edge of w alone has numbers
    assert [step.rule for step in graph.derivation()] == ["product rule", "the whole derivative"]
    assert cv.blame(graph).kind is None


def test_an_explorer_moves_a_frozen_input_and_shows_no_derivative():
    explorer = cv.explore(lambda w, x: w * x, w=(1.0, 3.0), x=(0.0, 1.0), frozen="x")
    assert repr(explorer) == "Explorer(w=2, x=0.5, y=1, ∂y/∂w=0.5, ∂y/∂x=frozen)"
    explorer.values = {"w": 2.0, "x": 1.0}
    assert repr(explorer) == "Explorer(w=2, x=1, y=2, ∂y/∂w=1, ∂y/∂x=frozen)"


@pytest.mark.parametrize("ask", [
    lambda graph: graph.to_latex(derivative="x"),
    lambda graph: graph.derivation("x"),
    lambda graph: graph.paths("x"),
    lambda graph: graph.paths("v₁"),
    lambda graph: cv.blame(graph, wrt="x"),
])  # fmt: skip
def test_a_derivative_with_respect_to_it_is_refused(ask):
    graph = cv.trace(lambda w, x: w * np.sin(x), w=3.0, x=1.5, frozen="x")
    with pytest.raises(cv.InputError, match=r"'(x|v₁)' is frozen: no derivative"):
        ask(graph)


@pytest.mark.parametrize(("frozen", "message"), [
    ("q", r"There is no input 'q' to freeze\. The inputs are w, x\."),
    (("w", "x"), r"All inputs are frozen \(w, x\)"),
    (0, r"frozen takes names of inputs, such as frozen=\('w', 'b'\), but it is 0\."),
    ([1], r"frozen takes names of inputs"),
])  # fmt: skip
def test_what_cannot_be_frozen_is_said(frozen, message):
    with pytest.raises(cv.InputError, match=message):
        cv.trace(lambda w, x: w * x, w=1.0, x=2.0, frozen=frozen)


def test_a_parameter_of_that_name_is_not_mistaken():
    with pytest.raises(cv.InputError, match="has a parameter 'frozen' of its own"):
        cv.trace(lambda x, frozen=1.0: x * frozen, x=1.0, frozen="x")


def test_an_output_that_is_frozen_altogether_has_zero_gradients():
    graph = cv.trace(lambda w, x: np.sin(x), w=1.0, x=2.0, frozen="x")
    assert graph.nodes[0].adjoint == 0.0
    assert graph.compile()(1.0, 2.0) == (pytest.approx(np.sin(2.0)), 0.0)
    assert [step.kind for step in graph.timeline()] == ["start", "value", "seed"]


def test_what_is_closed_over_is_not_frozen():
    w = cv.variable(3.0, "w")
    graph = cv.trace(lambda x, t: w * x + t, x=1.5, t=0.0, frozen="x")
    assert next(node for node in graph.nodes if node.name == "w").adjoint == 1.5
