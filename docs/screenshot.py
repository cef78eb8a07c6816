"""Make the README's picture: the example at x = 1.5, on the way back, in a real JupyterLab.

python -m docs.screenshot
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from chainviz.cli import find_chromium
from tests.browser.lab import CHROMIUM_ARGUMENTS, notebook, open_notebook, run_all, serve

TARGET = Path(__file__).parent / "images" / "explorer.png"
CELL = """import numpy as np
import chainviz as cv

def f(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)

explorer = cv.explore(f, x=(-2.0, 2.0))
explorer.values = {"x": 1.5}
explorer.step = 7
explorer"""


def main() -> None:
    """Write the picture."""
    folder = Path(tempfile.mkdtemp())
    (folder / "made.ipynb").write_text(notebook([CELL]))
    with serve(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1640, "height": 1000}, device_scale_factor=1.25)
        open_notebook(page, url, "made.ipynb")
        run_all(page)
        page.locator(".chainviz [data-node]").first.wait_for()
        page.wait_for_timeout(500)
        TARGET.parent.mkdir(exist_ok=True)
        page.locator(".chainviz").screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
