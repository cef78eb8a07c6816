"""Simplification: a record of numbers, such as a traced derivative, as an equal one that people would write.

A value is kept as a sum of products while it is simplified, as 4 (2x + 1) cos(...) and its like:

    Sum       {Product: coefficient}                   {((z, 1), (cos, 1)): 4.0}
    Product   ((factor's index, exponent), ...)        sorted; () is the product of nothing, 1
"""

from __future__ import annotations

import math
from collections.abc import Container
from fractions import Fraction
from typing import Any

import numpy as np

from ..autodiff.forms import Elementwise
from ..autodiff.variable import Variable, plain
from .operations import table_name
from .program import Choice, needed

Product = tuple[tuple[int, float], ...]
Sum = dict[Product, float]


def simplified(result: Variable, leaves: Container[int], one: Variable | None = None) -> Any:
    """The result as a sum of products of the Variables whose index is a leaf, recorded anew; a number if it is one.

    All values on the way are numbers. `one` is a Variable that stands for 1, such as the seed of a backward pass.
    """
    algebra = _Algebra()
    sums: dict[int, Sum] = {}
    for variable in needed([result]):
        if variable is one:
            sums[variable.index] = _number(1.0)
        elif variable.index in leaves:
            sums[variable.index] = algebra.factor(variable)
        else:
            operands = [sums[a.index] if isinstance(a, Variable) else _number(a) for a in variable.args]
            sums[variable.index] = algebra.operation(variable, operands)
    with np.errstate(all="ignore"):
        return algebra.rebuilt(sums[result.index])


class _Algebra:
    """Knows every factor that a product is made of; equal ones are one."""

    def __init__(self) -> None:
        self.factors: dict[int, Variable] = {}
        self.made: dict[Any, Any] = {}

    def factor(self, variable: Variable, exponent: float = 1.0) -> Sum:
        self.factors[variable.index] = variable
        return {((variable.index, exponent),): 1.0}

    def operation(self, variable: Variable, args: list[Sum]) -> Sum:
        """The sum that an operation on sums makes."""
        primitive = variable.primitive
        name = table_name(primitive)
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
