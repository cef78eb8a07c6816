"""The depth lab in a real JupyterLab: controls, pointer, keys, the wave, padlocks and training."""

import re

import pytest
from playwright.sync_api import expect

from .lab import notebook, open_notebook, picture, run_all

LAB = "import chainviz as cv\nlab = cv.lessons.depth_lab({})\nlab"


@pytest.fixture
def lab(page, light_lab, folder, request):
    """The lab that `cv.lessons.depth_lab(...)` makes, in a notebook of its own."""
    (folder / "depth.ipynb").write_text(notebook([LAB.format(getattr(request, "param", ""))]))
    open_notebook(page, light_lab, "depth.ipynb")
    run_all(page)
    root = page.locator(".chainviz-lab")
    root.locator(".chainviz-figure svg").first.wait_for()
    return root


def headline(root, words):
    """The headline says so, sooner or later."""
    expect(root.locator("h2")).to_have_text(re.compile(words))


def test_presets_and_menus_change_the_finding(lab):
    headline(lab, "1 part in 9.1 trillion of the gradient reaches layer 1")
    lab.get_by_role("button", name="2010").click()
    headline(lab, "1 part in 8.4 of the gradient reaches layer 1")
    lab.get_by_label("Activation").select_option("sigmoid")
    headline(lab, "1 part in 9.1 trillion")
    lab.get_by_label("Residual shortcut").check()
    headline(lab, "reaches layer 1")
    expect(lab.locator(".chainviz-equation", has_text="shortcut + branch")).to_be_visible()
    picture(lab.page, "depth-lab")


def test_arrows_and_the_pointer_choose_a_layer(lab):
    figure = lab.locator(".chainviz-figure:visible")
    figure.focus()
    lab.page.keyboard.press("End")
    headline(lab, "reaches layer 20")
    lab.page.keyboard.press("ArrowLeft")
    headline(lab, "reaches layer 19")
    expect(lab.locator(".chainviz-equation", has_text="1 weight matrix")).to_be_visible()
    box = figure.bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    headline(lab, "reaches layer (9|10|11)")


def test_the_wave_passes_and_leaves_everything_in_its_place(lab):
    figure = lab.locator(".chainviz-figure:visible")
    lab.get_by_role("button", name="Send the gradient back").click()
    lab.page.locator(".chainviz-sweeping").wait_for()
    running = figure.evaluate("e => e.getAnimations({ subtree: true }).map((a) => a.animationName)")
    assert "chainviz-reveal" in running
    assert "chainviz-front" in running
    lab.page.wait_for_function("() => !document.querySelector('.chainviz-sweeping')")
    assert figure.evaluate("e => e.getAnimations({ subtree: true }).length") == 0


def test_two_networks_stand_side_by_side(lab):
    assert not lab.get_by_text("The settings above are for").is_visible()
    lab.get_by_label("Compare A with B").check()
    headline(lab, "Layer 1 gets 1 part in 9.1 trillion of the gradient in A, 3.38 times the gradient in B")
    assert lab.get_by_text("The settings above are for").is_visible()
    picture(lab.page, "depth-lab-compare")


@pytest.mark.parametrize("lab", ["depth=6, preset='2015'"], indirect=True)
def test_layers_are_frozen_and_the_others_train(lab):
    lab.get_by_role("button", name="Which layers learn?").click()
    headline(lab, "Which layers will learn")
    figure = lab.locator(".chainviz-figure:visible")
    figure.focus()
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Enter")
    expect(lab.get_by_text(re.compile("15 matrix products.*17 with nothing frozen"))).to_be_visible()
    lab.get_by_role("button", name="Train 100 steps").click()
    headline(lab, "In 100 steps layer 2 moved by")
    lab.get_by_role("button", name="Train 100 steps").wait_for()
    picture(lab.page, "depth-lab-learning")
