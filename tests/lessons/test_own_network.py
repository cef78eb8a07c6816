"""A user's own network: its layers against networks.py and the engine, and what is refused in words."""

import numpy as np
import pytest

import chainviz as cv
from chainviz import InputError
from chainviz.lessons import networks
from chainviz.lessons.activations import ACTIVATIONS
from chainviz.lessons.own_network import OwnNetwork
from chainviz.lessons.training import Training

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(-1, 1, (20, 2)), RNG.integers(0, 2, 20).astype(float)
N = RNG.normal


def swish(z):
    return z * cv.sigmoid(z)


def leaky(z):
    return np.where(z > 0, z, 0.1 * z)


LAYERED = {
    "rows": (
        lambda p, x: np.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"],
        {"W1": N(size=(2, 5)), "b1": N(size=5), "W2": N(size=(5, 1)), "b2": N(size=1)}, (2, 5, 1),
    ),
    "columns": (
        lambda p, x: p[2] @ cv.relu(p[0] @ x.T + p[1][:, None]) + p[3],
        [N(size=(4, 2)), N(size=4), N(size=4), 0.3], (2, 4, 1),
    ),
    "no biases": (lambda p, x: np.dot(np.tanh(x @ p[0].T), p[1].T)[:, 0], [N(size=(4, 2)), N(size=(1, 4))], (2, 4, 1)),
    "an activation of two steps": (
        lambda p, x: swish(x @ p[0] + p[1]) @ p[2] @ p[3],
        [N(size=(2, 4)), N(size=4), N(size=(4, 3)), N(size=3)], (2, 4, 3, 1),
    ),
    "one that asks for the sign": (
        lambda p, x: leaky(x @ p[0] + p[1]) @ p[2], [N(size=(2, 4)), N(size=4), N(size=4)], (2, 4, 1),
    ),
    "one vector": (lambda t, x: np.sin(x @ t[:16].reshape(2, 8) + t[16:24]) @ t[24:], N(size=32), (2, 8, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERED)
def test_its_layers_are_found_and_their_factors_make_the_engines_gradient(name):
    forward, parameters, sizes = LAYERED[name]
    own = OwnNetwork(forward, parameters)
    assert (own.sizes, own.why) == (sizes, "")
    np.testing.assert_allclose(own.logits(own.start, X), np.ravel(forward(parameters, X)), rtol=1e-12)
    theta = own.start + 0.3 * N(size=own.start.shape) * (own.missing == 0)
    np.testing.assert_allclose(own.forward(theta, X).z[-1][:, 0], own.logits(theta, X), rtol=1e-12)
    by_hand = networks.backward(theta, X, Y, own).gradient
    by_engine = cv.grad(lambda theta: networks.loss(theta, X, Y, own))(theta)
    np.testing.assert_allclose(by_hand, by_engine, rtol=1e-9, atol=1e-13)


def test_written_out_it_trains_to_the_digit_as_the_labs_own_network_does():
    from chainviz.lessons.optimisers import GradientDescent

    sizes = (2, 8, 4, 1)
    theta = networks.first_weights(np.random.default_rng(1), sizes)

    def forward(layers, x):
        for W, b in layers[:-1]:
            x = np.tanh(x @ W.T + b)
        return x @ layers[-1][0].T + layers[-1][1]

    own = OwnNetwork(forward, [list(pair) for pair in networks.split(theta, sizes)])
    np.testing.assert_array_equal(own.start, theta)
    ours = Training((X, Y), networks.Perceptron(sizes, ACTIVATIONS["tanh"]), theta, GradientDescent())
    theirs = Training((X, Y), own, own.start, GradientDescent())
    for training in (ours, theirs):
        training.unlit = [networks.ACTIVATION]
        for _ in range(20):
            training.step(0.5)
    np.testing.assert_allclose(theirs.course.losses, ours.course.losses, rtol=1e-10)
    np.testing.assert_allclose(theirs.twin.losses, ours.twin.losses, rtol=1e-10)


def test_a_function_that_asks_about_its_values_is_trained_with_the_answers_of_now():
    training = cv.lessons.gradient_flow(activation=leaky, hidden=(6,), points="xor")
    training.train(60)
    theta = training.training.course.theta
    value, gradient = training.training.true_gradient(training.training.course)
    network = training.training.network
    expected = cv.value_and_grad(lambda t: networks.loss(t, *training.training.points, network))(theta)
    assert value == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-10, atol=1e-14)
    training.close()


@pytest.mark.parametrize(
    ("forward", "parameters", "why"),
    [
        (lambda p, x: ((h := np.tanh(x @ p[0])) + np.tanh(h @ p[1])) @ p[2],
         [N(size=(2, 4)), N(size=(4, 4)), N(size=4)], "a value goes around a layer"),
        (lambda p, x: np.exp(-np.sum((x[:, None] - p[0]) ** 2, axis=2)) @ p[1], [N(size=(6, 2)), N(size=6)],
         "subtract takes parameters that are neither weights nor biases"),
        (lambda p, x: np.tanh(np.tanh(x @ p[0]) @ p[0]) @ p[1], [N(size=(2, 2)), N(size=2)], "used twice"),
        (lambda p, x: np.tanh(x @ (2 * p[0])) @ p[1], [N(size=(2, 2)), N(size=2)], "computed from parameters"),
        (lambda p, x: np.tanh(x**2 @ p[0]) @ p[1], [N(size=(2, 2)), N(size=2)], "power changes the points"),
        (lambda p, x: cv.layer_norm(x @ p[0]) @ p[1], [N(size=(2, 3)), N(size=3)], "layer_norm does not go entry"),
        (lambda p, x: np.tanh(np.tanh(x @ p[0]) @ p[1]), [N(size=(2, 3)), N(size=3)], "tanh comes after the last"),
        (lambda p, x: x @ p[0], [N(size=2)], "no hidden layer"),
        (lambda p, x: np.tanh(x @ p[0]) @ p[1], [N(size=(2, 99)), N(size=99)], "24 units are not drawn"),
        (lambda p, x: np.tanh(x @ p[0] + p[1]) @ p[2], [N(size=(2, 3)), 0.5, N(size=3)], "shared by units"),
    ],
)  # fmt: skip
def test_what_has_no_layers_trains_and_says_why(forward, parameters, why):
    own = OwnNetwork(forward, parameters)
    assert own.sizes == ()
    assert why in own.why
    lab = cv.lessons.gradient_flow(model=(forward, parameters), step_size=0.05)
    lab.train(5)
    assert lab.training.loss < lab.training.course.losses[0]
    assert why in lab.view.words["network"]
    assert "network=your function" in repr(lab)
    with pytest.raises(InputError, match="no lamps to put out"):
        lab.unlit = "transposed weight"
    assert "Decision boundary" in lab._repr_mimebundle_()["text/html"]
    lab.close()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (3, r"model=3 is no network. Give model=\(forward, parameters\)"),
        ((3, [1.0]), "model=3 is no network"),
        ((lambda p, x: cv.sigmoid(x @ p[0]), [np.ones(2)]), "ends in a sigmoid. Return what goes into it"),
        ((lambda p, x: (x - x.mean(0)) @ p[0], [np.ones(2)]), "answers differently at a point when others are left"),
        ((lambda p, x: x @ p[0], [np.ones((2, 2))]), r"shape \(13, 2\).*Return one real number a point"),
        ((lambda p, x: x[:, 0], [1.0]), "does not use its parameters"),
        ((lambda p, x: x[:, 0], []), "parameters in `model` are empty"),
        ((lambda p, x: x[:, 0], ["a"]), "A parameter in `model` is 'a'"),
        ((lambda p, x: x @ p[0], [np.array([np.nan, 1])]), "holds NaN or infinity"),
        ((lambda p, x: 1e400 * (x @ p[0]), [np.ones(2)]), "answers with NaN or infinity"),
        ((lambda p, x: x @ p["W"], {"V": np.ones(2)}), "given 13 points, raised KeyError: 'W'"),
        ((lambda p, x: x @ p, np.ones(3)), "given 13 points, raised ValueError: matmul"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_what_to_write(model, said):
    with pytest.raises(InputError, match=said):
        cv.lessons.gradient_flow(model=model)


def test_layers_of_its_own_and_layers_by_settings_exclude_each_other():
    forward, parameters, _ = LAYERED["rows"]
    with pytest.raises(InputError, match="so hidden means nothing"):
        cv.lessons.gradient_flow(model=(forward, parameters), hidden=(4,))
    lab = cv.lessons.gradient_flow(layer=1, unlit="transposed weight", model=(forward, parameters))
    assert "chainviz-lab-hidden" in lab._controls["hidden"]._dom_classes
    with pytest.raises(InputError, match="so activation means nothing"):
        lab.activation = "relu"
    lab.model = None
    assert "network=2-8-1, activation=tanh" in repr(lab)
    assert "chainviz-lab-hidden" not in lab._controls["hidden"]._dom_classes
    lab.close()


def test_a_lamp_that_is_out_leaves_its_factor_out_of_ones_own_network_too():
    forward, parameters, _ = LAYERED["an activation of two steps"]
    lab = cv.lessons.gradient_flow(model=(forward, parameters), layer=2, unlit="activation derivative")
    backward = lab.training.backward()
    np.testing.assert_array_equal(backward.factors[0].activation, 1.0)
    np.testing.assert_allclose(backward.adjoints[1], backward.adjoints[2] @ parameters[3][None], rtol=1e-12)
    assert "Without the activation derivative, layer 2 steps" in lab.headline.sentence
    lab.close()


def small(p, x):
    if len(x) > 200:
        raise IndexError("too many")
    return np.tanh(x @ p["W"]) @ p["v"]


def test_what_a_network_raises_only_later_names_it_and_what_is_asked_of_it():
    start = {"W": np.ones((2, 3)), "v": np.ones(3)}
    with pytest.raises(InputError, match=r"`model`, small, must answer for any number of points .* raised IndexError"):
        cv.lessons.gradient_flow(model=(small, start))


def test_one_that_gives_up_in_training_is_named_in_the_card():
    tired = False

    def tires(p, x):
        if tired:
            raise RuntimeError("no more")
        return np.tanh(x @ p["W"]) @ p["v"]

    lab = cv.lessons.gradient_flow(model=(tires, {"W": np.ones((2, 3)), "v": np.ones(3)}))
    lab._train.description, tired = "Pause", True
    try:
        lab._frame()
    except InputError as error:
        lab._ended(error)
    assert "`model`, tires, must answer" in lab.headline.error
    assert lab._train.description == "Train"
    lab.close()
