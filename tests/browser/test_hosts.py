"""Hosts without JupyterLab's variables: a bare page and VS Code, in light, dark and high contrast, and paper."""

import re
from pathlib import Path

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets import player

from .waiting import painted

STYLE = "".join(path.read_text(encoding="utf-8") for path in (Path(player.__file__).parent / "js").glob("*.css"))
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(30, 31, 34)"
# Every colour that is painted, and whether it is one at all: a variable without a fallback leaves none.
LOOK = """() => {
  const root = document.querySelector(".chainviz"), ground = getComputedStyle(root);
  const names = ["--bg", "--sunk", "--ink", "--muted", "--line", "--rule"];
  return { background: ground.backgroundColor, ink: ground.color, font: ground.fontFamily,
    empty: names.filter((name) => !ground.getPropertyValue(name).trim()),
    cards: getComputedStyle(root.querySelector(".chainviz-card")).fill };
}"""


def f(x):
    z = 2 * x + 1
    return np.sin(z**2)


@pytest.fixture
def shown(page, tmp_path):
    """Opens an exported page, of which no variable starts with --jp-, under a host's class for its theme."""
    cv.explore(f, x=(-2.0, 2.0)).to_html(tmp_path / "page.html")

    def show(scheme, host):
        page.emulate_media(color_scheme=scheme)
        page.goto((tmp_path / "page.html").as_uri())
        page.locator(".chainviz-picture").wait_for()
        page.evaluate("(host) => { document.body.className = host; }", host)
        painted(page)
        return page.evaluate(LOOK)

    return show


def test_every_variable_of_jupyterlab_has_a_fallback():
    assert re.findall(r"var\(--jp-[\w-]+\)", STYLE) == []
    assert "var(--jp-layout-color1," in STYLE
    assert "--vscode" not in STYLE  # VS Code is known by the class of its pages, which older versions have too


@pytest.mark.parametrize(
    ("scheme", "host", "background"),
    [
        ("light", "", LIGHT),
        ("dark", "", DARK),
        ("light", "vscode-dark", DARK),
        ("dark", "vscode-light", LIGHT),
        ("light", "vscode-high-contrast", DARK),
        ("dark", "vscode-high-contrast vscode-high-contrast-light", LIGHT),
    ],
)
def test_a_host_without_variables_gets_the_theme_that_it_names(shown, scheme, host, background):
    look = shown(scheme, host)
    assert look["empty"] == []
    assert (look["background"], look["cards"]) == (background, background)
    assert look["ink"] == ("rgb(27, 31, 36)" if background == LIGHT else "rgb(242, 244, 247)")
    assert "Helvetica" in look["font"]


def test_on_paper_there_is_all_of_the_picture_and_nothing_to_press(page, shown):
    shown("light", "")
    page.emulate_media(media="print")
    painted(page)
    assert not page.locator(".chainviz-transport").is_visible()
    assert page.locator(".chainviz-equation").is_visible()
    scroller = page.locator(".chainviz-scroller")
    assert scroller.evaluate("e => e.querySelector('svg').getBoundingClientRect().right <= innerWidth")
    assert scroller.evaluate("e => getComputedStyle(e).overflow") == "visible"
