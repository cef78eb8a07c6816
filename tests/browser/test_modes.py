"""Forward mode, the race and blame, as a person meets them: on exported pages, where no Python answers."""

import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.formatting import format_number
from chainviz.widgets.player import Player

from .lab import picture
from .test_page import move, result
from .waiting import becomes

# Where along the picture the first green pill is, frame by frame, each place once; null when it has gone.
WATCH_PILL = """() => {
  window.places = [];
  const watch = () => {
    const pill = document.querySelector('.chainviz-pill.chainviz-pos[visibility="visible"]');
    const place = pill ? pill.transform.baseVal.getItem(0).matrix.e : null;
    if (place !== (places.at(-1) ?? null)) places.push(place);
    requestAnimationFrame(watch);
  };
  watch();
}"""


def fan(x, w):
    z = x * w + 1
    a = z**2
    return np.sin(a) + a * x


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)


def dead(x, w):
    z = x * w - 3
    h = np.maximum(z, 0)
    return h * 2 + w


def sentence(page):
    return page.locator(".chainviz-sentence").inner_text()


def press(page, key):
    page.locator(".chainviz").focus()
    page.keyboard.press(key)


def forward(page, of=None):
    page.get_by_role("button", name="Forward mode").click()
    if of:
        page.get_by_label("Tangent of").select_option(of)


def below(page, node):
    """The lower row of a card, as it is read out."""
    return re.search(r", (∂[^,]*)", page.locator(f"[data-node={node}]").get_attribute("aria-label"))[1]


def explorer():
    made = cv.explore(fan, x=(-2.0, 2.0), w=(-1.0, 1.5))
    made.values = {"x": 1.5, "w": 0.7}
    return made


def test_a_tangent_travels_with_the_values_and_sliders_move_it_without_python(opened):
    page = opened(explorer(), reduced_motion="reduce")
    forward(page)
    assert page.locator(".chainviz-result").count() == 2
    press(page, "ArrowRight")
    assert (below(page, "n0"), below(page, "n1")) == ("∂x/∂x 1", "∂w/∂x 0")
    press(page, "ArrowRight")
    assert below(page, page.locator("[data-node]").nth(2).get_attribute("data-node")) == "∂z/∂x 0.7"
    assert "sum of local derivative × tangent over x and w" in sentence(page)
    assert "not computed yet" in page.locator("[data-node]").last.get_attribute("aria-label")
    press(page, "End")
    assert "One pass gave ∂y/∂x; w needs another." in sentence(page)
    for x in (-1.75, 0.25, 2.0):
        x = move(page, "x", x)
        assert result(page, "x") == format_number(cv.grad(fan)(x, 0.7))


def test_the_other_input_can_move_and_reverse_mode_comes_back(opened):
    page = opened(explorer(), reduced_motion="reduce")
    forward(page, of="w")
    press(page, "End")
    found = page.locator(".chainviz-result").last
    assert found.inner_text().split("\n") == ["∂y/∂w", format_number(cv.grad(fan, wrt="w")(1.5, 0.7))]
    page.get_by_role("button", name="Forward mode").click()
    press(page, "End")
    assert result(page, "w") == format_number(cv.grad(fan, wrt="w")(1.5, 0.7))
    assert "Backward" in page.locator(".chainviz-phase").inner_text()


