"""Complex numbers and Fourier transforms: the convention, holomorphic rules, real functions that pass through them."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import check_grads

rng = np.random.default_rng(3)
Z = rng.standard_normal(4) + 1j * rng.standard_normal(4)
X = rng.standard_normal(6)
SQUARE = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))


def by_parts(f, z):
    """df/da - i df/db of a real function, by central differences."""
    z = np.asarray(z, dtype=complex)
    found = np.zeros(z.shape, dtype=complex)
    for index in np.ndindex(z.shape):
        for unit, factor in ((1e-6, 1.0), (1e-6j, -1j)):
            step = np.zeros(z.shape, dtype=complex)
            step[index] = unit
            found[index] += factor * (f(z + step) - f(z - step)) / 2e-6
    return found


REAL = [
    lambda z: np.sum(np.abs(z) ** 2),
    lambda z: np.sum(np.abs(z)),
    lambda z: np.sum(np.real(z * z)),
    lambda z: np.sum(np.imag(np.exp(z))),
    lambda z: np.sum(np.real(np.conj(z) * z)),
    lambda z: np.sum(np.abs(np.sin(z) / (1 + z * z))),
    lambda z: np.sum(np.angle(z)),
    lambda z: np.real(np.mean(np.sqrt(z)) * (2 + 1j)),
    lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2 * np.arange(4.0)),
    lambda z: np.sum(np.real(np.fft.ifft(z, 6)) ** 2),
    lambda z: np.sum(np.fft.irfft(z) ** 3),
    lambda z: np.sum(np.fft.irfft(z, 9, norm="ortho") ** 3),
    lambda z: np.sum(np.abs(np.tanh(z) ** 2.5)),
    lambda z: np.real(np.prod(z)) + np.sum(np.abs(z.real * z.imag)),
    lambda z: np.abs(z[0] * z[1:] @ z[:3] + np.log(z[2])),
]


@pytest.mark.parametrize("f", REAL)
def test_gradients_of_real_functions_of_complex_numbers_follow_the_convention(f):
    np.testing.assert_allclose(cv.grad(f)(Z), by_parts(f, Z), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("f", REAL)
def test_forward_mode_is_the_real_part_of_the_adjoint_times_the_tangent(f):
    tangent = rng.standard_normal(4) + 1j * rng.standard_normal(4)
    assert cv.jvp(f, (Z,), (tangent,))[1] == pytest.approx(np.real(np.sum(cv.grad(f)(Z) * tangent)), rel=1e-9)


def test_a_complex_number_is_an_input_too():
    assert cv.grad(lambda z: np.abs(z))(3 + 4j) == pytest.approx(0.6 - 0.8j)
    assert cv.grad(np.abs)(0j) == 0
    value, tangent = cv.jvp(lambda z: z**3 + 1 / z, (1 + 2j,), (1.0 + 0j,))
    assert value == pytest.approx((1 + 2j) ** 3 + 1 / (1 + 2j))
    assert tangent == pytest.approx(3 * (1 + 2j) ** 2 - 1 / (1 + 2j) ** 2)


def test_autograd_has_the_same_convention():
    f = lambda np: lambda z: np.sum(np.abs(np.sin(z) * np.conj(z)) ** 2)  # noqa: E731
    np.testing.assert_allclose(cv.grad(f(np))(Z), autograd.grad(f(anp))(Z))


@pytest.mark.parametrize("f", [
    lambda m: np.abs(np.sum(np.linalg.inv(m))),
    lambda m: np.abs(np.trace(np.linalg.solve(m, np.eye(3)))),
    lambda m: np.real(np.sum(m @ m @ np.transpose(m))),
])  # fmt: skip
def test_matrices_may_be_complex(f):
    np.testing.assert_allclose(cv.grad(f)(SQUARE), by_parts(f, SQUARE), rtol=1e-5, atol=1e-6)


WEIGHTS = rng.standard_normal(64)


def weighted(transformed):
    parts = np.concatenate([np.ravel(np.real(transformed)), np.ravel(np.imag(transformed))])
    return np.sum(np.sin(parts) * WEIGHTS[: np.size(parts)])


@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("f", [
    lambda x, norm: np.fft.fft(x, norm=norm),
    lambda x, norm: np.fft.fft(x, 4, norm=norm),
    lambda x, norm: np.fft.fft(x, 9, norm=norm),
    lambda x, norm: np.fft.ifft(x, norm=norm),
    lambda x, norm: np.fft.rfft(x, norm=norm),
    lambda x, norm: np.fft.rfft(x, 5, norm=norm),
    lambda x, norm: np.fft.rfft(x, 9, norm=norm),
    lambda x, norm: np.fft.irfft(x, norm=norm),
    lambda x, norm: np.fft.irfft(x, 7, norm=norm),
    lambda x, norm: np.fft.irfft(x, 16, norm=norm),
    lambda x, norm: np.fft.irfft(np.fft.rfft(x, norm=norm) * 2.0, 6, norm=norm),
    lambda x, norm: np.fft.fft2(np.reshape(x, (2, 3)), norm=norm),
    lambda x, norm: np.fft.ifft2(np.reshape(x, (2, 3)), norm=norm),
    lambda x, norm: np.fft.fftn(np.reshape(x, (1, 2, 3)), axes=(0, -1), norm=norm),
    lambda x, norm: np.fft.ifftn(np.reshape(x, (2, 3)), s=(3, 2), axes=(0, 1), norm=norm),
    lambda x, norm: np.fft.rfft2(np.reshape(x, (2, 3)), norm=norm),
    lambda x, norm: np.fft.rfftn(np.reshape(x, (3, 2)), norm=norm),
    lambda x, norm: np.fft.irfft2(np.reshape(x, (2, 3)), norm=norm),
    lambda x, norm: np.fft.irfftn(np.reshape(x, (2, 3)), s=(2, 5), axes=(0, 1), norm=norm),
    lambda x, norm: np.fft.fft(np.reshape(x, (3, 2)), axis=0, norm=norm),
    lambda x, norm: np.fft.fftshift(np.reshape(x, (2, 3)), axes=-1),
    lambda x, norm: np.fft.ifftshift(x[:5]),
])  # fmt: skip
def test_fourier_transforms_have_numpys_values_and_the_right_derivatives_to_second_order(f, norm):
    value = cv.jvp(lambda x: f(x, norm), (X,), (X,))[0]
    np.testing.assert_allclose(value, f(X, norm), atol=1e-14)
    check_grads(lambda x: weighted(f(x, norm)), X)


def test_what_has_no_rule_for_complex_numbers_says_so():
    for f in (np.var, np.max, np.sort, lambda z: np.vdot(z, z), lambda z: np.linalg.norm(z), np.median, np.linalg.det):
        with pytest.raises(cv.UnsupportedOperation, match="complex"):
            cv.vjp(f, (SQUARE if f is np.linalg.det else Z,), 1.0)
    with pytest.raises(cv.NotScalarError, match=r"complex.*np\.real"):
        cv.grad(lambda z: z * z)(1 + 1j)
    with pytest.raises(cv.UnsupportedOperation, match="complex"):
        cv.trace(lambda x: np.abs(np.fft.fft(x))[1], x=X)


def test_complex_numbers_take_numpys_way_not_the_quick_one_for_real_arrays():
    with np.errstate(all="ignore"):
        value, (adjoint,) = cv.vjp(lambda z: z**-1, (0j,), 1 + 0j)
    assert np.isnan(value)
    assert np.isnan(adjoint)
    with pytest.raises(cv.UnsupportedOperation, match="sigmoid of complex numbers"):
        cv.vjp(cv.sigmoid, (1j,), 1 + 0j)
