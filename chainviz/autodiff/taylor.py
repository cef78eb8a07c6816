"""Taylor mode: all derivatives up to an order in one pass, by computing with power series instead of numbers.

    x = x0 + x1 t + x2 t^2 + ...     a Series: coefficients that are worked out when they are asked for
    y = sin x                        y' = cos(x) x', so k y_k = sum over j = 1..k of j x_j c_(k-j), with c = cos x

The partial derivatives are those of the table, run on series in turn; no rule is written twice. (Griewank and Walther,
Evaluating Derivatives, chapter 13.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import InputError, unsupported
from .forms import Elementwise, Linear
from .primitive import Primitive
from .record import Record
from .transforms import as_direction, evaluate
from .variable import PRIMITIVES, Variable, as_value, plain, tidy, wrap


def taylor(f: Callable[..., Any], x: Any, order: Any, *, direction: Any = None) -> list[Any]:
    """The coefficients c_0, ..., c_order of f(x + t direction) = c_0 + c_1 t + c_2 t^2 + ...

    The k-th derivative is k! c_k. For a number x the direction is 1 unless you give another.

    Args:
        f: a function of one number or array that returns a number or an array.
        x: where to expand.
        order: the highest power, a whole number.
        direction: shaped as x; needed if x is an array.

    Raises:
        UnsupportedOperation: f uses an operation without series, such as np.linalg.inv.

    >>> import numpy as np
    >>> taylor(np.exp, 0.0, 4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise InputError(f"The order is a whole number that is not negative, but this one is {order!r}.")
    if isinstance(x, Variable):
        raise InputError("taylor gives numbers, so it cannot be differentiated again. Ask for a higher order instead.")
    _, (source,), output = evaluate(f, 0, (x,), {})
    source.is_open = False
    if direction is None and source.ndim:
        raise InputError(f"x is an array of shape {source.shape}. Give a direction of that shape.")
    moving = Series(source.value)
    moving.known.append(as_direction(1.0 if direction is None else direction, source, "direction"))
    if not isinstance(output, Variable):
        output = as_value(output)
        return [output, *(tidy(np.zeros(np.shape(output))) for _ in range(order))]
    record = Record([output], [source])
    if any(node.is_open for node in record.nodes):
        raise InputError(
            "The function given to taylor uses a Variable from outside, by which the coefficients, which are numbers, "
            "could not be differentiated. Use its number: a.value."
        )
    with np.errstate(all="ignore"):
        known = _expand(record, {source.index: moving}, {})
        for k in range(order + 1):
            for series in known.values():  # from the input on, so that no coefficient waits for a long chain of others
                series[k]
        found = known.get(output.index, Series(output.value))
        return [tidy(found[k] + np.zeros(output.shape)) for k in range(order + 1)]


class Series:
    """A power series. `step(k)` works out the k-th coefficient (zero unless it is replaced) from those before it."""

    def __init__(self, first: Any) -> None:
        self.known = [first]
        self.step: Callable[[int], Any] = lambda k: np.zeros(np.shape(first))

    def __getitem__(self, k: int) -> Any:
        while len(self.known) <= k:
            self.known.append(self.step(len(self.known)))
        return self.known[k]


Memory = dict[tuple[Any, ...], Series]


def _expand(record: Record, known: dict[int, Series], memory: Memory) -> dict[int, Series]:
    """The series of all nodes that depend on those that are known."""
    for node in record.nodes:
        if node.index not in known and any(isinstance(a, Variable) and a.index in known for a in node.args):
            operands = [known.get(a.index, a.value) if isinstance(a, Variable) else a for a in node.args]
            known[node.index] = _series(node, operands, memory)
    return known


def _series(node: Variable, operands: list[Any], memory: Memory) -> Series:
    """The series of one step. The same step on the same series is worked out once: sin needs cos, which needs sin."""
    primitive: Any = node.primitive
    options = node.kwargs or {}
    key = (primitive, *(id(o) if isinstance(o, (Series, np.ndarray)) else o for o in operands), repr(options))
    if key in memory:
        return memory[key]
    made = memory[key] = Series(node.value)
    moving = [k for k, operand in enumerate(operands) if isinstance(operand, Series)]
    if primitive in _PRODUCTS and len(moving) == 2:
        a, b = operands
        made.step = lambda k: sum(primitive.function(a[j], b[k - j]) for j in range(k + 1))
    elif isinstance(primitive, Linear) or primitive in _PRODUCTS:
        made.step = lambda k: primitive.function(
            *(o[k] if isinstance(o, Series) else np.zeros(np.shape(o)) if isinstance(primitive, Linear) else o
              for o in operands), **options
        )  # fmt: skip
    elif primitive is PRIMITIVES[np.divide] and isinstance(operands[1], Series):
        a, b = operands
        made.step = lambda k: ((a[k] if isinstance(a, Series) else 0.0)
                               - sum(made[j] * b[k - j] for j in range(k))) / b[0]  # fmt: skip
    elif isinstance(primitive, Elementwise):
        _elementwise(primitive, made, operands, moving, memory)
    else:
        raise unsupported(f"the Taylor series of {primitive.name}", node, "Use cv.grad of cv.grad instead.")
    return made


_PRODUCTS = {PRIMITIVES[np.multiply], PRIMITIVES[np.matmul]}


def _elementwise(primitive: Primitive, y: Series, operands: list[Any], moving: list[int], memory: Memory) -> None:
    """y' = sum of partial * x': the partials are recorded on placeholders and expanded in turn."""
    partials: dict[int, Any] = {}

    def partial(position: int) -> Any:
        if position not in partials:
            first = [o[0] if isinstance(o, Series) else o for o in operands]
            places = [
                wrap(tidy(value)) if isinstance(o, Series) else o for o, value in zip(operands, first, strict=True)
            ]
            result, rule = wrap(tidy(y[0])), primitive.partials[position]  # type: ignore[attr-defined]
            slope = rule(result, *places) if callable(rule) else rule
            inputs = {v.index: o for v, o in zip(places, operands, strict=True) if isinstance(v, Variable)}
            if isinstance(slope, Variable):
                known = _expand(Record([slope]), inputs | {result.index: y}, memory)
                slope = known.get(slope.index, slope.value)
            partials[position] = plain(slope)
        return partials[position]

    def step(k: int) -> Any:
        total: Any = 0.0
        for position in moving:
            x, slope = operands[position], partial(position)
            if isinstance(slope, Series):
                total = total + sum(j * x[j] * slope[k - j] for j in range(1, k + 1)) / k
            elif slope is not None:
                total = total + x[k] * slope
        return total

    y.step = step
