"""Training and freezing: what is frozen stays and costs nothing; the count of products is that of the graph."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons.depth import PRESETS, Network, run
from chainviz.lessons.learning import Training, step_cost


def test_frozen_layers_do_not_move_and_the_others_do():
    training = Training(PRESETS["2015"], depth=6, width=8, seed=0)
    for _ in range(5):
        training.step(frozen=(1, 2, 4))
    assert [layer + 1 for layer in np.flatnonzero(training.movement == 0)] == [1, 2, 4]


def test_gradients_of_weights_are_slopes_of_the_loss():
    training = Training(PRESETS["2010"], depth=4, width=5, seed=1)
    gradients = training.gradients()
    for layer in (1, 3):
        bumped = [W.copy() for W in training.weights]
        bumped[layer - 1][2, 3] += 1e-5
        up = training.loss(bumped)
        bumped[layer - 1][2, 3] -= 2e-5
        assert gradients[layer][2, 3] == pytest.approx((up - training.loss(bumped)) / 2e-5, rel=1e-5)


def test_freezing_leaves_the_gradients_of_the_other_layers_alone():
    training = Training(PRESETS["2012"], depth=5, width=6, seed=0)
    free, held = training.gradients(), training.gradients(frozen=(1, 3))
    assert list(held) == [2, 4, 5]
    for layer, gradient in held.items():
        np.testing.assert_array_equal(gradient, free[layer])


@pytest.mark.parametrize("frozen", [(), (1, 2), (4, 5), (1, 3), (2, 3, 4, 5)], ids=str)
def test_the_products_of_a_step_are_those_that_the_graph_makes(frozen):
    depth, width, batch = 5, 30, 7
    names = [f"W{layer}" for layer in range(1, depth + 1)]
    weights = {name: np.eye(width) for name in names}

    def loss(x, W1, W2, W3, W4, W5):
        return np.sum(run(Network("linear"), [W1, W2, W3, W4, W5], x))

    held = ("x", *(f"W{layer}" for layer in frozen))
    cost = cv.trace(loss, x=np.ones((batch, width)), **weights, frozen=held).cost()
    product, expected = 2 * batch * width * width, step_cost(depth, frozen)
    assert cost.forward // product == expected.forward
    assert cost.backward // product == expected.adjoints + expected.gradients


def test_the_last_layers_of_a_sigmoid_network_learn_and_the_first_does_not():
    training = Training(PRESETS["1990s"], depth=20, width=16, seed=0)
    for _ in range(100):
        training.step()
    assert training.movement[0] < 1e-10 < 0.05 < training.movement[-1]


def test_with_a_shortcut_and_normalisation_every_layer_learns():
    training = Training(PRESETS["2015"], depth=20, width=16, seed=0)
    for _ in range(100):
        training.step()
    assert training.movement.min() > 0.01
    assert training.losses[-1] < 0.1 * training.losses[0]


def test_a_step_size_that_is_too_large_is_told_as_divergence():
    training = Training(Network("linear", "he", scale=2.0), depth=8, width=8, seed=0, step_size=10.0)
    while not training.diverged and training.steps < 50:
        training.step()
    assert training.diverged
