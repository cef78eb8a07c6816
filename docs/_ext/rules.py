"""The directive `rules`: lines of the cheat sheet. Each is NumPy code that is recorded, and its derivative's formula.

No derivative is written here: `chainviz.graph.formula` prints what the table of primitives says of the recorded code.
"""

import ast
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import chainviz as cv
from chainviz.graph import formula
from chainviz.graph.letters import name_mathml

NUMBERS = {"x": 0.5, "a": 0.5, "b": 0.25}
_A = np.array([[2.0, 1.0], [0.5, 3.0]])
ARRAYS: dict[str, Any] = {"A": _A, "B": _A, "W": _A, "x": np.array([1.0, 2.0]), "b": np.array([1.0, 3.0])}
ARRAYS |= {"z": ARRAYS["x"], "t": np.array([0.0, 1.0])}


class Rule(NamedTuple):
    """One line: the formula of the value, and for every operand its name and what the table gives for it."""

    code: str
    value: str
    derivatives: tuple[tuple[str, str], ...]
    are_factors: bool


def rule(code: str, *, of_arrays: bool = False, write: Callable[..., str] = formula.mathml) -> Rule:
    """The line for a piece of code in x, or a and b; in arrays, the derivative is the adjoint of every operand.

    Raises ValueError for code that is recorded as several operations: no line of the table says its derivative.
    """
    samples = ARRAYS if of_arrays else NUMBERS
    names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and node.id in samples]
    letters = [name.id for name in sorted(names, key=lambda name: name.col_offset)]
    body = f"np.sum(cv.name({code}, 'Y' if np.ndim({code}) == 2 else 'y'))" if of_arrays else code
    f = eval(f"lambda {', '.join(letters)}: {body}", {"np": np, "cv": cv})
    graph = cv.trace(f, **{letter: samples[letter] for letter in letters}).full
    node = next(n for n in graph.nodes if not n.is_input and (not of_arrays or n.name in "yY"))
    edges = [edge for edge in graph.edges if edge.target == node.index]
    if any(not graph.nodes[edge.source].is_input for edge in edges):
        raise ValueError(f"{code} is recorded as more than one operation, so the table has no rule of that name.")
    derivatives = [(graph.nodes[edge.source].name, write(formula.of_edge(graph, edge), graph)) for edge in edges]
    factors = all(formula.is_factor(graph, edge) for edge in edges)
    return Rule(code, write(formula.of_node(graph, node.index), graph), tuple(derivatives), factors)


class RulesDirective(SphinxDirective):
    """`{rules}` with one piece of code a line; the argument `arrays` makes the letters arrays."""

    has_content = True
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A table: the code, what it computes, its derivatives."""
        of_arrays = self.arguments == ["arrays"]
        rows = [_row(rule(code, of_arrays=of_arrays)) for code in self.content]
        last = "adjoints of the operands" if of_arrays else "local derivative"
        head = f"<tr><th>code</th><th>{_set('<mi>y</mi>')}</th><th>{last}</th></tr>"
        table = f'<table class="rules"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
        table = f'<div class="wide">{table}</div>'
        return [nodes.raw("", table, format="html")]


def _row(line: Rule) -> str:
    is_plain = line.are_factors and len(line.derivatives) == 1
    derivatives = [
        _set(derivative if is_plain else f"{_of(name, line.are_factors)}<mo>=</mo>{derivative}")
        for name, derivative in line.derivatives
    ]
    cells = (f"<code>{escape(line.code)}</code>", _set(line.value), " ".join(derivatives))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _of(name: str, is_factor: bool) -> str:
    """The local derivative by an operand, or its adjoint."""
    operand = name_mathml(name)
    return f"<msub><mo>∂</mo>{operand}</msub>" if is_factor else f'<mover>{operand}<mo stretchy="true">¯</mo></mover>'


def _set(content: str) -> str:
    return f'<math displaystyle="true">{content}</math>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("rules", RulesDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
