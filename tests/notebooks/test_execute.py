"""The script that runs notebooks, and the state in which it leaves them."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SCRIPT = NOTEBOOKS / "execute.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        path = tmp_path / "made.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
        return path

    return write


def test_our_notebooks_are_as_the_script_leaves_them():
    checked = run("--check")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_outputs_are_kept_and_what_changes_is_left_out(notebook):
    path = notebook("6 * 7", "import chainviz as cv\ncv.explore(lambda x: x**2, x=3.0)")
    assert run(path).returncode == 0
    first, second = nbformat.read(path, as_version=4).cells
    assert first.outputs[0].data["text/plain"] == "42"
    assert second.outputs[0].data["text/plain"] == "Explorer(x=3, y=9, dy/dx=6)"
    assert set(second.outputs[0].data) == {"text/plain", "text/html", "image/svg+xml"}
    before = path.read_text()
    assert run(path).returncode == 0
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("cell", "says"),
    [("x = 1", "has no output"), ("1 / 0", "ZeroDivisionError"), ("import sys; print(1, file=sys.stderr)", "stderr")],
)
def test_a_cell_that_tests_nothing_fails_or_warns_is_refused(notebook, cell, says):
    done = run(notebook(cell))
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
