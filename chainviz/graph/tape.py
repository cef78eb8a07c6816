"""The tape: both passes of a graph as one flat list of NumPy operations on numbers, which any language can run.

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

from ..autodiff.forms import Elementwise
from ..autodiff.scalar_numpy import scalar_twin
from ..autodiff.variable import tidy
from .entries import ArrayBackward, NoTapeError, array_of, computed, flat, local_of_fold
from .graph import Graph
from .node import Edge, Node, Reference
from .uninterrupted import uninterrupted

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

LONGEST, LONGEST_OF_ARRAYS = 20_000, 6_000
"""Operations of a tape; the numbers of an array have one each, and all are kept in the notebook."""
LARGEST_SHOWN = 64
"""Entries of an array above which a frame carries only its norm and a histogram, and a graph has no tape."""


@dataclass(frozen=True)
class Tape:
    """Registers hold the entries of all inputs, then the constants, then the result of every step.

    A step is the index of its operation's name in `names`, and the registers of its operands. A guard is the register
    of a comparison, and the answer (0 or 1) with which the tape holds. `frame` says in which register every number of
    the graph is, in the order of `numbers`, and `output` where the output is. Where `finite`, it holds only as long as
    all these numbers are.
    """

    inputs: int
    constants: tuple[float, ...]
    names: tuple[str, ...]
    steps: tuple[tuple[int, ...], ...]
    guards: tuple[tuple[int, int], ...]
    frame: tuple[int, ...]
    output: int
    finite: bool = False


def tape(graph: Graph) -> Tape:
    """The graph's tape.

    Raises:
        NoTapeError: a value is complex or a large array, an operation is not among `OPERATIONS`, something else than
            comparisons of numbers steered the recording, or it is too long.

    >>> import chainviz as cv
    >>> made = tape(cv.trace(lambda x: np.sin(2 * x), x=1.5))
    >>> [(made.names[name], *operands) for name, *operands in made.steps]
    [('multiply', 1, 0), ('sin', 3), ('cos', 3), ('multiply', 2, 5), ('multiply', 6, 1)]
    """
    if graph.full.unguarded:
        raise NoTapeError(
            f"The function asks {graph.full.unguarded} of its values, so its recording may change unseen."
        )
    if any(np.ndim(guard.answer) for guard in graph.full.guards):
        raise NoTapeError("The function compares arrays, whose answer is no single number.")
    with uninterrupted():
        return _Writer(graph).tape()


def numbers(graph: Graph) -> list[float]:
    """Every number of a graph with a tape, as a frame has them: values, then what is at each edge."""
    edges = [number for edge in graph.edges for number in (edge.local, edge.contribution, edge.so_far)]
    told = (number for number in (*(node.value for node in graph.nodes), *edges) if number is not None)
    return [float(entry) for number in told for entry in flat(number)]


def evaluate(tape: Tape, inputs: Sequence[Any]) -> list[float] | None:
    """All numbers of the graph at other inputs, numbers and arrays; None where the tape does not hold.

    >>> import chainviz as cv
    >>> evaluate(tape(cv.trace(lambda x: x * x if x > 0 else -x, x=1.5)), [3.0])
    [3.0, 9.0, 3.0, 3.0, 3.0, 3.0, 3.0, 6.0]
    >>> evaluate(tape(cv.trace(lambda x: x * x if x > 0 else -x, x=1.5)), [-3.0]) is None
    True
    """
    registers = [*(entry for value in inputs for entry in flat(value)), *tape.constants]
    run = [functools.partial(apply, name) for name in tape.names]
    for name, *operands in tape.steps:
        registers.append(run[name](*(registers[k] for k in operands)))
    if any(registers[k] != answer for k, answer in tape.guards):
        return None
    found = [registers[k] for k in tape.frame]
    return None if tape.finite and not np.all(np.isfinite(found)) else found


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

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        function = ufunc if method == "__call__" and not options else np.ufunc
        if any(isinstance(operand, np.ndarray) for operand in inputs):
            each = np.broadcast(*map(_boxed, inputs))
            return array_of([self.writer.write(function, operands) for operands in each], each.shape)
        return self.writer.write(function, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function.__name__ in OPERATIONS and not options:
            return self.writer.write(function, args)
        return function(*map(_boxed_inside, args), **options)

    def __getattr__(self, name: str) -> Any:
        """The methods by which NumPy computes on arrays of objects: np.exp calls `exp` of every entry."""
        if name not in OPERATIONS:
            raise AttributeError(name)
        return functools.partial(self.writer.write, OPERATIONS[name], (self,))

    def __bool__(self) -> bool:
        raise NoTapeError("A rule looks at a number, so it cannot be written down for all numbers.")

    __float__ = __int__ = __index__ = __bool__  # type: ignore[assignment]


def _boxed(operand: Any) -> Any:
    """An array of objects: NumPy would ask a register itself how it is broadcast."""
    if isinstance(operand, np.ndarray):
        return operand.astype(object)
    box = np.empty((), dtype=object)
    box[()] = operand
    return box


def _boxed_inside(argument: Any) -> Any:
    """The argument with registers as arrays, also those in a list that np.stack is given."""
    if isinstance(argument, (list, tuple)):
        return [_boxed_inside(part) for part in argument]
    return _boxed(argument) if isinstance(argument, Register) else argument


class _Writer:
    """Runs both passes of the graph on registers: of every operation, be the graph folded."""

    def __init__(self, graph: Graph) -> None:
        self.shown = graph
        self.graph = graph.full
        self.names: dict[str, int] = {}
        self.constants: dict[str, float] = {}
        self.steps: dict[tuple[Any, ...], Register] = {}  # equal steps are one
        self.values: list[Any] = []
        self.has_arrays = any(node.value.__class__ is not float for node in self.graph.nodes)

    def write(self, function: Any, operands: Sequence[Any]) -> Register:
        """The register that the result of this operation goes to."""
        name = getattr(function, "__name__", "")
        if OPERATIONS.get(name) is not function:
            raise NoTapeError(f"{name} can only be computed in Python.")
        key = (name, *map(self._key, operands))
        if key not in self.steps:
            self.names.setdefault(name, len(self.names))
            self.steps[key] = Register(self, len(self.steps))
        return self.steps[key]

    def must_be_short(self) -> None:
        """Raise where the tape is too long. Not in the midst of an operation: where an addition raises, NumPy's product
        of matrices of objects gives back a reference that it does not have, and the process crashes."""
        longest = LONGEST_OF_ARRAYS if self.has_arrays else LONGEST
        if len(self.steps) > longest:
            raise NoTapeError(f"The tape has more than {longest:,} operations.")

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
        count, inputs = 0, dict[int, Any]()
        for k in graph.inputs:
            value = graph.nodes[k].value
            size = 1 if value.__class__ is float else np.size(value)
            registers = [Register(self, -1 - count - j) for j in range(size)]
            inputs[k] = registers[0] if value.__class__ is float else array_of(registers, np.shape(value))
            count += size
        for node in (*graph.nodes, *graph.hidden):
            self.values.append(inputs[node.index] if node.index in inputs else self._value(node))
            self.must_be_short()
        guards = [(self.write(g.comparison, [*map(self._at, g.operands)]), int(g.answer)) for g in graph.guards]
        edges = (ArrayBackward if self.has_arrays else _Backward)(graph, self.values, self.must_be_short)
        values = [self.values[group[-1]] for group in self.shown.members] or self.values[: len(graph.nodes)]
        at_edges = itertools.chain.from_iterable(
            _folded(self.shown, edges, self.values, self.must_be_short) if self.shown.members else edges.numbers
        )
        frame = [self._key(entry) for number in (*values, *at_edges) if number is not None for entry in flat(number)]
        if self.has_arrays and any(np.size(edge.local) > LARGEST_SHOWN for edge in self.shown.edges):
            raise NoTapeError("A frame has only the norm of a large Jacobian.")
        if self.has_arrays and len(frame) != len(numbers(self.shown)):
            raise NoTapeError("A box of many values has no tape.")
        places: dict[Any, int] = {-1 - k: k for k in range(count)}
        for key in (*self.constants, *range(len(self.steps))):
            places[key] = len(places)
        return Tape(
            inputs=count,
            constants=tuple(self.constants.values()),
            names=tuple(self.names),
            steps=tuple((self.names[name], *(places[key] for key in operands)) for name, *operands in self.steps),
            guards=tuple((places[register.slot], answer) for register, answer in guards),
            frame=tuple(places[key] for key in frame),
            output=places[self._key(values[self.shown.output])],
            finite=self.has_arrays,
        )

    def _at(self, operand: Any) -> Any:
        return self.values[operand.node] if isinstance(operand, Reference) else operand

    def _value(self, node: Node) -> Any:
        if self.has_arrays:
            return self._value_of_arrays(node)
        if node.value.__class__ is not float:
            _refuse(node)
        if node.primitive is None:
            return node.value
        if not isinstance(node.primitive, Elementwise) or node.options:
            _refuse(node)
        return node.primitive.function(*map(self._at, node.operands))

    def _value_of_arrays(self, node: Node) -> Any:
        if np.size(node.value) > LARGEST_SHOWN or np.asarray(node.value).dtype.kind != "f":
            _refuse(node)
        return node.value if node.primitive is None else computed(node, [*map(self._at, node.operands)])


class _Backward:
    """The backward pass on registers, as `passes.walk_back` makes it on numbers when it is careful.

    `adjoints` has every node's, and `numbers` what the frame has of every edge: local derivative, contribution, and
    the sum so far, as far as there are.
    """

    def __init__(self, graph: Graph, values: list[Any], must_be_short: Callable[[], None]) -> None:
        self.graph = graph
        self.values = values
        self.adjoints: dict[int, Any] = {graph.output: 1.0}
        self.dead: dict[int, Any] = {}  # whether no adjoint can arrive, as a choice such as np.where did not take it
        self.numbers: list[list[Any]] = [[] for _ in graph.edges]
        for node in reversed(graph.nodes):
            for k in graph.entering[node.index]:
                self._pass(k, graph.edges[k])
            must_be_short()

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


def _folded(
    shown: Graph, full: _Backward | ArrayBackward, values: Sequence[Any], must_be_short: Callable[[], None]
) -> list[list[Any]]:
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
            there = [values[k] for k in (*outer, *group)]
            if isinstance(full, _Backward):
                within = _Backward(inside, there, must_be_short).adjoints
            else:
                into: Any = map(shown.edges.__getitem__, shown.entering[node.index])
                within = {edge.operand: local_of_fold(edge, node.primitive, there) for edge in into}  # pyright: ignore
                must_be_short()
        for k in shown.entering[node.index]:
            edge, source = shown.edges[k], shown.members[shown.edges[k].source][-1]
            used = [
                full.numbers[e] for member in group for e in full.graph.entering[member]
                if full.graph.edges[e].source == source and (inside or full.graph.edges[e].operand == edge.operand)
            ]  # fmt: skip
            if shown.nodes[edge.source].frozen:
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
