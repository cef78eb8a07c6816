"""The widgets' benchmark: its cheap rows hold their goals, and its table says so where a figure does not."""

import math

import pytest

from benchmarks.widgets import Figure, saved_state, sizes
from chainviz.widgets import explore


def test_what_is_sent_and_kept_is_about_as_small_as_it_should_be():
    for figure in sizes():
        assert 1 < figure.value < 1.05 * figure.goal, str(figure)


def test_the_saved_state_counts_the_frame_as_the_notebook_keeps_it():
    explorer = explore(lambda x: x**2, x=1.5)
    assert len(saved_state(explorer)["frame"]) == 4 * math.ceil(len(explorer.frame) / 3)
    assert "_esm" not in saved_state(explorer)


@pytest.mark.parametrize(
    ("value", "more", "missed"), [(8, False, False), (9, False, True), (9, True, False), (7, True, True),
                                  (math.nan, False, True), (math.nan, True, True)],
)  # fmt: skip
def test_a_figure_beyond_its_goal_is_marked(value, more, missed):
    figure = Figure("what", value, "ms", 8, more)
    assert figure.missed is missed
    assert ("!" in str(figure)) is missed
    assert "(8) ms" in str(figure)


def test_a_figure_without_a_goal_misses_none():
    assert not Figure("naive", 1000, "ms").missed
