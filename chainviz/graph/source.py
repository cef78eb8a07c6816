"""Readable NumPy source of a graph's forward and backward pass, with the user's own names. It runs on its own.

    def value_and_gradient(x):
        z = 2 * x + 1
        y = np.sin(z)

        d_y = 1.0
        d_z = d_y * np.cos(z)
        d_x = d_z * 2
        return y, d_x

Every backward line is a rule of the table, recorded on Variables and printed as the NumPy code that it is.
"""

from __future__ import annotations

import keyword
import re
from typing import Any

import numpy as np

from ..autodiff.primitive import Elementwise
from ..autodiff.variable import Variable, wrap
from ..formatting import describe
from .graph import Edge, Graph, Reference
from .printer import ATOM, UNARY, Expression, Printer, as_tuple
from .program import outcome, program
from .simplify import simplified, uses_of

LONGEST = 100
"""Characters of an expression up to which an unnamed value is written where it is used."""

_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_TAKEN = {"np", "cv", "scipy", "scatter", "value_and_gradient"}


def source(graph: Graph) -> str:
    """A function `value_and_gradient` of the graph's inputs, as NumPy source; see `Graph.to_source`."""
    both, names = program(graph), identifiers(graph)
    printer = Printer({f"{d}{name}" for name in names for d in ("", "d_")})
    named: dict[int, str] = {}  # always has a line of its own
    spare: dict[int, str] = {}  # has one if it is used twice or long
    for node, value, name, sums in zip(graph.nodes, both.values, names, both.sums, strict=True):
        (spare if _is_unnamed(node.name) else named)[value.index] = name
        placed = any(_scattered(part) for total in sums for part in total.args)
        always = len(sums) > 1 or not _is_unnamed(node.name) or placed
        for variable in sums:
            (named if always else spare)[variable.index] = f"d_{name}"
            if not always and variable.args:
                spare.setdefault(variable.args[0].index, f"d_{name}")
    results = outcome(graph, both)
    order = simplified(results, named, both.seed)
    uses, inputs = uses_of(order, results), {both.values[k].index for k in graph.inputs}
    passes: tuple[list[str], list[str]] = ([], [])
    put = {v.args[-1].index for v in order if v.index in named and v.args and _scattered(v.args[-1])}
    for variable in order:
        key, lines = variable.index, passes[variable.index >= both.seed.index]
        if key in inputs:
            printer.written[key] = Expression(named[key])
            continue
        if key in put and uses[key] == 1:
            continue
        if key > both.seed.index:
            printer.loose.add(key)
        if key in named and _scattered(variable.args[-1] if variable.args else None):
            lines += printer.placed(variable, named[key])
            printer.written[key] = Expression(named[key])
            continue
        code = printer.write(variable)
        is_short = re.fullmatch(r"\w+(\[[-\w:, ]*\])?", code.code) is not None
        twice_or_long = (uses[key] > 1 and not is_short) or len(code.code) > LONGEST
        name = named.get(key) or (spare.get(key) if twice_or_long else None)
        if name:
            lines.append(f"{name} = {code.code}")
            printer.fresh[name] = code.level < ATOM
            code = Expression(name)
            printer.loose.discard(key)
        printer.written[key] = code
    codes = [printer.written[r.index].code if isinstance(r, Variable) else printer.constant(r).code for r in results]
    head = [*printer.helpers.imports, "", *(f"{name} = {code}" for name, code in printer.constants.items())]
    head += [""] * bool(printer.constants)
    for code in printer.helpers.codes.values():
        head += ["", *code.splitlines(), ""] if code.startswith("def") else [code]
    parameters = ", ".join(names[k] for k in graph.inputs)
    body = [*passes[0], "", *passes[1], f"return {codes[0]}, {as_tuple(codes[1:])}"]
    return "\n".join([*head, "", f"def value_and_gradient({parameters}):", *(f"    {c}".rstrip() for c in body)]) + "\n"


def _scattered(value: Any) -> bool:
    """Whether the value is an array of zeros with a gradient put into some entries."""
    return isinstance(value, Variable) and value.primitive is not None and value.primitive.name == "scatter"


def _is_unnamed(name: str) -> bool:
    """Whether chainviz made the name up."""
    return re.fullmatch("v[₀-₉]+", name) is not None


def identifiers(graph: Graph) -> list[str]:
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


def local_code(graph: Graph, edge: Edge, entry: int) -> str:
    """The local derivative along an edge as Python, with the numbers of one entry: 1 / (2 * 0)."""
    target, printer = graph.nodes[edge.target], Printer()

    def stand_in(value: Any) -> Variable:
        number = np.broadcast_to(value, target.shape).flat[entry] if target.shape else value
        variable = wrap(float(number))
        code = describe(number)
        printer.written[variable.index] = Expression(code, UNARY if code.startswith("-") else ATOM)
        return variable

    primitive = target.primitive
    if not isinstance(primitive, Elementwise):
        return "" if primitive is None else f"of {primitive.name}"
    args = [stand_in(graph.nodes[o.node].value) if isinstance(o, Reference) else o for o in target.operands]
    with np.errstate(all="ignore"):
        local = primitive.partial(edge.operand, stand_in(target.value), args)
    if not isinstance(local, Variable):
        return printer.constant(local).code
    return printer.whole(local).code
