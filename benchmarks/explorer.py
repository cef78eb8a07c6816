"""How long a person waits for the explorer, in a real JupyterLab and Chromium.

    python -m benchmarks.explorer

Milliseconds are medians of 50: from a key press (step) or a slider's move (through the kernel) to the changed page.
`drawn` is the time from Run to the explorer on the page.
"""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from chainviz.cli import find_chromium
from tests.browser.lab import CHROMIUM_ARGUMENTS, notebook, open_notebook, run_all, serve

IMPORTS = "import numpy as np\nimport chainviz as cv"
EXPLORERS = {
    "example, 5 nodes": "cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))",
    "10,000 operations": """def long(x):
    for _ in range(5000):
        x = np.sin(x) + 0.1
    return x
cv.explore(long, x=1.5)""",
    "10,000 operations without repetition": """def mixed(x):
    dice = np.random.default_rng(0)
    for k in dice.integers(0, 4, 10_000):
        x = (np.sin, np.cos, np.tanh, np.arctan)[k](x)
    return x
cv.explore(mixed, x=1.5)""",
    "100,000 operations": """def longer(x, a, b):
    for _ in range(33_333):
        x = np.sin(x) * a + b
    return x
cv.explore(longer, x=1.5, a=0.5, b=0.3)""",
    "network, 182 nodes": """def network(x, y, w):
    for _ in range(22):
        x, y = cv.sigmoid(w * x - 0.5 * y), cv.sigmoid(x + 0.3 * y + 0.1)
    return (x * y - 1) ** 2
cv.explore(network, x=(-2.0, 2.0), y=(-2.0, 2.0), w=(-1.0, 1.0), detail="full")""",
}
# The page's own clock: from the event to the first change of a number or a class in the drawing.
WATCH = """async ([count, act]) => {
  const root = document.querySelector(".chainviz"), times = [];
  const slider = root.querySelector("input[type=range]");
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    const changed = new Promise(done => {
      const observer = new MutationObserver(() => { observer.disconnect(); done(performance.now() - start); });
      for (const svg of root.querySelectorAll("svg[role]"))
        observer.observe(svg, { subtree: true, childList: true, characterData: true, attributes: true });
      setTimeout(() => { observer.disconnect(); done(NaN); }, 2000);
    });
    if (act === "step") {
      const key = k % 2 ? "ArrowLeft" : "ArrowRight";
      root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    } else {
      slider.stepUp(k % 2 ? -1 : 1);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    times.push(await changed);
    await new Promise(rest => setTimeout(rest, 80));
  }
  return times;
}"""
DRAWN = """() => new Promise(done => {
  window.chainvizStart = performance.now();
  const look = () => document.querySelector(".chainviz [data-node]")
    ? done(performance.now() - window.chainvizStart) : requestAnimationFrame(look);
  look();
})"""


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    for position, code in enumerate(EXPLORERS.values()):
        (folder / f"{position}.ipynb").write_text(notebook([IMPORTS, code]))
    with serve(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        for position, title in enumerate(EXPLORERS):
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            open_notebook(page, url, f"{position}.ipynb")
            run_all(page)  # the imports are paid for here
            page.locator(".chainviz [data-node]").first.wait_for()
            page.evaluate("() => document.querySelector('.chainviz').dataset.old = 1")
            page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            drawn = page.evaluate(DRAWN.replace(".chainviz [data-node]", ".chainviz:not([data-old]) [data-node]"))
            page.wait_for_timeout(1000)
            print(f"{title}: drawn {drawn:.0f} ms after Run")
            for act in ("step", "slide"):
                times = [t for t in page.evaluate(WATCH, [50, act]) if t == t]
                print(f"    {act:6} {statistics.median(times):6.1f} ms  ({len(times)} of 50 seen)")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
