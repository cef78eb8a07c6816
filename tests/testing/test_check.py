"""What `chainviz check` finds in a notebook: each kind of untested cell, and nothing where all is well."""

import json
from pathlib import Path

import pytest

import chainviz as cv
from chainviz import cli
from chainviz.testing import check, report

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def cell(source, *outputs, executed=1, tags=()):
    return {
        "cell_type": "code", "source": source, "execution_count": executed, "outputs": list(outputs),
        "metadata": {"tags": list(tags)},
    }  # fmt: skip


def shown(text, **others):
    return {"output_type": "execute_result", "data": {"text/plain": text, **others}, "metadata": {}}


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}


@pytest.fixture
def notebook(tmp_path):
    def write(*cells, **other):
        path = tmp_path / "made.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "cells": list(cells), **other}))
        return path

    return write


def test_our_own_notebooks_are_tested_in_every_cell():
    assert cli.main(["check", "--strict", str(NOTEBOOKS)]) == 0


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (cell("x = 1"), "no output"),
        (cell("x", executed=None), "never run"),
        (cell("x", shown("1"), executed=None), "never run, which fails"),
        (cell("f()", ERROR), "keeps a ValueError"),
        (cell("w", printed("warned", "stderr")), "stderr"),
        (cell("plot()", shown("<Figure size 640x480 with 1 Axes>", **{"image/png": "AAAA"})), "pixels"),
        (cell("Image('a.jpg')", shown("<IPython.core.display.Image object>", **{"image/jpeg": "AAAA"})), "pixels"),
        (cell("plot()", {"output_type": "display_data", "data": {"image/png": "A"}}), "pixels"),
        (cell("w", {"output_type": "display_data", "data": {WIDGET: {}}}), "widget without text"),
        (cell("w", shown("Output()", **{WIDGET: {}})), "Output widget"),
        (cell("x", shown("<function f at 0x7f3d2c1a9e50>")), "0x7f3d2c1a9e50 is a memory address"),
        (cell("x", shown("a", **{"text/html": ["<p>", "at 0x7f3d2c1a9e50"]})), "memory address"),
        (cell("x", printed("Wall time: 3 ms\n")), "“Wall time: 3 ms” is a time"),
        (cell("x", printed("run at 2026-11-21 20:00:26")), "the time of the run"),
        (cell("import time\ntime.perf_counter()", shown("1")), "time.perf_counter reads a clock"),
        (cell("from time import time as now\nnow()", shown("1")), "time.time reads a clock"),
        (cell("%time f()", printed("1")), "%time prints times"),
        (cell("%%timeit\nf()", printed("1")), "%timeit prints times"),
        (cell("import numpy as np\nnp.random.rand()", shown("1")), "numpy.random.rand draws without a seed"),
        (cell("import random\nrandom.random(); random.seed(1)", shown("1")), "random.random draws without a seed"),
        (cell("from numpy.random import default_rng\ndefault_rng()", shown("1")), "default_rng() has no seed"),
        (cell("import numpy as np\nnp.random.seed(None); np.random.rand()", shown("1")), "rand draws without a seed"),
        (cell("import chainviz as cv\ncv.normal(0.0, 1.0)", shown("1")), "chainviz.normal draws without a seed"),
        (cell("import ipywidgets as w\n@w.interact(x=3)\ndef f(x): ...", shown("1")), "ipywidgets.interact catches"),
        (cell("from IPython.display import clear_output\nclear_output()", printed("1")), "clear_output catches"),
        (cell("from IPython.display import display\ndisplay(1, display_id='a')", shown("1")), "display_id"),
        (cell("x  # NBVAL_IGNORE_OUTPUT", shown("1")), "must be a whole line"),
        (cell("# NBVAL_IGNORE_OUTPUT\nx", shown("1")), "is not compared, as it is marked"),
        (cell("x", shown("1"), tags=["nbval-skip"]), "is not run, as it is marked"),
        (cell("x = (", shown("1")), "not Python that can be read"),
    ],
)  # fmt: skip
def test_a_cell_that_is_not_tested_is_found_for_one_reason(notebook, made, reason):
    (finding,) = check(notebook(made))
    assert reason in finding.reason
    assert finding.cell == 1


