"""Strings that try to be markup or script, in every place of a notebook where one can enter, in a real JupyterLab."""

import pytest

from .lab import notebook, open_notebook, run_all

SETTING = '''import numpy as np
import chainviz as cv
def hostile(place):
    image = f"""<img src=x onerror="window.owned='{place}'">'"]]>"""
    return f"{image}</script><script>window.owned='{place}'</script>{{0}}"'''
EXPLORER = '''def f(x):
    """<img src=x onerror="window.owned='docstring'">"""
    with cv.scope(hostile("scope")):
        z = cv.name(2 * x, hostile("name"))  # <img src=x onerror="window.owned='source line'">
        z = np.sin(z) + 1
    z = cv.module(hostile("module"))(lambda z: np.exp(z) * z)(z)
    def custom(z):
        return z**3
    custom.__name__ = hostile("primitive")
    z = cv.primitive(custom, vjp=lambda g, y, z: 3 * g * z**2, tex="<img src=x onerror=owned=1>{0}")(z)
    if x > 1:
        raise ValueError(hostile("error"))
    return z
cv.explore(f, x=(-2.0, 2.0), detail="full")'''
PLAYER = """def g(**others):
    return sum(others.values()) ** 2
player = cv.widgets.Player(cv.trace(g, **{hostile("argument"): 0.5, "b": 1.0}))
player.note = player.busy = hostile("note")
player"""
FORMULA = 'cv.explore(hostile("formula"), x=(0.0, 1.0))'
LAB = """from chainviz.widgets.lab import Headline
text = hostile("headline")
Headline(sentence=text, strong=text, why=text, error=text)"""
TOUCHED = (
    "() => [window.owned, document.querySelectorAll('.jp-Notebook img, .jp-Notebook .jp-OutputArea script').length]"
)

POINT_AT_ALL = """player => [...player.querySelectorAll("[data-node]")].forEach(node =>
  ["pointerover", "pointermove", "click"].forEach(name =>
    node.dispatchEvent(new PointerEvent(name, { bubbles: true }))))"""


@pytest.fixture
def opened(page, light_lab, folder):
    (folder / "hostile.ipynb").write_text(notebook([SETTING, EXPLORER, PLAYER, LAB, FORMULA]))
    open_notebook(page, light_lab, "hostile.ipynb")
    return page


def test_nothing_of_it_becomes_an_element_or_runs_wherever_it_stands(opened):
    page = opened
    run_all(page)
    explorer = page.locator(".chainviz:has([data-node])").first
    explorer.wait_for()
    page.locator(".chainviz-lab-error").get_by_text("headline").wait_for()
    explorer.focus()
    page.keyboard.press("End")
    field = explorer.locator('.chainviz-field[aria-label="x"]')
    field.fill("1.5")
    field.press("Enter")
    explorer.locator(".chainviz-message").get_by_text("ValueError").wait_for()
    for tab in ("Source", "Derivation"):
        explorer.get_by_role("tab", name=tab).click()
    explorer.evaluate(POINT_AT_ALL)
    page.locator(".jp-RenderedText[data-mime-type$=stderr]").get_by_text("FormulaError").first.wait_for()
    assert page.evaluate(TOUCHED) == [None, 0]
