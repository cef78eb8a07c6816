"""Recordings: whatever the table can record comes back with the same numbers; what would grow large is not computed."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.autodiff.variable import PRIMITIVES
from chainviz.graph.bounds import ON_MATRICES, bound, entries_of
from chainviz.graph.operations import by_content, by_name
from chainviz.graph.parameters import read, written
from chainviz.graph.recording import Recording, as_data
from tests.autodiff.test_table import COMPLEX, PREPARED, cases
from tests.graph.test_agreement import STEPS, numbers, program

CASES = [case for case in cases() if case.values[0].name not in COMPLEX]


def through_json(graph):
    return Recording(json.loads(json.dumps(as_data(graph), allow_nan=False)))


def same(graph, again):
    """Two graphs of one function have the same numbers, forward and backward."""
    for first, second in zip((graph.output, *graph.inputs), (again.output, *again.inputs), strict=True):
        np.testing.assert_array_equal(graph.nodes[first].value, again.nodes[second].value)
        np.testing.assert_array_equal(graph.nodes[first].adjoint, again.nodes[second].adjoint)


@pytest.mark.parametrize(("primitive", "operands", "options", "moving"), CASES)
def test_every_row_of_the_table_comes_back(primitive, operands, options, moving):
    position = list(moving)[-1]

    def f(x):
        given = [x if k == position else operand for k, operand in enumerate(operands)]
        prepare = PREPARED.get(primitive.name)
        y = primitive(*(map(prepare, given) if prepare else given), **options)
        return np.sum(y * np.cos(np.arange(float(np.size(y)))).reshape(np.shape(y))) if np.ndim(y) else y

    with np.errstate(all="ignore"):
        graph = cv.trace(f, x=operands[position])
        assert primitive.name in {node.primitive.name for node in graph.nodes if node.primitive}
        same(graph, cv.trace(through_json(graph), x=operands[position]))


@pytest.mark.parametrize(("primitive", "operands", "options", "moving"), list(cases()))
def test_no_result_is_larger_than_its_bound(primitive, operands, options, moving):
    operands = [PREPARED.get(primitive.name, lambda a: a)(operand) for operand in operands]
    result = primitive.function(*operands, **options)
    read_back = {key: read(written(value)) for key, value in options.items()}
    found = bound(primitive, [np.shape(operand) for operand in operands], read_back)
    assert entries_of(np.shape(result)) <= found.entries


def test_the_bounds_know_all_of_linear_algebra():
    of_numpy = {p.name for f, p in PRIMITIVES.items() if getattr(f, "__module__", "") == "numpy.linalg"}
    assert of_numpy - {"norm"} < ON_MATRICES <= set(by_name())


def test_names_tell_operations_apart():
    table = by_name()
    assert len(set(table.values())) == len(table) >= len(set(PRIMITIVES.values()))
    assert table["log"] is PRIMITIVES[np.log]
    assert table["max"] is PRIMITIVES[np.max]


def comes_back(f, here, there):
    """The recording made at one place says what f says, here and there; or it knows that it does not hold there."""
    graph = cv.trace(f, **here)
    again = through_json(graph)
    same(graph, cv.trace(again, **here))
    expected = cv.trace(f, **there)
    if expected.recipe == graph.recipe:
        same(expected, cv.trace(again, **there))
    else:  # a comparison had another answer, be it one whose branches are the same
        with pytest.raises(cv.InputError, match="takes another way"):
            cv.trace(again, **there)


@settings(max_examples=100, deadline=None)
@given(STEPS, numbers, numbers, numbers, numbers)
def test_a_random_program_comes_back(steps, x, y, x2, y2):
    comes_back(program(steps), {"x": x, "y": y}, {"x": x2, "y": y2})


# Functions of vectors of three: each is made of rows of the table that are not elementwise.
VECTORS = [
    lambda a, b: a[::-1] * b[[0, 0, 2]], lambda a, b: np.cumsum(a) - np.max(b), lambda a, b: np.roll(a, 1) + b[-1],
    lambda a, b: np.where(a > b, a, 0.5 * b), lambda a, b: cv.softmax(a) * np.linalg.norm(b - 3.0),
    lambda a, b: np.concatenate([a[:2], b[2:]]), lambda a, b: np.stack([a, b], axis=1)[:, 0] + b,
    lambda a, b: np.einsum("i,j->ij", a, b) @ np.tanh(a), lambda a, b: np.broadcast_to(a, (4, 3)).mean(axis=0) * b,
    lambda a, b: cv.layer_norm(a + np.arange(3.0)) + cv.logsumexp(b), lambda a, b: np.reshape(np.tile(a, 2), (2, 3))[1],
    lambda a, b: np.linalg.solve(np.eye(3) + np.outer(np.tanh(a), np.tanh(a)), b),
    lambda a, b: np.tril(np.outer(a, b))[2],
    lambda a, b: a * np.std(b + np.arange(3.0)), lambda a, b: np.pad(a, 1, mode="edge")[1:4] + np.prod(np.tanh(b)),
    lambda a, b: np.diff(np.append(a, b[0])) + np.repeat(b, 2)[::2], lambda a, b: np.take(a, [2, 0, 1]) * np.min(b),
]  # fmt: skip


def of_vectors(steps):
    def f(x, y):
        made = [x, y]
        for k, first, second in steps:
            made.append(np.tanh(VECTORS[k](made[first % len(made)], made[second % len(made)])))
        return np.sum(made[-1] * made[len(made) // 2]) + np.sum(x * y)

    return f


triples = st.lists(numbers, min_size=3, max_size=3, unique=True)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(VECTORS) - 1), *[st.integers(0, 9)] * 2), min_size=1, max_size=8),
    *[triples] * 4,
)
def test_a_random_program_of_arrays_comes_back_and_says_where_it_holds(steps, x, y, x2, y2):
    comes_back(of_vectors(steps), {"x": x, "y": y}, {"x": x2, "y": y2})


def test_a_choice_among_entries_is_guarded():
    again = through_json(cv.trace(lambda x: np.sum(np.where(x > [0.0, 1.0], x**2, -x)), x=[1.0, -2.0]))
    np.testing.assert_array_equal(cv.trace(again, x=[0.5, 0.5]).nodes[0].adjoint, [1.0, -1.0])
    with pytest.raises(cv.InputError, match=r"another way here .* greater of .* had other answers then"):
        cv.trace(again, x=[0.5, 1.5])


def test_where_values_are_looked_at_nothing_comes_back():
    with pytest.raises(cv.InputError, match="asks sort of its values"):
        as_data(cv.trace(lambda x: np.sort(x)[0], x=[1.0, 2.0]))


def test_an_inner_transformation_comes_back():
    comes_back(lambda x: cv.grad(lambda z: np.sin(z * x))(2.0), {"x": 1.5}, {"x": -0.5})


def test_a_recording_keeps_scopes_and_stopped_gradients():
    def f(x):
        with cv.scope("encoder"):
            h = np.tanh(2 * x)
            with cv.scope("inside"):
                k = cv.stop_gradient(h) * x
        return h + k

    graph = cv.trace(f, x=0.5)
    again = cv.trace(through_json(graph), x=0.5)
    same(graph, again)
    assert [node.scope for node in again.nodes] == [node.scope for node in graph.nodes]


def test_a_recording_keeps_the_draw_that_it_was_made_with():
    graph = cv.trace(lambda mu, sigma: cv.normal(mu, sigma), mu=1.0, sigma=2.0)
    comes_back(through_json(graph), {"mu": 1.0, "sigma": 2.0}, {"mu": 0.0, "sigma": 1.0})
    assert cv.trace(through_json(graph), mu=1.0, sigma=2.0).nodes[-1].value == graph.nodes[-1].value


@pytest.mark.parametrize(
    "value",
    [
        None, True, -3, 2**53, 0.1, float("inf"), "fro", "ij,jk->ik", (), (0, -1), [0, 2], [], ((1, 2), (0, 0)), ...,
        slice(None), (slice(1, None, -2), ..., None, [1, 1]), np.array([[0, 1]]), np.array([True, False]),
        np.array([]), np.array([], dtype=bool), np.zeros((2, 0), dtype=int), np.array([np.nan, -0.0]), np.array(2),
    ],
)  # fmt: skip
def test_a_parameter_comes_back_of_the_same_kind(value):
    found = read(json.loads(json.dumps(written(value), allow_nan=False)))
    assert by_content(found) == by_content(value)


@pytest.mark.parametrize(
    "value", ["eval", "linear_ramp", np.sin, 1j, 10**400, object(), np.array(["a"]), np.array([1j])]
)
def test_what_is_no_parameter_is_refused(value):
    with pytest.raises(cv.InputError):
        written(value)


@pytest.mark.parametrize(
    "data",
    [
        "eval", "nearly", {}, {"slice": [0]}, {"slice": [0.5, None, None]}, {"list": 3}, [0] * 65, [[[[[0]]]]], 10**400,
        {"shape": [10**9], "entries": []}, {"shape": [-1], "entries": []}, {"shape": [2], "entries": [1]},
        {"shape": [1], "kind": "object", "entries": [1]}, {"shape": [1], "kind": "int", "entries": [0.5]},
        {"shape": [1], "kind": "bool", "entries": [1]}, {"shape": [1] * 65, "entries": [1]}, {"list": [[[[[0]]]]]},
        {"shape": [1], "kind": [], "entries": [1]}, {"shape": [1], "entries": ["fro"]}, {"shape": 3, "entries": [1]},
    ],
)  # fmt: skip
def test_data_that_are_no_parameter_are_refused(data):
    with pytest.raises(cv.InputError):
        read(data)


def of_x(*nodes):
    """A recording whose input is x and whose last node is the output."""
    return {
        "inputs": ["x"], "output": len(nodes), "guards": [], "nodes": [["", *node] for node in nodes],
    }  # fmt: skip


def spread(*shape):
    """x as an array of this shape."""
    return "broadcast_to", [[0]], {"shape": list(shape)}


COUNTS = {"shape": [1000, 1], "kind": "int", "entries": [0] * 1000}
ACROSS = {"shape": [1, 1000], "kind": "int", "entries": [0] * 1000}
HUGE = {
    "broadcast": [spread(10**9)],
    "an empty array of many rows": [spread(0, 10**9), ("sum", [[1]], {"axis": 0})],
    "outer product": [spread(1000, 1), spread(1, 1000), ("multiply", [[1], [2]])],
    "matmul": [spread(5000, 1), spread(1, 5000), ("matmul", [[1], [2]])],
    "matmul of stacks": [spread(100, 1, 1, 50), spread(200, 50, 1), ("matmul", [[1], [2]])],
    "matvec": [spread(9, 1000), spread(1000, 1, 9), ("matvec", [[2], [1]]), ("vecdot", [[2], [1]])],
    "einsum": [spread(5000), ("einsum", [[1], [1]], {"subscripts": "a,b->ab"})],
    "einsum that sums much": [spread(9000), ("einsum", [[1], [1]], {"subscripts": "a,b->"})],
    "index": [spread(9000, 1), ("index", [[1]], {"index": [{"slice": [None, None, None]}, {"list": [0, 0]}]})],
    "crossed indices": [spread(1, 1), ("index", [[1]], {"index": [COUNTS, ACROSS]})],
    "scatter": [("scatter", [[0]], {"shape": [10**9], "index": 0})],
    "scattered often": [("scatter", [[0]], {"shape": [1, 1], "index": [COUNTS, ACROSS]})],
    "repeat": [("repeat", [[0]], {"repeats": 10**9})],
    "tile": [("tile", [[0]], {"reps": [10**5, 10**5]})],
    "resize": [spread(2), ("resize", [[1]], {"new_shape": 10**9})],
    "pad": [spread(2), ("pad", [[1]], {"pad_width": 10**9})],
    "pad one side": [spread(2), ("pad", [[1]], {"pad_width": [[0, 10**9]], "mode": "edge"})],
    "diag": [spread(5000), ("diag", [[1]])],
    "diag far off": [spread(2), ("diag", [[1]], {"k": -(10**6)})],
    "tril of a vector": [spread(5000), ("tril", [[1]])],
    "fft": [spread(2), ("irfft", [[1]], {"n": 10**9})],
    "least squares": [spread(1, 9000), ("lstsq", [[1], [1]])],
    "pinv": [spread(1, 9000), ("pinv", [[1]])],
    "solve": [spread(100, 1, 1), spread(1, 1, 900), ("solve", [[1], [2]])],
    "cofactors": [spread(90, 90), ("det", [[1]])],
    "stacks": [spread(9000), ("stack", [[1], [1]])],
    "convolve": [spread(6000), ("convolve", [[1], [1]])],
    "many products": [spread(100, 100), *[("matmul", [[1], [1]])] * 100],
    "a long loop": [spread(2000), ("cumprod", [[1]])],
    "many operands": [("stack", [[0]] * 500)],
    "many determinants": [spread(40, 40), *[("det", [[1]])] * 100],
    "a comparison": [spread(1000, 1), spread(1, 1000)],
}


@pytest.mark.parametrize("name", HUGE)
def test_what_would_be_huge_is_refused_before_it_is_there(name):
    data = of_x(*HUGE[name])
    if name == "a comparison":
        data["guards"] = [["less", [1], [2], True]]
    f = Recording(data)
    tracemalloc.start()
    try:
        with pytest.raises(cv.InputError, match=r"entries|multiplications|of this size|do not fit"):
            f(1.0)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "node",
    [
        ("sum", [[0]], {"dtype": "fro"}), ("sum", [[0]], {"out": None}), ("sin", [[0]], {"where": True}),
        ("pad", [[0]], {"pad_width": 1, "mode": "empty"}), ("pad", [[0]], {"pad_width": 1, "kwargs": None}),
        ("stack", [[0]], {"arrays": 1}), ("stack", []), ("einsum", [[0], [0]], {"subscripts": "...,...->..."}),
        ("checkpoint", [[0]]), ("sin'", [[0]]), ("sum", [[0]], [["axis", 0]]), ("sum", [[0]], {"axis": "0"}),
        ("sin", [[0]], {}, ["s"] * 9), ("sin", [[0]], {}, [""]), ("sin", [[0]], {}, [" s"]), ("sin", [[0]], {}, "s"),
        ("sin", [[0]], {}, [], []), ("add", [[0], "fro"]), ("add", [[0], None]), ("add", [[0], {"slice": [1, 2, 3]}]),
        ("normal", [[0], 1.0, "..."]), ("add", [1.0, 2.0]),
    ],
)  # fmt: skip
def test_what_no_operation_takes_is_refused(node):
    with pytest.raises(cv.InputError):
        Recording(of_x(node))
