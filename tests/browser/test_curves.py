"""The curve over each slider: it is the function, its tangent's slope is the adjoint, and gaps are gaps."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets import player
from chainviz.widgets.page import Content

from .lab import picture
from .waiting import painted

SCRIPT = Path(player.__file__).with_name("player.js").read_text(encoding="utf-8")
IMPORT = 'await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))'
SAMPLE = f"""async ([script, tape, low, high, calls]) => {{
  const {{ outputOf, sample, drawCurve }} = {IMPORT};
  const {{ evaluate }} = outputOf(tape), found = sample((x) => evaluate([x]), low, high, calls);
  const Y = (y) => 40 - (y - found.range[0]) / (found.range[1] - found.range[0]) * 40;
  return {{ ...found, points: found.points.map(([x, y]) => [x, Number.isNaN(y) ? null : y]),
    ...drawCurve(found.points, found.range, (x) => 1000 * x, Y, 40) }};
}}"""
START = f"""async ([script, traits]) => {{
  const {{ default: {{ render }} }} = {IMPORT};
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer), handlers = {{}};
  traits.frame = bytes(traits.frame);
  const put = (name, value) => {{ traits[name] = value; handlers[`change:${{name}}`]?.forEach((each) => each()); }};
  window.receive = (news) => {{
    for (const [name, value] of Object.entries(news)) put(name, name === "frame" ? bytes(value) : value);
  }};
  render({{ el: document.body, model: {{ get: (name) => traits[name], set: put, save_changes() {{}}, off() {{}},
    on(event, handler) {{ (handlers[event] ??= []).push(handler); }} }} }});
}}"""


def sent(explorer, *names):
    names = names or (
        "scene",
        "frame",
        "tape",
        "step",
        "inputs",
        "values",
        "error",
        "curves",
        "detail",
        "expanded",
        "foldable",
    )
    traits = {name: getattr(explorer, name) for name in names}
    return traits | ({"frame": base64.b64encode(traits["frame"]).decode()} if "frame" in names else {})


@pytest.fixture
def shown(page):
    """Shows an explorer with its own script on a model that no Python answers."""

    def show(explorer, **traits):
        state = sent(explorer) | {"playing": False, "speed": 1} | traits  # before Playwright's loop brings samples
        page.set_content("<!doctype html><body>")
        page.evaluate(START, [SCRIPT, state])
        page.locator(".chainviz-picture").wait_for()
        painted(page)
        return page

    return show


def sampled(page, f, low=-2.0, high=2.0, calls=600, start=1.5):
    explorer = cv.explore(f, x=(low, high))
    explorer.values = {"x": start}
    page.goto("about:blank")
    return page.evaluate(SAMPLE, [SCRIPT, explorer.tape, low, high, calls])


def lines(drawn):
    """The pieces of a path, each as its points in pixels."""
    pairs = (re.findall(r"(-?[\d.]+) (-?[\d.]+)", piece) for piece in drawn.split("M")[1:])
    return [np.array(piece, dtype=float) for piece in pairs]


def curve(page, name):
    return page.locator(f'.chainviz-input:has([aria-label="{name}"]) .chainviz-curve')


def to_the_end(page):
    page.locator(".chainviz").focus()
    page.keyboard.press("End")


def move(page, name, value):
    page.locator(f'.chainviz-slider[aria-label="{name}"]').evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", str(value)
    )


def drawn(page, name):
    """The path of a curve, its tangent's ends, and where the dot is, in pixels."""
    parts = (".chainviz-curve-line", ".chainviz-curve-tangent")
    line, tangent = (curve(page, name).locator(part).get_attribute("d") for part in parts)
    dot = curve(page, name).locator("circle")
    return line, re.findall(r"-?[\d.]+(?:e-\d+)?", tangent), [float(dot.get_attribute(at)) for at in ("cx", "cy")]


@pytest.mark.parametrize("f", [lambda x: np.sin((2 * x + 1) ** 2), lambda x: np.exp(3 * x), lambda x: np.tanh(400 * x)])
def test_the_points_are_the_functions_and_close_enough_to_draw_it_in_one_line(page, f):
    found = sampled(page, f)
    for x, y in found["points"]:
        assert y == pytest.approx(f(x), rel=1e-12, abs=1e-14)
    (line,) = lines(found["line"])
    at = np.linspace(-2, 2, 999)
    bottom, top = found["range"]
    height = 40 - (f(at) - bottom) / (top - bottom) * 40
    assert np.max(np.abs(np.interp(1000 * at, *line.T) - height)) < 1.5
    assert found["marks"] == ""


