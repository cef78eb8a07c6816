"""Folding: fewer nodes, and every number that is left is the one it was."""

import re

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.forms import unbroadcast
from chainviz.drawing.scene import frame, scene
from chainviz.drawing.text import formula_runs, plain
from chainviz.graph import formula
from chainviz.graph.fold import LONGEST


def folded(f, **inputs):
    return cv.trace(f, **inputs).fold()


def names(graph):
    return [node.name for node in graph.nodes]


def captions(graph):
    computed = [node for node in graph.nodes if node.primitive is not None]
    return {node.name: plain(formula_runs(formula.of_node(graph, node.index), graph)) for node in computed}


def gates(graph):
    """The formula and the local derivative on every edge, by the names of its ends."""
    name = names(graph)
    return {
        name[e.source] + name[e.target]: (plain(formula_runs(formula.of_edge(graph, e), graph)), e.local)
        for e in graph.edges
    }


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def test_the_example_is_drawn_as_in_the_mock():
    graph = folded(example, x=1.5)
    assert captions(graph) == {"z": "2x + 1", "a": "z²", "y": "sin\u2009a"}
    assert gates(graph)["xz"] == ("2", 2.0)
    assert [[step.kind] for step in graph.timeline()].count(["value"]) == 3


def test_an_input_used_twice_in_a_fold_has_one_edge_with_the_sum():
    def f(x):
        z = x * x + x
        return np.sin(z)

    graph = folded(f, x=1.5)
    assert captions(graph)["z"] == "x² + x"
    assert gates(graph)["xz"] == ("2x + 1", 4.0)
    assert [(edge.turn, edge.uses) for edge in graph.edges] == [(1, 1), (1, 1)]


def test_a_layer_is_one_card_and_its_gates_are_pull_backs_and_factors():
    def layer(W, x, b):
        h = np.tanh(W @ x + b)
        return np.sum(h**2)

    W, x, b = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5]), np.array([0.1, 0.2])
    graph = folded(layer, W=W, x=x, b=b)
    slope = 1 - np.tanh(W @ x + b) ** 2
    shown = gates(graph)
    assert captions(graph)["h"] == "tanh(W\u2009x + b)"
    assert shown["bh"][0] == "1 − h²"
    assert shown["bh"][1] == pytest.approx(slope)
    assert shown["xh"][1] == pytest.approx(slope[:, None] * W)
    assert "W⊤" in shown["xh"][0]


@pytest.mark.parametrize(
    ("f", "kept"),
    [
        (lambda x: np.sin((2 * x + 1) ** 2), ["x", "v₁", "v₂", "v₃", "y"]),
        (lambda x: cv.name(np.exp(cv.stop_gradient(2 * x) * x), "z"), ["x", "v₁", "v₂", "z"]),
        (lambda x: cv.name(np.sin(2 * cv.checkpoint(np.exp)(3 * x)), "z"), ["x", "v₁", "v₂", "z"]),
        (lambda x: cv.name(np.sin(2 * x), "z") * x, ["x", "z", "y"]),
    ],
    ids=["nothing is named", "a cut", "a checkpoint", "the output"],
)
def test_what_stays(f, kept):
    assert names(folded(f, x=0.7)) == kept


def test_a_value_that_is_used_elsewhere_and_one_in_another_scope_stay():
    def used_twice(x):
        z = sum([np.exp(x)] * 2) + 1
        return z**2

    def scoped(x):
        with cv.scope("inner"):
            made = [2 * x]
        z = made[0] + 1
        return z**2

    assert captions(folded(used_twice, x=0.5)) == {"v₁": "ex", "z": "v₁ + v₁ + 1", "y": "z²"}
    assert names(folded(scoped, x=0.5)) == ["x", "v₁", "z", "y"]


def test_a_long_formula_is_kept_in_pieces():
    def f(x, y):
        z = np.sin(x * y + 1) * np.exp(x - y) + np.cos(x * y - 2) * np.log(x + y) + np.sqrt(x + 2 * y + 1)
        return z

    graph = folded(f, x=1.0, y=2.0)
    assert 3 < len(graph.nodes) < len(cv.trace(f, x=1.0, y=2.0).nodes)
    assert all(len(re.sub(r"\s", "", text)) <= LONGEST + 4 for text in captions(graph).values())


def test_a_derivative_that_is_too_long_goes_by_its_name():
    def f(x):
        z = np.tanh(x**3 + 2 * x) * np.sin(5 * x)
        return z**2

    drawn = scene(folded(f, x=0.7))["edges"][0]
    assert plain([tuple(run) for run in drawn["formula"]]) == "dz/dx"


