"""LaTeX and MathML of a node, of a local derivative, of a whole function; all from the rules' templates.

A formula is LaTeX in which a node is one *mark*, a private character. Names, MathML or numbers are put in place of
marks later, so no user's text is ever parsed as LaTeX. How templates are joined is in `templates.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import ChainvizError
from ..autodiff.forms import Elementwise, General
from ..autodiff.primitive import Primitive
from ..autodiff.variable import Variable, wrap
from .algebra import simplified
from .composite import Fold, Group
from .graph import Graph
from .letters import name_latex, name_mathml
from .mathml import MARKS, converted
from .node import Edge, Node, Reference
from .operations import table_name
from .program import needed
from .templates import PRODUCT, SUM, Formula, constant, joined, simpler

_MARK, _GUARDED = 0x40000, 0x100000  # characters that no text has: a node, and one whose negative number needs brackets
_ADJOINT, _RESULT = 0x9FFFE, 0x9FFFF  # in templates: the adjoint that arrives, and the operation's own result
LONGEST = 90
"""Characters of LaTeX up to which a whole function is written as one formula."""
LONGEST_RULE = 200
"""Characters of LaTeX up to which a rule is written out; a longer one is the transposed Jacobian times the adjoint."""


def mark(node: int) -> str:
    """The character that stands for the node with this index; there are 655,358 of them."""
    return chr(_MARK + node) if node < _ADJOINT else r"\cdots"


def name_of(character: str, graph: Graph) -> str:
    """The name of the node that a mark stands for, or "" for a character that is none."""
    return graph.nodes[ord(character) - _MARK].name if re.fullmatch(MARKS, character) else ""


def symbol(node: int) -> Formula:
    """A node by its name."""
    return Formula(mark(node))


def apply(primitive: Primitive, operands: Sequence[Formula], options: Mapping[str, Any]) -> Formula:
    """The formula of an operation on operands, simplified lightly: no 1 times, no first power, numbers in front."""
    if isinstance(primitive, Group):
        return Formula(rf"\text{{{primitive.plain_title}}}")
    if isinstance(primitive, Fold):
        return _apply_fold(primitive, operands)
    name = table_name(primitive)
    if (shorter := simpler(name, operands)) is not None:
        return shorter
    template = primitive.tex if isinstance(primitive.tex, str) else primitive.tex(**options)
    if template:
        return joined(name, template, operands)
    called = primitive.name.replace("_", "")
    return Formula(rf"\operatorname{{{called}}}({', '.join(o.tex for o in operands)})")


def length(formula: Formula, graph: Graph) -> int:
    """About how many characters the formula has in a drawing."""
    drawn = re.sub(r"\\(left|right|frac|mathrm|mathbf|text|operatorname)\b|[\\{}^_, ]", "", formula.tex)
    return sum(len(name_of(c, graph)) or 1 for c in drawn)


def of_node(graph: Graph, index: int, operand: Callable[[int], Formula] = symbol) -> Formula:
    """What the node computes: 2x + 1. `operand` says how its operands are written."""
    node = graph.nodes[index]
    if node.primitive is None:
        return operand(index) if node.is_input else constant(node.value)
    parts = [operand(o.node) if isinstance(o, Reference) else constant(o) for o in node.operands]
    return apply(node.primitive, parts, dict(node.options))


def _apply_fold(fold: Fold, operands: Sequence[Formula]) -> Formula:
    """The formulas of the inner operations, put together."""
    parts = list(operands)
    for node in fold.inner:
        assert node.primitive is not None
        given = [parts[o.node] if isinstance(o, Reference) else constant(o) for o in node.operands]
        parts.append(apply(node.primitive, given, dict(node.options)))
    return parts[-1]


def written(value: Any, known: Mapping[int, Formula]) -> Formula:
    """A recorded value as a formula; `known` says how some of the Variables that it was computed from are written."""
    if not isinstance(value, Variable):
        return constant(value)
    found = dict(known)
    for variable in needed([value]):
        if variable.index in found or variable.primitive is None:
            continue
        parts = [found[a.index] if isinstance(a, Variable) else constant(a) for a in variable.args]
        is_reshaped_number = variable.size == 1 and table_name(variable) in ("reshape", "expand_dims", "squeeze")
        made = parts[0] if is_reshaped_number else apply(variable.primitive, parts, variable.kwargs or {})
        found[variable.index] = made
    return found[value.index]


def whole(graph: Graph) -> Formula:
    """The output in terms of the inputs, or, where that would be too long, of the values it is computed from."""
    inlined: dict[int, Formula] = {}
    for node in graph.nodes:
        if node.is_input:
            inlined[node.index] = symbol(node.index)
            continue
        formula = of_node(graph, node.index, inlined.__getitem__)
        if len(formula.tex) > LONGEST:
            return of_node(graph, graph.output)
        inlined[node.index] = formula
    return inlined[graph.output]


def of_edge(graph: Graph, edge: Edge, operand: Callable[[int], Formula] = symbol) -> Formula:
    """The local derivative along an edge: 2z. For matrix work the whole pull-back, as in W^T ȳ."""
    target = graph.nodes[edge.target]
    marks = {_RESULT: operand(edge.target), _ADJOINT: Formula(rf"\bar{{{mark(edge.target)}}}")}
    for k, o in enumerate(target.operands):
        marks[k] = operand(o.node) if isinstance(o, Reference) else constant(o)
    return _rule(graph, edge, marks)


def node_template(graph: Graph, index: int, *, numeric: bool) -> Formula:
    """`of_node` with marks 0, 1, ... for the node's `sources`, to be filled with names or, if `numeric`, numbers."""
    node = graph.nodes[index]
    if node.primitive is None:
        return constant(node.value)
    return apply(node.primitive, _holes(node, numeric), dict(node.options))


