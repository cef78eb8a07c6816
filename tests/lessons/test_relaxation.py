"""The relaxed coin: its integrals against closed forms and samples, and what its lab says."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons.relaxation import best_temperature, draw, loss, moments, score_function, truth


def expected_loss(theta):
    p = 1 / (1 + np.exp(-theta))
    return p * loss(1.0) + (1 - p) * loss(0.0)


@pytest.mark.parametrize("theta", [-3.0, 0.0, 0.3, 3.0])
def test_the_truth_is_the_difference_of_the_expectation(theta):
    h = 1e-5
    assert truth(theta) == pytest.approx((expected_loss(theta + h) - expected_loss(theta - h)) / (2 * h), abs=1e-10)
    assert score_function(theta).mean == pytest.approx(truth(theta), abs=1e-15)


def test_at_temperature_1_the_mean_is_known():
    # For theta = 0 the relaxed coin is uniform: the integral of 2 (y - 0.45) y (1 - y) over 0 to 1 is 1/60.
    assert moments(0.0, 1.0).mean == pytest.approx(1 / 60, abs=1e-12)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(("theta", "temperature"), [(0.3, 0.5), (-1.0, 2.0), (2.0, 0.2)])
def test_draws_agree_with_the_integrals(theta, temperature, hard):
    coins, estimates = draw(theta, temperature, 100_000, 1, hard=hard)
    found = moments(theta, temperature, hard)
    assert abs(estimates.mean() - found.mean) < 4 * np.sqrt(found.variance / len(estimates))
    assert estimates.var() == pytest.approx(found.variance, rel=0.05)
    assert set(np.unique(coins)) == {0.0, 1.0} if hard else np.all((coins >= 0) & (coins <= 1))


def test_towards_0_the_bias_goes_and_the_variance_comes():
    found = [moments(0.0, temperature) for temperature in (2.0, 1.0, 0.5, 0.25, 0.1)]
    assert np.all(np.diff([abs(m.bias) for m in found]) < 0)
    assert np.all(np.diff([m.variance for m in found]) > 0)


def test_more_draws_ask_for_a_lower_temperature():
    temperatures = np.geomspace(0.1, 10, 41)
    best = [best_temperature(0.0, n, temperatures) for n in (1, 100, 10_000)]
    assert best == sorted(best, reverse=True)
    assert len(set(best)) == 3


def test_the_lab_follows_its_controls_and_its_picture():
    lab = cv.lessons.gumbel_lab()
    assert lab.headline.strong == "14.2 % too small"
    lab._views[1]._hear({"kind": "key", "key": "ArrowRight"})
    assert lab.temperature == 0.6
    lab._views[1]._hear({"kind": "click", "axes": "error", "x": 0.123456, "y": 0.01})
    assert lab.temperature == 0.12
    lab.draws = 77
    assert "Error of the mean of 77 draws" in lab._repr_mimebundle_()["text/html"]
    lab.theta, lab.temperature = 0.3, 0.5
    assert "too large" in lab.headline.sentence
    lab.hard = True
    assert lab.headline.error == ""
    lab.close()


@pytest.mark.parametrize("setting", [{"temperature": 0.0}, {"theta": "a"}, {"hard": 1}, {"draws": 0}])
def test_what_cannot_be_is_said(setting):
    with pytest.raises(cv.InputError, match=next(iter(setting))):
        cv.lessons.gumbel_lab(**setting)
