"""The depth lab in the kernel: its settings by code and by control, what it says, and what it refuses."""

import asyncio
import re

import pytest
from ipywidgets.widgets.widget import _instances as registry

from chainviz import InputError
from chainviz.lessons import depth_lab
from chainviz.lessons.depth import PRESETS
from chainviz.lessons.depth_words import amount


@pytest.fixture
def lab():
    made = depth_lab()
    yield made
    made.close()


def control(lab, description):
    settings = lab.children[0].children
    return next(widget for widget in settings if getattr(widget, "description", "") == description)


def test_the_text_states_what_reaches_the_chosen_layer(lab):
    assert repr(lab) == ("DepthLab(depth=20, activation=sigmoid, initialisation=xavier, reaches layer 1=1.094·10⁻¹³)")
    lab.layer = 20
    assert "reaches layer 20=0.2" in repr(lab)


def test_the_headline_and_the_equation_speak_of_the_chosen_layer(lab):
    lab.layer = 11
    assert lab.headline.sentence.endswith("of the gradient reaches layer 11.")
    assert "10 sigmoid derivatives let through at most 0.25¹⁰ = 9.537·10⁻⁷" in lab.headline.why
    words = re.sub("<[^>]*>", " ", lab._equations.value)
    assert "reaches layer 11" in words
    assert "10 activation derivatives" in words
    assert "9 weight matrices" in words


def test_controls_and_attributes_are_the_same_settings(lab):
    control(lab, "Depth").value = 7
    assert lab.depth == 7
    lab.activation = "tanh"
    assert control(lab, "Activation").value == "tanh"
    assert lab.passes["A"].network.activation == "tanh"
    assert lab.passes["A"].depth == 7


def test_a_preset_sets_its_parts_and_a_change_leaves_it(lab):
    presets = control(lab, "Presets")
    presets.value = "2015"
    assert lab.passes["A"].network == PRESETS["2015"]
    assert (lab.residual, lab.normalisation) == (True, "batch")
    lab.residual = False
    assert presets.value is None
    lab.residual = True
    assert presets.value == "2015"


def test_two_networks_are_set_one_after_the_other(lab):
    control(lab, "Compare A with B").value = True
    assert lab.editing == "B"
    assert lab.activation == "relu"
    lab.activation = "gelu"
    assert [passed.network.activation for passed in lab.passes.values()] == ["sigmoid", "gelu"]
    assert "in A" in lab.headline.sentence
    lab.editing = "A"
    assert lab.activation == "sigmoid"
    assert lab.passes["B"].network.activation == "gelu"
    lab.compare = False
    assert list(lab.passes) == ["A"]


def test_leaving_the_comparison_brings_back_a_as_it_was(lab):
    lab.compare = True
    lab.scale = 2.0
    lab.compare = False
    assert lab.passes["A"].network == PRESETS["1990s"]
    assert lab.scale == 1.0


def test_weights_that_lift_the_gradient_above_the_bound_are_said(lab):
    lab.scale = 8.0
    assert lab.headline.why.startswith("Above the bound 0.25²⁰ = 9.095·10⁻¹³")


def test_the_keys_choose_a_layer_and_enter_freezes_it(lab):
    lab.view = "learning"
    figure = lab._learning
    for key in ("End", "ArrowLeft", "Enter", "ArrowLeft", "ArrowLeft"):
        figure._hear({"kind": "key", "key": key})
    assert (lab.layer, lab.frozen) == (17, (19,))
    assert "Frozen layers: 19" in figure.svg
    figure._hear({"kind": "click", "axes": "chain", "x": 19.2, "y": 3.0})
    assert lab.frozen == ()


def test_training_says_how_far_the_layers_moved_and_what_a_step_costs():
    lab = depth_lab(preset="2015", frozen=range(1, 11)).train(20)
    assert lab.headline.sentence.startswith("In 20 steps layer 11 moved by")
    assert "39 matrix products" in lab.headline.why
    assert "59 with nothing frozen" in lab.headline.why
    lab.depth = 12
    assert lab.headline.sentence == "Which layers will learn?"
    lab.close()


def test_the_button_trains_in_the_background_and_stops():
    async def story():
        lab = depth_lab(depth=4, view="learning")
        lab._press()
        label = lab._button.description
        while lab.training.steps < 10:
            await asyncio.sleep(0)
        lab._press()
        made = lab.training.steps
        await asyncio.sleep(0.01)
        found = label, made == lab.training.steps, lab._button.description
        lab.close()
        return found

    assert asyncio.run(story()) == ("Stop", True, "Train 100 steps")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"depth": 101}, "depth is a whole number from 1 to 100, but it was set to 101"),
        ({"depth": 2.5}, "depth is a whole number"),
        ({"activation": "swish"}, "activation is one of 'sigmoid', 'tanh', 'relu'"),
        ({"initialisation": 3}, "initialisation is one of 'normal'"),
        ({"scale": float("nan")}, "scale is a number from 0.25 to 8"),
        ({"residual": "yes"}, "residual is True or False"),
        ({"frozen": "all"}, "frozen holds the numbers of layers"),
        ({"frozen": (3, 21)}, "from 1 to 20"),
        ({"layer": 50}, "layer=50 is beyond the network's 20 layers"),
        ({"preset": "1980s"}, "preset is one of '1990s'"),
        ({"view": "loss"}, "view is one of 'gradient', 'learning'"),
    ],
)
def test_what_is_no_setting_is_refused_with_what_there_is(setting, message):
    with pytest.raises(InputError, match=message):
        depth_lab(**setting)


def test_a_closed_lab_leaves_no_widget_behind():
    before = set(registry)
    depth_lab(depth=3).close()
    assert set(registry) == before


@pytest.mark.parametrize("depth", [1, 2, 100])
@pytest.mark.parametrize("width", [2, 64])
def test_the_smallest_and_the_largest_are_drawn(depth, width):
    lab = depth_lab(preset="2015", depth=depth, width=width, compare=True, layer=depth)
    lab.view = "learning"
    assert f"reaches layer {depth}" in repr(lab)
    lab.close()


def test_a_network_made_shallower_shows_its_last_layer(lab):
    lab.layer = 20
    lab.depth = 7
    assert lab.layer == 7
    with pytest.raises(InputError, match="7 layers"):
        lab.layer = 8


def test_a_dead_network_says_so():
    lab = depth_lab(activation="relu", initialisation="normal", depth=100, width=2)
    assert lab.passes["A"].reaches[0] == 0
    assert lab.headline.sentence == "Nothing of the gradient reaches layer 1."
    assert "every unit is off" in lab.headline.why
    lab.close()


def test_amounts_read_as_people_say_them():
    assert [amount(x) for x in (1e-20, 1e-12, 2.5e-8, 0.5)] == [
        "1 part in 1·10²⁰", "1 part in 1 trillion", "1 part in 40 million", "1 part in 2",
    ]  # fmt: skip
