"""The gradient's way back: every norm is that of chainviz's own gradient, and closed forms where there are some."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons.activations import ACTIVATIONS
from chainviz.lessons.depth import (
    PRESETS,
    BackwardPass,
    Network,
    backward_pass,
    draw_data,
    draw_weights,
    run,
)  # fmt: skip

WIDTH = 8
NETWORKS = [
    *(Network(activation=name) for name in ACTIVATIONS),
    *PRESETS.values(),
    Network("tanh", "orthogonal", scale=2.0, normalisation="layer"),
    Network("gelu", "normal", scale=4.0, residual=True, normalisation="layer"),
    Network("softplus", "he", normalisation="batch"),
    Network("leaky_relu", residual=True),
]


def measured(network: Network, depth: int, width: int = WIDTH, seed: int = 0) -> BackwardPass:
    return backward_pass(network, draw_weights(network, depth, width, seed), *draw_data(width, seed))


def by_the_engine(network: Network, depth: int) -> list[float]:
    """The norm at every layer, from chainviz's gradient by a small addition to each z = h W^T."""
    x, g = draw_data(WIDTH, 0)
    weights = draw_weights(network, depth, WIDTH, 0)
    axis = {"none": None, "layer": 1, "batch": 0}[network.normalisation]

    def loss(added):
        h = x
        for W, addition in zip(weights, added, strict=True):
            z = h @ W.T + addition
            a = ACTIVATIONS[network.activation].function(z if axis is None else cv.layer_norm(z, axis=axis))
            h = h + a if network.residual else a
        return np.sum(h * g)

    return [np.linalg.norm(gradient) for gradient in cv.grad(loss)([np.zeros_like(x) for _ in weights])]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_every_norm_is_that_of_chainviz_own_gradient(network):
    np.testing.assert_allclose(measured(network, 12).reaches, by_the_engine(network, 12), rtol=1e-9)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_the_measured_factors_multiply_to_what_arrives(network):
    found = measured(network, 12)
    for layer in (1, 5, 12):
        k = layer - 1
        own = found.derivative[k] * found.normalisation[k]
        assert found.product("whole", layer) * own == pytest.approx(found.reaches[k], rel=1e-12)
        if not network.residual:
            parts = [found.product(name, layer) for name in ("derivative", "normalisation", "weights")]
            assert np.prod(parts) * own == pytest.approx(found.reaches[k], rel=1e-12)


@pytest.mark.parametrize("network", NETWORKS[:7], ids=str)
def test_the_pass_forward_is_the_network_itself(network):
    x, _ = draw_data(WIDTH, 0)
    weights = draw_weights(network, 1, WIDTH, 0)
    inside = ACTIVATIONS[network.activation].function(x @ weights[0].T)
    np.testing.assert_array_equal(run(network, weights, x), inside)


def test_sigmoid_derivatives_let_through_at_most_a_quarter_each():
    found = measured(PRESETS["1990s"], 10)
    assert found.product("derivative", 1) * found.derivative[0] <= 0.25**10 == 9.5367431640625e-07


def test_large_weights_lift_the_gradient_above_the_bound_of_the_derivatives():
    found = measured(Network(scale=8.0), 10)
    assert found.reaches[0] > 0.25**10


def test_orthogonal_linear_layers_multiply_by_the_scale_and_nothing_else():
    found = measured(Network("linear", "orthogonal", scale=1.25), 11)
    assert found.reaches[0] == pytest.approx(1.25**10) == pytest.approx(9.313225746)


def test_a_shortcut_does_not_cap_the_gradient():
    """With the branch a quarter of the shortcut, in its direction, a layer multiplies by 1.25."""
    quarter = [0.25 * np.eye(WIDTH)] * 11
    found = backward_pass(Network("linear", residual=True), quarter, *draw_data(WIDTH, 0))
    np.testing.assert_allclose(found.whole, 1.25)
    assert found.product("whole", 1) == pytest.approx(9.313225746)


def test_where_every_relu_is_off_nothing_arrives_and_factors_below_are_unknown():
    weights = [np.eye(WIDTH), -np.eye(WIDTH), np.eye(WIDTH)]
    found = backward_pass(Network("relu"), weights, *draw_data(WIDTH, 0))
    assert (found.reaches == 0).all()
    assert np.isnan(found.weights).all()
    assert found.derivative[2] == 0
    assert np.isnan(found.derivative[:2]).all()
    assert found.saturated[1] == 1


def test_the_deepest_and_smallest_do_not_underflow():
    found = measured(Network("sigmoid", "normal", scale=0.25), 100, width=4)
    assert 0 < found.reaches[0] < 1e-180


def test_histograms_hold_every_activation():
    found = measured(PRESETS["2012"], 7)
    np.testing.assert_allclose(found.histogram.sum(axis=1), 1)


def test_a_layers_draws_do_not_depend_on_the_depth():
    shallow, deep = (draw_weights(Network(), depth, WIDTH, 3) for depth in (2, 5))
    np.testing.assert_array_equal(shallow, deep[:2])
