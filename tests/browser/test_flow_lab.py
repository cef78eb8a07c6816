"""The gradient flow lab in a real JupyterLab: train, pause, lamps, layers, points."""

import re

import pytest
from playwright.sync_api import expect

from .lab import notebook, open_notebook, picture, run_all

STEPS = """(least) => {
  const shown = document.querySelector('.chainviz-net-loss')?.textContent.match(/after (\\d+) step/);
  return shown && +shown[1] >= least; }"""


@pytest.fixture
def lab(page, light_lab, folder):
    cell = "import chainviz as cv\nlab = cv.lessons.gradient_flow(points='xor')\nlab"
    (folder / "flow.ipynb").write_text(notebook([cell]))
    open_notebook(page, light_lab, "flow.ipynb")
    run_all(page)
    root = page.locator(".chainviz-lab")
    page.wait_for_function(STEPS, arg=0)
    return root


def headline(lab, words):
    """Wait until the headline holds the words; its text."""
    heading = lab.locator("h2", has_text=words)
    heading.wait_for()
    return heading.inner_text()


def row(lab, name):
    """The cells of a row of the lamps."""
    return lab.locator(".chainviz-net-lamps tr", has_text=name).locator("td").all_inner_texts()


def test_it_trains_until_it_is_paused(lab):
    page = lab.page
    lab.get_by_role("button", name="Train").click()
    page.wait_for_function(STEPS, arg=300, timeout=60_000)
    lab.get_by_role("button", name="Pause").click()
    lab.get_by_role("button", name="Train").wait_for()
    steps = int(re.search(r"in (\d+) steps", headline(lab, "The loss fell from"))[1])
    page.wait_for_function(
        "(words) => document.querySelector('.chainviz-net-loss').textContent.endsWith(words)",
        arg=f"after {steps} steps",
    )
    lab.get_by_role("button", name="One step").click()
    page.wait_for_function(STEPS, arg=steps + 1)
    assert headline(lab, f"in {steps + 1} steps").startswith("The loss fell from")
    picture(page, "flow-trained")


def test_a_lamp_that_is_out_leaves_its_factor_out(lab):
    assert "1" not in row(lab, "activation derivative")
    lamp = lab.get_by_role("button", name="activation derivative")
    lamp.focus()
    lab.page.keyboard.press("Enter")
    assert re.search(r"layer 1 steps [\d.]+° off the true gradient", headline(lab, "Without the activation derivative"))
    lab.locator('button[aria-pressed="false"]', has_text="activation derivative").wait_for()
    assert row(lab, "activation derivative") == ["1"] * 8
    assert row(lab, "= adjoint") != row(lab, "it should be")
    lab.get_by_role("button", name="Train").click()
    lab.page.wait_for_function(STEPS, arg=60, timeout=60_000)
    lab.get_by_role("button", name="Pause").click()
    lab.get_by_role("button", name="Train").wait_for()
    picture(lab.page, "flow-unlit")


def test_layers_are_typed_and_walked_through_with_the_arrows(lab):
    field = lab.get_by_label("Hidden layers (units)")
    field.fill("16, 16")
    field.press("Enter")
    lab.get_by_text("Three lamps make the adjoint of layer 1").wait_for()
    assert len(row(lab, "= adjoint δ₁")) == 16
    network = lab.get_by_role("img", name="Network 2-16-16-1")
    network.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.get_by_text("Three lamps make the adjoint of layer 2").wait_for()
    lab.get_by_role("img", name=re.compile("those of layer 2")).wait_for()
    field.fill("16, x")
    field.press("Enter")
    lab.get_by_role("alert").filter(has_text="such as (16, 16)").wait_for()
    picture(lab.page, "flow-deep")


def test_points_are_drawn_by_hand(lab):
    lab.get_by_role("button", name="drawn by hand").click()
    plane = lab.locator(".chainviz-net-plane")
    expect(lab.get_by_role("img", name=re.compile("^2 points"))).to_be_visible()
    lab.get_by_role("button", name="○ 1").click()
    box = plane.bounding_box()
    plane.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    drawn = re.compile(r"^3 points.*Ringed: point 3 at −0\.\d+, −0\.\d+, class 1\.")
    expect(lab.get_by_role("img", name=drawn)).to_be_visible()
    plane.press("ArrowRight")
    expect(lab.get_by_role("img", name=re.compile("Ringed: point 1 at"))).to_be_visible()


OWN = """import numpy as np
import chainviz as cv
rng = np.random.default_rng(0)
W, V, w = rng.normal(size=(2, 6)), rng.normal(size=(6, 6)) / 3, rng.normal(size=6)
plain = lambda p, x: np.sin(x @ p[0]) @ p[1]
shortcut = lambda p, x: ((h := np.tanh(x @ p[0])) + np.tanh(h @ p[1])) @ p[2]
display(cv.lessons.gradient_flow(model=(plain, [W, w])))
display(cv.lessons.gradient_flow(model=(shortcut, [W, V, w])))"""


def test_a_network_of_ones_own_has_its_lamps_or_says_why_not(page, light_lab, folder):
    (folder / "own.ipynb").write_text(notebook([OWN]))
    open_notebook(page, light_lab, "own.ipynb")
    run_all(page)
    layered, without = (page.locator(".chainviz-lab").nth(k) for k in range(2))
    layered.get_by_role("button", name="activation derivative").click()
    headline(layered, "Without the activation derivative, layer 1 steps")
    assert len(row(layered, "= adjoint δ₁")) == 6
    without.get_by_text("no layers to draw, nor lamps: a value goes around a layer").wait_for()
    without.scroll_into_view_if_needed()
    without.get_by_role("button", name="One step").click()
    headline(without, "in 1 step")
    without.locator(".chainviz-net-loss", has_text="after 1 step").wait_for()
    assert without.get_by_role("button", name="activation derivative").count() == 0
    assert without.get_by_label("Hidden layers (units)").is_hidden()
    picture(page, "flow-own")


def test_where_the_lab_is_narrow_the_rest_of_the_settings_folds_away(lab):
    lab.get_by_label("Hidden layers (units)").wait_for()
    fold = lab.get_by_role("button", name="More settings")
    assert fold.is_hidden()
    lab.evaluate("root => { root.style.width = '460px'; }")
    fold.wait_for()
    lab.get_by_label("Hidden layers (units)").wait_for(state="hidden")
    assert lab.get_by_role("button", name="One step").is_visible()
    fold.click()
    lab.get_by_label("Hidden layers (units)").wait_for()
    picture(lab.page, "flow-narrow")
    fold.click()
    lab.get_by_label("Hidden layers (units)").wait_for(state="hidden")
