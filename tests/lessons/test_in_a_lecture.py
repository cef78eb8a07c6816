"""Every lesson can be shown without its settings, with some of them locked, and large."""

import pytest
from ipywidgets.widgets.widget import _instances as registry

import chainviz as cv
from chainviz.lessons import depth_lab, gradient_flow, gumbel_lab, reparameterization, vae

LESSONS = {
    "train": (lambda **looks: gradient_flow(hidden=(4,), **looks), "step_size"),
    "by hand": (lambda **looks: gradient_flow("by hand", **looks), "left_out"),
    "gradient check": (lambda **looks: gradient_flow("gradient check", **looks), "step"),
    "cost race": (lambda **looks: gradient_flow("cost race", **looks), "width"),
    "depth": (lambda **looks: depth_lab(depth=3, **looks), "depth"),
    "noise": (lambda **looks: reparameterization(samples=10, **looks), "sigma"),
    "vae": (lambda **looks: vae(**looks), "beta"),
    "gumbel": (lambda **looks: gumbel_lab(draws=10, **looks), "temperature"),
}


def disabled(lab):
    """The settings whose controls cannot be used."""
    return {setting for control, settings in lab._changes for setting in settings if control.disabled}


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_controls_and_a_size(name):
    lab = LESSONS[name][0](controls="none", size="projector")
    assert {"chainviz-lab-plain", "chainviz-lab-projector"} <= set(lab._dom_classes)
    lab.controls, lab.size = "full", "normal"
    assert not {"chainviz-lab-plain", "chainviz-lab-projector"} & set(lab._dom_classes)
    with pytest.raises(cv.InputError, match="controls is one of 'full', 'none'"):
        lab.controls = "steps"


def test_players_in_a_lesson_are_large_too_and_so_are_those_that_come_later():
    lab = gradient_flow("by hand", size="projector")
    assert lab.explorer.size == "projector"
    lab.network = "two layers"
    assert lab.explorer.size == "projector"


@pytest.mark.parametrize("name", LESSONS)
def test_the_controls_of_a_locked_setting_cannot_be_used(name):
    make, setting = LESSONS[name]
    lab = make(locked=setting)
    assert disabled(lab) == {setting}
    lab.locked = ()
    assert not disabled(lab)


@pytest.mark.parametrize("name", LESSONS)
def test_whatever_has_a_control_can_be_locked(name):
    lab = LESSONS[name][0]()
    everything = {setting for _, settings in lab._changes for setting in settings}
    lab.locked = everything
    assert disabled(lab) == everything
    shown = [widget for widget in lab.children[0].children if hasattr(widget, "disabled") and not widget.disabled]
    of_no_setting = {"One step", "Train", "Start again", "More settings", "A click adds"}
    assert {widget.description for widget in shown} <= of_no_setting


def test_python_can_set_what_is_locked():
    lab = depth_lab(depth=3, locked=["depth"])
    lab.depth = 5
    assert lab.passes["A"].depth == 5


def test_presets_are_locked_with_each_of_their_parts():
    lab = depth_lab(depth=3, locked=["residual"])
    assert lab._presets.disabled
    lab.locked = ["preset"]
    assert disabled(lab) == {"preset", "activation", "initialisation", "scale", "residual", "normalisation"}
    assert not lab._controls["residual"].disabled


def test_keys_and_clicks_on_a_picture_leave_what_is_locked():
    lab = depth_lab(depth=9, view="learning", layer=2, locked=["layer"])
    lab._learning._hear({"kind": "key", "key": "End"})
    assert lab.layer == 2
    lab._learning._hear({"kind": "key", "key": "Enter"})
    assert lab.frozen == (2,)
    lab.locked = ["frozen"]
    for key in ("End", "Enter"):
        lab._learning._hear({"kind": "key", "key": key})
    assert (lab.layer, lab.frozen) == (9, (2,))


@pytest.mark.parametrize(
    ("make", "view", "event", "setting"),
    [
        (lambda **given: gradient_flow("gradient check", **given), lambda lab: lab.view, {"key": "End"}, "step"),
        (lambda **given: gumbel_lab(**given), lambda lab: lab._views[1], {"key": "ArrowRight"}, "temperature"),
        (lambda **given: reparameterization(**given), lambda lab: lab._views[1], {"key": "End"}, "eps"),
        (lambda **given: vae(**given), lambda lab: lab._views[0], {"key": "ArrowUp"}, "z2"),
        (
            lambda **given: gradient_flow(**given),
            lambda lab: lab.view,
            {"kind": "lamp", "lamp": "transposed weight"},
            "unlit",
        ),
        (lambda **given: gradient_flow(**given), lambda lab: lab.view, {"kind": "point", "by": 1}, "point"),
    ],
    ids=["step", "temperature", "eps", "code", "lamp", "point"],
)
def test_every_picture_that_changes_a_setting_knows_of_locks(make, view, event, setting):
    for locked in ([setting], []):
        lab = make(locked=locked)
        before = getattr(lab, setting)
        view(lab)._hear({"kind": "key"} | event)
        assert (getattr(lab, setting) == before) == bool(locked)
        lab.close()


def test_no_point_is_drawn_where_the_points_are_locked():
    lab = gradient_flow(points="drawn by hand", locked="points")
    count = len(lab.training.points[1])
    lab.view._hear({"kind": "click", "x": 0.0, "y": 0.0})
    assert len(lab.training.points[1]) == count
    assert not lab.headline.error


def test_a_locked_point_stays_ringed_where_another_optimiser_starts_again():
    lab = gradient_flow(point=5, locked="point")
    lab.optimiser = "Adam"
    assert lab.point == 5


def test_locked_noise_stays_where_the_mean_moves():
    lab = reparameterization(eps=1.0, held=False, locked=["eps"])
    lab.mu = 1.5
    assert lab.eps == 1.0


def test_what_means_nothing_now_stays_off_when_it_is_unlocked():
    lab = reparameterization(inside=True, locked=["eps"])
    lab.locked = ()
    assert disabled(lab) == {"eps", "held"}
    lab.inside = False
    assert not disabled(lab)


@pytest.mark.parametrize(
    ("locked", "says"),
    [
        (["dept"], r"no setting 'dept' to lock. Did you mean 'depth'\? There are activation, compare"),
        ("colour", "no setting 'colour' to lock. There are"),
        (3, "no setting 3 to lock"),
        ([["depth"]], r"no setting \['depth'\] to lock"),
    ],
)
def test_another_name_is_refused_and_nothing_is_left_behind(locked, says):
    before = set(registry)
    with pytest.raises(cv.InputError, match=says):
        depth_lab(depth=3, locked=locked)
    assert set(registry) == before
