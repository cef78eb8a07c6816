"""A player in German: every step, tab, card and page of it; no English word is left but names and code."""

import re
from functools import partial

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets.player import Player

from .waiting import painted

ENGLISH = {
    "a", "and", "are", "at", "backward", "by", "contribution", "derivative", "exactly", "for", "forward", "from",
    "has", "input", "is", "its", "local", "no", "node", "nodes", "not", "of", "on", "one", "path", "paths", "reaches",
    "shape", "step", "that", "the", "to", "value", "with", "yet", "zero",
}  # fmt: skip

TEXTS = """() => {
  const told = [], shown = document.querySelector(".chainviz"), code = ".chainviz-source, pre, math, script, [lang=en]";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { parentElement, data } = walk.currentNode;
    if (!parentElement.closest(`${code}, script, style, noscript`)) told.push(data);
  }
  for (const element of document.querySelectorAll(".chainviz, .chainviz *")) {
    for (const name of ["aria-label", "aria-valuetext", "aria-description", "title", "placeholder"]) {
      if (element.hasAttribute(name)) told.push(element.getAttribute(name));
    }
  }
  return told;
}"""


@pytest.fixture
def german():
    cv.set_language("de")
    yield
    cv.set_language("en")


@pytest.fixture
def opened(german, opened):
    """In German, without motion."""
    return partial(opened, width=1280, reduced_motion="reduce")


def english(page, names):
    """The texts on the page that have an English word which is no name."""
    return {text for text in page.evaluate(TEXTS) if (set(re.findall(r"[a-z]+", text.lower())) & ENGLISH) - names}


def fan(x, y):
    u = x * y
    v = np.sqrt(x + y)
    with cv.scope("head"):
        w = np.maximum(u, 2 * v)
    return u * w + np.sin(w)


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2) + np.sum(h)


def walk_steps(page, last, names):
    """Every step, forward and back to the start."""
    found = set()
    page.locator(".chainviz").focus()
    page.keyboard.press("Home")
    for _ in range(last + 1):
        painted(page)
        found |= english(page, names)
        page.keyboard.press("ArrowRight")
    return found


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("detail", ["folded", "full"])
def test_every_step_is_told_in_german(opened, mode, detail):
    explorer = cv.explore(fan, x=(0.5, 3.0), y=(0.5, 2.0), detail=detail)
    explorer.mode = mode
    page = opened(explorer)
    steps = explorer.scene["steps" if mode == "reverse" else "forward"]
    assert walk_steps(page, len(steps) - 1, {"step"}) == set()  # a function: the local derivative of np.maximum
    assert "Vorwärts" in page.locator(".chainviz-phase").inner_text() or mode == "reverse"


def test_arrays_frozen_inputs_and_cuts_are_told_in_german(opened):
    def f(W, x, b):
        return layer(W, x, b) + cv.stop_gradient(np.sum(b))

    graph = cv.trace(f, W=np.ones((2, 3)), x=np.array([1.0, -0.5, 0.0]), b=np.zeros(2), frozen="x")
    player = Player(graph)
    page = opened(player)
    assert walk_steps(page, len(player.scene["steps"]) - 1, {"b", "x"}) == set()


def test_tabs_help_and_search_are_german(opened):
    page = opened(cv.explore(fan, x=(0.5, 3.0), y=(0.5, 2.0)))
    tabs = page.get_by_role("tab")
    assert tabs.all_inner_texts() == ["Herleitung", "Pfade", "Code", "Kosten"]
    page.keyboard.press("Tab")
    page.locator(".chainviz").focus()
    page.keyboard.press("End")
    for tab in tabs.all():
        tab.click()
        painted(page)
        assert english(page, set()) == set()
    page.locator(".chainviz").focus()
    page.keyboard.press("?")
    assert english(page, set()) == set()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    for query in ("Gradient ist null", "gradient is zero", "Wert unendlich", "x"):
        page.get_by_role("combobox", name="Name, Operation").fill(query)
        painted(page)
        assert english(page, set()) == set()
    assert page.locator(".chainviz-count").inner_text() == "1 Knoten"


def test_a_search_in_german_finds_what_the_english_one_does(opened):
    page = opened(cv.explore(lambda x, y: np.maximum(x, 0) * y + y, x=-1.0, y=2.0))
    page.locator(".chainviz").focus()
    page.keyboard.press("End")
    page.keyboard.press("/")
    found = []
    for query in ("gradient is zero", "Gradient ist null", "Adjungierte null"):
        page.locator(".chainviz-search input").fill(query)
        found.append(page.locator(".chainviz-hits [data-hit]").all_inner_texts())
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_hover_cards_checks_and_blame_are_german(opened):
    page = opened(cv.explore(lambda x, y: np.floor(x) * y + y * y, x=(0.5, 3.0), y=(0.5, 2.0)))
    page.locator(".chainviz").focus()
    page.keyboard.press("End")
    painted(page)
    for name in ("node", "edge"):
        for index in range(page.locator(f".chainviz-picture [data-{name}]").count()):
            page.locator(f".chainviz-picture [data-{name}]").nth(index).evaluate(
                "(e) => e.focus({ focusVisible: true })"
            )
            painted(page)
            assert english(page, set()) == set()
    for check in page.get_by_role("button", name="mit finiten Differenzen prüfen").all():
        check.click()
        painted(page)
        assert english(page, set()) == set()
    page.locator(".chainviz-results [data-ask]").first.click()
    painted(page)
    assert "denn floor in" in page.locator(".chainviz-sentence").inner_text()
    assert english(page, set()) == set()


def test_a_page_says_its_language_and_its_note_in_it(opened):
    page = opened(cv.explore(lambda W, x, b: np.max(W @ x + b), W=np.ones((2, 3)), x=np.ones(3), b=0.5))
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator(".chainviz").get_attribute("lang") == "de"
    assert page.locator(".page-note").inner_text().startswith("Diese Seite enthält die Zahlen für 25 Stellungen von b")


def test_english_needs_no_table(page, tmp_path):
    path = tmp_path / "page.html"
    cv.explore(lambda x: x**2, x=1.5).to_html(path)
    page.goto(path.as_uri())
    assert page.locator(".chainviz").get_attribute("lang") == "en"
    assert page.get_by_role("button", name="Step back").is_visible()


@pytest.mark.parametrize("width", [480, 800, 1280])
def test_no_german_control_is_cut_off_or_sticks_out(opened, width):
    page = opened(cv.explore(fan, x=(0.5, 3.0), y=(0.5, 2.0)), width=width)
    page.evaluate("for (const e of document.querySelectorAll('.chainviz-detail')) e.hidden = false")  # as in a notebook
    assert page.get_by_role("button", name="Einklappen").is_visible()
    cut = page.evaluate("""() => [...document.querySelectorAll(".chainviz button, .chainviz select, .chainviz label")]
      .filter((e) => e.checkVisibility() && ((e.clientWidth && e.scrollWidth > e.clientWidth + 1)
        || e.getBoundingClientRect().right > e.closest(".chainviz").getBoundingClientRect().right))
      .map((e) => e.className + e.textContent)""")
    assert cut == []
