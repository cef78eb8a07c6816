"""Big drawings inside a real kernel, whose standard error Graphviz could block."""

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

CELL = """import numpy as np
import chainviz as cv
from chainviz.drawing.scene import scene

def long(x):
    for _ in range(2500):
        x = np.sin(x) + 0.1
    return x

explorer = cv.explore(long, x=(-1.0, 1.0), detail="full")
len(explorer.graph.nodes) <= 250, len(scene(explorer.graph.full)["nodes"])"""


def test_five_thousand_nodes_do_not_stop_a_kernel():
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    NotebookClient(notebook, timeout=400, startup_timeout=300, kernel_name="python3").execute()
    assert nbformat.from_dict(notebook.cells[0].outputs[0]).data["text/plain"] == "(True, 5001)"
