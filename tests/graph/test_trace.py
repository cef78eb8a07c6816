"""The recorded graph: its values, names, edges and derivatives, and the errors for calls that make none."""

import dataclasses
import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.graph.trace import local_derivative


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def names(graph):
    return [node.name for node in graph.nodes]


def test_the_example_has_the_values_of_the_closed_form():
    graph = cv.trace(example, x=1.5)
    assert [node.value for node in graph.nodes[:4]] == [1.5, 3, 4, 16]
    assert graph.nodes[-1].value == pytest.approx(np.sin(16))
    assert [edge.local for edge in graph.edges] == pytest.approx([2, 1, 8, np.cos(16)])
    assert graph.nodes[0].adjoint == pytest.approx(np.cos(16) * 8 * 2)


def test_a_graph_is_immutable_and_its_values_are_snapshots():
    weights = np.ones(2)
    graph = cv.trace(lambda w: np.sum(w * w), w=weights)
    weights[0] = 7
    assert graph.nodes[0].value.tolist() == [1, 1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.output = 0
    with pytest.raises(ValueError, match="read-only"):
        graph.nodes[0].value[0] = 3


def test_names_come_from_local_variables_and_unnamed_values_are_numbered():
    assert names(cv.trace(example, x=1.5)) == ["x", "v₁", "z", "a", "y"]
    assert names(cv.trace(lambda x: np.sin(2 * x), x=1.5)) == ["x", "v₁", "y"]


def test_a_name_bound_again_in_a_loop_counts_up():
    def loop(x):
        h = x
        for _ in range(3):
            h = np.tanh(h)
        return h

    assert names(cv.trace(loop, x=0.5)) == ["x", "h₁", "h₂", "h₃"]


def test_an_argument_that_is_rebound_keeps_its_own_name():
    def rebound(h):
        h = np.tanh(h)
        return h * h

    assert names(cv.trace(rebound, h=0.5)) == ["h", "h₁", "y"]


def test_names_inside_called_functions_are_found_and_the_callers_name_wins():
    def layer(a):
        s = 3 * a
        out = np.tanh(s)
        return out

    def net(x):
        hidden = layer(x)
        result = layer(hidden)
        return result

    assert names(cv.trace(net, x=0.5)) == ["x", "s₁", "hidden", "s₂", "result"]


def test_unpacked_and_aliased_values_are_named_by_their_first_binding():
    def f(x):
        u, v = x[0], x[1]
        again = u
        return again * v

    assert names(cv.trace(f, x=np.ones(2))) == ["x", "u", "v", "y"]


def test_an_explicit_name_wins():
    def f(x):
        z = cv.name(2 * x, "speed")
        return z**2

    assert names(cv.trace(f, x=1.0)) == ["x", "speed", "y"]


def test_the_output_does_not_take_a_name_that_is_taken():
    assert names(cv.trace(lambda x, y: x * y, x=1.0, y=2.0)) == ["x", "y", "z"]


def test_code_without_a_readable_source_still_has_names():
    scope = {}
    exec("def f(x):\n    z = 2 * x\n    return z + 1", scope)
    assert names(cv.trace(scope["f"], x=1.0)) == ["x", "z", "y"]


def test_every_node_knows_the_line_that_made_it():
    graph = cv.trace(example, x=1.5)
    assert [node.place.text for node in graph.nodes[1:]] == [
        "z = 2 * x + 1",
        "z = 2 * x + 1",
        "a = z**2",
        "return np.sin(a)",
    ]


def test_a_value_used_twice_by_one_operation_has_two_edges():
    graph = cv.trace(lambda x: x * x, x=3.0)
    assert [edge.id for edge in graph.edges] == ["e0-1-0", "e0-1-1"]
    assert [(edge.turn, edge.uses, edge.contribution, edge.so_far) for edge in graph.edges] == [
        (1, 2, 3, 3),
        (2, 2, 3, 6),
    ]


def test_contributions_add_up_to_the_adjoint_at_every_node():
    def f(x, y):
        u, v = x * y, x + y
        return u * v + np.sin(u)

    graph = cv.trace(f, x=1.5, y=-1.0)
    for node in graph.nodes:
        if node.index != graph.output:
            assert sum(graph.edges[k].contribution for k in graph.leaving[node.index]) == pytest.approx(node.adjoint)
    assert graph.nodes[0].adjoint == pytest.approx(cv.grad(f)(1.5, -1.0))


def test_local_jacobians_map_source_adjoints():
    weights = np.array([[0.5, -1.0], [1.0, 2.0]])
    graph = cv.trace(lambda x: np.sum(np.tanh(weights @ x)), x=np.array([1.0, -0.5]))
    product, squash, _ = graph.edges
    assert product.local == pytest.approx(weights)
    assert squash.local == pytest.approx(1 - np.tanh(weights @ [1, -0.5]) ** 2)


def test_a_jacobian_too_big_to_show_is_left_out_and_not_wrong():
    graph = cv.trace(lambda x: np.sum(np.ones((40, 30)) @ x), x=np.ones(30))
    assert graph.edges[0].local is None
    assert graph.nodes[0].adjoint == pytest.approx(np.full(30, 40.0))


def test_unused_inputs_and_constant_outputs_have_derivative_zero():
    assert repr(cv.trace(lambda x, y: 2 * x, x=1.0, y=5.0)) == "Graph(x=1, y=5, z=2, ∂z/∂x=2, ∂z/∂y=0)"
    assert repr(cv.trace(lambda x: 3.0, x=1.0)) == "Graph(x=1, y=3, dy/dx=0)"


def test_the_identity_is_a_graph_of_one_node():
    graph = cv.trace(lambda x: x, x=2.0)
    assert graph.nodes[graph.output].is_input
    assert graph.nodes[0].adjoint == 1


def test_parameters_with_defaults_may_be_left_out():
    def f(x, times=3):
        for _ in range(times):
            x = 2 * x
        return x

    assert cv.trace(f, x=1.0).nodes[0].adjoint == 8


def test_same_code_same_signature_and_another_branch_another():
    def f(x):
        return 2 * x if x > 0 else 3 * x

    assert cv.trace(f, x=1.0).signature == cv.trace(f, x=2.0).signature
    assert cv.trace(f, x=1.0).signature != cv.trace(f, x=-1.0).signature


def test_tracing_does_not_disturb_an_outer_trace():
    inner = []

    def f(x):
        inner.append(cv.trace(lambda t: t**2, t=3.0))
        y = 2 * x
        return y

    assert names(cv.trace(f, x=1.0)) == ["x", "y"]
    assert inner[0].nodes[0].adjoint == 6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: cv.trace(f, y=1.0), "There is no parameter 'y': example takes x."),
        (lambda f: cv.trace(f), "The input 'x' is missing"),
        (lambda f: cv.trace(f, 1.0, 2.0), "2 inputs were given by position"),
        (lambda f: cv.trace(f, 1.0, x=2.0), "given twice"),
        (lambda f: cv.trace(f, x="1"), "The input 'x' is text"),
        (lambda f: cv.trace(f, x=None), "The input 'x' is no number"),
        (lambda f: cv.trace(1.5, x=1.0), "is not a function"),
        (lambda f: cv.trace(np.hypot, a=3.0, b=4.0), "lambda a, b: hypot(a, b)."),
        (lambda f: cv.trace(lambda *values: values[0], 1.0), "cannot name them"),
    ],
)
def test_a_call_that_does_not_fit_says_so(call, says):
    with pytest.raises(cv.InputError, match=re.escape(says)):
        call(example)


