"""What a page asks of Python: the source of what it shows, with its lines, and outputs around an input."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.errors import InputError
from chainviz.widgets.asked import LARGEST_SOURCE, derivation_latex, outputs_around, source_of
from chainviz.widgets.player import Player


def layer(W, x):
    h = np.tanh(W @ x)
    return np.sum(h**2)


def test_the_source_comes_once_its_tab_is_open_and_follows_the_scene():
    player = Player(cv.trace(lambda x: np.sin(2 * x) + x, x=1.0))
    assert player.source == {}
    player.tab = "Source"
    assert player.source["version"] == player.scene["version"]
    assert len(player.source["steps"]) == len(player.scene["steps"])
    player.show(cv.trace(layer, W=np.eye(2), x=np.ones(2)))
    assert player.source["version"] == player.scene["version"]
    assert "def value_and_gradient(W, x):" in player.source["lines"]


def test_a_tab_that_is_not_there_is_an_error():
    with pytest.raises(InputError, match="'Derivation', 'Paths', 'Source'"):
        Player(cv.trace(lambda x: x**2, x=1.0)).tab = "source"


def test_too_large_a_graph_says_so_in_words():
    def long(x):
        for _ in range(LARGEST_SOURCE + 1):
            x = np.sin(x)
        return x

    assert "to_source()" in source_of(cv.trace(long, x=1.0), 1)["error"]


def test_outputs_around_give_the_slope_along_a_direction():
    inputs = {"W": np.array([[0.5, -1.0], [1.0, 2.0]]), "x": np.array([1.0, -0.5])}
    player = Player(cv.trace(layer, **inputs))
    for k in range(2):
        found = outputs_around(player.graph, k, [1e-4], player._output_at)
        (behind, ahead), (step,) = found["sides"][0], found["steps"]
        assert (ahead - behind) / (2 * step) == pytest.approx(found["adjoint"], rel=1e-6)
        assert found["adjoint"] != 0


def test_an_explorer_takes_the_functions_own_branch_on_each_side():
    explorer = cv.explore(lambda x: 3 * x if x > 0 else -x, x=(-1.0, 1.0))
    explorer.values = {"x": 0.0}
    found = outputs_around(explorer.graph, 0, [0.1], explorer._output_at)
    assert found["sides"] == [[pytest.approx(0.1), pytest.approx(0.3)]]


def test_where_the_function_has_no_value_there_is_none():
    explorer = cv.explore(lambda x: np.log(x), x=(0.05, 1.0))
    explorer.values = {"x": 0.05}
    assert outputs_around(explorer.graph, 0, [0.1], explorer._output_at)["sides"][0][0] is None


def test_the_derivation_is_latex_a_line_an_equation():
    text = derivation_latex(cv.trace(lambda x: np.sin(x), x=0.0), 0)
    assert text.startswith("\\begin{aligned}\n  & \\frac{dy}{dx} = \\cos x")
