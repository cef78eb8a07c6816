"""Operations as the quickest Python for them: functions and arrays bound to names, and `math` for floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.variable import Variable
from .printer import ATOM, UNARY, Expression, Printer, bracketed, column_times_row, infix

_ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide}


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
        simple = value.__class__ in (float, int, bool) and np.isfinite(value)
        return super().constant(value) if simple else Expression(self.bind(value, "c"))

    def apply(self, variable: Variable, operands: Sequence[Expression]) -> Expression:
        """The operation on these operands, by the quickest call."""
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
