"""Networks by hand: the backward pass against the engine, finite differences, and what its lamps leave out."""

import itertools

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons import networks
from chainviz.lessons.activations import ACTIVATIONS
from chainviz.lessons.networks import ABOVE, ACTIVATION, LAMPS, WEIGHT

SIZES = (2, 5, 4, 1)
RNG = np.random.default_rng(0)
X, Y = RNG.uniform(-1, 1, (30, 2)), RNG.integers(0, 2, 30).astype(float)
THETA = RNG.normal(size=44)
TANH = networks.Perceptron(SIZES, ACTIVATIONS["tanh"])


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_with_all_lamps_lit_the_gradient_is_that_of_the_loss(activation):
    by_hand = networks.backward(THETA, X, Y, networks.Perceptron(SIZES, activation)).gradient
    by_engine = cv.grad(lambda theta: networks.loss(theta, X, Y, networks.Perceptron(SIZES, activation)))(THETA)
    np.testing.assert_allclose(by_hand, by_engine, rtol=1e-10, atol=1e-14)


def test_the_gradient_agrees_with_finite_differences():
    h = 1e-6
    gradient = networks.backward(THETA, X, Y, TANH).gradient
    for k, step in enumerate(h * np.eye(len(THETA))):
        ahead, behind = (networks.loss(THETA + s, X, Y, TANH) for s in (step, -step))
        assert gradient[k] == pytest.approx((ahead - behind) / (2 * h), abs=1e-9)


@pytest.mark.parametrize("unlit", [c for n in range(4) for c in itertools.combinations(LAMPS, n)], ids=str)
def test_a_lamp_that_is_out_counts_as_1_in_the_hidden_layers_only(unlit):
    pass_ = networks.backward(THETA, X, Y, TANH, unlit)
    (W1, b1), (W2, b2), (W3, b3) = networks.split(THETA, SIZES)
    z1 = X @ W1.T + b1
    z2 = np.tanh(z1) @ W2.T + b2
    d3 = 1 / (1 + np.exp(-(np.tanh(z2) @ W3.T + b3))) - Y[:, None]

    def lit(lamp, factor):
        return np.ones_like(factor) if lamp in unlit else factor

    d2 = (lit(ABOVE, d3) @ lit(WEIGHT, W3)) * lit(ACTIVATION, 1 - np.tanh(z2) ** 2)
    d1 = (lit(ABOVE, d2) @ lit(WEIGHT, W2)) * lit(ACTIVATION, 1 - np.tanh(z1) ** 2)
    for ours, closed in zip(pass_.adjoints, (d1, d2, d3), strict=True):
        np.testing.assert_allclose(ours, closed, rtol=1e-12)
    last = networks.split(pass_.gradient, SIZES)[-1][0]
    np.testing.assert_allclose(last, d3.T @ np.tanh(z2) / len(X), rtol=1e-12)


def test_the_loss_stays_finite_where_the_network_is_sure_and_wrong():
    sure = np.array([0.0, 0.0, 1e4])
    assert networks.loss(sure, X[:1], np.array([0.0]), networks.Perceptron((2, 1), ACTIVATIONS["tanh"])) == 1e4


def test_first_weights_have_the_layers_shapes_and_no_biases():
    theta = networks.first_weights(np.random.default_rng(0), SIZES)
    assert theta.shape == THETA.shape
    for W, b in networks.split(theta, SIZES):
        assert np.all(W != 0)
        assert np.all(b == 0)
