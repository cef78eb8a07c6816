"""The panel's tabs and the check of derivatives: the page's own sums and slopes are Python's, and can be read."""

import base64
import json

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.formatting import format_number
from chainviz.widgets.asked import source_of

from .test_page import move, to_the_end
from .test_panel import SCRIPT, go, shown  # noqa: F401 (shown is a fixture)
from .waiting import becomes

IMPORT = """const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { findPaths, judge } = await import(url);"""
FIND = f"""async ([script, scene, frame, source, most]) => {{
  {IMPORT}
  const numbers = new Float64Array(Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)).buffer);
  const found = findPaths(scene, numbers, source, scene.output, most);
  return found?.strongest ? [String(found.count), String(found.total),
    found.strongest.map(({{ edges, product }}) => [edges, String(product)])] : found;
}}"""
JUDGE = f"""async ([script, cases]) => {{
  {IMPORT}
  const values = (list) => list.map((v) => (v === null ? null : Number(v)));
  return cases.map((found) => judge({{ ...found, sides: found.sides.map(values) }}).verdict);
}}"""


def deep(x):
    for _ in range(60):
        x = 0.6 * (x * x) + 0.4 * x
    return x


def fan(x, y):
    u = x * y
    v = x + y
    return u * v + np.sin(u)


NUMBERS = {
    "a fan-out": (fan, {"x": 1.5, "y": -1.0}),
    "many paths": (deep, {"x": 0.9}),
    "stopped": (lambda x: cv.stop_gradient(x * x) * x + x, {"x": 2.0}),
    "not taken": (lambda x: np.where(x > 0, np.sqrt(x), 0.0) + 2 * x, {"x": 0.0}),
    "beside an array": (lambda x, W: x * (W @ W) + x * x, {"x": 1.5, "W": np.ones(3)}),
    "infinite": (lambda x: np.sqrt(x) * x + x, {"x": 0.0}),
}


def asked_of(page, graph, most=6):
    made, numbers = json.loads(json.dumps(scene(graph, 1))), base64.b64encode(frame(graph, 1)).decode()
    page.goto("about:blank")
    return page.evaluate(FIND, [SCRIPT, made, numbers, graph.inputs[0], most])


@pytest.mark.parametrize("name", NUMBERS)
def test_the_paths_of_the_page_are_those_of_python(page, name):
    f, inputs = NUMBERS[name]
    for graph in (cv.trace(f, **inputs), cv.trace(f, **inputs).fold()):
        count, total, strongest = asked_of(page, graph)
        expected = graph.paths("x", strongest=6)
        assert int(count) == expected.count
        np.testing.assert_equal(float(total), expected.total)
        assert [tuple(edges) for edges, _ in strongest] == [path.edges for path in expected.strongest]
        np.testing.assert_equal([float(p) for _, p in strongest], [path.product for path in expected.strongest])
    assert name != "many paths" or cv.trace(f, **inputs).paths("x").count == 3**60


def test_an_array_on_the_way_is_named(page):
    graph = cv.trace(lambda x: np.sum(np.ones(3) * x), x=2.0)
    assert asked_of(page, graph) == {"array": 1}


def around(f, x, adjoint):
    steps = [10.0**-k for k in range(1, 11)]

    def at(z):
        with np.errstate(all="ignore"):
            value = float(f(np.float64(z)))
        return repr(value) if np.isfinite(value) else None

    sides = [[at(x - h), at(x + h)] for h in steps]
    return {"here": float(f(np.float64(x))), "adjoint": adjoint, "steps": steps, "sides": sides}


