"""Run notebooks from top to bottom, in place, and keep their outputs in a form that changes only when they do.

python notebooks/execute.py                 all notebooks of this folder
python notebooks/execute.py 01-*.ipynb      some
python notebooks/execute.py --check         run nothing; say what is not as this script would leave it
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from chainviz.testing import check

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path: Path) -> None:
    """Run the notebook and write it back; an exception in a cell ends the script."""
    notebook = nbformat.read(path, as_version=4)
    limits = {"timeout": 600, "startup_timeout": 300}  # seconds
    client = NotebookClient(notebook, **limits, kernel_name="python3", store_widget_state=False, coalesce_streams=True)
    client.execute(cwd=str(path.parent))
    normalise(notebook)
    nbformat.write(notebook, path)


def normalise(notebook: Any) -> None:
    """Leave out what differs from run to run: timestamps, versions, widget identities."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.metadata.pop("execution", None)
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def problems(path: Path) -> list[str]:
    """What keeps the notebook from being a test of itself, or is not as this script leaves it."""
    notebook = nbformat.read(path, as_version=4)
    found = [f"code cell {finding.cell}: {finding.reason}" for finding in check(path)]
    if notebook.metadata != METADATA:
        found.append("its metadata is not normalised")
    for count, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != count:
            found.append(f"code cell {count} was not run in order")
        if any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in cell.outputs):
            found.append(f"code cell {count} refers to a widget that is not in the file")
    return found


def code_cells(notebook: Any) -> list[Any]:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    status = 0
    for path in given.notebooks or sorted(Path(__file__).parent.glob("*.ipynb")):
        if not given.check:
            execute(path)
        for problem in problems(path):
            print(f"{path.name}: {problem}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
