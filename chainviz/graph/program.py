"""The forward and the backward pass as one record: every rule that the graph needs, run on Variables.

    y = sin(2 * x)      values      x, v₁ = 2 * x, y = sin(v₁)
                        adjoints    d_y, d_v₁ = d_y * cos(v₁), d_x = d_v₁ * 2

Source, cost and closed formulas are all read off it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import ChainvizError
from ..autodiff.forms import Elementwise, unbroadcast
from ..autodiff.passes import pullback
from ..autodiff.primitive import Primitive
from ..autodiff.record import Record
from ..autodiff.variable import PRIMITIVES, Variable, plain, tidy, wrap
from .graph import Graph
from .node import Reference
from .operations import by_content, table_name


class Program(NamedTuple):
    """The Variables of both passes.

    `values` and `adjoints` go by node (an adjoint is None where none arrives), `sums` are the adjoints as they add up,
    `contributions` go by edge, `seed` is the output's adjoint. `steps` are those of the backward pass: the index of the
    last Variable of each, and the node whose rule it is.
    """

    values: list[Variable]
    adjoints: list[Variable | None]
    sums: list[list[Variable]]
    contributions: dict[int, Variable]
    seed: Variable
    steps: list[tuple[int, int]]


class Choice(Primitive):
    """A rule that has to be run, as its trace would hold one point only: that of max, or of a checkpoint."""

    def __init__(self, primitive: Primitive, position: int) -> None:
        def pull(g: Any, y: Any, *args: Any, **options: Any) -> Any:
            return primitive.pull(position, g, y, args, options)

        super().__init__(pull, "", operands=primitive.operands + 2, name=primitive.name)
        self.primitive, self.position = primitive, position

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The rule's own derivative, by the engine: for a second derivative."""
        source = wrap(plain(args[position]))
        operands = [source if k == position else plain(arg) for k, arg in enumerate(args)]
        return pullback(Record([self.function(*operands, **kwargs)], [source]), [plain(g)])[0]


def program(graph: Graph) -> Program:
    """Both passes of the graph, recorded."""
    values = values_of(graph)
    sums: list[list[Variable]] = [[] for _ in graph.nodes]
    contributions: dict[int, Variable] = {}
    steps: list[tuple[int, int]] = []
    seed = wrap(1.0)
    sums[graph.output].append(seed)
    with np.errstate(all="ignore"):
        for node in reversed(graph.nodes):
            for k in graph.entering[node.index]:
                edge = graph.edges[k]
                if not graph.passes(edge):
                    continue
                y, g = values[node.index], sums[node.index][-1]
                contributions[k] = _pulled(edge.operand, g, y)
                earlier = sums[edge.source]
                earlier.append(
                    PRIMITIVES[np.add](earlier[-1], contributions[k]) if earlier else _alias(contributions[k])
                )
                steps.append((earlier[-1].index, node.index))
    return Program(values, [s[-1] if s else None for s in sums], sums, contributions, seed, steps)


def values_of(graph: Graph) -> list[Variable]:
    """The forward pass, recorded: a Variable a node."""
    values: list[Variable] = []
    for node in graph.nodes:
        args = tuple(values[o.node] if isinstance(o, Reference) else o for o in node.operands)
        values.append(wrap(node.value, node.primitive, args, dict(node.options)))
    return values


def adjoints(output: Any, seed: Any, sources: Sequence[Variable]) -> list[Any]:
    """The adjoints of the sources for the seed as the output's, recorded; None where none arrives."""
    sums: dict[int, Variable] = {output.index: seed} if isinstance(output, Variable) else {}
    depending = {source.index for source in sources}
    nodes = needed([output])
    for node in nodes:
        if any(isinstance(a, Variable) and a.index in depending for a in node.args):
            depending.add(node.index)
    with np.errstate(all="ignore"):
        for node in reversed(nodes):
            if node.index not in sums or node.primitive is None:
                continue
            for k, arg in enumerate(node.args):
                if isinstance(arg, Variable) and arg.index in depending and node.primitive.passes_to(k):
                    pulled, earlier = _pulled(k, sums[node.index], node), sums.get(arg.index)
                    sums[arg.index] = pulled if earlier is None else PRIMITIVES[np.add](earlier, pulled)
    return [sums.get(source.index) for source in sources]


def outcome(graph: Graph, both: Program) -> list[Any]:
    """The output and the gradients of the inputs that are not frozen; zeros where no adjoint arrives."""
    gradients = [both.adjoints[k] for k in graph.trained]
    zeros = [np.zeros(graph.nodes[k].shape) if graph.nodes[k].shape else 0.0 for k in graph.trained]
    return [both.values[graph.output], *(z if a is None else a for a, z in zip(gradients, zeros, strict=True))]


