"""Readable NumPy source of a graph's forward and backward pass, with the user's own names. It runs on its own.

    def value_and_gradient(x):
        z = 2 * x + 1
        y = np.sin(z)

        d_y = 1.0
        d_z = d_y * np.cos(z)
        d_x = d_z * 2
        return y, d_x

Every backward line is a rule of the table, run on named placeholders and printed as the NumPy code that it is.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.errors import spelling
from ..autodiff.passes import Record
from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, Variable, wrap
from .graph import Edge, Graph, Node, Reference

TERM, FACTOR, UNARY, POWER, ATOM = range(1, 6)
"""How tightly Python binds: a + b, a * b, -a, a ** b, a."""

_OPERATORS = {
    "add": ("+", TERM), "subtract": ("-", TERM), "multiply": ("*", FACTOR), "divide": ("/", FACTOR),
    "matmul": ("@", FACTOR), "floor_divide": ("//", FACTOR), "remainder": ("%", FACTOR), "power": ("**", POWER),
}  # fmt: skip
_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_OURS = {"sigmoid", "relu", "softplus"}
_TAKEN = {"np", "cv", "scatter", "value_and_gradient"}
_SCATTER = (
    "def scatter(values, shape, index):",
    "    placed = np.zeros(shape)",
    "    np.add.at(placed, index, values)",
    "    return placed",
)


class Expression(NamedTuple):
    """A piece of Python, and how tightly it binds."""

    code: str
    level: int = ATOM


def source(graph: Graph) -> str:
    """A function `value_and_gradient` of the graph's inputs, as NumPy source; see `Graph.to_source`."""
    names = _identifiers(graph)
    writer = _Writer()
    parameters = [names[k] for k in graph.inputs]
    forward = [f"{names[node.index]} = {_node(node, names, writer).code}" for node in graph.nodes if not node.is_input]
    backward = [f"d_{names[graph.output]} = 1.0"]
    for node in reversed(graph.nodes):
        for k in graph.entering[node.index]:
            edge = graph.edges[k]
            target = f"d_{names[edge.source]}"
            code = _pull(graph, edge, names, writer).code
            backward.append(f"{target} = {code}" if edge.turn == 1 else f"{target} = {target} + {code}")
    unused = [k for k in graph.inputs if not graph.leaving[k] and k != graph.output]
    backward += [f"d_{names[k]} = 0.0 * {names[k]}" for k in unused]
    gradients = ", ".join(f"d_{name}" for name in parameters)
    result = f"return {names[graph.output]}, {gradients if len(parameters) == 1 else f'({gradients})'}"
    body = [*writer.constants, *forward, "", *backward, result]
    head = ["import numpy as np", *(["import chainviz as cv"] if writer.needs_chainviz else []), ""]
    if writer.needs_scatter:
        head += ["", *_SCATTER, ""]
    lines = [*head, "", f"def value_and_gradient({', '.join(parameters)}):", *(f"    {line}".rstrip() for line in body)]
    return "\n".join(lines) + "\n"


def _identifiers(graph: Graph) -> list[str]:
    """The nodes' names as Python has them: h₁ is h1."""
    names: list[str] = []
    for node in graph.nodes:
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in node.name.translate(_PLAIN))
        if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN:
            name = f"v_{name}"
        while name in names or name.removeprefix("d_") in names:
            name += "_"
        names.append(name)
    return names


