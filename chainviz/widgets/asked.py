"""What a page asks Python for: the source of what it shows, and values for a finite-difference check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph.graph import Graph
from ..graph.source import lines_of_steps, printed
from ..messages import Message

LARGEST_SOURCE = 1000
"""Operations of a graph up to which its source is shown."""


def source_of(graph: Graph, version: int) -> dict[str, Any]:
    """The source for the scene of this version, and its lines for every step; or why there is none, in words."""
    count = len(graph.full.nodes)
    if count > LARGEST_SOURCE:
        why = Message(
            "{0} operations are too many lines to read here. In Python, graph.to_source() writes them.", count
        )
        return {"version": version, "error": why}
    try:
        made = printed(graph.full)
    except Exception as error:  # noqa: BLE001 (whatever a rule raises is for the reader)
        return {"version": version, "error": str(error) or type(error).__name__}
    return {"version": version, "lines": made.text.splitlines(), "steps": lines_of_steps(graph, made)}


def outputs_around(
    graph: Graph, k: int, steps: Sequence[float], output_at: Callable[[list[Any]], float]
) -> dict[str, Any]:
    """The function on both sides of where the graph is, along its k-th input; of an array along a random direction.

    Returns `sides`, for every step the outputs behind and ahead (None where there is no value), `here`, the output, and
    `adjoint`, what the slope should be.

    Args:
        graph: the recording.
        k: which of its inputs moves.
        steps: how far, relative to the input's largest entry or 1.
        output_at: the function of all inputs, in their order.
    """
    values = [graph.nodes[i].value for i in graph.inputs]
    moved = graph.nodes[graph.inputs[k]]
    direction: Any = 1.0
    if moved.shape:
        direction = np.random.default_rng(0).standard_normal(moved.shape)
    size = float(max(1.0, np.max(np.abs(moved.value), initial=0.0)))

    def at(distance: float) -> float | None:
        values[k] = moved.value + distance * direction
        try:
            with np.errstate(all="ignore"):
                found = float(output_at(values))
        except Exception:  # noqa: BLE001 (outside of its domain a function may raise anything)
            return None
        return found if np.isfinite(found) else None

    return {
        "here": float(graph.nodes[graph.output].value),
        "adjoint": float(np.sum(np.asarray(moved.adjoint) * direction)),
        "steps": [size * step for step in steps],
        "sides": [[at(-size * step), at(size * step)] for step in steps],
    }


def derivation_latex(graph: Graph, k: int) -> str:
    """The derivation of the output by the k-th input, an equation a line, for any page that typesets LaTeX."""
    equations = [step.equation for step in graph.derivation(graph.nodes[graph.inputs[k]].name)]
    lines = " \\\\\n".join(f"  & {equation}" for equation in equations)
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"
