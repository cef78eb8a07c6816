"""The replay computes in place, but only in arrays of its own: random programs of arrays, called again and again."""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.graph import Reference

claim = settings(derandomize=True, max_examples=150, database=None, phases=[Phase.generate])

# Every step takes the values so far, all 3 x 3, and two of their places.
STEPS = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (2 + np.cos(b)), lambda a, b: a @ b,
    lambda a, b: a @ b.T, lambda a, b: a.T * b, lambda a, b: np.tanh(a), lambda a, b: cv.sigmoid(a),
    lambda a, b: a * 2 - 3 * b, lambda a, b: -a, lambda a, b: a**2 / 4, lambda a, b: cv.softmax(a),
    lambda a, b: a + np.sum(b, axis=0),
    lambda a, b: a * np.mean(b, axis=1, keepdims=True), lambda a, b: a * np.mean(b * a),
    lambda a, b: a[::-1] + b[:, [2, 0, 0]], lambda a, b: np.reshape(np.ravel(a), (3, 3)) * b, lambda a, b: a.T,
    lambda a, b: np.maximum(a, b), lambda a, b: np.where(a > b, a, b), lambda a, b: cv.layer_norm(a) * b,
    lambda a, b: np.concatenate([a[:1], b[1:]]), lambda a, b: np.sum(a * b, axis=-1, keepdims=True) * a,
    lambda a, b: a + cv.cross_entropy(b, [0, 2, 1]),
    lambda a, b: a * np.max(b) / 2, lambda a, b: np.squeeze(a[None]) + a,
    lambda a, b: np.sin(a) / 2 + np.sum(np.sin(a) * 2 * b) / 9,
]  # fmt: skip
programs = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8)


def function(steps):
    def f(x, y, s):
        values = [x, y, x * s]
        for step, j, k in steps:
            values.append(step(values[j % len(values)], values[k % len(values)]))
        return np.sum(np.tanh(values[-1]) * values[len(values) // 2])

    return f


def point(rng):
    return rng.uniform(-1, 1, (3, 3)), rng.uniform(-1, 1, (3, 3)).T, float(rng.uniform(0.5, 1))


@claim
@given(programs, st.integers(0, 99))
def test_a_replay_is_the_engine_call_after_call_and_changes_neither_inputs_nor_earlier_results(steps, seed):
    rng, f = np.random.default_rng(seed), function(steps)
    first, second = point(rng), point(rng)
    graph = cv.trace(f, *first)
    replay = graph.compile()
    engine = cv.value_and_grad(lambda *p: graph_again(graph, p), (0, 1, 2))
    kept = [np.copy(a) for a in (*first, *second)]
    results = [replay(*at) for at in (first, second, first)]
    for (value, gradients), at in zip(results, (first, second, first), strict=True):
        expected, derivatives = engine(*at)
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-11)
        for found, derivative in zip(gradients, derivatives, strict=True):
            assert np.shape(found) == np.shape(derivative)
            np.testing.assert_allclose(found, derivative, rtol=1e-8, atol=1e-10)
    for given_then, given_now in zip(kept, (*first, *second), strict=True):
        np.testing.assert_array_equal(given_then, given_now)
    arrays = [g for _, gradients in results for g in gradients[:2]] + [*first[:2], *second[:2]]
    assert not any(np.shares_memory(a, b) for k, a in enumerate(arrays) for b in arrays[:k])


def graph_again(graph, inputs):
    """The recorded steps: what was decided by comparing values stays as it was."""
    values, given_values = [], iter(inputs)
    for node in graph.nodes:
        if node.primitive is None:
            values.append(next(given_values) if node.is_input else node.value)
        else:
            operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            values.append(node.primitive(*operands, **dict(node.options)))
    return values[graph.output]


def test_a_view_keeps_the_memory_it_shows():
    def f(x):
        h = np.sin(x)
        turned = h.T
        return np.sum((h * 2) * turned + np.exp(h) * turned)

    x = np.arange(9.0).reshape(3, 3)
    value, gradient = cv.trace(f, x).compile()(x)
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(gradient, cv.grad(f)(x))


def test_what_an_operation_of_the_users_keeps_or_gives_back_is_not_overwritten():
    seen = []

    @cv.primitive(vjp=lambda g, y, x: g, check=False)
    def same(x):
        seen.append(x)
        return x

    def f(x):
        h = np.sin(x)
        return np.sum(same(h) * 2) + np.sum(np.exp(h))

    x = np.ones(4)
    value, gradient = cv.trace(f, x).compile()(x)
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(gradient, cv.grad(f)(x))
    assert all(np.array_equal(array, np.sin(x)) for array in seen if isinstance(array, np.ndarray))