class _Writer:
    """Writes operations as Python; collects the arrays that must be named before they can be used."""

    def __init__(self) -> None:
        self.constants: list[str] = []
        self.needs_chainviz = False
        self.needs_scatter = False

    def constant(self, value: Any) -> Expression:
        if np.ndim(value) == 0 and not isinstance(value, str):
            number = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
            code = f"np.{number}" if isinstance(number, float) and not np.isfinite(number) else repr(number)
            return Expression(code.replace("np.-", "-np."), UNARY if code.lstrip("np.").startswith("-") else ATOM)
        line = f"= np.array({np.asarray(value).tolist()!r}, dtype={np.asarray(value).dtype.name!r})"
        known = next((c for c in self.constants if c.endswith(line)), "")
        if not known:
            known = f"c{len(self.constants) + 1} {line}"
            self.constants.append(known)
        return Expression(known.split()[0])

    def apply(self, primitive: Primitive, operands: Sequence[Expression], options: Mapping[str, Any]) -> Expression:
        """The operation on these operands, without times 1 and to the power 1."""
        name, codes = primitive.name, [operand.code for operand in operands]
        if name == "multiply" and any(code in ("1", "1.0") for code in codes):
            return operands[1 if codes[0] in ("1", "1.0") else 0]
        if name == "multiply" and codes[1] == "-1":
            return self.apply(PRIMITIVES[np.negative], operands[:1], {})
        if name == "power" and codes[1] in ("1", "1.0"):
            return operands[0]
        if name in _OPERATORS:
            sign, level = _OPERATORS[name]
            left = _bracketed(operands[0], level + 1 if name == "power" else level)
            return Expression(
                f"{left} {sign} {_bracketed(operands[1], level if name == 'power' else level + 1)}", level
            )
        if name == "negative":
            return Expression(f"-{_bracketed(operands[0], UNARY)}", UNARY)
        if name in ("alias", "positive"):
            return operands[0]
        if name == "index":
            return Expression(f"{_bracketed(operands[0], ATOM)}[{self.index(options['index'])}]")
        if name == "scatter":
            self.needs_scatter = True
            return Expression(f"scatter({codes[0]}, {options['shape']!r}, np.s_[{self.index(options['index'])}])")
        if name == "logabsdet":
            return Expression(f"np.linalg.slogdet({codes[0]})[1]")
        if name in ("stack", "concatenate"):
            codes = [f"[{', '.join(codes)}]"]
        self.needs_chainviz = self.needs_chainviz or name in _OURS
        extras = [f"{option}={_option(choice)}" for option, choice in options.items()]
        return Expression(f"{_function(primitive)}({', '.join([*codes, *extras])})")

    def index(self, index: Any) -> str:
        """What stands between the square brackets."""
        if isinstance(index, tuple):
            return ", ".join(self.index(part) for part in index)
        if isinstance(index, slice):
            bounds = [index.start, index.stop] + ([] if index.step is None else [index.step])
            return ":".join("" if bound is None else str(bound) for bound in bounds)
        if index is Ellipsis:
            return "..."
        return "None" if index is None else self.constant(index).code


def _bracketed(expression: Expression, level: int) -> str:
    return expression.code if expression.level >= level else f"({expression.code})"


def _function(primitive: Primitive) -> str:
    """The name under which the operation is called."""
    if primitive.name in _OURS:
        return f"cv.{primitive.name}"
    name = {"absolute": "abs", "solve": "linalg.solve"}.get(primitive.name, primitive.name)
    return "np." + name if primitive.name in ("log", "solve", "stack", "concatenate") else spelling(primitive.function)


def _option(choice: Any) -> str:
    return repr(choice.item() if isinstance(choice, np.generic) else choice)


def _node(node: Node, names: list[str], writer: _Writer) -> Expression:
    """What the node computes, in its operands' names."""
    if node.primitive is None:
        return writer.constant(node.value)
    operands = [Expression(names[o.node]) if isinstance(o, Reference) else writer.constant(o) for o in node.operands]
    return writer.apply(node.primitive, operands, dict(node.options))


def _pull(graph: Graph, edge: Edge, names: list[str], writer: _Writer) -> Expression:
    """What the edge contributes to its source's adjoint: the target's rule, run on named placeholders."""
    target = graph.nodes[edge.target]
    assert target.primitive is not None
    written: dict[int, Expression] = {}

    def stand_in(value: Any, code: str) -> Variable:
        variable = wrap(value)
        written[variable.index] = Expression(code)
        return variable

    y = stand_in(target.value, names[target.index])
    args = [
        stand_in(graph.nodes[o.node].value, names[o.node]) if isinstance(o, Reference) else o for o in target.operands
    ]
    g = stand_in(np.ones(target.shape) if target.shape else 1.0, f"d_{names[target.index]}")
    with np.errstate(all="ignore"):
        pulled = target.primitive.pull(edge.operand, g, y, args, dict(target.options))
    if not isinstance(pulled, Variable):
        return writer.constant(pulled)
    for node in Record(pulled).nodes:
        if node.index not in written and node.primitive is not None:
            parts = [written[a.index] if isinstance(a, Variable) else writer.constant(a) for a in node.args]
            written[node.index] = writer.apply(node.primitive, parts, node.kwargs or {})
    return written[pulled.index]
