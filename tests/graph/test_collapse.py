"""Collapsing: scopes and long runs are boxes, and every number that is left is the one it was."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.graph.collapse import MOST
from chainviz.graph.composite import Group


def network(x, w):
    for k in range(3):
        with cv.scope("encoder"), cv.scope(f"layer {k + 1}"):
            x = np.tanh(w * x + 0.1 * k)
    with cv.scope("loss"):
        error = x - 1
        result = error * error
    return result


def boxes(graph):
    return [node.primitive.key for node in graph.nodes if isinstance(node.primitive, Group)]


def test_scopes_are_boxes_and_open_by_name():
    full = cv.trace(network, x=0.5, w=1.5)
    graph = full.collapse()
    assert boxes(graph) == ["encoder", "loss"]
    assert boxes(full.collapse(["encoder"])) == ["encoder/layer 1", "encoder/layer 2", "encoder/layer 3", "loss"]
    assert boxes(full.collapse(["encoder", "encoder/layer 2"])) == ["encoder/layer 1", "encoder/layer 3", "loss"]
    assert graph.full is full
    assert graph.paths("x").total == pytest.approx(full.nodes[0].adjoint)
    assert graph.to_latex() == full.to_latex() or "loss" in graph.to_latex()


def test_a_scope_that_is_not_there_is_said():
    with pytest.raises(cv.InputError, match=r"no scope 'lss' in this graph\. Its scopes are encoder, encoder/"):
        cv.trace(network, x=0.5, w=1.5).collapse(["lss"])
    with pytest.raises(cv.InputError, match=r"It has none: use cv\.scope"):
        cv.trace(lambda x: x**2, x=0.5).collapse(["a"])


def test_a_scope_with_two_outputs_has_a_box_for_each():
    def f(x):
        with cv.scope("pair"):
            u = np.exp(x)
            a, b = np.sin(u) + 1, np.cos(u) * 2
        return a * b

    graph = cv.trace(f, x=0.5).collapse()
    assert boxes(graph) == ["pair", "pair"]
    assert [node.name for node in graph.nodes] == ["x", "u", "a", "b", "y"]


def test_ten_thousand_operations_show_as_few_boxes_and_one_of_them_opens():
    def long(x):
        for _ in range(5000):
            x = np.sin(x) + 0.1
        return x

    full = cv.trace(long, x=0.5)
    graph = full.collapse()
    assert 20 < len(graph.nodes) <= MOST
    assert graph.nodes[0].adjoint == full.nodes[0].adjoint
    opened = full.collapse(boxes(graph)[:1])
    assert boxes(opened) == boxes(graph)[1:]
    assert len(frame(graph)) < 20_000


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    st.lists(
        st.tuples(st.sampled_from("+*-st"), st.integers(0, 9), st.integers(0, 9), st.sampled_from(["", "a", "b"])),
        min_size=1, max_size=15,
    ),
    st.booleans(),
)  # fmt: skip
def test_a_collapsed_graph_has_the_numbers_of_the_full_one(steps, arrays):
    operations = {
        "+": np.add, "*": lambda a, b: 0.5 * a * b, "-": np.subtract, "s": lambda a, _: np.sin(a),
        "t": lambda a, b: np.tanh(a) + np.sum(b),
    }  # fmt: skip

    def f(x, y):
        made = [x, y]
        for operation, i, j, scope in steps:
            arguments = made[i % len(made)], made[j % len(made)]
            if scope:
                with cv.scope(scope):
                    made.append(operations[operation](*arguments))
            else:
                made.append(operations[operation](*arguments))
        return np.sum(made[-1])

    full = cv.trace(f, x=np.array([0.3, -0.8]) if arrays else 0.3, y=0.6)
    for graph in (full.collapse(), full.collapse().fold()):
        for node, group in zip(graph.nodes, graph.members or [(k,) for k in range(len(full.nodes))], strict=True):
            np.testing.assert_array_equal(node.adjoint, full.nodes[group[-1]].adjoint)
        for edge in graph.edges:
            target = graph.nodes[edge.target]
            if isinstance(target.primitive, Group) and edge.local is not None:
                shape = np.size(target.value), np.size(graph.nodes[edge.source].value)
                product = np.ravel(target.adjoint) @ np.reshape(edge.local, shape)
                np.testing.assert_allclose(np.ravel(edge.contribution), product, atol=1e-12)
        scene(graph)


def test_a_player_opens_the_boxes_that_are_named():
    explorer = cv.explore(network, x=(-2.0, 2.0), w=1.5)
    assert [node["box"] for node in explorer.scene["nodes"]] == ["", "", "encoder", "loss"]
    explorer.expanded = ["encoder"]
    assert len(explorer.scene["nodes"]) == 6
    explorer.detail = "full"
    assert len(explorer.scene["nodes"]) == len(explorer.graph.full.nodes)
    explorer.detail, explorer.expanded = "folded", []
    assert [node["label"] for node in explorer.scene["nodes"]][:2] == ["x", "w"]
