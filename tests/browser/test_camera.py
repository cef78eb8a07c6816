"""Moving in big pictures: pan, zoom, the map, the search; with mouse, wheel, fingers and keys."""

import base64

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame

from .stand_in import put, show, trait
from .waiting import becomes, painted

CAMERA = """() => { const root = document.querySelector(".chainviz-picture"), box = root.getBoundingClientRect();
  return [box.x, box.y, box.width / root.viewBox.baseVal.width]; }"""
STAGE = """() => { const box = document.querySelector(".chainviz-scroller").getBoundingClientRect();
  return [box.x, box.y, box.width, box.height]; }"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".chainviz-picture text")].filter((text) =>
  text.textContent && getComputedStyle(text).visibility !== "hidden").map((text) =>
  parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
LABELS = """() => [...document.querySelectorAll(".chainviz-picture :is([data-node], [data-edge])")].map(
  (group) => group.getAttribute("aria-label"))"""
MOVE = """([frame, selected]) => {
  window.model.set("frame", new DataView(Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)).buffer));
  if (selected) window.model.set("selected", selected);
  return (LABELS)();
}""".replace("LABELS", LABELS)
WHEEL = """(turn) => document.elementFromPoint(turn.clientX, turn.clientY).dispatchEvent(
  new WheelEvent("wheel", { bubbles: true, cancelable: true, ...turn }))"""
TOUCH = """([type, points]) => { const target = document.querySelector(".chainviz-scroller");
  const touches = points.map(([clientX, clientY], identifier) => new Touch({ identifier, target, clientX, clientY }));
  return target.dispatchEvent(new TouchEvent(type, { touches, bubbles: true, cancelable: true })); }"""


def net(x, w):
    """Some 200 operations; what `dead` feeds has no gradient."""
    h = [x * (k + 1) for k in range(6)]
    for _ in range(4):
        h = [np.tanh(sum(w * a for a in h[i : i + 4]) + 0.1 * i) for i in range(6)]
    dead = np.maximum(h[0] - 9, 0)
    return sum(h[1:]) + dead


def chain(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def camera(page):
    return page.evaluate(CAMERA)


def stage_middle(page):
    x, y, width, height = page.evaluate(STAGE)
    return x + width / 2, y + height / 2


def is_the_pages(page, **wheel):
    """Turn the wheel in the middle of the stage: whether the browser is left to scroll the page, or to zoom it."""
    x, y = stage_middle(page)
    return page.evaluate(WHEEL, {"clientX": x, "clientY": y, **wheel})


def test_a_drag_pans_and_selects_nothing(page):
    show(page, net, x=0.3, w=0.7)
    x, y, _ = camera(page)
    card = page.locator('[data-node="n30"]')
    page.mouse.move(*stage_middle(page))
    page.mouse.down()
    page.mouse.move(400, 300, steps=4)
    page.mouse.up()
    becomes(lambda: camera(page)[:2] != [x, y], True)
    assert trait(page, "selected") == ""
    assert card.get_attribute("aria-selected") == "false"


def test_only_ctrl_and_wheel_zooms_about_the_pointer_and_a_plain_wheel_is_the_pages(page):
    show(page, net, x=0.3, w=0.7)
    before = camera(page)
    assert is_the_pages(page, deltaY=120)
    painted(page)
    assert camera(page) == before
    put(page, "selected", "v₁₀₀")
    x, y, scale = camera(page)
    px, py = stage_middle(page)
    assert not is_the_pages(page, deltaY=-40, ctrlKey=True)
    becomes(lambda: camera(page)[2] > scale, True)
    x2, y2, scale2 = camera(page)
    assert (px - x2) / scale2 == pytest.approx((px - x) / scale, abs=1)
    assert (py - y2) / scale2 == pytest.approx((py - y) / scale, abs=1)


def test_the_zero_key_shows_the_whole_picture_and_then_the_usual_size(page):
    show(page, net, x=0.3, w=0.7)
    height = page.evaluate(STAGE)[3]
    _, _, usual = camera(page)
    page.locator(".chainviz").focus()
    page.keyboard.press("0")
    x, y, width, tall = page.evaluate(STAGE)
    box = page.locator(".chainviz-picture").bounding_box()
    assert x <= box["x"]
    assert y <= box["y"]
    assert box["x"] + box["width"] <= x + width
    assert box["y"] + box["height"] <= y + tall
    page.keyboard.press("0")
    assert camera(page)[2] == pytest.approx(usual, rel=1e-3)
    page.keyboard.press("+")
    assert camera(page)[2] > usual
    assert page.evaluate(STAGE)[3] == height  # what is below the stage never moves


@pytest.mark.parametrize("presses", ["", "0", "0+++", "++", "-"])
def test_no_text_is_ever_smaller_than_ten_pixels(page, presses):
    show(page, net, x=0.3, w=0.7)
    page.locator(".chainviz").focus()
    for key in presses:
        page.keyboard.press(key)
    assert page.evaluate(SMALLEST) >= 9.9


def test_the_browser_can_skip_what_is_out_of_sight(page):
    """It culls no group that has a transform, as every card has: each is in a small group without one."""
    show(page, net, x=0.3, w=0.7)
    groups = page.locator(".chainviz-picture > g:has([data-node], [data-edge])")
    sizes = groups.evaluate_all("(all) => all.map((g) => [g.getAttribute('transform'), g.children.length])")
    assert {transform for transform, _ in sizes} == {None}
    assert max(count for _, count in sizes) <= 16
    assert sum(count for _, count in sizes) == page.locator("[data-node], [data-edge]").count()


def test_after_a_move_what_is_out_of_sight_is_drawn_too_once_the_rest_is_painted_or_the_camera_turns_there(page):
    def other(x, w):
        numbers = cv.trace(net, x=x, w=w)
        return base64.b64encode(frame(numbers, 1)).decode()

    def drawn_whole(**inputs):
        show(page, net, **inputs)
        put(page, "step", 150)
        becomes(lambda: any("not computed" in label for label in page.evaluate(LABELS)[:100]), False)
        return page.evaluate(LABELS)

    expected, other_expected = drawn_whole(x=0.5, w=0.4), drawn_whole(x=0.1, w=0.9)
    before = drawn_whole(x=0.3, w=0.7)
    at_once = page.evaluate(MOVE, [other(x=0.5, w=0.4), ""])
    assert 3 < sum(a == b for a, b in zip(at_once, expected, strict=True) if b not in before) < len(before) / 2
    becomes(lambda: page.evaluate(LABELS), expected)
    assert page.evaluate(MOVE, [other(x=0.1, w=0.9), "v₁₀"]) == other_expected


def test_two_fingers_zoom_and_one_pans_until_the_end_where_the_page_scrolls(page):
    show(page, net, x=0.3, w=0.7)
    x, y, scale = camera(page)
    page.evaluate(TOUCH, ["touchstart", [[500, 400], [600, 400]]])
    assert not page.evaluate(TOUCH, ["touchmove", [[450, 400], [650, 400]]])  # prevented: ours
    assert camera(page)[2] == pytest.approx(2 * scale, rel=0.01)
    page.evaluate(TOUCH, ["touchend", []])
    page.evaluate(TOUCH, ["touchstart", [[500, 400]]])
    x, y, _ = camera(page)
    assert not page.evaluate(TOUCH, ["touchmove", [[480, 370]]])
    assert camera(page)[:2] == pytest.approx([x - 20, y - 30], abs=0.5)
    for _ in range(2):
        at_the_end = page.evaluate(TOUCH, ["touchmove", [[100_000, 100_000]]])
    assert at_the_end


def test_the_map_shows_dead_regions_once_their_adjoints_are_complete_and_moves_the_stage(page):
    made = show(page, net, x=0.3, w=0.7)
    page.wait_for_selector(".chainviz-map")
    assert page.locator(".chainviz-known").count() == 0
    put(page, "step", len(made["steps"]) - 1)
    assert page.locator(".chainviz-known").count() == len(made["nodes"])
    assert page.locator(".chainviz-known.chainviz-zero").count() > 3
    before = camera(page)
    box = page.locator(".chainviz-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.up()
    becomes(lambda: camera(page) != before, True)
    seen = page.locator(".chainviz-seen").bounding_box()
    assert seen["x"] + seen["width"] / 2 == pytest.approx(box["x"] + 60, abs=6)


def test_a_small_picture_has_no_map(page):
    show(page, chain, x=1.5)
    assert not page.locator(".chainviz-map").is_visible()
    assert not page.locator(".chainviz-tools").is_visible()


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("z", ["z"]),
        ("sin", ["y"]),
        ("multiply", ["v₁"]),
        ("v1", ["v₁"]),
        ("gradient is zero", []),
        ("nan", []),
        ("no such thing", []),
    ],
)
def test_the_search_finds_by_name_operation_and_number(page, query, labels):
    made = show(page, chain, x=1.5)
    page.locator(".chainviz").focus()
    page.keyboard.press("/")
    page.keyboard.type(query)
    hits = page.locator(".chainviz-picture [data-hit]").evaluate_all("all => all.map(e => e.dataset.node)")
    by_id = {node["id"]: node["label"] for node in made["nodes"]}
    assert [by_id[hit] for hit in hits] == labels


def test_the_search_finds_arrays_by_shape_and_nodes_by_values_that_are_not_finite(page):
    def f(x):
        y = np.outer(x, x)
        return np.sum(y)

    show(page, f, x=np.ones(3))
    page.locator(".chainviz").focus()
    page.keyboard.press("/")
    for query in ("(3, 3)", "3x3", "3×3"):
        page.locator(".chainviz-search input").fill(query)
        assert page.locator(".chainviz-hits [data-hit]").count() == 1
    with np.errstate(divide="ignore"):
        show(page, lambda x: 2 + np.log(x) * 3, x=0.0)
    page.locator(".chainviz").focus()
    page.keyboard.press("/")
    page.keyboard.type("value is inf")
    assert page.locator(".chainviz-hits [data-hit]").count() == 3


def test_enter_goes_from_hit_to_hit_selects_and_shows_it_and_escape_ends(page):
    show(page, net, x=0.3, w=0.7)
    page.locator(".chainviz").focus()
    page.keyboard.press("/")
    page.keyboard.type("gradient is zero")
    count = page.locator(".chainviz-hits [data-hit]").count()
    assert count > 3
    chosen = set()
    x, y, width, height = page.evaluate(STAGE)
    for k in range(count):
        page.keyboard.press("Enter")
        assert page.locator(".chainviz-count").inner_text() == f"{k + 1} of {count}"
        chosen.add(trait(page, "selected"))
        box = page.locator(".chainviz-picture [aria-selected=true]").bounding_box()
        panel = page.locator(".chainviz-search").bounding_box()
        assert x <= box["x"] <= box["x"] + box["width"] <= x + width
        assert y <= box["y"] <= box["y"] + box["height"] <= y + height
        assert box["x"] >= panel["x"] + panel["width"] or box["y"] >= panel["y"] + panel["height"]
    assert len(chosen) == count
    page.keyboard.press("Escape")
    assert not page.locator(".chainviz-search").is_visible()
    assert page.locator("[data-search]").count() == 0
    page.keyboard.press("ArrowRight")
    assert trait(page, "step") == 1
