"""Samplers with reparameterization, and the score function: their laws, their derivatives, what they refuse."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import check_grads, random
from chainviz.autodiff.variable import Variable

MANY = 20_000
STANDARD = {"normal": 1.0, "laplace": np.sqrt(2), "gumbel": np.pi / np.sqrt(6)}  # standard deviation at scale 1
MEAN = {"normal": 0.0, "laplace": 0.0, "gumbel": np.euler_gamma}


@pytest.mark.parametrize("name", STANDARD)
def test_a_location_and_a_scale_have_the_derivatives_1_and_eps(name):
    draw = getattr(random, name)
    eps = draw(size=(2, 3), seed=1)
    mu, scale = np.array([1.0, -2.0, 0.5]), np.array([[0.5], [2.0]])
    np.testing.assert_allclose(draw(mu, scale, seed=1), mu + scale * eps, rtol=1e-15)
    pulled = cv.vjp(lambda m, s: draw(m, s, seed=1), (mu, scale), np.ones((2, 3)))[1]
    np.testing.assert_allclose(pulled[0], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(pulled[1], np.sum(eps, axis=1, keepdims=True))
    check_grads(lambda m, s: draw(m, s, seed=1), mu, scale)


@pytest.mark.parametrize("name", STANDARD)
def test_the_draws_have_the_distributions_mean_and_deviation(name):
    z = getattr(random, name)(2.0, 3.0, size=MANY, seed=0)
    assert np.mean(z) == pytest.approx(2.0 + 3.0 * MEAN[name], abs=4 * np.std(z) / np.sqrt(MANY))
    assert np.std(z) == pytest.approx(3.0 * STANDARD[name], rel=0.05)


def test_uniform_and_exponential_draws():
    z = random.uniform(-1.0, 3.0, size=MANY, seed=0)
    assert (np.min(z) >= -1.0, np.max(z) < 3.0) == (True, True)
    assert np.mean(z) == pytest.approx(1.0, abs=0.05)
    assert np.mean(random.exponential(2.0, size=MANY, seed=0)) == pytest.approx(2.0, rel=0.05)
    u = random.uniform(seed=3)
    assert cv.grad(random.uniform, (0, 1))(2.0, 5.0, seed=3) == pytest.approx((1 - u, u))
    assert cv.grad(random.exponential)(2.0, seed=3) == random.exponential(seed=3)


def test_a_draw_is_one_step_with_its_noise_as_a_constant():
    mu, sigma = cv.variable(1.0, "mu"), cv.variable(2.0, "sigma")
    z = random.normal(mu, sigma, seed=0)
    eps = np.random.default_rng(0).standard_normal()
    assert z.primitive.name == "normal"
    assert z.args == (mu, sigma, eps)
    assert z.value == 1.0 + 2.0 * eps


def test_shapes_broadcast_as_numpys():
    assert isinstance(random.normal(seed=0), float)
    assert random.normal(np.zeros((2, 1)), np.ones(3), seed=0).shape == (2, 3)
    assert random.normal(np.zeros(3), 1.0, size=(2, 3), seed=0).shape == (2, 3)
    assert random.normal(size=0).shape == (0,)
    assert random.normal([1.0, 2.0], [0.0, 0.0]).tolist() == [1.0, 2.0]
    variable = cv.variable(1.0)
    assert random.normal([variable, 2.0]).shape == (2,)
    assert random.uniform([variable, 2.0], 3.0).shape == (2,)


def test_a_seed_repeats_a_generator_goes_on_and_none_is_fresh():
    assert random.normal(seed=5) == random.normal(seed=5) == np.random.default_rng(5).standard_normal()
    rng = np.random.default_rng(5)
    assert random.normal(seed=rng) != random.normal(seed=rng)
    assert random.normal() != random.normal()


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: random.normal(0.0, -1.0), "sigma is negative or NaN. It has the value -1.0"),
        (lambda: random.normal(0.0, [1.0, np.nan]), "sigma is negative or NaN"),
        (lambda: random.laplace(0.0, -1.0), "b is negative"),
        (lambda: random.gumbel(0.0, -1.0), "beta is negative"),
        (lambda: random.exponential(-1.0), "scale is negative"),
        (lambda: random.uniform(1.0, 0.0), "high is below low"),
        (lambda: random.uniform(np.nan, 0.0), "high is below low, or one of both is NaN"),
        (lambda: random.normal(np.ones(2), np.ones(3)), r"mu of shape \(2,\), sigma of shape \(3,\) to each other"),
        (lambda: random.normal(np.ones(2), size=3), r"normal cannot fit mu of shape \(2,\), .* to the size 3"),
        (lambda: random.normal(np.ones((2, 3)), size=3), "to the size 3"),
        (lambda: random.normal(size=2.5), "to the size 2.5"),
        (lambda: random.normal(size=-1), "to the size -1"),
        (lambda: random.normal(seed=1.5), "A seed is a whole number"),
        (lambda: random.normal(seed=-1), "A seed is a whole number"),
        (lambda: random.gumbel_softmax([0.0, 1.0], 0.0), "temperature is not above 0"),
        (lambda: random.gumbel_softmax([0.0, 1.0], np.nan), "temperature is not above 0"),
        (lambda: random.gumbel_softmax(0.0), "draws one of several classes"),
    ],
)
def test_bad_parameters_are_refused_in_words(draw, sentence):
    with pytest.raises(cv.InputError, match=sentence):
        draw()


def test_a_variable_that_is_a_bad_parameter_is_named():
    with pytest.raises(cv.InputError, match=r"sigma is negative or NaN: the Variable 'spread' \(line"):
        cv.grad(lambda spread: random.normal(0.0, spread))(-1.0)


# -- Gumbel-softmax


def test_gumbel_softmax_draws_classes_with_their_probabilities():
    logits = np.log([0.2, 0.3, 0.5])
    draws = random.gumbel_softmax(np.broadcast_to(logits, (MANY, 3)), hard=True, seed=0)
    assert np.mean(draws, axis=0) == pytest.approx([0.2, 0.3, 0.5], abs=0.02)
    smooth = random.gumbel_softmax(np.zeros((3, 4)), 0.5, axis=0, seed=0)
    assert np.sum(smooth, axis=0) == pytest.approx(np.ones(4))
    check_grads(lambda x, t: random.gumbel_softmax(x, t, seed=0), logits, 0.7)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_hard_draws_are_one_hot_with_the_derivative_of_smooth_ones(axis):
    x, weights = np.random.default_rng(0).standard_normal((2, 3, 4))

    def f(x, hard):
        return np.sum(weights * random.gumbel_softmax(x, 0.7, hard=hard, axis=axis, seed=0))

    hard = random.gumbel_softmax(cv.variable(x), 0.7, hard=True, axis=axis, seed=0)
    assert isinstance(hard, Variable)
    assert set(hard.value.flat) == {0.0, 1.0}
    assert np.all(np.sum(hard.value, axis=axis) == 1.0)
    assert cv.grad(f)(x, True) == pytest.approx(cv.grad(f)(x, False), rel=1e-14)
    tangent = np.ones(x.shape) * np.arange(4)
    assert cv.jvp(lambda x: f(x, True), (x,), (tangent,))[1] == pytest.approx(np.sum(cv.grad(f)(x, True) * tangent))


# -- gradients of expectations: d/dmu E[z^2] = 2 mu and d/dsigma E[z^2] = 2 sigma for z ~ N(mu, sigma)

THETA = np.array([0.7, 1.3])


def log_prob(z, theta):
    return -(((z - theta[0]) / theta[1]) ** 2) / 2 - np.log(theta[1])


def sample(theta, rng):
    return random.normal(theta[0], theta[1], seed=rng)


@pytest.mark.parametrize("baseline", [0.0, 2.0, "mean"])
def test_the_score_function_estimates_the_gradient_of_an_expectation(baseline):
    estimate, error = random.score_function(
        lambda z: z**2, sample, log_prob, THETA, n=MANY // 4, baseline=baseline, seed=0
    )
    assert estimate.shape == error.shape == (2,)
    assert np.all(np.abs(estimate - 2 * THETA) < 4 * error)
    assert np.all(error < 0.2)


def test_the_standard_error_is_the_deviation_of_repeated_estimates():
    runs = [
        random.score_function(lambda z: z**2, sample, log_prob, THETA, n=200, baseline="mean", seed=seed)
        for seed in range(100)
    ]
    estimates, errors = (np.array(column) for column in zip(*runs, strict=True))
    assert np.sqrt(np.mean(errors**2, axis=0)) == pytest.approx(np.std(estimates, axis=0), rel=0.3)
    assert np.all(np.abs(np.mean(estimates, axis=0) - 2 * THETA) < 4 * np.std(estimates, axis=0) / 10)  # unbiased


def test_a_baseline_lowers_the_noise_and_reparameterization_lowers_it_far_more():
    def noise(baseline):
        return random.score_function(lambda z: 10.0 + z**2, sample, log_prob, THETA, n=2000, baseline=baseline, seed=0)[
            1
        ]

    rng = np.random.default_rng(0)
    pathwise = np.array([cv.grad(lambda t: random.normal(t[0], t[1], seed=rng) ** 2)(THETA) for _ in range(2000)])
    assert np.mean(pathwise, axis=0) == pytest.approx(2 * THETA, abs=0.3)
    assert np.all(noise("mean") < noise(0.0) / 2)
    assert np.all(np.std(pathwise, axis=0) / np.sqrt(2000) < noise(0.0) / 3)
    assert np.all(np.std(pathwise, axis=0) / np.sqrt(2000) < noise("mean"))


def test_the_score_function_needs_no_derivative_of_f():
    estimate, error = random.score_function(  # P(z > 0) = Φ(mu), whose slope at 0 is 1 / sqrt(2 π)
        lambda z: float(z > 0), lambda mu, rng: rng.normal(mu), lambda z, mu: -((z - mu) ** 2) / 2, 0.0, seed=0
    )
    assert isinstance(estimate, float)
    assert isinstance(error, float)
    assert abs(estimate - 1 / np.sqrt(2 * np.pi)) < 4 * error


def test_the_score_function_refuses_to_be_differentiated():
    for f in (
        lambda t: random.score_function(lambda z: z, lambda t, rng: 0.0, lambda z, t: t, t, n=2)[0],
        lambda t: random.score_function(lambda z: z, lambda _, rng: t * 1.0, lambda z, t: t, 1.0, n=2)[0],
    ):
        with pytest.raises(cv.UnsupportedOperation, match="score_function"):
            cv.grad(f)(1.0)
    with pytest.raises(cv.ConversionError):
        cv.grad(lambda t: random.score_function(lambda z: t * z, lambda _, rng: 1.0, lambda z, s: s, 1.0, n=2)[0])(1.0)
    with pytest.raises(cv.InputError, match="at least 2 draws, but n is 1"):
        random.score_function(lambda z: z, lambda t, rng: 0.0, lambda z, t: t, 1.0, n=1)