@pytest.mark.parametrize(
    ("f", "pole"), [(lambda x: 1 / (x - 0.3), 0.3), (lambda x: 1 / (x - 0.31) ** 3, 0.31), (lambda x: 1 / x, 0.0)]
)
def test_a_pole_is_a_gap_the_rest_is_seen_and_where_it_leaves_is_marked(page, f, pole):
    found = sampled(page, f)
    for piece in lines(found["line"]):
        assert np.all(piece[:, 0] <= 1000 * pole) or np.all(piece[:, 0] >= 1000 * pole)
    bottom, top = found["range"]
    assert bottom < f(pole - 1) < f(pole + 1) < top
    assert top - bottom < 120 * abs(f(pole + 1))
    assert len(found["marks"].split("M")) == 3


def test_a_pole_to_one_side_only_is_no_flat_line(page):
    found = sampled(page, lambda x: 1 / (x - 0.3) ** 2)
    assert found["range"][1] < 200
    assert len(found["marks"].split("M")) == 3


def test_jumps_are_gaps_even_small_ones(page):
    found = sampled(page, lambda x: np.floor(2 * x) + 0.1 * x)
    pieces = [piece for piece in lines(found["line"]) if np.ptp(piece[:, 0]) > 1]
    assert len(pieces) == 8
    for piece in pieces:
        assert np.max(np.abs(np.diff(piece[:, 1]))) < 0.5


def test_where_the_function_ends_the_curve_ends_and_its_depth_does_not_flatten_the_rest(page):
    found = sampled(page, lambda x: np.log(x))
    (piece,) = lines(found["line"])
    assert 0 <= piece[0, 0] < 0.1
    assert found["range"][0] > -6
    assert all(y is None for x, y in found["points"] if x <= 0)


@pytest.mark.parametrize("f", [lambda x: 0 * x + 3, lambda x: np.sin(x) ** 2 + np.cos(x) ** 2])
def test_a_constant_is_a_level_line_whatever_the_dust(page, f):
    (piece,) = lines(sampled(page, f)["line"])
    assert np.ptp(piece[:, 1]) == 0


def test_a_narrow_bump_is_no_pole(page):
    found = sampled(page, lambda x: np.exp(-100 * x**2) + 0.01 * x)
    assert found["range"][1] == pytest.approx(1, abs=0.02)


def fan(x, y):
    u, v = x * y, x + y
    return u * v + np.sin(u)


def test_the_tangent_touches_the_curve_with_the_adjoint_as_its_slope(shown):
    explorer = cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0))
    explorer.values = {"x": 1.5, "y": -1.0}
    page = shown(explorer)
    to_the_end(page)
    for name, hold in (("x", lambda x: fan(x, -1.0)), ("y", lambda y: fan(1.5, y))):
        line, tangent, (cx, cy) = drawn(page, name)
        x0, y0, x1, y1 = map(float, tangent)
        (points,) = lines(line)
        beside = np.interp([cx - 4, cx + 4], *points.T)  # the curve's own slope, in pixels
        assert (y1 - y0) / (x1 - x0) == pytest.approx(np.diff(beside)[0] / 8, abs=0.03)
        assert np.interp(cx, *points.T) == pytest.approx(cy, abs=0.2)
        # ... and in numbers: pixels per unit from the ends of the curve
        values = [hold(-3.0), hold(3.0)]
        up = (points[-1, 1] - points[0, 1]) / (values[1] - values[0])
        slope = (y1 - y0) / (x1 - x0) / up * (points[-1, 0] - points[0, 0]) / 6
        expected = cv.grad(fan, wrt=name)(1.5, -1.0)
        assert slope == pytest.approx(expected, rel=0.02)
        assert curve(page, name).get_attribute("aria-label").endswith(f"slope −{abs(expected):.4g}")
        assert "chainviz-neg" in curve(page, name).locator(".chainviz-curve-tangent").get_attribute("class")


def test_dot_and_tangent_wait_for_their_numbers(shown):
    page = shown(cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0)), step=0)
    page.emulate_media(reduced_motion="reduce")  # a step is there at once
    line, tangent, (cx, _) = drawn(page, "x")
    assert (len(line) > 100, tangent, cx < 0) == (True, [], True)
    last = page.evaluate("() => +document.querySelector('[role=slider].chainviz-track').getAttribute('aria-valuemax')")
    seen = []
    for _ in range(last):
        page.keyboard.press("ArrowRight") if seen else page.locator(".chainviz").press("ArrowRight")
        given = {of: page.locator(f'[data-of="{of}"] b').text_content() for of in "xyz"}
        seen.append([given[of] != "" for of in "zxy"])
        assert [drawn(page, "x")[2][0] > 0, *(bool(drawn(page, name)[1]) for name in "xy")] == seen[-1]
        assert ("slope" in curve(page, "x").get_attribute("aria-label")) == seen[-1][1]
    assert seen[0] == [False, False, False]
    assert seen[-1] == [True, True, True]


