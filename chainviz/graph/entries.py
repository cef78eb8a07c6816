"""Arrays on the tape: object arrays whose entries are registers, on which the engine's own rules run.

    h = w * x       w: r0    x: [r1, r2]    h: [multiply(0, 1), multiply(0, 2)] = [r3, r4]

Elementwise rules run entry by entry; sums, products of matrices and the like are NumPy's, on objects. No mask is kept
of entries that a choice did not take: it matters only where an infinity meets a 0, and such a tape does not hold there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autodiff.errors import ChainvizError
from ..autodiff.forms import Elementwise, General, Linear, unbroadcast
from ..autodiff.primitive import Primitive
from .composite import Fold
from .graph import Graph
from .node import Edge, Node, Reference
from .operations import table_name


class NoTapeError(ChainvizError):
    """The graph has no tape; the message says why."""


def flat(number: Any) -> list[Any]:
    """The entries of a number or an array, in order."""
    return np.ravel(number).tolist() if isinstance(number, (np.ndarray, np.generic)) else [number]


def array_of(entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of objects with these entries; NumPy would look for arrays in them."""
    found = np.empty(len(entries), dtype=object)
    found[:] = entries
    return found.reshape(shape)


def computed(node: Node, operands: Sequence[Any]) -> Any:
    """The node's value out of its operands."""
    primitive = must_be_known(node)
    if isinstance(primitive, Elementwise):
        found = _entrywise(primitive.function, node.shape, operands)
    else:
        found = primitive.function(*map(_as_objects, operands), **dict(node.options))
    if np.shape(found) != node.shape:
        raise NoTapeError(f"{primitive.name} gives another shape on a tape.")
    return found


def must_be_known(node: Node) -> Primitive:
    """The node's operation, if it computes in sight and looks at no numbers."""
    primitive = node.primitive
    is_known = isinstance(primitive, (Elementwise, Linear, General)) and not isinstance(primitive, Fold)
    if primitive is None or not is_known or (isinstance(primitive, Elementwise) and node.options):
        what = primitive.name if primitive is not None else "this"
        raise NoTapeError(f"{what} is not an operation that can be written down entry by entry.")
    return primitive


def _as_objects(value: Any) -> Any:
    return value.astype(object) if isinstance(value, np.ndarray) else value


def _entrywise(f: Any, shape: tuple[int, ...], operands: Sequence[Any]) -> Any:
    """f at every entry of operands that broadcast to the shape."""
    if not shape:
        return f(*operands)
    found = np.empty(shape, dtype=object)
    stretched = [_stretched(operand, shape) for operand in operands]
    for at in np.ndindex(shape):
        found[at] = f(*(operand[at] for operand in stretched))
    return found


