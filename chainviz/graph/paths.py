"""The paths between two numbers of a graph: how many, which are strongest, and their sum, which is the derivative.

All by one walk back from the target, so that a graph with 10^30 paths takes no longer than one with three.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

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


_Way = tuple[float, bool, Any]
"""A path as it grows towards the source: its product, whether nothing passes at all, its first edge and the rest."""


def paths(graph: Graph, source: str | int, target: str | int | None = None, strongest: int = 10) -> Paths:
    """The paths from `source` to `target`, given by name or index; see `Graph.paths`."""
    start, end = _node(graph, source), graph.output if target is None else _node(graph, target)
    graph.must_be_trained(start)
    count, total = [0] * len(graph.nodes), [0.0] * len(graph.nodes)
    dead = [False] * len(graph.nodes)  # no adjoint arrives at all, as np.where did not take the value
    best: list[list[_Way]] = [[] for _ in graph.nodes]
    count[end], total[end], best[end] = 1, 1.0, [(1.0, False, None)]
    for node in sorted((k for k in graph.depending(start) if k < end), reverse=True):
        ways: list[_Way] = []
        onward = [(k, graph.edges[k]) for k in graph.leaving[node] if count[graph.edges[k].target]]
        cut: list[bool] = []
        for k, edge in onward:
            made = graph.nodes[edge.target]
            if not isinstance(edge.local, float):
                name = graph.nodes[edge.source].name if graph.nodes[edge.source].shape else made.name
                raise InputError(f"Products along paths are for numbers, but {name!r} on the way is an array.")
            untaken = edge.local == 0.0 and made.primitive is not None and made.primitive.selects
            cut.append(dead[edge.target] or untaken)
            count[node] += count[edge.target]
            total[node] += 0.0 if cut[-1] else edge.local * total[edge.target]
            for way in best[edge.target]:
                stopped = way[1] or cut[-1]
                ways.append((0.0 if stopped else edge.local * way[0], stopped, (k, way)))
        dead[node] = bool(cut) and all(cut)
        best[node] = heapq.nlargest(strongest, ways, key=_strength)
    return Paths(count[start], tuple(_path(way) for way in best[start]), total[start])


def _strength(way: _Way) -> float:
    return math.inf if math.isnan(way[0]) else abs(way[0])


def _path(way: _Way) -> Path:
    edges: list[int] = []
    product, _, link = way
    while link is not None:
        edges.append(link[0])
        link = link[1][2]
    return Path(tuple(edges), product)


def _node(graph: Graph, wanted: str | int) -> int:
    """The index of a node given by name or index."""
    if isinstance(wanted, int) and 0 <= wanted < len(graph.nodes):
        return wanted
    found = next((node.index for node in graph.nodes if node.name == wanted), None)
    if found is None:
        names = ", ".join(node.name for node in graph.nodes[:20])
        raise InputError(f"There is no node {wanted!r} in this graph. Its nodes are {names}.")
    return found
