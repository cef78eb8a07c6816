"""Steps that cut the derivative, or compute out of sight: every view shows them, with the right numbers."""

import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.timeline import steps

V = np.array([0.3, -1.0, 2.0])
W = np.random.default_rng(0).standard_normal((3, 3))


@cv.primitive(vjp=lambda g, y, x: g * 2 * x)
def squared(x):
    return x * x


FUNCTIONS = {
    "a cut": (lambda x: x * cv.stop_gradient(np.sin(x)), {"x": 1.5}),
    "nothing but a cut": (lambda x: cv.stop_gradient(np.sin(x)), {"x": 1.5}),
    "a cut of arrays": (lambda x: np.sum(x * cv.stop_gradient(np.tanh(W @ x))), {"x": V}),
    "a frozen input": (lambda x, y: cv.stop_gradient(y) * x, {"x": 2.0, "y": 3.0}),
    "a condition": (lambda x: np.where(x, x**2, x), {"x": 2.0}),
    "a checkpoint": (lambda x: cv.checkpoint(np.sin)(x) ** 2, {"x": 1.5}),
    "a checkpoint with a closure": (
        lambda x, a: np.sum(cv.checkpoint(lambda t: np.tanh(W @ t) * a)(x) ** 2),
        {"x": V, "a": 2.0},
    ),
    "reversible": (lambda x: sum(cv.reversible([(np.sin, np.tanh)] * 3)(x, 1.0)), {"x": 0.5}),
    "a rule of one's own": (lambda x: squared(np.sin(x)), {"x": 1.5}),
    "a rule on arrays": (lambda x: np.sum(squared(np.sin(x))), {"x": V}),
    "implicit": (lambda a: cv.implicit(lambda x, a: x**2 - a, solve=lambda a: a**0.5)(a) * a, {"a": 4.0}),
    "a root": (lambda a: cv.root(lambda x, a: x**3 - a, 1.0, a), {"a": 8.0}),
    "a fixed point": (lambda a: cv.fixed_point(lambda x, a: np.cos(a * x), 0.5, a), {"a": 1.0}),
    "straight through": (lambda x: cv.gumbel_softmax(x, hard=True, seed=0) @ V, {"x": V}),
    "equal eigenvalues": (lambda A: np.sum(np.linalg.eigh(A)[0]), {"A": np.eye(3)}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_contributions_add_up_to_the_adjoints_that_grad_gives(name):
    f, inputs = FUNCTIONS[name]
    graph = cv.trace(f, **inputs)
    for node in graph.nodes:
        if node.index != graph.output:
            leaving = sorted((graph.edges[k] for k in graph.leaving[node.index]), key=lambda edge: edge.turn)
            passing = [edge for edge in leaving if graph.passes(edge)]
            assert [edge.turn for edge in passing] == list(range(1, len(passing) + 1))
            assert {edge.uses for edge in leaving} == {len(passing)}
            if passing:
                assert sum(edge.contribution for edge in passing) == pytest.approx(node.adjoint)
                assert passing[-1].so_far == pytest.approx(node.adjoint)
            elif not node.is_input:
                assert node.adjoint is None
    for k, (which, value) in zip(graph.inputs, inputs.items(), strict=True):
        assert graph.nodes[k].adjoint == pytest.approx(cv.grad(lambda v, w=which: f(**{**inputs, w: v}))(value))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_view_shows_it(name):
    f, inputs = FUNCTIONS[name]
    graph = cv.trace(f, **inputs)
    played = {at for kind, at in steps(graph) if kind == "edge"}
    assert played == {k for k, edge in enumerate(graph.edges) if edge.contribution is not None}
    assert "<svg" in graph.to_svg()
    assert graph.to_dot().startswith("digraph")
    assert graph.to_latex()
    assert all(repr(step) for which in inputs for step in graph.derivation(which))
    assert repr(graph.cost())
    for which in inputs:
        assert cv.blame(graph, wrt=which).kind == (None if np.any(graph.nodes[graph.input(which)].adjoint) else "zero")
        if not any(node.shape for node in graph.nodes):
            assert graph.paths(which).total == pytest.approx(graph.nodes[graph.input(which)].adjoint)


def test_where_nothing_passes_there_is_no_contribution_not_0():
    graph = cv.trace(lambda x: cv.stop_gradient(np.sin(x)) * 2.0, x=1.5)
    sine, cut, _ = graph.edges
    assert (cut.local, cut.contribution, cut.so_far, cut.turn) == (0.0, None, None, 0)
    assert (sine.local, sine.contribution) == (pytest.approx(np.cos(1.5)), None)
    assert [graph.adjoint_text(k) for k in range(4)] == ["0", "cut off", "2", "1"]
    assert graph.reached == {2, 3}
    assert [step.at for step in steps(graph) if step.kind == "edge"] == [2]
    picture = graph.to_svg()
    assert ">cut<" in picture
    assert ">cut off<" in picture


def test_what_leads_to_a_cut_only_costs_nothing():
    f, inputs = FUNCTIONS["a cut of arrays"]
    graph = cv.trace(f, **inputs)
    backward = {node.name: node.backward for node in graph.cost().nodes}
    assert [backward[name] for name in ("v₁", "v₂", "v₃")] == [0, 0, 0]
    code = graph.to_source()
    assert "d_v1" not in code
    assert "d_v2" not in code
    assert "d_x = d_y * v3" in code or re.search(r"d_x = d_y \* np\.tanh", code)


def test_a_checkpoint_keeps_its_result_only_and_the_cost_says_what_it_leaves_out():
    f, inputs = FUNCTIONS["a checkpoint with a closure"]
    cost = cv.trace(f, **inputs).cost()
    hidden = next(node for node in cost.nodes if node.hidden)
    assert (hidden.hidden, hidden.forward, hidden.backward, hidden.bytes) == ("checkpoint", 0, 0, 24)
    assert re.search(r"v₁ +\? +\? +24\n", repr(cost))
    assert repr(cost).endswith(
        "?: what checkpoint computes and keeps inside is out of sight, so it is in none of these numbers"
    )


def test_a_checkpoint_has_the_same_signature_in_every_run():
    f, _ = FUNCTIONS["a checkpoint"]
    assert cv.trace(f, x=1.0).signature == cv.trace(f, x=2.0).signature


def test_a_derivation_names_the_cut_and_ends_in_the_right_number():
    *ways, last = cv.trace(lambda x: x * cv.stop_gradient(np.sin(x)), x=1.5).derivation("x")
    assert [step.rule for step in ways] == ["product rule", "product rule", "cut by stop_gradient"]
    assert last.equation == r"\frac{dy}{dx} = \operatorname{stop}(\sin x) = 0.9975"
    assert last.value == pytest.approx(np.sin(1.5))


def test_scopes_are_clusters_within_clusters():
    def f(x):
        with cv.scope("layer 1"):
            h = np.tanh(2 * x)
            with cv.scope("inner"):
                k = np.sin(h)
        return h * k

    graph = cv.trace(f, x=0.5)
    assert [node.scope for node in graph.nodes] == [(), ("layer 1",), ("layer 1",), ("layer 1", "inner"), ()]
    assert "scope" not in repr(graph)
    dot = graph.to_dot()
    outer = dot.index('subgraph "cluster layer 1" {')
    inner = dot.index('subgraph "cluster layer 1 / inner" {')
    assert outer < dot.index("n1 [") < dot.index("n2 [") < inner < dot.index("n3 [")
    assert dot.index("n4 [") < outer


# -- traces within transformations, and the other way round


def test_a_trace_may_hold_transformations_and_be_held_by_them():
    graph = cv.trace(lambda x: x * cv.grad(lambda y: x * y**2)(1.0), x=3.0)
    assert graph.nodes[0].adjoint == pytest.approx(12.0)
    assert cv.trace(lambda x: cv.jvp(lambda t: t**3, (x,), (1.0,))[1], x=3.0).nodes[0].adjoint == pytest.approx(18.0)

    def with_a_constant(x):
        with cv.no_grad():
            s = np.sin(x)
        return x * s

    assert cv.trace(with_a_constant, x=3.0).nodes[0].adjoint == pytest.approx(np.sin(3.0))
    with cv.no_grad():
        assert cv.trace(lambda x: x**3, x=3.0).nodes[0].adjoint == 27
    assert cv.trace(lambda x: x * cv.trace(lambda t: t**2, t=2.0).nodes[0].adjoint, x=3.0).nodes[0].adjoint == 4.0
    with pytest.raises(cv.InputError, match="'t' is a Variable already"):
        cv.grad(lambda x: cv.trace(lambda t: t**2, x).nodes[-1].value)(3.0)


def test_a_tree_is_refused_with_advice_and_a_list_is_an_array():
    assert cv.trace(np.sum, [1.0, 2.0]).nodes[0].value.tolist() == [1.0, 2.0]
    with pytest.raises(cv.InputError, match=r"'p' is a dict.*one of its own, such as cv\.trace\(lambda W, b:"):
        cv.trace(lambda p: p["a"] * 2, p={"a": 1.0})
