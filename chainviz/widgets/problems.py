"""Why a function has no picture at some inputs, in words: in which line, and with which values."""

from __future__ import annotations

import re
import traceback

import numpy as np

from ..autodiff.errors import ChainvizError
from ..autodiff.user_code import is_inside, place
from ..autodiff.variable import Variable
from ..formatting import describe, writable
from ..graph.graph import Graph


def explain(error: BaseException) -> str:
    """What went wrong, in which line of the user's code, and with which values there."""
    if isinstance(error, ChainvizError):
        return writable(str(error))
    message = writable(f"{type(error).__name__}: {error}")
    frames = [(f, line) for f, line in traceback.walk_tb(error.__traceback__) if not is_inside(f)]
    if not frames:
        return message
    frame, line = frames[-1]
    where = place(frame, line)
    known = {name: describe(v.value) for name, v in frame.f_locals.items() if isinstance(v, Variable)}
    there = {name: text for name, text in known.items() if re.search(rf"\b{re.escape(name)}\b", where.text)}
    values = ", ".join(f"{name} = {text}" for name, text in (there or known).items())
    return f"{message.rstrip('.')}. It happened in {where}{f', where {values}' if values else ''}."


class NoValueError(ChainvizError, ArithmeticError):
    """The function gave NaN or infinity."""


def birthplace(graph: Graph) -> str:
    """The sentence that says which node was the first that is not finite, and what it was computed from."""
    trail = _trail(graph)
    born = next(node for node in graph.nodes if not np.all(np.isfinite(node.value)) and node.index in trail)
    sources = [graph.nodes[k] for k in dict.fromkeys(born.sources)]
    operands = ", ".join(f"{node.name} = {describe(node.value)}" for node in sources)
    found = f"The function has no value here: {born.name} is {describe(born.value)}"
    return (
        f"{found}{f'. It happened in {born.place}' if born.place else ''}{f', where {operands}' if operands else ''}."
    )


def _trail(graph: Graph) -> set[int]:
    """The nodes from which all is not finite up to the output."""
    found = {graph.output}
    for node in reversed(graph.nodes):
        if node.index in found:
            found |= {k for k in node.sources if not np.all(np.isfinite(graph.nodes[k].value))}
    return found
