"""Every lesson can be shown without its settings, and large."""

import pytest

import chainviz as cv

LESSONS = {
    "train": lambda **looks: cv.lessons.gradient_flow(hidden=(4,), **looks),
    "by hand": lambda **looks: cv.lessons.gradient_flow("by hand", **looks),
    "depth": lambda **looks: cv.lessons.depth_lab(depth=3, **looks),
    "noise": lambda **looks: cv.lessons.reparameterization(samples=10, **looks),
    "vae": lambda **looks: cv.lessons.vae(**looks),
    "gumbel": lambda **looks: cv.lessons.gumbel_lab(draws=10, **looks),
}


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_controls_and_a_size(name):
    lab = LESSONS[name](controls="none", size="projector")
    assert {"chainviz-lab-plain", "chainviz-lab-projector"} <= set(lab._dom_classes)
    lab.controls, lab.size = "full", "normal"
    assert not {"chainviz-lab-plain", "chainviz-lab-projector"} & set(lab._dom_classes)
    with pytest.raises(cv.InputError, match="controls is one of 'full', 'none'"):
        lab.controls = "steps"


def test_players_in_a_lesson_are_large_too_and_so_are_those_that_come_later():
    lab = cv.lessons.gradient_flow("by hand", size="projector")
    assert lab.explorer.size == "projector"
    lab.network = "two layers"
    assert lab.explorer.size == "projector"
