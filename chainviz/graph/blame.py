"""blame: the step at which a 0, an infinity or a NaN of a gradient was born, as a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff.primitive import Elementwise
from ..formatting import describe
from .graph import Edge, Graph, Reference
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


def blame(f: Callable[..., Any] | Graph, /, *args: Any, wrt: str | None = None, **kwargs: Any) -> Blame:
    """Where a zero, an infinity or a NaN in a gradient was born.

    Args:
        f: a function, as for `trace`, with its inputs after it; or a Graph, with none.
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
            return self.because(f"{output} does not depend on {name}")
        return {"zero": self.zero, "infinite": self.infinite, "not a number": self.not_a_number}[self.kind]()

    def because(self, reason: str, node: int | None = None, joint: str = " because") -> Blame:
        output, name = self.graph.nodes[self.graph.output].name, self.graph.nodes[self.start].name
        shown = {"zero": "0", "infinite": "infinite", "not a number": "NaN"}[self.kind]
        step = None if node is None else self.graph.nodes[node]
        sentence = f"d{output}/d{name} is {shown}{joint} {reason}."
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
                    f"{self.step(edge.target)} makes 0 of what arrives: it passes entries on that are 0, or cancel",
                    edge.target,
                )
            return self.flat(edge, int(np.argmax(np.asarray(arriving) != 0)))
        for edge in self.edges:  # every step passes something on, so two contributions cancel somewhere
            if edge.turn == edge.uses > 1 and not np.any(edge.so_far):
                parts = " and ".join(describe(e.contribution) for e in self.passing if e.source == edge.source)
                name = self.graph.nodes[edge.source].name
                return self.because(f"the contributions that reach {name}, {parts}, cancel", edge.source)
        return self.because("what passes each of its steps is 0 in the entries that the next one asks for")

    def infinite(self) -> Blame:
        return self.born(next(e for e in self.passing if np.any(np.isinf(e.contribution) | np.isinf(e.so_far))))

    def not_a_number(self) -> Blame:
        born = next(e for e in self.passing if np.any(np.isnan(e.contribution) | np.isnan(e.so_far)))
        arriving = self.graph.nodes[born.target].adjoint
        if not np.any(np.isnan(born.contribution)):
            name = self.graph.nodes[born.source].name
            return self.because(f"contributions of both signs that are infinite meet at {name}: inf - inf", born.source)
        local = self.forward_value(born)
        if local is None and np.any(np.isinf(arriving)):
            first = next(e for e in self.passing if np.any(np.isinf(e.contribution) | np.isinf(e.so_far)))
            source = f"{self.step(first.target)} has the derivative {self.code(first)}, which is infinite"
            return self.because(f"0 * inf: {source}, and {self.step(born.target)} has derivative 0", born.target)
        if local is None and np.any(np.isinf(_or(born.local, 0.0))):
            where = self.step(born.target)
            return self.because(
                f"0 * inf: the adjoint that arrives is 0 where {where} has the derivative {self.code(born)}",
                born.target,
            )
        return self.born(born)

    # -- what they are made of

    def flat(self, edge: Edge, entry: int) -> Blame:
        """Something arrives, but the local derivative is 0."""
        k, at = edge.target, self.inputs(edge.target, entry)
        primitive, source = self.graph.nodes[k].primitive, self.graph.nodes[edge.source].name
        name = table_name(primitive)
        if name == "stop_gradient":
            return self.because(f"it is cut by {self.step(k)}", k)
        if name == "where" and edge.operand == 0:
            return self.because(f"{source} only decides what {self.step(k)} takes: nothing passes", k)
        if name == "where":
            return self.because(f"{self.step(k)} took the other value, not {source}: nothing passes", k)
        if name in _STEPS:
            return self.because(f"{self.step(k)} is a step function, with derivative 0{at}: nothing passes", k)
        lost = None if primitive is not None and primitive.selects else self.underflow(edge)
        if lost is not None:
            at = self.inputs(lost, int(np.argmax(np.ravel(self.graph.nodes[lost].value) == 0)))
            return self.because(f"{self.step(lost)} fell below the smallest float in the forward pass{at}", lost)
        if name in _SATURATING:
            return self.because(f"{self.step(k)} is saturated{at}: its derivative is rounded to 0", k)
        return self.because(f"{self.step(k)} has derivative 0{at}: nothing passes", k)

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
            return self.because(f"{self.step(culprit)} {self.how(culprit)} in the forward pass{at}", culprit)
        if np.all(np.isfinite(_or(edge.local, 0.0))):
            at = self.graph.nodes[edge.target].adjoint
            return self.because(
                f"the product {describe(at)} * {describe(_or(edge.local, 0.0))} in the backward step of "
                f"{self.step(edge.target)} is larger than the largest float", edge.target,
            )  # fmt: skip
        shown = "is infinite" if self.kind == "infinite" else "is not a number"
        where = f"it was born in the backward step of {self.step(edge.target)}"
        return self.because(f"{where}: its derivative {self.code(edge)} {shown}", edge.target, ":")

    def forward_value(self, edge: Edge) -> int | None:
        """The first node at or above the edge's target whose value is not finite though its operands are."""
        return next((k for k in self.above(edge.target) if not np.all(np.isfinite(self.graph.nodes[k].value))), None)

    def above(self, k: int) -> list[int]:
        """The node and all that it was computed from, in order."""
        found = {k}
        for node in reversed(self.graph.nodes[: k + 1]):
            found.update(node.sources if node.index in found else ())
        return sorted(found)

    def how(self, k: int) -> str:
        """What the step that gave an infinity or a NaN did."""
        node = self.graph.nodes[k]
        name, bad = getattr(node.primitive, "name", ""), ~np.isfinite(node.value)
        value = np.asarray(node.value)[bad].flat[0]
        given = [self.graph.nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
        if name == "divide" and all(np.any(np.broadcast_to(o, node.shape)[bad] == 0) for o in given):
            return "divided 0 by 0"
        grows = (
            name in _GROWING and all(np.all(np.isfinite(o)) for o in given) and (name != "power" or np.all(given[0]))
        )
        return "gave NaN" if np.isnan(value) else "overflowed" if grows else f"gave {value:g}"

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
            f"no single step is 0, but the product of {len(factors)} factors, the largest "
            f"{describe(max(factors, default=1.0))}, fell below the smallest float; it became 0 at "
            f"{self.step(edge.target)}", edge.target,
        )  # fmt: skip

    def step(self, k: int) -> str:
        """The operation and the user's line: relu in `h = cv.relu(z)` (line 3 of f)."""
        node = self.graph.nodes[k]
        name = node.primitive.name if node.primitive is not None else node.name
        if node.place is None:
            return f"{name} (which made {node.name})"
        where = str(node.place._replace(text=""))
        return f"{name} in `{node.place.text}` ({where})" if node.place.text else f"{name} at {where}"

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
        return f" at {', '.join(dict.fromkeys(named))}" if named else ""

    def code(self, edge: Edge) -> str:
        """The local derivative with its numbers in it: 1 / (2 * 0)."""
        from .source import local_code

        target = self.graph.nodes[edge.target]
        entry = int(np.argmax(~np.isfinite(np.ravel(_or(edge.local, np.zeros(target.shape))))))
        return local_code(self.graph, edge, entry) + self.inputs(edge.target, entry)


def _underflows(edge: Edge, arriving: Any) -> bool:
    """Whether neither factor is 0, but their product is."""
    factors = np.asarray(_or(edge.local, 0.0)), np.asarray(arriving)
    return factors[0].shape in ((), factors[1].shape) and bool(np.any((factors[0] != 0) & (factors[1] != 0)))


def _or(local: Any, default: Any) -> Any:
    return default if local is None else local
