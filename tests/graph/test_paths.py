"""Sums over paths, on the curriculum's examples and on graphs with more paths than could ever be walked."""

import math

import numpy as np
import pytest

import chainviz as cv


def test_the_derivative_along_a_curve_is_the_sum_of_two_paths():
    def f(t):
        x, y = np.cos(t), np.sin(t)
        return x**2 * y

    found = cv.trace(f, t=np.pi / 6).paths("t")
    assert found.count == 2
    assert sorted(path.product for path in found.strongest) == pytest.approx([-0.433013, 0.649519], abs=1e-6)
    assert found.total == pytest.approx(0.216506, abs=1e-6)


def test_three_intermediates_are_three_paths():
    graph = cv.trace(lambda t: t * t**2 * t**3, t=2.0)
    assert sorted(path.product for path in graph.paths("t").strongest) == pytest.approx([32, 64, 96])


def test_the_sum_is_the_adjoint_between_any_two_nodes():
    def f(x, y):
        u, v = x * y, x + y
        return u * v + np.sin(u)

    graph = cv.trace(f, x=1.5, y=-1.0)
    for node in graph.nodes:
        assert graph.paths(node.index).total == pytest.approx(node.adjoint)
    assert graph.paths("x", "u").total == pytest.approx(-1.0)
    assert graph.paths("v", "u").count == 0


def test_every_path_is_a_chain_of_edges_with_its_product():
    graph = cv.trace(lambda x: np.sin(x) * np.exp(x) + x, x=0.7)
    for path in graph.paths("x").strongest:
        edges = [graph.edges[k] for k in path.edges]
        assert [edge.target for edge in edges[:-1]] == [edge.source for edge in edges[1:]]
        assert math.prod(edge.local for edge in edges) == pytest.approx(path.product)


def test_repeated_doubling_has_two_to_the_hundred_paths_and_an_exact_sum():
    def doubled(x):
        for _ in range(100):
            x = x + x
        return x

    found = cv.trace(doubled, x=1.0).paths("x", strongest=3)
    assert found.count == 2**100
    assert len(found.strongest) == 3
    assert found.total == 2.0**100
    assert found.rest == pytest.approx(2.0**100 - 3)


def test_among_ten_to_the_thirty_paths_the_strongest_are_exact():
    def fan(x):
        for _ in range(64):  # three ways a stage, of strength 2, 1 and 1/2
            x = 2 * x + (x + 0.5 * x)
        return x

    graph = cv.trace(fan, x=1.0)
    found = graph.paths("x", strongest=130)  # to follow each of them would never end
    assert found.count == 3**64 > 10**30
    assert [path.product for path in found.strongest] == [2.0**64] + [2.0**63] * 64 + [2.0**62] * 65
    assert len({path.edges for path in found.strongest}) == 130
    assert found.total == pytest.approx(graph.nodes[0].adjoint) == pytest.approx(3.5**64)


def test_an_array_or_a_frozen_input_beside_the_paths_is_in_nobodys_way():
    found = cv.trace(lambda x, W: x * (W @ W) + x * x, x=1.5, W=np.ones(3)).paths("x")
    assert (found.count, found.total) == (3, 6.0)
    found = cv.trace(lambda w, x: w * x + np.sin(2 * x), w=3.0, x=1.5, frozen="x").paths("w")
    assert (found.count, found.total) == (1, 1.5)
    with pytest.raises(cv.InputError, match="'v₁' on the way is an array"):
        cv.trace(lambda x: np.sum(np.ones(3) * x), x=2.0).paths("x")


def test_a_path_that_np_where_did_not_take_passes_nothing_even_where_its_derivative_is_infinite():
    with np.errstate(all="ignore"):
        graph = cv.trace(lambda x: np.where(False, np.sqrt(x), x), x=0.0)
    found = graph.paths("x")
    assert found.total == graph.nodes[0].adjoint == 1.0
    assert [path.product for path in found.strongest] == [1.0, 0.0]


def test_a_node_that_is_not_there_and_an_array_on_the_way_are_said():
    graph = cv.trace(lambda x: np.sum(x**2), x=np.ones(2))
    with pytest.raises(cv.InputError, match=r"no node 'q' in this graph\. Its nodes are x, v₁, y\."):
        graph.paths("q")
    with pytest.raises(cv.InputError, match="'v₁' on the way is an array"):
        graph.paths("x")
