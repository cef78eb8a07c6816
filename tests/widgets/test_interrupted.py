"""A kernel that is interrupted in the middle of something: what comes next works. In a real kernel."""

import queue
import time

import pytest
from jupyter_client.manager import start_new_kernel

LIMIT = 120.0
SETTING = """import asyncio, time
import numpy as np, chainviz as cv
from chainviz.drawing import apart
from chainviz.widgets.runner import Runner
def endless(x):
    if asked:
        print("BEGUN", flush=True)
        while True:
            np.sin(x)
    return x**2
def tangled(x):
    dice, made = np.random.default_rng(0), [x]
    for _ in range(240):
        made.append(np.sin(made[-1]) + made[int(dice.integers(0, len(made)))])
    return made[-1]
asked = False
explorer = cv.explore(endless, x=(-1.0, 1.0))
def announced(self, wait=apart.Layout.wait):
    print("BEGUN", flush=True)
    wait(self)
"""


class Kernel:
    """A kernel; `run` gives what a cell says, and interrupts it where it says BEGUN."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(startup_timeout=LIMIT)

    def run(self, cell):
        asked, told, until = self.client.execute(cell), "", time.monotonic() + LIMIT
        while time.monotonic() < until:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                assert self.manager.is_alive(), told
                continue
            content = message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return told.strip()
            told += content.get("text", "") + content.get("ename", "") + content.get("data", {}).get("text/plain", "")
            if "BEGUN" in content.get("text", ""):
                self.manager.interrupt_kernel()
        raise AssertionError(f"The kernel has said only {told!r}")


@pytest.fixture(scope="module")
def kernel():
    made = Kernel()
    assert made.run(SETTING) == ""
    yield made
    made.client.stop_channels()
    made.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("cell", ["cv.explore(endless, x=(-1.0, 1.0))", "explorer.values = {'x': 0.5}"])
def test_in_the_middle_of_a_recording(kernel, cell):
    assert kernel.run(f"asked = True\n{cell}").endswith("KeyboardInterrupt")
    assert (
        kernel.run("asked = False; explorer.values = {'x': 0.25}; explorer") == "Explorer(x=0.25, y=0.0625, dy/dx=0.5)"
    )
    assert kernel.run("explorer.error, explorer.busy") == "('', '')"


def test_in_the_middle_of_a_layout_and_its_process_ends(kernel):
    cell = "player = cv.widgets.Player(cv.trace(lambda x: x**2, x=0.5)); graph = cv.trace(tangled, x=0.5)"
    assert kernel.run(f"{cell}; usual, apart.Layout.wait = apart.Layout.wait, announced") == ""
    assert kernel.run("player.show(graph)").endswith("KeyboardInterrupt")
    assert kernel.run("player") == "Player(x=0.5, y=0.25, dy/dx=1)"
    assert kernel.run("apart.Layout.wait = usual; player.show(graph); len(player.scene['nodes']) > 100") == "True"


def test_while_a_training_runs(kernel):
    cell = """ended, steps = [], []
def step():
    steps.append(1)
    if len(steps) == 1:
        print("BEGUN", flush=True)
runner = Runner(step, ended.append)
runner.start()
await asyncio.sleep(60)"""
    assert kernel.run(cell).startswith("BEGUN")
    assert kernel.run("runner.stop(); runner.running, ended") == "(False, [None])"
    again = "again = Runner(lambda: len(ended) < 3, ended.append); again.start(); await asyncio.sleep(0.01)"
    assert kernel.run(f"{again}; ended.append(1); ended.append(1); await asyncio.sleep(0.1); again.running") == "False"


def test_a_callback_that_raises_and_a_closed_widget_cost_nothing_else(kernel):
    cell = "def bad(change):\n    raise OSError('mine')\nexplorer.observe(bad, 'values')\nexplorer.values = {'x': 0.75}"
    assert kernel.run(cell) == "OSError"
    assert kernel.run("explorer.unobserve(bad, 'values'); explorer") == "Explorer(x=0.75, y=0.5625, dy/dx=1.5)"
    late = "player.set_state({'step': 1}); player._handle_custom_msg({'check': 0, 'steps': [0.1], 'id': 1}, [])"
    assert kernel.run(f"player.close(); {late}; explorer.values = {{'x': 0.5}}; explorer") == (
        "Explorer(x=0.5, y=0.25, dy/dx=1)"
    )
