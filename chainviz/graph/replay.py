"""The replay: a graph's forward and backward pass, compiled to a fast function of its inputs.

It is the program that `source` prints, but written for Python: equal expressions are computed once, values that are
used once are written where they are used, and floats go through `math`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import InputError
from ..autodiff.passes import Record, pullback
from ..autodiff.variable import Variable, as_value, plain, wrap
from .graph import Graph, Reference
from .printer import ATOM, UNARY, Expression, Printer, as_tuple, bracketed, column_times_row, infix
from .program import VIEWS, outcome, program
from .simplify import simplified, uses_of
from .source import LONGEST, identifiers

LARGEST = 10_000
"""Nodes of a graph up to which it is compiled."""

_ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide}


class _Fast(Printer):
    """Writes operations with functions and arrays bound to names: those of `math` for floats."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix
        self.space: dict[str, Any] = {}

    def bind(self, value: Any, name: str) -> str:
        """The name under which the compiled code finds the value."""
        name = self.prefix + "".join(c if c.isalnum() else "_" for c in name)
        while self.space.setdefault(name, value) is not value:
            name += "_"
        return name

    def constant(self, value: Any) -> Expression:
        simple = value.__class__ in (float, int, bool) and np.isfinite(value)
        return super().constant(value) if simple else Expression(self.bind(value, "c"))

    def apply(self, variable: Variable, operands: Sequence[Expression]) -> Expression:
        primitive, options = variable.primitive, variable.kwargs or {}
        assert primitive is not None
        name, on_arrays = primitive.name, any(map(np.ndim, variable.args))
        if name == "matmul" and (factors := column_times_row(variable)):
            return Expression(
                f"{self.bind(np.outer, 'outer')}({', '.join(self.written[f.index].code for f in factors)})"
            )
        if name == "power" and not on_arrays:
            is_square = (
                variable.args[1].__class__ in (int, float) and variable.args[1] == 2 and operands[0].code.isidentifier()
            )
            if is_square:
                return infix("multiply", operands[0], operands[0])
        elif primitive.function in _ARITHMETIC or (name in ("matmul", "power") and variable.ndim):
            return infix(name, *operands)
        elif name == "negative":
            return Expression(f"-{bracketed(operands[0], UNARY)}", UNARY)
        elif name == "transpose" and variable.ndim and options.get("axes") is None:
            return Expression(f"{bracketed(operands[0], ATOM)}.T")
        twin = None if on_arrays or options else getattr(primitive, "scalar", None)
        twin = math.pow if twin is not None and name == "power" else twin  # ** would answer with complex numbers
        called = self.bind(twin or primitive.function, name)
        extras = [f"{option}={self.bind(choice, option)}" for option, choice in options.items()]
        code = f"{called}({', '.join([*(operand.code for operand in operands), *extras])})"
        return Expression(code if variable.ndim or twin is not None else f"{self.bind(float, 'float')}({code})")