def edge_template(graph: Graph, edge: Edge) -> Formula:
    """`of_edge` with marks 0, 1, ... for the target's `sources`."""
    marks = dict(enumerate(_holes(graph.nodes[edge.target], numeric=False)))
    marks |= {_RESULT: _hole(_RESULT, numeric=False), _ADJOINT: _hole(_ADJOINT, numeric=False)}
    return _rule(graph, edge, marks)


def is_factor(graph: Graph, edge: Edge) -> bool:
    """Whether the local derivative is a factor to multiply with; matrix work is a pull-back instead."""
    primitive = graph.nodes[edge.target].primitive
    return primitive.is_elementwise(edge.operand) if isinstance(primitive, Fold) else isinstance(primitive, Elementwise)


def latex(formula: Formula, graph: Graph) -> str:
    """The formula with the nodes' names in it."""

    def named(found: re.Match[str]) -> str:
        name = name_latex(name_of(found[1], graph))
        return f"{{{name}}}_" if found[2] and "_" in name else name + found[2]  # x_1 may get another index

    return re.sub(rf"({MARKS})(_?)", named, formula.tex)


def mathml(formula: Formula, graph: Graph) -> str:
    """The content of a <math> element, with the nodes' names in it."""
    return re.sub(MARKS, lambda m: name_mathml(name_of(m[0], graph)), converted(formula.tex))


def template_mathml(formula: Formula) -> str:
    """MathML with {0}, {1!}, {y} and {g} where names or numbers go; {1!} wants brackets around a negative number."""
    return re.sub(MARKS, lambda m: _placeholder(ord(m[0])), converted(formula.tex))


# -- tracing a rule


def _rule(graph: Graph, edge: Edge, marks: Mapping[int, Formula]) -> Formula:
    """Run the rule of the edge's target on named Variables and print what it recorded."""
    target = graph.nodes[edge.target]
    assert target.primitive is not None
    opaque = (
        _quotient(graph, marks[_RESULT].tex, marks[edge.operand].tex)
        if isinstance(target.primitive, Elementwise)
        else Formula(rf"J^{{\top}} \, {marks[_ADJOINT].tex}", PRODUCT)
    )
    if isinstance(target.primitive, General) and target.primitive.selects:  # max and its like
        return Formula(rf"{marks[_ADJOINT].tex} \, \mathbf{{1}}_{{\text{{taken}}}}", PRODUCT)
    if isinstance(target.primitive, Joint):  # it runs code out of sight
        return opaque
    if not target.primitive.passes_to(edge.operand):
        return constant(0)
    if isinstance(target.primitive, Group):
        by_name = _quotient(graph, marks[_RESULT].tex, marks[edge.operand].tex)
        return by_name if target.primitive.is_elementwise(edge.operand) else opaque
    if isinstance(target.primitive, Fold):
        if target.primitive.is_elementwise(edge.operand):
            return _factor_of_fold(graph, edge, target.primitive, marks)
        if target.primitive.looks_at_numbers(edge.operand):
            return opaque
    known: dict[int, Formula] = {}

    def stand_in(value: Any, key: int) -> Variable:
        variable = wrap(value)
        known[variable.index] = marks[key]
        return variable

    y = stand_in(target.value, _RESULT)
    args = [
        stand_in(graph.nodes[o.node].value, k) if isinstance(o, Reference) else o for k, o in enumerate(target.operands)
    ]
    with np.errstate(all="ignore"):
        if isinstance(target.primitive, Elementwise):
            result = target.primitive.partial(edge.operand, y, args)
        else:
            g = stand_in(np.ones(target.shape) if target.shape else 1.0, _ADJOINT)
            try:
                result = target.primitive.pull(edge.operand, g, y, args, dict(target.options))
            except ChainvizError:  # a part that no adjoint arrives at has no derivative
                return opaque
    if not isinstance(result, Variable):
        by_value = target.primitive.selects and not any(np.asarray(o).dtype == bool for o in target.operands)
        return constant(result) if np.ndim(result) == 0 and not by_value else Formula(_mask_name(target.primitive))
    pulled = written(result, known)
    return opaque if len(pulled.tex) > LONGEST_RULE else pulled


