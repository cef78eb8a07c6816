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
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.forms import Elementwise
from ..autodiff.variable import Variable, wrap
from ..formatting import describe
from .graph import Graph
from .node import Edge, Reference
from .operations import table_name
from .printer import ATOM, UNARY, Expression, Printer, as_tuple
from .program import Program, outcome, program
from .simplify import simplified, uses_of

LONGEST = 100
"""Characters of an expression up to which an unnamed value is written where it is used."""

_TAKEN = {"np", "cv", "scipy", "scatter", "value_and_gradient"}


class Printed(NamedTuple):
    """The source, and where in it things happen, as line numbers from 0.

    `values` has for every node the lines that compute it, `edges` for every edge those in which its contribution
    arrives; none where the result does without. `seed` is the line of the output's adjoint, `head` that of the def.
    """

    text: str
    head: int
    seed: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]
    edges: tuple[tuple[int, ...], ...]


def source(graph: Graph) -> str:
    """A function `value_and_gradient` of the graph's inputs, as NumPy source; see `Graph.to_source`."""
    return printed(graph).text


def printed(graph: Graph) -> Printed:
    """The source, and the lines of every node and edge."""
    both, names = program(graph), identifiers(graph)
    of_adjoints = _names_of_adjoints(names)
    printer = Printer({*names, *of_adjoints})
    named: dict[int, str] = {}  # always has a line of its own
    spare: dict[int, str] = {}  # has one if it is used twice or long
    for node, value, name, d_name, sums in zip(graph.nodes, both.values, names, of_adjoints, both.sums, strict=True):
        (spare if _is_unnamed(node.name) else named)[value.index] = name
        placed = any(_scattered(part) for total in sums for part in total.args)
        always = len(sums) > 1 or not _is_unnamed(node.name) or placed
        for variable in sums:
            (named if always else spare)[variable.index] = d_name
            if not always and variable.args:
                spare.setdefault(variable.args[0].index, d_name)
    results = outcome(graph, both)
    became: dict[int, Any] = {}
    order = simplified(results, named, both.seed, became)
    uses, inputs = uses_of(order, results), {both.values[k].index for k in graph.inputs}
    passes: tuple[list[str], list[str]] = ([], [])
    own: dict[int, list[tuple[int, int]]] = {}  # the pass and the lines that a Variable has for itself
    adjoints = {v.index for v in order if v.index in named and v.index > both.seed.index}
    put = {v.args[-1].index for v in order if v.index in adjoints and v.args and _scattered(v.args[-1])}
    for variable in order:
        key, backward = variable.index, int(variable.index >= both.seed.index)
        lines = passes[backward]
        if key in inputs:
            printer.written[key] = Expression(named[key])
            continue
        if key in put and uses[key] == 1:
            continue
        if key > both.seed.index:
            printer.loose.add(key)
        if key in adjoints and _scattered(variable.args[-1] if variable.args else None):
            before = len(lines)
            lines += printer.placed(variable, named[key])
            own[key] = [(backward, k) for k in range(before, len(lines))]
            printer.written[key] = Expression(named[key])
            continue
        code = printer.write(variable)
        is_short = re.fullmatch(r"\w+(\[[-\w:, ]*\])?", code.code) is not None
        twice_or_long = (uses[key] > 1 and not is_short) or len(code.code) > LONGEST
        name = named.get(key) or (spare.get(key) if twice_or_long else None)
        if name:
            own[key] = [(backward, len(lines))]
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
    text = "\n".join([*head, "", f"def value_and_gradient({parameters}):", *(f"    {c}".rstrip() for c in body)]) + "\n"
    first = len(head) + 2
    begins = (first, first + len(passes[0]) + 1)
    final = first + len(body) - 1  # the line that returns
    carried = _carried({key: [begins[p] + k for p, k in at] for key, at in own.items()}, order, results, final)

    def lines_of(variable: Variable) -> tuple[int, ...]:
        simpler = became.get(variable.index)
        while isinstance(simpler, Variable) and simpler.index not in carried:  # repeated only later, or never
            simpler = next((a for a in simpler.args if isinstance(a, Variable)), None)
        return () if simpler is None else carried.get(simpler.index, ())

    return Printed(text, first - 1, lines_of(both.seed), *_places(graph, both, lines_of, begins[1]))


