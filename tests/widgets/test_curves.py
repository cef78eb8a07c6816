"""The samples for the curves over the sliders: the function's own values, taken only when there is time."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets.curves import SAMPLES, Curves
from chainviz.widgets.inputs import read_inputs
from chainviz.widgets.page import Content

W = np.array([[0.5, -1.0], [1.0, 2.0]])


def run(session):
    """In a thread of its own: in this one Playwright's loop runs, once a browser test was there."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, session).result()


def layer(W, b, c):
    return np.max(np.tanh(W @ np.array([1.0, -0.5]) + b) ** 2) * np.sin(c)  # a maximum: by the kernel only


def curves_of(f, values, **short_forms):
    return Curves(lambda at: float(f(**at)), read_inputs(short_forms)).at(values, float(f(**values)))


def rest(seconds=0.6):
    """Gives an explorer's background work time."""
    return asyncio.sleep(seconds)


def test_samples_are_the_functions_values_with_the_other_inputs_held():
    explorer = cv.explore(layer, W=W, b=(-1.0, 1.0), c=(-2.0, 3.0))
    explorer.values = {"b": 0.5, "c": 1.0}
    content = Content()
    explorer._fill(content, "folded", lambda done, total: None)
    found = content.curves
    assert found["held"] == {"W": W.tolist(), "b": 0.5, "c": 1.0}
    assert found["samples"]["b"] == [layer(W, b, 1.0) for b in np.linspace(-1, 1, SAMPLES)]
    assert found["samples"]["c"] == [layer(W, 0.5, c) for c in np.linspace(-2, 3, SAMPLES)]


def test_where_there_is_no_value_there_is_no_sample():
    def choosy(x):
        if x > 1:
            raise ValueError("too large")
        return np.log(x)

    with np.errstate(all="ignore"):
        samples = curves_of(choosy, {"x": 0.5}, x=(-2.0, 2.0))["samples"]["x"]
    missing = [x for x, y in zip(np.linspace(-2, 2, SAMPLES), samples, strict=True) if y is None]
    assert missing == [x for x in np.linspace(-2, 2, SAMPLES) if not 0 < x <= 1]


def test_a_function_that_does_not_repeat_its_value_has_no_curve():
    found = curves_of(lambda x: x * random.random(), {"x": 0.5}, x=(-2.0, 2.0))
    assert (found["samples"], found["note"]) == ({}, "no curve: not the same value twice")


@pytest.mark.parametrize(("seconds", "count"), [(0.0, SAMPLES), (0.005, 24), (0.012, None)])
def test_a_slow_function_has_fewer_samples_or_says_that_it_has_none(monkeypatch, patience, seconds, count):
    clock = iter(np.arange(1000) * seconds)
    monkeypatch.setattr("chainviz.widgets.curves.time.perf_counter", lambda: next(clock))
    patience(0.12)
    found = curves_of(lambda x: x**2, {"x": 0.5}, x=(-2.0, 2.0))
    if count is None:
        assert (found["samples"], found["note"]) == ({}, "no curve: one call takes 12 ms")
    else:
        assert len(found["samples"]["x"]) == count


def test_large_arrays_are_not_told():
    assert curves_of(lambda W, b: np.sum(W) * b, {"W": np.ones(65), "b": 1.0}, W=np.ones(65), b=1.0)["held"] == {"b": 1}


def test_an_explorer_takes_samples_after_a_rest_at_the_last_values():
    async def session():
        explorer = cv.explore(layer, W=W, b=(-1.0, 1.0), c=(-2.0, 3.0))
        before = explorer.curves
        sent = []
        explorer.observe(lambda change: sent.append(change["new"]), "curves")
        for b in (0.1, 0.2, 0.3):
            explorer.values = explorer.values | {"b": b}
            await asyncio.sleep(0)
        await rest()
        return before, sent

    before, sent = run(session())
    assert before == {}
    assert [curves["held"]["b"] for curves in sent] == [0.3]
    assert sent[0]["samples"]["c"] == [layer(W, 0.3, c) for c in np.linspace(-2, 3, SAMPLES)]


@pytest.mark.parametrize(
    ("f", "sampled"), [(lambda x: np.sin(x), False), (lambda x: x**2 if x > 0.5 else -3 * x, True)]
)
def test_only_what_the_page_cannot_compute_is_sampled(f, sampled):
    async def session():
        explorer = cv.explore(f, x=(-2.0, 2.0))
        await rest()
        return explorer

    explorer = run(session())
    assert explorer.tape
    assert bool(explorer.curves) == sampled


def test_what_the_function_prints_is_not_printed_again(capsys):
    curves_of(lambda x: print("here") or 2 * x, {"x": 1.0}, x=(-1.0, 1.0))
    assert capsys.readouterr().out == "here\n"  # by this test's own call
