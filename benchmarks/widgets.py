"""What a person waits for, and what a widget weighs: in a real JupyterLab and Chromium, and without either.

    python -m benchmarks.widgets [--quick] [--json] [--only TEXT]

The goal stands beside each figure, with a ! where it is missed. Two naive ways run in the same JupyterLab, for scale:
the drawing as SVG in an `ipywidgets.HTML`, and `dot` run again for every move. Times in the page are medians on the
page's own clock: from the event to the change of the drawing. --quick leaves out what needs a browser.
"""

import argparse
import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

import chainviz as cv
from chainviz.cli import find_chromium
from chainviz.widgets.player import Player
from tests.browser.lab import CHROMIUM_ARGUMENTS, choose, notebook, open_notebook, run_all, serve

ROOT = Path(__file__).parents[1]


class Figure(NamedTuple):
    """A row of the table: the figure beside its goal; `more` is better for frames a second."""

    title: str
    value: float
    unit: str
    goal: float | None = None
    more: bool = False

    @property
    def missed(self) -> bool:
        """Whether the goal is missed; a figure that could not be measured misses it."""
        if self.goal is None:
            return False
        return not (self.value >= self.goal if self.more else self.value <= self.goal)

    def __str__(self) -> str:
        number = f"{self.value:,.2f}" if self.value < 10 else f"{self.value:,.0f}"
        goal = "" if self.goal is None else f"({self.goal:g})"
        return f"{self.title:66}{number:>10}{'!' if self.missed else ' '} {goal:>8} {self.unit}"


# -- the functions that are shown: n operations, of numbers or of arrays

IMPORTS = """import numpy as np
import chainviz as cv
import ipywidgets
import pygraphviz
from IPython.display import display

def network(x, y, w, rounds):
    for _ in range(rounds):
        x, y = cv.sigmoid(w * x - 0.5 * y), cv.sigmoid(x + 0.3 * y + 0.1)
    return (x * y - 1) ** 2
def long(x, rounds):
    for _ in range(rounds):
        x = np.sin(x) + 0.1
    return x
cv.explore(lambda x: np.sin(x) ** 2, x=1.5)"""
NUMBERS = (
    'cv.explore(lambda x, y, w: network(x, y, w, {rounds}), x=(-2.0, 2.0), y=(-2.0, 2.0), w=(-1.0, 1.0), detail="full")'
)
ARRAYS = (
    "cv.explore(lambda x, y, w: np.sum(network(x, y, w, {rounds})), "
    'x=np.array([0.5, -1.0, 1.5]), y=np.array([1.0, 0.2, -0.4]), w=(-1.0, 1.0), detail="full")'
)
COLLAPSED = "cv.explore(lambda x: long(x, {rounds}), x=(-2.0, 2.0))"
NAIVE = """slider, shown = ipywidgets.FloatSlider(min=-1, max=1, step=0.02), ipywidgets.HTML()
def picture(w):
    graph = cv.trace(lambda x, y, w: network(x, y, w, 26), x=0.5, y=0.2, w=w)
    return {picture}
slider.observe(lambda change: setattr(shown, "value", picture(change.new)), "value")
shown.value = picture(0.0)
ipywidgets.VBox([slider, shown])"""
SVG_EACH_MOVE, DOT_EACH_MOVE = (
    NAIVE.format(picture=way)
    for way in ("graph.to_svg()", 'pygraphviz.AGraph(graph.to_dot()).draw(format="svg", prog="dot").decode()')
)


def rounds(nodes: int) -> int:
    """The rounds of `network` that record about so many operations: eight each."""
    return round((nodes - 6) / 8)


# -- on the page

