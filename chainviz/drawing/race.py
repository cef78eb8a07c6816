"""The race: what forward mode, reverse mode and a plain product of Jacobians take to the same derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.cost import Cost
from ..graph.graph import Graph

LARGEST_COUNTED = 600
"""Operations up to which a scene has a race: counting them records both passes."""


def race(graph: Graph) -> dict[str, Any] | None:
    """For each way its name, how it goes, its multiplications and its peak memory in bytes; and who wins, and why.

    None where there is nothing to derive, or too much to count at once.

    >>> import chainviz as cv
    >>> race(cv.trace(lambda x: np.sum(x * x), x=np.ones(3)))["ways"][1]
    ['Forward mode', '3 passes', 27, 96]
    """
    if not graph.edges or len(graph.full.nodes) > LARGEST_COUNTED:
        return None
    cost = graph.cost()
    inputs = sum(int(np.size(graph.nodes[k].value)) for k in graph.trained)
    passes = "1 pass" if inputs == 1 else f"{inputs:,} passes"
    names = ("Reverse mode", "1 pass"), ("Forward mode", passes), ("Jacobians", "layer by layer")
    rows = zip(names, cost.multiplications, cost.memory, strict=True)
    return {"ways": [[*name, count, memory] for name, count, memory in rows], "verdict": _verdict(cost, inputs)}


def _verdict(cost: Cost, inputs: int) -> str:
    reverse, forward, layers = cost.multiplications
    if inputs == 1:
        told = (
            "One number in, one out: either mode has the derivative after one pass. Reverse mode keeps the values of "
            "the forward pass until it comes back to them; forward mode may forget each as soon as it is used."
        )
    else:
        times = f": {forward / reverse:,.4g} times the multiplications" if reverse else ""
        told = (
            f"{inputs:,} numbers go in and one comes out: reverse mode has every derivative after one pass, forward "
            f"mode needs one for each{times}. With one number in and many out it is the other way round."
        )
    if layers > forward:
        told += " Whole Jacobians are multiplied with all their zeros."
    if any(node.hidden for node in cost.nodes):
        told += " What an operation computes out of sight, such as a checkpoint, is not counted."
    return told
