"""Bundles: where a value is computed from very many others, the first few show, and one card stands for the rest.

    y = t1 + t2 + ... + t2000        t1, ..., t10, … 1,990 more -> y

A bundle is the vector of all the values that it stands for, one after the other, and its adjoint is that of theirs. It
takes along what only they are computed from. Opened, it shows shorter bundles, and at last the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.primitive import Primitive
from ..autodiff.variable import tidy
from .composite import Group
from .fold import in_turn
from .graph import Graph
from .later import Later, no_derivative
from .node import Edge, Node, Reference

WIDE = 100
"""Values above which a node has too many to show them all, in a graph that is too large."""
FIRST = 10
"""Values that show all the same."""
PORTION = 50
"""Cards that a bundle opens into."""
_TERMS, INPUTS = "terms ", "the inputs"


def is_portion(name: str) -> bool:
    """Whether this is how a bundle is called."""
    return name.startswith(_TERMS)


def is_wide(graph: Graph, home: Sequence[int]) -> bool:
    """Whether a node, or the box at its `home`, is computed from very many others."""
    sources: dict[int, set[int]] = {}
    for edge in graph.edges:
        if home[edge.source] != home[edge.target]:
            sources.setdefault(home[edge.target], set()).add(home[edge.source])
    return any(len(found) > WIDE for found in sources.values())


def bundled(graph: Graph, opened: Collection[str], most: int) -> Graph:
    """The graph with bundles, until no more than `most` nodes are left, or no node is computed from very many."""
    done: set[str] = set()
    while len(graph.nodes) > most:
        wide = [node for node in graph.nodes if node.name not in done and len(set(node.sources)) > WIDE]
        node = max(wide, key=lambda node: len(set(node.sources)), default=None)
        if node is None and (len(graph.inputs) <= WIDE or INPUTS in done):
            break
        of, sources = (INPUTS, graph.inputs) if node is None else (node.name, node.sources)
        done.add(of)
        for key, title, chosen in [*_portions(graph, sources, of, opened)]:
            at = {each.name: each.index for each in graph.nodes}
            graph = _with_bundle(graph, [at[name] for name in chosen if name in at], title, key)
    return graph


class _Portion(NamedTuple):
    key: str
    title: str
    names: list[str]


def _portions(graph: Graph, nodes: Sequence[int], of: str, opened: Collection[str]) -> Iterator[_Portion]:
    """The bundles that the sources of a node are in; sources of one bundle are all inputs or none, frozen or not."""
    kinds: dict[tuple[bool, bool], list[str]] = {}
    for k in dict.fromkeys(nodes):
        source = graph.nodes[k]
        kinds.setdefault((source.is_input, source.frozen), []).append(source.name)
    for names in kinds.values():
        if len(names) > FIRST + 1:
            yield from _closed(names, FIRST, len(names), of, opened)


def _closed(names: list[str], low: int, high: int, of: str, opened: Collection[str]) -> Iterator[_Portion]:
    count, key = high - low, f"{_TERMS}{low + 1} to {high} of {of}"
    if key not in opened:
        title = "" if high == len(names) else f"{names[low]} … {names[high - 1]}"
        yield _Portion(key, title, names[low:high])
        return
    length = 1
    while length * PORTION < count:
        length *= PORTION
    if length > 1:
        for start in range(low, high, length):
            end = min(high, start + length)
            if end - start > 1:
                yield from _closed(names, start, end, of, opened)


class Bundle(Group):
    """A part of a computation with several results, or an operation on them: what a Group is that has one.

    Args:
        graph: what it is a part of.
        group: its nodes there.
        operands: for every operand the nodes that it stands for.
        results: the nodes whose values are its value.
        title, key: as for a Group.
        reached: whether an adjoint passes to each operand.
    """

    def __init__(
        self, graph: Graph, group: Sequence[int], operands: Sequence[Sequence[int]], results: Sequence[int],
        title: str, key: str, reached: list[bool],
    ) -> None:  # fmt: skip
        self.title, self.key, self.size = title, key, len(group)
        Primitive.__init__(
            self, self.compute, "", operands=len(operands), name="bundle" if is_portion(key) else self.plain_title
        )
        self._graph, self._group, self._stands_for, self._results = graph, group, operands, results
        self._reached = reached
        self.results = [graph.members[k][-1] if graph.members else k for k in results]

    @property
    def identity(self) -> Any:
        """What its picture depends on."""
        return self.title, self.key, self.size, tuple(map(len, self._stands_for)), len(self._results)

    def is_elementwise(self, position: int) -> bool:
        """Whether the local derivative is a number."""
        ends = [*self._results, *self._stands_for[position]]
        return len(ends) == 2 and all(self._graph.nodes[k].shape == () for k in ends)

    def push(self, tangents: Sequence[Any], y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The tangent of the results, through every node inside."""
        nodes, known = self._graph.nodes, dict[int, Any]()
        for tangent, stands_for in zip(tangents, self._stands_for, strict=True):
            if tangent is not None:
                known |= zip(stands_for, _split(tangent, [nodes[k] for k in stands_for]), strict=True)
        for k in self._group:
            node = nodes[k]
            arriving = [known.get(o.node) if isinstance(o, Reference) else None for o in node.operands]
            if node.primitive is not None and any(t is not None for t in arriving):
                operands = [nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
                known[k] = tidy(node.primitive.push(arriving, node.value, operands, dict(node.options)))
        return joined([known.get(k) for k in self._results], [nodes[k] for k in self._results])


def _with_bundle(graph: Graph, chosen: Sequence[int], title: str, key: str) -> Graph:
    """The graph with one node for the chosen ones and for what only they are computed from."""
    within, after = _cone(graph, chosen)
    results = sorted(k for k in within if any(graph.edges[e].target not in within for e in graph.leaving[k]))
    if len(results) < 2:
        return graph
    last = results[-1]
    others = [k for k in range(len(graph.nodes)) if k not in within]
    order = [*(k for k in others if k not in after), last, *(k for k in others if k in after)]
    at = {k: position for position, k in enumerate(order)} | dict.fromkeys(within, order.index(last))
    title = title or _free(f"… {len(results):,} more", key, graph)
    links: dict[tuple[int, int], list[Edge]] = {}
    for edge in graph.edges:
        if at[edge.source] != at[edge.target]:
            links.setdefault((at[edge.target], at[edge.source]), []).append(edge)
    entering: dict[int, list[int]] = {}
    for target, source in links:
        entering.setdefault(target, []).append(source)
    outputs, nodes, edges = [graph.nodes[k] for k in results], list[Node](), list[Edge]()
    for position, k in enumerate(order):
        node, sources = graph.nodes[k], entering.get(position, [])
        is_bundle = k == last
        if not is_bundle and at[last] not in sources:
            operands = tuple(Reference(at[o.node]) if isinstance(o, Reference) else o for o in node.operands)
            nodes.append(replace(node, index=position, operands=operands))
            edges += [replace(e, source=at[e.source], target=position)
                      for e in map(graph.edges.__getitem__, graph.entering[k])]  # fmt: skip
            continue
        stands_for = [results if order[s] == last else [order[s]] for s in sources]
        reached = [any(map(graph.passes, links[position, s])) for s in sources]
        inside, ends = (sorted(within), results) if is_bundle else ([k], [k])
        named = node.primitive if isinstance(node.primitive, Group) else None
        called = (title, key) if is_bundle else (named.title, named.key) if named else (_name(node), "")
        made = Bundle(graph, inside, stands_for, ends, *called, reached)
        made.size = named.size if named and not is_bundle else made.size
        node = replace(node, index=position, primitive=made, operands=tuple(map(Reference, sources)), options=())
        nodes.append(_standing_for(outputs, node, title) if is_bundle else node)
        for operand, s in enumerate(sources):
            edges.append(_joined_edge(graph, links[position, s], stands_for[operand], ends, (s, position, operand)))
    before = graph.members or [(k,) for k in range(len(graph.nodes))]
    members = [
        tuple(sorted(full for j in within for full in before[j])) if k == last else tuple(before[k]) for k in order
    ]
    inputs = tuple(dict.fromkeys(at[k] for k in graph.inputs))
    shown = Graph(tuple(nodes), in_turn(edges, nodes), inputs, at[graph.output])
    return replace(shown, original=graph.full, members=tuple(members))


def _name(node: Node) -> str:
    return node.primitive.name if node.primitive is not None else node.name


def _free(title: str, key: str, graph: Graph) -> str:
    """The title, or one that no other node has for a name."""
    return title if all(node.name != title for node in graph.nodes) else f"{title} {key[key.index('of ') :]}"


def _cone(graph: Graph, chosen: Sequence[int]) -> tuple[set[int], set[int]]:
    """The chosen nodes and what only they are computed from, but none that a way leads to out of these and back; and
    what else is computed from them."""
    within, wanted = set[int](), set(chosen)
    for k in range(len(graph.nodes) - 1, -1, -1):
        users = [graph.edges[e].target for e in graph.leaving[k]]
        free = not graph.nodes[k].is_input and k != graph.output
        if k in wanted or (free and users and within.issuperset(users)):
            within.add(k)
    outside_after = set[int]()  # what is outside, and computed from what is within
    for node in graph.nodes:
        sources = set(node.sources)
        if node.index in within and sources & outside_after:
            within.discard(node.index)
        if node.index not in within and sources & (within | outside_after):
            outside_after.add(node.index)
    return within, outside_after


def _standing_for(outputs: Sequence[Node], node: Node, title: str) -> Node:
    """The node of a bundle with these outputs."""
    adjoint = None if all(o.adjoint is None for o in outputs) else joined([o.adjoint for o in outputs], outputs)
    value = joined([o.value for o in outputs], outputs)
    return replace(node, name=title, value=value, adjoint=adjoint, place=None, named=True,
                   operands=() if node.is_input else node.operands)  # fmt: skip


def _joined_edge(
    graph: Graph, joined: Sequence[Edge], sources: Sequence[int], targets: Sequence[int], at: tuple[int, int, int]
) -> Edge:
    """The edges from some sources to some targets as one, from and to the positions that are given."""
    nodes = [graph.nodes[k] for k in sources]
    passing = [edge for edge in joined if graph.passes(edge)]
    contribution = _summed(passing, sources, nodes, lambda edge: edge.contribution) if passing else None
    still = all(node.frozen for node in nodes)
    local = no_derivative if still else Later(_local, graph, joined, sources, targets)
    source, target, operand = at
    return replace((passing or joined)[0], source=source, target=target, operand=operand, derivative=local,
                   contribution=contribution)  # fmt: skip


def _local(graph: Graph, joined: Sequence[Edge], sources: Sequence[int], targets: Sequence[int]) -> Any:
    """d target / d sources, where the target is one number; else None, as it is too big."""
    nodes = [graph.nodes[k] for k in sources]
    if len(targets) > 1 or graph.nodes[targets[0]].shape or any(edge.local is None for edge in joined):
        return None
    return _summed(joined, sources, nodes, lambda edge: edge.local)


def _summed(edges: Sequence[Edge], sources: Sequence[int], nodes: Sequence[Node], part: Callable[[Edge], Any]) -> Any:
    """For every source the sum of a part of its edges, one after the other."""
    sums: dict[int, Any] = {}
    for edge in edges:
        sums[edge.source] = sums[edge.source] + part(edge) if edge.source in sums else part(edge)
    return joined([sums.get(k) for k in sources], nodes)


def joined(parts: Sequence[Any], nodes: Sequence[Node]) -> Any:
    """What belongs to the nodes in one row, None as zeros; of one node, as it is."""
    whole = [np.zeros(node.shape) if p is None else p for p, node in zip(parts, nodes, strict=True)]
    if len(whole) == 1:
        return tidy(whole[0])
    return np.concatenate([np.ravel(np.broadcast_to(p, n.shape)) for p, n in zip(whole, nodes, strict=True)])


def _split(row: Any, nodes: Sequence[Node]) -> list[Any]:
    """The inverse of `joined`."""
    if len(nodes) == 1:
        return [row]
    ends = np.cumsum([np.size(node.value) for node in nodes])[:-1]
    return [tidy(np.reshape(p, n.shape)) for p, n in zip(np.split(row, ends), nodes, strict=True)]
