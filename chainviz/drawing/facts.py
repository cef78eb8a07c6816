"""What a hover card says besides numbers: facts of a node or an edge that stay the same while sliders move."""

from __future__ import annotations

import numpy as np

from ..graph.cost import Shown
from ..graph.graph import Edge, Graph


def node_facts(graph: Graph, index: int, cost: Shown) -> list[tuple[str, str]]:
    """Terms and what is to be said of them: shape, how many operations it stands for, what they cost.

    >>> import chainviz as cv
    >>> from chainviz.graph.cost import by_node
    >>> graph = cv.trace(lambda x: np.sum(2 * x), x=np.ones(1000))
    >>> node_facts(graph, 1, by_node(graph)[1])
    [('shape', '1000'), ('operations', '1,000 forward, 1,000 backward'), ('memory', '8,000 bytes')]
    """
    node, members = graph.nodes[index], len(graph.members[index]) if graph.members else 1
    facts = [("shape", "×".join(map(str, node.shape)))] if node.shape else []
    if members > 1:
        facts.append(("stands for", f"{members} operations"))
    if not node.is_input:
        backward = "" if cost.backward is None else f", {cost.backward:,} backward"
        facts.append(("operations", "out of sight" if cost.forward is None else f"{cost.forward:,} forward{backward}"))
    return [*facts, ("memory", f"{cost.bytes:,} bytes")]


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
    whole = f"a Jacobian of {rows}×{columns}"
    if edge.local is None:
        return f"{whole}, not worked out"
    if np.size(edge.local) == rows * columns:
        return whole
    return f"the diagonal of {whole}" if rows == columns else f"{whole}, entry by entry"
