"""Figures: colours are the theme's, sizes are pixels, and the pointer is found in the data's coordinates."""

import re

import matplotlib.pyplot as plt
import pytest

from chainviz.drawing.figures import ROLES, new_figure, place, regions, resize, styled, to_svg
from chainviz.drawing.shapes import PALETTES


@pytest.fixture
def bars():
    with styled():
        figure = new_figure(400, 200)
        axes = figure.add_subplot(label="bars")
        axes.bar([1, 2], [1e-3, 1], color=ROLES["neg"])
        axes.set_yscale("log")
        axes.set_title("<b> & more")
    return figure, axes


def test_every_colour_that_is_written_is_a_role_of_the_theme(bars):
    svg = to_svg(bars[0])
    written = set(re.findall(r"#[0-9a-f]{6}", svg))
    assert ROLES["neg"] in written
    assert written <= set(ROLES.values())
    assert all(f", {colour})" in svg and svg.count(colour) == svg.count(f", {colour})") for colour in written)


def test_no_two_roles_share_a_colour():
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(PALETTES["light"].get(role, colour) == colour for role, colour in ROLES.items())


def test_words_and_titles_reach_the_page_as_text(bars):
    svg = to_svg(bars[0], 'Two "bars" <of> gradients')
    assert 'aria-label="Two &quot;bars&quot; &lt;of&gt; gradients"' in svg
    assert "&lt;b&gt; &amp; more" in svg


def test_a_figure_drawn_twice_is_the_same_text_and_pyplot_knows_of_none(bars):
    assert to_svg(bars[0]) == to_svg(bars[0])
    assert plt.get_fignums() == []


def test_the_region_of_axes_is_where_they_were_placed(bars):
    figure, axes = bars
    resize(figure, 800, 300)
    place(axes, left=80, top=30, width=640, height=240)
    (region,) = regions(figure)
    assert region["name"] == "bars"
    assert [region[side] for side in ("left", "right", "top", "bottom")] == pytest.approx([0.1, 0.9, 0.1, 0.9])
    assert (region["x_scale"], region["y_scale"]) == ("linear", "log")
