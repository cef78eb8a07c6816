"""The replay: recorded steps and their derivatives, compiled to a fast function of the inputs.

It is the program that `source` prints, but written for Python: equal expressions are computed once, values that are
used once are written where they are used, and floats go through `math`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.errors import InputError, UnsupportedOperation
from ..autodiff.primitive import observers
from ..autodiff.pytree import is_leaf
from ..autodiff.transforms import grad, value_and_grad
from ..autodiff.transforms import jacobian as engine_jacobian
from ..autodiff.variable import Variable, as_value, is_complex, unbox
from .buffers import Buffers, is_ufunc
from .fast import FastPrinter
from .fusion import ASSUMES_FINITE, fused
from .graph import Graph
from .jacobian import gradients, jacobian
from .operations import is_view, table_name
from .printer import Expression, as_tuple
from .program import needed, values_of
from .simplify import simplified, uses_of
from .source import LONGEST, identifiers
from .trace import make_inputs, trace

LARGEST = 10_000
"""Recorded steps up to which they are compiled."""

Derivative = Literal["gradient", "jacobian", "hessian"]


def compile(f: Callable[..., Any], /, *args: Any, derivative: Derivative = "gradient", **kwargs: Any) -> Any:
    """Record f once and compile it with its derivative, to a fast function of the inputs.

    Args:
        f: a function of numbers and arrays, in plain NumPy. For a Jacobian it may return an array.
        *args, **kwargs: its inputs, as for `trace`.
        derivative: "gradient" for `(value, gradients)`, "jacobian", or "hessian".

    Returns:
        A function of the inputs that gives what `cv.value_and_grad`, `cv.jacobian` or `cv.hessian` do: for several
        inputs a tuple of gradients or Jacobians, one an input, and a tuple of such tuples of second derivatives. As
        with `Graph.compile`, it is the function of this recording: branches and shapes stay as they were.

    Raises:
        InputError: as `trace` and `Graph.compile`; or f returned something else than one number or array.

    >>> replay = compile(lambda x: np.stack([x[0] * x[1], x[0]]), np.array([2.0, 3.0]), derivative="jacobian")
    >>> replay(np.array([5.0, 7.0]))
    array([[7., 5.],
           [1., 0.]])
    """
    if derivative != "jacobian":
        return compiled(trace(f, *args, **kwargs), derivative)
    positions, named, inputs = make_inputs(f, args, kwargs)
    observers.append(_as_it_is)  # while one watches, stop_gradient is a step too, and no constant
    try:
        output = f(*positions, **named)
        output = unbox(output) if is_leaf(output) else output
    finally:
        observers.pop()
    if not isinstance(output, Variable) and np.asarray(output).dtype.kind not in "fiub":
        raise InputError(
            f"The function returned {output!r:.60}, but a Jacobian is compiled for one number or array. "
            "Join several into one with np.concatenate or np.stack."
        )
    if any(is_complex(step.value) for step in needed([output])):
        raise UnsupportedOperation("Only real numbers are compiled. For complex ones, use cv.jacobian(f).")
    variables = list(inputs.values())
    return _compiled(list(inputs), variables, variables, output, derivative)


def _as_it_is(made: Variable) -> Variable:
    return made


def compiled(graph: Graph, derivative: Derivative = "gradient") -> Any:
    """The replay of a graph; see `Graph.compile`."""
    values = values_of(graph)
    inputs, trained = ([values[k] for k in which] for which in (graph.inputs, graph.trained))
    return _compiled(identifiers(graph), inputs, trained, values[graph.output], derivative)


def _compiled(
    names: Sequence[str], inputs: list[Variable], trained: list[Variable], output: Any, derivative: Derivative
) -> Any:
    """A function of inputs with these names (there may be more of them), with the derivatives by those `trained`."""
    steps = needed([output])
    _refuse_what_cannot_be_compiled(steps)
    again = _by_the_engine(steps, inputs, trained, output, derivative)
    primitives = [step.primitive for step in steps if step.primitive is not None]
    short = any(table_name(primitive) in ASSUMES_FINITE for primitive in primitives)
    if derivative == "gradient":
        results = [output, *gradients(output, trained)]
    elif derivative == "jacobian":
        results = jacobian(output, trained)
    elif derivative == "hessian":
        results = [block for gradient in gradients(output, trained) for block in jacobian(gradient, trained)]
    else:
        raise InputError(f"There is no derivative {derivative!r}. Choose 'gradient', 'jacobian' or 'hessian'.")
    # 0 * inf in entries that were not taken: the engine knows that no adjoint arrives there.
    may_mix = any(primitive.selects for primitive in primitives) or (short and derivative != "gradient")
    unsure = [k for k in range(len(results)) if may_mix or (short and k == 0)]
    if any(step.ndim for step in steps):  # sums may be computed in another order, and overflow on the way
        unsure = sorted({*unsure, *(k for k, result in enumerate(results) if np.ndim(result) == 0)})
    order = simplified(results, {x.index for x in inputs})
    writer = _Writer(names[: len(inputs)], inputs, fused(order, results, inputs))
    return writer.function(derivative, again, unsure=unsure, quiet=short)


def _refuse_what_cannot_be_compiled(steps: Sequence[Variable]) -> None:
    if len(steps) > LARGEST:
        raise InputError(
            f"The graph has {len(steps):,} nodes; up to {LARGEST:,} can be compiled. "
            "Differentiate the function itself, with cv.value_and_grad(f), or record fewer steps."
        )
    ours = (s.primitive for s in steps if isinstance(s.primitive, Joint) and type(s.primitive) is Joint)
    hidden = next((joint.name for joint in ours if joint.name in ("checkpoint", "reversible")), None)
    if hidden:
        raise InputError(
            f"{hidden} hides what it computes, and which values from outside it uses. "
            "Record the function without it, or differentiate it with cv.value_and_grad(f)."
        )


def _by_the_engine(
    steps: Sequence[Variable], inputs: list[Variable], trained: list[Variable], output: Any, derivative: Derivative
) -> Any:
    """The recorded steps run again by the engine, with NumPy's answers outside of a function's domain."""
    # What the Variables hold now: the program will be simplified in place.
    todo = [(v.index, v.primitive, v.args, v.kwargs or {}) for v in steps if v.primitive is not None]

    def f(*point: Any) -> Any:
        values: dict[int, Any] = {x.index: value for x, value in zip(inputs, point, strict=True)}

        def found(arg: Any) -> Any:
            return values.get(arg.index, arg.value) if isinstance(arg, Variable) else arg

        for index, primitive, args, options in todo:
            values[index] = primitive(*map(found, args), **options)
        return found(output)

    wanted = {x.index for x in trained}
    places = [k for k, x in enumerate(inputs) if x.index in wanted]
    which = places[0] if len(places) == 1 else places
    if derivative == "gradient":
        return value_and_grad(f, which)
    return engine_jacobian(grad(f, which) if derivative == "hessian" else f, which)


class _Writer:
    """Writes the function: checks of the inputs, a line a step, and what is returned."""

    def __init__(self, names: Sequence[str], inputs: Sequence[Variable], results: list[Any]) -> None:
        self.names, self.inputs, self.results = names, inputs, results
        self.printer = FastPrinter("_" * (1 + max(len(name) - len(name.lstrip("_")) for name in names)))
        for variable, name in zip(inputs, names, strict=True):
            self.printer.written[variable.index] = Expression(name)

    def function(
        self, derivative: Derivative, again: Callable[..., Any], *, unsure: Sequence[int], quiet: bool
    ) -> Callable[..., Any]:
        """The compiled function. Where an `unsure` array has a NaN, or a number is not finite, the engine answers."""
        printer = self.printer
        checks = [_check(name, x.shape, printer) for name, x in zip(self.names, self.inputs, strict=True)]
        engine = f"return {printer.bind(again, 'again')}({', '.join(self.names)})"
        missing, more = printer.bind(_MISSING, "missing"), f"{printer.prefix}more"
        head = ", ".join([*(f"{name}={missing}" for name in self.names), f"*{more}"])
        checks.insert(0, f"if {more}: {printer.bind(_surplus, 'surplus')}({self.names!r}, {more})")
        lines = self._steps()
        found = [f"{printer.prefix}r{k}" for k in range(len(self.results))]
        lines += [f"{name} = {code}" for name, code in zip(found, self._codes_of_results(), strict=True)]
        tests = [
            printer.call(_has_nan, found[k]) if np.ndim(self.results[k]) else f"{found[k]} - {found[k]} != 0.0"
            for k in unsure
        ]
        lines += [f"if {' or '.join(tests)}: {engine}"] if tests else []
        lines.append(f"return {self._returned(found, derivative)}")
        if quiet:
            silence = printer.call(np.errstate, "over='ignore'", "invalid='ignore'")
            lines = [f"with {silence}:", *(f"    {line}" for line in lines)]
        text = "\n    ".join(
            [f"def replay({head}):", *checks, "try:", *(f"    {line}" for line in lines),
             f"except {printer.bind((ValueError, ArithmeticError), 'domain')}:", f"    {engine}"]
        )  # fmt: skip
        exec(builtins.compile(text, "<chainviz replay>", "exec"), printer.space)
        return printer.space["replay"]

    def _steps(self) -> list[str]:
        """A line a step; numbers that are used once are written where they are used."""
        order = simplified(self.results, {x.index for x in self.inputs})
        uses, printer, buffers = uses_of(order, self.results), self.printer, Buffers(order, self.results)
        shapes = {variable.index: variable.shape for variable in order}
        lines: list[str] = []
        free: dict[tuple[int, ...], list[str]] = {}  # names of arrays that are not needed any more, by shape
        for place, variable in enumerate(order):
            if variable.index in printer.written:
                continue
            ending = buffers.ending(variable, place)
            operand = buffers.reused(variable, place)
            if operand is not None:
                target = printer.written[operand.index].code
                ending.discard(operand.index)
            else:
                target = free[variable.shape].pop() if is_ufunc(variable) and free.get(variable.shape) else ""
            if target:
                lines.append(printer.into(variable, target))
                printer.written[variable.index] = Expression(target)
            else:
                code = printer.write(variable)
                if _needs_a_line(variable, code, uses[variable.index]):
                    names = free.get(variable.shape) if variable.ndim else None
                    name = names.pop() if names else f"{printer.prefix}{len(lines)}"
                    lines.append(f"{name} = {code.code}")
                    code = Expression(name)
                printer.written[variable.index] = code
            for owner in ending:
                free.setdefault(shapes[owner], []).append(printer.written[owner].code)
        return lines

    def _codes_of_results(self) -> list[str]:
        """What the caller gets is the caller's: no views, no array twice."""
        codes: list[str] = []
        for k, result in enumerate(self.results):
            written = (
                self.printer.written[result.index] if isinstance(result, Variable) else self.printer.constant(result)
            )
            is_others = not isinstance(result, Variable) or result.primitive is None or is_view(result)
            shared = np.ndim(result) and (is_others or any(result is other for other in self.results[:k]))
            codes.append(f"{self.printer.bind(np.array, 'array')}({written.code})" if shared else written.code)
        return codes

    def _returned(self, found: Sequence[str], derivative: Derivative) -> str:
        if derivative == "gradient":
            return f"{found[0]}, {as_tuple(found[1:])}"
        count = math.isqrt(len(found)) if derivative == "hessian" else len(found)
        return as_tuple([as_tuple(found[k : k + count]) for k in range(0, len(found), count)])


