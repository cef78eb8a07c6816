"""Nothing stays behind in the kernel: widgets, recordings, threads and processes, however often a cell is run."""

import gc
import threading
import weakref

import numpy as np
import psutil
import pytest
from ipywidgets import Layout
from ipywidgets.widgets.widget import _instances as registry

import chainviz as cv
from chainviz.widgets import cells


def example(x):
    z = 2 * x + 1
    return np.sin(z**2)


@pytest.fixture
def run_again(monkeypatch):
    """Makes every further widget that of another run of the same cell."""
    count = iter(range(10_000))
    monkeypatch.setattr(cells, "_running_cell", lambda: ("cell of this test", next(count)))
    yield
    for reference in cells._open.pop("cell of this test")[1]:
        reference().close()


def test_a_cell_run_a_hundred_times_leaves_one_widget(run_again):
    kept = [cv.explore(example, x=(-2.0, 2.0))]
    before = len(registry)
    kept += [cv.explore(example, x=(-2.0, 2.0)) for _ in range(100)]  # as Out[...] keeps them
    assert len(registry) == before
    assert [widget.comm is None for widget in kept] == [True] * 100 + [False]


def test_what_a_cell_no_longer_shows_is_let_go(run_again):
    gone = []
    for _ in range(20):
        explorer = cv.explore(example, x=(-2.0, 2.0))
        explorer.values = {"x": 1.5}
        explorer.detail = "full"
        gone += [weakref.ref(explorer), weakref.ref(explorer.graph), weakref.ref(explorer.layout)]
    gc.collect()
    assert [reference() is None for reference in gone] == [True] * 57 + [False] * 3


def test_close_takes_all_of_the_widget_and_may_be_called_twice():
    before = set(registry)
    explorer = cv.explore(example, x=(-2.0, 2.0))
    explorer.close()
    explorer.close()
    assert set(registry) == before
    assert repr(explorer).startswith("Explorer(x=0")


def test_a_closed_explorer_still_answers_python():
    explorer = cv.explore(example, x=(-2.0, 2.0))
    explorer.close()
    explorer.values = {"x": 1.5}
    assert "y=-0.2879" in repr(explorer)
    assert explorer.to_svg(step="last").startswith("<svg")


def network(x):
    for _ in range(30):
        x = cv.sigmoid(0.7 * x - 0.5 * x**2)
    return x


def test_no_thread_and_no_layout_process_outlives_a_widget():
    cv.explore(network, x=(-2.0, 2.0)).close()
    threads, children = threading.active_count(), len(psutil.Process().children(recursive=True))
    for k in range(3):
        explorer = cv.explore(lambda x, k=k: network(x) + k * x, x=(-2.0, 2.0), detail="full")
        assert len(explorer.graph.nodes) > 60  # laid out in a process of its own
        explorer.close()
    assert threading.active_count() == threads
    assert len(psutil.Process().children(recursive=True)) == children


def test_a_layout_that_was_given_stays_open():
    layout = Layout(width="50%")
    cv.Player(cv.trace(example, x=1.5), layout=layout).close()
    assert layout.comm is not None
    layout.close()
