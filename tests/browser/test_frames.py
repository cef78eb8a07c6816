"""Frames in the page: titled, behind the cards, and closed by a button, by mouse and keyboard."""

import numpy as np

import chainviz as cv

from . import stand_in


def network(x):
    for k in range(2):
        with cv.scope("encoder"), cv.scope(f"layer {k + 1}"):
            x = np.tanh(0.5 * x)
    return x + 1


def show(page, monkeypatch):
    graph = cv.trace(network, x=0.5).collapse(["encoder", "encoder/layer 2"])
    monkeypatch.setattr(cv, "trace", lambda *_, **__: graph)
    scene = stand_in.show(page, network)
    stand_in.put(page, "expanded", ["encoder", "encoder/layer 2"])
    stand_in.put(page, "scene", {**scene})  # drawn again, now that it is known what is open
    page.wait_for_selector("[data-close]")


def test_frames_are_titled_and_a_button_closes_them_by_mouse_and_by_key(page, monkeypatch):
    show(page, monkeypatch)
    titles = page.eval_on_selector_all(".chainviz-frame-title", "(all) => all.map((each) => each.textContent)")
    assert titles == ["encoder", "layer 2"]
    button = page.locator("[data-close='encoder/layer 2']")
    found = [button.get_attribute(name) for name in ("role", "aria-expanded", "aria-label")]
    assert found == ["button", "true", "Collapse layer 2"]
    button.focus()
    page.keyboard.press(" ")
    assert stand_in.trait(page, "expanded") == ["encoder"]
    assert stand_in.trait(page, "playing") is False  # the key was the button's
    stand_in.put(page, "expanded", ["encoder", "encoder/layer 2"])
    page.locator("[data-close='encoder']").dispatch_event("click")
    assert stand_in.trait(page, "expanded") == []  # and what is inside


def test_where_every_operation_shows_closing_a_box_folds_the_others_but_leaves_them_open(page, monkeypatch):
    show(page, monkeypatch)
    page.evaluate("() => { window.model.send = () => {}; }")
    for name, value in {"detail": "full", "expanded": [], "foldable": True}.items():
        stand_in.put(page, name, value)
    stand_in.put(page, "scene", {**stand_in.trait(page, "scene")})
    page.locator("[data-close='encoder/layer 2']").dispatch_event("click")
    assert (stand_in.trait(page, "detail"), stand_in.trait(page, "expanded")) == ("folded", ["encoder"])


def test_what_no_python_can_close_has_no_button(page, monkeypatch):
    show(page, monkeypatch)
    stand_in.put(page, "expanded", [])
    stand_in.put(page, "scene", {**stand_in.trait(page, "scene")})
    page.wait_for_selector("[data-close]", state="detached")
    assert page.locator(".chainviz-surface").count() == 2


def test_long_work_is_told_with_a_button_that_calls_it_off(page):
    stand_in.show(page, lambda x: x * x, x=1.5)
    page.evaluate("() => { window.model.send = (message) => { window.sent = message; }; }")
    line = page.locator(".chainviz-note-line")
    assert line.is_hidden()
    stand_in.put(page, "note", "120 of 10,000 operations; boxes open on demand.")
    assert line.inner_text() == "120 of 10,000 operations; boxes open on demand."
    stand_in.put(page, "busy", "Laying out 240 nodes…")
    stand_in.put(page, "cancellable", True)
    page.get_by_role("button", name="Cancel").click()
    assert page.evaluate("() => window.sent.cancel") is True
    stand_in.put(page, "cancellable", False)
    assert page.get_by_role("button", name="Cancel").count() == 0
