"""Operations as the quickest Python for them: functions and arrays bound to names, and `math` for floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.variable import PRIMITIVES, Variable
from .operations import table_name
from .printer import ATOM, UNARY, Expression, Printer, bracketed, column_times_row, infix

_SIGNS: dict[Any, str] = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "**"}
_REDUCTIONS = {"sum": np.add.reduce, "max": np.maximum.reduce, "min": np.minimum.reduce}


class FastPrinter(Printer):
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
        """A number as it is written, or the name that an array is bound to."""
        simple = value.__class__ in (int, bool) or (value.__class__ is float and math.isfinite(value))
        return super().constant(value) if simple else Expression(self.bind(value, "c"))

    def apply(self, variable: Variable, operands: Sequence[Expression]) -> Expression:
        """The operation on these operands, by the quickest call."""
        primitive, options = variable.primitive, variable.kwargs or {}
        assert primitive is not None
        name, codes = table_name(primitive), [operand.code for operand in operands]
        on_arrays = any(map(np.ndim, variable.args))
        if name == "matmul" and (factors := column_times_row(variable)):
            return Expression(self.call(np.outer, *(self.written[f.index].code for f in factors)))
        if name == "power" and not on_arrays:
            if variable.args[1].__class__ in (int, float) and variable.args[1] == 2 and codes[0].isidentifier():
                return infix("multiply", operands[0], operands[0])
        elif primitive.function in _SIGNS and (name != "power" or variable.ndim):
            return infix(name, *operands)
        elif name == "negative":
            return Expression(f"-{bracketed(operands[0], UNARY)}", UNARY)
        elif on_arrays and PRIMITIVES.get(primitive.function) is primitive:
            short = self._short(variable, operands[0])
            if short is not None:
                return short
        twin = None if on_arrays or options else getattr(primitive, "scalar", None)
        twin = math.pow if twin is not None and name == "power" else twin  # ** would answer with complex numbers
        called = self.bind(twin or primitive.function, primitive.name)
        extras = [f"{option}={self.bind(choice, option)}" for option, choice in options.items()]
        code = f"{called}({', '.join([*codes, *extras])})"
        return Expression(code) if variable.ndim or twin is not None else self.as_float(code)

    def _short(self, variable: Variable, x: Expression) -> Expression | None:
        """NumPy's functions without the Python that is wrapped around them."""
        name, options = table_name(variable), variable.kwargs or {}
        if name == "transpose" and options.get("axes") is None:
            return Expression(f"{bracketed(x, ATOM)}.T")
        if name in ("reshape", "ravel", "expand_dims", "squeeze") and np.ndim(variable.args[0]) and variable.ndim:
            return Expression(f"{bracketed(x, ATOM)}.reshape({variable.shape})")
        if name == "index":
            entries = f"{bracketed(x, ATOM)}[{self.bind(options['index'], 'index')}]"
            return Expression(entries) if variable.ndim else self.as_float(entries)
        if name == "matmul" and all(np.ndim(a) <= 2 for a in variable.args):
            product = self.call(np.dot, *(self._code(a) for a in variable.args))
            return Expression(product) if variable.ndim else self.as_float(product)
        if name in _REDUCTIONS and set(options) <= {"axis", "keepdims"}:
            axis = repr(_plain_axis(options.get("axis")))
            how = [axis, "None", "None", "True"] if options.get("keepdims") else [axis]
            reduced = self.call(_REDUCTIONS[name], x.code, *how, name=name)
            return Expression(reduced) if variable.ndim else self.as_float(reduced)
        return None

    def _code(self, operand: Any) -> str:
        return (self.written[operand.index] if isinstance(operand, Variable) else self.constant(operand)).code

    def call(self, function: Any, *codes: str, name: str = "") -> str:
        """A call of the function, which is bound to a name."""
        return f"{self.bind(function, name or function.__name__)}({', '.join(codes)})"

    def as_float(self, code: str) -> Expression:
        """NumPy's 0-d result as a Python float, which is quicker to go on with."""
        return Expression(self.call(float, code))

    def into(self, variable: Variable, target: str) -> str:
        """The line that writes the result of one of NumPy's elementwise functions into an array that is there."""
        assert variable.primitive is not None
        codes = [self._code(a) for a in variable.args]
        sign = _SIGNS.get(variable.primitive.function)
        if sign and codes[0] == target:
            return f"{target} {sign}= {codes[1]}"
        return self.call(variable.primitive.function, *codes, f"out={target}")


def _plain_axis(axis: Any) -> Any:
    if axis is None or np.ndim(axis) == 0:
        return axis if axis is None else int(axis)
    return tuple(int(k) for k in axis)
