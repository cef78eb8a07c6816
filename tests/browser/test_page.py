"""Exported pages, opened from disk with the network off: numbers, steps, sliders, both themes, hostile names."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.formatting import format_number
from chainviz.widgets.player import Player

from .lab import picture
from .waiting import becomes, painted


def fan(x, y):
    u = x * y
    v = x + y
    return u * v + np.sin(u)


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)


def result(page, of):
    return page.locator(f'.chainviz-result[data-of="{of}"]').inner_text().split("\n")[-1].strip()


def move(page, name, value):
    slider = page.locator(f'.chainviz-slider[aria-label="{name}"]')
    slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", str(value))
    return float(slider.input_value())


def to_the_end(page):
    page.locator(".chainviz").focus()
    page.keyboard.press("End")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_of_numbers_is_live(opened, theme):
    explorer = cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0))
    explorer.values = {"x": 1.5, "y": -1.0}
    page = opened(explorer, color_scheme=theme)
    to_the_end(page)
    assert result(page, "x") == "−2.071"
    for x in (-2.5, 0.5, 2.0):
        x = move(page, "x", x)
        value, (dx, dy) = cv.value_and_grad(fan, wrt=("x", "y"))(x, -1.0)
        assert (result(page, "x"), result(page, "y")) == (format_number(dx), format_number(dy))
        assert page.locator(".chainviz-result").first.inner_text().split("\n")[-1] == format_number(value)
    picture(page, f"page-fan-{theme}")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    becomes(lambda: "1 of" in page.locator(".chainviz-phase").inner_text(), True)


def folding(x):
    z = 2 * x + 1
    return z * np.sin(z)


def test_the_switch_shows_every_operation_at_the_step_that_corresponds(opened):
    page = opened(cv.explore(folding, x=(-2.0, 2.0)))
    cards, track = page.locator("[data-node]"), page.locator(".chainviz-track")
    switch = page.get_by_role("button", name="Every operation")
    becomes(cards.count, 3)
    to_the_end(page)
    x = move(page, "x", 1.2)
    switch.click()
    becomes(cards.count, 5)
    assert switch.get_attribute("aria-pressed") == "true"
    assert track.get_attribute("aria-valuenow") == track.get_attribute("aria-valuemax")
    assert result(page, "x") == format_number(cv.grad(folding)(x))
    x = move(page, "x", -0.6)  # the sliders go on, here as there
    assert result(page, "x") == format_number(cv.grad(folding)(x))
    page.locator('[data-node]:has-text("z")').first.click()
    page.locator(".chainviz").focus()
    page.keyboard.press("Home")
    for _ in range(2):  # 2 x, and what makes z of it
        page.keyboard.press("ArrowRight")
    picture(page, "page-every-operation")
    switch.click()
    becomes(cards.count, 3)
    becomes(lambda: track.get_attribute("aria-valuenow"), "1")  # z is there
    assert page.locator('.chainviz-picture [aria-selected="true"]').get_attribute("aria-label").startswith("z,")
    to_the_end(page)
    assert result(page, "x") == format_number(cv.grad(folding)(x))


def test_factors_with_long_names_scroll_and_never_overlap(opened):
    def long_names(first_input):
        hidden_activation = np.tanh(2 * first_input)
        normalised_activation = hidden_activation**2 + 1
        return np.sin(normalised_activation)

    page = opened(cv.explore(long_names, first_input=(-2.0, 2.0)))
    grid = page.locator(".chainviz-derivation")
    places = grid.locator("math").evaluate_all(
        "(all) => all.map((each) => each.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    boxes = [np.array(place) for place in places]
    for k, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[k + 1 :]:
            across = min(right, other[2]) - max(left, other[0])
            assert across < 1 or min(bottom, other[3]) - max(top, other[1]) < 1
    assert grid.evaluate("e => e.scrollWidth > e.clientWidth")
    picture(page, "page-long-names")


def test_another_branch_is_on_the_page_as_well(opened):
    page = opened(cv.explore(lambda x: x**2 if x > 0 else np.exp(x) - 3 * x + 1, x=(-2.0, 2.0)))
    to_the_end(page)
    move(page, "x", 1.0)
    becomes(page.locator("[data-node]").count, 2)  # the last drawing has faded away
    to_the_end(page)
    becomes(lambda: result(page, "x"), "2")
    move(page, "x", -1.0)
    becomes(lambda: page.locator(".chainviz-picture").count() == 1 and page.locator("[data-node]").count() > 3, True)
    to_the_end(page)
    becomes(lambda: result(page, "x"), format_number(np.exp(-1) - 3))


def test_where_the_function_has_no_value_the_page_says_so_and_recovers(opened):
    page = opened(cv.explore(lambda x: np.log(x), x=(-2.0, 6.0)))
    move(page, "x", -1.0)
    assert "does not hold the numbers here" in page.locator(".chainviz-message").inner_text()
    move(page, "x", 4.0)
    assert page.locator(".chainviz-message").inner_text() == ""
    assert page.locator(".chainviz-result").first.inner_text().split("\n")[-1] == format_number(np.log(4.0))


def peak(W, x, b):
    return np.max(np.tanh(W @ x + b) ** 2)


@pytest.mark.parametrize(
    ("f", "note"), [(peak, "25 positions of b"), (layer, "computes all numbers itself")], ids=["positions", "live"]
)
def test_a_page_of_arrays_is_live_where_it_can_be_and_else_holds_positions_and_says_so(opened, f, note):
    W, x = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5])
    page = opened(cv.explore(f, W=W, x=x, b=(-1.0, 1.0)))
    to_the_end(page)
    assert note in page.locator(".page-note").inner_text()
    assert page.locator(".chainviz-slider").count() == 1
    for goal in (-1.0, 0.26, 0.9):
        b = move(page, "b", goal)
        assert abs(b - goal) < 0.05
        assert result(page, "b") == format_number(cv.grad(f, wrt="b")(W, x, b))
    picture(page, f"page-arrays-{f.__name__}")


def test_a_player_without_sliders_is_a_page_too(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0)))
    to_the_end(page)
    assert result(page, "y") == "−0.6439"
    assert page.locator(".chainviz-slider").count() == 0


HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><!--<script>'\"{}&amp;"


def test_hostile_names_stay_text(opened):
    def f(x, **others):
        """</script><img src=x onerror="document.title='owned'">"""
        with cv.scope(HOSTILE):
            y = cv.name(2 * x, HOSTILE) * others[HOSTILE]
        with cv.scope(HOSTILE + "2"):
            return own(np.sin(y))

    def own(x):
        return x * x

    own.__name__ = HOSTILE
    own = cv.primitive(own, vjp=lambda g, y, x: g * 2 * x, tex=r"\text{{<img src=x onerror='document.title=1'>}} {0}")
    for expanded in ([], [HOSTILE, HOSTILE + "2"]):
        page = opened(Player(cv.trace(f, x=1.5, **{HOSTILE: 2.0}), expanded=expanded))
        to_the_end(page)
        for tab in ("Paths", "Source", "Derivation"):
            page.get_by_role("tab", name=tab).click()
        page.locator("[data-node]").first.focus()
        picture(page, "page-hostile")
        page.wait_for_timeout(200)  # an image that is not found takes a moment
        assert page.title() not in ("owned", "1")
        assert page.locator("img").count() == 0
        assert result(page, "x") == format_number(4 * np.sin(12.0))


def test_printing_shows_the_picture_and_no_buttons(opened):
    page = opened(cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0)))
    page.emulate_media(media="print")
    painted(page)
    assert page.locator(".chainviz-picture").is_visible()
    assert not page.locator(".chainviz-transport").is_visible()
