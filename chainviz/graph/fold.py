"""Folding: operations without a name of their own become part of the named operation that they feed.

    z = 2 * x + 1      full      x -> v₁ = 2 x -> z = v₁ + 1 -> ...
                       folded    x -> z = 2 x + 1 -> ...           one edge, whose local derivative is that of the whole

What folds is decided by names, uses and formulas, never by numbers: a picture keeps its shape while sliders move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..autodiff.custom import Joint
from ..autodiff.forms import General
from ..autodiff.primitive import Primitive
from . import formula
from .composite import Fold, inside
from .graph import Graph
from .later import Later, no_derivative
from .node import Edge, Node, Reference
from .templates import Formula

LONGEST = 40
"""Characters up to which the formula of a fold may grow."""


def fold(graph: Graph) -> Graph:
    """The graph with its unnamed operations folded; see `Graph.fold`."""
    home = _homes(graph)
    members: list[list[int]] = [[] for _ in graph.nodes]
    for k, root in enumerate(home):
        members[root].append(k)
    return merged(graph, [group for group in members if group])


Entering = dict[int, list[Edge]]
"""The edges that enter a group of nodes, by the nodes that are its operands."""


def merged(
    graph: Graph, groups: Sequence[Sequence[int]], kind: Callable[[Sequence[int], Entering], Fold] | None = None
) -> Graph:
    """The graph with one node for every group of nodes, each the last of its group: the only one used outside it.

    `kind` makes the operation of a group out of its nodes and what enters it; it is a Fold if you do not say.
    """
    at = {k: position for position, group in enumerate(groups) for k in group}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for position, group in enumerate(groups):
        node = graph.nodes[group[-1]]
        if len(group) > 1:
            entering = _entering(graph, group)
            joined = Fold(inside(graph, group, entering)) if kind is None else kind(group, entering)
            node = replace(node, primitive=joined, operands=tuple(map(Reference, entering)), options=())
            for k, (source, used) in enumerate(entering.items()):
                local = no_derivative if graph.nodes[source].frozen else Later(joined.local_derivative, k)
                edges.append(_joined_edge(graph, used, group[-1], k, local))
        else:
            edges += [graph.edges[k] for k in graph.entering[node.index]]
        operands = tuple(Reference(at[o.node]) if isinstance(o, Reference) else o for o in node.operands)
        nodes.append(replace(node, index=position, operands=operands))
    moved = [replace(edge, source=at[edge.source], target=at[edge.target]) for edge in edges]
    before = graph.members or [(k,) for k in range(len(graph.nodes))]
    standing_for = tuple(tuple(full for k in group for full in before[k]) for group in groups)
    inputs = tuple(at[k] for k in graph.inputs)
    shown = Graph(tuple(nodes), in_turn(moved, nodes), inputs, at[graph.output])
    return replace(shown, original=graph.full, members=standing_for)


# -- what is folded


def _homes(graph: Graph) -> list[int]:
    """For every node the one that it is shown in: itself, or the one it is folded into."""
    names_something = any(node.named for node in graph.nodes if not node.is_input)
    home = list(range(len(graph.nodes)))
    candidate = [False] * len(graph.nodes)
    for node in reversed(graph.nodes):
        used = graph.leaving[node.index]
        if node.named or node.index == graph.output or len(used) != 1 or not _foldable(node.primitive):
            continue
        edge = graph.edges[used[0]]
        target = graph.nodes[edge.target]
        is_end = target.named or (target.index == graph.output and names_something)
        candidate[node.index] = (
            (is_end or candidate[target.index])
            and _foldable(target.primitive)
            and target.primitive is not None
            and target.primitive.passes_to(edge.operand)
            and node.scope == target.scope
        )
    _stop_where_long(graph, candidate)
    for node in reversed(graph.nodes):
        if candidate[node.index]:
            home[node.index] = home[graph.edges[graph.leaving[node.index][0]].target]
    return home


def _foldable(primitive: Primitive | None) -> bool:
    """Whether the operation may be part of a fold: it works in sight, and does not take entries by their size."""
    return not (
        primitive is None
        or isinstance(primitive, (Joint, Fold))
        or (isinstance(primitive, General) and primitive.selects)
        or not any(map(primitive.passes_to, range(primitive.operands)))
    )


def _stop_where_long(graph: Graph, candidate: list[bool]) -> None:
    """Strike candidates, the longest first, that would make a formula too long."""
    written: dict[int, Formula] = {}

    def part(k: int) -> Formula:
        return written[k] if candidate[k] else formula.symbol(k)

    for node in graph.nodes:
        inner = [k for k in dict.fromkeys(node.sources) if candidate[k]]
        if not inner and not candidate[node.index]:
            continue
        inner.sort(key=lambda k: len(written[k].tex))
        made = formula.of_node(graph, node.index, part)
        while inner and formula.length(made, graph) > LONGEST:
            candidate[inner.pop()] = False
            made = formula.of_node(graph, node.index, part)
        written[node.index] = made


# -- how it is folded


def _entering(graph: Graph, group: Sequence[int]) -> Entering:
    within, entering = set(group), Entering()
    for member in group:
        for k in graph.entering[member]:
            edge = graph.edges[k]
            if edge.source not in within:
                entering.setdefault(edge.source, []).append(edge)
    return entering


def _joined_edge(graph: Graph, joined: Sequence[Edge], target: int, operand: int, local: Callable[[], Any]) -> Edge:
    """The edges from one source into a group as one."""
    passing = [edge for edge in joined if graph.passes(edge)]
    first, *others = passing or joined[:1]
    contribution = first.contribution
    for edge in others:
        contribution = contribution + edge.contribution
    return replace(first, target=target, operand=operand, derivative=local, contribution=contribution)


def in_turn(edges: list[Edge], nodes: Sequence[Node]) -> tuple[Edge, ...]:
    """The edges with their turns and sums as the backward pass delivers them; the last sum is the adjoint itself."""
    delivered = sorted((e for e in edges if e.turn > 0), key=lambda e: (-e.target, e.operand))
    uses: dict[int, int] = {}
    for edge in delivered:
        uses[edge.source] = uses.get(edge.source, 0) + 1
    turns: dict[int, int] = {}
    sums: dict[int, Any] = {}
    numbered: dict[str, Edge] = {}
    for edge in delivered:
        k = edge.source
        turns[k] = turns.get(k, 0) + 1
        sums[k] = edge.contribution if k not in sums else sums[k] + edge.contribution
        so_far = nodes[k].adjoint if turns[k] == uses[k] else sums[k]
        numbered[edge.id] = replace(edge, so_far=so_far, turn=turns[k], uses=uses[k])
    return tuple(numbered.get(edge.id) or replace(edge, uses=uses.get(edge.source, 0)) for edge in edges)
