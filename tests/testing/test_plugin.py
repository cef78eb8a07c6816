"""`pytest --nbval --chainviz`, run on notebooks of somebody else, in a process of its own."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[2]
CELLS = [
    "import numpy as np\nimport chainviz as cv\n6 * 7",
    "cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=1.5)",
]
ASKED = ("--nbval", "--chainviz", "--nbval-current-env", "--nbval-kernel-startup-timeout=300")


def run(folder, *options):
    """pytest in a folder without settings; returns what happened to each cell, and all that was printed."""
    command = [sys.executable, "-m", "pytest", "-rA", "--color=no", "-p", "pytest_chainviz", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    lines = re.findall(r"^(PASSED|FAILED) (\w+)\.ipynb::Cell (\d)", done.stdout, re.MULTILINE)
    return {(notebook, int(cell)): outcome for outcome, notebook, cell in lines}, done.stdout + done.stderr


@pytest.fixture(scope="module")
def save():
    """Writes a notebook as its author saved it, with a text replaced in an output."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    kept = nbformat.writes(NotebookClient(notebook, kernel_name="python3", store_widget_state=False).execute())

    def write(folder, name, *, cell=0, old="", new="", kinds=("text/plain",)):
        changed = nbformat.reads(kept, as_version=4)
        (output,) = changed.cells[cell].outputs
        for kind in kinds:
            assert old in output.data[kind]
            output.data[kind] = output.data[kind].replace(old, new)
        nbformat.write(changed, folder / f"{name}.ipynb")

    return write


@pytest.fixture(scope="module")
def outcomes(save, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    save(folder, "same")
    save(folder, "moved", cell=1, old=' x="', new=' x="1', kinds=("image/svg+xml",))
    save(folder, "number", cell=0, old="42", new="43")
    save(folder, "widget", cell=1, old="-15.32", new="-15.33")
    save(folder, "picture", cell=1, old="-15.32", new="-15.33", kinds=("image/svg+xml",))
    return run(folder, *ASKED)


@pytest.mark.parametrize("name", ["same", "moved"])
def test_an_authors_notebook_passes_wherever_graphviz_has_put_the_cards(outcomes, name):
    assert [outcomes[0][name, cell] for cell in (0, 1)] == ["PASSED", "PASSED"]


def test_a_number_that_is_not_the_same_fails(outcomes):
    assert [outcomes[0]["number", cell] for cell in (0, 1)] == ["FAILED", "PASSED"]


@pytest.mark.parametrize(("name", "kind"), [("widget", "text/plain"), ("picture", "image/svg+xml")])
def test_a_widgets_number_that_is_not_the_same_fails(outcomes, name, kind):
    assert [outcomes[0][name, cell] for cell in (0, 1)] == ["PASSED", "FAILED"]
    assert f"mismatch '{kind}'" in outcomes[1]


def test_the_authors_own_rules_hold_beside_ours(save, tmp_path):
    save(tmp_path, "number", cell=0, old="42", new="43")
    (tmp_path / "rules.cfg").write_text("regex: 4[0-9]\nreplace: NUMBER\n")
    assert set(run(tmp_path, *ASKED, "--nbval-sanitize-with=rules.cfg")[0].values()) == {"PASSED"}


def test_without_the_plugin_a_card_that_moved_fails(save, tmp_path):
    save(tmp_path, "moved", cell=1, old=' x="', new=' x="1', kinds=("image/svg+xml",))
    assert run(tmp_path, *(option for option in ASKED if option != "--chainviz"))[0]["moved", 1] == "FAILED"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-p", "no:nbval", "--chainviz"), 'pip install "nbval>=0.11"'),
        (("--chainviz",), "alone runs no notebook. Write: pytest --nbval --chainviz"),
    ],
)
def test_where_it_would_test_nothing_it_says_so(tmp_path, options, says):
    assert says in run(tmp_path, *options)[1]


def test_who_does_not_ask_pays_nothing():
    code = "import sys; import pytest_chainviz; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert {"chainviz", "numpy", "nbval", "nbformat"}.isdisjoint(done.stdout.split())


def test_it_is_installed_as_a_plugin_of_pytest():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"pytest_chainviz": "pytest_chainviz"}
    assert "pytest_chainviz.py" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
