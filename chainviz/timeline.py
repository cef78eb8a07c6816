"""The forward and the backward pass as steps: what happens, where, in which order. Knows the graph, not the picture.

Forward, one step a node. Backward, one step an edge, so that a fan-out shows each contribution arriving; none where no
adjoint passes, as the source is frozen or a stop_gradient cuts it off.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .graph.graph import Graph

Kind = Literal["start", "value", "seed", "edge"]


class Step(NamedTuple):
    """What happens: `start`, the inputs are given; `value`, a node is computed; `seed`, the output's adjoint is 1;
    `edge`, a contribution arrives.

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
