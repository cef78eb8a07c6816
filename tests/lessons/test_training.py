"""Training: that it learns, what a factor left out does to it, and how it diverges."""

import numpy as np
import pytest

from chainviz.lessons import flow_frame, networks
from chainviz.lessons.activations import ACTIVATIONS
from chainviz.lessons.optimisers import OPTIMISERS
from chainviz.lessons.points import make_points
from chainviz.lessons.training import Training
from chainviz.widgets.network import FACTS, SECTIONS, pack


def training(points="xor", sizes=(2, 8, 1), activation="tanh", optimiser="gradient descent", seed=1):
    rngs = [np.random.default_rng([seed, k]) for k in range(2)]
    theta = networks.first_weights(rngs[1], sizes)
    network = networks.Perceptron(sizes, ACTIVATIONS[activation])
    return Training(make_points(points, rngs[0]), network, theta, OPTIMISERS[optimiser]())


def train(made, steps, size):
    for _ in range(steps):
        made.step(size)
    return made


def test_a_step_goes_against_the_gradient_by_the_step_size():
    made = training()
    before, gradient = made.course.theta, made.backward().gradient
    made.step(0.5)
    np.testing.assert_allclose(made.course.theta, before - 0.5 * gradient, rtol=1e-12)


def test_without_the_activation_derivative_xor_is_not_learnt_and_with_it_it_is():
    made = training()
    made.unlit = [networks.ACTIVATION]
    train(made, 300, 1.0)
    assert made.loss == pytest.approx(np.log(2), abs=0.005)
    assert made.twin.losses[-1] < 0.05
    assert made.twin.losses[-1] == pytest.approx(train(training(), 300, 1.0).loss)


def test_a_falling_loss_does_not_prove_the_gradient_right():
    made = training()
    made.unlit = [networks.WEIGHT]
    train(made, 300, 1.0)
    assert made.loss < 0.1
    assert made.angle(1) > 20
    assert "does not prove" in flow_frame.finding(made, 1, 1.0)[2]


def test_the_angle_is_0_with_all_lamps_lit():
    assert training().angle(1) == pytest.approx(0, abs=1e-5)


def test_a_lamp_put_out_in_the_middle_starts_the_twin_from_there():
    made = train(training(optimiser="Adam"), 10, 0.01)
    made.unlit = [networks.ABOVE]
    assert made.twin.losses == made.course.losses
    train(made, 5, 0.01)
    assert made.twin.losses[:11] == made.course.losses[:11]
    made.unlit = []
    assert made.twin is None
    alone = train(training(optimiser="Adam"), 15, 0.01)
    assert made.loss != alone.loss


@pytest.mark.parametrize("points", ["moons", "circles", "spiral"])
def test_adam_learns_every_point_set(points):
    made = train(training(points, (2, 16, 16, 1), optimiser="Adam"), 600, 0.02)
    assert made.loss < 0.05
    right = made.points[1] == (flow_frame.sections(made, 1, 0)["points"][:, 3] + made.points[1] > 0.5)
    assert np.mean(right) > 0.97


def test_a_linear_network_does_not_learn_xor():
    assert train(training(activation="linear"), 300, 0.1).loss == pytest.approx(np.log(2), abs=0.02)


def test_a_step_size_that_is_too_large_is_said_with_the_loss_it_jumped_to():
    made = train(training(sizes=(2, 16, 1)), 10, 30.0)
    sentence, strong, _ = flow_frame.finding(made, 1, 30.0)
    assert sentence.startswith("The step size 30 is too large: the loss jumps to ")
    assert strong in sentence
    assert made.loss > 1.25 * min(made.course.losses)


def test_weights_that_are_no_numbers_are_said_to_be_none():
    made = training(activation="relu", sizes=(2, 16, 16, 1))
    train(made, 200, 100.0)
    made.course.theta = made.course.theta * np.inf
    assert not made.is_finite
    assert "no longer finite" in flow_frame.finding(made, 1, 100.0)[0]


@pytest.mark.parametrize("sizes", [(2, 8, 1), (2, 16, 16, 1), (2, 3, 5, 1)])
def test_a_frame_holds_what_the_page_unpacks(sizes):
    made = train(training(sizes=sizes), 4, 1.0)
    made.unlit = [networks.WEIGHT]
    layer = len(sizes) - 2
    sections = flow_frame.sections(made, layer, 7)
    packed = np.frombuffer(pack(sections), np.float32)
    lengths = packed[: len(SECTIONS)].astype(int)
    assert len(packed) == len(SECTIONS) + sum(lengths)
    held = dict(zip(SECTIONS, np.split(packed[len(SECTIONS) :], np.cumsum(lengths)[:-1]), strict=True))
    facts = dict(zip(FACTS, held["facts"], strict=True))
    assert facts["steps"] == 4
    assert facts["loss"] == np.float32(made.loss)
    assert len(held["weights"]) == len(held["pulses"]) == len(made.course.theta)
    assert len(held["points"]) == 4 * 200
    assert len(held["units"]) == sum(sizes[1:-1]) * 12**2
    assert np.max(np.abs(held["units"])) == 1
    above = held["above"][0] if sizes[layer + 1] == 1 else 1.0
    np.testing.assert_allclose(held["adjoint"], above * held["through"] * held["slope"], rtol=1e-5)
    true = made.backward((), 7).adjoints[layer - 1][0]
    np.testing.assert_allclose(held["should"], true, rtol=1e-5)


def test_the_plane_is_packed_from_the_top_left():
    made = training()
    plane = flow_frame.sections(made, 1, 0)["plane"].reshape(flow_frame.GRID, flow_frame.GRID)
    corners = np.array([[-1.0, 1], [1, 1], [-1, -1], [1, -1]])
    closed = made.network.logits(made.course.theta, corners)
    np.testing.assert_allclose([plane[0, 0], plane[0, -1], plane[-1, 0], plane[-1, -1]], closed)