def test_pills_run_left_to_right_through_the_gates(opened):
    page = opened(explorer())
    forward(page)
    press(page, "ArrowRight")
    becomes(lambda: below(page, "n0"), "∂x/∂x 1")
    page.evaluate(WATCH_PILL)
    press(page, "ArrowRight")
    page.wait_for_function("() => places.length > 5 && places.at(-1) === null")
    *places, _ = page.evaluate("places")
    assert places == sorted(places)
    assert places[-1] > places[0] + 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_of_arrays_holds_the_tangents_of_one_input_and_says_so_of_others(opened, theme):
    W, x = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5])
    page = opened(cv.explore(layer, W=W, x=x, b=(-1.0, 1.0)), color_scheme=theme, reduced_motion="reduce")
    forward(page)
    press(page, "End")
    expected = format_number(np.sum(cv.grad(layer)(W, x, 0.0)))
    assert page.locator(".chainviz-result").last.inner_text().split("\n")[-1] == expected
    picture(page, f"forward-arrays-{theme}")
    page.get_by_label("Tangent of").select_option("b")
    page.locator(".chainviz-message", has_text="Only Python knows the tangents of b here").wait_for()
    page.get_by_label("Tangent of").select_option("W")
    press(page, "End")
    becomes(page.locator(".chainviz-message").inner_text, "")
    assert page.locator(".chainviz-result").last.inner_text().split("\n")[-1] == expected


def test_a_derivative_of_zero_is_a_button_that_tells_where_it_was_born(opened):
    page = opened(Player(cv.trace(dead, x=1.5, w=0.5)), reduced_motion="reduce")
    press(page, "End")
    before = sentence(page)
    button = page.locator('.chainviz-result[data-of="x"] b')
    assert button.get_attribute("role") == "button"
    assert page.locator('.chainviz-result[data-of="w"] b').get_attribute("role") is None
    button.focus()
    page.keyboard.press("Enter")
    assert "maximum" in sentence(page)
    born = page.locator('[data-trail="birth"]')
    assert born.count() == 1
    assert born.get_attribute("aria-label").startswith("h,")
    opacity = page.locator("[data-node]").last.evaluate("(card) => getComputedStyle(card).opacity")
    assert float(opacity) == pytest.approx(0.22)
    page.keyboard.press("Escape")
    assert sentence(page) == before
    assert page.locator("[data-trail]").count() == 0
    button.click()
    press(page, "ArrowLeft")
    assert "maximum" not in sentence(page)


def test_a_card_is_asked_at_its_lower_row_and_an_unknown_answer_is_said(opened):
    page = opened(Player(cv.trace(dead, x=1.5, w=0.5)), reduced_motion="reduce")
    press(page, "End")
    card = page.locator("[data-node][data-ask]").nth(1)  # z: the page has answers for inputs
    card.locator(".chainviz-adjoint").click()
    assert "not kept in this page" in sentence(page)
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("Enter")
    assert "not kept in this page" in sentence(page)
    roles = "(all) => all.map((card) => card.getAttribute('role'))"
    assert "button" in page.locator("[data-node]").evaluate_all(roles)
    press(page, "Home")
    assert set(page.locator("[data-node]").evaluate_all(roles)) == {"treeitem"}  # a tree's, as before


def test_the_race_is_a_tab(opened):
    page = opened(explorer())
    page.get_by_role("tab", name="Cost").click()
    laps = page.locator(".chainviz-lap").all_inner_texts()
    assert len(laps) == 6
    assert "reverse mode has every derivative after one pass" in page.locator(".chainviz-race").inner_text()


def test_in_forward_mode_a_curve_has_the_slope_of_the_output_over_the_input_that_moves(opened):
    page = opened(explorer(), reduced_motion="reduce")
    forward(page, "w")
    press(page, "End")
    slope = format_number(cv.grad(fan, 1)(1.5, 0.7))
    labels = page.locator(".chainviz-curve").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert [label.rpartition(", slope ")[2] for label in labels if ", slope " in label] == [slope]
    assert "over w" in next(label for label in labels if ", slope " in label)


def cancelled(x):
    u = np.sqrt(x)
    y = np.where(x > 1, x, 1.0) + 0.0 * u
    return y


def test_where_the_page_cannot_tell_a_0_from_what_was_not_taken_it_shows_no_tangent(opened):
    page = opened(cv.explore(cancelled, x=(0.0, 2.0)), reduced_motion="reduce")
    forward(page)
    press(page, "End")
    move(page, "x", 1.5)
    assert result(page, "x") == "1"
    move(page, "x", 0.0)
    page.locator(".chainviz-message", has_text="Only Python knows the tangents of x here.").wait_for()
