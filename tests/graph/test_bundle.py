"""Bundles: where very many values meet, a card stands for most of them, and no number is another for it."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.graph.bundle import Bundle
from chainviz.graph.collapse import MOST
from chainviz.graph.tangents import tangents
from chainviz.widgets.player import Player

COUNT = 2_000


def terms(x):
    return np.sum(np.array([np.sin(x * (k + 1.0)) for k in range(COUNT)]))


def inputs(frozen=()):
    """x0² + ... + x1999², at xk = k / 1000."""
    names = [f"x{k}" for k in range(COUNT)]
    made = {"np": np}
    exec(f"def f({', '.join(names)}):\n    return {' + '.join(f'{name} * {name}' for name in names)}", made)
    return cv.trace(made["f"], frozen=frozen, **{name: k / 1000 for k, name in enumerate(names)})


def bundles(graph):
    return [node for node in graph.nodes if isinstance(node.primitive, Bundle) and node.primitive.key]


def keys(graph):
    return [node.primitive.key for node in bundles(graph) if node.primitive.key.startswith("terms")]


def test_of_a_sum_of_two_thousand_terms_the_first_show_and_a_card_stands_for_the_rest():
    graph = cv.trace(terms, x=0.5).collapse()
    assert len(graph.nodes) < 40
    (rest,) = (node for node in graph.nodes if node.name == "… 1,990 more")
    there = np.arange(COUNT)[10:] + 1
    assert rest.value == pytest.approx(np.sin(0.5 * there))
    assert rest.adjoint.tolist() == [1.0] * 1990
    (edge,) = (edge for edge in graph.edges if edge.target == rest.index)
    assert edge.contribution == pytest.approx(np.sum(there * np.cos(0.5 * there)))
    assert graph.nodes[0].adjoint == pytest.approx(
        np.sum(np.arange(1, COUNT + 1) * np.cos(0.5 * np.arange(1, COUNT + 1)))
    )


def test_two_thousand_inputs_are_a_vector_whose_adjoint_is_theirs():
    graph = inputs().collapse()
    assert len(graph.nodes) < MOST
    rest = graph.nodes[graph.inputs[-1]]
    assert (rest.name, rest.is_input, rest.shape) == ("… 1,989 more", True, (1989,))  # x0 begins outside of the loop
    assert rest.adjoint == pytest.approx(2 * np.arange(11, COUNT) / 1000)
    for node in graph.nodes:  # every adjoint is the sum of what its edges bring
        arriving = [graph.edges[e].contribution for e in graph.leaving[node.index]]
        assert not arriving or np.sum(arriving, axis=0) == pytest.approx(node.adjoint)


def test_frozen_inputs_have_a_card_of_their_own():
    graph = inputs(frozen=[f"x{k}" for k in range(1_000)]).collapse()
    held = [graph.nodes[k] for k in graph.inputs if graph.nodes[k].frozen]
    assert [(node.name, node.adjoint) for node in held][-1] == ("… 989 more", None)
    assert len(graph.trained) == 11


def test_a_bundle_opens_in_portions_down_to_the_values_and_never_shows_too_much():
    full, opened = inputs(), []
    whole = full.collapse()
    opened += keys(whole)
    portions = full.collapse(opened)
    names = [portions.nodes[k].name for k in portions.inputs]
    assert (len(names), names[11], names[-1]) == (51, "x11 … x60", "… 39 more")
    for key in keys(portions)[:6]:  # the fifth is one too many: the first closes again
        opened.append(key)
        graph = full.collapse(opened)
        assert len(graph.nodes) <= MOST
    assert {"x11", "x60"} <= {node.name for node in full.collapse([*keys(whole), "terms 11 to 60 of y"]).nodes}


def test_a_tangent_passes_through_a_bundle_as_through_what_it_stands_for():
    graph = cv.trace(terms, x=0.5).collapse()
    found = tangents(graph, graph.inputs[0])
    assert found.nodes[graph.output] == pytest.approx(graph.nodes[0].adjoint)
    for node in graph.nodes:
        arriving = [found.products[e] for e in graph.entering[node.index]]
        assert not arriving or np.sum(arriving, axis=0) == pytest.approx(found.nodes[node.index])


def test_local_derivatives_of_a_bundle_times_the_adjoint_are_what_passes():
    graph = inputs().collapse()
    known = 0
    for edge in graph.edges:
        target = graph.nodes[edge.target]
        if edge.local is not None and not target.shape:
            assert np.asarray(edge.local) * target.adjoint == pytest.approx(np.asarray(edge.contribution))
            known += 1
    assert known > 10


def test_what_comes_back_out_of_a_bundle_is_not_in_it():
    def f(x):
        made = [np.sin(x * k) for k in range(300)]
        made[250] = np.cos(made[100] + made[20])
        return np.sum(np.stack(made) ** 2)

    full = cv.trace(f, x=0.3)
    graph = full.collapse()
    assert len(graph.nodes) <= MOST
    assert all(source < node.index for node in graph.nodes for source in node.sources)
    assert sorted(k for group in graph.members for k in group) == list(range(len(full.nodes)))


@pytest.mark.parametrize("detail", ["folded", "full"])
def test_players_of_wide_graphs_are_small_whatever_the_detail(detail):
    for graph in (inputs(), cv.trace(terms, x=0.5)):
        player = Player(graph, detail=detail)
        assert len(player.scene["nodes"]) <= MOST
        player.tab = "Source"
        player.mode = "forward"
        made = scene(player.graph, 1)
        assert len(frame(player.graph, 1, player.graph.trained[-1])) > 8 * len(made["nodes"])
