"""What of a notebook nbval will not test, or what will fail there though nothing is wrong: found without running it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ..autodiff import InputError
from .code import Code
from .rules import SANITISING

_MARKS = {
    "nbval-ignore-output": "its output is not compared, as it is marked",
    "nbval-skip": "it is not run, as it is marked",
}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_PIXELS = {"image/png", "image/jpeg"}
_NOT_COMPARED = {*_PIXELS, _WIDGET}
_SAYS_NOTHING = re.compile(r"<[\w.]*(Figure|Image)\b[^>]*>|<[^>]* object>|")
_CATCHES_OUTPUT = re.compile(r"(Output|interactive)\(")
_CHANGES = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "{0} is a memory address, another in every run: show something with a name"),
    (re.compile(r"\b(?:Wall time|CPU times): .*|\bper loop\b"), "“{0}” is a time, another in every run"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?"), "“{0}” looks like the time of the run"),
    (re.compile(r"\bipykernel_\d+"), "“{0}” names a process, another in every run"),
)  # fmt: skip


class Cell(NamedTuple):
    """A cell that holds code, as the file keeps it."""

    source: str
    executed: int | None
    outputs: list[dict[str, Any]]
    tags: list[str]


class Finding(NamedTuple):
    """Why a cell is not tested: the notebook, the number of the code cell from 1, its first line, and the reason."""

    notebook: Path
    cell: int
    line: str
    reason: str


def check(notebook: str | Path) -> list[Finding]:
    """What of a notebook will not be regression-tested by `pytest --nbval --chainviz`, cell by cell.

    Args:
        notebook: the path of an .ipynb file.

    Returns:
        The findings in the order of the cells; none if every output is compared and should be the same in every run.

    Raises:
        InputError: the file cannot be read, or is no notebook of format 4.

    >>> import tempfile
    >>> cell = {"cell_type": "code", "source": "x = 1", "execution_count": 1, "outputs": [], "metadata": {}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "made.ipynb")
    ...     _ = path.write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    ...     print(check(path)[0].reason)
    it has no output, so nothing is compared: end it with a value, or print one
    """
    path = Path(notebook)
    code, last = Code(), 0
    found: list[Finding] = []
    for number, cell in enumerate(code_cells(path), start=1):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if lines:
            reasons = [*_of_marks(cell), *_of_run(cell, last), *_of_outputs(cell), *code.reasons(cell.source)]
            found += [Finding(path, number, lines[0], reason) for reason in dict.fromkeys(reasons)]
            last = max(last, cell.executed or 0)
    return found


def report(paths: Sequence[str | Path]) -> tuple[list[Finding], list[str]]:
    """The findings in notebooks and in folders of them, and the lines that tell a person.

    Raises:
        InputError: as `check`; a folder that holds no notebook.
    """
    notebooks = [path for given in paths for path in _notebooks(Path(given))]
    found: list[Finding] = []
    lines: list[str] = []
    cells = 0
    for path in notebooks:
        cells += sum(bool(cell.source.strip()) for cell in code_cells(path))
        findings = check(path)
        found += findings
        for (number, line), of_cell in groupby(findings, key=lambda finding: (finding.cell, finding.line)):
            lines += [f"{path}, code cell {number}: {line}", *(f"    {finding.reason}" for finding in of_cell)]
    untested = len({(finding.notebook, finding.cell) for finding in found})
    read = f"{len(notebooks)} notebook{'' if len(notebooks) == 1 else 's'}"
    tested = f"{cells - untested} of {cells} code cells in {read} are compared in full"
    return found, [*lines, f"{tested}." if found else f"{tested}: all is tested."]


def _notebooks(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(made for made in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in made.parts)
    if not found:
        raise InputError(f"There is no notebook in {path}: name a folder that holds .ipynb files, or such a file.")
    return found


def code_cells(path: Path) -> list[Cell]:
    """The cells of a notebook that hold code; raises InputError as `check` does."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        written = notebook["nbformat"]
        cells = [
            Cell(_text(cell["source"]), cell["execution_count"], cell["outputs"], cell["metadata"].get("tags", []))
            for cell in (notebook["cells"] if written == 4 else [])
            if cell["cell_type"] == "code"
        ]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is no notebook: it is not JSON of the form that Jupyter writes.") from None
    if written != 4:
        raise InputError(f"{path} is of format {written}. Write: jupyter nbconvert --to notebook --inplace {path}")
    return cells


def _of_marks(cell: Cell) -> Iterator[str]:
    """The author's own marks: tags, and comments, which nbval knows only on lines of their own."""
    for tag, reason in _MARKS.items():
        comment = tag.upper().replace("-", "_")
        if tag in cell.tags or comment in _comments(cell):
            yield reason
        elif f"# {comment}" in cell.source:
            yield f"nbval does not see the mark {comment}: it must be a whole line"


def _of_run(cell: Cell, last: int) -> Iterator[str]:
    """How it was run: not, before a cell above it, with nothing to show, or into an error."""
    if cell.executed is None:
        kept = "has outputs, but was never run, which fails" if cell.outputs else "was never run"
        yield f"it {kept}: run all cells, and save"
        return
    if cell.executed <= last:
        yield f"it was run as [{cell.executed}], before a cell above it, [{last}]: restart, and run all cells"
    if not cell.outputs:
        yield "it has no output, so nothing is compared: end it with a value, or print one"
    meant = "raises-exception" in cell.tags or "NBVAL_RAISES_EXCEPTION" in _comments(cell)
    for output in cell.outputs:
        if output.get("output_type") == "error" and not meant:
            yield f"it keeps a {output.get('ename')}, which fails: mend it, or tag the cell raises-exception"


def _of_outputs(cell: Cell) -> Iterator[str]:
    """What is shown: without text, by a widget that catches output, or another in every run."""
    for output in cell.outputs:
        data = output.get("data", {})
        text = _text(data.get("text/plain", ""))
        compared = [kind for kind in data if kind not in _NOT_COMPARED and kind != "text/plain"]
        if data and not compared and _SAYS_NOTHING.fullmatch(text):
            shown = "a picture's pixels are" if _PIXELS & data.keys() else "a widget without text is"
            yield f"{shown} not compared: show the numbers, too"
        if _CATCHES_OUTPUT.match(text) and _WIDGET in data:
            yield "an Output widget's content is not compared: use observers, and show a widget"
        if output.get("name") == "stderr":
            yield "it wrote to stderr, where warnings name processes and files: mend what warns, or silence it"
        for said in (text, _text(data.get("text/html", "")), _text(output.get("text", ""))):
            yield from _changing(said)


def _changing(text: str) -> Iterator[str]:
    for pattern, replacement in SANITISING:
        text = re.sub(pattern, replacement, text)
    for pattern, reason in _CHANGES:
        if match := pattern.search(text):
            yield reason.format(match[0].strip())


def _comments(cell: Cell) -> set[str]:
    return {line.strip().lstrip("#").strip() for line in cell.source.splitlines() if line.strip().startswith("#")}


def _text(lines: str | list[str]) -> str:
    """Notebooks keep a text as one string, or as a list of lines."""
    return lines if isinstance(lines, str) else "".join(lines)
