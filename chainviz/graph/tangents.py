"""Forward mode on a graph: the tangent of every node, and what each edge adds to it, for one input that moves.

y = x * w     moving x:   x 1   w 0   y = w * 1 + x * 0       a value and its tangent, node by node
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.passes import zeros
from ..autodiff.variable import tidy
from .bundle import Bundle, joined
from .composite import Fold
from .graph import Graph
from .node import Edge, Node, Reference


class Tangents(NamedTuple):
    """A tangent for every node, shaped as its value, and for every edge its part of its target's, shaped as that."""

    nodes: tuple[Any, ...]
    products: tuple[Any, ...]


def tangents(graph: Graph, source: int) -> Tangents:
    """The tangents when the input `source` moves: with tangent 1, an array with 1 in every entry at once.

    All other inputs stay, with tangent 0. The node's tangents are the engine's, as those of `jvp`; a node's is the sum
    of its edges' products. Raises an InputError where the input is frozen.

    >>> import chainviz as cv
    >>> found = tangents(cv.trace(lambda x, w: x * w, x=3.0, w=5.0), source=0)
    >>> found.nodes, found.products
    ((1.0, 0.0, 5.0), (5.0, 0.0))
    """
    graph.must_be_trained(source)
    members = graph.members or tuple((k,) for k in range(len(graph.nodes)))
    with np.errstate(all="ignore"):
        ends = [_results(graph, k, group) for k, group in enumerate(members)]
        moving = _walk(graph.full, ends[source])
        known = [joined([moving.get(k) for k in end], [graph.full.nodes[k] for k in end])
                 if any(k in moving for k in end) else None for end in ends]  # fmt: skip
        products = tuple(_product(graph, edge, known[edge.source]) for edge in graph.edges)
    nodes = (zeros(node.value) if t is None else t for node, t in zip(graph.nodes, known, strict=True))
    return Tangents(tuple(nodes), products)


def _results(graph: Graph, k: int, group: Sequence[int]) -> Sequence[int]:
    """The nodes of the full graph whose values a node shows: those of a bundle, else one."""
    primitive = graph.nodes[k].primitive
    return primitive.results if isinstance(primitive, Bundle) else group[-1:]


def _walk(graph: Graph, sources: Sequence[int]) -> dict[int, Any]:
    """The tangents of the nodes that depend on the inputs."""
    known: dict[int, Any] = {k: np.ones(graph.nodes[k].shape) if graph.nodes[k].shape else 1.0 for k in sources}
    for node in graph.nodes:
        arriving = [known.get(o.node) if isinstance(o, Reference) else None for o in node.operands]
        if node.primitive is not None and any(t is not None for t in arriving):
            known[node.index] = _pushed(graph, node, arriving)
    return known


def _product(graph: Graph, edge: Edge, tangent: Any) -> Any:
    """The local derivative times the tangent of the edge's source."""
    target = graph.nodes[edge.target]
    if tangent is None or graph.is_cut(edge):
        return zeros(target.value)
    if isinstance(target.primitive, Fold) and edge.local is not None:
        if target.primitive.is_elementwise(edge.operand):
            product = np.broadcast_to(edge.local * tangent, target.shape)
        else:
            pushed = np.reshape(edge.local, (np.size(target.value), np.size(tangent))) @ np.ravel(tangent)
            product = np.reshape(pushed, target.shape)
        if np.all(np.isfinite(product)):  # else what was not taken inside may be infinite, and adds nothing
            return product if target.shape else float(product)
    return _pushed(graph, target, [tangent if k == edge.operand else None for k in range(len(target.operands))])


def _pushed(graph: Graph, node: Node, arriving: list[Any]) -> Any:
    """The node's tangent for those of its operands; None is 0."""
    assert node.primitive is not None
    operands = [graph.nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
    return tidy(node.primitive.push(arriving, node.value, operands, dict(node.options)))
