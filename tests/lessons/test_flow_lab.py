"""The gradient flow lab without a browser: settings, lamps, clicks, training, words, and what stands in print."""

import asyncio
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as registry

import chainviz as cv
from chainviz import InputError
from chainviz.widgets import network


@pytest.fixture
def lab():
    made = cv.lessons.gradient_flow(points="xor")
    yield made
    made.close()


def hear(lab, **event):
    lab.view._hear(event)


def test_every_setting_can_be_given_and_is_shown_by_its_control():
    lab = cv.lessons.gradient_flow(
        points="circles", hidden=(4, 3), activation="relu", optimiser="Adam", step_size=0.02, seed=3, layer=2, point=5,
        unlit=["transposed weight"],
    )  # fmt: skip
    controls = {name: control.value for name, control in lab._controls.items()}
    assert controls == {
        "points": "circles", "hidden": "4, 3", "activation": "relu", "optimiser": "Adam", "step_size": 0.02,
    }  # fmt: skip
    assert (lab.seed, lab.layer, lab.point, lab.unlit) == (3, 2, 5, ("transposed weight",))
    assert lab.training.sizes == (2, 4, 3, 1)
    lab.close()


def test_a_control_sets_its_setting_and_starts_again(lab):
    lab.train(5)
    lab._controls["hidden"].value = "6, 6"
    assert lab.hidden == (6, 6)
    assert lab.training.steps == 0
    assert "network=2-6-6-1" in repr(lab)


def test_a_setting_changed_from_code_moves_its_control_and_keeps_the_others(lab):
    lab.activation = np.sin
    assert lab._controls["activation"].value == "sin"
    lab.step_size = 0.1
    assert lab._controls["step_size"].value == 0.1
    assert lab.points == "xor"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"part": "race"}, "It has 'train'"),
        ({"points": "stars"}, "'moons', 'xor', 'circles', 'spiral', 'drawn by hand'"),
        ({"hidden": (99,)}, "1 to 24 units"),
        ({"hidden": "8, x"}, r"such as \(16, 16\)"),
        ({"hidden": (2.5,)}, "hidden"),
        ({"hidden": ()}, "hidden"),
        ({"activation": "ReLU"}, "'relu'"),
        ({"activation": np.sum}, "elementwise"),
        ({"optimiser": "sgd"}, "'gradient descent', 'momentum', 'Adam'"),
        ({"step_size": 0}, "step_size is a number from 0.001 to 100, but it was set to 0"),
        ({"step_size": "big"}, "set to 'big'"),
        ({"unlit": "weight"}, "'transposed weight'"),
        ({"seed": 1.5}, "whole number"),
        ({"layer": 2}, "from 1 to 1"),
        ({"point": 200}, "from 0 to 199"),
    ],
)
def test_a_setting_that_cannot_be_says_what_can(setting, said):
    with pytest.raises(InputError, match=said):
        cv.lessons.gradient_flow(**setting)


def test_what_is_typed_wrong_is_said_in_the_lab_and_the_network_stays(lab):
    lab._controls["hidden"].value = "8, eight"
    assert "such as (16, 16)" in lab.headline.error
    assert lab.hidden == (8,)
    lab._controls["hidden"].value = "4"
    assert lab.headline.error == ""


def test_a_function_of_ones_own_trains_with_the_derivative_that_chainviz_finds(lab):
    lab.activation = lambda z: z * np.exp(-(z**2))
    lab.train(400)
    assert lab.training.loss < 0.1
    assert "activation=your function" in repr(lab)


def test_a_lamp_is_put_out_and_lit_again_by_a_click(lab):
    lab.train(20)
    hear(lab, kind="lamp", lamp="activation derivative")
    assert lab.unlit == ("activation derivative",)
    assert lab.view.unlit == ["activation derivative"]
    assert re.match(r"Without the activation derivative, layer 1 steps \d+(\.\d)?° off", lab.headline.sentence)
    lab.train(3)
    assert "with all lamps on=" in repr(lab)
    hear(lab, kind="lamp", lamp="activation derivative")
    assert lab.unlit == ()
    assert lab.headline.sentence.startswith("The loss fell from ")


