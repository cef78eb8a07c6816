"""What a computation costs: operations, bytes and live memory of both passes, and of the other ways to differentiate.

Counted by simple rules: an elementwise operation is one an entry of its result, a matrix product of m×k and k×n is 2mnk
(a multiplication and an addition each), a reduction one an entry of what it reads, a copy or view none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive
from ..autodiff.variable import Variable, plain
from .graph import Graph
from .node import Edge, Reference
from .operations import VIEWS, is_view, table_name
from .program import Choice, Program, needed, outcome, program

_FREE = {*VIEWS, "flip", "roll", "stack", "concatenate", "scatter"}
_CUBIC = {"inv": 2.0, "det": 2 / 3, "logabsdet": 2 / 3, "cholesky": 1 / 3, "solve": 2 / 3}
"""Operations an n³ of the methods of numpy.linalg (Golub and Van Loan, Matrix Computations, chapters 3 and 4)."""


MOST = 600
"""Operations of a graph up to which a picture counts those of the backward pass: that records it."""

_WAYS = ("reverse", "forward", "layer by layer")


@dataclass(frozen=True)
class NodeCost:
    """One node: the operations of its step forward, those of all its steps backward, and the bytes of its value.

    `hidden` is the name of an operation that computes out of sight, such as a checkpoint, whose own are not counted.
    """

    name: str
    forward: int
    backward: int
    bytes: int
    hidden: str = ""


class Multiplications(NamedTuple):
    """How many multiplications each way to the Jacobian takes, once the local derivatives are known."""

    reverse: int
    forward: int
    layer_by_layer: int


class Memory(NamedTuple):
    """The most bytes that are alive at one time on each way to the Jacobian."""

    reverse: int
    forward: int
    layer_by_layer: int


@dataclass(frozen=True)
class Cost:
    """What both passes cost. `live` is the memory in bytes after every step, forward and then backward.

    `multiplications` compares ways to the same Jacobian: `reverse` (one pass for each of m outputs), `forward` (one for
    each of n inputs that are not frozen), and `layer_by_layer` (the product of the full Jacobians of all steps, from
    the inputs on). Steps that only lead to a stop_gradient or from frozen inputs are left out.

    `memory` compares the same ways: `reverse` has the peak of `live`, `forward` a value and a tangent for each number
    that is still to be used, and `layer_by_layer` a value, its full Jacobian by all inputs, and that of the step.

    What runs out of sight (`checkpoint`, `reversible`, `implicit`, your own primitives) is one node that keeps its
    result only. Its own operations are unknown here and count as 0: for a checkpoint, those of the block twice forward
    and once backward, and for a moment all that the block keeps. The table says so.
    """

    nodes: tuple[NodeCost, ...]
    forward: int
    backward: int
    live: tuple[int, ...]
    multiplications: Multiplications
    memory: Memory

    @property
    def peak(self) -> int:
        """The most memory that is needed at one time, in bytes."""
        return max(self.live)

    def __repr__(self) -> str:
        rows = [("", "forward", "backward", "bytes")]
        shown = self.nodes if len(self.nodes) <= 12 else (*self.nodes[:6], None, *self.nodes[-5:])
        rows += [("...",) * 4 if n is None else _row(n) for n in shown]
        rows.append(("total", *_grouped(self.forward, self.backward, sum(node.bytes for node in self.nodes))))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
        ways = ", ".join(f"{way} {n:,}" for way, n in zip(_WAYS, self.multiplications, strict=True))
        lines = [*table, f"peak memory: {self.peak:,} bytes", f"multiplications: {ways}"]
        if hidden := ", ".join(dict.fromkeys(node.hidden for node in self.nodes if node.hidden)):
            lines.append(
                f"?: what {hidden} computes and keeps inside is out of sight, so it is in none of these numbers"
            )
        return "\n".join(lines)


def cost(graph: Graph) -> Cost:
    """Operations, bytes and live memory of the graph's two passes; see `Graph.cost`."""
    both = program(graph)
    results = outcome(graph, both)
    order = needed(results)
    forward, backward = [_operations_of(v) for v in both.values], _backward(graph, both, order)
    nodes = tuple(
        NodeCost(node.name, f, b, 8 * int(np.size(node.value)), _hidden(node.primitive))
        for node, f, b in zip(graph.nodes, forward, backward, strict=True)
    )
    live = _live(order, results)
    return Cost(nodes, sum(forward), sum(backward), live, _multiplications(graph), _memory(graph, both, max(live)))


class Shown(NamedTuple):
    """The cost of a node of a picture, and of all that is folded into it; operations are None where nobody knows."""

    forward: int | None
    backward: int | None
    bytes: int


