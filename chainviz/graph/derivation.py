"""The chain rule on paper: a derivative in closed form, lightly simplified, and the steps that lead to it.

A value is kept as a sum of products while it is simplified, as 4 (2x + 1) cos(...) and its like:

    Sum       {Product: coefficient}                   {((z, 1), (cos, 1)): 4.0}
    Product   ((factor's index, exponent), ...)        sorted; () is the product of nothing, 1
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import InputError
from ..autodiff.primitive import Elementwise
from ..autodiff.variable import Variable, plain
from ..formatting import describe
from . import formula
from .formula import PRODUCT, Formula
from .graph import Edge, Graph, Reference
from .letters import name_latex
from .program import Choice, needed, program

Product = tuple[tuple[int, float], ...]
Sum = dict[Product, float]

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
    algebra = _Algebra()
    sums: dict[int, Sum] = {}
    for variable in order:
        if variable is both.seed:
            sums[variable.index] = _number(1.0)
        elif variable.index in leaves:
            sums[variable.index] = algebra.factor(variable)
        else:
            sums[variable.index] = algebra.simplified(
                variable, [sums[a.index] if isinstance(a, Variable) else _number(a) for a in variable.args]
            )
    with np.errstate(all="ignore"):
        return algebra.rebuilt(sums[adjoint.index]), leaves


def derivative_latex(graph: Graph, k: int) -> str:
    """The derivative as an equation: closed, or, where that is too long, by the steps that leave the node."""
    value, written = closed_form(graph, k)
    text = formula.latex(_written(value, written), graph)
    if len(text) > LONGEST:
        ways = [
            rf"{_d(graph, graph.edges[e].target)} \cdot {_text(formula.of_edge(graph, graph.edges[e]), graph)}"
            for e in graph.leaving[k]
            if graph.passes(graph.edges[e])
        ]
        text = " + ".join(ways)
    return f"{_d(graph, k)} = {text}"


def _written(value: Any, written: dict[int, Formula]) -> Formula:
    if not isinstance(value, Variable):
        return formula.constant(value)
    written = dict(written)
    for variable in needed([value]):
        if variable.index not in written:
            parts = [written[a.index] if isinstance(a, Variable) else formula.constant(a) for a in variable.args]
            assert variable.primitive is not None
            written[variable.index] = formula.apply(variable.primitive, parts, variable.kwargs or {})
    return written[value.index]


class _Algebra:
    """Knows every factor that a product is made of; equal ones are one."""

    def __init__(self) -> None:
        self.factors: dict[int, Variable] = {}
        self.made: dict[Any, Any] = {}

    def factor(self, variable: Variable, exponent: float = 1.0) -> Sum:
        self.factors[variable.index] = variable
        return {((variable.index, exponent),): 1.0}

    def simplified(self, variable: Variable, args: list[Sum]) -> Sum:
        """The sum that an operation on sums makes."""
        primitive = variable.primitive
        name = "" if primitive is None else primitive.name
        if primitive is None:
            return _number(variable.value)
        if isinstance(primitive, Choice):  # its factor is 0, 1/2 or 1, whatever the numbers nearby
            rule = primitive.primitive
            assert isinstance(rule, Elementwise)
            local = rule.partial(primitive.position, plain(variable.args[1]), [plain(a) for a in variable.args[2:]])
            return self.times(args[0], _number(local))
        match name:
            case "positive":
                return args[0]
            case "add" | "subtract" | "negative":
                total = dict(args[0]) if name != "negative" else {}
                for product, coefficient in args[-1].items():
                    total[product] = total.get(product, 0.0) + (coefficient if name == "add" else -coefficient)
                return {product: c for product, c in total.items() if c != 0}
            case "multiply":
                return self.times(*args)
            case "divide":
                return self.times(args[0], self.power(args[1], -1.0))
            case "square" | "power" if name == "square" or args[1].keys() <= {()}:
                return self.power(args[0], 2.0 if name == "square" else args[1].get((), 0.0))
            case _:
                return self.function(variable, args)

    def function(self, variable: Variable, args: list[Sum]) -> Sum:
        operands = [self.rebuilt(a) for a in args]
        key = (variable.primitive, tuple(a.index if isinstance(a, Variable) else (float(a),) for a in operands))
        if key not in self.made:
            assert variable.primitive is not None
            with np.errstate(all="ignore"):
                self.made[key] = variable.primitive(*operands, **(variable.kwargs or {}))
        made = self.made[key]
        return self.factor(made) if isinstance(made, Variable) else _number(made)

    def times(self, a: Sum, b: Sum) -> Sum:
        (left, c), (right, d) = self.monomial(a), self.monomial(b)
        exponents = dict(left)
        for index, exponent in right:
            exponents[index] = exponents.get(index, 0.0) + exponent
        product = tuple(sorted((index, e) for index, e in exponents.items() if e != 0))
        return {product: c * d} if c * d != 0 else {}

    def power(self, a: Sum, exponent: float) -> Sum:
        product, c = self.monomial(a)
        if exponent == 0:
            return _number(1.0)
        if product == () or (exponent == -1 and c != 0) or (c == 1 and len(product) == 1):
            inner = product[0][1] if product else 1.0
            if product == () or inner == 1 or exponent == int(exponent):
                with np.errstate(all="ignore"):
                    value = float(np.float64(c) ** exponent)
                return {tuple((index, e * exponent) for index, e in product): value}
        base = self.rebuilt(a)
        return (
            self.factor(base, exponent) if isinstance(base, Variable) else _number(float(np.float64(base) ** exponent))
        )

    def monomial(self, a: Sum) -> tuple[Product, float]:
        """The sum as one product and its coefficient; a sum of several becomes a factor, in brackets."""
        if not a:
            return (), 0.0
        if len(a) > 1:
            a = self.factor(self.rebuilt(a))
        return next(iter(a.items()))

    def rebuilt(self, a: Sum) -> Any:
        """The sum as a Variable again, or as a number."""
        key = frozenset(a.items())
        if key not in self.made:
            total: Any = None
            for product, c in sorted(a.items(), key=lambda item: (item[1] < 0, item[0] == ())):  # 2x + 1, 1 - x
                term = self._term(product, abs(c) if total is not None else c)
                total = term if total is None else total - term if c < 0 else total + term
            self.made[key] = 0.0 if total is None else total
        return self.made[key]

    def _term(self, product: Product, c: float) -> Any:
        """c times the product: 1 / (2 a), not 0.5 / a."""
        ratio = Fraction(c).limit_denominator(1000) if math.isfinite(c) else Fraction(0)
        above, below = (float(ratio.numerator), float(ratio.denominator)) if float(ratio) == c else (c, 1.0)
        top: Any = None if above in (1.0, -1.0) and any(e > 0 for _, e in product) else above
        bottom: Any = None if below == 1 else below
        for index, e in product:
            base: Any = self.factors[index]
            power = base if abs(e) == 1 else base ** abs(e)
            if e > 0:
                top = power if top is None else top * power
            else:
                bottom = power if bottom is None else bottom * power
        if above == -1 and top.__class__ is not float:
            top = -top
        return top if bottom is None else top / bottom


def _number(value: Any) -> Sum:
    return {(): float(value)} if float(value) != 0 else {}


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
    node, reached = graph.nodes[start], {start, *(edge.target for edge in ways)}
    value = None if node.shape else float(node.adjoint)
    on_paper = not any(isinstance(n.primitive, Joint) or n.shape for n in map(graph.nodes.__getitem__, reached))
    closing = derivative_latex(graph, start) if on_paper else (_bar if node.shape else _d)(graph, start)
    result = " = " + (rf"\text{{{describe(node.adjoint)}}}" if value is None else _tex(value))
    result = "" if closing.endswith(result) else result
    output = graph.nodes[graph.output].name
    return (*steps, DerivationStep("the whole derivative", node.name, output, "", None, closing + result, value))


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


def rule_name(graph: Graph, edge: Edge) -> str:
    """The rule of calculus that the step is, in words."""
    target = graph.nodes[edge.target]
    assert target.primitive is not None
    name = target.primitive.name
    if graph.is_cut(edge):
        return f"cut by {name}"
    other_is_constant = sum(isinstance(o, Reference) for o in target.operands) < len(target.operands)
    match name:
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
            return f"chain rule with {name}"


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
    return formula.constant(value).tex


def _signed(value: Any) -> str:
    return rf"\left({_tex(value)}\right)" if _tex(value).startswith("-") else _tex(value)