SLIDER = "input[type=range], .noUi-handle"
# Moves the first slider of the last output; for each move, ms until the drawing changes.
MOVE = """async ([count, sliders, drawing]) => {
  const areas = [...document.querySelectorAll(".jp-OutputArea-output")];
  const area = areas.filter(a => a.querySelector(sliders)).at(-1);
  const slider = [...area.querySelectorAll(sliders)].at(-1), times = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    const changed = new Promise((done) => {
      const observer = new MutationObserver(() => { observer.disconnect(); done(performance.now() - start); });
      observer.observe(area.querySelector(drawing),
        { subtree: true, childList: true, characterData: true, attributes: true });
      setTimeout(() => { observer.disconnect(); done(NaN); }, 3000);
    });
    if (slider.type === "range") {
      slider.stepUp(k % 2 ? -1 : 1);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      const key = k % 2 ? "ArrowLeft" : "ArrowRight";
      slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    times.push(await changed);
    await new Promise((rest) => setTimeout(rest, 150));
  }
  return times;
}"""
FRAMES = """(seconds) => new Promise((done) => {
  const start = performance.now();
  let frames = 0;
  const count = () => {
    frames += 1;
    const passed = performance.now() - start;
    if (passed < 1000 * seconds) requestAnimationFrame(count); else done(1000 * frames / passed);
  };
  requestAnimationFrame(count);
})"""
# ms until a widget is drawn and painted: once its nodes are there, until the browser asks for the next frame.
DRAWN = """() => new Promise((done) => {
  const start = performance.now();
  const look = () => requestAnimationFrame(document.querySelector(".chainviz [data-node]")
    ? () => done(performance.now() - start) : look);
  look();
})"""
# How often a second, over some seconds, a training's picture is drawn with new numbers.
UPDATES = """(seconds) => new Promise((done) => {
  let updates = 0;
  const observer = new MutationObserver(() => { updates += 1; });
  observer.observe(document.querySelector(".chainviz-net-loss"), { childList: true });
  setTimeout(() => { observer.disconnect(); done(updates / seconds); }, 1000 * seconds);
})"""
CELL = ".jp-Notebook .jp-CodeCell"


class Lab:
    """A JupyterLab that shows one notebook after the other."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self.browser, self.url, self.folder = browser, url, folder
        self.traffic = 0
        """Bytes that have gone between page and kernel."""

    @contextlib.contextmanager
    def opened(self, *cells: str) -> Iterator[Page]:
        """A page whose kernel has run the first of the cells; the others are there to be run."""
        (self.folder / "n.ipynb").write_text(notebook(cells[:1]))
        page = self.browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("websocket", self._listen)
        open_notebook(page, self.url, "n.ipynb")
        run_all(page)
        page.locator(".chainviz [data-node]").first.wait_for()
        choose(page, "Edit", "Clear Outputs of All Cells")
        yield page
        choose(page, "Kernel", "Shut Down Kernel")
        page.wait_for_timeout(300)
        page.close()

    def _listen(self, socket: WebSocket) -> None:
        def heard(payload: str | bytes) -> None:
            self.traffic += len(payload)

        if "/channels" in socket.url:
            socket.on("framesent", heard)
            socket.on("framereceived", heard)


def run(page: Page, code: str) -> float:
    """Put the code into the first cell and run it; seconds from the key to a drawn widget."""
    cell = page.locator(CELL).first.locator(".cm-content")
    cell.fill(code)
    cell.click()
    page.wait_for_timeout(500)
    page.keyboard.press("Control+Enter")
    return page.evaluate(DRAWN) / 1000


def waited(page: Page, drawing: str, count: int = 30) -> float:
    """ms from a slider's move to the changed drawing."""
    times = [t for t in page.evaluate(MOVE, [count, SLIDER, drawing]) if not math.isnan(t)]
    return statistics.median(times) if len(times) > count // 2 else math.nan


def moves(lab: Lab) -> Iterator[Figure]:
    """A slider's move, ours and the naive ways: milliseconds and bytes."""
    for title, code, drawing, goals in (
        ("numbers, in the page", NUMBERS.format(rounds=rounds(216)), ".chainviz-picture", (8.0, None)),
        ("arrays, by the kernel", ARRAYS.format(rounds=rounds(216)), ".chainviz-picture", (30.0, 3500.0)),
        ("naive: SVG in an HTML widget", SVG_EACH_MOVE, ".widget-html-content", (None, None)),
        ("naive: dot for every move", DOT_EACH_MOVE, ".widget-html-content", (None, None)),
    ):
        with lab.opened(IMPORTS) as page:
            if drawing == ".chainviz-picture":
                run(page, code)
            else:
                page.locator(CELL).first.locator(".cm-content").fill(code)
                page.keyboard.press("Control+Enter")
            page.locator(f"{drawing} svg, svg{drawing}").first.wait_for(timeout=60_000)
            page.wait_for_timeout(1500)
            waited(page, drawing, 4)  # the first moves compile
            page.wait_for_timeout(500)
            before = lab.traffic
            milliseconds = waited(page, drawing)
            page.wait_for_timeout(500)
            yield Figure(f"slider to drawing, 216 nodes, {title}", milliseconds, "ms", goals[0])
            yield Figure(f"messages of a move, 216 nodes, {title}", (lab.traffic - before) / 30, "bytes", goals[1])


