"""The forward and the backward pass as steps: what happens, where, in which order. Knows the graph, not the picture.

Forward, one step a node. Backward, one step an edge, so that a fan-out shows each contribution arriving; none where no
adjoint passes, as the source is frozen or a stop_gradient cuts it off.

Forward mode has one pass only: a tangent is pushed through each node together with its value.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from .graph.graph import Graph

Kind = Literal["start", "value", "seed", "edge", "push"]


class Step(NamedTuple):
    """What happens: `start`, the inputs are given; `value`, a node is computed; `seed`, the output's adjoint is 1;
    `edge`, a contribution arrives. In forward mode: `seed`, the chosen input's tangent is 1; `push`, a node's value and
    tangent are computed.

    `at` is the index of the node, or of the edge; for `start` it is the output.
    """

    kind: Kind
    at: int


def steps(graph: Graph) -> tuple[Step, ...]:
    """The whole story of a graph.

    >>> import chainviz as cv
    >>> [f"{kind} {at}" for kind, at in steps(cv.trace(lambda x: (2 * x) ** 2, x=1.5))]
    ['start 2', 'value 1', 'value 2', 'seed 2', 'edge 1', 'edge 0']
    """
    forward = [Step("value", node.index) for node in graph.nodes if not node.is_input]
    edges = (k for node in reversed(graph.nodes) for k in graph.entering[node.index])
    backward = [Step("edge", k) for k in edges if graph.passes(graph.edges[k])]
    return (Step("start", graph.output), *forward, Step("seed", graph.output), *backward)


def forward_steps(graph: Graph, source: int) -> tuple[Step, ...]:
    """The story of forward mode, where the input `source` moves: dual numbers, in the order of creation.

    >>> import chainviz as cv
    >>> [f"{kind} {at}" for kind, at in forward_steps(cv.trace(lambda x: (2 * x) ** 2, x=1.5), source=0)]
    ['start 2', 'seed 0', 'push 1', 'push 2']
    """
    pushes = [Step("push", node.index) for node in graph.nodes if not node.is_input]
    return (Step("start", graph.output), Step("seed", source), *pushes)


def corresponding(step: int, graph: Graph, other: Graph) -> int:
    """The step of another picture of the same computation, folded or full, by which as much has happened.

    >>> import chainviz as cv
    >>> full = cv.trace(lambda x: cv.name(2 * x + 1, "z") ** 2, x=1.5)
    >>> [corresponding(k, full, full.fold()) for k in range(len(full.timeline()))]
    [0, 1, 1, 2, 3, 4, 5, 5]
    """
    over, there = reached(graph)[step], reached(other)
    if step == len(steps(graph)) - 1:  # a fold's contributions arrive together, so the last to arrive may be another
        return len(there) - 1
    return next((k for k, position in enumerate(there) if position >= over), len(there) - 1)


def reached(graph: Graph) -> list[int]:
    """For every step, that of the full graph with which it is over.

    >>> import chainviz as cv
    >>> reached(cv.trace(lambda x: cv.name(2 * x + 1, "z") ** 2, x=1.5).fold())
    [0, 2, 3, 4, 5, 7]
    """
    full = graph.full
    members = graph.members or tuple((k,) for k in range(len(graph.nodes)))
    home = {k: node for node, group in enumerate(members) for k in group}
    over: dict[tuple[str, Any], int] = {}
    for position, (kind, at) in enumerate(steps(full)):
        if kind == "edge":
            over[kind, (home[full.edges[at].source], home[full.edges[at].target])] = position
        else:
            over[kind, home[at]] = position
    ends = {k: (edge.source, edge.target) for k, edge in enumerate(graph.edges)}
    return [over[kind, ends[at] if kind == "edge" else at] for kind, at in steps(graph)]