def by_node(graph: Graph) -> list[Shown]:
    """What every node of a graph as it is shown costs, quickly.

    What counts backwards is left out above `MOST` operations, and where rules work out of sight: those may be slow.

    >>> import chainviz as cv
    >>> by_node(cv.trace(lambda x: np.sum(2 * x), x=np.ones(3)))[1:]
    [Shown(forward=3, backward=3, bytes=24), Shown(forward=3, backward=0, bytes=8)]
    """
    full = graph.full
    hidden = [bool(_hidden(node.primitive)) for node in full.nodes]
    values = [node.value for node in full.nodes]
    forward = [
        None if h else operations(
            node.primitive, node.value, [values[o.node] if o.__class__ is Reference else o for o in node.operands]
        )
        for h, node in zip(hidden, full.nodes, strict=True)
    ]  # fmt: skip
    backward: list[int | None] = [None] * len(hidden)
    if not any(hidden) and len(hidden) <= MOST:
        backward = [node.backward for node in full.cost().nodes]
    sizes = [8 if value.__class__ is float else 8 * int(np.size(value)) for value in values]
    members = graph.members or [(k,) for k in range(len(hidden))]
    return [
        Shown(_sum(forward[k] for k in of), _sum(backward[k] for k in of), sum(sizes[k] for k in of)) for of in members
    ]


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def _backward(graph: Graph, both: Program, order: Sequence[Variable]) -> list[int]:
    """For every node the operations of its steps backward, as far as results are computed from them."""
    counts, ends = [0] * len(graph.nodes), [end for end, _ in both.steps]
    for variable in order:
        if variable.index > both.seed.index:
            counts[both.steps[bisect_left(ends, variable.index)][1]] += _operations_of(variable)
    return counts


def _row(node: NodeCost) -> tuple[str, ...]:
    counts = ("?", "?") if node.hidden else _grouped(node.forward, node.backward)
    return node.name, *counts, *_grouped(node.bytes)


def _hidden(primitive: Primitive | None) -> str:
    """The operation's name, if nobody but itself knows what it computes."""
    rule = primitive.primitive if isinstance(primitive, Choice) else primitive
    return rule.name if isinstance(rule, Joint) else ""


def _operations_of(variable: Variable) -> int:
    return operations(variable.primitive, variable.value, variable.args)


def operations(primitive: Primitive | None, value: Any, args: Sequence[Any]) -> int:
    """The floating-point operations of one step: what it does, its result, and its operands."""
    size = 1 if value.__class__ is float else int(np.size(value))
    name = table_name(primitive.primitive if isinstance(primitive, Choice) else primitive)
    if primitive is None or name in _FREE:
        return 0
    if _hidden(primitive):
        return 0
    if isinstance(primitive, Elementwise):
        return size
    shapes = [np.shape(plain(a)) for a in args]
    if name == "matmul":
        return 2 * size * shapes[0][-1]
    read = max(math.prod(shape) for shape in shapes)
    if name in _CUBIC and len(shapes[0]) >= 2:
        rows = shapes[0][-1]
        count = _CUBIC[name] * rows**3 * math.prod(shapes[0][:-2])
        return round(count + (2 * rows * size if name == "solve" else 0))
    return max(read, size)


def _memory(graph: Graph, both: Program, reverse: int) -> Memory:
    result = [both.values[graph.output]]
    order = needed(result)
    inputs = sum(int(np.size(graph.nodes[k].value)) for k in graph.trained)
    steps = [max((int(np.size(v.value) * np.size(plain(a))) for a in v.args if isinstance(a, Variable)), default=0)
             for v in order]  # fmt: skip
    jacobians = zip(_live(order, result, 1 + inputs, shared=False), steps, strict=True)
    return Memory(reverse, max(_live(order, result, 2)), max(alive + 8 * step for alive, step in jacobians))


def _live(
    order: Sequence[Variable], results: Sequence[Any], copies: int = 1, *, shared: bool = True
) -> tuple[int, ...]:
    """The bytes alive after every step: an array from where it is made to its last use, the results to the end.

    `copies` is how many numbers there are for each entry; views are copies too where they are not `shared`.
    """
    owner: dict[int, int] = {}  # a view is its operand's array
    last: dict[int, int] = {}
    for k, variable in enumerate(order):
        first = variable.args[0] if shared and is_view(variable) else None
        owner[variable.index] = owner[first.index] if isinstance(first, Variable) else variable.index
        last |= {owner[v.index]: k for v in (variable, *variable.args) if isinstance(v, Variable)}
    last |= {owner[r.index]: len(order) for r in results if isinstance(r, Variable)}
    leaving: Counter[int] = Counter()
    alive, live = 0, list[int]()
    for k, variable in enumerate(order):
        if owner[variable.index] == variable.index:
            alive += 8 * copies * int(np.size(variable.value))
            leaving[last[variable.index]] += 8 * copies * int(np.size(variable.value))
        live.append(alive)
        alive -= leaving[k]
    return tuple(live)


def _multiplications(graph: Graph) -> Multiplications:
    sizes = [int(np.size(node.value)) for node in graph.nodes]
    inputs, outputs = sum(sizes[k] for k in graph.trained), sizes[graph.output]
    edges = [edge for edge in graph.edges if graph.passes(edge)]
    entries = sum(_entries(graph, edge) for edge in edges)
    full = sum(sizes[edge.target] * sizes[edge.source] for edge in edges)
    return Multiplications(outputs * entries, inputs * entries, inputs * full)


def _entries(graph: Graph, edge: Edge) -> int:
    """The entries of the edge's Jacobian that are not 0 by its structure: one multiplication each, in every pass."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    assert target.primitive is not None
    size = int(np.size(target.value))
    if table_name(target.primitive) == "matmul":  # every entry of the product reads a row and a column
        first = target.operands[0]
        return size * np.shape(graph.nodes[first.node].value if isinstance(first, Reference) else first)[-1]
    return size if isinstance(target.primitive, Elementwise) else max(size, int(np.size(source.value)))


def _grouped(*counts: int) -> tuple[str, ...]:
    return tuple(f"{count:,}" for count in counts)
