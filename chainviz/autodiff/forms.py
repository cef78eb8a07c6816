"""The three forms of a primitive, by the shape of its local derivative, each declared in one line:

    elementwise(np.sin, lambda y, x: np.cos(x), tex=r"\\sin {0}")      the Jacobian is diagonal: one partial an operand
    linear(np.transpose, lambda g, x, axes=None: ..., tex=...)       it is its own derivative; give the adjoint
    general(np.matmul, vjp=(lambda g, y, a, b: ..., ...), tex=...)   give the vector-Jacobian product of each operand

A rule is plain NumPy code in g (the adjoint that arrives, shaped as y), y (the result) and the operands, so it runs on
arrays and on Variables alike; on Variables its own operations are recorded, which is how higher derivatives come about.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from types import FunctionType
from typing import Any

import numpy as np

from .primitive import Primitive, Rule
from .scalar_numpy import is_pure, scalar_twin
from .variable import COMPOSITES, FLOAT64, PRIMITIVES, Variable, is_complex, plain, tidy

Partial = Rule | int | None  # None: no derivative with respect to this operand


class Elementwise(Primitive):
    """The result's entry depends on the operands' entries at the same place (after broadcasting)."""

    def __init__(
        self, function: Rule, *partials: Partial, tex: str | Callable[..., str], selects: bool = False, name: str = ""
    ) -> None:
        super().__init__(function, tex, operands=len(partials), selects=selects, name=name)
        self.partials: tuple[Any, ...] = partials
        self.scalar = scalar_twin(function)
        self.constant_in = tuple(k for k, partial in enumerate(partials) if partial is None)
        self.masks = tuple(selects or partial is None for partial in partials)
        self.on_floats: tuple[Any, ...] = tuple(
            scalar_twin(p) if isinstance(p, FunctionType) and is_pure(p) else None for p in partials
        )
        if len(partials) <= 2 and None not in partials:
            self.scalar_rules = tuple(
                p if isinstance(p, int) else twin or self._carefully(k)
                for k, (p, twin) in enumerate(zip(partials, self.on_floats, strict=True))
            )

    def _carefully(self, position: int) -> Rule:
        return lambda y, *args: self.partial(position, y, args)

    def partial(self, position: int, y: Any, args: Sequence[Any]) -> Any:
        """The local derivative d y / d args[position], shaped as y (or a constant)."""
        rule = self.partials[position]
        if rule.__class__ is int:
            return rule
        if rule is None:
            return 0
        if y.__class__ is np.ndarray:
            try:
                return rule(y, *args)
            except (ZeroDivisionError, OverflowError):  # of a Python float among arrays; NumPy answers inf
                return rule(y, *(np.float64(arg) if arg.__class__ is float else arg for arg in args))
        if y.__class__ is float and complex not in map(type, args):
            on_floats = self.on_floats[position]
            if on_floats is not None:
                with contextlib.suppress(ValueError, OverflowError, ZeroDivisionError):  # NumPy answers inf or NaN
                    return on_floats(y, *args)
            with np.errstate(all="ignore"):
                return float(rule(np.float64(y), *map(np.float64, args)))
        try:
            return rule(y, *args)
        except (ZeroDivisionError, OverflowError):  # of a Python float among arrays; NumPy answers inf
            return rule(y, *(np.float64(arg) if arg.__class__ is float else arg for arg in args))

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        local = self.partial(position, y, args)
        if local.__class__ is int:
            if local == 0:
                return tidy(np.zeros(np.shape(args[position])))
            product = g if local == 1 else -g if local == -1 else g * local
        elif args[position].__class__ is float and _alike(g, local):
            return float(np.vdot(local, g))  # the sum of the products, in one go
        else:
            product = g * local
        return product if product.__class__ is float else unbroadcast(product, getattr(args[position], "shape", ()))

    def pull_rows(self, position: int, rows: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        shape = np.shape(args[position])
        aligned = (len(rows), *(1,) * (np.ndim(y) - len(shape)), *shape)
        return np.reshape(unbroadcast(rows * self.partial(position, y, args), aligned), (len(rows), *shape))

    def pull_alive(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any], dead: Any) -> Any:
        if dead is None and not self.masks[position]:
            return self.pull(position, g, y, args, kwargs)
        product = self._without_dead(g, self.partial(position, y, args), position, dead)
        return product if product.__class__ is float else unbroadcast(product, getattr(args[position], "shape", ()))

    def _without_dead(self, g: Any, local: Any, position: int, dead: Any = None) -> Any:
        """g * local, with 0 in the entries that were not taken, even if g or local is inf or NaN there."""
        if self.masks[position]:
            untaken = plain(local) == 0
            dead = untaken if dead is None else dead | untaken
        return tidy(np.where(dead, 0.0, g * local))

    def push(self, tangents: Sequence[Any], y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        total: Any = None
        for position, tangent in enumerate(tangents):
            if tangent is None or self.partials[position] is None:
                continue
            local = self.partial(position, y, args)
            product = self._without_dead(tangent, local, position) if self.selects else local * tangent
            total = product if total is None else total + product
        if total is None or np.shape(total) != np.shape(y):
            total = np.zeros(np.shape(y)) + (0.0 if total is None else total)
        return tidy(np.real(total) if is_complex(total) and not is_complex(y) else total)

    def _alive(self, position: int, alive: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if self.selects:
            return super()._alive(position, alive, y, args, kwargs)
        return unbroadcast(alive, np.shape(args[position]))


class Linear(Primitive):
    """The result is linear in all operands together. `adjoint(g, *operands, **options)` gives g pulled back to each."""

    takes_complex = True

    def __init__(
        self,
        function: Rule,
        adjoint: Rule,
        *,
        tex: str | Callable[..., str],
        selects: bool = False,
        variadic: bool = False,
        name: str = "",
    ) -> None:
        super().__init__(function, tex, operands=1, selects=selects, name=name)
        self.adjoint = adjoint
        self.variadic = variadic  # adjoint(g, position, *operands)

    @cached_property
    def options(self) -> set[str]:
        return set(list(inspect.signature(self.adjoint).parameters)[2:])

    def _alive(self, position: int, alive: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        # Entries in general position, so that an adjoint with terms of both signs cannot cancel to 0 by chance.
        weights = 1.0 + np.random.default_rng(0).random(np.shape(y))
        return self.pull(position, tidy(alive * weights), y, args, kwargs)

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        return tidy(self.adjoint(g, position, *args, **kwargs) if self.variadic else self.adjoint(g, *args, **kwargs))

    def push(self, tangents: Sequence[Any], y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        given = [np.zeros(np.shape(arg)) if t is None else t for t, arg in zip(tangents, args, strict=True)]
        if any(isinstance(t, Variable) for t in given):
            return self(*given, **kwargs)
        return self.function(*given, **kwargs)


class General(Primitive):
    """Anything else: one vector-Jacobian product an operand. Forward mode is its transpose, as it is linear in g."""

    def __init__(
        self,
        function: Rule,
        *,
        vjp: tuple[Rule, ...],
        tex: str | Callable[..., str],
        rows: tuple[Rule, ...] = (),
        selects: bool = False,
        name: str = "",
    ) -> None:
        super().__init__(function, tex, operands=len(vjp), selects=selects, name=name)
        self.vjp = vjp
        self.rows = rows

    @cached_property
    def options(self) -> set[str]:
        return set(list(inspect.signature(self.vjp[0]).parameters)[2 + self.operands :])

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        return tidy(self.vjp[position](g, y, *args, **kwargs))

    def pull_rows(self, position: int, rows: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        pulled = self.rows[position](rows, y, *args, **kwargs) if self.rows else None
        return super().pull_rows(position, rows, y, args, kwargs) if pulled is None else pulled


def _alike(a: Any, b: Any) -> bool:
    """Whether both are real arrays of the same shape."""
    return a.__class__ is b.__class__ is np.ndarray and a.dtype is b.dtype is FLOAT64 and a.shape == b.shape


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """g summed over the axes that broadcasting `shape` to g's shape has added or stretched."""
    given: tuple[int, ...] = getattr(g, "shape", ())
    if given == shape:
        return g
    if shape and given[1:] == shape and g.__class__ is np.ndarray:  # an offset that was added to every row
        return np.add.reduce(g, axis=0)
    total: Any = np.add.reduce if g.__class__ is np.ndarray else np.sum  # the same, sooner
    added = len(given) - len(shape)
    if not shape and g.__class__ is np.ndarray and g.dtype.char == "d":
        return float(np.add.reduce(g, axis=None))
    if added:
        g = total(g, axis=tuple(range(added)))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 and given[k + added] != 1)
    if stretched:
        g = total(g, axis=stretched, keepdims=True)
    return tidy(g)


