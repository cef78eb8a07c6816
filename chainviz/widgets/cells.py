"""Which notebook cell is running, so that running it again replaces its widgets instead of adding to them."""

from __future__ import annotations

import weakref
from typing import Any

_open: dict[str, tuple[int, list[weakref.ref[Any]]]] = {}


def replace_in_cell(widget: Any) -> None:
    """Close what an earlier run of the running cell has opened, and remember this widget as the cell's.

    Outside JupyterLab, where cells have no identity, this does nothing.
    """
    cell = _running_cell()
    if cell is None:
        return
    name, execution = cell
    earlier, widgets = _open.get(name, (execution, []))
    if earlier != execution:
        for reference in widgets:
            old = reference()
            if old is not None:
                old.close()
        widgets = []
    _open[name] = (execution, [*widgets, weakref.ref(widget)])


def _running_cell() -> tuple[str, int] | None:
    """The cell's identity and its execution count."""
    import sys

    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    parent = getattr(shell, "parent_header", None) or {}
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, shell.execution_count) if cell else None