def _needs_a_line(variable: Variable, code: Expression, uses: int) -> bool:
    """Numbers if they are used twice; arrays, as their operands may be overwritten by the next line, unless views."""
    if code.code.isidentifier():
        return False
    on_arrays = variable.ndim or any(isinstance(a, Variable) and a.ndim for a in variable.args)
    return bool(on_arrays and not (variable.ndim and is_view(variable))) or uses > 1 or len(code.code) > LONGEST


def _has_nan(array: Any) -> bool:
    """Squares do not cancel."""
    return math.isnan(np.vdot(array, array))


def _check(name: str, shape: tuple[int, ...], printer: FastPrinter) -> str:
    """A line that lets floats and float64 arrays of the recorded shape pass, and looks closer at the rest."""
    if shape:
        array = printer.bind(np.ndarray, "ndarray")
        fits = f"{name}.__class__ is {array} and {name}.shape == {shape} and {name}.dtype.char == 'd'"
    else:
        fits = f"{name}.__class__ is {printer.bind(float, 'float')}"
    checked = printer.bind(_checked, "checked")
    return f"if not ({fits}): {name} = {checked}({name}, {name!r}, {shape})"


_MISSING = object()  # what an input is that was not given: Python's own message would not say which are meant


def _surplus(names: Sequence[str], more: Sequence[Any]) -> None:
    given = len(names) + len(more)
    raise InputError(f"{given} inputs were given, but the recording has {len(names)}: {', '.join(names)}.")


def _checked(value: Any, name: str, shape: tuple[int, ...]) -> Any:
    """The input as it is recorded, or the error that says how it differs."""
    if value is _MISSING:
        raise InputError(f"The input {name!r} is missing. Give the replay a value for every input of the recording.")
    value = as_value(value, name)
    if is_complex(value):
        raise InputError(f"The input {name!r} is complex, but what is compiled is for real numbers. Use cv.grad(f).")
    if np.shape(value) != shape:
        raise InputError(
            f"The input {name!r} has shape {np.shape(value)}, but the recording that was compiled has {shape}. "
            "Record the function again with the new shape."
        )
    return value
