"""Functions for networks, and SciPy's: their values, their slopes far out, what they refuse, what they never load."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.special as sp

import chainviz as cv
from chainviz.autodiff import check_grads
from chainviz.autodiff.rules.special import (
    cross_entropy,
    elu,
    erf,
    gelu,
    layer_norm,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    mse,
    normal_cdf,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
)
from chainviz.autodiff.scipy_bridge import load
from chainviz.autodiff.variable import Variable

RNG = np.random.default_rng(2)
X, Z = RNG.standard_normal((2, 3)), RNG.standard_normal((4, 3))
LABELS = np.array([2, 0, 1, 1])
assert load(sp.expit)


def ulps(found, expected):
    return np.max(np.abs(found - expected) / np.spacing(np.abs(expected)))


# -- activations

# value and slope at -1000 and at 1000
FAR_OUT = {
    relu: (0, 0, 1000, 1), leaky_relu: (-10, 0.01, 1000, 1), elu: (-1, 0, 1000, 1), silu: (0, 0, 1000, 1),
    gelu: (0, 0, 1000, 1), softplus: (0, 0, 1000, 1), sigmoid: (0, 0, 1, 0), log_sigmoid: (-1000, 1, 0, 0),
    erf: (-1, 0, 1, 0), normal_cdf: (0, 0, 1, 0), lambda x: gelu(x, approximate=True): (0, 0, 1000, 1),
}  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), FAR_OUT.items())
@pytest.mark.parametrize("shape", [(), (2, 1)])
def test_activations_are_stable_far_out_to_second_order(f, expected, shape):
    for x, value, slope in [(-1000.0, *expected[:2]), (1000.0, *expected[2:])]:
        x = np.full(shape, x) if shape else x
        derivative = cv.elementwise_grad(f)
        np.testing.assert_allclose(f(x), np.full(shape, value), atol=1e-300)
        np.testing.assert_allclose(derivative(x), np.full(shape, slope), atol=1e-300)
        np.testing.assert_allclose(cv.elementwise_grad(derivative)(x), np.zeros(shape), atol=1e-300)


@pytest.mark.parametrize("f", FAR_OUT)
def test_activations_have_right_derivatives_on_both_sides_and_take_lists(f):
    for x in (0.7, -0.7, X, np.zeros((0, 2))):
        check_grads(f, x)
    assert np.array_equal(f([0.5, -2.0]), f(np.array([0.5, -2.0])))
    assert cv.grad(lambda x: np.sum(f([x, 2 * x])))(0.3) == pytest.approx(
        cv.grad(lambda x: f(x) + f(2 * x))(0.3), rel=1e-14
    )


def test_at_the_kink_the_slope_is_that_of_the_left():
    assert (cv.grad(relu)(0.0), cv.grad(leaky_relu)(0.0), cv.grad(elu)(0.0)) == (0.0, 0.01, 1.0)
    assert cv.grad(lambda x: elu(x, 2.0))(-0.0) == 2.0


def test_slope_and_alpha_may_be_learned():
    check_grads(leaky_relu, X, np.array([0.1, 0.2, 0.3]))
    check_grads(elu, X, 1.5)
    assert cv.grad(leaky_relu, 1)(-3.0, 0.1) == -3.0
    assert cv.grad(leaky_relu, 1)(3.0, 0.1) == 0.0


def test_erf_and_the_normal_distribution_are_as_precise_as_scipys():
    x = np.concatenate([np.linspace(-6, 6, 4001), 10.0 ** np.arange(-300, 3)])
    assert ulps(erf(x), sp.erf(x)) <= 2
    np.testing.assert_allclose(normal_cdf(np.linspace(-37, 9, 999)), sp.ndtr(np.linspace(-37, 9, 999)), rtol=1e-12)
    np.testing.assert_allclose(gelu(X), X * sp.ndtr(X), rtol=1e-14)
    np.testing.assert_allclose(
        gelu(X, approximate=True), X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))) / 2, rtol=1e-12
    )


# -- softmax and its relatives


@pytest.mark.parametrize("axis", [0, -1, 1, None, (0, 1)])
def test_softmax_and_its_logarithms_are_scipys(axis):
    for x in (X, 1000 * X, np.array([[-np.inf, 0.0, 1.0], [5.0, -np.inf, 700.0]])):
        np.testing.assert_allclose(softmax(x, axis), sp.softmax(x, axis), rtol=1e-13)
        np.testing.assert_allclose(log_softmax(x, axis), sp.log_softmax(x, axis), rtol=1e-13)
        for keepdims in (False, True):
            np.testing.assert_allclose(
                logsumexp(x, axis, keepdims), sp.logsumexp(x, axis=axis, keepdims=keepdims), rtol=1e-13
            )


def test_the_logarithm_of_no_sum_is_minus_infinity():
    assert logsumexp(np.zeros(0)) == logsumexp([-np.inf, -np.inf]) == -np.inf
    assert logsumexp(np.zeros((2, 0)), axis=1).tolist() == [-np.inf] * 2
    assert logsumexp([np.inf, 0.0]) == np.inf
    assert softmax(np.zeros((0, 3))).shape == (0, 3)


def test_far_out_softmax_has_finite_derivatives():
    x = np.array([1000.0, -1000.0, 999.0])
    assert cv.grad(logsumexp)(x) == pytest.approx(sp.softmax(x))
    assert cv.jacobian(log_softmax)(x) == pytest.approx(np.eye(3) - sp.softmax(x))
    hessian = cv.hessian(logsumexp)(x)
    assert hessian == pytest.approx(np.diag(sp.softmax(x)) - np.outer(sp.softmax(x), sp.softmax(x)))


def test_where_log_softmax_is_small_it_keeps_its_digits():
    assert log_softmax(np.array([50.0, 0.0]))[0] == pytest.approx(-np.exp(-50.0), rel=1e-12)


# -- losses


def test_cross_entropy_of_classes_is_that_of_their_one_hot_rows():
    one_hot = np.eye(3)[LABELS]
    expected = -np.mean(sp.log_softmax(Z, axis=-1)[np.arange(4), LABELS])
    for labels in (LABELS, LABELS.tolist(), LABELS.astype(np.uint8), one_hot, one_hot.astype(bool)):
        assert cross_entropy(Z, labels) == pytest.approx(expected, rel=1e-14)
        gradient = cv.grad(lambda z, labels=labels: cross_entropy(z, labels))(Z)
        assert gradient == pytest.approx((sp.softmax(Z, axis=-1) - one_hot) / 4, rel=1e-13)
    assert cross_entropy(Z.T, LABELS, axis=0) == pytest.approx(expected, rel=1e-14)
    assert cross_entropy(Z[0], 2) == pytest.approx(-sp.log_softmax(Z[0])[2])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_cross_entropy_has_right_derivatives_along_any_axis(axis):
    x = RNG.standard_normal((2, 3, 4))
    labels = RNG.integers(0, x.shape[axis], np.delete(x.shape, axis))
    check_grads(lambda z: cross_entropy(z, labels, axis), x)
    check_grads(lambda z, t: cross_entropy(z, softmax(t, axis), axis), x, RNG.standard_normal((2, 3, 4)))


def test_cross_entropy_is_stable_far_out_and_where_a_class_is_ruled_out():
    assert cross_entropy([1000.0, -1000.0], 1) == 2000.0
    assert cv.grad(lambda z: cross_entropy(z, 1))(np.array([1000.0, -1000.0])).tolist() == [1.0, -1.0]
    masked = np.array([0.0, -np.inf, 0.0])
    assert cross_entropy(masked, 0) == pytest.approx(np.log(2))
    assert cv.grad(lambda z: cross_entropy(z, 0))(masked).tolist() == [-0.5, 0.0, 0.5]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 1, 2, 3], "There are 3 classes, numbered from 0, but a label is 3"),
        ([0, -1, 2, 1], "but a label is -1"),
        ([0.0, 1.0, 2.0, 1.0], "Class labels are whole numbers"),
        ([True, False, True, False], "Class labels are whole numbers"),
        ([0, 1, 2], r"Labels of shape \(3,\) do not fit logits of shape \(4, 3\)"),
        (np.zeros((4, 1), int), r"Give class labels of shape \(4,\), or probabilities of shape \(4, 3\)"),
        (np.ones((4, 3)), "none is negative, and they sum to 1"),
        (np.array([[2.0, -1.0, 0.0]] * 4), "none is negative"),
        (np.full((4, 3), np.nan), "none is negative"),
        (np.full((4, 3), "a"), "none is negative"),
    ],
)
def test_bad_labels_are_refused_in_words(labels, sentence):
    with pytest.raises(cv.InputError, match=sentence):
        cv.grad(lambda z: cross_entropy(z, labels))(Z)


def test_a_label_that_is_a_variable_is_named():
    with pytest.raises(cv.InputError, match="whole numbers, but these are the Variable 'label'"):
        cv.grad(lambda label: cross_entropy(np.zeros(3), label))(1.0)


@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0)])
def test_logits_without_classes_are_refused_in_words(shape):
    with pytest.raises(cv.InputError, match="hold no classes"):
        cross_entropy(np.zeros(shape), 0)


def test_the_squared_error_never_broadcasts():
    check_grads(mse, X, 2 * X)
    assert cv.grad(mse)(3.0, 1.0) == 4.0
    with pytest.raises(cv.InputError, match=r"shape \(3, 1\) and a target of shape \(3,\)"):
        mse(np.ones((3, 1)), np.ones(3))


# -- layer norm


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (4,)), (0, (2,)), ((1, 2), (3, 4)), ((0, 2), (2, 4)), (None, (2, 3, 4)), ((-1, 0), (2, 4))]
)
def test_layer_norm_scales_and_shifts_what_is_normalized(axis, shape):
    x, gamma, beta = RNG.standard_normal((2, 3, 4)), RNG.standard_normal(shape), RNG.standard_normal(shape)
    check_grads(lambda x, gamma, beta: layer_norm(x, gamma, beta, axis, eps=0.1), x, gamma, beta)
    plain = layer_norm(x, axis=axis, eps=0.0)
    np.testing.assert_allclose(np.mean(plain, axis=axis), 0.0, atol=1e-14)
    np.testing.assert_allclose(np.var(plain, axis=axis), 1.0, rtol=1e-12)
    axes = range(3) if axis is None else sorted(np.atleast_1d(axis) % 3)
    full = np.reshape(gamma, [n if k in axes else 1 for k, n in enumerate(x.shape)])
    np.testing.assert_allclose(layer_norm(x, gamma, axis=axis), full * layer_norm(x, axis=axis), rtol=1e-14)


def test_layer_norm_takes_numbers_and_refuses_other_shapes():
    np.testing.assert_allclose(layer_norm(X, 2.0, 1.0), 2 * layer_norm(X) + 1)
    with pytest.raises(cv.InputError, match=r"needs gamma of shape \(3,\), but it has shape \(2,\)"):
        layer_norm(X, np.ones(2))
    with pytest.raises(cv.InputError, match=r"needs beta of shape \(3,\)"):
        layer_norm(X, beta=np.ones((2, 3)))


def test_fused_functions_are_one_step_of_the_record():
    for f in (softmax, log_softmax, logsumexp, layer_norm, lambda z: cross_entropy(z, LABELS)):
        y = f(cv.variable(Z))
        assert isinstance(y.args[0], Variable)
        assert y.args[0].primitive is None


# -- SciPy


def test_scipy_is_never_loaded_by_chainviz():
    code = "import sys, chainviz as cv; cv.grad(cv.sigmoid)(1.0); print('scipy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_only_scipys_own_functions_are_loaded():
    assert load(sp.expit)
    assert load(sp.log1p)
    assert load(np.sin)
    assert not load(sp.zeta)
    assert not load(np.unwrap)


@pytest.mark.parametrize("f", [sp.gammaln, sp.expit, sp.erfinv, sp.j1, sp.log1p, sp.i1e])
def test_scipys_values_are_unchanged(f):
    x = np.array([0.3, 0.5])
    assert ulps(f(cv.variable(x)).value, f(x)) <= 1
    assert isinstance(f(cv.variable(0.3)).value, float)


def test_scipys_functions_have_their_limits_where_the_formula_is_0_by_0():
    assert cv.grad(sp.exprel)(0.0) == 0.5
    assert cv.grad(cv.grad(sp.exprel))(0.0) == pytest.approx(1 / 3)
    assert cv.grad(sp.exprel)(-1000.0) == pytest.approx(1e-6)
    for x in (0.999999, 1.000001, 1e-9, -0.5):
        assert cv.grad(sp.exprel)(x) == pytest.approx(sp.hyp1f1(2, 3, x) / 2, rel=1e-13)
    assert cv.grad(sp.xlogy, 1)(0.0, 0.0) == 0.0
    assert cv.grad(cv.grad(sp.xlogy, 1))(0.0, 2.0) == 0.5
    assert cv.grad(sp.xlog1py, 1)(0.0, -1.0) == 0.0
    assert cv.grad(sp.i1)(0.0) == cv.grad(sp.j1)(0.0) == 0.5
    assert cv.grad(sp.boxcox, 1)(2.0, 0.0) == pytest.approx(np.log(2) ** 2 / 2)
    assert cv.grad(sp.log_ndtr)(-1000.0) == pytest.approx(1000.0, rel=1e-5)


@pytest.mark.parametrize(
    "f", [lambda v: sp.iv(v, 1.0), lambda a: sp.gammainc(a, 1.0), lambda b: sp.betainc(1.0, b, 0.5)]
)
def test_derivatives_that_are_not_known_are_refused(f):
    with pytest.raises(cv.UnsupportedOperation, match="only the last argument may depend on a Variable"):
        cv.grad(f)(1.5)


def test_scipys_own_softmax_is_recorded_entry_by_entry():
    weights = RNG.standard_normal((2, 3))
    for axis in (None, 0, -1):
        found = cv.grad(lambda x, axis=axis: np.sum(weights * sp.softmax(x, axis=axis)))(X)
        expected = cv.grad(lambda x, axis=axis: np.sum(weights * softmax(x, axis)))(X)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.skipif("refuse" not in Variable.__array__.__code__.co_names, reason="Variable.__array__ must call refuse")
@pytest.mark.parametrize(
    ("f", "advice"),
    [
        (sp.logsumexp, r"scipy.special.logsumexp, .* Write cv.logsumexp\(x\)"),
        (sp.log_softmax, r"Write cv.log_softmax\(x\)"),
        (lambda x: sp.polygamma(1, x), r"cv.elementwise_grad\(scipy.special.digamma\)"),
    ],
)
def test_scipys_python_functions_that_cannot_be_recorded_say_what_to_write(f, advice):
    with pytest.raises(cv.UnsupportedOperation, match=advice):
        cv.grad(lambda x: np.sum(f(x)))(np.array([1.0, 2.0]))
    assert np.sum(np.array([cv.variable(1.0), 2.0])).value == 3.0
