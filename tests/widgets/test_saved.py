"""A saved notebook keeps its pictures: nbconvert, and every viewer that knows no widgets, shows the last step."""

import re

import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter
from nbformat.v4 import new_code_cell, new_notebook

import chainviz as cv

CELLS = [
    "import numpy as np\nimport chainviz as cv",
    "explorer = cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(1.0, 2.0))\nexplorer",
    "explorer.step = 2\nexplorer",
    "cv.Player(cv.trace(lambda x: x**2, x=3.0))",
    "explorer.close()\nexplorer",
]


@pytest.fixture(scope="module")
def notebook():
    """A notebook as JupyterLab saves it: with its outputs, and without the state of widgets unless one asks for it."""
    made = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    NotebookClient(made, timeout=400, startup_timeout=300, kernel_name="python3", store_widget_state=False).execute()
    return made


def test_nbconvert_shows_one_picture_a_player_and_asks_for_no_widget(notebook):
    page, _ = HTMLExporter().from_notebook_node(notebook)
    alternatives = re.findall(r'<img alt="([^"]+)"', page)
    assert alternatives == ["Explorer(x=1.5, y=-0.2879, dy/dx=-15.32)"] * 2 + ["Player(x=3, y=9, dy/dx=6)"]
    assert "widget-view+json" not in page


def test_markdown_has_the_pictures_too(notebook):
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    assert text.count("<img alt=") == 3


def test_a_fresh_player_is_kept_at_its_last_step_and_a_moved_one_at_its_own(notebook):
    fresh, moved = (notebook.cells[k].outputs[0].data["image/svg+xml"] for k in (1, 2))
    assert ">−15.32<" in fresh  # dy/dx, the last number of the backward pass
    assert ">−15.32<" not in moved
    assert ">3<" in moved  # 2x, the second value


def test_a_closed_explorer_says_its_numbers(notebook):
    (output,) = notebook.cells[4].outputs
    assert output.data == {"text/plain": "Explorer(x=1.5, y=-0.2879, dy/dx=-15.32)"}


def test_a_player_without_a_picture_has_words():
    data, _ = cv.Player()._repr_mimebundle_()
    assert data["text/plain"] == "Player(nothing to show yet)"
    assert "image/svg+xml" not in data
