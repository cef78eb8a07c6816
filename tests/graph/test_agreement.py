"""One function, four ways to its numbers: recorded afresh, replayed as source, on the page's tape, folded."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.autodiff.forms import Elementwise
from chainviz.autodiff.variable import PRIMITIVES
from chainviz.graph.tape import NoTapeError, evaluate, tape
from chainviz.graph.tape import numbers as numbers_of
from tests.autodiff.test_table import CONSTANTS, DOMAINS
from tests.graph.test_tape import is_scipys

OPERATIONS = {
    primitive.name: primitive
    for primitive in PRIMITIVES.values()
    if isinstance(primitive, Elementwise) and primitive.name in DOMAINS and not is_scipys(primitive.function)
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.lists(st.integers(0, 9), min_size=3, max_size=3), st.booleans()),
    min_size=1,
    max_size=10,
)
numbers = st.floats(-2, 2).map(lambda v: round(v, 3))


def program(steps):
    """A function of two numbers that goes through the steps, each operand brought to where the operation is defined."""

    def f(x, y):
        made = [x, y]
        for k, (name, places, named) in enumerate(steps):
            operands = []
            for place, domain in zip(places, DOMAINS[name], strict=False):
                given = made[place % len(made)]
                if domain is None:
                    operands.append(CONSTANTS.get(name, True))
                else:
                    low, high = domain
                    operands.append(low + (high - low) * cv.sigmoid(given))
            value = OPERATIONS[name](*operands)
            made.append(cv.name(value, f"q{k}") if named else value)
        return sum(made[2:], made[0] * made[1])

    return f


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=300)
@given(STEPS, numbers, numbers, numbers, numbers)
def test_a_program_has_the_same_numbers_recorded_replayed_on_a_tape_and_folded(steps, x, y, x2, y2):
    f = program(steps)
    graph = cv.trace(f, x=x, y=y)
    value, gradients = cv.value_and_grad(f, (0, 1))(x, y)
    by_trace = [graph.nodes[k].adjoint for k in graph.inputs]
    same([graph.nodes[graph.output].value, *by_trace], [value, *gradients])

    folded = graph.fold()
    same([folded.nodes[k].adjoint for k in folded.inputs], by_trace)

    there = cv.trace(f, x=x2, y=y2)
    if there.recipe != graph.recipe:  # another branch: neither replay nor tape is of it
        return
    expected = [there.nodes[there.output].value, *(there.nodes[k].adjoint for k in there.inputs)]
    value, gradients = graph.compile()(x2, y2)
    same([value, *gradients], expected)
    try:
        made = tape(graph)
    except NoTapeError:
        return
    found = evaluate(made, [x2, y2])
    assert found is not None
    same(found, numbers_of(there))


def test_operations_of_the_table_are_really_recorded():
    for name in OPERATIONS:
        graph = cv.trace(program([(name, [0, 1, 0], False)]), x=0.3, y=-0.4)
        assert name in {node.primitive.name for node in graph.nodes if node.primitive}, name
