"""What a moved slider costs in messages: nothing comes back where the page has computed the numbers itself."""

import numpy as np
import pytest

import chainviz as cv


@pytest.fixture
def sent(monkeypatch):
    """The names of the traits that went to the page."""
    names = []
    send = cv.Explorer.send_state

    def hear(self, key=None):
        names.extend([key] if isinstance(key, str) else key or [])
        send(self, key)

    monkeypatch.setattr(cv.Explorer, "send_state", hear)
    return names


def move(explorer, **values):
    """As the page does."""
    explorer.set_state({"values": explorer.values | values})


def squared_or_not(x):
    y = x * x + 0 if x > 0 else np.sqrt(x + 1) - x
    return y


def test_numbers_of_the_tape_do_not_come_back(sent):
    explorer = cv.explore(squared_or_not, x=(-2.0, 2.0))
    move(explorer, x=1.0)
    explorer._give_tape()
    sent.clear()
    move(explorer, x=1.5)
    assert "frame" not in sent
    assert repr(explorer) == "Explorer(x=1.5, y=2.25, dy/dx=3)"


def test_another_branch_a_value_out_of_range_and_another_detail_come(sent):
    explorer = cv.explore(squared_or_not, x=(-2.0, 2.0))
    explorer._give_tape()
    for change in (lambda: move(explorer, x=1.0), lambda: move(explorer, x=3.0),
                   lambda: setattr(explorer, "detail", "full")):  # fmt: skip
        sent.clear()
        change()
        assert "frame" in sent


def test_before_an_error_the_page_gets_the_last_good_numbers(sent):
    explorer = cv.explore(squared_or_not, x=(-2.0, 2.0))
    for x in (-0.5, -0.25):
        move(explorer, x=x)
        explorer._give_tape()
    sent.clear()
    move(explorer, x=-1.5)
    assert explorer.error
    assert sent.index("frame") < sent.index("error")


def test_numbers_that_are_not_finite_come(sent):
    explorer = cv.explore(lambda x: np.sum(np.sqrt(x) * 2), x=np.array([1.0, 4.0]))
    explorer._give_tape()
    assert explorer.tape
    sent.clear()
    move(explorer, x=[2.0, 4.0])
    assert "frame" not in sent
    move(explorer, x=[0.0, 4.0])
    assert "frame" in sent


def test_a_page_that_has_lost_messages_gets_what_python_alone_writes_and_keeps_its_own(sent):
    explorer = cv.explore(squared_or_not, x=(-2.0, 2.0))
    move(explorer, x=1.0)
    sent.clear()
    explorer._handle_custom_msg({"state": True, "id": "question-1"}, [])
    assert {"scene", "frame", "tape", "curves", "inputs", "error", "busy", "note"} <= set(sent)
    written_by_the_page = {"values", "step", "detail", "expanded", "selected", "playing", "speed", "mode", "tab"}
    assert not written_by_the_page & set(sent)  # it may have moved on meanwhile
    assert "_esm" not in sent
