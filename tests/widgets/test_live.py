"""The tape that an explorer sends: there only where a fresh recording confirms it, and of the branch that is shown."""

import asyncio
import json
import random

import numpy as np
import pytest

import chainviz as cv


def test_an_explorer_of_numbers_sends_a_tape_for_its_scene():
    explorer = cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
    assert explorer.tape["version"] == explorer.scene["version"]
    assert len(explorer.tape["frame"]) == len(explorer.frame) // 8 - 1
    assert json.loads(json.dumps(explorer.tape, allow_nan=False))


def test_a_moved_slider_sends_no_new_tape():
    explorer = cv.explore(lambda x: x**2, x=(-2.0, 2.0))
    changes = []
    explorer.observe(changes.append, "tape")
    explorer.values = {"x": 1.25}
    assert changes == []


def test_another_branch_brings_its_own_tape():
    explorer = cv.explore(lambda x: x**2 if x > 0 else -x, x=(-2.0, 2.0))
    tapes = []
    for x in (1.0, -1.0, 1.5):
        explorer.values = {"x": x}
        assert explorer.tape["version"] == explorer.scene["version"]
        tapes.append(explorer.tape | {"version": 0})
    assert tapes[0] == tapes[2] != tapes[1]


def test_constants_that_json_lacks_are_text():
    explorer = cv.explore(lambda x: np.where(x > -5, x, np.inf), x=(-2.0, 2.0))
    assert "Infinity" in explorer.tape["constants"]


recorded = []


def counts_its_calls(x):
    recorded.append(x)
    return x * len(recorded)


def reads_globals(x, box=[0.0]):  # noqa: B006 (a memory from call to call is the point)
    box[0] += 1
    return x if box[0] < 8 else 2 * x


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * random.random(),
        lambda x: cv.normal(x, 1.0),
        lambda x: x * (1.0 if getattr(x, "val" + "ue") > 0 else 2.0),
        counts_its_calls,
        reads_globals,
    ],
)
def test_what_a_fresh_recording_does_not_confirm_is_not_sent(f):
    explorer = cv.explore(f, x=(-2.0, 2.0))
    assert explorer.tape == {}
    before = len(recorded)
    explorer.values = {"x": 1.0}
    assert explorer.tape == {}
    assert len(recorded) - before <= 1  # once is enough to know


@pytest.mark.parametrize("frozen", [(), "w"])
def test_whatever_detail_is_shown_the_tape_is_that_of_the_scene(frozen):
    def f(x, w):
        with cv.scope("layer"):
            u = w * x + 1
            h = np.tanh(u)
        y = 2 * h + x
        return y

    explorer = cv.explore(f, x=(0.5, 2.0), w=(-1.0, 1.0), frozen=frozen)
    frames = set()
    for traits in ({"detail": "full"}, {"detail": "folded"}, {"expanded": ["layer"]}, {"expanded": []}):
        explorer.set_trait(*next(iter(traits.items())))
        assert explorer.tape["version"] == explorer.scene["version"]
        assert len(explorer.tape["frame"]) == len(explorer.frame) // 8 - 1
        frames.add(explorer.tape["frame"])
    assert len(frames) == 3


def test_a_scope_that_another_branch_lacks_is_no_error():
    def f(x):
        if x > 0:
            with cv.scope("layer"):
                return np.tanh(2 * x + 1)
        return 2 * x

    explorer = cv.explore(f, x=(-1.0, 2.0))
    explorer.expanded = ["layer"]
    explorer.values = {"x": -0.5}
    assert explorer.error == ""
    assert repr(explorer) == "Explorer(x=-0.5, y=-1, dy/dx=2)"
    explorer.values = {"x": 1.0}
    assert len(explorer.graph.nodes) == 4
    with pytest.raises(cv.InputError, match="no scope 'lair'"):
        explorer.expanded = ["lair"]


def test_arrays_have_a_tape_too_whose_inputs_are_their_entries():
    explorer = cv.explore(lambda W, x: np.sum(W) * x, W=np.ones((2, 2)), x=(-1.0, 1.0))
    before = explorer.tape
    assert before["inputs"] == 5
    assert len(before["frame"]) == len(explorer.frame) // 8 - 1
    explorer.values = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": 0.5}
    assert explorer.tape == before


@pytest.mark.parametrize("f", [lambda W, x: np.max(W) * x, lambda W, x: np.sum(W @ np.ones((2, 40))) * x])
def test_arrays_that_no_tape_can_hold_are_for_the_kernel(f):
    assert cv.explore(f, W=np.ones((2, 2)), x=(-1.0, 1.0)).tape == {}


def test_a_tape_that_takes_long_to_check_comes_after_the_picture(monkeypatch):
    async def kernel():
        monkeypatch.setattr("chainviz.widgets.live.Tapes.takes_long", lambda *_: True)
        explorer = cv.explore(lambda x: x**2, x=(-1.0, 1.0))
        assert (bool(explorer.frame), explorer.tape) == (True, {})
        while not explorer.tape:
            await asyncio.sleep(0.005)
        assert explorer.tape["version"] == explorer.scene["version"]

    asyncio.run(kernel())


def test_a_function_that_prints_prints_no_more_than_before(capsys):
    cv.explore(lambda x: print("here") or 2 * x, x=(-2.0, 2.0))
    assert capsys.readouterr().out.count("here") == 1
