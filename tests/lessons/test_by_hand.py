"""Backpropagation by hand: every number of the curriculum, the engine as the second opinion, mistakes told apart."""

import itertools

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import InputError
from chainviz.lessons.by_hand import NETWORKS, mistakes, verdict

CURRICULUM = {
    "one neuron": {"a": 0.268941, "L": 0.267223, "w": 0.143735, "b": -0.143735, "x": -0.287470},
    "two layers": {
        "z1": 1.1, "a1": 0.750260, "z2": 0.800208, "a2": 0.690019, "L": 0.048044,
        "W2": -0.049744, "b2": -0.066303, "W1": -0.019877, "b1": -0.009939, "x": -0.004969,
    },
    "two layers, linear output": {"L": 0.019958, "W1": -0.059896, "W2": -0.149896},
}  # fmt: skip
OF_W1 = {
    "σ′(z₁) is missing": -0.106084, "σ′(z₂) is missing": -0.092930,
    "both activation derivatives are missing": -0.495970, "W₂ is missing": -0.024846,
    "x and a₁ are mixed up": -0.007456, "x is missing": -0.009939,
    "the sign is wrong: y − a where a − y belongs": 0.019877, "the ½ of the loss was forgotten": -0.039754,
    "W₂ and W₁ are mixed up": -0.012423, "σ′(z₁) was taken at a₁": -0.023113,
    "σ(z₁) itself stands for its derivative": -0.079591, "a(1 − z) stands for a(1 − a) in layer 1": 0.007959,
    "it belongs to the network with a linear output": -0.059896,
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_are_those_of_the_curriculum(name):
    network = NETWORKS[name]
    found = network.forward(network.inputs) | network.backward(network.inputs)
    found["L"] = network.loss(**network.inputs)
    for key, value in CURRICULUM[name].items():
        assert found[key] == pytest.approx(value, abs=6e-7), key


@pytest.mark.parametrize("name", NETWORKS)
def test_by_hand_and_by_the_engine_the_gradients_agree_at_any_inputs(name):
    network, rng = NETWORKS[name], np.random.default_rng(3)
    for _ in range(5):
        at = {key: float(value) for key, value in zip(network.inputs, rng.normal(size=6), strict=False)}
        by_engine = cv.grad(lambda inputs: network.loss(**inputs))(at)
        by_hand = network.backward(at)
        for key in network.gradients:
            assert by_hand[key] == pytest.approx(by_engine[key], rel=1e-12)


def test_a_factor_left_out_of_the_last_delta_spoils_everything_below_but_not_above():
    network = NETWORKS["two layers"]
    right, wrong = network.backward(network.inputs), network.backward(network.inputs, "s'(z1)")
    assert wrong["W1"] == pytest.approx(-0.106084, abs=6e-7)
    assert {key for key in right if right[key] != wrong[key]} == {"delta1", "W1", "b1", "x"}


def test_the_mistakes_of_w1_have_the_curriculums_fingerprints_which_differ_from_one_another_and_from_the_truth():
    network = NETWORKS["two layers"]
    found = mistakes(network, network.inputs, "W1")
    for words, value in OF_W1.items():
        assert found[words] == pytest.approx(value, abs=6e-7), words
    values = [*(found[words] for words in OF_W1), network.backward(network.inputs)["W1"]]
    for one, other in itertools.combinations(values, 2):
        assert abs(one - other) > 1e-3 * max(abs(one), abs(other))


@pytest.mark.parametrize(("words", "value"), OF_W1.items(), ids=OF_W1)
def test_a_typed_mistake_is_named(words, value):
    network = NETWORKS["two layers"]
    right, sentence = verdict(network, network.inputs, "W1", f"{value:.4g}")
    assert not right
    assert words in sentence


@pytest.mark.parametrize(
    ("answer", "right"),
    [("-0.0199", True), ("−0,0199", True), ("-1.9877e-2", True), ("-0.02", False), ("-0.0198", False), ("5", False)],
)
def test_an_answer_is_right_as_far_as_its_digits_go_but_two_are_too_few(answer, right):
    network = NETWORKS["two layers"]
    assert verdict(network, network.inputs, "W1", answer)[0] is right


def test_where_a_mistake_happens_to_give_the_right_number_it_is_right():
    network = NETWORKS["two layers"]
    at = dict(network.inputs) | {"x": 1.0}
    number = f"{network.backward(at)['W1']:.6f}"
    assert verdict(network, at, "W1", number)[0]


@pytest.mark.parametrize("answer", ["", "W2", "nan", "1e999"])
def test_what_is_no_number_is_refused(answer):
    network = NETWORKS["two layers"]
    with pytest.raises(InputError, match="is no number"):
        verdict(network, network.inputs, "W1", answer)