def test_an_output_that_is_not_one_number_is_an_error_with_a_way_out():
    with pytest.raises(cv.NotScalarError, match=r"shape \(2,\).*Return one entry, such as y\[0\]"):
        cv.trace(lambda x: 2 * x, x=np.ones(2))
    with pytest.raises(cv.NotScalarError, match="returned None"):
        cv.trace(lambda x: None, x=1.0)


def test_names_bound_between_two_calls_of_the_same_line_are_seen():
    def double(v):
        w = 2 * v
        return w + 1

    def f(x):
        step = x
        for _ in range(3):
            step = double(step)
        return step

    def drawn(x):
        total = x
        for part in (k * x for k in range(1, 4)):
            total = total + part
        return total

    names = [node.name for node in cv.trace(f, x=0.5).nodes]
    assert [name.rstrip("₁₂₃") for name in names[1:]] == ["w", "step"] * 3, names
    names = [node.name.rstrip("₁₂₃") for node in cv.trace(drawn, x=0.5).nodes]
    assert names[1:] == ["part", "total"] * 3, names


def test_local_derivatives_are_worked_out_when_they_are_read_and_once_only(monkeypatch):
    worked_out = []

    def counted(*args):
        worked_out.append(args[0].name)
        return local_derivative(*args)

    monkeypatch.setitem(cv.trace.__globals__, "local_derivative", counted)
    graph = cv.trace(lambda x: np.sin(2 * x), x=1.5)
    assert (worked_out, graph.nodes[0].adjoint) == ([], pytest.approx(2 * np.cos(3.0)))
    assert [graph.edges[1].local for _ in range(2)] == [pytest.approx(np.cos(3.0))] * 2
    assert worked_out == ["sin"]


def test_a_local_derivative_is_that_of_the_recording_whatever_became_of_the_arrays_since():
    weights, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    graph = cv.trace(lambda x: np.sum(weights * x), x=x)
    weights[:] = x[:] = 0.0
    assert graph.edges[0].local.tolist() == [1.0, 2.0]