def animations(lab: Lab) -> Iterator[Figure]:
    """Frames a second while the backward pass plays, every operation on screen."""
    for nodes, goal in ((216, 60.0), (500, 60.0), (2000, 40.0)):
        with lab.opened(IMPORTS) as page:
            run(page, NUMBERS.format(rounds=rounds(nodes)))
            page.locator(".chainviz").focus()
            page.keyboard.press("Space")
            page.wait_for_timeout(1000)
            frames = page.evaluate(FRAMES, 4)
            shown = page.locator("[data-node]").count()
            yield Figure(f"animation, {nodes:,} nodes ({shown:,} on screen)", frames, "frames/s", goal, more=True)


def openings(lab: Lab) -> Iterator[Figure]:
    """From Run to a drawn widget: small graphs in full, huge ones collapsed; the median of three kernels."""
    for title, code, goal in (
        ("20 nodes", NUMBERS.format(rounds=2), 0.3),
        ("200 nodes", NUMBERS.format(rounds=rounds(200)), 0.5),
        ("10,000 nodes, collapsed", COLLAPSED.format(rounds=5000), 1.5),
        ("100,000 nodes, collapsed", COLLAPSED.format(rounds=50_000), 5.0),
    ):
        times: list[float] = []
        for _ in range(3):
            with lab.opened(IMPORTS) as page:
                times.append(run(page, code))
        yield Figure(f"Run to drawn, {title}", statistics.median(times), "s", goal)


def training(lab: Lab) -> Iterator[Figure]:
    """The gradient flow lab in training: 2-16-16-1 on 200 points, three steps an update."""
    with lab.opened(IMPORTS) as page:
        page.locator(CELL).first.locator(".cm-content").fill("cv.lessons.gradient_flow(hidden=(16, 16))")
        page.keyboard.press("Control+Enter")
        page.locator(".chainviz-net-loss").filter(has_text="after 0 steps").wait_for(timeout=60_000)
        page.get_by_role("button", name="Train").click()
        page.locator(".chainviz-net-loss").filter(has_not_text="after 0 steps").wait_for(timeout=60_000)
        yield Figure("training 2-16-16-1, 200 points", page.evaluate(UPDATES, 5), "updates/s", 30.0, more=True)
        page.get_by_role("button", name="Pause").click()


def exported_page(browser: Browser) -> Iterator[Figure]:
    """A page of its own, opened from disk without a network."""
    explorer = _twenty()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        explorer.to_html(path)
        times: list[float] = []
        for _ in range(5):
            page = browser.new_page(offline=True)
            page.add_init_script(f"window.drawn = ({DRAWN})()")
            page.goto(path.as_uri())
            page.wait_for_function("() => window.drawn")
            times.append(page.evaluate("() => drawn") / 1000)
            page.close()
    yield Figure("exported page, 20 nodes: opened to drawn, offline", statistics.median(times), "s", 0.3)


# -- without a browser


def _network(x: Any, y: Any) -> Any:
    for _ in range(2):
        x, y = cv.sigmoid(0.7 * x - 0.5 * y), cv.sigmoid(x + 0.3 * y + 0.1)
    return (x * y - 1) ** 2


def _twenty() -> Player:
    return cv.explore(_network, x=(-2.0, 2.0), y=(-2.0, 2.0), detail="full")


def sizes() -> Iterator[Figure]:
    """Bytes that travel and are kept."""
    explorer = _twenty()
    folder = Path(sys.modules[Player.__module__].__file__ or "").parent
    script = (folder / "player.js").stat().st_size
    yield Figure("script and style", script / 1000, "kB", 80)
    yield Figure("state saved in the notebook, 20 nodes", len(json.dumps(saved_state(explorer))) / 1000, "kB", 40)
    yield Figure("exported page, 20 nodes", len((explorer.to_html() or "").encode()) / 1000, "kB", 120)


def saved_state(widget: Player) -> dict[str, Any]:
    """What JupyterLab writes into the notebook for a widget: its state, without the script, buffers as base64."""
    kept = {k: v for k, v in widget.get_state().items() if k not in ("_esm", "frame", "layout")}
    return kept | {"frame": "=" * (4 * math.ceil(len(widget.frame) / 3))}


IMPORT = """import os, time
import numpy, ipywidgets
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
before, start = resident(), time.perf_counter()
import chainviz
print(1000 * (time.perf_counter() - start), resident() - before)"""


