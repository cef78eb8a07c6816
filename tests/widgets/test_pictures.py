"""A player as a file: the step that it shows, and nothing about it changes."""

import numpy as np
import pytest

import chainviz as cv


@pytest.fixture
def explorer():
    return cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 5.0))


def test_it_shows_the_step_of_the_widget_unless_another_is_asked_for(explorer):
    explorer.step = 2
    assert explorer.to_svg() == explorer.to_svg(step=2) != explorer.to_svg(step=3)
    assert explorer.to_png() == explorer.to_png(step=2)
    assert explorer.to_svg() == explorer.to_svg()


def test_a_slider_moves_the_picture_too(explorer):
    before = explorer.to_svg(step="last")
    explorer.values = {"x": 0.5}
    assert ">4<" in explorer.to_svg(step="last") != before


def test_no_export_changes_the_widget(explorer):
    before = explorer.get_state()
    explorer.to_svg(step=3), explorer.to_png(step=1, theme="dark"), explorer.to_pdf(step="all"), explorer.to_gif()
    explorer.to_dot(), explorer.to_latex(), explorer.to_latex("x")
    assert explorer.get_state() == before


def test_dot_and_latex_are_those_of_its_graph(explorer):
    assert explorer.to_dot() == explorer.graph.to_dot()
    assert explorer.to_latex("x") == explorer.graph.to_latex(derivative="x")


def test_on_paper_a_fresh_player_shows_the_end_and_a_moved_one_its_step(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["image/svg+xml"] == explorer.to_svg(step="last")
    explorer.step = 2
    data, _ = explorer._repr_mimebundle_()
    assert data["image/svg+xml"] == explorer.to_svg(step=2)
    assert data["text/plain"] == repr(explorer)


def test_without_a_graph_there_is_nothing_to_keep():
    with pytest.raises(cv.InputError, match="no picture yet: show a graph first"):
        cv.Player().to_svg()
    with pytest.raises(cv.InputError, match="no picture yet"):
        cv.Player().to_dot()
