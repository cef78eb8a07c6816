"""The two walks over the record, pullback (reverse mode) and pushforward (forward mode): loops, not recursions.

Whether a walk computes with numbers or records itself (for higher derivatives) is decided by whether a Variable that is
not its own took part: see `Record.is_open`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from .errors import NotScalarError
from .user_code import subject
from .variable import Variable, plain, tidy

_by_creation = attrgetter("index")
_NO_OPTIONS: dict[str, Any] = {}
Arrival = Callable[[Variable, int, Any, Any], None]


class Record:
    """What `output` was computed from: `nodes` in creation order, not going above the sources.

    With sources None, the sources are all inputs that are found. `is_open` tells whether the output depends on a
    Variable that is not its own, which may want to differentiate the result again: through a source or a closure.
    """

    def __init__(self, output: Any, sources: Sequence[Variable] | None = None) -> None:
        stop = {source.index for source in sources or ()}
        seen: set[int] = set()
        nodes: list[Variable] = []
        strangers = False
        stack = [output] if isinstance(output, Variable) else []
        while stack:
            node = stack.pop()
            index = node.index
            if index in seen:
                continue
            seen.add(index)
            nodes.append(node)
            if index not in stop:
                strangers = strangers or node.is_open
                for arg in node.args:
                    if isinstance(arg, Variable):
                        stack.append(arg)  # noqa: PERF401 (this loop is the engine's)
        nodes.sort(key=_by_creation)
        self.output = output
        self.nodes = nodes
        self.sources = sources or ()
        self.stop = stop
        self.is_open = strangers and sources is not None
        for source in self.sources:
            self.is_open = self.is_open or bool(source.args)
        self.on_path = self._downstream() if strangers and sources is not None else seen

    def _downstream(self) -> set[int]:
        """The nodes that depend on a source; adjoints of the others are not asked for."""
        found = set(self.stop)
        for node in self.nodes:
            if any(isinstance(arg, Variable) and arg.index in found for arg in node.args):
                found.add(node.index)
        return found


def pullback(record: Record, cotangent: Any) -> list[Any]:
    """The cotangents of the sources for a cotangent of the output: u^T J, one vector-Jacobian product.

    Sources that the output does not depend on get zeros of their shape.
    """
    adjoints: dict[int, Any] = {}
    if isinstance(record.output, Variable):
        recording = record.is_open or isinstance(cotangent, Variable)
        adjoints = walk_back(record, record.output, cotangent, recording=recording)
    return _owned([adjoints[s.index] if s.index in adjoints else zeros(s) for s in record.sources], cotangent)


def walk_back(
    record: Record, output: Variable, cotangent: Any, *, recording: bool, arrived: Arrival | None = None
) -> dict[int, Any]:
    """The adjoint of every node on the way, by its index. On Variables if `recording`, else on plain numbers.

    `arrived` is told of every contribution: the node it comes from, to which operand, its value, and the sum so far.
    """
    adjoints: dict[int, Any] = {output.index: cotangent}
    dead: dict[int, Any] = {}  # entries that no adjoint can reach, as `np.where` did not take them
    on_path, stop = record.on_path, record.stop
    for node in reversed(record.nodes):
        index = node.index
        g = adjoints.get(index)
        primitive = node.primitive
        if g is None or primitive is None or index in stop:
            continue
        operands = node.args
        values: list[Any] = []
        for arg in operands:
            values.append(arg.value if isinstance(arg, Variable) else arg)  # noqa: PERF401 (this loop is the engine's)
        args, y = (operands, node) if recording else (values, node.value)
        kwargs = node.kwargs or _NO_OPTIONS
        mask = dead.get(index) if dead else None
        for position, arg in enumerate(operands):
            if not isinstance(arg, Variable) or arg.index not in on_path:
                continue
            contribution = primitive.pull(position, g, y, args, kwargs, mask)
            index = arg.index
            earlier = adjoints.get(index)
            adjoints[index] = so_far = contribution if earlier is None else earlier + contribution
            if arrived is not None:
                arrived(node, position, contribution, so_far)
            if mask is not None or primitive.selects:
                entries = primitive.dead_entries(position, node.value, values, kwargs, mask)
                if earlier is not None:
                    entries = None if entries is None or index not in dead else entries & dead[index]
                if entries is not None:
                    dead[index] = entries
                    continue
            if dead and earlier is not None:
                dead.pop(index, None)
    return adjoints


def pushforward(record: Record, tangents: Sequence[Any]) -> Any:
    """The tangent of the output for tangents of the sources: J v, one Jacobian-vector product."""
    recording = record.is_open or any(isinstance(t, Variable) for t in tangents)
    known: dict[int, Any] = {s.index: t for s, t in zip(record.sources, tangents, strict=True)}
    for node in record.nodes:
        if node.primitive is None or node.index in record.stop or node.index not in record.on_path:
            continue
        moving = [known.get(arg.index) if isinstance(arg, Variable) else None for arg in node.args]
        if any(t is not None for t in moving):
            args, y = (node.args, node) if recording else ([plain(a) for a in node.args], node.value)
            known[node.index] = node.primitive.push(moving, y, args, node.kwargs or {})
    output = record.output
    (tangent,) = _owned([known.get(output.index) if isinstance(output, Variable) else None], *tangents)
    return zeros(output) if tangent is None else tangent


def backward(output: Variable, *, create_graph: bool = False) -> None:
    """Add the adjoint of every Variable that the output was computed from to its `grad`."""
    scalar(output)
    record = Record(output)
    adjoints = walk_back(record, output, 1.0, recording=create_graph)
    reached = [node for node in record.nodes if node.index in adjoints]
    for node, adjoint in zip(reached, _owned([adjoints[node.index] for node in reached]), strict=True):
        node.grad = adjoint if node.grad is None else node.grad + adjoint


def zeros(value: Any) -> Any:
    """A zero of the value's shape."""
    return np.zeros(np.shape(value)) if np.ndim(plain(value)) else 0.0


def _owned(results: list[Any], *given: Any) -> list[Any]:
    """The results as arrays that the user may change in place: no views, nothing read-only, no array twice."""
    taken = {id(array) for array in given}
    owned: list[Any] = []
    for result in results:
        if result.__class__ is not float:
            result = tidy(result)
        if isinstance(result, np.ndarray):
            if id(result) in taken or not (result.flags.owndata and result.flags.writeable):
                result = result.copy()
            taken.add(id(result))
        owned.append(result)
    return owned


def scalar(output: Any) -> Any:
    """The output of a function to differentiate, if it is a scalar; a NotScalarError otherwise."""
    if output.__class__ is Variable:
        return output
    if output is None:
        raise NotScalarError("The function returned None. End it with return and the number to differentiate.")
    if not isinstance(output, Variable) and np.asarray(output).dtype.kind not in "fiu":
        raise NotScalarError(f"The function returned {output!r:.60}, which is not a real number. Return one number.")
    if np.ndim(plain(output)):
        shape = np.shape(output)
        raise NotScalarError(
            f"The function returned an array of shape {shape}, but only a single number has a gradient"
            f"{f': {subject(output)}' if isinstance(output, Variable) else ''}. "
            f"Return one entry, such as y[{', '.join('0' * len(shape))}], or a sum, such as np.sum(y)."
        )
    return output
