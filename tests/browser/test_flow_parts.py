"""The other parts of gradient flow in a real JupyterLab: answers typed, factors left out, sliders and steps moved."""

import re

import pytest
from playwright.sync_api import expect

from .lab import notebook, open_notebook, picture, run_all


@pytest.fixture
def lab(page, light_lab, folder, request):
    (folder / "parts.ipynb").write_text(notebook([f"import chainviz as cv\ncv.lessons.gradient_flow({request.param})"]))
    open_notebook(page, light_lab, "parts.ipynb")
    run_all(page)
    root = page.locator(".chainviz-lab")
    root.locator("h2", has_text=re.compile(r"\w")).wait_for()
    return root


def headline(lab, words):
    """The headline holds the words, sooner or later."""
    expect(lab.locator("h2")).to_contain_text(words)


@pytest.mark.parametrize("lab", ["'by hand', network='two layers'"], indirect=True)
def test_an_answer_is_typed_and_its_mistake_is_named(lab):
    headline(lab, "Five factors make ∂L/∂W₁. Which number is it?")
    answer = lab.get_by_label("Your answer", exact=True)
    answer.fill("-0.1061")
    answer.press("Enter")
    headline(lab, "−0.1061 is what comes out if σ′(z₁) is missing.")
    answer.fill("a lot")
    answer.press("Enter")
    expect(lab.get_by_role("alert")).to_contain_text("is no number")
    answer.fill("-0.0199")
    answer.press("Enter")
    headline(lab, "∂L/∂W₁ is −0.01988: right.")
    row = lab.locator(".chainviz-hand tr", has_text="∂L/∂W₁")
    expect(row.locator(".chainviz-hand-empty").first).to_be_visible()
    lab.get_by_role("button", name="Show the results").click()
    expect(row.locator("td").last).to_contain_text("−0.01988")
    picture(lab.page, "by-hand")


# Whether every card of the graph is inside of the stage, and as large as it can be read.
WHOLE = """() => {
  const stage = document.querySelector(".chainviz-scroller"), frame = stage.getBoundingClientRect();
  const cards = [...stage.querySelectorAll(".chainviz-node")].map((card) => card.getBoundingClientRect());
  const inside = ({ left, right, top, bottom }) =>
    left >= frame.left - 1 && right <= frame.right + 1 && top >= frame.top - 1 && bottom <= frame.bottom + 1;
  return cards.length > 3 && cards.every(inside) && !stage.querySelector(".chainviz-local.chainviz-tiny");
}"""


@pytest.mark.parametrize("lab", ["'by hand'"], indirect=True)
def test_the_graph_opens_whole_in_a_narrow_window_too(lab):
    for width in (1600, 1280, 800):
        lab.page.set_viewport_size({"width": width, "height": 1000})
        lab.page.wait_for_function(WHOLE)


@pytest.mark.parametrize("lab", ["'by hand', network='two layers', size='projector'"], indirect=True)
def test_a_large_graph_opens_whole_on_a_projector(lab):
    lab.page.wait_for_function(WHOLE)


@pytest.mark.parametrize("lab", ["'by hand', locked=['network', 'results']"], indirect=True)
def test_what_is_locked_is_shown_and_cannot_be_used(lab):
    expect(lab.get_by_label("Network", exact=True)).to_be_disabled()
    expect(lab.get_by_label("Network", exact=True)).to_have_value("one neuron")
    expect(lab.get_by_role("button", name="Show the results")).to_be_disabled()
    expect(lab.get_by_label("Leave out", exact=True)).to_be_enabled()


@pytest.mark.parametrize("lab", ["'by hand', results=True"], indirect=True)
def test_the_table_follows_the_graph_and_another_network_brings_its_own(lab):
    headline(lab, "∂L/∂w = 0.1437.")
    field = lab.locator('.chainviz-field[aria-label="x"]')
    field.fill("0")
    field.press("Enter")
    headline(lab, "∂L/∂w = 0.")
    lab.get_by_label("Network", exact=True).select_option("two layers, linear output")
    headline(lab, "∂L/∂W₁ = −0.0599.")
    expect(lab.locator('.chainviz-field[aria-label="W1"]').first).to_be_visible()
    lab.get_by_label("Leave out", exact=True).select_option("W₂")
    headline(lab, "Without W₂, ∂L/∂W₁ comes out as −0.07487.")
    expect(lab.get_by_text("it should be")).to_be_visible()


@pytest.mark.parametrize("lab", ["'gradient check', step=1e-3"], indirect=True)
def test_the_step_is_moved_on_the_picture_and_a_wrong_derivative_shows(lab):
    headline(lab, "At h = 0.001 the central difference agrees in 6 digits.")
    figure = lab.locator(".chainviz-figure")
    figure.focus()
    for _ in range(4):
        lab.page.keyboard.press("ArrowRight")
    headline(lab, "At h = 0.01 the central difference agrees in 4 digits.")
    lab.get_by_label("Function", exact=True).select_option("network 4-8-4-1")
    lab.get_by_label("Derivative with respect to").select_option("W1[0, 3]")
    lab.get_by_text("Derivative 1 % wrong").click()
    headline(lab, "The derivative is wrong")
    assert lab.locator(".widget-readout").inner_text() == "0.01"
    picture(lab.page, "gradient-check")


@pytest.mark.parametrize("lab", ["'cost race'"], indirect=True)
def test_the_race_at_another_depth(lab):
    headline(lab, "Each layer anew multiplies 5.57 times as often as one pass back.")
    lab.locator(".noUi-handle").first.press("Home")
    headline(lab, "With one layer there is nothing to compute twice.")
    expect(lab.get_by_role("img", name=re.compile("at depth 1: reverse mode 288,"))).to_be_visible()
    picture(lab.page, "cost-race")
