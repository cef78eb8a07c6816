"""Exported pages without a browser: what they hold, how large they are, what they refuse. See tests/browser too."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets import page
from chainviz.widgets.page import LARGEST, SWITCHABLE, Content
from chainviz.widgets.player import Player


def data_of(text):
    """What a page brings along, as its script unpacks it."""
    packed = re.search(r'id="data">([A-Za-z0-9+/=]*)</script>', text)[1]
    return json.loads(zlib.decompress(base64.b64decode(packed), wbits=-15))


def content_of(explorer):
    content = Content()
    explorer._fill(content, explorer.detail, lambda done, total: None)
    return content


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
    tapes = content.levels["folded"].tapes
    assert len(tapes) == 3
    assert [tape["version"] for tape in tapes] == [scene["version"] for scene in content.scenes]
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
    traits = data_of(explorer.to_html())["traits"]
    assert (traits["values"], traits["step"]) == ({"x": 1.25}, 2)


def test_what_has_no_picture_has_no_page():
    with pytest.raises(cv.InputError, match="no picture yet"):
        Player().to_html()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(cv.InputError, match="There is no folder"):
        cv.explore(lambda x: x**2, x=1.5).to_html(tmp_path / "nowhere" / "page.html")


KEEPS = "It keeps the detail that it was made with"


def test_a_small_page_has_both_levels_of_detail():
    def f(x):
        z = 2 * x + 1
        return z * z

    for detail in ("folded", "full"):
        text = cv.explore(f, x=(-2.0, 2.0), detail=detail).to_html()
        data = data_of(text)
        assert set(data["levels"]) == {"folded", "full"}
        assert data["traits"]["detail"] == detail
        nodes = {name: len(data["scenes"][level["start"]["scene"]]["nodes"]) for name, level in data["levels"].items()}
        assert nodes == {"folded": 3, "full": 4}
        assert KEEPS not in text


def test_a_page_of_twenty_nodes_has_both_levels_and_stays_small():
    def twenty(x, w, b):
        z = w * x + b
        a = np.tanh(z)
        h = a**2 - 3 * a * x + 1
        u = np.exp(-h * h) + np.sin(z)
        return (u - 1) ** 2 + 0.01 * w**2

    explorer = cv.explore(twenty, x=(-1.0, 1.0), w=(-2.0, 2.0), b=(-1.0, 1.0))
    assert len(explorer.graph.full.nodes) >= 20
    text = explorer.to_html()
    assert len(data_of(text)["levels"]) == 2
    assert len(text) <= SWITCHABLE == 120_000


def test_a_page_for_which_both_levels_are_too_large_says_that_it_keeps_its_own(monkeypatch):
    explorer = cv.explore(lambda x: cv.name(2 * x + 1, "z") ** 2, x=(-2.0, 2.0))
    both = explorer.to_html()
    assert len(data_of(both)["levels"]) == 2
    monkeypatch.setattr(page, "SWITCHABLE", len(both) - 1)
    text = explorer.to_html()
    assert set(data_of(text)["levels"]) == {"folded"}
    assert KEEPS in text


def test_a_page_of_positions_keeps_its_detail():
    def f(W, b):
        z = 2 * W + 1
        return np.max(z) * b

    text = cv.explore(f, W=np.ones((2, 2)), b=(0.0, 24.0)).to_html()
    assert (set(data_of(text)["levels"]), KEEPS in text) == ({"folded"}, True)


@pytest.mark.parametrize(("W", "looks"), [(np.ones(2), 25), (2.0, None)])
def test_progress_counts_the_looks_along_the_sliders(W, looks, capsys):
    explorer, counted = cv.explore(lambda W, b: np.max(W) * b, W=W, b=(0.0, 24.0)), []
    text = explorer.to_html(progress=lambda done, total: counted.append((done, total)))
    assert [done for done, _ in counted] == list(range(1, len(counted) + 1))
    assert len({total for _, total in counted}) == 1
    assert looks in (None, counted[-1][0])
    assert text == explorer.to_html(progress=True)
    assert f"look {counted[-1][0]} of {counted[-1][1]}" in capsys.readouterr().out


def test_progress_that_cannot_be_called_is_said():
    with pytest.raises(cv.InputError, match="progress is True, or a function"):
        cv.explore(lambda x: x**2, x=(-2.0, 2.0)).to_html(progress="yes")