def _stretched(value: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(value, np.ndarray):
        return np.broadcast_to(value.astype(object), shape)
    found = np.empty(shape, dtype=object)
    found.fill(value)
    return found


def _partial(node: Node, place: int, y: Any, operands: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """The local derivative of an elementwise operation, at every entry; a plain number where it is a constant."""
    assert isinstance(node.primitive, Elementwise)
    rule = node.primitive.partials[place]
    return _entrywise(rule, shape, [y, *operands]) if callable(rule) else float(rule or 0)


def pulled(node: Node, place: int, g: Any, y: Any, operands: Sequence[Any]) -> Any:
    """What arrives at an operand where g arrives at the node, whose value is y."""
    primitive = must_be_known(node)
    if table_name(primitive) == "index":
        return _put_back(g, np.shape(operands[place]), dict(node.options)["index"])
    if not isinstance(primitive, Elementwise):
        return primitive.pull(place, _as_objects(g), _as_objects(y), [*map(_as_objects, operands)], dict(node.options))
    shape, rule = np.shape(y), primitive.partials[place]
    if rule in (0, 1):
        product = _stretched(g if rule else 0.0, shape) if shape else g if rule else 0.0
    else:
        product = _entrywise(np.multiply, shape, [g, _partial(node, place, y, operands, shape)])
    return unbroadcast(product, np.shape(operands[place])) if shape else product


def _put_back(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    """The adjoint of an index, whose own rule fills an array of floats."""
    size = int(np.prod(shape))
    placed: dict[int, Any] = {}
    for at, entry in zip(flat(np.arange(size).reshape(shape)[index]), flat(g), strict=True):
        placed[at] = np.add(placed[at], entry) if at in placed else entry
    return array_of([placed.get(at, 0.0) for at in range(size)], shape)


def local(edge: Edge, node: Node, y: Any, operands: Sequence[Any]) -> Any:
    """An edge's local derivative, shaped as the recorded one; None where that is too big."""
    if edge.local is None:
        return None
    shape = np.shape(edge.local)
    if isinstance(node.primitive, Elementwise):
        found = _partial(node, edge.operand, y, operands, np.shape(y))
        return flat(found)[0] if not shape else found if isinstance(found, np.ndarray) else _stretched(found, shape)
    return _jacobian(lambda e: pulled(node, edge.operand, e, y, operands), y, shape)


def _jacobian(pull: Any, y: Any, shape: tuple[int, ...]) -> Any:
    """The rows that `pull` gives for the entries of y, in the shape of a recorded local derivative."""
    basis = np.eye(int(np.size(y))).reshape(-1, *np.shape(y))
    rows = [entry for e in basis for entry in flat(pull(e if np.ndim(e) else float(e)))]
    return array_of(rows, shape) if shape else rows[0]


def local_of_fold(edge: Edge, fold: Fold, values: Sequence[Any]) -> Any:
    """The local derivative of a fold, out of the values of the nodes inside: as `Fold.local_derivative` finds it."""
    if edge.local is None:
        return None
    shape, nodes = np.shape(edge.local), fold.inside.nodes
    if not fold.passes_to(edge.operand):
        return _stretched(0.0, shape) if shape else 0.0
    if fold.is_elementwise(edge.operand):
        result, on_the_way = nodes[-1].shape, {edge.operand, *(node.index for node, _ in fold.way(edge.operand))}
        stretched = [_stretched(v, result) if result and k in on_the_way else v for k, v in enumerate(values)]
        found = _through(fold, edge.operand, _stretched(1.0, result) if result else 1.0, stretched)
        return found if shape else flat(found)[0]
    return _jacobian(lambda e: _through(fold, edge.operand, e, values), values[-1], shape)


def _through(fold: Fold, position: int, g: Any, values: Sequence[Any]) -> Any:
    """g pulled back from a fold's result to one of its operands."""
    adjoints: dict[int, Any] = {len(values) - 1: g}
    for node, places in fold.way(position):
        operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
        for k in places:
            at, part = node.operands[k].node, pulled(node, k, adjoints[node.index], values[node.index], operands)
            adjoints[at] = np.add(adjoints[at], part) if at in adjoints else part
    return adjoints[position]


class ArrayBackward:
    """The backward pass on registers and arrays of them.

    `adjoints` has every node's, and `numbers` what the frame has of every edge: local derivative (None where it is too
    big), contribution, and the sum so far, as far as there are.
    """

    def __init__(self, graph: Graph, values: list[Any], must_be_short: Callable[[], None]) -> None:
        self.graph = graph
        self.adjoints: dict[int, Any] = {graph.output: 1.0}
        self.numbers: list[list[Any]] = [[] for _ in graph.edges]
        for node in reversed(graph.nodes):
            operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            for k in graph.entering[node.index]:
                edge = graph.edges[k]
                if graph.nodes[edge.source].frozen:
                    continue
                self.numbers[k].append(local(edge, node, values[node.index], operands))
                if graph.passes(edge):
                    part = pulled(node, edge.operand, self.adjoints[node.index], values[node.index], operands)
                    earlier = self.adjoints.get(edge.source)
                    self.adjoints[edge.source] = part if earlier is None else np.add(earlier, part)
                    self.numbers[k] += [part, self.adjoints[edge.source]]
            must_be_short()
