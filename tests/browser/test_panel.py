"""The panel of the player's script, with a stand-in for the widget's model: what a person reads in it, step by step."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.widgets import player

from .waiting import painted

SCRIPT = Path(player.__file__).with_name("player.js").read_text(encoding="utf-8")
SHOW = """async ([script, scene, frame]) => {
  const { default: widget } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const bytes = new DataView(Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)).buffer), watched = {};
  const traits = { scene, frame: bytes, step: 0, speed: 1, playing: false, inputs: [], values: {}, error: "",
    detail: "full", expanded: [], foldable: false };
  window.model = { get: (name) => traits[name], save_changes() {}, off() {},
    on(event, handler) { (watched[event] ??= []).push(handler); },
    set(name, value) { traits[name] = value; watched[`change:${name}`]?.forEach((handler) => handler()); } };
  const el = document.createElement("div");
  document.body.append(el);
  widget.render({ model: window.model, el });
}"""


@pytest.fixture
def shown(page):
    """Shows a function and returns its scene; `page` then has its player."""

    def show(f, **inputs):
        graph = cv.trace(f, **inputs)
        made = json.loads(json.dumps(scene(graph, 1)))
        page.emulate_media(reduced_motion="reduce")
        page.goto("about:blank")
        page.evaluate(SHOW, [SCRIPT, made, base64.b64encode(frame(graph, 1)).decode()])
        page.wait_for_selector(".chainviz-picture")
        painted(page)
        return made

    return show


def go(page, step):
    page.evaluate("(step) => window.model.set('step', step)", step)


def chain(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def test_the_derivation_fills_in_as_the_passes_reach_its_factors(page, shown):
    made = shown(chain, x=1.5)
    panel = page.locator(".chainviz-panel")
    assert panel.get_by_role("tab", selected=True).inner_text() == "Derivation"
    assert panel.locator(".chainviz-gap").count() == 5  # four local derivatives and their product
    go(page, made["turn"] - 1)
    assert panel.locator(".chainviz-gap").count() == 1
    assert panel.locator(".chainviz-total .chainviz-gap").count() == 1
    go(page, len(made["steps"]) - 1)
    assert panel.locator(".chainviz-gap").count() == 0
    assert panel.locator(".chainviz-total").text_content() == "−15.32"  # 2 · 2z · cos a, at z = 4


def test_the_current_factor_is_marked_in_all_three_stages(page, shown):
    made = shown(chain, x=1.5)
    go(page, made["turn"] + 2)
    assert page.locator(".chainviz-current").all_text_contents()[1:] == ["2z", "8"]


def test_several_paths_are_summed_and_each_input_can_be_chosen(page, shown):
    made = shown(lambda x, y: x * y + np.sin(x), x=0.0, y=3.0)
    go(page, len(made["steps"]) - 1)
    assert page.locator(".chainviz-total").text_content() == "4"
    page.get_by_label("Derivative by").select_option("y")
    assert page.locator(".chainviz-total").text_content() == "0"


@pytest.mark.parametrize(
    ("f", "factors"),
    [
        (lambda x: np.sqrt(x) * x, ["(∂y∂x)v1", "dydv1", "dv1dx"]),
        (lambda x: x * x, ["(∂y∂x)1", "(∂y∂x)2"]),
        (lambda x: np.sqrt(x) + np.sin(x), ["dydv1", "dv1dx", "dydv2", "dv2dx"]),
    ],
)
def test_a_local_derivative_that_is_not_the_whole_one_says_what_is_held_still(page, shown, f, factors):
    shown(f, x=4.0)
    found = filter(None, page.locator(".chainviz-factor").all_text_contents())
    assert list(found)[: len(factors)] == factors


def test_a_long_name_to_choose_stays_in_the_panel(page, shown):
    names = {"the_weight_of_the_first_hidden_layer_of_the_network": 1.0, "the_learning_rate_of_the_optimiser": 2.0}
    shown(lambda **given: np.prod(np.stack(list(given.values()))), **names)
    choice = page.get_by_label("Derivative by")
    right = "e => e.getBoundingClientRect().right"
    assert choice.evaluate(right) <= page.locator(".chainviz-pane").first.evaluate(right)


def test_too_many_paths_become_a_sum_over_the_uses(page, shown):
    def doubled(x):
        for _ in range(3):
            x = x * x
        return x

    made = shown(doubled, x=2.0)
    go(page, len(made["steps"]) - 1)
    assert "one product a use" in page.locator(".chainviz-stage-name").first.inner_text()
    assert page.locator(".chainviz-total").text_content() == "1024"  # 8 x^7


def test_nothing_to_derive_hides_the_panel(page, shown):
    shown(lambda x: x, x=2.0)
    assert not page.locator(".chainviz-panel").is_visible()