def test_a_click_rings_the_nearest_point_and_arrows_go_round(lab):
    x, _ = lab.training.points
    hear(lab, kind="click", x=float(x[17, 0]) + 1e-6, y=float(x[17, 1]))
    assert lab.point == 17
    lab.point = 0
    hear(lab, kind="point", by=-1)
    assert lab.point == 199
    assert lab.view.words["plane"].endswith(f"class {lab.training.points[1][199]:g}.")


def test_points_are_drawn_by_hand_with_clicks(lab):
    lab.points = "drawn by hand"
    assert len(lab.training.points[1]) == 2
    lab._pen.value = "○ 1"
    hear(lab, kind="click", x=0.25, y=-0.75)
    x, y = lab.training.points
    assert x.tolist() == [[-0.5, 0.0], [0.5, 0.0], [0.25, -0.75]]
    assert y.tolist() == [0, 1, 1]
    assert lab.point == 2
    assert lab._controls["points"].value == "drawn by hand"
    hear(lab, kind="click", x=0.26, y=-0.75)  # on a point: rings it
    assert len(lab.training.points[1]) == 3


def test_points_of_ones_own_are_trained_on():
    lab = cv.lessons.gradient_flow(points=([[-0.5, 0.2], [0.5, 0.3], [0.1, 0.1]], [0, 1, 1]))
    lab.train(200)
    assert lab.training.loss < 0.1
    assert repr(lab).startswith("GradientFlow(points=drawn by hand, ")
    lab.close()


def test_a_seed_gives_the_same_numbers_each_time(lab):
    lab.train(10)
    numbers = repr(lab)
    lab._restart()
    lab.train(10)
    assert repr(lab) == numbers
    lab.seed += 1
    lab.train(10)
    assert repr(lab) != numbers


def test_it_trains_in_the_background_and_stops_at_once(lab):
    async def story():
        lab.start()
        assert lab._train.description == "Pause"
        while lab.training.steps < 30:
            await asyncio.sleep(0)
        lab.stop()
        made = lab.training.steps
        await asyncio.sleep(0.1)
        return made

    made = asyncio.run(story())
    assert lab.training.steps == made
    assert lab._train.description == "Train"
    assert f"in {made} steps." in lab.headline.sentence


def test_frames_wait_for_the_page_but_not_for_ever(lab, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(network.time, "monotonic", lambda: clock[0])

    def frames_sent(ticks):
        seen = [lab.view.frame]
        for _ in range(ticks):
            lab._frame()
            seen.append(lab.view.frame)
        return sum(a != b for a, b in itertools.pairwise(seen))

    hear(lab, kind="drawn", frames=100)
    assert frames_sent(10) == network.ON_THE_WAY
    hear(lab, kind="drawn", frames=2)
    assert frames_sent(10) == 2
    clock[0] += network.PATIENCE + 0.1
    assert frames_sent(10) == 1


def test_where_no_widget_lives_the_plane_and_the_loss_stand(lab):
    lab.train(50)
    still = lab._repr_mimebundle_()["text/html"]
    assert "<svg" in still
    assert "Decision boundary" in still
    assert "200 points and the decision boundary" in still
    assert lab.headline.sentence in still


def test_weights_that_have_overflowed_are_said_and_drawn_as_what_they_are(lab):
    lab.train(3)
    lab.training.course.theta = lab.training.course.theta * np.nan
    lab.train(1)
    lab.training.course.losses.append(float("nan"))
    lab.train(5)
    assert "no longer finite" in lab.headline.sentence
    assert "loss=NaN" in repr(lab)
    assert "<svg" in lab._repr_mimebundle_()["text/html"]


def test_the_page_and_the_kernel_mean_the_same_sections():
    script = Path(network.__file__).with_name("network.js").read_text(encoding="utf-8")
    for name, held in (("SECTIONS", network.SECTIONS), ("FACTS", network.FACTS)):
        listed = re.search(rf"const {name} = \[(.*?)\]", script, re.DOTALL)[1]
        assert tuple(re.findall(r'"(\w+)"', listed)) == held


def test_a_closed_lab_leaves_no_widget_behind():
    before = set(registry)
    cv.lessons.gradient_flow().close()
    with pytest.raises(InputError):
        cv.lessons.gradient_flow(points="stars")
    assert set(registry) == before
