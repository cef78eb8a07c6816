"""The tape: both passes of a graph of real numbers as one flat list of NumPy operations, which any language can run.

    y = sin(2 * x)      registers   0: x   1: 2.0   2: multiply(1, 0)   3: sin(2)   4: cos(2)   5: multiply(1.0, 4) ...

Every number of a frame is in one of the registers. No rule is written twice: the functions and the local derivatives of
the table are NumPy code, so they are run here on `Register`s, which note what happens, comparisons included.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..autodiff.errors import ChainvizError
from ..autodiff.primitive import Elementwise
from ..autodiff.scalar_numpy import scalar_twin
from ..autodiff.variable import tidy
from .graph import Edge, Graph, Node, Reference

OPERATIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.square, np.reciprocal, np.power,
        np.float_power, np.exp, np.expm1, np.log, np.log1p, np.sqrt, np.logaddexp, np.exp2, np.log2, np.log10,
        np.logaddexp2, np.cbrt, np.hypot, np.sin, np.cos, np.tan, np.arctan, np.arcsin, np.arccos, np.arctan2,
        np.deg2rad, np.rad2deg, np.radians, np.degrees, np.sinh, np.cosh, np.tanh, np.sinc, np.arcsinh, np.arccosh,
        np.arctanh, np.absolute, np.sign, np.fabs, np.copysign, np.heaviside, np.maximum, np.minimum, np.where, np.fmax,
        np.fmin, np.floor, np.ceil, np.trunc, np.rint, np.floor_divide, np.remainder, np.fmod, np.less, np.less_equal,
        np.greater, np.greater_equal, np.equal, np.not_equal, np.logical_or,
    )
}  # fmt: skip
"""What a tape may consist of. The page has a table of the same names, widgets/js/primitives.js."""

LONGEST = 20_000
"""Operations of a tape."""


class NoTapeError(ChainvizError):
    """The graph has no tape; the message says why."""


@dataclass(frozen=True)
class Tape:
    """Registers hold the inputs, then the constants, then the result of every step.

    A step is the index of its operation's name in `names`, and the registers of its operands. A guard is the register
    of a comparison, and the answer (0 or 1) with which the tape holds. `frame` says in which register every number of
    the graph is, in the order of `numbers`, and `output` where the output is.
    """

    inputs: int
    constants: tuple[float, ...]
    names: tuple[str, ...]
    steps: tuple[tuple[int, ...], ...]
    guards: tuple[tuple[int, int], ...]
    frame: tuple[int, ...]
    output: int


def tape(graph: Graph) -> Tape:
    """The graph's tape.

    Raises:
        NoTapeError: a value is no single real number, an operation is not among `OPERATIONS`, something else than
            comparisons steered the recording, or it is too long.

    >>> import chainviz as cv
    >>> made = tape(cv.trace(lambda x: np.sin(2 * x), x=1.5))
    >>> [(made.names[name], *operands) for name, *operands in made.steps]
    [('multiply', 1, 0), ('sin', 3), ('cos', 3), ('multiply', 2, 5), ('multiply', 6, 1)]
    """
    if graph.unguarded:
        raise NoTapeError(f"The function asks {graph.unguarded} of its values, so its recording may change unseen.")
    return _Writer(graph).tape()


def numbers(graph: Graph) -> list[float]:
    """Every number of a graph of real numbers, as a frame has them: values, then what is at each edge."""
    edges = [number for edge in graph.edges for number in (edge.local, edge.contribution, edge.so_far)]
    return [float(number) for number in (*(node.value for node in graph.nodes), *edges) if number is not None]


def evaluate(tape: Tape, inputs: Sequence[float]) -> list[float] | None:
    """All numbers of the graph at other inputs; None where a guard's answer differs, so that the tape does not hold.

    >>> import chainviz as cv
    >>> evaluate(tape(cv.trace(lambda x: x * x if x > 0 else -x, x=1.5)), [3.0])
    [3.0, 9.0, 3.0, 3.0, 3.0, 3.0, 3.0, 6.0]
    >>> evaluate(tape(cv.trace(lambda x: x * x if x > 0 else -x, x=1.5)), [-3.0]) is None
    True
    """
    registers = [*inputs, *tape.constants]
    run = [functools.partial(apply, name) for name in tape.names]
    for name, *operands in tape.steps:
        registers.append(run[name](*(registers[k] for k in operands)))
    if any(registers[k] != answer for k, answer in tape.guards):
        return None
    return [registers[k] for k in tape.frame]


def apply(name: str, *operands: float) -> float:
    """One operation on floats; truth values are 0 and 1. As the engine does: `math` first, then NumPy."""
    twin = _TWINS[name]
    if twin is not None:
        try:
            return float(twin(*operands))
        except (ValueError, OverflowError, ZeroDivisionError):  # NumPy answers inf or NaN
            pass
    with np.errstate(all="ignore"):
        return float(OPERATIONS[name](*map(np.float64, operands)))


_TWINS = {name: scalar_twin(f) if isinstance(f, np.ufunc) else None for name, f in OPERATIONS.items()}


class Register(NDArrayOperatorsMixin):
    """Stands for a number on the tape; NumPy's operations on it are written down. It has no value to look at."""

    def __init__(self, writer: _Writer, slot: int) -> None:
        self.writer = writer
        self.slot = slot

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Register:
        return self.writer.write(ufunc if method == "__call__" and not options else np.ufunc, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Register:
        return self.writer.write(function if not options else np.ufunc, args)

    def __bool__(self) -> bool:
        raise NoTapeError("A rule looks at a number, so it cannot be written down for all numbers.")

    __float__ = __int__ = __index__ = __bool__  # type: ignore[assignment]


class _Writer:
    """Runs both passes of the graph on registers: of every operation, be the graph folded."""

    def __init__(self, graph: Graph) -> None:
        self.shown = graph
        self.graph = graph.full
        self.names: dict[str, int] = {}
        self.constants: dict[str, float] = {}
        self.steps: dict[tuple[Any, ...], Register] = {}  # equal steps are one
        self.values: list[Any] = []

    def write(self, function: Any, operands: Sequence[Any]) -> Register:
        """The register that the result of this operation goes to."""
        name = getattr(function, "__name__", "")
        if OPERATIONS.get(name) is not function:
            raise NoTapeError(f"{name} can only be computed in Python.")
        key = (name, *map(self._key, operands))
        if key not in self.steps:
            if len(self.steps) == LONGEST:
                raise NoTapeError(f"The tape has more than {LONGEST:,} operations.")
            self.names.setdefault(name, len(self.names))
            self.steps[key] = Register(self, len(self.steps))
        return self.steps[key]

    def _key(self, operand: Any) -> Any:
        """A register by its number; a constant by its digits, so that 0 and -0 are two."""
        if isinstance(operand, Register):
            return operand.slot
        if not isinstance(operand, (float, int, np.number, np.bool)) or isinstance(operand, complex):
            raise NoTapeError(f"A graph with {type(operand).__name__} constants has no tape.")
        value = float(operand)
        self.constants.setdefault(repr(value), value)
        return repr(value)

    def tape(self) -> Tape:
        """The whole tape."""
        graph = self.graph
        inputs = {node: Register(self, -1 - k) for k, node in enumerate(graph.inputs)}
        for node in (*graph.nodes, *graph.hidden):
            self.values.append(inputs[node.index] if node.index in inputs else self._value(node))
        guards = [(self.write(g.comparison, [*map(self._at, g.operands)]), int(g.answer)) for g in graph.guards]
        edges = _Backward(graph, self.values)
        values = [self.values[group[-1]] for group in self.shown.members] or self.values[: len(graph.nodes)]
        at_edges = itertools.chain.from_iterable(_folded(self.shown, edges) if self.shown.members else edges.numbers)
        frame = [self._key(number) for number in (*values, *at_edges)]
        places: dict[Any, int] = {-1 - k: k for k in range(len(inputs))}
        for key in (*self.constants, *range(len(self.steps))):
            places[key] = len(places)
        return Tape(
            inputs=len(inputs),
            constants=tuple(self.constants.values()),
            names=tuple(self.names),
            steps=tuple((self.names[name], *(places[key] for key in operands)) for name, *operands in self.steps),
            guards=tuple((places[register.slot], answer) for register, answer in guards),
            frame=tuple(places[key] for key in frame),
            output=places[frame[self.shown.output]],
        )

    def _at(self, operand: Any) -> Any:
        return self.values[operand.node] if isinstance(operand, Reference) else operand

    def _value(self, node: Node) -> Any:
        if node.value.__class__ is not float:
            _refuse(node)
        if node.primitive is None:
            return node.value
        if not isinstance(node.primitive, Elementwise) or node.options:
            _refuse(node)
        return node.primitive.function(*map(self._at, node.operands))


class _Backward:
    """The backward pass on registers, as `passes.walk_back` makes it on numbers when it is careful.

    `adjoints` has every node's, and `numbers` what the frame has of every edge: local derivative, contribution, and
    the sum so far, as far as there are.
    """

    def __init__(self, graph: Graph, values: list[Any]) -> None:
        self.graph = graph
        self.values = values
        self.adjoints: dict[int, Any] = {graph.output: 1.0}
        self.dead: dict[int, Any] = {}  # whether no adjoint can arrive, as a choice such as np.where did not take it
        self.numbers: list[list[Any]] = [[] for _ in graph.edges]
        for node in reversed(graph.nodes):
            for k in graph.entering[node.index]:
                self._pass(k, graph.edges[k])

    def _pass(self, k: int, edge: Edge) -> None:
        if edge.local is None:  # the source is frozen
            return
        local = self._local(edge)
        self.numbers[k].append(local)
        if self.graph.passes(edge):
            contribution = self._contribution(edge, local)
            self._arrive(edge.source, contribution, self._unreached(edge, local))
            self.numbers[k] += [contribution, self.adjoints[edge.source]]

    def _rule(self, edge: Edge) -> Any:
        primitive = self.graph.nodes[edge.target].primitive
        assert isinstance(primitive, Elementwise)
        return primitive.partials[edge.operand]

    def _masks(self, edge: Edge) -> bool:
        """Whether a local derivative of 0 means that the operand was not taken."""
        primitive = self.graph.nodes[edge.target].primitive
        return primitive is not None and primitive.selects

    def _local(self, edge: Edge) -> Any:
        rule, node = self._rule(edge), self.graph.nodes[edge.target]
        if not callable(rule):
            return float(rule or 0)
        operands = [self.values[o.node] if isinstance(o, Reference) else o for o in node.operands]
        with np.errstate(all="ignore"):
            return tidy(rule(self.values[edge.target], *operands))

    def _contribution(self, edge: Edge, local: Any) -> Any:
        g, rule, dead = self.adjoints[edge.target], self._rule(edge), self.dead.get(edge.target)
        if self._masks(edge):
            untaken = np.equal(local, 0.0)
            dead = untaken if dead is None else np.logical_or(dead, untaken)
        if dead is not None:
            return tidy(np.where(dead, 0.0, g * local))
        return 0.0 if rule == 0 else g if rule == 1 else g * local

    def _unreached(self, edge: Edge, local: Any) -> Any:
        """Whether no adjoint can arrive at the source through this edge; None where one always can."""
        dead = self.dead.get(edge.target)
        if not self._masks(edge):
            return dead
        return np.equal(local if dead is None else np.subtract(1.0, dead) * local, 0.0)

    def _arrive(self, source: int, contribution: Any, unreached: Any) -> None:
        earlier, before = self.adjoints.get(source), self.dead.pop(source, None)
        self.adjoints[source] = contribution if earlier is None else earlier + contribution
        if unreached is not None and (earlier is None or before is not None):
            self.dead[source] = unreached if earlier is None else np.multiply(unreached, before)


def _folded(shown: Graph, full: _Backward) -> list[list[Any]]:
    """What the frame of a folded graph has of its edges, out of the backward pass of every operation.

    As in fold.py: a fold's local derivative is the adjoint inside of it when its result alone has 1; its contribution
    is the sum of those of the edges that it stands for.
    """
    numbers: list[list[Any]] = [[] for _ in shown.edges]
    sums: dict[int, Any] = {}
    for node in reversed(shown.nodes):
        inside = getattr(node.primitive, "inside", None)
        group = shown.members[node.index]
        within: dict[int, Any] = {}
        if inside is not None:
            outer = [shown.members[operand.node][-1] for operand in node.operands]
            within = _Backward(inside, [full.values[k] for k in (*outer, *group)]).adjoints
        for k in shown.entering[node.index]:
            edge, source = shown.edges[k], shown.members[shown.edges[k].source][-1]
            used = [
                full.numbers[e] for member in group for e in full.graph.entering[member]
                if full.graph.edges[e].source == source and (inside or full.graph.edges[e].operand == edge.operand)
            ]  # fmt: skip
            if edge.local is None:
                continue
            numbers[k].append(within.get(edge.operand, 0.0) if inside else used[0][0])
            if shown.passes(edge):
                contribution = functools.reduce(np.add, (parts[1] for parts in used if len(parts) > 1))
                so_far = np.add(sums[edge.source], contribution) if edge.source in sums else contribution
                sums[edge.source] = full.adjoints[source] if edge.turn == edge.uses else so_far
                numbers[k] += [contribution, sums[edge.source]]
    return numbers


def _refuse(node: Node) -> NoReturn:
    what = node.primitive.name if node.primitive is not None else "an array"
    raise NoTapeError(f"{what} is not an operation on single real numbers, or cannot be written down.")