def elementwise(
    function: Rule, *partials: Partial, tex: str | Callable[..., str], selects: bool = False, name: str = ""
) -> Primitive:
    """Declare an elementwise operation: one partial derivative an operand, `lambda y, *operands`, or a constant."""
    return _declare(function, Elementwise(function, *partials, tex=tex, selects=selects, name=name))


def linear(
    function: Rule,
    adjoint: Rule,
    *,
    tex: str | Callable[..., str],
    selects: bool = False,
    variadic: bool = False,
    name: str = "",
) -> Primitive:
    """Declare a linear operation by its adjoint, `lambda g, operand, **options`."""
    return _declare(function, Linear(function, adjoint, tex=tex, selects=selects, variadic=variadic, name=name))


def general(
    function: Rule,
    *,
    vjp: tuple[Rule, ...],
    tex: str | Callable[..., str],
    rows: tuple[Rule, ...] = (),
    selects: bool = False,
    name: str = "",
) -> Primitive:
    """Declare any operation by its vector-Jacobian products, `lambda g, y, *operands, **options`.

    `rows` may say how to do so for many g at once, along a first axis; where they give None, g are taken one by one.
    """
    return _declare(function, General(function, vjp=vjp, tex=tex, rows=rows, selects=selects, name=name))


def composite(*functions: Rule) -> Callable[[Rule], Rule]:
    """Declare NumPy functions that are others in disguise; the decorated one has those of their parameters it knows."""

    def declare(written: Rule) -> Rule:
        for function in functions:
            COMPOSITES[function] = written
        return written

    return declare


def _declare(function: Rule, primitive: Primitive) -> Primitive:
    PRIMITIVES[function] = primitive
    return primitive
