"""What a hover card says besides numbers: facts of a node or an edge that stay the same while sliders move."""

from __future__ import annotations

import numpy as np

from ..graph.cost import Shown
from ..graph.graph import Graph
from ..graph.node import Edge
from ..messages import Message


def node_facts(graph: Graph, index: int, cost: Shown) -> list[tuple[str, str]]:
    """Terms and what is to be said of them: shape, how many operations it stands for, what they cost.

    >>> import chainviz as cv
    >>> from chainviz.graph.cost import by_node
    >>> graph = cv.trace(lambda x: np.sum(2 * x), x=np.ones(1000))
    >>> node_facts(graph, 1, by_node(graph)[1])
    [('shape', '1000'), ('operations', '1,000 forward, 1,000 backward'), ('memory', '8,000 bytes')]
    """
    node, members = graph.nodes[index], len(graph.members[index]) if graph.members else 1
    facts: list[tuple[str, str]] = [(Message("shape"), "×".join(map(str, node.shape)))] if node.shape else []
    if members > 1:
        facts.append((Message("stands for"), Message("{0} operations", members)))
    if not node.is_input:
        facts.append((Message("operations"), _operations(cost)))
    return [*facts, (Message("memory"), Message("{0} bytes", f"{cost.bytes:,}"))]


def _operations(cost: Shown) -> str:
    if cost.forward is None:
        return Message("out of sight")
    if cost.backward is None:
        return Message("{0} forward", f"{cost.forward:,}")
    return Message("{0} forward, {1} backward", f"{cost.forward:,}", f"{cost.backward:,}")


def part_of_jacobian(graph: Graph, edge: Edge) -> str:
    """Which part of the Jacobian d target / d source the numbers of the edge are; "" between two numbers.

    >>> import chainviz as cv
    >>> graph = cv.trace(lambda x: np.sum(2 * x), x=np.ones(3))
    >>> [part_of_jacobian(graph, edge) for edge in graph.edges]
    ['the diagonal of a Jacobian of 3×3', 'a Jacobian of 1×3']
    """
    rows, columns = (int(np.size(graph.nodes[k].value)) for k in (edge.target, edge.source))
    if rows == columns == 1:
        return ""
    shape = f"{rows}×{columns}"
    if edge.local is None:
        return Message("a Jacobian of {0}, not worked out", shape)
    if np.size(edge.local) == rows * columns:
        return Message("a Jacobian of {0}", shape)
    if rows == columns:
        return Message("the diagonal of a Jacobian of {0}", shape)
    return Message("a Jacobian of {0}, entry by entry", shape)
