"""Activations: derivatives are slopes, bounds are reached and not passed; initial weights have their rule's spread."""

import numpy as np
import pytest

from chainviz.lessons.activations import ACTIVATIONS, INITIALISATIONS

Z = np.linspace(-6, 6, 2001)  # holds 0, where ReLUs have a kink


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivative_is_the_slope_of_the_function(name):
    activation, z = ACTIVATIONS[name], Z[np.abs(Z) > 1e-3]
    slope = (activation.function(z + 1e-6) - activation.function(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(activation.derivative(z), slope, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_bound_is_the_largest_derivative(name):
    activation = ACTIVATIONS[name]
    z = np.append(np.linspace(-40, 40, 80001), 1.41850399)  # where GELU is steepest
    largest = np.max(activation.derivative(z))
    assert largest == pytest.approx(activation.bound, rel=1e-9)


def test_a_relu_at_zero_is_off():
    assert ACTIVATIONS["relu"].derivative(np.zeros(1)) == 0


@pytest.mark.parametrize(
    ("name", "deviation"), [("normal", 0.1), ("xavier", (2 / 700) ** 0.5), ("he", (2 / 300) ** 0.5)]
)
def test_initial_weights_have_the_deviation_of_their_rule(name, deviation):
    W = INITIALISATIONS[name](np.random.default_rng(0), 300, 400)
    assert W.shape == (400, 300)
    assert np.std(W) == pytest.approx(deviation, rel=0.01)


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (4, 7)])
def test_orthogonal_weights_keep_lengths_where_they_can(shape):
    fan_out, fan_in = shape
    W = INITIALISATIONS["orthogonal"](np.random.default_rng(1), fan_in, fan_out)
    product = W @ W.T if fan_out <= fan_in else W.T @ W
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_the_draws_are_the_same_whatever_the_rule():
    xavier, he = (INITIALISATIONS[name](np.random.default_rng(3), 8, 8) for name in ("xavier", "he"))
    np.testing.assert_allclose(he, np.sqrt(2) * xavier)