def by_name(graph: Graph, edge: Edge) -> Formula:
    """The local derivative by its name: dz/dx, or the transposed Jacobian times the adjoint."""
    if is_factor(graph, edge):
        return _quotient(graph, mark(edge.target), mark(edge.source))
    return Formula(rf"J^{{\top}} \, \bar{{{mark(edge.target)}}}", PRODUCT)


def _quotient(graph: Graph, above: str, below: str) -> Formula:
    d = r"\mathrm{d}" if graph.symbol == "d" else r"\partial"
    return Formula(rf"\frac{{{d} {above}}}{{{d} {below}}}", PRODUCT)


def _factor_of_fold(graph: Graph, edge: Edge, fold: Fold, marks: Mapping[int, Formula]) -> Formula:
    """The local derivative through a fold, simplified; its name where that depends on the numbers or would be long.

    As it acts entry by entry, its formula for numbers holds for arrays.
    """
    by_name = _quotient(graph, marks[_RESULT].tex, marks[edge.operand].tex)
    if fold.looks_at_numbers(edge.operand):
        return by_name
    known: dict[int, Formula] = {}

    def leaf(value: Any, formula: Formula) -> Variable:
        variable = wrap(float(np.ravel(value)[0]) if np.size(value) else 1.0)
        known[variable.index] = formula
        return variable

    texts = [marks[k] for k in range(fold.operands)]
    values: list[Any] = [leaf(fold.inside.nodes[k].value, text) for k, text in enumerate(texts)]
    scalars: list[Node] = list(fold.inside.nodes[: fold.operands])
    for node in fold.inner:
        assert node.primitive is not None
        operands = [o if isinstance(o, Reference) or not np.ndim(o) else leaf(o, constant(o)) for o in node.operands]
        parts = [texts[o.node] if isinstance(o, Reference) else constant(o) for o in node.operands]
        texts.append(apply(node.primitive, parts, dict(node.options)))
        scalars.append(replace(node, operands=tuple(operands)))
        if isinstance(node.primitive, Elementwise) and node.index < len(fold.inside.nodes) - 1:
            with np.errstate(all="ignore"):
                values.append(node.primitive(*(values[o.node] if isinstance(o, Reference) else o for o in operands)))
        else:
            values.append(leaf(node.value, marks[_RESULT] if node is fold.inner[-1] else texts[-1]))
    entrywise = Fold(replace(fold.inside, nodes=tuple(scalars)))
    with np.errstate(all="ignore"):
        slope = entrywise.pull_through(edge.operand, 1.0, values)
    made = written(simplified(slope, known.keys()) if isinstance(slope, Variable) else slope, known)
    return made if len(made.tex) <= LONGEST else by_name


def _mask_name(primitive: Primitive) -> str:
    """A local derivative that is an array of constants, such as the entries that np.where took."""
    return r"\mathbf{1}_{\text{taken}}" if primitive.selects else r"\mathbf{C}"


def _holes(node: Node, numeric: bool) -> list[Formula]:
    """The node's operands, the k-th of those that are nodes as mark k."""
    count = itertools.count()
    return [_hole(next(count), numeric) if isinstance(o, Reference) else constant(o) for o in node.operands]


def _hole(key: int, numeric: bool) -> Formula:
    if not numeric:
        return Formula(chr(_MARK + key))
    return Formula(chr(_MARK + key), SUM, guarded=chr(_GUARDED + key), numeric=True)


def _placeholder(code: int) -> str:
    key = code - (_GUARDED if code >= _GUARDED else _MARK)
    name = {_ADJOINT: "g", _RESULT: "y"}.get(key, str(key))
    return f"{{{name}!}}" if code >= _GUARDED else f"{{{name}}}"
