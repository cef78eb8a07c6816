"""In a picture no gate, caption or card lies on another, nor on the end of a lane or a band."""

import itertools
import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.clearance import overlap
from chainviz.drawing.labels import runs_width
from chainviz.drawing.scene import scene


def crossing(x, y):
    u = x * y
    v = x + y
    return u * v + np.sin(u)


def skipping(a, b, c):
    p = a * b
    q = p * c
    r = np.exp(q) + a
    s = r * q - b
    return s * p


def reused(x):
    a = x * 2
    b = np.sin(a)
    c = b * a
    d = c + x
    return d * b + a


def stopped(x, w, b):
    z = w * x + b
    return z * cv.stop_gradient(z) + np.sin(b)


def softmax(w):
    logits = w @ np.array([1.0, -0.5])
    p = np.exp(logits) / np.sum(np.exp(logits))
    return -np.log(p[1])


FUNCTIONS = [
    (lambda x: np.sin((2 * x + 1) ** 2), {"x": 1.5}),
    (lambda x: x * x + x, {"x": 1.5}),
    (lambda x, k: np.tanh(x**k), {"x": 1.5, "k": 2.0}),
    (lambda w, b: (np.tanh(w @ np.ones(3) + b) - 1) ** 2, {"w": np.ones(3), "b": 0.5}),
    (lambda a, b, c, d, e: (a + b + c + d + e) * a, dict.fromkeys("abcde", 2.0)),
    (lambda x, y: np.where(x > y, np.sin(x * y), x + y) * y, {"x": 1.5, "y": -1.0}),
    (lambda x: np.sqrt(x * 0) * x + x, {"x": 2.0}),
    (softmax, {"w": np.arange(6.0).reshape(3, 2)}),
    (crossing, {"x": 1.5, "y": -1.0}),
    (skipping, {"a": 0.3, "b": 0.4, "c": 0.5}),
    (reused, {"x": 0.4}),
    (stopped, {"x": 1.5, "w": 2.0, "b": 0.5}),
]


def end_of(way):
    return [float(number) for number in re.findall(r"-?[\d.]+", way)[-2:]]


def parts(made, geometry):
    """(kind, what, extent) of all that must be seen: an end of a curve is where its arrow is."""
    vertical = geometry["vertical"]
    for node, (x, y, w, h) in zip(made["nodes"], geometry["cards"], strict=True):
        yield "card", node["label"], (x, y, x + w, y + h)
        length = runs_width([("input", "")] if node["input"] else node["caption"], 15)
        right = x + 0.24 * w - 9 if vertical else x + (w + length) / 2
        yield "caption", node["label"], (right - min(length, right), y - 27, right, y - 11)
    for edge, way in zip(made["edges"], geometry["edges"], strict=True):
        x, y, w, h = way["gate"]
        yield "gate", edge["id"], (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        x, y = end_of(way["forward"])
        yield "end", f"lane {edge['id']}", (x - 6, y - 10, x + 6, y) if vertical else (x - 10, y - 6, x, y + 6)
        x, y = end_of(way["near"])
        yield "end", f"band {edge['id']}", (x - 6, y, x + 6, y + 10) if vertical else (x, y - 6, x + 10, y + 6)


@pytest.mark.parametrize("k", range(len(FUNCTIONS)))
def test_nothing_in_a_picture_lies_on_what_must_be_seen(k):
    f, inputs = FUNCTIONS[k]
    full = cv.trace(f, **inputs)
    for graph in (full, full.fold()):
        made = scene(graph)
        for geometry in (made["wide"], made["tall"]):
            height = geometry["height"]
            for (kind, what, a), (other, where, b) in itertools.combinations(parts(made, geometry), 2):
                if "end" not in (kind, other) or {"gate", "caption"} & {kind, other}:
                    assert not overlap(a, b, -0.5), f"{kind} of {what} on {other} of {where}"
            assert all(top >= 0 and bottom <= height for *_, (_, top, _, bottom) in parts(made, geometry))
