"""The facts on hover cards: operations and bytes as `Graph.cost` counts them, the Jacobian's part, the user's line."""

import inspect

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.facts import part_of_jacobian
from chainviz.drawing.scene import scene
from chainviz.graph import cost, listing
from chainviz.graph.cost import by_node
from chainviz.graph.listing import listings


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    with cv.scope("loss"):
        e = h - 0.3
        loss = np.sum(e**2) / 3
    return loss


POINT = {"W": np.eye(3), "x": np.ones(3), "b": np.zeros(3)}


def test_every_operation_and_byte_is_on_one_card_however_the_graph_is_folded():
    graph = cv.trace(layer, **POINT)
    whole = graph.cost()
    for seen in (graph, graph.fold(), graph.collapse(), graph.collapse().fold()):
        shown = by_node(seen)
        assert sum(each.forward for each in shown) == whole.forward
        assert sum(each.backward for each in shown) == whole.backward
        assert sum(each.bytes for each in shown) == sum(node.bytes for node in whole.nodes)


def test_operations_out_of_sight_are_not_counted_as_none():
    graph = cv.trace(lambda x: cv.checkpoint(np.tanh)(x) * 2, x=1.5)
    assert [each.forward for each in by_node(graph)] == [0, None, 1]
    assert {each.backward for each in by_node(graph)} == {None}
    facts = dict(scene(graph)["nodes"][1]["facts"])
    assert facts == {"operations": "out of sight", "memory": "8 bytes"}


def test_the_backward_pass_of_a_large_graph_is_not_recorded_for_its_cards(monkeypatch):
    monkeypatch.setattr(cost, "MOST", 4)
    assert dict(scene(cv.trace(layer, **POINT))["nodes"][-1]["facts"])["operations"] == "1 forward"


@pytest.mark.parametrize(
    ("f", "part"),
    [
        (lambda x: np.sum(np.exp(x)), "the diagonal of a Jacobian of 4×4"),
        (lambda x: np.sum(np.ones((2, 4)) @ x), "a Jacobian of 2×4"),
        (lambda x: np.sum(np.ones((99, 4)) @ x), "a Jacobian of 99×4, not worked out"),
        (lambda x: np.sum(x * np.ones((3, 1))), "a Jacobian of 12×4, entry by entry"),
        (lambda x: x[0] * 2, "a Jacobian of 1×4"),
    ],
)
def test_which_part_of_the_jacobian_an_edge_holds(f, part):
    graph = cv.trace(f, x=np.ones(4))
    assert part_of_jacobian(graph, graph.edges[0]) == part


def test_a_node_knows_its_line_in_the_source_of_its_function():
    made, lines = listings(cv.trace(layer, **POINT).collapse().fold())
    assert [each.function for each in made] == ["layer"]
    source, first = inspect.getsourcelines(layer)
    assert (list(made[0].lines), made[0].first) == ([line.rstrip() for line in source], first)
    assert [None if at is None else made[at[0]].lines[at[1]].strip() for at in lines] == [
        None, None, None, "h = np.tanh(W @ x + b)", "loss = np.sum(e**2) / 3",
    ]  # fmt: skip


def test_where_the_source_is_not_known_there_is_no_line():
    space = {}
    exec("def f(x):\n    return x**2", space)
    assert listings(cv.trace(space["f"], x=1.5)) == ([], [None, None])


def test_a_long_function_shows_the_line_alone(monkeypatch):
    monkeypatch.setattr(listing, "LONGEST", 3)
    made, lines = listings(cv.trace(layer, **POINT))
    assert {len(each.lines) for each in made} == {1}
    assert made[lines[-1][0]].first == inspect.getsourcelines(layer)[1] + 4
