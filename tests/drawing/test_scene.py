"""The drawing: every number has its place, no two boxes overlap, and a layout never takes long."""

import html
import json

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing import apart, dot
from chainviz.drawing import scene as drawing
from chainviz.drawing.scene import frame, scene
from chainviz.drawing.text import formula_runs, name_runs, plain, shortened, width
from chainviz.graph import formula


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def fan(x, y):
    u, v = x * y, x + y
    return u * v + np.sin(u)


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)


def ladder(x):
    """A chain with long crossing edges, the kind that makes Graphviz slow."""
    history = [x]
    for k in range(100):
        history.append(np.sin(history[-1]) * history[(k * 37) % len(history)])
    return history[-1]


GRAPHS = {
    "example": cv.trace(example, x=1.5),
    "fan": cv.trace(fan, x=1.5, y=-1.0),
    "layer": cv.trace(layer, W=np.array([[0.5, -1.0], [1.0, 2.0]]), x=np.array([1.0, -0.5]), b=0.1),
    "identity": cv.trace(lambda x: x, x=1.0),
    "unused": cv.trace(lambda x, y: 2 * x, x=1.0, y=2.0),
}


def numbers(slot, packed):
    offset, kind, rows, columns = slot
    return packed[offset : offset + {0: 1, 1: rows * columns, 2: 1, 3: 0}[kind]]


@pytest.mark.parametrize("name", GRAPHS)
def test_every_number_of_the_graph_is_found_by_its_slot(name):
    graph = GRAPHS[name]
    made, packed = scene(graph, version=7), np.frombuffer(frame(graph, version=7))
    assert packed[0] == made["version"] == 7
    for node, drawn in zip(graph.nodes, made["nodes"], strict=True):
        assert numbers(drawn["value"], packed) == pytest.approx(np.ravel(node.value))
    for edge, drawn in zip(graph.edges, made["edges"], strict=True):
        assert numbers(drawn["local"], packed) == pytest.approx(np.ravel(edge.local))
        assert numbers(drawn["contribution"], packed) == pytest.approx(np.ravel(edge.contribution))
        assert numbers(drawn["running"], packed) == pytest.approx(np.ravel(edge.so_far))


@pytest.mark.parametrize("name", GRAPHS)
def test_a_scene_is_plain_json(name):
    assert json.loads(json.dumps(scene(GRAPHS[name]), allow_nan=False))["nodes"]


def test_big_arrays_send_their_norm_and_big_jacobians_only_their_shape():
    graph = cv.trace(lambda x: np.sum(np.ones((40, 30)) @ x), x=np.full(30, 2.0))
    wide = cv.trace(lambda x: np.sum(x), x=np.full(100, 2.0))
    assert scene(graph)["edges"][0]["local"][1:] == (3, 40, 30)
    offset, kind, *shape = scene(wide)["nodes"][0]["value"]
    assert (kind, shape) == (2, [100, 1])
    assert np.frombuffer(frame(wide))[offset] == pytest.approx(20.0)


def boxes(made, view):
    cards = [tuple(card) for card in made[view]["cards"]]
    gates = [edge["gate"] for edge in made[view]["edges"] if edge["gate"]]
    return cards + [(x - w / 2, y - h / 2, w, h) for x, y, w, h in gates]


@pytest.mark.parametrize("view", ["wide", "tall"])
@pytest.mark.parametrize("name", GRAPHS)
def test_no_two_boxes_overlap_and_all_are_inside(name, view):
    made = scene(GRAPHS[name])
    placed = boxes(made, view)
    for k, (x, y, w, h) in enumerate(placed):
        assert x >= 0
        assert y >= 0
        assert x + w <= made[view]["width"]
        assert y + h <= made[view]["height"]
        for x2, y2, w2, h2 in placed[:k]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_ids_and_geometry_stay_while_values_change():
    first, second = scene(GRAPHS["fan"]), scene(cv.trace(fan, x=-0.3, y=2.0))
    assert first["wide"] == second["wide"]
    assert [node["id"] for node in first["nodes"]] == [node["id"] for node in second["nodes"]]


def test_over_twenty_nodes_cards_are_small():
    def chain(x):
        for _ in range(30):
            x = np.sin(x)
        return x

    assert scene(cv.trace(chain, x=1.0))["compact"]
    assert not scene(GRAPHS["fan"])["compact"]


def test_a_tangled_graph_is_drawn():
    graph = cv.trace(ladder, x=0.9)
    dot._place.cache_clear()
    assert len(scene(graph)["wide"]["cards"]) == len(graph.nodes) > 190


def test_none_can_keep_graphviz_for_ever(monkeypatch):
    monkeypatch.setattr(apart, "DEADLINE", 0.01)
    layout = apart.Layout("digraph { a -> b }")  # its process takes longer to start
    layout.wait()
    assert layout.end() is None
    assert layout._process.returncode


def test_a_large_layout_is_under_way_while_the_rest_is_written_and_ends_with_it(monkeypatch):
    begun, begin = [], apart.Layout

    def kept(source):
        begun.append(begin(source))
        return begun[-1]

    def interrupted(graph):
        assert [layout._process.returncode for layout in begun] == [None]
        raise KeyboardInterrupt

    monkeypatch.setattr(apart, "Layout", kept)
    graph = cv.trace(ladder, x=0.9)
    dot._place.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "listings", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scene(graph)
    assert begun[0]._process.returncode is not None
    assert scene(graph) == scene(graph)
    assert len(begun) == 2  # one that was interrupted, one that is remembered


def test_without_an_answer_from_graphviz_boxes_stand_in_columns(monkeypatch):
    monkeypatch.setattr(apart, "DEADLINE", 0.0)
    dot._place.cache_clear()
    made = scene(cv.trace(ladder, x=0.9))
    dot._place.cache_clear()
    cards = [tuple(card) for card in made["wide"]["cards"]]
    assert len(set(cards)) == len(cards)


def test_the_dot_source_can_be_laid_out_by_graphviz_itself():
    from pygraphviz import AGraph

    drawn = AGraph(string=GRAPHS["fan"].to_dot()).draw(format="svg", prog="dot").decode()
    assert "x = 1.5" in drawn
    assert "cos\u2009u = 0.07074" in html.unescape(drawn)


def test_the_still_picture_states_every_number():
    picture = GRAPHS["example"].to_svg()
    for text in ("1.5", ">3<", ">4<", ">16<", "−0.2879", "−15.32", "−7.661", ">8<", "cos"):
        assert text in picture


def test_formulas_become_one_line_of_text():
    graph = GRAPHS["example"]
    assert plain(formula_runs(formula.of_node(graph, 3), graph)) == "z²"
    assert plain(formula_runs(formula.of_edge(graph, graph.edges[3]), graph)) == "cos\u2009a"
    root = cv.trace(lambda x: 1 / np.sqrt(x + 1), x=3.0)
    assert plain(formula_runs(formula.whole(root), root)) == "1/√(x + 1)"
    entry = cv.trace(lambda x1: x1[0] * 2, x1=np.ones(2))
    assert plain(formula_runs(formula.of_node(entry, 1), entry)) == "x₁,₀"


def test_a_text_too_long_for_its_room_ends_in_an_ellipsis():
    runs = name_runs("a_rather_long_name_of_a_variable")
    cut = shortened(runs, 15, 100)
    assert plain(cut).endswith("…")
    assert width(cut, 15) <= 100 + 15
