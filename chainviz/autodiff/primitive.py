"""Primitive: one differentiable operation. It records itself, and knows how adjoints and tangents pass through it.

Value, both modes and formulas follow from one declaration; the forms that it takes are in `forms.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from ..formatting import writable
from .errors import ChainvizError, OperandError, unsupported
from .user_code import name_in, subject, user_frame
from .variable import (
    FLOAT64,
    ArrayVariable,
    Variable,
    constant,
    count,
    is_complex,
    plain,
    tidy,
    unbox,
    wrap,
)  # fmt: skip

Rule = Callable[..., Any]

NO_OPTIONS: dict[str, Any] = {}

observers: list[Callable[[Variable], Any]] = []
"""Who is told of every node as it is recorded, and says what the user's code gets: `trace`, or `no_grad`."""


class Primitive:
    """One differentiable operation. Call it to record it.

    Attributes: `function` (what computes the value), `name`, `tex` (template of the formula, or a function that makes
    one from the keyword arguments), `selects` (the result is made of entries of the operands, so that adjoints of
    entries not taken are structurally zero).
    """

    def __init__(
        self, function: Rule, tex: str | Callable[..., str], *, operands: int, selects: bool = False, name: str = ""
    ) -> None:
        self.function = function
        self.compute = function  # or a faster way to the same, where real arrays are among the values
        self.tex = tex
        self.operands = operands
        self.selects = selects
        self.name = writable(name or function.__name__)
        self.scalar: Rule | None = None
        self.scalar_rules: tuple[Any, ...] | None = (
            None  # for walks over Python floats: the partials of 1 or 2 operands
        )

    constant_in: tuple[int, ...] = ()
    """The positions of operands to which no adjoint passes."""

    is_joint = False
    """Whether the adjoints of all operands are computed together, by `pull_all`."""

    takes_complex = False
    """Whether the rule holds for complex operands, by the convention of rules/complex_numbers.py."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} primitive {self.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the value; with a Variable among the arguments, record the step and return a Variable."""
        return self.on_arrays(args, kwargs) if kwargs else self.on_numbers(args)

    def on_numbers(self, args: tuple[Any, ...]) -> Any:
        """The call without options, where the operands are likely to be Python floats."""
        scalar = self.scalar
        if scalar is None:
            return self.on_arrays(args)
        values: list[Any] = []
        recorded = False
        for arg in args:
            kind = arg.__class__
            if kind is Variable:
                recorded = True
                values.append(arg.value)
            elif kind is float or kind is int:
                values.append(arg)
            else:
                return self.on_arrays(args)
        try:
            result = scalar(*values)
        except (ValueError, OverflowError, ZeroDivisionError):  # NumPy answers inf or NaN, with its warning
            result = self.function(*map(np.float64, values))
        if not recorded:
            return result
        node = Variable()
        node.value = result if result.__class__ is float else float(result)
        node.primitive = self
        node.args = args
        node.index = next(count)
        return observers[-1](node) if observers else node

    def on_arrays(self, args: Sequence[Any], kwargs: dict[str, Any] = NO_OPTIONS) -> Any:
        """The call where not all operands are Python floats."""
        operands = args
        values: list[Any] = []
        are_numbers = self.scalar is not None and not kwargs
        is_real, recorded, constants = True, False, False
        for arg in args:
            kind = arg.__class__
            if kind is ArrayVariable:
                value = arg.value
                is_real = is_real and value.dtype is FLOAT64
                are_numbers, recorded = False, True
            elif kind is Variable:
                value = arg.value
                recorded = True
            elif kind is float or kind is int:
                value = arg
            elif kind is np.ndarray and arg.dtype is FLOAT64 and arg.shape:
                value = arg
                constants = True
            else:
                constants = False
                operands, values, recorded = _sorted(args)
                are_numbers = are_numbers and {float, int}.issuperset(map(type, values))
                is_real = not any(map(is_complex, values))
                break
            values.append(value)
        if not recorded:
            return self.function(*operands, **kwargs)
        if constants:
            operands = [constant(arg) if arg.__class__ is np.ndarray else arg for arg in args]
            values = [plain(operand) for operand in operands]
            are_numbers = False
        if are_numbers:
            return self.on_numbers(tuple(operands))
        try:
            result = (self.compute if is_real else self.function)(*values, **kwargs)
        except (ValueError, TypeError, IndexError) as error:
            raise self._explained(error, args, values) from error
        if is_real and not kwargs and result.__class__ is np.ndarray and result.dtype is FLOAT64 and result.shape:
            node = ArrayVariable()  # as in `record`, but sooner
            node.value = result
            node.primitive = self
            node.args = tuple(operands)
            node.index = next(count)
            return observers[-1](node) if observers else node
        if not self.takes_complex and (not is_real or is_complex(result)):
            operand = next(operand for operand in operands if isinstance(operand, Variable))
            raise unsupported(f"{self.name} of complex numbers", operand, "Take np.real, np.imag or np.abs first.")
        return self.record(_as_number(result, self.name, operands), operands, kwargs)

    def record(self, value: Any, operands: Sequence[Any], options: dict[str, Any]) -> Any:
        """A node with this value, a float or a float64 array, that this operation made of the operands."""
        node = wrap(value, self, tuple(operands))
        if options:
            # A copy of arrays: user code may change them later.
            node.kwargs = {key: o.copy() if isinstance(o, np.ndarray) else o for key, o in options.items()}
        return observers[-1](node) if observers else node

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Sort a call's arguments into operands and options, by the signature of the NumPy function."""
        if isinstance(self.function, np.ufunc):
            if kwargs:
                self._refuse_option(next(iter(kwargs)), args)
            return args, kwargs
        if not kwargs and len(args) == self.operands:
            return args, kwargs
        given = self._signature.bind(*args, **kwargs).arguments
        operands = [given.pop(key) for key in list(given)[: self.operands]]
        if len(operands) < self.operands:
            raise unsupported(f"np.{self.name} of {len(operands)} operands", operands[0], f"Give it {self.operands}.")
        options: dict[str, Any] = {}
        for option, choice in given.items():
            if option in self.options:
                options[option] = choice
            elif choice is not self._signature.parameters[option].default:
                self._refuse_option(option, operands)
        return operands, options

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    @cached_property
    def options(self) -> set[str]:
        """The keyword arguments that the rules know of."""
        return set()

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The adjoint that the operand at this position receives when y's is g: g times the local derivative."""
        raise NotImplementedError

    def pull_rows(self, position: int, rows: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """`pull` for many adjoints at once, along a first axis of `rows`: what a Jacobian asks for."""
        return np.stack([self.pull(position, tidy(g), y, args, kwargs) for g in rows])

    def passes_to(self, position: int) -> bool:
        """Whether an adjoint passes to this operand at all."""
        return position not in self.constant_in

    def push(self, tangents: Sequence[Any], y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The tangent of y when the operands have these (None: zero): the transpose of `pull`, which is linear in g."""
        from .passes import pullback
        from .record import Record

        total: Any = None
        for position, tangent in enumerate(tangents):
            if tangent is None:
                continue
            g = wrap(tidy(np.zeros_like(plain(y))))
            (pushed,) = pullback(Record([self.pull(position, g, y, args, kwargs)], [g]), [tangent])
            total = pushed if total is None else total + pushed
        return total

    def pull_alive(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any], dead: Any) -> Any:
        """`pull`, but nothing where `dead` (None, or a mask shaped as y) says that no adjoint arrived at all."""
        return self.pull(position, g, y, args, kwargs)

    def dead_entries(self, position: int, y: Any, args: Sequence[Any], kwargs: dict[str, Any], dead: Any) -> Any:
        """The entries of the operand that y did not take, as a mask, or None if it took all.

        `np.where(x > 0, np.log(x), 0)` has derivative 0 at x = -1, though that of the logarithm is not a number there.
        """
        if dead is None and not self.selects:
            return None
        alive = np.ones(np.shape(y)) if dead is None else 1.0 - dead
        mask = self._alive(position, alive, y, args, kwargs) == 0
        return mask if np.any(mask) else None

    def _alive(self, position: int, alive: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        return self.pull(position, alive, y, args, kwargs) if self.selects else np.ones(np.shape(args[position]))

    def _refuse_option(self, option: str, operands: Sequence[Any]) -> NoReturn:
        operand = next((a for a in operands if isinstance(a, Variable)), None)
        raise unsupported(f"np.{self.name}(..., {option}=...)", operand, f"Leave {option} out.")

    def _explained(self, error: Exception, args: Sequence[Any], values: Sequence[Any]) -> ChainvizError:
        """The error that says which shapes of which Variables did not fit."""
        if isinstance(error, ChainvizError):
            return error
        frame = user_frame()
        operands: list[str] = []
        for arg, value in zip(args, values, strict=True):
            name = getattr(arg, "name", None) or (name_in(frame, arg) if frame is not None else None)
            shape = f"of shape {np.shape(value)}" if np.ndim(value) else ""
            operands.append(f"{name!r} {shape}".strip() if name else f"an array {shape}" if shape else f"{value!r:.30}")
        operand = next((a for a in args if isinstance(a, Variable)), None)
        where = f" It met {subject(operand)}." if operand is not None else ""
        return OperandError(f"{self.name} of {' and '.join(operands)} failed: {str(error).strip(' .')}.{where}")


def _sorted(args: Sequence[Any]) -> tuple[list[Any], list[Any], bool]:
    """The operands as they are kept, their values, and whether there is a Variable among them."""
    operands = [arg if isinstance(arg, Variable) else unbox(arg) for arg in args]
    if not any(isinstance(operand, Variable) for operand in operands):
        return operands, operands, False
    operands = [operand if isinstance(operand, Variable) else constant(operand) for operand in operands]
    return operands, [plain(operand) for operand in operands], True


class Freed(Primitive):
    """Stands for the operation of a node whose record was given back after `backward`."""

    def __init__(self) -> None:
        super().__init__(lambda: None, "", operands=0, name="freed")


FREED = Freed()


def _as_number(result: Any, name: str, args: Sequence[Any]) -> Any:
    """The result as a Python number or an array, of float64 or complex128."""
    if result.__class__ is np.ndarray and result.dtype is FLOAT64 and result.shape:
        return result
    array = np.asarray(result)
    if array.dtype.kind not in "fiubc":
        raise unsupported(
            f"{name} with a result of type {array.dtype}",
            next(a for a in args if isinstance(a, Variable)),
            "chainviz differentiates functions of real and complex numbers.",
        )
    if array.ndim == 0:
        return tidy(array)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)
