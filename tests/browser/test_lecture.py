"""A formula that was typed, in a real JupyterLab; and what a lecturer hides, locks and enlarges, on exported pages."""

from functools import partial

import pytest

import chainviz as cv

from .lab import notebook, open_notebook, run_all
from .waiting import becomes

TYPED = """import chainviz as cv
e = cv.explore("z = 2x + 1; a = z^2; sin(a)", x=(-2.0, 2.0))
e"""


def test_a_typed_formula_is_an_explorer_in_jupyterlab(page, light_lab, folder):
    (folder / "typed.ipynb").write_text(notebook([TYPED]))
    open_notebook(page, light_lab, "typed.ipynb")
    run_all(page)
    root = page.locator(".chainviz")
    root.wait_for()
    labels = root.locator("[data-node] .chainviz-label")
    becomes(labels.all_text_contents, ["x", "z", "a", "y"])
    field = root.locator('.chainviz-field[aria-label="x"]')
    field.fill("1.5")
    field.press("Enter")
    root.focus()
    page.keyboard.press("End")
    result = root.locator('.chainviz-result[data-of="x"] b')
    becomes(lambda: result.inner_text().strip(), "−15.32")
    root.locator('[data-node="n2"]').hover()
    listing = page.locator(".chainviz-hover .chainviz-listing")
    listing.wait_for()
    becomes(listing.locator(".chainviz-hl").inner_text, "z^2")
    assert "line 1 of the formula" in listing.inner_text()


@pytest.fixture
def opened(opened):
    """High enough for large type, without motion."""
    return partial(opened, height=1000, reduced_motion="reduce")


def explorer(**settings):
    return cv.explore("z = w x + 1; sin(z^2)", w=2.0, x=(-2.0, 2.0), **settings)


def test_a_locked_input_has_a_value_and_no_control(opened):
    page = opened(explorer(locked="w"))
    assert page.locator(".chainviz-locked").all_inner_texts() == ["2"]
    assert page.locator(".chainviz-slider").count() == 1
    page.locator('.chainviz-field[aria-label="x"]').fill("0.5")
    page.keyboard.press("Enter")
    value = page.locator('.chainviz-result[data-of="y"] b')
    becomes(lambda: value.inner_text().strip(), "−0.7568")


@pytest.mark.parametrize(("controls", "has_buttons"), [("full", True), ("steps", True), ("none", False)])
def test_fewer_controls_leave_the_keys(opened, controls, has_buttons):
    page = opened(explorer(controls=controls))
    assert page.get_by_role("button", name="Step", exact=True).is_visible() is has_buttons
    for part in (".chainviz-panel", ".chainviz-check", '.chainviz-speed[aria-label="Speed"]'):
        assert page.locator(part).first.is_visible() is (controls == "full"), part
    assert page.locator(".chainviz-slider").count() == (2 if controls == "full" else 0)
    assert page.locator(".chainviz-locked").count() == (0 if controls == "full" else 2)
    phase = page.locator(".chainviz-phase")
    page.locator(".chainviz").focus()
    page.keyboard.press("End")
    becomes(lambda: "Backward" in phase.inner_text(), True)


def test_type_for_a_projector_is_larger_and_the_track_is_where_it_is_pointed_at(opened):
    heights = []
    for size in ("normal", "projector"):
        page = opened(explorer(size=size))
        heights.append([
            page.locator(part).first.bounding_box()["height"]
            for part in (".chainviz-result b", ".chainviz-go", ".chainviz-track", ".chainviz-phase b")
        ])  # fmt: skip
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert all(large > 1.3 * normal for normal, large in zip(*heights, strict=True))
    track = page.locator(".chainviz-track")
    for step in (1, 0):
        tick = page.locator(".chainviz-tick").nth(step).bounding_box()
        page.mouse.click(tick["x"] + tick["width"] / 2, tick["y"] + tick["height"] / 2)
        becomes(lambda: track.get_attribute("aria-valuenow"), str(step))


def test_size_and_controls_may_change_while_it_is_shown(page, light_lab, folder):
    cells = [TYPED, 'e.size, e.controls = "projector", "steps"']
    (folder / "changing.ipynb").write_text(notebook(cells))
    open_notebook(page, light_lab, "changing.ipynb")
    run_all(page)
    root = page.locator(".chainviz")
    root.wait_for()
    becomes(lambda: root.evaluate("e => getComputedStyle(e).fontSize"), "19px")
    becomes(root.locator(".chainviz-slider").count, 0)
