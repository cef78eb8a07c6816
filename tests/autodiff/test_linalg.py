"""Linear algebra where it is hard: equal eigenvalues, zero vectors, singular matrices; and against autograd."""

import warnings

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.record import Record
from chainviz.autodiff.rules.linalg import einsum_pair

RNG = np.random.default_rng(3)
A, B, TALL = RNG.standard_normal((3, 3)), RNG.standard_normal((2, 3, 3)), RNG.standard_normal((4, 2))
EYE = np.eye(3)
ROTATED = np.linalg.qr(A)[0] @ np.diag([1.0, 1.0, 2.0]) @ np.linalg.qr(A)[0].T
QUARTER_TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def symmetric(a):
    return (a + np.swapaxes(a, -1, -2)) / 2


@pytest.mark.parametrize(
    ("f", "a"),
    [
        (lambda np, a: np.sum(np.sin(np.linalg.eigh(a @ np.swapaxes(a, -1, -2))[1] ** 2)), B),
        (lambda np, a: np.sum(np.linalg.eigh(a)[0] ** 3), B),
        (lambda np, a: np.sum(np.linalg.svd(a, False)[0] ** 3), TALL),
        (lambda np, a: np.sum(np.linalg.svd(a, full_matrices=False)[2] ** 3), B[:, :2]),
        (lambda np, a: np.sum(np.linalg.pinv(a) ** 2), B[:, :2]), (lambda np, a: np.linalg.norm(a, "nuc"), A),
        (lambda np, a: np.sum(np.linalg.norm(a, axis=(1, 2))), B),
        (lambda np, a: np.sum(np.linalg.norm(a, 3, axis=1)), A),
        (lambda np, a: np.sum(np.einsum("...ij,...kj,ik->...k", a, a, A) ** 2), B),
        (lambda np, a: np.sum(np.tensordot(a, a, ([0, 2], [2, 0])) ** 3), B[:, :2, :2]),
        (lambda np, a: np.sum(np.kron(a, a[0]) ** 3), A), (lambda np, a: np.sum(np.linalg.solve(a, a**2)), B),
        (lambda np, a: np.sum(np.linalg.det(a) * np.linalg.slogdet(a)[1]), B),
    ],
)  # fmt: skip
def test_gradients_agree_with_autograd(f, a):
    np.testing.assert_allclose(
        cv.grad(lambda a: f(np, a))(a), autograd.grad(lambda a: f(anp, a))(a), rtol=1e-9, atol=1e-11
    )


@pytest.mark.parametrize("a", [EYE, ROTATED, 0 * EYE], ids=["1", "rotated", "0"])
def test_the_sum_of_equal_eigenvalues_is_still_the_trace(a):
    for values in (
        np.linalg.eigvalsh,
        np.linalg.eigvals,
        lambda a: np.linalg.eigh(a)[0],
        lambda a: np.linalg.eig(a)[0],
    ):
        np.testing.assert_allclose(cv.grad(lambda a, values=values: np.sum(values(symmetric(a))))(a), EYE, atol=1e-14)
    assert cv.jvp(lambda a: np.sum(np.linalg.eigvalsh(a)), (a,), (EYE,))[1] == pytest.approx(3.0)


def test_equal_singular_values_have_derivatives_and_at_0_the_convention_is_0():
    for values in (np.linalg.svdvals, lambda a: np.linalg.svd(a)[1]):
        np.testing.assert_allclose(cv.grad(lambda a, values=values: np.sum(values(a)))(EYE), EYE, atol=1e-14)
    assert not np.any(cv.grad(lambda a: np.linalg.norm(a, "nuc"))(np.zeros((2, 3))))


