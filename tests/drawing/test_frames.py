"""Frames: what is in an open box stands in its frame, nothing else does, and frames lie in each other or apart."""

import itertools

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing import dot
from chainviz.drawing.clearance import overlap
from chainviz.drawing.frames import title_size
from chainviz.drawing.scene import frame, scene
from chainviz.drawing.still import story_of
from chainviz.graph.collapse import boxes
from chainviz.graph.frames import frames


def network(x, w):
    for k in range(3):
        with cv.scope("encoder"), cv.scope(f"layer {k + 1}"):
            x = np.tanh(w * x + 0.1 * k)
    with cv.scope("loss"):
        error = x - 1
        result = error * error
    return result


def recurrent(x, w):
    for _ in range(20):
        x = np.tanh(w * x) + 0.1 * x
    return x


def crossing(x, y):
    """Two scopes that take turns, with an operation outside between them."""
    with cv.scope("a"):
        u = x * y
        p = np.sin(u)
    with cv.scope("b"):
        v = x + y
        q = np.exp(v)
    m = p * q
    with cv.scope("a"):
        r = m + u
    with cv.scope("b"):
        s = m * v
    return r * s


def tangled(seed, count=26):
    """Operations in no order, each in one of a few nested scopes, be it or not that its neighbours are."""

    def f(x, y):
        dice = np.random.default_rng(seed)
        found = [x, y]
        for _ in range(count):
            i, j = dice.integers(max(0, len(found) - 8), len(found), 2)
            names = ["a", "b"][: dice.integers(0, 3)] if dice.random() < 0.5 else [f"c{dice.integers(3)}"]
            with cv.scope("all") if dice.random() < 0.8 else np.errstate():
                found.append(inside(names, found[i], found[j]))
        return sum(found[2:], found[0])

    def inside(names, u, v):
        if not names:
            return np.sin(u) * v
        with cv.scope(names[0]):
            return inside(names[1:], u, v)

    return f


OPEN = {
    "nested": (network, {"x": 0.5, "w": 1.5}, ["encoder", "encoder/layer 2", "loss"]),
    "all of it": (network, {"x": 0.5, "w": 1.5}, None),
    "a loop": (recurrent, {"x": 0.5, "w": 1.5}, ["loop 1", "loop 1/round 3", "loop 1/round 4"]),
    "in turns": (crossing, {"x": 0.5, "y": 1.5}, None),
    **{f"tangled {k}": (tangled(k), {"x": 0.5, "y": 0.2}, None) for k in range(4)},
}


def opened(name):
    f, inputs, names = OPEN[name]
    full = cv.trace(f, **inputs)
    return full.collapse(boxes(full) if names is None else names)


@pytest.mark.parametrize("name", OPEN)
def test_a_frame_holds_its_members_and_keeps_all_others_out(name):
    graph = opened(name)
    for shown in (graph, graph.fold()):
        made, found = scene(shown), frames(shown)
        assert found
        for geometry in filter(None, (made["wide"], made["tall"])):
            rects = [(x, y, x + w, y + h) for x, y, w, h in geometry["frames"]]
            assert len(rects) == len(found) == len(made["frames"])
            cards = [(x, y, x + w, y + h) for x, y, w, h in geometry["cards"]]
            for (_, _, members), (left, top, right, bottom) in zip(found, rects, strict=True):
                for k, (x1, y1, x2, y2) in enumerate(cards):
                    if k in members:
                        assert (left < x1, x2 < right, y2 < bottom) == (True, True, True)
                        assert top + dot.TITLE_HEIGHT <= y1 + 0.2
                    else:
                        assert not overlap((x1, y1, x2, y2), (left, top, right, bottom))
            for (a, of_a), (b, of_b) in itertools.combinations(zip(rects, found, strict=True), 2):
                nested = of_b.key.startswith(f"{of_a.key}/")
                assert nested == overlap(a, b)
                assert not nested or (a[0] < b[0] and a[1] + dot.TITLE_HEIGHT <= b[1] + 0.2 and a[2] > b[2])


@pytest.mark.parametrize("name", ["nested", "a loop", "in turns"])
def test_titles_fit_their_frames_and_no_gate_lies_on_one(name):
    made = scene(opened(name))
    for geometry in filter(None, (made["wide"], made["tall"])):
        strips = [(x, y, x + w, y + dot.TITLE_HEIGHT - 6) for x, y, w, _ in geometry["frames"]]
        gates = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in
                 (way["gate"] for way in geometry["edges"] if way["gate"])]  # fmt: skip
        assert not any(overlap(strip, gate) for strip in strips for gate in gates)
        assert all(width > 60 for _, _, width, _ in geometry["frames"])


def test_a_box_that_is_closed_has_no_frame_nor_has_a_box_of_one_operation():
    full = cv.trace(network, x=0.5, w=1.5)
    assert [each.key for each in frames(full.collapse())] == []
    assert [each.key for each in frames(full.collapse(["encoder"]))] == ["encoder"]

    def single(x):
        with cv.scope("square"):
            y = x * x
        return y + 1

    assert frames(cv.trace(single, x=1.0)) == []


def test_what_is_folded_across_a_frame_is_not_said_to_be_in_it():
    full = cv.trace(network, x=0.5, w=1.5)
    for shown in (full.fold(), full.collapse(["encoder"]).fold()):
        paths = full.containers
        for key, _, members in frames(shown):
            for k in members:
                assert all("/".join(paths[m]).startswith(key) for m in shown.members[k])


def test_a_layout_in_columns_has_no_frames(monkeypatch):
    monkeypatch.setattr(dot, "_lay_out", lambda _: None)
    dot._place.cache_clear()
    graph = opened("nested")
    made, drawn = scene(graph), story_of(graph).to_svg(None, 0, "light")
    dot._place.cache_clear()
    assert made["wide"]["frames"] == []
    assert "<svg" in drawn


def test_pictures_show_frames_behind_all_else_and_their_titles():
    drawn = opened("nested").to_svg()
    assert drawn.count('rx="10"') == 3
    assert drawn.index('rx="10"') < drawn.index("layer 2") < drawn.index('id="n')
    assert ">loss<" in drawn


def test_another_scope_is_another_picture_though_the_operations_are_the_same():
    def named(label):
        def f(x):
            with cv.scope(label):
                z = x * x
                y = np.sin(z)
            return y + 1

        return cv.trace(f, x=0.5)

    assert named("a").signature != named("b").signature
    assert len(frame(named("a"))) == len(frame(named("b")))


def test_titles_are_legible_in_the_smallest_size_in_which_a_picture_first_shows():
    assert title_size(compact=False) * 0.67 >= 10  # the scales of widgets/js/stage.js
    assert title_size(compact=True) * 0.88 >= 10
