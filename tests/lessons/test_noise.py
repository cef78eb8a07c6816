"""The two estimators of a gradient through noise, against closed forms, differences and the curriculum's numbers."""

import numpy as np
import pytest

from chainviz.lessons.noise import FUNCTIONS, PARAMETERS, compare, expectation, pathwise, score, score_function

PLACES = [(0.5, 2.0), (-1.3, 0.7), (2.0, 0.2), (0.0, 3.0)]
EPS = np.random.default_rng(0).standard_normal(200_000)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("wrt", PARAMETERS)
@pytest.mark.parametrize(("mu", "sigma"), PLACES)
def test_the_closed_forms_are_the_differences_of_the_expectation(name, wrt, mu, sigma):
    function, h = FUNCTIONS[name], 1e-5

    def mean(shift):
        at = {"mu": mu, "sigma": sigma}
        at[wrt] += shift
        return expectation(lambda eps: function.call(at["mu"] + at["sigma"] * eps), **at)

    assert function.truths[wrt][1](mu, sigma) == pytest.approx((mean(h) - mean(-h)) / (2 * h), abs=2e-8)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("wrt", PARAMETERS)
@pytest.mark.parametrize(("mu", "sigma"), PLACES)
def test_the_score_function_is_right_everywhere_the_pathwise_one_where_f_has_a_slope(name, wrt, mu, sigma):
    found = compare(FUNCTIONS[name], mu, sigma, wrt, EPS[:3])
    assert found.score.exact_mean == pytest.approx(found.truth, abs=1e-12)
    if name == "step":
        assert found.pathwise.exact_mean == 0
    else:
        assert found.pathwise.exact_mean == pytest.approx(found.truth, abs=1e-12)
        assert not found.blind


def test_the_numbers_of_the_curriculum():
    slopes = [pathwise(np.square, 0.5, 2.0, np.array([-0.3]), wrt)[0] for wrt in PARAMETERS]
    assert slopes == pytest.approx([-0.2, 0.06])
    found = compare(FUNCTIONS["square"], 0.5, 2.0, "mu", EPS)
    assert (found.pathwise.exact_variance, found.score.exact_variance) == pytest.approx((16, 63.515625), rel=1e-12)
    assert (found.pathwise.draws_needed(), found.score.draws_needed()) == (1600, 6352)
    assert found.ratio == pytest.approx(3.9697265625)
    assert found.score.variance == pytest.approx(64.5, abs=0.05)  # a sample, often quoted as if it were exact


def test_the_variance_of_the_score_function_in_closed_form():
    mu, sigma = 0.5, 2.0  # E[z⁴ ε²]/σ² - (2μ)² for z = μ + σε
    fourth = mu**4 + 6 * mu**2 * sigma**2 * 3 + sigma**4 * 15
    assert fourth / sigma**2 - (2 * mu) ** 2 == 63.515625


def test_baselines_lower_the_variance_and_leave_the_mean():
    kinds = {
        kind: compare(FUNCTIONS["square"], 0.5, 2.0, "mu", EPS[:2], kind).score for kind in ("none", "mean", "best")
    }
    assert [estimates.exact_variance for estimates in kinds.values()] == pytest.approx([63.515625, 42.0, 26.0])
    assert [estimates.exact_mean for estimates in kinds.values()] == pytest.approx([1.0, 1.0, 1.0])


def test_with_a_wide_bell_under_a_sine_the_score_function_wins():
    found = compare(FUNCTIONS["sin"], 0.5, 2.0, "mu", EPS[:2])
    assert found.score.exact_variance == pytest.approx(0.1112, abs=5e-5)
    assert found.pathwise.exact_variance == pytest.approx(0.4860, abs=5e-5)


def test_through_a_step_the_pathwise_estimate_is_0_and_wrong():
    found = compare(FUNCTIONS["step"], 0.5, 2.0, "mu", EPS[:100])
    assert found.blind
    assert not found.pathwise.values.any()
    assert found.truth == pytest.approx(0.1933, abs=5e-5)
    assert found.ratio == float("inf")


@pytest.mark.parametrize("wrt", PARAMETERS)
def test_samples_agree_with_the_integrals(wrt):
    found = compare(FUNCTIONS["sin"], 0.5, 1.0, wrt, EPS)
    for estimates in (found.pathwise, found.score):
        error = np.sqrt(estimates.exact_variance / len(EPS))
        assert abs(estimates.mean - estimates.exact_mean) < 4 * error
        assert estimates.variance == pytest.approx(estimates.exact_variance, rel=0.03)


def test_the_score_is_that_of_the_normal_distribution():
    assert score(0.5, 2.0, EPS[:50], "sigma") == pytest.approx((EPS[:50] ** 2 - 1) / 2.0)
    assert score_function(np.sin, 0.5, 2.0, EPS[:50], "mu", 0.3) == pytest.approx(
        (np.sin(0.5 + 2 * EPS[:50]) - 0.3) * EPS[:50] / 2
    )


def test_the_running_mean_ends_at_the_mean():
    estimates = compare(FUNCTIONS["square"], 0.5, 2.0, "mu", EPS[:1000]).pathwise
    counts, means = estimates.running_mean()
    assert counts[0] == 1
    assert counts[-1] == 1000
    assert means[0] == estimates.values[0]
    assert means[-1] == pytest.approx(estimates.mean)