@pytest.mark.parametrize(
    ("f", "a", "said"),
    [
        (lambda a: np.linalg.eigh(a)[1], EYE, "equal.*eigvalsh"), (lambda a: np.linalg.eigh(a)[1], ROTATED, "equal"),
        (lambda a: np.linalg.eig(a)[1], EYE, "equal.*eigvals"), (lambda a: np.linalg.svd(a)[0], EYE, "equal.*svdvals"),
        (lambda a: np.linalg.eigvals(a), np.array([[1.0, 1.0], [0.0, 1.0]]), "defective"),
        (lambda a: np.linalg.eigvals(a), QUARTER_TURN, "complex eigenvalues"),
        (lambda a: np.linalg.eig(a)[0], QUARTER_TURN, "complex eigenvalues"),
        (lambda a: np.linalg.svd(a, full_matrices=False)[2], np.ones((3, 2)), "singular value is 0"),
        (lambda a: np.linalg.svd(a)[1], TALL, "full_matrices=False"),
        (lambda a: np.linalg.qr(a)[1], 0 * A, "dependent"),
        (lambda a: np.linalg.qr(a, mode="complete")[1], TALL, "mode='r'"),
        (lambda a: np.linalg.pinv(a, rcond=0.5), np.diag([1.0, 3.0]), "cutoff"),
        (lambda a: np.linalg.lstsq(a, a, rcond=0.5)[0], np.diag([1.0, 3.0]), "cutoff"),
        (lambda a: np.linalg.pinv(a, hermitian=True), A, "hermitian"),
        (lambda a: np.linalg.det(a), np.zeros((60, 60)), "singular"),
        (lambda a: np.cross(a[:, :2], a), A, "three-dimensional"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_where_there_is_no_derivative_the_reason_is_given(f, a, said, mode):
    transform = cv.grad(lambda a: np.sum(f(a))) if mode == "reverse" else lambda a: cv.jvp(f, (a,), (a + 1.0,))
    with pytest.raises(cv.UnsupportedOperation, match=said):
        transform(a)


@pytest.mark.parametrize(
    "subscripts", ["ii->ii", "ij->k", "i", "...i->", "i.j", "ij,jk", "iij->j", "ij->ij,"]
)  # fmt: skip
def test_einsum_refuses_what_numpy_refuses(subscripts):
    with pytest.raises(ValueError, match=r".") as numpys:
        np.einsum(subscripts, np.ones((2, 3)))
    with pytest.raises(cv.ChainvizError, match="einsum"):
        cv.grad(lambda a: np.sum(np.einsum(subscripts, a)))(np.ones((2, 3)))
    assert numpys


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.tensordot(a, a, 1), lambda a: np.inner(a, a[:, :1]), lambda a: np.dot(a[None], a),
        lambda a: np.linalg.outer(a, a),
        lambda a: np.linalg.cross(a, a), lambda a: np.linalg.norm(a, 3), lambda a: np.linalg.qr(a[0])[0],
        lambda a: np.linalg.matrix_power(a[:, :2], 1.5), lambda a: np.linalg.matrix_power(a, 1),
        lambda a: np.linalg.tensorinv(a, 0),
    ],
)  # fmt: skip
def test_what_does_not_fit_raises_as_in_numpy(f):
    a = np.ones((2, 4))
    with pytest.raises((ValueError, TypeError)):
        f(a)
    with pytest.raises((ValueError, TypeError)):
        cv.grad(lambda a: np.sum(f(a)))(a)


@pytest.mark.parametrize("order", [None, 0, 0.5, 1, 2, 2.5, 3, 4, np.inf, -np.inf])
def test_the_norm_of_zero_has_the_gradient_zero_by_convention(order):
    assert cv.grad(lambda x: np.linalg.norm(x, order))(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
    assert cv.grad(lambda x: np.sum(np.linalg.norm(x, order, axis=1)))(np.array([[0.0, 0.0], [1.0, 2.0]]))[
        0
    ].tolist() == [0, 0]


def test_the_second_derivative_of_the_norm_sees_entries_that_are_zero():
    assert cv.hessian(np.linalg.norm)(np.array([0.0, 2.0])).tolist() == [[0.5, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("a", [np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]), np.diag([1.0, 2.0, 0.0]), np.zeros((3, 3))])
def test_a_singular_matrix_has_the_cofactors_as_derivative_of_its_determinant(a):
    minors = [[np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(3)] for i in range(3)]
    signs = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    np.testing.assert_allclose(cv.grad(np.linalg.det)(a), signs * minors, atol=1e-14)
    cv.check_grads(np.linalg.det, a, order=3)


def test_only_the_triangle_that_numpy_reads_has_a_derivative():
    spd = A @ A.T + EYE
    for f in (np.linalg.eigvalsh, np.linalg.cholesky, lambda a: np.linalg.eigh(a).eigenvectors):
        assert not np.any(np.triu(cv.grad(lambda a, f=f: np.sum(f(a)))(spd), 1))
        cv.check_grads(f, spd + np.triu(A, 1))
    top = cv.grad(lambda a: np.linalg.eigvalsh(symmetric(a))[-1])(spd)
    v = np.linalg.eigh(spd)[1][:, -1]
    np.testing.assert_allclose(top, np.outer(v, v), atol=1e-14)


def test_results_are_the_namedtuples_of_numpy():
    a = cv.variable(A @ A.T)
    for f in (np.linalg.eigh, np.linalg.eig, np.linalg.svd, np.linalg.qr, np.linalg.slogdet):
        assert type(f(a)) is type(f(a.value))
    solution, residuals, rank, values = np.linalg.lstsq(cv.variable(TALL), np.ones(4))
    expected = np.linalg.lstsq(TALL, np.ones(4))
    assert rank == expected[2]
    for found, wanted in zip((solution, residuals, values), (expected[0], expected[1], expected[3]), strict=True):
        np.testing.assert_allclose(found.value, wanted, rtol=1e-12)


def test_cross_of_plane_vectors_is_a_number():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if np.lib.NumpyVersion(np.__version__) < "2.5.0":
            assert cv.grad(lambda a: np.cross(a, np.array([3.0, 4.0])))(np.array([1.0, 2.0])).tolist() == [4.0, -3.0]


@pytest.mark.parametrize(
    ("subscripts", "count"), [("ij,jk->ki", 1), ("bij,bjk->bik", 1), ("ij->ji", 1), ("ij->", 1), ("ij,jk,kl->il", 2)]
)
def test_einsum_records_one_node_for_two_operands(subscripts, count):
    terms = subscripts.split("->")[0].split(",")
    inputs = [cv.variable(np.ones((2,) * len(term))) for term in terms]
    assert len(Record([np.einsum(subscripts, *inputs)]).nodes) == count + len(inputs)


def test_a_matrix_product_in_disguise_is_done_by_matmul_and_agrees():
    a, b = RNG.standard_normal((4, 2, 3, 5)), RNG.standard_normal((5, 3, 2, 6))
    for subscripts in ("abcd,dcbe->eab", "abcd,dcbe->ae", "abcd,dcbe->abcde", "abcd,dcbe->bcea"):
        np.testing.assert_allclose(einsum_pair(a, b, subscripts), np.einsum(subscripts, a, b), atol=1e-13)
