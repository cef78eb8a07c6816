"""Exported pages without a browser: what they hold, how large they are, what they refuse. See tests/browser too."""

import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets.page import LARGEST
from chainviz.widgets.player import Player


def content_of(explorer):
    return explorer._content()


def test_a_page_is_returned_or_written(tmp_path):
    explorer = cv.explore(lambda x: x**2, x=(-2.0, 2.0))
    assert explorer.to_html(tmp_path / "chain.html") is None
    assert (tmp_path / "chain.html").read_text(encoding="utf-8") == explorer.to_html()


def test_a_page_loads_nothing_and_is_small():
    text = cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0)).to_html()
    assert len(text) < 120_000
    assert not re.search(r"""(src|href)=["']?http|@import|url\(["']?http""", text)


def test_a_function_of_numbers_brings_a_tape_for_every_way_it_takes():
    def three_ways(x):
        return x if x > 1 else x**2 if x > -1 else x**3

    content = content_of(cv.explore(three_ways, x=(-2.0, 2.0)))
    assert len(content.tapes) == 3
    assert [tape["version"] for tape in content.tapes] == [scene["version"] for scene in content.scenes]
    assert content.positions == {}


def test_arrays_bring_positions_and_the_note_names_what_moves():
    content = content_of(cv.explore(lambda W, b: np.max(W) * b, W=np.ones((2, 2)), b=(0.0, 24.0)))
    assert [place["value"] for place in content.positions["b"]] == list(range(25))
    assert [spec["kind"] for spec in content.inputs] == ["fixed", "slider"]
    assert "25 positions of b" in content.note


def test_where_a_position_has_no_value_the_page_says_why():
    content = content_of(cv.explore(lambda W, b: np.max(W) * np.log(b), W=np.ones(2), b=(-1.0, 3.0)))
    assert "no value" in content.positions["b"][0]["error"]
    assert "frame" in content.positions["b"][-1]


def test_a_page_never_grows_beyond_all_bounds():
    def big(W, a, b):
        for _ in range(30):
            W = np.tanh(W @ W) * a + b
        return np.sum(W)

    text = cv.explore(big, W=np.eye(8), a=(-1.0, 1.0), b=(-1.0, 1.0)).to_html()
    assert len(text) < 1.5 * LARGEST


def test_the_step_and_the_values_that_are_shown_are_the_pages():
    explorer = cv.explore(lambda x: x**2, x=(-2.0, 2.0))
    explorer.values, explorer.step = {"x": 1.25}, 2
    assert '"values":{"x":1.25},"step":2' in explorer.to_html()


def test_what_has_no_picture_has_no_page():
    with pytest.raises(cv.InputError, match="no picture to export"):
        Player().to_html()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(cv.InputError, match="There is no folder"):
        cv.explore(lambda x: x**2, x=1.5).to_html(tmp_path / "nowhere" / "page.html")


def test_a_page_that_folds_operations_says_that_it_keeps_them_so():
    def f(x):
        z = 2 * x + 1
        return z * z

    keeps = "It keeps the detail that it was made with"
    assert keeps in cv.explore(f, x=(-2.0, 2.0)).to_html()
    assert keeps not in cv.explore(f, x=(-2.0, 2.0), detail="full").to_html()
