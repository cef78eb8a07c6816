"""Claims about all functions, tried on random ones: both modes agree with each other and with finite differences."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chainviz.autodiff as cv

claim = settings(derandomize=True, max_examples=100, database=None)
numbers = st.floats(-2, 2).map(lambda v: round(v, 3))

UNARY = [np.sin, np.cos, np.tanh, np.arctan, np.square, np.negative, cv.sigmoid, cv.softplus,
         lambda a: np.exp(np.tanh(a)), lambda a: np.log(a * a + 1), lambda a: np.sqrt(a**2 + 0.5),
         lambda a: np.log1p(a**2), lambda a: a**3 / 8, lambda a: 1 / (2 + np.cos(a)),
         lambda a: 1.5**np.sin(a)]  # fmt: skip
BINARY = [np.add, np.subtract, np.multiply, np.logaddexp, lambda a, b: a / (2 + np.sin(b)),
          lambda a, b: (1.5 + np.cos(a)) ** np.tanh(b), lambda a, b: np.where(np.tanh(a) > 5, b, a * b)]  # fmt: skip

leaves = st.sampled_from([lambda x, y: x, lambda x, y: y]) | numbers.map(lambda c: lambda x, y: c)
trees = st.recursive(
    leaves,
    lambda sub: (
        st.tuples(st.sampled_from(UNARY), sub).map(lambda t: lambda x, y: t[0](t[1](x, y)))
        | st.tuples(st.sampled_from(BINARY), sub, sub).map(lambda t: lambda x, y: t[0](t[1](x, y), t[2](x, y)))
    ),
    max_leaves=12,
)


@claim
@given(trees, numbers, numbers)
def test_random_expressions_of_numbers_agree_with_finite_differences_to_second_order(f, x, y):
    cv.check_grads(f, x, y, order=2, tolerance=2e-4)


@claim
@given(trees, hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.integers(0, 99))
def test_forward_mode_is_the_transpose_of_reverse_mode_under_any_broadcasting(f, shapes, seed):
    rng = np.random.default_rng(seed)
    x, y, s, t = (
        rng.standard_normal(shape) if shape else float(rng.standard_normal()) for shape in shapes.input_shapes * 2
    )
    value, tangent = cv.jvp(f, (x, y), (s, t))
    u = rng.standard_normal(np.shape(value)) if np.ndim(value) else 1.0
    same, cotangents = cv.vjp(f, (x, y), u)
    np.testing.assert_array_equal(value, same)
    np.testing.assert_allclose(value, f(x, y), rtol=1e-12, atol=1e-12)
    assert [np.shape(c) for c in cotangents] == [np.shape(x), np.shape(y)]
    expected = np.sum(cotangents[0] * s) + np.sum(cotangents[1] * t)
    np.testing.assert_allclose(np.sum(u * tangent), expected, rtol=1e-8, atol=1e-9)


@claim
@given(trees, numbers, numbers)
def test_numbers_and_arrays_of_one_entry_have_the_same_derivatives(f, x, y):
    by_number = cv.value_and_grad(f, (0, 1))(x, y)
    by_array = cv.value_and_grad(lambda x, y: np.sum(f(x, y)), (0, 1))(np.array([x]), np.array([y]))
    np.testing.assert_allclose(by_number[0], by_array[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_number[1], np.ravel(by_array[1]), rtol=1e-10, atol=1e-12)


@claim
@given(trees, numbers)
def test_second_derivatives_are_the_same_in_all_four_mixtures_of_modes(f, x):
    def forward(h):
        return lambda x: cv.jvp(h, (x,), (1.0,))[1]

    g = lambda x: f(x, 0.5 * x)  # noqa: E731
    seconds = [outer(inner(g))(x) for outer in (forward, cv.grad) for inner in (forward, cv.grad)]
    np.testing.assert_allclose(seconds, seconds[0], rtol=1e-7, atol=1e-9)


@claim
@given(st.data())
def test_any_index_reads_and_scatters_as_its_dense_jacobian_does(data):
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    index = data.draw(
        hnp.basic_indices(shape, allow_newaxis=True)
        | hnp.integer_array_indices(shape)
        | hnp.arrays(bool, shape)
        | st.integers(0, shape[0] - 1).map(lambda k: [k, 0, k])
    )
    x = np.arange(float(np.prod(shape))).reshape(shape)
    taken = x[index]  # as x counts its entries, this says which were taken
    jacobian = np.equal.outer(np.ravel(taken), np.ravel(x)).astype(float)
    u = np.random.default_rng(0).standard_normal(np.shape(taken)) if np.ndim(taken) else 1.0
    value, (back,) = cv.vjp(lambda x: x[index], (x,), u)
    np.testing.assert_array_equal(value, taken)
    np.testing.assert_allclose(np.ravel(back), np.ravel(u) @ jacobian, atol=1e-14)
    np.testing.assert_allclose(np.ravel(cv.jvp(lambda x: x[index], (x,), (x**2,))[1]), jacobian @ np.ravel(x**2))


@claim
@given(hnp.array_shapes(max_dims=3, max_side=3), st.data())
def test_sums_and_transpositions_over_any_axes_agree_with_finite_differences(shape, data):
    axes = data.draw(hnp.valid_tuple_axes(len(shape)))
    order = data.draw(st.permutations(range(len(shape)))).copy()
    order = [k - len(shape) if data.draw(st.booleans()) else k for k in order]
    keepdims = data.draw(st.booleans())
    x = np.random.default_rng(len(shape)).standard_normal(shape)
    cv.check_grads(lambda x: np.sum(np.sin(x), axis=axes, keepdims=keepdims), x)
    cv.check_grads(lambda x: np.mean(np.sin(x), axis=axes, keepdims=keepdims), x)
    cv.check_grads(lambda x: np.transpose(np.sin(x), order), x)


@claim
@given(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=1, max_side=3), st.integers(0, 99))
def test_matrix_products_of_any_shapes_agree_with_finite_differences(shapes, seed):
    rng = np.random.default_rng(seed)
    cv.check_grads(lambda a, b: a @ b, *(rng.standard_normal(shape) for shape in shapes.input_shapes))
