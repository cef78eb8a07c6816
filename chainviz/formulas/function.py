"""Formula: a typed function. It can be called, traced and differentiated as any other."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autodiff.control import name
from ..autodiff.errors import InputError
from ..autodiff.user_code import Place, told
from .parser import parse
from .reader import Step


def formula(text: str) -> Formula:
    """The function that a formula says, of its variables in the order in which they appear.

    As in Desmos, GeoGebra and Wolfram: `2x`, `2(x+1)` and `x y` are products, `sin x` and `sin 2x` need no brackets,
    `^` goes before a sign (-x^2 is -(x^2)) and from the right (2^3^2 is 2^9), `sin^2(x)` is `sin(x)^2`. `log` is the
    natural logarithm. Signs may be −, ·, ×, ÷, √, π, ², |x|; letters may be Greek, typed or by name. Lines, or parts
    with semicolons between them, name steps: "u = 2x + 1; sin(u^2)". The last may be "y = ..." or "f(x, y) = ...".
    What could be read in two ways, such as 1/2x, e^2x or xy, is refused.

    Nothing in it is ever evaluated as Python.

    Raises:
        FormulaError: it cannot be read; the message points at the character and says what to write instead.
        InputError: it is no text.

    >>> f = formula("sin((2x+1)^2)")
    >>> f, f(1.5)
    (Formula('sin((2x+1)^2)'), -0.2879033166650653)
    >>> import chainviz as cv
    >>> cv.grad(f)(1.5)
    -15.322551685174155
    """
    return Formula(text)


def as_function(f: Callable[..., Any] | str) -> Callable[..., Any]:
    """The formula, where f is text; else f itself."""
    return Formula(f) if isinstance(f, str) else f


class Formula:
    """A function made of text; see `formula`. `text` is what was typed."""

    __name__ = "the formula"

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f'A formula is text, such as "sin(x^2)", but this one is {text!r:.60}.')
        parsed = parse(text)
        self.text, self._steps = text, parsed.steps
        self._places = [_place(text, step) for step in parsed.steps]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in parsed.variables])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The value; TypeError for arguments that do not fit the variables."""
        given = self.__signature__.bind(*args, **kwargs).arguments
        known = {each: _number(value) for each, value in given.items()}
        stack: list[Any] = []
        is_new = False
        for step, place in zip(self._steps, self._places, strict=True):
            if step.kind == "name":
                known[step.what] = name(stack[-1], step.what) if is_new else stack[-1]
            elif step.kind == "call":
                operands = stack[-step.operands :]
                del stack[-step.operands :]
                told.append(place)
                try:
                    stack.append(_computed(step.what, operands))
                finally:
                    told.pop()
            else:
                stack.append(known[step.what] if step.kind == "load" else step.what)
            is_new = step.kind == "call"
        return stack[-1]

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"


def _number(value: Any) -> Any:
    """The value with whole numbers as floats, as 2 to the power of -1 is 0.5 in a formula."""
    if isinstance(value, (int, np.integer)):
        return float(value)
    is_whole = isinstance(value, np.ndarray) and value.dtype.kind in "iub"
    return value.astype(float) if is_whole else value


def _computed(function: Any, operands: list[Any]) -> Any:
    if not all(isinstance(operand, (int, float)) for operand in operands):
        return function(*operands)
    result = float(function(*map(float, operands)))
    is_whole = all(isinstance(operand, int) for operand in operands) and result.is_integer() and abs(result) <= 2**53
    return int(result) if is_whole and str(result) != "-0.0" else result  # which has a sign: 1/(-0) is -inf


def _place(text: str, step: Step) -> Place:
    """Where the step's part of the text is. The part ends with its line."""
    first = text.rfind("\n", 0, step.start) + 1
    line = text[first:].partition("\n")[0]
    number = text.count("\n", 0, step.start) + 1
    part = step.start - first, min(step.end - first, len(line))
    return Place("the formula", number, line.strip(), first=1, source=text, part=part)