def test_a_moved_slider_redraws_the_others_curves_and_not_its_own(shown):
    page = shown(cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0)))
    before = [drawn(page, name)[0] for name in "xy"]
    move(page, "x", 2.0)
    after = [drawn(page, name)[0] for name in "xy"]
    assert after[0] == before[0]
    assert after[1] != before[1]
    (points,) = lines(after[1])
    values = fan(2.0, np.linspace(-3, 3, 50))
    height = np.interp(np.linspace(*points[[0, -1], 0], 50), *points.T)
    assert np.corrcoef(values, height)[0, 1] == pytest.approx(-1, abs=1e-3)  # pixels count downwards


def layer(W, b, c):
    return np.max(np.tanh(W @ np.array([1.0, -0.5]) + b) ** 2) * np.sin(c)  # a maximum: by the kernel only


def test_pythons_samples_take_no_room_of_their_own_and_hold_only_for_what_was_held(shown):
    explorer = cv.explore(layer, W=np.array([[0.5, -1.0], [1.0, 2.0]]), b=(-1.0, 1.0), c=(-2.0, 3.0))
    explorer.values = {"b": 0.5, "c": 1.0}
    page = shown(explorer)
    head = page.locator(".chainviz-head").bounding_box()
    assert drawn(page, "b")[0] == ""
    assert curve(page, "b").get_attribute("aria-label") == "no curve of y over b yet"
    content = Content()
    explorer._fill(content, "folded", lambda done, total: None)
    explorer.curves = content.curves
    page.evaluate("(news) => window.receive(news)", sent(explorer, "curves"))
    assert page.locator(".chainviz-head").bounding_box() == head
    (points,) = lines(drawn(page, "c")[0])
    values = np.array(explorer.curves["samples"]["c"])
    assert np.corrcoef(values, points[:, 1])[0, 1] == pytest.approx(-1, abs=1e-4)
    explorer.values = {"b": -0.5, "c": 1.0}
    page.evaluate("(news) => window.receive(news)", sent(explorer, "values", "frame"))
    assert (drawn(page, "b")[0] != "", drawn(page, "c")[0]) == (True, "")


def test_samples_fill_in_where_the_tape_does_not_hold(shown):
    explorer = cv.explore(lambda x: x**2 if x > 0.5 else 3 - x, x=(-2.0, 2.0))
    explorer.values = {"x": 1.0}
    page = shown(explorer)
    width = curve(page, "x").bounding_box()["width"]
    half = lines(drawn(page, "x")[0])
    assert half[0][0, 0] == pytest.approx(9 + (width - 18) * 2.5 / 4, abs=1)
    explorer.curves = explorer._curves.at({"x": 1.0}, 1.0)
    page.evaluate("(news) => window.receive(news)", sent(explorer, "curves"))
    left, right = lines(drawn(page, "x")[0])
    assert left[0, 0] == pytest.approx(9, abs=0.2)
    assert right[0, 0] - left[-1, 0] < width / 50
    picture(page, "curve-branch")


def test_why_there_is_no_curve_is_said(shown):
    explorer = cv.explore(layer, W=np.eye(2), b=(-1.0, 1.0), c=1.0)
    page = shown(explorer, curves={"held": {}, "samples": {}, "note": "no curve: one call takes 22 ms"})
    assert curve(page, "b").locator("text").text_content() == "no curve: one call takes 22 ms"
    assert curve(page, "b").get_attribute("aria-label") == "no curve: one call takes 22 ms"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 800), ("light", 480)])
def test_an_exported_page_has_the_curves_of_all_branches_and_of_arrays(chromium, tmp_path, theme, width):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, offline=True)
    page = context.new_page()
    for k, explorer in enumerate(
        (
            cv.explore(lambda x, k: k * x**2 if x > 0.5 else k * (3 - x), x=(-2.0, 2.0), k=(0.5, 2.0)),
            cv.explore(layer, W=np.eye(2), b=(-1.0, 1.0), c=(-2.0, 3.0)),
        )
    ):
        explorer.to_html(tmp_path / "page.html")
        page.goto((tmp_path / "page.html").as_uri())
        page.locator(".chainviz-picture").wait_for()
        to_the_end(page)
        painted(page)
        for name in ("x", "k") if k == 0 else ("b", "c"):
            line, tangent, (cx, _) = drawn(page, name)
            pieces, box = lines(line), curve(page, name).bounding_box()
            assert pieces[0][0, 0] == pytest.approx(9, abs=0.1)
            assert pieces[-1][-1, 0] == pytest.approx(box["width"] - 9, abs=1)
            assert len(pieces) == (2 if name == "x" else 1)
            assert len(tangent) == 4
            assert 0 <= cx <= box["width"]
        picture(page, f"curves-{k}-{theme}-{width}")
    context.close()