def compiled(graph: Graph) -> Callable[..., tuple[Any, Any]]:
    """The replay: a function of the inputs that returns the value and the gradients; see `Graph.compile`."""
    if len(graph.nodes) > LARGEST:
        raise InputError(
            f"The graph has {len(graph.nodes):,} nodes; up to {LARGEST:,} can be compiled. "
            "Differentiate the function itself, with cv.value_and_grad(f), or record fewer steps."
        )
    hidden = next((n for n in graph.nodes if n.primitive and n.primitive.name in ("checkpoint", "reversible")), None)
    if hidden is not None and isinstance(hidden.primitive, Joint):
        raise InputError(
            f"{hidden.primitive.name} hides what it computes, and which values from outside it uses. "
            "Record the function without it, or differentiate it with cv.value_and_grad(f)."
        )
    both, parameters = program(graph), identifiers(graph)[: len(graph.inputs)]
    results, inputs = outcome(graph, both), [both.values[k] for k in graph.inputs]
    order = simplified(results, {v.index for v in inputs}, both.seed, fast=True)
    uses = uses_of(order, results)
    printer = _Fast("_" * (1 + max(len(name) - len(name.lstrip("_")) for name in parameters)))
    lines: list[str] = []
    for variable, name in zip(inputs, parameters, strict=True):
        printer.written[variable.index] = Expression(name)
    checks = [_check(name, variable.shape, printer) for variable, name in zip(inputs, parameters, strict=True)]
    for variable in order:
        if variable.index not in printer.written:
            code = printer.write(variable)
            if not code.code.isidentifier() and (uses[variable.index] > 1 or len(code.code) > LONGEST):
                name = f"{printer.prefix}{len(lines)}"
                lines.append(f"{name} = {code.code}")
                code = Expression(name)
            printer.written[variable.index] = code
    codes = [printer.written[r.index].code if isinstance(r, Variable) else printer.constant(r).code for r in results]
    for k, result in enumerate(results):  # what the caller gets is the caller's: no views, no array twice
        is_view = not isinstance(result, Variable) or result.primitive is None or result.primitive.name in VIEWS
        if np.ndim(result) and (is_view or any(result is other for other in results[:k])):
            codes[k] = f"{printer.bind(np.array, 'array')}({codes[k]})"
    replay = printer.bind(lambda *point: _replayed(graph, point), "replay")
    again = f"return {replay}({', '.join(parameters)})"
    gradients = [f"{printer.prefix}d{k}" for k in range(len(parameters))]
    lines += [f"{name} = {code}" for name, code in zip([printer.prefix, *gradients], codes, strict=True)]
    if any(node.primitive is not None and node.primitive.selects for node in graph.nodes):
        # 0 * inf in entries that were not taken: the engine knows that no adjoint arrives there.
        tests = [
            f"{name} != {name}" if not np.ndim(result) else f"{printer.bind(np.isnan, 'isnan')}({name}).any()"
            for name, result in zip(gradients, results[1:], strict=True)
        ]
        lines.append(f"if {' or '.join(tests)}: {again}")
    lines.append(f"return {printer.prefix}, {as_tuple(gradients)}")
    text = "\n    ".join(
        [f"def value_and_gradient({', '.join(parameters)}):", *checks, "try:", *(f"    {line}" for line in lines),
         f"except {printer.bind((ValueError, ArithmeticError), 'domain')}:", f"    {again}"]
    )  # fmt: skip
    exec(compile(text, "<chainviz replay>", "exec"), printer.space)
    return printer.space["value_and_gradient"]


def _check(name: str, shape: tuple[int, ...], printer: _Fast) -> str:
    """A line that lets floats and float64 arrays of the recorded shape pass, and looks closer at the rest."""
    if shape:
        array = printer.bind(np.ndarray, "ndarray")
        fits = f"{name}.__class__ is {array} and {name}.shape == {shape} and {name}.dtype.char == 'd'"
    else:
        fits = f"{name}.__class__ is {printer.bind(float, 'float')}"
    checked = printer.bind(_checked, "checked")
    return f"if not ({fits}): {name} = {checked}({name}, {name!r}, {shape})"


def _checked(value: Any, name: str, shape: tuple[int, ...]) -> Any:
    """The input as it is recorded, or the error that says how it differs."""
    value = as_value(value, name)
    if np.shape(value) != shape:
        raise InputError(
            f"The input {name!r} has shape {np.shape(value)}, but the recording that was compiled has {shape}. "
            "Record the function again with the new shape."
        )
    return value


def _replayed(graph: Graph, point: Sequence[Any]) -> tuple[Any, Any]:
    """The recorded steps run again by the engine, with NumPy's answers outside of a function's domain."""
    values: list[Any] = []
    given = iter(point)
    for node in graph.nodes:
        if node.primitive is None:
            values.append(wrap(next(given)) if node.is_input else node.value)
        else:
            args = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            values.append(node.primitive(*args, **dict(node.options)))
    inputs = [values[k] for k in graph.inputs]
    with np.errstate(all="ignore"):
        gradients = pullback(Record([values[graph.output]], inputs), [1.0])
    return plain(values[graph.output]), gradients[0] if len(gradients) == 1 else tuple(gradients)
