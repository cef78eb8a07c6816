"""Fold and Group: several operations shown as one, a primitive whose operation is a graph of its own.

z = 2 * x + 1     inside    n0  x   n1  2 x   n2  n1 + 1       the operands come first, the result last
                  formula   2 x + 1                            the inner ones, put together
                  rule      g * 1 * 2                          the inner ones, from the result to the operand
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ..autodiff.errors import ChainvizError
from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive
from ..autodiff.record import Record
from ..autodiff.variable import Variable, wrap
from ..autodiff.walk import walk_back
from .graph import Graph
from .node import Edge, Node, Reference
from .program import looks_at_numbers, pull
from .trace import LARGEST_JACOBIAN, as_local


class Fold(Primitive):
    """The operations of `inside`, whose first nodes are the operands, and whose last is the result."""

    def __init__(self, inside: Graph) -> None:
        super().__init__(self.compute, "", operands=len(inside.inputs), name="fold")
        self.inside = inside

    @property
    def identity(self) -> Any:
        """What it does, and its picture shows."""
        return self.inside.signature

    @property
    def inner(self) -> tuple[Node, ...]:
        """The operations, in order."""
        return self.inside.nodes[self.operands :]

    def compute(self, *args: Any) -> Any:
        """The result for these operands."""
        return self._values(args)[-1]

    def _values(self, args: Sequence[Any]) -> list[Any]:
        values = list(args)
        for node in self.inner:
            operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            assert node.primitive is not None
            values.append(node.primitive(*operands, **dict(node.options)))
        return values

    @cached_property
    def _ways(self) -> list[frozenset[int]]:
        """For every operand, the inner nodes that a derivative with respect to it comes through."""
        found: list[frozenset[int]] = []
        for position in range(self.operands):
            through = {position}
            for node in self.inner:
                assert node.primitive is not None
                for k, o in enumerate(node.operands):
                    if isinstance(o, Reference) and o.node in through and node.primitive.passes_to(k):
                        through.add(node.index)
            found.append(frozenset(through - {position}))
        return found

    def passes_to(self, position: int) -> bool:
        """Whether an adjoint passes to this operand at all."""
        return bool(self._ways[position])

    def is_elementwise(self, position: int) -> bool:
        """Whether an entry of the result depends only on the operand's entry at the same place."""
        return all(isinstance(self.inside.nodes[k].primitive, Elementwise) for k in self._ways[position])

    def looks_at_numbers(self, position: int) -> bool:
        """Whether the rule depends on the numbers, so that its formula at one point does not hold at others."""
        nodes = self.inside.nodes
        for node, places in self.way(position):
            args = tuple(wrap(nodes[o.node].value) if isinstance(o, Reference) else o for o in node.operands)
            assert node.primitive is not None
            if any(looks_at_numbers(node.primitive, place, args, dict(node.options)) for place in places):
                return True
        return False

    def way(self, position: int) -> list[tuple[Node, list[int]]]:
        """The inner nodes between an operand and the result, the last first, and which of their own operands count."""
        reached, found = {position, *self._ways[position]}, list[tuple[Node, list[int]]]()
        for node in reversed(self.inner):
            if node.index in reached and node.primitive is not None:
                places = [k for k, o in enumerate(node.operands) if isinstance(o, Reference) and o.node in reached]
                found.append((node, [k for k in places if node.primitive.passes_to(k)]))
        return found

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The rules of the inner operations, one after the other. On Variables it records them: their formula."""
        return self.pull_through(position, g, [*self._values(args)[:-1], y])

    def pull_through(self, position: int, g: Any, values: Sequence[Any]) -> Any:
        """`pull`, where the values of all nodes inside are given."""
        adjoints: dict[int, Any] = {len(values) - 1: g}
        for node, places in self.way(position):
            assert node.primitive is not None
            args = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            for k in places:
                at = node.operands[k].node
                part = pull(k, adjoints[node.index], values[node.index], node.primitive, args, dict(node.options))
                adjoints[at] = adjoints[at] + part if at in adjoints else part
        return adjoints[position]

    def local_derivative(self, position: int) -> Any:
        """d result / d operand at the recorded numbers, in the form of an edge's `local`; None where that is too big.

        The engine walks back from the result, so that these are its own numbers. Where entries depend on entries at
        the same place only, all values are stretched to the result's shape: nothing is summed on the way then.
        """
        result, operand = self.inside.nodes[-1], self.inside.nodes[position]
        elementwise = self.is_elementwise(position)
        size = int(np.size(operand.value)) * int(np.size(result.value))
        if not self.passes_to(position):
            return np.broadcast_to(0.0, result.shape) if result.shape else 0.0
        if not elementwise and size > LARGEST_JACOBIAN:
            return None
        source, output = self._recorded(position, result.shape if elementwise else None)
        if elementwise:
            seeds = [np.ones(result.shape) if result.shape else 1.0]
        else:
            rows = np.eye(int(np.size(result.value))).reshape(-1, *result.shape)
            seeds = [row if np.ndim(row) else float(row) for row in rows]
        try:
            record = Record([output], [source])
            with np.errstate(all="ignore"):
                pulled = [walk_back(record, [seed], recording=False).adjoint(source) for seed in seeds]
        except ChainvizError:  # parts that no adjoint arrives at, such as eigenvectors, may have no derivative
            return None
        return pulled[0] if elementwise else as_local(pulled, result.value, operand.value)

    def _recorded(self, position: int, shape: tuple[int, ...] | None) -> tuple[Variable, Variable]:
        """The operand and the result as Variables with the recorded values, stretched to the shape if there is one."""

        def stretched(value: Any) -> Any:
            return value if not shape else np.broadcast_to(value, shape)

        source = wrap(stretched(self.inside.nodes[position].value))
        made: dict[int, Variable] = {position: source}
        for node in self.inner:
            if node.index in self._ways[position]:
                operands = tuple(
                    made.get(o.node, self.inside.nodes[o.node].value) if isinstance(o, Reference) else o
                    for o in node.operands
                )
                made[node.index] = wrap(stretched(node.value), node.primitive, operands, dict(node.options))
        return source, made[len(self.inside.nodes) - 1]


def inside(graph: Graph, group: Sequence[int], entering: Iterable[int]) -> Graph:
    """A group of nodes as a graph of its own, whose inputs are the nodes that enter it."""
    at = {k: position for position, k in enumerate([*entering, *group])}
    outer = len(at) - len(group)
    nodes = [replace(graph.nodes[k], index=at[k], primitive=None, operands=(), options=()) for k in [*at][:outer]]
    for k in group:
        node = graph.nodes[k]
        operands = tuple(Reference(at[o.node]) if isinstance(o, Reference) else o for o in node.operands)
        nodes.append(replace(node, index=at[k], operands=operands))
    edges = tuple(
        replace(edge, source=at[edge.source], target=at[edge.target])
        for k in group
        for edge in map(graph.edges.__getitem__, graph.entering[k])
    )
    return Graph(tuple(nodes), edges, tuple(range(outer)), len(nodes) - 1)


class Group(Fold):
    """A part of a computation that shows by its title only: its formula would be too long. `key` is how to name it.

    Args:
        graph: what it is a part of.
        group: its nodes there, the result last.
        entering: the edges that enter it, by the nodes that are its operands.
        title: what it is called in the picture.
        key: its name, by which it opens.
    """

    LARGEST_RESULT = 16
    """Entries of the result up to which its local derivatives are worked out: one backward walk for each."""

    def __init__(
        self, graph: Graph, group: Sequence[int], entering: Mapping[int, Sequence[Edge]], title: str, key: str
    ) -> None:
        self.title, self.key, self.size = title, key, len(group)
        Primitive.__init__(self, self.compute, "", operands=len(entering), name=self.plain_title)
        self._graph, self._group, self._operands = graph, group, tuple(entering)
        self._reached = [any(graph.passes(edge) for edge in edges) for edges in entering.values()]

    @cached_property
    def inside(self) -> Graph:  # pyright: ignore[reportIncompatibleVariableOverride] (made when it is asked for)
        """The part as a graph of its own."""
        return inside(self._graph, self._group, self._operands)

    @property
    def identity(self) -> Any:
        """What its picture depends on."""
        return self.title, self.key, self.size

    @property
    def plain_title(self) -> str:
        """The title without signs that LaTeX would take for its own."""
        return re.sub(r"[^\w ×-]|_", " ", self.title)

    def passes_to(self, position: int) -> bool:
        """Whether an adjoint passes to this operand at all."""
        return self._reached[position]

    def is_elementwise(self, position: int) -> bool:
        """Whether the local derivative is a number."""
        result, operand = self._ends(position)
        return result.shape == operand.shape == ()

    def _ends(self, position: int) -> tuple[Node, Node]:
        """The result and an operand."""
        return self._graph.nodes[self._group[-1]], self._graph.nodes[self._operands[position]]

    def local_derivative(self, position: int) -> Any:
        """d result / d operand, in the form of an edge's `local`; None where that is too big."""
        result, operand = self._ends(position)
        if self._rows is None or np.size(result.value) * np.size(operand.value) > LARGEST_JACOBIAN:
            return None
        zeros = np.zeros(operand.shape)
        return as_local([zeros if row[position] is None else row[position] for row in self._rows],
                        result.value, operand.value)  # fmt: skip

    @cached_property
    def _rows(self) -> list[list[Any]] | None:
        """For every entry of the result, the operands' adjoints when it alone has 1."""
        nodes = self._graph.nodes
        result = nodes[self._group[-1]]
        count = int(np.size(result.value))
        if count > self.LARGEST_RESULT:
            return None
        made = {k: wrap(nodes[k].value) for k in self._operands}
        sources = list(made.values())
        for k in self._group:
            node = nodes[k]
            operands = tuple([made[o.node] if isinstance(o, Reference) else o for o in node.operands])
            made[k] = wrap(node.value, node.primitive, operands, dict(node.options) if node.options else None)
        record = Record([made[self._group[-1]]], sources)
        seeds = np.eye(count).reshape(count, *result.shape)
        try:
            with np.errstate(all="ignore"):
                walks = [walk_back(record, [s if s.shape else float(s)], recording=False) for s in seeds]
        except ChainvizError:  # parts that no adjoint arrives at, such as eigenvectors, may have no derivative
            return None
        return [[walk.adjoint(source) for source in sources] for walk in walks]
