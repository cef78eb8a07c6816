"""A user's callback that raises in the middle of a change: what is shown next is right, and so is what Python says."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing.scene import frame, scene

TRAITS = ["values", "scene", "frame", "step", "detail", "error", "source"]


def branches(x, y):
    if x == 0.5:
        raise ValueError("the middle is closed")
    if x > 0:
        return np.max(np.array([1.0, 2.0]) * x) * y
    return np.max(np.array([1.0, 3.0]) * x) + y**2


def bad(change):
    raise OSError("mine")


def from_page(explorer, **changes):
    """What the page sends; whether a callback raised, which ends in the kernel's log."""
    try:
        explorer.set_state(changes)
    except OSError:
        return True
    return False


@pytest.mark.parametrize("trait", TRAITS)
def test_the_next_move_shows_its_own_numbers_in_its_own_picture(trait):
    explorer = cv.explore(branches, x=(-2.0, 2.0), y=(-2.0, 2.0))
    explorer.values = {"x": 1.0, "y": 1.0}
    explorer.step, explorer.tab = 100, "Source"
    explorer.observe(bad, trait)
    changes = [{"values": {"x": x, "y": 1.0}} for x in (0.5, -1.0)] + [{"step": 1}, {"detail": "full"}]
    raised = [from_page(explorer, **change) for change in changes]
    assert any(raised)
    explorer.unobserve(bad, trait)
    for x in (1.0, -0.5, 0.75):  # back again: the picture must not be that of in between
        assert not from_page(explorer, values={"x": x, "y": 1.0})
        shown = explorer.graph
        assert explorer.scene == scene(shown, explorer._version, explorer.scene["top"])
        assert explorer.frame == frame(shown, explorer._version)
        assert shown.nodes[shown.output].value == branches(x, 1.0)
        assert (explorer.error, explorer.busy) == ("", "")


def test_what_is_exported_after_a_callback_raised_is_what_is_shown():
    explorer = cv.explore(branches, x=(-2.0, 2.0), y=(-2.0, 2.0))
    explorer.observe(bad, "frame")
    with pytest.raises(OSError, match="mine"):
        explorer.values = {"x": -1.0, "y": 0.5}
    explorer.unobserve(bad, "frame")
    assert repr(explorer) == "Explorer(x=-1, y=0.5, z=-0.75, ∂z/∂x=1, ∂z/∂y=1)"
    assert explorer._values_shown() == {"x": -1.0, "y": 0.5}
