"""The labs on gradients through noise in a real JupyterLab: controls are moved, the sentences and numbers read."""

import re

import pytest
from playwright.sync_api import expect

from .lab import notebook, open_notebook, picture, run_all, watch

PATIENCE = 30_000  # for a kernel on a busy machine


@pytest.fixture
def shown(page, light_lab, folder, request):
    """The lab that the call makes, in a notebook of its own; no errors in the page while it is used."""
    (folder / "made.ipynb").write_text(notebook([f"import chainviz as cv\n{request.param}"]))
    errors = watch(page)
    open_notebook(page, light_lab, "made.ipynb")
    run_all(page)
    root = page.locator(".chainviz-lab")
    root.locator("h2").wait_for()
    yield root
    assert errors == []


def says(root, words):
    """Wait until the headline says that."""
    expect(root.locator("h2")).to_have_text(re.compile(words), timeout=PATIENCE)


def drawn(root, words):
    """Wait until a figure has that text."""
    expect(root.locator(".chainviz-figure svg text").filter(has_text=re.compile(words)).first).to_be_visible(
        timeout=PATIENCE
    )


def slider(root, name):
    """The handle of the slider of that name."""
    return root.locator(".widget-slider").filter(has_text=name).locator(".noUi-handle")


@pytest.mark.parametrize("shown", ["cv.lessons.reparameterization()"], indirect=True)
def test_noise_from_outside_opens_the_path_that_a_draw_inside_cuts(shown):
    says(shown, "Same gradient, 3.97 times less variance")
    drawn(shown, "^× −0.3$")
    slider(shown, "Mean μ").focus()
    shown.page.keyboard.press("ArrowRight")
    drawn(shown, "^μ = 0.55$")
    shown.get_by_role("button", name="Draw z inside").click()
    says(shown, "The path is cut")
    drawn(shown, "no path through a draw")
    picture(shown.page, "noise-inside")
    shown.get_by_role("button", name="Noise from outside").click()
    shown.locator("select").first.select_option("sin z")
    says(shown, "the score function wins")
    shown.locator("select").first.select_option("1 if z > 0, else 0")
    says(shown, "Through a step nothing flows: pathwise says 0")
    picture(shown.page, "noise-step")


@pytest.mark.parametrize("shown", ["cv.lessons.vae()"], indirect=True)
def test_an_autoencoder_trains_pauses_and_is_decoded_under_the_pointer(shown):
    says(shown, "Before training")
    shown.get_by_role("button", name="Train", exact=True).click()
    says(shown, r"^[5-9]\d")  # 50 % and more of a dot's place
    shown.get_by_role("button", name="Pause", exact=True).click()
    shown.get_by_role("button", name="Train", exact=True).wait_for(timeout=PATIENCE)
    plane = shown.locator(".chainviz-figure").first
    plane.hover(position={"x": 100, "y": 100})
    expect(plane.locator("svg")).not_to_have_attribute("aria-label", re.compile(r"\(0, 0\)"), timeout=PATIENCE)
    plane.focus()
    shown.page.keyboard.press("Home")
    expect(plane.locator("svg")).to_have_attribute("aria-label", re.compile(r"\(0, 0\)"), timeout=PATIENCE)
    shown.get_by_role("button", name="Draw z inside").click()
    says(shown, "The path is cut")
    expect(shown.locator(".chainviz-headline p").first).to_contain_text("norm 0 at the encoder", timeout=PATIENCE)
    picture(shown.page, "vae")


@pytest.mark.parametrize("shown", ["cv.lessons.gumbel_lab()"], indirect=True)
def test_a_higher_temperature_means_more_bias(shown):
    says(shown, "At temperature 0.5 the gradient comes out 14.2 % too small")
    slider(shown, "Temperature").focus()
    shown.page.keyboard.press("ArrowRight")
    says(shown, "At temperature 0.6 the gradient comes out 18")
    slider(shown, "Draws averaged").focus()
    shown.page.keyboard.press("ArrowRight")
    drawn(shown, "Error of the mean of 10 000 draws")
    picture(shown.page, "gumbel")
