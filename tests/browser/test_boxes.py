"""Boxes in the picture: they show their names, and how large the adjoint is that enters and leaves them."""

import numpy as np

import chainviz as cv

from . import stand_in


def deep(x):
    for layer in range(24):
        with cv.scope(f"layer {layer + 1}"):
            x = np.tanh(0.5 * x)
    return x


def texts(page, name):
    return page.eval_on_selector_all(f".chainviz-{name}", "(all) => all.map((each) => each.textContent)")


def test_small_cards_of_boxes_have_their_names_and_the_norms_of_their_adjoints(page, monkeypatch):
    full = cv.trace(deep, x=0.5)
    graph = full.collapse()
    monkeypatch.setattr(cv, "trace", lambda *_, **__: graph)
    scene = stand_in.show(page, deep)
    assert scene["compact"]
    assert texts(page, "title") == [f"layer {k + 1}" for k in range(24)]
    assert not any(texts(page, "norms"))
    stand_in.put(page, "step", len(scene["steps"]) - 1)
    first = texts(page, "norms")[-1]
    assert first.startswith("1 → 0.5")
    group = page.query_selector("[data-box='layer 24']")
    assert f"gradient norm {first}" in group.get_attribute("aria-label")