def needed(results: Sequence[Any]) -> list[Variable]:
    """The Variables that the results are computed from, in order."""
    found: dict[int, Variable] = {}
    stack = [r for r in results if isinstance(r, Variable)]
    while stack:
        variable = stack.pop()
        if variable.index not in found:
            found[variable.index] = variable
            stack += [a for a in variable.args if isinstance(a, Variable)]
    return [found[index] for index in sorted(found)]


def pull(position: int, g: Any, y: Any, primitive: Primitive, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """The rule as a person would write it: without the engine's care for entries that were not taken."""
    if not isinstance(primitive, Elementwise):
        return primitive.pull(position, g, y, args, options)
    if table_name(primitive) == "where":
        chosen = (args[0], g, 0.0) if position == 1 else (args[0], 0.0, g)
        return unbroadcast(np.where(*chosen), np.shape(args[position]))
    local = primitive.partial(position, y, args)
    if local.__class__ is int and local == 0:
        return np.zeros(np.shape(args[position]))
    return unbroadcast(g if local.__class__ is int and local == 1 else g * local, np.shape(args[position]))


def _pulled(position: int, g: Variable, y: Variable) -> Variable:
    primitive, options = y.primitive, y.kwargs or {}
    assert primitive is not None
    if isinstance(primitive, (Joint, Choice)) or looks_at_numbers(primitive, position, y.args, options):
        return Choice(primitive, position)(g, y, *y.args, **options)
    try:
        pulled = pull(position, g, y, primitive, y.args, options)
    except ChainvizError:  # a part that no adjoint arrives at has no derivative
        return Choice(primitive, position)(g, y, *y.args, **options)
    return pulled if isinstance(pulled, Variable) else wrap(pulled if np.ndim(pulled) else float(pulled))


def _alias(variable: Variable) -> Variable:
    """The same value as a Variable of its own."""
    return wrap(variable.value, PRIMITIVES[np.positive], (variable,))


_known: dict[Any, bool] = {}


def looks_at_numbers(primitive: Primitive, position: int, args: Sequence[Any], options: dict[str, Any]) -> bool:
    """Whether the rule's trace depends on the numbers: it is taken again, with other numbers, and compared."""
    key = (
        primitive,
        position,
        tuple((isinstance(a, Variable), np.shape(a)) for a in args),
        by_content(tuple(options.items())),
    )
    if key not in _known:
        rng = np.random.default_rng(7)
        for other in (_other, _tame):  # a matrix without zeros, and one that all decompositions accept
            try:
                traces = [_trace(primitive, position, [other(a, rng) for a in args], options) for _ in range(8)]
            except (ValueError, ArithmeticError, np.linalg.LinAlgError, ChainvizError):
                _known[key] = True
            else:
                _known[key] = any(trace != traces[0] for trace in traces)
                break
    return _known[key]


def _other(value: Any, rng: np.random.Generator) -> Any:
    return wrap(tidy(rng.standard_normal(value.shape))) if isinstance(value, Variable) else value


def _tame(value: Any, rng: np.random.Generator) -> Any:
    """Near 1, 2, 3, ... on the diagonal, so its eigenvalues are real and distinct; a positive number."""
    other = _other(value, rng)
    if not isinstance(value, Variable):
        return value
    is_square = value.ndim >= 2 and value.shape[-1] == value.shape[-2]
    return wrap(tidy(0.1 * other.value + (np.diag(np.arange(1.0, value.shape[-1] + 1)) if is_square else 0.5)))


def _trace(primitive: Primitive, position: int, args: list[Any], options: dict[str, Any]) -> list[Any]:
    """What the rule records, in a form that compares."""
    with np.errstate(all="ignore"):
        result = wrap(plain(primitive(*args, **options)))
    g = wrap(np.ones(result.shape) if result.ndim else 1.0)
    with np.errstate(all="ignore"):
        pulled = pull(position, g, result, primitive, args, options)
    if not isinstance(pulled, Variable):
        return [np.asarray(pulled).tobytes()]
    operands = {v.index: k for k, v in enumerate([g, result, *(a for a in args if isinstance(a, Variable))])}
    seen: list[Any] = []
    for node in needed([pulled]):
        if node.primitive is not None:
            parts = [operands[a.index] if isinstance(a, Variable) else np.asarray(a).tobytes() for a in node.args]
            seen.append((node.primitive.name, parts, by_content(tuple((node.kwargs or {}).items()))))
        operands.setdefault(node.index, len(operands))
    return seen