CASES = [
    (np.sin, 0.7, np.cos(0.7), "agrees"),
    (np.sin, 0.7, np.cos(0.7) * 1.001, "differs"),
    (lambda x: np.sin(1e5 * x), 0.7, 1e5 * np.cos(7e4), "agrees"),
    (lambda x: 1e-12 * x, 0.7, 1e-12, "agrees"),
    (lambda x: 1e-12 * x, 0.7, 2e-12, "differs"),
    (lambda x: 1e9 + x**2, 0.7, 1.4, "agrees"),
    (lambda x: x**2, 0.0, 0.0, "agrees"),
    (lambda x: np.sin(x) - x, 0.0, 0.0, "agrees"),
    (lambda x: np.sqrt(x), 1e-3, 0.5 / np.sqrt(1e-3), "agrees"),
    (np.abs, 0.0, 0.0, "kink"),
    (lambda x: np.abs(x) + x**3, 0.0, 0.0, "kink"),
    (lambda x: np.maximum(x, 0) * 3, 0.0, 0.0, "kink"),
    (lambda x: np.heaviside(x, 1.0), 0.0, 0.0, "unsure"),
    (np.sqrt, 0.0, 0.0, "no value"),
    (lambda x: 1e18 + x, 0.0, 1.0, "unsure"),
]


def test_a_check_says_what_finite_differences_can_tell(page):
    page.goto("about:blank")
    found = page.evaluate(JUDGE, [SCRIPT, [around(f, x, a) for f, x, a, _ in CASES]])
    assert found == [verdict for *_, verdict in CASES]


def numbers_of(page):
    return page.locator(".chainviz-path-row > b").all_text_contents()


def test_paths_fill_in_as_the_backward_pass_completes_them(page, shown):  # noqa: F811
    made = shown(fan, x=1.5, y=-1.0)
    page.get_by_role("tab", name="Paths").click()
    go(page, made["turn"])
    assert numbers_of(page) == ["", "", "", ""]
    assert page.locator(".chainviz-path-row .chainviz-gap").count() == 4
    go(page, len(made["steps"]) - 1)
    assert numbers_of(page) == ["−1.5", "−0.5", "−0.07074", "−2.071"]
    assert "✓ equals the adjoint" in page.locator(".chainviz-panel").inner_text()
    page.get_by_label("Paths from").select_option("y")
    assert numbers_of(page)[-1] == "−0.6439"


def test_paths_lead_from_any_node_to_any_other(page, shown):  # noqa: F811
    made = shown(fan, x=1.5, y=-1.0)
    page.get_by_role("tab", name="Paths").click()
    ending = page.locator(".chainviz-panel .chainviz-ending")
    page.get_by_label("Paths to").select_option("u")
    go(page, 0)
    assert "not computed yet" in ending.inner_text()
    go(page, 1)
    assert numbers_of(page) == ["−1", "−1"]  # du/dx is y
    assert ending.inner_text().replace("\n", "").endswith("= −1, with the seed at u")
    go(page, len(made["steps"]) - 1)
    page.get_by_label("Paths to").select_option("z")
    page.get_by_label("Paths from").select_option("u")
    assert numbers_of(page)[-1] == format_number(0.5 + np.cos(-1.5))
    for name, value in (("y", "y"), ("v", "v")):  # a card that is selected: an input is the start, another node the end
        page.evaluate("(name) => window.model.set('selected', name)", name)
        assert page.get_by_label("Paths from" if name == "y" else "Paths to").input_value() == value
    assert numbers_of(page) == ["1", "1"]
    page.get_by_label("Paths from").select_option("v")
    assert "changes exactly as fast as itself" in page.locator(".chainviz-panel").inner_text()


def test_a_path_lights_up_on_focus_as_on_hover(page, shown):  # noqa: F811
    made = shown(fan, x=1.5, y=-1.0)
    page.get_by_role("tab", name="Paths").click()
    go(page, len(made["steps"]) - 1)
    faint = page.locator('.chainviz-picture [data-member="false"]')
    rows = page.locator("button.chainviz-path-row")
    rows.nth(0).focus()
    members = page.locator('.chainviz-picture [data-node][data-member="true"]')
    assert (members.count(), faint.count() > 0) == (4, True)
    becomes(lambda: faint.first.evaluate("(e) => getComputedStyle(e).opacity"), "0.22")
    rows.nth(0).evaluate("(e) => e.blur()")
    assert faint.count() == 0
    rows.nth(1).hover()
    becomes(lambda: faint.count() > 0, True)
    page.get_by_role("tab", name="Derivation").click()
    assert faint.count() == 0


