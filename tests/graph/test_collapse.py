"""Collapsing: scopes and long runs are boxes, and every number that is left is the one it was."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.graph.collapse import MOST, is_run
from chainviz.graph.collapse import boxes as known_boxes
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


def without_repetition(count):
    """A chain of operations in no order that comes again."""
    dice = np.random.default_rng(0)
    choices = [np.sin, np.tanh, np.cos, lambda x: x + 0.1, lambda x: x * 0.9]
    chosen = [choices[k] for k in dice.integers(0, len(choices), count)]

    def f(x):
        for operation in chosen:
            x = operation(x)
        return x

    return f


def test_ten_thousand_operations_show_as_few_boxes_and_one_of_them_opens():
    full = cv.trace(without_repetition(10_000), x=0.5)
    graph = full.collapse()
    assert 20 < len(graph.nodes) <= MOST
    assert graph.nodes[0].adjoint == full.nodes[0].adjoint
    opened = full.collapse(boxes(graph)[:1])
    assert boxes(opened) == boxes(graph)[1:]
    assert MOST > len(opened.nodes) > len(graph.nodes)
    assert len(frame(graph)) < 20_000


def test_a_run_that_is_longer_than_what_can_be_shown_opens_into_shorter_ones():
    full = cv.trace(without_repetition(30_000), x=0.5)
    first = boxes(full.collapse())[0]
    opened = full.collapse([first])
    assert len(opened.nodes) <= MOST
    inner = boxes(opened)[0]
    assert inner.startswith("operations 1 to ")
    assert inner != first
    assert len(full.collapse([first, inner]).nodes) > len(opened.nodes)


def tangled(x):
    """900 operations, each on any two that came before."""
    dice = np.random.default_rng(2)
    operations = [lambda a, _: 0.5 * np.sin(a), np.add, lambda a, b: 0.3 * a * b, lambda a, b: np.tanh(a - b)]
    made = [x]
    for _ in range(900):
        i, j, which = (int(dice.integers(0, most)) for most in (len(made), len(made), 4))
        made.append(operations[which](made[i], made[j]))
    return sum(made[-200:])


def test_whatever_is_a_box_has_a_key_that_opens_it_however_tangled_the_graph_is():
    full = cv.trace(tangled, x=0.5)
    closed, named = full.collapse(), known_boxes(full)
    for graph in (closed, *(full.collapse([name]) for name in ("operations 1 to 320", *filter(None, boxes(closed))))):
        assert len(graph.nodes) <= MOST
        for node, drawn in zip(graph.nodes, scene(graph)["nodes"], strict=True):
            stands_for = node.primitive.size if isinstance(node.primitive, Group) else 1
            assert drawn["box"] or stands_for == 1  # one operation on a bundle is drawn as any other
            assert not drawn["box"] or is_run(drawn["box"]) or drawn["box"] in named


def rounds(x, w, b, count=20):
    scale = np.exp(b)
    for k in range(count):
        x = np.sin(x) * w[k] + scale * (k + 1)
    return x**2


def test_a_loop_is_one_box_and_opens_into_its_rounds():
    full = cv.trace(rounds, x=0.5, w=np.linspace(0.1, 0.9, 20), b=0.1)
    graph = full.collapse()
    assert boxes(graph) == ["loop 1"]
    (box,) = (node.primitive for node in graph.nodes if isinstance(node.primitive, Group))
    assert (box.title, box.size) == ("loop ×20", 20 * 5)
    assert [node.name for node in graph.nodes if not isinstance(node.primitive, Group)] == ["x", "w", "b", "scale", "y"]
    opened = full.collapse(["loop 1"])
    assert boxes(opened) == [f"loop 1/round {k + 1}" for k in range(20)]
    assert len(full.collapse(["loop 1", "loop 1/round 3"]).nodes) == len(opened.nodes) + 4
    with pytest.raises(cv.InputError, match=r"no scope 'loop 2' in this graph\. Its scopes are loop 1, loop 1/"):
        full.collapse(["loop 2"])


def test_only_what_is_wired_alike_is_a_loop():
    def crossed(x):
        made = [x]
        dice = np.random.default_rng(1)
        for k in range(60):
            made.append(np.sin(made[-1]) + made[int(dice.integers(0, k + 1))])
        return made[-1]

    def terms(x):
        waves = [np.sin(0.1 * k * x) for k in range(60)]
        return np.exp(waves[0]) * waves[1] + sum(waves[2:])

    def two(x):
        for _ in range(15):
            x = np.sin(x) + 0.1
        x = x**2
        for _ in range(17):
            x = np.cos(np.tanh(x) * 2)
        return x

    assert boxes(cv.trace(crossed, x=0.5).collapse()) == []
    assert boxes(cv.trace(lambda x: rounds(x, np.ones(9), 0.1, 9), x=0.5).collapse()) == []  # few enough to read
    assert [loop[1:] for loop in cv.trace(two, x=0.5).loops.values()] == [(2, 15), (3, 17)]
    found = cv.trace(terms, x=0.5).loops.values()
    assert [loop[1:] for loop in found] == [(1, 57)]  # the sum; the waves do not go into one another


def test_a_loop_has_no_name_of_a_scope():
    def f(x):
        with cv.scope("loop 1"):
            x = np.sin(x) + 1
        return rounds(x, np.ones(20), 0.1)

    assert boxes(cv.trace(f, x=0.5).collapse()) == ["loop 1", "loop 2"]


@hypothesis.settings(max_examples=60)
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
