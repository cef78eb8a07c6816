"""What a player's page asks of a graph besides its numbers: which input moves in forward mode, and whom to blame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph.blame import blame_adjoint
from ..graph.graph import Graph


def moving_input(graph: Graph, name: str) -> int:
    """The input of this name, or the first that is not frozen. Raises an InputError for another name."""
    return graph.input(name) if name else graph.trained[0]


def blame_in(shown: Graph, k: int) -> dict[str, Any]:
    """Where the 0, infinity or NaN of a node's adjoint was born, for the picture; {} where the adjoint is fine.

    `of` is the node, `sentence` tells the story, `birth` is the node where it began (-1 where no single one did), and
    `trail` has the edges that lead there.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> blame_in(cv.trace(lambda x: np.floor(2 * x), x=1.2), 0)["birth"]
    2
    """
    members = shown.members or tuple((node.index,) for node in shown.nodes)
    found = blame_adjoint(shown.full, members[k][-1])
    if found is None:
        return {}
    birth = next((at for at, group in enumerate(members) if found.index in group), -1)
    return {"of": k, "sentence": found.sentence, "birth": birth, "trail": _trail(shown, k, birth)}


def _trail(graph: Graph, start: int, birth: int) -> list[int]:
    """The edges between the two, or where neither leads to the other, between either and the output."""
    after = _after(graph, [start])
    if birth in after:
        return _between(graph, after, birth)
    return _between(graph, after | (_after(graph, [birth]) if birth >= 0 else set()), graph.output)


def _after(graph: Graph, starts: Iterable[int]) -> set[int]:
    """The nodes that depend on one of these, and these."""
    found = set(starts)
    for node in graph.nodes:
        if found.intersection(node.sources):
            found.add(node.index)
    return found


def _between(graph: Graph, after: set[int], end: int) -> list[int]:
    before = {end}
    for node in reversed(graph.nodes):
        if node.index in before:
            before.update(node.sources)
    return [e for e, edge in enumerate(graph.edges) if edge.source in after and edge.target in before & after]
