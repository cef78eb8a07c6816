"""Hover cards on an exported page: what they say at which step, where they stand, and how they open and close."""

import itertools
from functools import partial

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets.player import Player

from .waiting import becomes

CARD = ".chainviz-hover"


def fan(x, y):
    u, v = x * y, x + y
    return u * v + np.sin(u)


def network(x, w):
    for _ in range(12):
        x = np.tanh(w * x + 0.1)
    return x**2


def hostile(x):
    y = x * len("<img src=x onerror=alert(1)>")
    return y**2


@pytest.fixture
def opened(opened):
    """At 1280 pixels unless told, without motion."""
    return partial(opened, width=1280, reduced_motion="reduce")


def press(page, *keys):
    page.locator(".chainviz").focus()
    for key in keys:
        page.keyboard.press(key)


def said(page):
    """The terms of the card that is open, and what it says of each, on one line."""
    page.locator(f"{CARD}:popover-open").wait_for()
    pairs = page.locator(CARD).evaluate(
        "e => [...e.querySelectorAll('dt')].map(t => [t.textContent, t.nextSibling.textContent.trim()])"
    )
    return dict(pairs)


def test_a_node_tells_its_numbers_only_from_their_steps_on(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"))
    press(page, "Home")
    page.locator('[data-node="n2"]').hover()
    assert (said(page)["value"], said(page)["adjoint"]) == ("", "")
    assert page.locator(f"{CARD} .chainviz-gap").count() == 2
    assert page.locator(f"{CARD} h4").inner_text().split() == ["𝑢", "=", "𝑥", "𝑦"]
    page.keyboard.press("ArrowRight")
    assert (said(page)["value"], said(page)["adjoint"]) == ("−1.5", "")
    seen = []
    for _ in range(14):
        page.keyboard.press("ArrowRight")
        seen.append(said(page)["adjoint"])
    assert list(dict.fromkeys(seen)) == ["", "0.07074 so far, 1 of 2", "0.5707"]
    cost = cv.trace(fan, x=1.5, y=-1.0).cost().nodes[2]
    assert said(page)["operations"] == f"{cost.forward} forward, {cost.backward} backward"
    assert page.locator(f"{CARD} mark").inner_text().strip() == "u, v = x * y, x + y"


def test_an_edge_tells_the_product_that_passes_once_it_has_passed(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"))
    press(page, "End")
    page.locator('[data-gate="e0-2-0"]').hover()
    assert said(page)["local derivative"] == "−1"
    assert said(page)["passes to x, 2 of 2"] == "adjoint 0.5707 × local −1 = −0.5707"
    press(page, "Home")
    page.locator(f"{CARD} .chainviz-gap").nth(3).wait_for()
    assert said(page)["passes to x, 2 of 2"] == "adjoint  × local  ="


@pytest.mark.parametrize("width", [1280, 800, 480])
def test_a_card_covers_neither_its_own_place_nor_the_step_nor_the_sentence(opened, width):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"), width=width)
    for step, name in itertools.product([0, 4, 8], ["n0", "n2", "n5", "e0-2-0", "e2-4-0"]):
        press(page, "Home", *["ArrowRight"] * step)
        page.keyboard.press("Shift")  # from now on the focus is a keyboard's, and shown
        page.locator(f'[data-node="{name}"], [data-edge="{name}"]').focus()
        assert said(page)
        covered = page.evaluate(
            """([card, name, others]) => {
              const box = document.querySelector(card).getBoundingClientRect();
              const own = document.querySelector(`[data-gate="${name}"], [data-node="${name}"]`);
              const free = [own, ...document.querySelectorAll(others)];
              const out = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight;
              return [out, ...free.map(e => e.getBoundingClientRect()).map(e => Math.min(e.right, box.right)
                - Math.max(e.left, box.left) > 1 && Math.min(e.bottom, box.bottom) - Math.max(e.top, box.top) > 1)];
            }""",
            [CARD, name, ".chainviz-say, .chainviz-picture .chainviz-now"],
        )
        assert not any(covered), (step, name, covered)


def test_a_card_stays_while_the_pointer_is_on_it_and_escape_closes_it(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"))
    page.locator('[data-node="n2"]').hover()
    assert said(page)
    page.locator(f"{CARD} mark").hover()
    page.wait_for_timeout(500)  # longer than the grace on the way to the card
    assert page.locator(CARD).is_visible()
    page.locator(f"{CARD} mark").dblclick()
    becomes(lambda: page.evaluate("getSelection().toString().trim()") != "", True)
    page.keyboard.press("Escape")
    page.locator(CARD).wait_for(state="hidden")
    page.locator('[data-node="n3"]').hover()
    assert said(page)
    page.mouse.move(2, 880)
    page.locator(CARD).wait_for(state="hidden")


def test_the_arrows_that_walk_along_the_graph_open_every_card(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"))
    page.locator('[data-node="n0"]').focus()
    walked = []
    for key in ["ArrowRight"] * 4 + ["ArrowLeft"] * 4:
        page.keyboard.press(key)
        assert said(page)
        walked.append(page.evaluate("Object.values(document.activeElement.dataset)[0]"))
        described = page.locator("[aria-describedby^=chainviz-hover]")
        assert described.evaluate_all("(all) => all.map(e => e === document.activeElement)") == [True]
    assert walked == [*walked[:4], *walked[2::-1], "n0"]
    assert [name[0] for name in walked[:4]] == ["e", "n", "e", "n"]
    page.keyboard.press("Tab")  # out of the picture
    assert page.evaluate("document.activeElement.closest('.chainviz-picture')") is None
    page.locator(CARD).wait_for(state="hidden")


def test_a_tap_opens_and_a_tap_elsewhere_closes(opened):
    page = opened(Player(cv.trace(fan, x=1.5, y=-1.0), detail="full"), has_touch=True)
    page.locator('[data-node="n2"]').tap()
    assert said(page)["value"] == "−1.5"
    page.wait_for_timeout(500)  # longer than a pointer's card needs to close
    assert page.locator(CARD).is_visible()
    page.locator(f"{CARD} mark").tap()
    assert page.locator(CARD).is_visible()
    page.locator(".chainviz-sentence").tap()
    page.locator(CARD).wait_for(state="hidden")


def test_numbers_on_a_card_live_with_the_slider(opened):
    page = opened(cv.explore(fan, x=(1.0, 2.0), y=(1.0, 2.0)))
    press(page, "End", "Shift")
    page.locator('[data-node="n2"]').focus()
    before = said(page)
    page.locator(".chainviz-slider").first.evaluate(
        "e => { e.value = 1.25; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    x, y = (float(slider.input_value()) for slider in page.locator(".chainviz-slider").all())
    graph = cv.trace(fan, x=x, y=y)
    expected = [f"{graph.nodes[2].value:.4g}".replace("-", "−"), f"{graph.nodes[2].adjoint:.4g}".replace("-", "−")]
    assert [said(page)["value"], said(page)["adjoint"]] == expected
    assert before["value"] != expected[0]


def test_arrays_are_heat_maps_and_large_ones_histograms(opened):
    def layer(W, x):
        h = np.tanh(W @ x)
        return np.sum(h**2)

    dice = np.random.default_rng(0)
    page = opened(Player(cv.trace(layer, W=dice.normal(size=(40, 12)), x=dice.normal(size=12)).fold()))
    press(page, "End")
    page.locator('[data-node="n0"]').hover()
    assert said(page)["value"].startswith("norm ")
    assert page.locator(f"{CARD} .chainviz-bin").count() == 48
    assert page.locator(f"{CARD} .chainviz-bin.chainviz-neg").count() == 12
    page.locator('[data-node="n2"]').hover()
    page.locator(f"{CARD} .chainviz-cell").nth(79).wait_for()
    assert said(page)["shape"] == "40"
    assert said(page)["stands for"] == "2 operations"
    page.locator('[data-gate="e0-2-0"]').hover()
    page.get_by_text("a Jacobian of 40×480, not worked out").wait_for()


def test_an_edge_of_a_large_graph_has_a_card_as_well(opened):
    graph = cv.trace(network, x=0.3, w=1.2)
    page = opened(Player(graph, detail="full"))
    press(page, "Home", "Shift")
    edge = graph.edges[3].id
    page.locator(f'[data-edge="{edge}"]').focus()
    assert said(page)["local derivative"] == ""
    page.keyboard.press("End")
    adjoint, local, product = (
        f"{v:.4g}".replace("-", "−")
        for v in (graph.nodes[graph.edges[3].target].adjoint, graph.edges[3].local, graph.edges[3].contribution)
    )
    assert f"adjoint {adjoint} × local {local} = {product}" in said(page).values()


def test_source_is_text_and_never_markup(opened):
    page = opened(Player(cv.trace(hostile, x=1.5)))
    page.locator('[data-node="n1"]').hover()
    assert said(page)
    assert page.locator(f"{CARD} mark").inner_text().strip() == 'y = x * len("<img src=x onerror=alert(1)>")'
    assert page.locator("img").count() == 0