def test_where_no_entry_was_taken_an_infinite_derivative_is_zero():
    def f(x):
        z = np.where(np.array([True, True]), 3 * x, np.sqrt(x - 1)) + 1
        return np.sum(z)

    with np.errstate(all="ignore"):
        graph = folded(f, x=np.array([1.0, 4.0]))
    assert graph.nodes[0].adjoint.tolist() == [3.0, 3.0]
    assert gates(graph)["xz"][1].tolist() == [3.0, 3.0]


def test_source_cost_and_closed_forms_are_those_of_every_operation():
    full = cv.trace(example, x=1.5)
    graph = full.fold()
    assert graph.full is full
    assert graph.to_source() == full.to_source()
    assert repr(graph.cost()) == repr(full.cost())
    assert graph.to_latex("x") == full.to_latex("x")
    assert graph.compile()(0.3) == full.compile()(0.3)
    assert [step.rule for step in graph.derivation()][-2] == "sum rule, constant multiple rule"


def test_the_signature_stays_while_numbers_change_and_changes_with_the_formula():
    def other(x):
        z = 3 * x + 1
        a = z**2
        return np.sin(a)

    assert folded(example, x=1.5).signature == folded(example, x=-0.3).signature
    assert folded(example, x=1.5).signature != folded(other, x=1.5).signature


# -- random programs

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "mul", "sub", "sin", "tanh", "twice", "max", "sum"]), st.integers(0, 9),
              st.integers(0, 9), st.booleans()),
    min_size=1, max_size=12,
)  # fmt: skip


def program(steps):
    """A function of x and y that goes through the steps, and gives some of the values a name."""
    operations = {
        "add": np.add, "mul": lambda a, b: 0.5 * a * b, "sub": np.subtract, "sin": lambda a, _: np.sin(a),
        "tanh": lambda a, _: np.tanh(a), "twice": lambda a, _: a * a + a, "max": np.maximum,
        "sum": lambda a, b: np.sum(a) * b,
    }  # fmt: skip

    def f(x, y):
        made = [x, y]
        for k, (operation, i, j, named) in enumerate(steps):
            value = operations[operation](made[i % len(made)], made[j % len(made)])
            made.append(cv.name(value, f"q{k}") if named else value)
            del value
        return np.sum(made[-1])

    return f


@hypothesis.settings(max_examples=80)
@hypothesis.given(STEPS, st.booleans(), st.integers(0, 3))
def test_a_folded_graph_has_the_numbers_of_the_full_one(steps, arrays, seed):
    rng = np.random.default_rng(seed)
    shapes = [(), ()] if not arrays else [(2,), (3, 2)] if seed % 2 else [(3,), ()]
    x, y = (rng.standard_normal(shape) if shape else float(rng.standard_normal()) for shape in shapes)
    full = cv.trace(program(steps), x=x, y=y)
    graph = full.fold()
    assert sorted(k for group in graph.members for k in group) == list(range(len(full.nodes)))
    for node, group in zip(graph.nodes, graph.members, strict=True):
        same = full.nodes[group[-1]]
        assert node.name == same.name
        np.testing.assert_array_equal(node.value, same.value)
        np.testing.assert_array_equal(node.adjoint, same.adjoint)
        arrived = [graph.edges[k] for k in graph.leaving[node.index] if graph.passes(graph.edges[k])]
        if arrived:
            np.testing.assert_allclose(sum(edge.contribution for edge in arrived), node.adjoint, atol=1e-12)
            np.testing.assert_array_equal(max(arrived, key=lambda edge: edge.turn).so_far, node.adjoint)
    for edge in graph.edges:
        if edge.local is not None and graph.passes(edge):
            source, target = graph.nodes[edge.source], graph.nodes[edge.target]
            np.testing.assert_allclose(edge.contribution, through(graph, edge, source, target), atol=1e-9)
    frame(graph)
    scene_json(graph)


def through(graph, edge, source, target):
    """The target's adjoint times the local derivative."""
    if formula.is_factor(graph, edge):
        return unbroadcast(target.adjoint * edge.local, source.shape)
    jacobian = np.reshape(edge.local, (np.size(target.value), np.size(source.value)))
    return np.reshape(np.ravel(target.adjoint) @ jacobian, source.shape)


def scene_json(graph):
    """All formulas of the drawing can be written."""
    for node in graph.nodes:
        formula.node_template(graph, node.index, numeric=True)
    for edge in graph.edges:
        formula.template_mathml(formula.edge_template(graph, edge))
        formula_runs(formula.of_edge(graph, edge), graph)