def _carried(
    own: Mapping[int, list[int]], order: Sequence[Variable], results: Sequence[Any], final: int
) -> dict[int, tuple[int, ...]]:
    """The lines of every Variable: its own, or, where it is written inside others, theirs."""
    inside: dict[int, set[int]] = {r.index: {final} for r in results if isinstance(r, Variable)}
    carried: dict[int, tuple[int, ...]] = {}
    for variable in reversed(order):
        lines = own.get(variable.index) or inside.get(variable.index, ())
        carried[variable.index] = tuple(sorted(lines))
        for operand in variable.args:
            if isinstance(operand, Variable):
                inside.setdefault(operand.index, set()).update(lines)
    return carried


def _places(
    graph: Graph, both: Program, lines_of: Callable[[Variable], tuple[int, ...]], turn: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """The lines of the values, in the forward pass where they have one there, and of the contributions."""
    values = [lines_of(value) for value in both.values]
    forward = [tuple(k for k in lines if k < turn) or lines for lines in values]
    edges: list[tuple[int, ...]] = []
    for k, edge in enumerate(graph.edges):
        if k not in both.contributions:
            edges.append(())
            continue
        total = both.sums[edge.source][edge.turn - 1]
        edges.append(tuple(line for line in lines_of(total) if line >= turn))
    return tuple(forward), tuple(edges)


def lines_of_steps(graph: Graph, made: Printed) -> list[list[int]]:
    """For every step of the graph's timeline, the lines of its original's source that it is about.

    >>> import chainviz as cv
    >>> graph = cv.trace(lambda x: np.sin(x) ** 2, x=1.5)
    >>> made = printed(graph)
    >>> made.text.splitlines()[made.edges[0][0]].strip()
    'd_x = d_y * 2 * v1 * np.cos(x)'
    """
    members = graph.members or tuple((k,) for k in range(len(graph.nodes)))

    def of_edge(at: int) -> set[int]:
        """Without the lines of the adjoint that was there before: times 1 has none of its own."""
        target = members[graph.edges[at].target][-1]
        before = {line for k in graph.full.leaving[target] for line in made.edges[k]}
        before |= set(made.seed if target == graph.full.output else ())
        lines = {line for k in _behind(graph, at, members) for line in made.edges[k]}
        return lines - before or lines

    found: dict[str, Callable[[int], Iterable[int]]] = {
        "start": lambda _: (made.head,),
        "seed": lambda _: made.seed,
        "value": lambda at: {line for k in members[at] for line in made.values[k]},
        "edge": of_edge,
    }
    return [sorted(found[step.kind](step.at)) for step in graph.timeline()]


def _behind(graph: Graph, shown: int, members: Sequence[Sequence[int]]) -> list[int]:
    """The edges of the full graph that an edge stands for: of the way through a fold from its source."""
    full, edge = graph.full, graph.edges[shown]
    inside, reached, found = members[edge.target], {members[edge.source][-1]}, []
    for node in inside:
        for k in full.entering[node]:
            way = full.edges[k]
            if way.source in reached and (len(inside) > 1 or way.operand == edge.operand):
                found.append(k)
        if any(full.edges[k].source in reached for k in full.entering[node]):
            reached.add(node)
    return found


def _scattered(value: Any) -> bool:
    """Whether the value is an array of zeros with a gradient put into some entries."""
    return isinstance(value, Variable) and table_name(value) == "scatter"


def _is_unnamed(name: str) -> bool:
    """Whether chainviz made the name up."""
    return re.fullmatch("v[₀-₉]+", name) is not None


def identifiers(graph: Graph) -> list[str]:
    """The nodes' names as Python has them: h₁ is h1."""
    names: dict[str, None] = {}
    for node in graph.nodes:
        name = unicodedata.normalize("NFKC", node.name)  # as Python reads it
        name = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
        if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN:
            name = f"v_{name}"
        names[_free(name, names)] = None
    return list(names)


def _names_of_adjoints(names: Sequence[str]) -> list[str]:
    """d_x for x, unless a value is called that."""
    found = dict.fromkeys(names)
    for name in names:
        found[_free(f"d_{name}", found)] = None
    return list(found)[len(names) :]


def _free(name: str, taken: Container[str]) -> str:
    while name in taken:
        name += "_"
    return name


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
