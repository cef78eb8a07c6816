"""What goes wrong in the middle of a session, in a real JupyterLab: it is said in words, and the next action works."""

import pytest

from .lab import choose, notebook, open_notebook, run_all, run_cell, serve, shut_down_kernel, start_cell
from .waiting import becomes, painted

TAPED = """import os, sys, time
import numpy as np
import chainviz as cv
def f(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)
taped = cv.explore(f, x=(-2.0, 2.0))
taped"""
ASKING = """def g(x, y):
    if 0.3 < x < 0.6:
        raise ValueError("the middle is closed")
    if x > 0:
        return np.max(np.array([1.0, 2.0]) * x) * y  # no tape has a maximum of an array: this one asks the kernel
    return np.max(np.array([1.0, 3.0]) * x) + y**2
asking = cv.explore(g, x=(-2.0, 2.0), y=(-2.0, 2.0))
asking.values = {"x": 1.0, "y": 1.0}
asking"""
ANSWER = "6 * 7"
DRAG = """(slider, values) => {
  const move = (value) => { slider.value = value; slider.dispatchEvent(new Event("input", { bubbles: true })); };
  values.forEach(move);
}"""
WAITING = "Waiting for the kernel. If it has stopped, run the cell again."


class Session:
    """A notebook of an explorer with a tape, one without, and more cells; `taped` and `asking` have been run."""

    def __init__(self, page, url, folder, *cells):
        (folder / "trouble.ipynb").write_text(notebook([TAPED, ASKING, ANSWER, *cells]))
        open_notebook(page, url, "trouble.ipynb")
        self.page, self.cells = page, page.locator(".jp-Notebook .jp-CodeCell")
        self.taped, self.asking = (self.cells.nth(k).locator(".chainviz:has([data-node])") for k in (0, 1))
        run_cell(page, 0)
        run_cell(page, 1)
        self.asking.wait_for()

    def drag(self, root, *values, name="x"):
        root.locator(f'.chainviz-slider[aria-label="{name}"]').evaluate(DRAG, [str(value) for value in values])

    def result(self, root):
        return root.locator(".chainviz-result b").first.inner_text().strip()

    def step(self, root):
        return root.locator(".chainviz-track").get_attribute("aria-valuenow")

    def says(self, root):
        return root.locator(".chainviz-message").inner_text()

    def is_alive(self):
        """The next actions work: a slider that the page answers, one that Python answers, a step, a cell."""
        for x, expected in ((1.5, "−0.2879"), (0.5, "−0.7568")):
            self.drag(self.taped, x)
            becomes(lambda: self.result(self.taped), expected)
        self.drag(self.asking, 2, name="y")
        for x, expected in ((-1.0, "3"), (1.5, "6")):
            self.drag(self.asking, x)
            becomes(lambda: self.result(self.asking), expected)
        becomes(lambda: self.says(self.asking), "")
        self.steps()
        run_cell(self.page, 2)
        becomes(self.cells.nth(2).locator(".jp-OutputArea-output").inner_text, "42")

    def steps(self):
        for root in (self.taped, self.asking):
            root.focus()
            self.page.keyboard.press("Home")
            self.page.keyboard.press("ArrowRight")
            becomes(lambda root=root: self.step(root), "1")

    def page_says_what_does_not_answer(self):
        """Without a kernel the tape answers and steps are made; what only Python knows is missed in words."""
        self.drag(self.taped, 1.5)
        becomes(lambda: self.result(self.taped), "−0.2879")
        before = self.result(self.asking)
        self.drag(self.asking, -1.0)
        becomes(lambda: WAITING in self.says(self.asking), True)
        assert self.result(self.asking) == before
        assert not self.says(self.taped)
        self.steps()


@pytest.fixture
def session(page, light_lab, folder):
    return lambda *cells: Session(page, light_lab, folder, *cells)


@pytest.mark.parametrize(
    "flood", ["for _ in range(50_000):\n    print('x' * 999)", "for k in range(200_000):\n    print(k)"]
)
def test_after_a_flood_of_output_all_goes_on(session, flood):
    made = session(flood)
    start_cell(made.page, 3)
    for k in range(20):
        made.drag(made.asking, -0.5 - 0.05 * k)
        made.drag(made.taped, -0.5 - 0.05 * k)
        painted(made.page)
    made.is_alive()


