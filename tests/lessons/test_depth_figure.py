"""The depth lab's picture: bars and marks stand at the numbers that were measured, in few artists."""

import numpy as np
import pytest

from chainviz.drawing.figures import to_svg
from chainviz.lessons.depth import PRESETS, Network, backward_pass, draw_data, draw_weights
from chainviz.lessons.depth_figure import DepthFigure
from chainviz.lessons.layers import band


@pytest.fixture
def drawn():
    figure = DepthFigure()

    def show(*networks, depth=10):
        passes = [backward_pass(n, draw_weights(n, depth, 8, 0), *draw_data(8, 0)) for n in networks]
        figure.draw(dict(zip("AB", passes, strict=False)), "A")
        return figure, passes

    return show


def data(line):
    """The heights of a line of many strokes."""
    return line.get_ydata()[::3]


def test_every_bar_ends_at_its_norm(drawn):
    figure, (passed,) = drawn(PRESETS["1990s"])
    np.testing.assert_allclose(data(figure._bars[0]._caps), np.log10(passed.reaches))


def test_the_bound_is_a_quarter_to_the_number_of_layers(drawn):
    figure, _ = drawn(PRESETS["1990s"])
    np.testing.assert_allclose(10.0 ** figure._bound._line.get_ydata(), 0.25 ** np.arange(10, 0, -1.0))


def test_only_networks_with_a_bound_below_1_show_one(drawn):
    figure, _ = drawn(PRESETS["2012"])
    assert not figure._bound._line.get_visible()


def test_the_factors_stand_at_their_values_where_the_scale_holds_them(drawn):
    figure, (passed,) = drawn(PRESETS["2010"])
    np.testing.assert_allclose(10.0 ** figure._factors._dots.get_ydata(), passed.derivative)
    np.testing.assert_allclose(10.0 ** figure._factors._squares.get_ydata(), passed.weights[1:])


def test_a_gradient_of_zero_is_a_dash_at_the_foot_and_unknown_factors_are_not_drawn(drawn):
    figure, _ = drawn(PRESETS["2012"])
    dead = backward_pass(Network("relu"), [np.eye(8), -np.eye(8), np.eye(8)], *draw_data(8, 0))
    figure.draw({"A": dead}, "A")
    assert len(data(figure._bars[0]._zeros)) == 3
    assert len(data(figure._bars[0]._caps)) == 0
    assert np.isnan(figure._factors._dots.get_ydata()).tolist() == [True, True, False]


def test_a_hundred_layers_are_few_artists_and_a_small_picture(drawn):
    figure, _ = drawn(PRESETS["1990s"], PRESETS["2015"], depth=100)
    assert len(figure.figure.findobj()) < 900
    assert len(to_svg(figure.figure)) < 250_000


def test_the_band_of_a_layer_is_where_its_bar_is(drawn):
    figure, _ = drawn(PRESETS["1990s"])
    left, right = band(800, 1, depth=10)
    box = figure._gradient.get_position()
    start, end = figure._gradient.get_xlim()
    middle = box.x0 + (1 - start) / (end - start) * box.width
    assert (left + right) / 2 == pytest.approx(middle)
