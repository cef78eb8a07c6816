"""The story of the two passes."""

import numpy as np

import chainviz as cv
from chainviz.timeline import corresponding, forward_steps


def story(graph):
    nodes, edges = graph.nodes, graph.edges
    return [
        f"{edges[at].target}->{edges[at].source}" if kind == "edge" else f"{kind} {nodes[at].name}"
        for kind, at in graph.timeline()
    ]


def test_forward_one_step_a_node_backward_one_step_an_edge():
    def f(x):
        z = 2 * x
        return z**2

    assert story(cv.trace(f, x=1.5)) == ["start y", "value z", "value y", "seed y", "2->1", "1->0"]


def test_an_adjoint_is_complete_before_it_is_passed_on():
    def f(x, y):
        u, v = x * y, x + y
        return u * v + np.sin(u)

    graph = cv.trace(f, x=1.5, y=-1.0)
    arrived = {node.index: 0 for node in graph.nodes}
    for kind, at in graph.timeline():
        if kind == "edge":
            edge = graph.edges[at]
            assert arrived[edge.target] == len(graph.leaving[edge.target])
            arrived[edge.source] += 1
            assert arrived[edge.source] == edge.turn


def test_no_adjoint_is_played_over_a_cut():
    assert story(cv.trace(lambda x: x * cv.stop_gradient(np.sin(x)), x=1.5))[-3:] == ["seed y", "3->0", "3->2"]


def test_one_node_has_only_a_start_and_a_seed():
    assert story(cv.trace(lambda x: x, x=1.0)) == ["start x", "seed x"]


def test_steps_of_the_folded_and_the_full_graph_correspond_there_and_back():
    def f(x, y):
        u = 2 * x * y + 1
        v = np.sin(u) + x
        return u * v

    full = cv.trace(f, x=1.5, y=-1.0)
    folded = full.fold()
    steps = range(len(folded.timeline()))
    there = [corresponding(step, folded, full) for step in steps]
    for step, position in zip(steps, there, strict=True):
        assert full.timeline()[position].kind == folded.timeline()[step].kind
    forward = [step for step in steps if folded.timeline()[step].kind != "edge"]
    assert [corresponding(there[step], full, folded) for step in forward] == forward
    assert corresponding(len(full.timeline()) - 1, full, folded) == len(steps) - 1


def test_forward_mode_has_a_seed_and_one_step_a_node_whichever_input_moves():
    graph = cv.trace(lambda x, w: np.sin(x * w) + w, x=1.5, w=2.0)
    for source in graph.inputs:
        kinds, at = zip(*forward_steps(graph, source), strict=True)
        assert kinds == ("start", "seed", "push", "push", "push")
        assert at[1:] == (source, *(node.index for node in graph.nodes if not node.is_input))
