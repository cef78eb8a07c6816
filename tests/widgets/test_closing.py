"""What is closed is nowhere referred to: a page that opens could load none of the notebook's widgets otherwise."""

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances as registry

import chainviz as cv
from chainviz.widgets import cells
from chainviz.widgets.closing import release


def square(x):
    return x**2


def states():
    """What a page that opens asks for: the state of every open widget."""
    return {name: widget.get_state() for name, widget in list(registry.items())}


@pytest.fixture
def run_again(monkeypatch):
    """Makes every further widget that of another run of the same cell."""
    count = iter(range(100))
    monkeypatch.setattr(cells, "_running_cell", lambda: ("cell", next(count)))
    yield
    for reference in cells._open.pop("cell")[1]:
        reference().close()


@pytest.mark.parametrize("link", [ipywidgets.jslink, ipywidgets.jsdlink])
def test_a_link_is_closed_with_either_of_its_ends(link, run_again):
    slider, text = ipywidgets.IntSlider(), ipywidgets.Text()
    player = cv.explore(square, x=(-2.0, 2.0))
    made = [link((player, "step"), (slider, "value")), link((slider, "value"), (player, "step"))]
    other = link((slider, "value"), (slider, "max"))
    cv.explore(square, x=(-2.0, 2.0))
    assert [each.comm is None for each in (player, *made)] == [True] * 3
    assert [each.comm is None for each in (slider, text, other)] == [False] * 3
    assert states()


@pytest.mark.parametrize("make", [ipywidgets.VBox, ipywidgets.Tab])
def test_a_box_says_in_its_place_that_it_is_closed(make, run_again):
    slider = ipywidgets.IntSlider()
    box = make([slider, cv.explore(square, x=(-2.0, 2.0))])
    cv.explore(square, x=(-2.0, 2.0))
    assert box.children[0] is slider
    assert "Run this cell again" in box.children[1].value
    assert states()


def test_a_box_says_it_in_the_language_that_was_chosen():
    player = cv.explore(square, x=(-2.0, 2.0))
    box = ipywidgets.Box([player])
    cv.set_language("de")
    try:
        player.close()
    finally:
        cv.set_language("en")
    assert "noch einmal" in box.children[0].value


def test_a_lab_is_let_go_of_with_all_its_parts():
    lab, slider = cv.lessons.depth_lab(depth=3), ipywidgets.IntSlider()
    part = next(each for each in lab.children[0].children if isinstance(each, ipywidgets.Checkbox))
    box, link = ipywidgets.HBox([lab]), ipywidgets.jslink((part, "value"), (slider, "disabled"))
    lab.close()
    assert link.comm is None
    assert "closed" in box.children[0].value
    assert states()


def test_what_closes_together_keeps_its_parts():
    slider = ipywidgets.IntSlider()
    box = ipywidgets.Box([slider])
    release([box, slider])
    assert box.children == (slider,)
