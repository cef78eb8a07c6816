"""The chain rule on paper: a derivative in closed form, lightly simplified, and the steps that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import InputError
from ..autodiff.variable import plain
from ..formatting import describe
from . import formula
from .algebra import simplified
from .composite import Fold, Group
from .graph import Graph
from .letters import name_latex
from .node import Edge, Node, Reference
from .operations import table_name
from .program import needed, program
from .templates import PRODUCT, Formula, constant

LONGEST = 400
"""Characters of LaTeX up to which a derivative is written in closed form."""


# -- closed forms


def closed_form(graph: Graph, k: int) -> tuple[Any, dict[int, Formula]]:
    """d output / d node k, simplified, as a Variable (or a number), and how the inputs among its leaves are written."""
    both = program(graph)
    adjoint = both.adjoints[k]
    leaves = {both.values[i].index: formula.symbol(i) for i in graph.inputs}
    if adjoint is None:
        return 0.0, leaves
    order = needed([adjoint])
    hidden = next((v.primitive for v in order if isinstance(v.primitive, Joint)), None)
    if hidden is not None:
        raise InputError(
            f"{hidden.name} hides what it computes, so there is no closed form. Use derivation(), or leave it out."
        )
    if any(v.ndim for v in order):
        name = next((n.name for n in graph.nodes if n.shape), "a value")
        raise InputError(
            f"A closed form is for numbers, but {name!r} is an array. Use derivation() or to_source(), which write "
            "the backward pass of arrays step by step."
        )
    return simplified(adjoint, leaves, both.seed), leaves


def derivative_latex(graph: Graph, k: int) -> str:
    """The derivative as an equation: closed, or, where that is too long, by the steps that leave the node."""
    return _equation(graph, k, *closed_form(graph.full, _original(graph, k)))


def _original(graph: Graph, k: int) -> int:
    """The node of the full graph that a node stands for."""
    return graph.members[k][-1] if graph.members else k


def _equation(graph: Graph, k: int, value: Any, written: dict[int, Formula]) -> str:
    text = formula.latex(formula.written(value, written), graph.full)
    if len(text) > LONGEST:
        ways = [
            rf"{_d(graph, graph.edges[e].target)} \cdot {_text(formula.of_edge(graph, graph.edges[e]), graph)}"
            for e in graph.leaving[k]
            if graph.passes(graph.edges[e])
        ]
        text = " + ".join(ways)
    return f"{_d(graph, k)} = {text}"


# -- the steps


@dataclass(frozen=True)
class DerivationStep:
    """One step of the chain rule, backward along an edge; all formulas are LaTeX.

    `rule` is the rule in words; `local` and `local_value` the local derivative d target / d source as a formula and as
    a number; `equation` the derivative of the output so far, `value` its number. The numbers are None for arrays.
    """

    rule: str
    source: str
    target: str
    local: str
    local_value: float | None
    equation: str
    value: float | None

    def __repr__(self) -> str:
        return f"{self.rule}: {self.equation}"


def derivation(graph: Graph, start: int) -> tuple[DerivationStep, ...]:
    """The steps from the output to one input, in backward order; see `Graph.derivation`."""
    ways = graph.ways(start)
    known: dict[int, str] = {graph.output: ""}  # how d output / d node is written, where that is short
    steps = [_step(graph, edge, known) for edge in ways]
    node, closing = graph.nodes[start], _closing(graph, start, {start, *(edge.target for edge in ways)})
    value = None if node.shape else float(node.adjoint)
    result = " = " + (rf"\text{{{describe(node.adjoint)}}}" if value is None else _tex(value))
    result = "" if closing.endswith(result) else result
    output = graph.nodes[graph.output].name
    return (*steps, DerivationStep("the whole derivative", node.name, output, "", None, closing + result, value))


def _closing(graph: Graph, start: int, reached: set[int]) -> str:
    """The derivative in closed form as an equation, or its name alone where there is no such form, or not here."""
    by_name = (_bar if graph.nodes[start].shape else _d)(graph, start)
    if any(graph.nodes[k].shape or isinstance(graph.nodes[k].primitive, Joint) for k in reached):
        return by_name
    try:
        value, written = closed_form(graph.full, _original(graph, start))
    except InputError:  # a factor comes from an array
        return by_name
    cancelled = np.isfinite(plain(value)) and not np.isfinite(graph.nodes[start].adjoint)  # x / x is no number at 0
    return by_name if cancelled else _equation(graph, start, value, written)


def _step(graph: Graph, edge: Edge, known: dict[int, str]) -> DerivationStep:
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    if not graph.passes(edge):
        equation = rf"\text{{nothing passes to }} {name_latex(source.name)}"
        return DerivationStep(rule_name(graph, edge), source.name, target.name, "0", None, equation, None)
    local = formula.of_edge(graph, edge)
    text = formula.latex(local, graph)
    value = None if source.shape or target.shape or edge.local is None else float(edge.local)
    if value is None or not formula.is_factor(graph, edge):
        if formula.is_factor(graph, edge):
            text = rf"{_bar(graph, edge.target)} \odot {_text(local, graph)}"
        sign = "=" if edge.uses == 1 else r"\mathrel{+}="
        equation = f"{_bar(graph, edge.source)} {sign} {text}{'' if value is None else f' = {_tex(edge.contribution)}'}"
        so_far = None if value is None else float(edge.so_far)
        return DerivationStep(rule_name(graph, edge), source.name, target.name, text, value, equation, so_far)
    before = known.get(edge.target) or ("" if edge.target == graph.output else _d(graph, edge.target))
    symbolic = text if not before else before if text == "1" else rf"{before} \cdot {_text(local, graph)}"
    numbers = (
        _tex(edge.local) if edge.target == graph.output else rf"{_tex(target.adjoint)} \cdot {_signed(edge.local)}"
    )
    equation = " = ".join(dict.fromkeys([symbolic, numbers, _tex(edge.contribution)]))
    if edge.uses > 1:
        equation = rf"{_d(graph, edge.source)} \mathrel{{+}}= {equation}"
        if edge.turn == edge.uses:
            equation += rf" \quad\Rightarrow\quad {_d(graph, edge.source)} = {_tex(edge.so_far)}"
    else:
        equation = f"{_d(graph, edge.source)} = {equation}"
        known[edge.source] = symbolic if len(symbolic) <= formula.LONGEST else ""
    return DerivationStep(rule_name(graph, edge), source.name, target.name, text, value, equation, float(edge.so_far))


def _where_cut(target: Node, operand: int) -> str:
    """The operation that lets no adjoint pass to this operand; in a box, the box."""
    if isinstance(target.primitive, Group):
        return f"in {target.primitive.title}"
    inner = target.primitive.inner if isinstance(target.primitive, Fold) else ()
    users = [node.primitive for node in inner if operand in node.sources] or [target.primitive]
    return "by " + ", ".join(dict.fromkeys(primitive.name for primitive in users if primitive is not None))


def rule_name(graph: Graph, edge: Edge) -> str:
    """The rule of calculus that the step is, in words."""
    target = graph.nodes[edge.target]
    assert target.primitive is not None
    if graph.is_cut(edge):
        return f"cut {_where_cut(target, edge.operand)}"
    if isinstance(target.primitive, Group):
        return f"all rules of {target.primitive.title}"
    if isinstance(target.primitive, Fold):
        inside = target.primitive.inside
        met = [(node.index, k) for node, places in target.primitive.way(edge.operand) for k in places]
        inner = {(e.target, e.operand): e for e in inside.edges}
        return ", ".join(dict.fromkeys(rule_name(inside, inner[step]) for step in met))
    other_is_constant = sum(isinstance(o, Reference) for o in target.operands) < len(target.operands)
    match table_name(target.primitive):
        case "add" | "subtract" | "sum":
            return "sum rule"
        case "negative" | "positive":
            return "constant multiple rule"
        case "multiply":
            return "constant multiple rule" if other_is_constant else "product rule"
        case "divide" if other_is_constant and edge.operand == 0:
            return "constant multiple rule"
        case "divide" | "reciprocal":
            return "quotient rule"
        case "power" if edge.operand == 1:
            return "exponential rule"
        case "power" | "square":
            return "power rule"
        case "matmul":
            return "product rule for matrices"
        case _:
            return f"chain rule with {target.primitive.name}"


def _d(graph: Graph, k: int) -> str:
    d = "d" if graph.symbol == "d" else r"\partial "
    return rf"\frac{{{d}{name_latex(graph.nodes[graph.output].name)}}}{{{d}{name_latex(graph.nodes[k].name)}}}"


def _bar(graph: Graph, k: int) -> str:
    return rf"\bar{{{name_latex(graph.nodes[k].name)}}}"


def _text(factor: Formula, graph: Graph) -> str:
    """A formula as a factor of a product with a dot."""
    text = formula.latex(factor, graph)
    return text if factor.level >= PRODUCT else rf"\left({text}\right)"


def _tex(value: Any) -> str:
    return constant(value).tex


def _signed(value: Any) -> str:
    return rf"\left({_tex(value)}\right)" if _tex(value).startswith("-") else _tex(value)