LOST = """for _ in range(60):
    print("x" * 999, flush=True)
    time.sleep(0.005)
asking.values = {"x": -1.5, "y": 0.5}  # another branch: another picture
time.sleep(0.2)"""


def test_what_a_full_buffer_has_swallowed_is_asked_for_again(page, folder):
    """The server drops messages while more is printed than it passes on: here 10 kB a second, for it is quick."""
    with serve(folder, options=["--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=10000"]) as url:
        made = Session(page, url, folder, LOST)
        run_cell(page, 3)
        assert made.result(made.asking) == "2"  # else nothing was lost, and this is no test
        made.drag(made.asking, -0.5)
        becomes(lambda: made.result(made.asking), "0.5")
        becomes(lambda: made.says(made.asking), "")
        made.is_alive()


def test_a_kernel_that_is_restarted_while_the_page_plays(session):
    made = session()
    page = made.page
    made.taped.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    becomes(lambda: made.step(made.taped) != "0", True)
    choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    last = made.taped.locator(".chainviz-track").get_attribute("aria-valuemax")
    becomes(lambda: made.step(made.taped), last)  # it plays on to its end
    made.page_says_what_does_not_answer()
    run_all(page)
    made.is_alive()


def test_a_kernel_that_dies_under_a_slider(session):
    made = session("os._exit(1)")
    start_cell(made.page, 3)
    for k in range(40):
        made.drag(made.asking, -0.5 - 0.03 * k)
        painted(made.page)
    made.page.locator("dialog.jp-Dialog").get_by_text("The kernel").first.wait_for()
    made.page.locator("dialog.jp-Dialog .jp-mod-accept").click()
    made.page_says_what_does_not_answer()
    for cell in (0, 1):
        run_cell(made.page, cell)
    made.asking.locator(".chainviz-picture").wait_for()
    made.is_alive()


def test_a_kernel_that_is_shut_down(session):
    made = session()
    shut_down_kernel(made.page)
    made.page_says_what_does_not_answer()


MOVES = """slider => {
  let k = 0;
  window.moved = setInterval(() => {
    slider.value = -1 - (k++ % 50) / 100;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, 10);
}"""


def test_an_explorer_that_is_closed_while_its_slider_moves(session):
    made = session("asking", "asking.close()\nimport time; time.sleep(0.5)")
    page = made.page
    run_cell(page, 3)
    second = made.cells.nth(3).locator(".chainviz:has([data-node])")
    second.wait_for()
    made.asking.locator('.chainviz-slider[aria-label="x"]').evaluate(MOVES)
    run_cell(page, 4)
    becomes(lambda: (made.asking.count(), second.count()), (0, 0))
    page.evaluate("() => clearInterval(moved)")
    assert made.cells.nth(4).locator(".jp-OutputArea-output").count() == 0  # no error in the cell
    run_cell(page, 1)
    made.asking.wait_for()
    made.is_alive()


RAISES = """heard = []
def bad(change):
    heard.append(change.name)
    raise OSError("mine")
asking.observe(bad, ["values", "frame", "scene", "step"])"""
CALM = 'asking.unobserve(bad, ["values", "frame", "scene", "step"])\nprint(sorted(set(heard)))'


def test_a_callback_that_raises(session):
    made = session(RAISES, CALM)
    run_cell(made.page, 3)
    for x in (-1.0, 0.9, -0.5):
        made.drag(made.asking, x)
        painted(made.page)
    run_cell(made.page, 4)
    assert "scene" in made.cells.nth(4).locator(".jp-OutputArea-output").inner_text()
    made.is_alive()


def test_a_function_that_raises_on_the_way_of_a_slider(session):
    made = session()
    made.drag(made.asking, 0.9, 0.7, 0.5, 0.45)
    becomes(lambda: "the middle is closed" in made.says(made.asking), True)
    assert "The picture shows the last good input" in made.says(made.asking)
    shown = made.asking.locator('[data-node="n0"] .chainviz-value').text_content()
    assert shown in ("0.9", "0.7", "1")
    made.drag(made.asking, 0.4, 0.2)
    becomes(lambda: made.result(made.asking), "0.4")
    becomes(lambda: made.says(made.asking), "")
    made.drag(made.asking, 0.5)
    becomes(lambda: "the middle is closed" in made.says(made.asking), True)
    made.is_alive()