def imports() -> Iterator[Figure]:
    """`import chainviz` over numpy and ipywidgets, compiled, in fresh processes."""
    with tempfile.TemporaryDirectory() as compiled:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": compiled, "PYTHONPATH": str(ROOT)}
        runs = [
            subprocess.run([sys.executable, "-c", IMPORT], env=environment, capture_output=True, text=True, check=True)
            for _ in range(6)
        ]
    times, sizes = zip(*(map(float, run.stdout.split()) for run in runs[1:]), strict=True)  # the first one compiles
    yield Figure("import chainviz, over numpy and ipywidgets", statistics.median(times), "ms", 60)
    yield Figure("import chainviz, over numpy and ipywidgets", statistics.median(sizes), "MB", 8)


def memory_of_a_notebook() -> Iterator[Figure]:
    """The kernel of one student, every cell of the hungriest notebook run."""
    import nbformat
    from nbclient import NotebookClient

    code = 'import os\nint(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6'
    most = 0.0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        made = nbformat.read(path, as_version=4)
        made.cells.append(nbformat.v4.new_code_cell(code))
        NotebookClient(made, timeout=180, kernel_name="python3").execute()
        most = max(most, float(made.cells[-1].outputs[0].data["text/plain"]))
    yield Figure("a student's kernel, the notebook run to its end", most, "MB", 130)


def lessons() -> Iterator[Figure]:
    """The labs in the kernel: from a change to all that is sent, and the small VAE's training; processor time."""
    from chainviz import lessons

    scales, depths = [1 + k / 50 for k in range(11)], [*range(60, 49, -1)]  # new ones each time: what was is kept
    deep = {"depth": 50, "width": 32}
    labs: dict[str, tuple[Any, str, list[Any], float | None]] = {
        "depth lab, depth 50, width 32, batch 32": (lessons.depth_lab(**deep), "scale", scales, 100.0),
        "two of them, compared": (lessons.depth_lab(**deep, compare=True), "scale", scales, 100.0),
        "two of them, both of another depth": (lessons.depth_lab(**deep, compare=True), "depth", depths, 100.0),
        "gradient flow, 2-16-16-1": (lessons.gradient_flow(hidden=(16, 16)), "step_size", [0.5, 0.6], None),
        "by hand": (lessons.gradient_flow("by hand"), "results", [True, False], None),
        "gradient check": (lessons.gradient_flow("gradient check"), "step", [1e-3, 1e-4], None),
        "cost race": (lessons.gradient_flow("cost race"), "depth", [30, 40], None),
        "reparameterization, 2,000 samples": (lessons.reparameterization(), "mu", [0.1, 0.2], None),
        "Gumbel-softmax": (lessons.gumbel_lab(), "temperature", [1.0, 2.0], None),
        "VAE, the code under the pointer": (lessons.vae(), "z1", [0.1, 0.2], None),
    }
    for title, (made, setting, values, goal) in labs.items():
        setattr(made, setting, values[-1])  # the first change loads what is needed
        start = time.process_time()
        for k in range(10):
            setattr(made, setting, values[k % len(values)])
        yield Figure(f"redraw: {title}", 100 * (time.process_time() - start), "ms", goal)
    start = time.process_time()
    labs["VAE, the code under the pointer"][0].train(600)
    yield Figure("VAE, 600 steps of training", time.process_time() - start, "s", 20)
    for made, *_ in labs.values():
        made.close()


def without_browser() -> Iterator[Figure]:
    """The cheap rows."""
    yield from lessons()
    yield from sizes()
    yield from imports()
    yield from memory_of_a_notebook()


def in_browser(only: str) -> Iterator[Figure]:
    """The rows in a JupyterLab; those groups whose name contains the text."""
    groups: dict[str, Callable[[Lab], Iterator[Figure]]] = {
        "slider": moves, "animation": animations, "drawn": openings, "training": training,
        "page": lambda lab: exported_page(lab.browser),
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp())
    with serve(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        for name, group in groups.items():
            if only in name:
                yield from group(Lab(browser, url, folder))
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only what needs no browser")
    parser.add_argument("--json", action="store_true", help="machine-readable output only")
    parser.add_argument("--only", default="", metavar="TEXT", help="slider, animation, drawn, training or page")
    options = parser.parse_args()
    found: list[Figure] = []
    groups = [without_browser()] * (not options.only) + [in_browser(options.only)] * (not options.quick)
    started = time.perf_counter()
    for figure in (figure for group in groups for figure in group):
        found.append(figure)
        if not options.json:
            print(figure, flush=True)
    if options.json:
        rows = [{**figure._asdict(), "missed": figure.missed} for figure in found]
        print(json.dumps({"figures": rows, "seconds": round(time.perf_counter() - started)}, indent=1))


if __name__ == "__main__":
    main()
