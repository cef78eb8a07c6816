"""The paths between two numbers of a graph: how many, which are strongest, and their sum, which is the derivative.

All by one walk back from the target, so that a graph with 10^30 paths takes no longer than one with three.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from ..autodiff.errors import InputError
from .graph import Graph


@dataclass(frozen=True)
class Path:
    """One way from the source to the target: its edges, by index, and the product of their local derivatives."""

    edges: tuple[int, ...]
    product: float


@dataclass(frozen=True)
class Paths:
    """All ways from the source to the target.

    `count` is exact, the `strongest` are sorted by size, `total` is the sum of all products.
    """

    count: int
    strongest: tuple[Path, ...]
    total: float

    @property
    def rest(self) -> float:
        """What the paths that are not among the strongest contribute together."""
        return self.total - math.fsum(path.product for path in self.strongest)


def paths(graph: Graph, source: str | int, target: str | int | None = None, strongest: int = 10) -> Paths:
    """The paths from `source` to `target`, given by name or index; see `Graph.paths`."""
    start, end = _node(graph, source), graph.output if target is None else _node(graph, target)
    count = [0] * len(graph.nodes)
    total = [0.0] * len(graph.nodes)
    best: list[list[Path]] = [[] for _ in graph.nodes]
    count[end], total[end], best[end] = 1, 1.0, [Path((), 1.0)]
    for node in range(end - 1, start - 1, -1):
        onward = [(k, graph.edges[k]) for k in graph.leaving[node] if count[graph.edges[k].target]]
        for k, edge in onward:
            if not isinstance(edge.local, float):
                name = (
                    graph.nodes[edge.source].name if graph.nodes[edge.source].shape else graph.nodes[edge.target].name
                )
                raise InputError(f"Products along paths are for numbers, but {name!r} on the way is an array.")
            count[node] += count[edge.target]
            total[node] += edge.local * total[edge.target]
            best[node] += [Path((k, *path.edges), edge.local * path.product) for path in best[edge.target]]
        best[node] = heapq.nlargest(strongest, best[node], key=_strength)
    return Paths(count[start], tuple(best[start]), total[start])


def _strength(path: Path) -> float:
    return math.inf if math.isnan(path.product) else abs(path.product)


def _node(graph: Graph, wanted: str | int) -> int:
    """The index of a node given by name or index."""
    if isinstance(wanted, int) and 0 <= wanted < len(graph.nodes):
        return wanted
    found = next((node.index for node in graph.nodes if node.name == wanted), None)
    if found is None:
        names = ", ".join(node.name for node in graph.nodes[:20])
        raise InputError(f"There is no node {wanted!r} in this graph. Its nodes are {names}.")
    return found
