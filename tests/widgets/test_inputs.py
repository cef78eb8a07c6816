"""The short forms of inputs, as `ipywidgets.interact` users know them, and what is said of those that are none."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets.inputs import Grid, Slider, nice_step, read_inputs


def read(short):
    return read_inputs({"x": short})["x"]


@pytest.mark.parametrize(
    ("short", "low", "high", "step", "start"),
    [
        ((-2.0, 2.0), -2, 2, 0.02, 0),
        ((0.0, 1.0), 0, 1, 0.005, 0.5),
        ((0, 10), 0, 10, 1, 5),
        ((0, 5), 0, 5, 1, 2),
        ((0.0, 10.0, 2.5), 0, 10, 2.5, 5),
        ((1e-6, 2e-6), 1e-6, 2e-6, 5e-9, 1.5e-6),
        (1.5, -1.5, 4.5, 0.02, 1.5),
        (-2.0, -6, 2, 0.02, -2),
        (0.0, -1, 1, 0.01, 0),
        (3, -3, 9, 1, 3),
        (np.float64(1.5), -1.5, 4.5, 0.02, 1.5),
    ],
)
def test_a_range_or_a_number_is_a_slider(short, low, high, step, start):
    slider = read(short)
    assert isinstance(slider, Slider)
    assert (slider.min, slider.max, slider.step, slider.value) == pytest.approx((low, high, step, start))


@pytest.mark.parametrize("extent", [1e-9, 0.3, 1, 4, 6, 7e12])
def test_a_slider_has_a_few_hundred_steps(extent):
    assert 200 <= extent / nice_step(extent) <= 501


def test_an_array_is_a_grid_and_a_large_one_is_fixed():
    assert isinstance(read(np.eye(2)), Grid)
    assert read(np.eye(2)).specification() | {"rows": 2, "cols": 2} == read(np.eye(2)).specification()
    assert read(np.zeros(3)).specification()["kind"] == "grid"
    assert read(np.zeros((9, 9))).specification()["kind"] == "fixed"


@pytest.mark.parametrize(
    ("short", "says"),
    [
        ("2", "'2', which is not a number. Write x=1.5"),
        (None, "None, which is not a number"),
        (True, "True, which is not a number"),
        (1j, "1j, which is not a number"),
        (float("nan"), "is NaN. Give a finite number"),
        (float("inf"), "is ∞"),
        ((2.0, 1.0), "empty: 2 is not below 1"),
        ((1.0, 1.0), "empty"),
        (1e308, "cannot go over a range"),
        ((0.0, 5e-324), "cannot go over a range"),
        ((1.0,), "has 1 entries"),
        ((1, 2, 3, 4), "has 4 entries"),
        ((0.0, 1.0, 0.0), "step of the input 'x' is 0"),
        ((0.0, 1.0, 5.0), "step of the input 'x' is 5"),
        ((0.0, float("nan")), "is NaN"),
        (("a", "b"), "'a', which is not a number"),
        ([1, 2], "is a list. Write np.array([1, 2])"),
        (np.array([]), "is empty"),
        (np.array([1.0, np.nan]), "holds NaN"),
        (np.array(["a"]), "Give an array of real numbers"),
        (cv.variable(1.0), "is a Variable"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(short, says):
    with pytest.raises(cv.InputError) as error:
        read(short)
    assert says in str(error.value)
    assert "'x'" in str(error.value)
