"""What a lecturer sets: which controls there are, which inputs do not move, how large the type is."""

import numpy as np
import pytest

import chainviz as cv
from tests.widgets.test_page import data_of


def exported(explorer):
    """What an exported page holds."""
    return data_of(explorer.to_html())


def kinds(specifications):
    return {spec["name"]: spec["kind"] for spec in specifications}


def test_a_locked_input_is_shown_and_python_can_set_it():
    explorer = cv.explore("w x", w=2.0, x=(-2.0, 2.0), locked="w")
    assert kinds(explorer.inputs) == {"w": "locked", "x": "slider"}
    explorer.values = {"w": 3.0, "x": 1.0}
    assert repr(explorer) == "Explorer(w=3, x=1, y=3, ∂y/∂w=1, ∂y/∂x=3)"


def test_an_array_can_be_locked_too():
    explorer = cv.explore(lambda W, x: np.sum(W * x), W=np.eye(2), x=1.5, locked=["W"])
    assert kinds(explorer.inputs) == {"W": "locked", "x": "slider"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"controls": "some"}, "controls is one of 'full', 'steps', 'none', but"),
        ({"size": "big"}, "size is one of 'normal', 'projector', but"),
        ({"locked": ["y"]}, "no input 'y' to be locked. The inputs are x"),
    ],
)
def test_other_settings_are_refused(settings, says):
    with pytest.raises(cv.InputError, match=says):
        cv.explore("x^2", x=1.5, **settings)


def test_controls_and_size_can_be_set_later():
    explorer = cv.explore("x^2", x=1.5)
    explorer.controls, explorer.size = "none", "projector"
    with pytest.raises(cv.InputError, match="controls is one of"):
        explorer.controls = "all"
    assert explorer.controls == "none"


@pytest.mark.parametrize("name", ["controls", "locked", "size"])
def test_a_parameter_of_that_name_is_refused_in_words(name):
    with pytest.raises(cv.InputError, match=f"parameter '{name}' of its own"):
        cv.explore(f"f({name}) = {name}^2", **{name: 1.5})


def test_an_exported_page_has_them_too():
    data = exported(cv.explore("w x", w=2.0, x=1.5, locked="w", size="projector", controls="steps"))
    assert data["traits"]["size"] == "projector"
    assert data["traits"]["controls"] == "steps"


def test_a_page_whose_inputs_do_not_move_holds_one_branch_and_does_not_promise_sliders():
    def f(x):
        return x**2 if x > 0 else -x

    moving, still = cv.explore(f, x=(-2.0, 2.0)), cv.explore(f, x=(-2.0, 2.0), controls="steps")
    assert [len(exported(each)["levels"]["folded"]["tapes"]) for each in (moving, still)] == [2, 1]
    assert "The sliders work" in moving.to_html()
    assert "The sliders work" not in still.to_html()


def test_a_page_of_arrays_holds_positions_only_of_what_moves():
    explorer = cv.explore(lambda W, a, b: np.max(W) * a * b, W=np.eye(2), a=1.0, b=2.0, locked=["a", "W"])
    data = exported(explorer)
    assert list(data["positions"]) == ["b"]
    assert kinds(data["traits"]["inputs"]) == {"W": "fixed", "a": "locked", "b": "slider"}
