"""blame: the step at which a 0, an infinity or a NaN of a gradient was born, as a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from ..autodiff.forms import Elementwise
from ..formatting import describe
from ..messages import Message
from .graph import Graph
from .node import Edge, Reference
from .operations import table_name
from .trace import trace

_STEPS = {"floor", "ceil", "trunc", "rint", "sign", "floor_divide", "heaviside"}
_SATURATING = {"sigmoid", "expit", "tanh", "erf", "normal_cdf", "ndtr", "softmax", "arctan"}
_SHRINKING = {"multiply", "divide", "square", "power", "exp", "exp2", "reciprocal"}
_GROWING = {"exp", "exp2", "expm1", "sinh", "cosh", "multiply", "square", "power", "add", "subtract", "sum", "prod",
            "matmul", "cumsum", "cumprod"}  # fmt: skip


@dataclass(frozen=True)
class Blame:
    """What is wrong with a gradient, and where that began.

    `kind` is "zero", "infinite", "not a number", or None if the gradient is fine; `node` is the name of the value whose
    step did it and `index` its place in the graph, `place` the user's line, as text. They are empty where no single
    step did.
    """

    kind: str | None
    sentence: str
    node: str = ""
    place: str = ""
    index: int | None = None

    def __repr__(self) -> str:
        return self.sentence


def blame(f: Callable[..., Any] | str | Graph, /, *args: Any, wrt: str | None = None, **kwargs: Any) -> Blame:
    """Where a zero, an infinity or a NaN in a gradient was born.

    Args:
        f: a function or a formula, as for `trace`, with its inputs after it; or a Graph, with none.
        wrt: the input whose gradient is meant; by default the first one whose gradient is not fine.

    Returns:
        A `Blame`, whose `sentence` says what happened, where and why. An array's gradient counts as zero if all its
        entries are, as infinite or not a number if one entry is.

    Raises:
        InputError: there is no such input. Whatever `trace` raises.

    >>> def f(x):
    ...     z = x - 3
    ...     return np.maximum(z, 0)
    >>> blame(f, x=1.0).kind
    'zero'
    """
    with np.errstate(all="ignore"):
        graph = f if isinstance(f, Graph) else trace(f, *args, **kwargs)
    inputs = {graph.nodes[k].name: k for k in graph.trained}
    if wrt is not None:
        graph.input(wrt)
    for name in inputs if wrt is None else [wrt]:
        kind = _kind(graph.nodes[inputs[name]].adjoint)
        if kind is not None:
            return _Search(graph, inputs[name], kind).blame()
    largest = max(float(np.max(np.abs(graph.nodes[k].adjoint), initial=0.0)) for k in inputs.values())
    tiny = f" The largest is only {describe(largest)}: it has almost vanished." if 0 < largest < 1e-12 else ""
    names = ", ".join(f"d{graph.nodes[graph.output].name}/d{name}" for name in (inputs if wrt is None else [wrt]))
    return Blame(None, f"{names}: every entry is finite, and not all are 0.{tiny}")


def blame_adjoint(graph: Graph, k: int) -> Blame | None:
    """Where the 0, infinity or NaN of any node's adjoint was born; None where it is fine, or no adjoint arrives.

    >>> import chainviz as cv
    >>> graph = cv.trace(lambda x: np.floor(2 * x), x=1.2)
    >>> blame_adjoint(graph, 1).node, blame_adjoint(graph, 2)
    ('y', None)
    """
    adjoint = graph.nodes[k].adjoint
    kind = None if adjoint is None else _kind(adjoint)
    return _Search(graph, k, kind).blame() if kind is not None else None


def _kind(value: Any) -> str | None:
    if not np.size(value):
        return None
    if np.any(np.isnan(value)):
        return "not a number"
    return "infinite" if np.any(np.isinf(value)) else None if np.any(value) else "zero"


class _Search:
    """Walks back from the output, along the ways to the input, until the trouble begins."""

    def __init__(self, graph: Graph, start: int, kind: str) -> None:
        self.graph, self.start, self.kind = graph, start, kind
        self.edges = graph.ways(start)
        self.passing = [edge for edge in self.edges if graph.passes(edge)]

    def blame(self) -> Blame:
        if not self.edges:
            name, output = self.graph.nodes[self.start].name, self.graph.nodes[self.graph.output].name
            return self.because(Message("{0} does not depend on {1}", output, name))
        return {"zero": self.zero, "infinite": self.infinite, "not a number": self.not_a_number}[self.kind]()

    def because(self, reason: Message, node: int | None = None) -> Blame:
        return self.told(Message("{0} is {1} because {2}.", self.derivative(), self.shown(), reason), node)

    def derivative(self) -> str:
        return f"d{self.graph.nodes[self.graph.output].name}/d{self.graph.nodes[self.start].name}"

    def shown(self) -> str:
        return {"zero": "0", "infinite": Message("infinite"), "not a number": "NaN"}[self.kind]

    def told(self, sentence: Message, node: int | None) -> Blame:
        step = None if node is None else self.graph.nodes[node]
        return Blame(self.kind, sentence, step.name if step else "", str(step.place or "") if step else "", node)

    # -- the three kinds

    def zero(self) -> Blame:
        for edge in self.edges:
            arriving = self.graph.nodes[edge.target].adjoint
            if np.any(edge.contribution) or not np.any(arriving):
                continue
            elementwise = isinstance(self.graph.nodes[edge.target].primitive, Elementwise)
            if (elementwise or isinstance(edge.local, float)) and _underflows(edge, arriving):
                return self.vanished(edge)
            if not elementwise and np.any(_or(edge.local, 1.0)):
                return self.because(
                    Message(
                        "{0} makes 0 of what arrives: it passes entries on that are 0, or cancel",
                        self.step(edge.target),
                    ),
                    edge.target,
                )
            return self.flat(edge, int(np.argmax(np.asarray(arriving) != 0)))
        for edge in self.edges:  # every step passes something on, so two contributions cancel somewhere
            if edge.turn == edge.uses > 1 and not np.any(edge.so_far):
                parts: list[str] = [describe(e.contribution) for e in self.passing if e.source == edge.source]
                numbers = reduce(_both, parts)
                name = self.graph.nodes[edge.source].name
                return self.because(
                    Message("the contributions that reach {0}, {1}, cancel", name, numbers), edge.source
                )
        return self.because(Message("what passes each of its steps is 0 in the entries that the next one asks for"))

    def infinite(self) -> Blame:
        return self.born(next(e for e in self.passing if np.any(np.isinf(e.contribution) | np.isinf(e.so_far))))

    def not_a_number(self) -> Blame:
        born = next(e for e in self.passing if np.any(np.isnan(e.contribution) | np.isnan(e.so_far)))
        arriving = self.graph.nodes[born.target].adjoint
        if not np.any(np.isnan(born.contribution)):
            name = self.graph.nodes[born.source].name
            return self.because(
                Message("contributions of both signs that are infinite meet at {0}: inf - inf", name), born.source
            )
        local = self.forward_value(born)
        if local is None and np.any(np.isinf(arriving)):
            first = next(e for e in self.passing if np.any(np.isinf(e.contribution) | np.isinf(e.so_far)))
            return self.because(
                Message(
                    "0 * inf: {0} has the derivative {1}, which is infinite, and {2} has derivative 0",
                    self.step(first.target), self.code(first), self.step(born.target),
                ), born.target,
            )  # fmt: skip
        if local is None and np.any(np.isinf(_or(born.local, 0.0))):
            where = self.step(born.target)
            return self.because(
                Message(
                    "0 * inf: the adjoint that arrives is 0 where {0} has the derivative {1}", where, self.code(born)
                ), born.target,
            )  # fmt: skip
        return self.born(born)

    # -- what they are made of

    def flat(self, edge: Edge, entry: int) -> Blame:
        """Something arrives, but the local derivative is 0."""
        k, at = edge.target, self.inputs(edge.target, entry)
        primitive, source = self.graph.nodes[k].primitive, self.graph.nodes[edge.source].name
        name = table_name(primitive)
        if name == "stop_gradient":
            return self.because(Message("it is cut by {0}", self.step(k)), k)
        if name == "where" and edge.operand == 0:
            return self.because(Message("{0} only decides what {1} takes: nothing passes", source, self.step(k)), k)
        if name == "where":
            return self.because(Message("{0} took the other value, not {1}: nothing passes", self.step(k), source), k)
        if name in _STEPS:
            reason = Message("{0} is a step function, with derivative 0{1}: nothing passes", self.step(k), at)
            return self.because(reason, k)
        lost = None if primitive is not None and primitive.selects else self.underflow(edge)
        if lost is not None:
            at = self.inputs(lost, int(np.argmax(np.ravel(self.graph.nodes[lost].value) == 0)))
            reason = Message("{0} fell below the smallest float in the forward pass{1}", self.step(lost), at)
            return self.because(reason, lost)
        if name in _SATURATING:
            return self.because(Message("{0} is saturated{1}: its derivative is rounded to 0", self.step(k), at), k)
        return self.because(Message("{0} has derivative 0{1}: nothing passes", self.step(k), at), k)

    def underflow(self, edge: Edge) -> int | None:
        """The first step at or above the edge's target that gave 0, though it multiplied no 0."""
        for k in self.above(edge.target):
            node = self.graph.nodes[k]
            if table_name(node.primitive) in _SHRINKING:
                factors = [self.graph.nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
                is_power = table_name(node.primitive) in ("exp", "exp2")
                multiplied_no_0 = is_power or all(np.all(factor) for factor in factors)
                if multiplied_no_0 and not np.all(node.value):
                    return k
        return None

    def born(self, edge: Edge) -> Blame:
        """The trouble began in the local derivative of this edge, or before, in the forward pass."""
        culprit = self.forward_value(edge)
        if culprit is not None:
            node = self.graph.nodes[culprit]
            at = self.inputs(culprit, int(np.argmax(~np.isfinite(np.ravel(node.value)))))
            return self.because(self.how(culprit, at), culprit)
        if np.all(np.isfinite(_or(edge.local, 0.0))):
            at = self.graph.nodes[edge.target].adjoint
            return self.because(
                Message(
                    "the product {0} * {1} in the backward step of {2} is larger than the largest float",
                    describe(at), describe(_or(edge.local, 0.0)), self.step(edge.target),
                ), edge.target,
            )  # fmt: skip
        parts = self.derivative(), self.shown(), self.step(edge.target), self.code(edge)
        if self.kind == "infinite":
            told = Message(
                "{0} is {1}: it was born in the backward step of {2}: its derivative {3} is infinite.", *parts
            )
        else:
            told = Message(
                "{0} is {1}: it was born in the backward step of {2}: its derivative {3} is not a number.", *parts
            )
        return self.told(told, edge.target)

    def forward_value(self, edge: Edge) -> int | None:
        """The first node at or above the edge's target whose value is not finite though its operands are."""
        return next((k for k in self.above(edge.target) if not np.all(np.isfinite(self.graph.nodes[k].value))), None)

    def above(self, k: int) -> list[int]:
        """The node and all that it was computed from, in order."""
        found = {k}
        for node in reversed(self.graph.nodes[: k + 1]):
            found.update(node.sources if node.index in found else ())
        return sorted(found)

    def how(self, k: int, at: str) -> Message:
        """What the step that gave an infinity or a NaN did."""
        node, step = self.graph.nodes[k], self.step(k)
        name, bad = getattr(node.primitive, "name", ""), ~np.isfinite(node.value)
        value = np.asarray(node.value)[bad].flat[0]
        given = [self.graph.nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
        if name == "divide" and all(np.any(np.broadcast_to(o, node.shape)[bad] == 0) for o in given):
            return Message("{0} divided 0 by 0 in the forward pass{1}", step, at)
        grows = (
            name in _GROWING and all(np.all(np.isfinite(o)) for o in given) and (name != "power" or np.all(given[0]))
        )
        if grows and not np.isnan(value):
            return Message("{0} overflowed in the forward pass{1}", step, at)
        shown = "NaN" if np.isnan(value) else f"{value:g}"
        return Message("{0} gave {1} in the forward pass{2}", step, shown, at)

    def vanished(self, edge: Edge) -> Blame:
        """The strongest way from the output to here: how many factors, and the largest."""
        graph = self.graph
        best: dict[int, tuple[float, list[float]]] = {graph.output: (0.0, [])}
        for e in self.edges:
            size = float(np.max(np.abs(_or(e.local, 1.0)), initial=0.0))
            if e.target in best and size > 0:
                log, factors = best[e.target]
                if e.source not in best or log + math.log(size) > best[e.source][0]:
                    best[e.source] = (log + math.log(size), factors if size == 1 else [*factors, size])
        _, factors = best[self.start]
        return self.because(
            Message(
                "no single step is 0, but the product of {0} factors, the largest {1}, fell below the smallest float; "
                "it became 0 at {2}", len(factors), describe(max(factors, default=1.0)), self.step(edge.target),
            ), edge.target,
        )  # fmt: skip

    def step(self, k: int) -> str:
        """The operation and the user's line: relu in `h = cv.relu(z)` (line 3 of f)."""
        node = self.graph.nodes[k]
        name = node.primitive.name if node.primitive is not None else node.name
        if node.place is None:
            return Message("{0} (which made {1})", name, node.name)
        function, line, text, *_ = node.place
        known = {"the lambda": Message("the lambda"), "the formula": Message("the formula")}
        where = (
            Message("line {0}", line)
            if function == "<module>"
            else Message("line {0} of {1}", line, known.get(function, function))
        )
        return Message("{0} in `{1}` ({2})", name, text, where) if text else Message("{0} at {1}", name, where)

    def inputs(self, k: int, entry: int) -> str:
        """The operands' numbers in one entry: at z = -2."""
        node = self.graph.nodes[k]
        named: list[str] = []
        for operand in node.operands:
            if isinstance(operand, Reference):
                source = self.graph.nodes[operand.node]
                if np.ndim(source.value) and not isinstance(node.primitive, Elementwise):
                    continue
                place = np.unravel_index(entry, node.shape)
                value = np.broadcast_to(source.value, node.shape)[place] if node.shape else source.value
                index = f"[{', '.join(map(str, place))}]" if np.ndim(source.value) else ""
                named.append(f"{source.name}{index} = {describe(value)}")
        return Message(" at {0}", ", ".join(dict.fromkeys(named))) if named else ""

    def code(self, edge: Edge) -> str:
        """The local derivative with its numbers in it: 1 / (2 * 0)."""
        from .source import local_code

        target = self.graph.nodes[edge.target]
        entry = int(np.argmax(~np.isfinite(np.ravel(_or(edge.local, np.zeros(target.shape))))))
        code, at = local_code(self.graph, edge, entry), self.inputs(edge.target, entry)
        return Message("{0}{1}", code, at) if at else code


def _both(first: str, last: str) -> str:
    return Message("{0} and {1}", first, last)


def _underflows(edge: Edge, arriving: Any) -> bool:
    """Whether neither factor is 0, but their product is."""
    factors = np.asarray(_or(edge.local, 0.0)), np.asarray(arriving)
    return factors[0].shape in ((), factors[1].shape) and bool(np.any((factors[0] != 0) & (factors[1] != 0)))


def _or(local: Any, default: Any) -> Any:
    return default if local is None else local
