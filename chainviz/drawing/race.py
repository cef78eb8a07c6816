"""The race: what forward mode, reverse mode and a plain product of Jacobians take to the same derivatives."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..graph.cost import MOST, Cost
from ..graph.graph import Graph
from ..messages import Message


def race(graph: Graph) -> dict[str, Any] | None:
    """For each way its name, how it goes, its multiplications and its peak memory in bytes; and who wins, and why.

    None where there is nothing to derive, or too much to count at once.

    >>> import chainviz as cv
    >>> race(cv.trace(lambda x: np.sum(x * x), x=np.ones(3)))["ways"][1]
    ['Forward mode', '3 passes', 27, 96]
    """
    if not graph.edges or len(graph.full.nodes) > MOST:
        return None
    cost = graph.cost()
    inputs = sum(int(np.size(graph.nodes[k].value)) for k in graph.trained)
    passes = Message("1 pass") if inputs == 1 else Message("{0} passes", f"{inputs:,}")
    names = (
        (Message("Reverse mode"), Message("1 pass")),
        (Message("Forward mode"), passes),
        (Message("Jacobians"), Message("layer by layer")),
    )
    rows = zip(names, cost.multiplications, cost.memory, strict=True)
    return {"ways": [[*name, count, memory] for name, count, memory in rows], "verdict": _verdict(cost, inputs)}


def _verdict(cost: Cost, inputs: int) -> str:
    reverse, forward, layers = cost.multiplications
    if inputs == 1:
        told = Message(
            "One number in, one out: either mode has the derivative after one pass. Reverse mode keeps the values of "
            "the forward pass until it comes back to them; forward mode may forget each as soon as it is used."
        )
    else:
        times = Message(": {0} times the multiplications", f"{forward / reverse:,.4g}") if reverse else ""
        told = Message(
            "{0} numbers go in and one comes out: reverse mode has every derivative after one pass, forward mode needs "
            "one for each{1}. With one number in and many out it is the other way round.", f"{inputs:,}", times,
        )  # fmt: skip
    notes: list[Message] = []
    if layers > forward:
        notes.append(Message("Whole Jacobians are multiplied with all their zeros."))
    if any(node.hidden for node in cost.nodes):
        notes.append(Message("What an operation computes out of sight, such as a checkpoint, is not counted."))
    return reduce(lambda first, more: Message("{0} {1}", first, more), notes, told)