@pytest.mark.parametrize(
    "made",
    [
        cell("x", shown("12.0")),
        cell("x", shown("Explorer(x=1, y=9)", **{WIDGET: {"model_id": "4f0"}})),
        cell("plot()", shown("loss 0.25", **{"image/png": "AAAA"})),
        cell("plot()", shown("<Figure size 1x1 with 1 Axes>", **{"image/svg+xml": "<svg><text>1</text></svg>"})),
        cell("f()", ERROR, tags=["raises-exception"]),
        cell("# NBVAL_RAISES_EXCEPTION\nf()", ERROR),
        cell("import numpy as np\nnp.random.seed(0)\nnp.random.rand()", shown("1")),
        cell("import numpy as np\nnp.random.default_rng(0).normal()", shown("1")),
        cell("import chainviz as cv\ncv.normal(seed=0), cv.normal(0.0, 1.0, None, 0), cv.lessons.vae()", shown("1")),
        cell("%matplotlib inline\n%config x = 3", shown("1")),
        cell("time = lambda: 3\ntime()", shown("3")),
        cell("'0x1f and time.time()'", shown("'0x1f and time.time()'")),
        cell("get_ipython().run_line_magic(chosen, '')", shown("1")),
        cell("  \n"),
    ],
)  # fmt: skip
def test_where_all_is_compared_there_is_nothing_to_say(notebook, made):
    assert check(notebook(made)) == []


def test_an_import_and_a_seed_hold_for_later_cells_and_not_for_earlier_ones(notebook):
    throw = "np.random.rand()"
    path = notebook(
        cell("import numpy as np; 1", shown("1")), cell(throw, shown("1"), executed=2),
        cell("np.random.seed(3); 1", shown("1"), executed=3), cell(throw, shown("1"), executed=4),
    )  # fmt: skip
    assert [finding.cell for finding in check(path)] == [2]


def test_a_cell_that_was_run_before_one_above_it_is_found(notebook):
    path = notebook(cell("x", shown("1"), executed=7), cell("y", shown("1"), executed=3))
    (finding,) = check(path)
    assert (finding.cell, finding.line) == (2, "y")
    assert "run as [3], before a cell above it, [7]" in finding.reason


@pytest.mark.parametrize("name", ["normal", "laplace", "gumbel", "exponential", "uniform", "gumbel_softmax"])
def test_every_function_of_ours_that_draws_is_known(notebook, name):
    assert callable(getattr(cv, name))
    (finding,) = check(notebook(cell(f"import chainviz\nchainviz.{name}(2.0)", shown("1"))))
    assert f"chainviz.{name} draws without a seed" in finding.reason


def test_the_report_names_notebook_cell_line_and_reason_and_counts(notebook):
    path = notebook(cell("\nx = 1\ny = 2"), cell("3", shown("3"), executed=2))
    found, lines = report([path.parent])
    assert len(found) == 1
    assert lines[0] == f"{path}, code cell 1: x = 1"
    assert lines[1].startswith("    it has no output")
    assert lines[2] == "1 of 2 code cells in 1 notebook are compared in full."


def test_findings_end_with_status_1_only_if_strict(notebook, capsys):
    path = str(notebook(cell("x = 1")))
    assert cli.main(["check", path]) == 0
    assert cli.main(["check", "--strict", path]) == 1
    assert capsys.readouterr().out.count("has no output") == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no notebook"), ("[]", "is no notebook"),
        ('{"nbformat": 4, "cells": "x"}', "is no notebook"), ('{"nbformat": 4}', "is no notebook"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "is no notebook"),
        ('{"nbformat": 3, "worksheets": []}', "jupyter nbconvert --to notebook"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_refused_by_name(tmp_path, capsys, text, says):
    path = tmp_path / "odd.ipynb"
    path.write_text(text)
    assert cli.main(["check", str(path)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "odd.ipynb" in told


def test_a_folder_without_notebooks_and_a_file_that_is_not_there_are_refused(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path)]) == 2
    assert cli.main(["check", str(tmp_path / "none.ipynb")]) == 2
    assert "There is no notebook in" in capsys.readouterr().err
