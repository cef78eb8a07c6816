"""The cost race: its formulas against what is counted on recorded graphs."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons.cost_race import WAYS, network

REVERSE, ANEW, FORWARD = WAYS


def traced(depth, width, **options):
    f, inputs = network(depth, width)
    names = [f"W{k}" for k in range(depth)]

    def g(x, **weights):
        return f(x, [weights[name] for name in names])

    source = f"lambda x, {', '.join(names)}: g(x, {', '.join(f'{n}={n}' for n in names)})"
    given = {"x": inputs["x"], **dict(zip(names, inputs["weights"], strict=True))}
    return cv.trace(eval(source, {"g": g}), **given, **options), names


@pytest.mark.parametrize(("depth", "width"), [(1, 3), (2, 3), (3, 4), (5, 2)])
def test_the_multiplications_of_each_way_are_those_counted_on_the_graph(depth, width):
    graph, names = traced(depth, width, frozen="x")
    counted = graph.cost().multiplications
    assert REVERSE.multiplications(depth, width) == counted.reverse
    assert FORWARD.multiplications(depth, width) == counted.forward
    anew = [
        traced(depth, width, frozen=["x", *(n for n in names if n != kept)])[0].cost().multiplications.reverse
        for kept in names
    ]
    assert ANEW.multiplications(depth, width) == sum(anew)


@pytest.mark.parametrize(("depth", "width"), [(1, 3), (4, 3), (8, 4)])
def test_the_memory_of_both_modes_is_that_counted_on_the_graph(depth, width):
    f, inputs = network(depth, width)
    memory = cv.trace(lambda x: f(x, inputs["weights"]), x=inputs["x"]).cost().memory
    assert 8 * REVERSE.memory(depth, width) == memory.reverse
    assert 8 * FORWARD.memory(depth, width) == memory.forward


def test_anew_is_quadratic_in_depth_and_reverse_mode_linear():
    depths = np.arange(1, 50)
    assert np.all(np.diff(REVERSE.multiplications(depths, 7), 2) == 0)
    assert set(np.diff(ANEW.multiplications(depths, 7), 2)) == {7**2 + 7}
    assert [way.passes(20, 3) for way in WAYS] == [20, 210, 20 * 180]
