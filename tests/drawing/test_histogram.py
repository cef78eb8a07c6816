"""Histograms in a frame: nothing is lost, signs are kept apart, and the counts are NumPy's."""

from pathlib import Path

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.histogram import BINS, histogram
from chainviz.drawing.scene import NORM, frame, scene
from chainviz.widgets import player

SCRIPT = Path(player.__file__).parent / "js" / "histogram.js"

ARRAYS = {
    "normal": np.random.default_rng(0).normal(size=1000),
    "positive": np.arange(1.0, 101.0),
    "sparse": np.where(np.arange(200) % 3, 0.0, np.linspace(-1, 2, 200)),
    "alike": np.full(70, -0.5),
    "zeros": np.zeros(80),
    "not finite": np.array([np.nan, np.inf, -np.inf, 1.0, -2.0]),
    "nothing finite": np.full(5, np.nan),
    "huge": np.array([1.7e308, -1.7e308, 0.0, 1e300]),
    "tiny": np.array([5e-324, -5e-324, 0.0, 1e-320]),
    "truths": np.arange(90) % 2 == 0,
}


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_every_entry_is_counted_once(name, signed):
    low, high, lost, zeros, *counts = histogram(ARRAYS[name], signed=signed)
    entries = np.asarray(ARRAYS[name], dtype=float)
    assert len(counts) == BINS
    assert lost + zeros + sum(counts) == entries.size
    assert lost == np.sum(~np.isfinite(entries))
    assert low <= high
    assert zeros == (np.sum(entries == 0) if signed else 0)


@pytest.mark.parametrize("name", ARRAYS)
def test_no_part_of_a_signed_histogram_holds_both_signs(name):
    low, high, _, _, *counts = histogram(ARRAYS[name], signed=True)
    finite = ARRAYS[name][np.isfinite(ARRAYS[name])]
    assert low == -high
    assert sum(counts[: BINS // 2]) == np.sum(finite < 0)
    assert sum(counts[BINS // 2 :]) == np.sum(finite > 0)


def test_the_counts_are_numpys():
    expected, ends = np.histogram(ARRAYS["normal"], BINS)
    low, high, _, _, *counts = histogram(ARRAYS["normal"], signed=False)
    assert counts == expected.tolist()
    assert (low, high) == (ends[0], ends[-1])


def test_a_frame_holds_them_behind_the_norm_of_values_and_derivatives():
    graph = cv.trace(lambda x: np.sum(x**2), x=np.linspace(-1.0, 2.0, 100))
    packed, made = np.frombuffer(frame(graph)), scene(graph)
    edge = made["edges"][0]
    for slot, value, signed in [
        (made["nodes"][0]["value"], graph.nodes[0].value, False),
        (edge["local"], graph.edges[0].local, True),
        (edge["contribution"], graph.edges[0].contribution, True),
        (edge["running"], graph.edges[0].so_far, True),
    ]:
        offset, kind, *_ = slot
        assert kind == NORM
        assert packed[offset + 1 :][: BINS + 4].tolist() == histogram(value, signed=signed)
    assert f"BINS = {BINS};" in SCRIPT.read_text(encoding="utf-8")