# Which row is lit, whenever that changes; -1 for none.
WATCH_LIT = """() => {
  const rows = [...document.querySelectorAll("button.chainviz-path-row")];
  window.lit = [];
  new MutationObserver(() => {
    const now = rows.findIndex((row) => row.classList.contains("chainviz-lit"));
    if (now !== lit.at(-1)) lit.push(now);
  }).observe(rows[0].parentNode, { subtree: true, attributeFilter: ["class"] });
}"""


def test_each_path_in_turn(page, shown):  # noqa: F811
    shown(fan, x=1.5, y=-1.0)
    page.get_by_role("tab", name="Paths").click()
    page.evaluate(WATCH_LIT)
    page.get_by_role("button", name="Light up in turn").click()
    page.mouse.move(5, 5)
    page.wait_for_function("() => lit.at(-1) === -1")
    assert page.evaluate("lit") == [0, 1, 2, -1]


def test_the_source_marks_the_lines_of_the_step(page, shown):  # noqa: F811
    made = shown(fan, x=1.5, y=-1.0)
    page.get_by_role("tab", name="Source").click()
    assert "Python is writing" in page.locator(".chainviz-panel").inner_text()
    graph = cv.trace(fan, x=1.5, y=-1.0)
    page.evaluate("(source) => window.model.set('source', source)", source_of(graph, 1))
    go(page, made["turn"])
    assert page.locator(".chainviz-line-now").all_text_contents() == ["    d_z = 1.0"]
    go(page, len(made["steps"]) - 1)
    assert page.locator(".chainviz-line-now").all_text_contents() == ["    d_y = d_y + d_u * x"]
    assert page.locator(".chainviz-line-later").count() == 0
    page.evaluate("(source) => window.model.set('source', source)", {"version": 1, "error": "Too many."})
    assert page.locator(".chainviz-panel p").inner_text() == "Too many."


def test_notations_where_they_make_sense(page, shown):  # noqa: F811
    shown(lambda x: np.sin(2 * x), x=1.0)
    choice = page.get_by_label("Notation")
    assert choice.locator("option").all_text_contents() == ["Leibniz", "Operator", "Lagrange"]
    choice.select_option("Lagrange")
    assert "y′(x)=f′(g(x))·g′(x)" in page.locator(".chainviz-derivation").text_content()
    choice.select_option("Operator")
    assert page.locator(".chainviz-factor").all_text_contents()[:2] == ["Dv1y", "Dxv1"]
    shown(fan, x=1.5, y=-1.0)
    assert choice.locator("option").all_text_contents() == ["Leibniz", "Operator"]


def test_a_page_without_python_checks_by_its_tape(opened):
    explorer = cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0))
    page = opened(explorer)
    button = page.locator(".chainviz-check").first
    assert button.is_disabled()
    to_the_end(page)
    move(page, "x", 1.25)
    button.click()
    becomes(lambda: button.inner_text().startswith("✓"), True)
    slope = cv.grad(fan)(1.25, explorer.values["y"])
    assert f"central difference is {format_number(slope)}" in page.locator(".chainviz-verdict").first.inner_text()
    move(page, "x", 1.5)
    assert button.inner_text() == "check"


def test_a_page_without_python_has_its_source_and_says_what_it_has_not(opened):
    page = opened(cv.explore(lambda W, b: np.sum(np.tanh(W * b)), W=np.ones(2), b=(-1.0, 1.0)))
    to_the_end(page)
    page.get_by_role("tab", name="Source").click()
    assert "def value_and_gradient(W, b):" in page.locator(".chainviz-source").inner_text()
    page.locator(".chainviz-check").first.click()
    page.locator(".chainviz-verdict", has_text="no kernel answers").wait_for()
    page.get_by_role("tab", name="Paths").click()
    assert "is an array" in page.locator(".chainviz-panel").inner_text()
