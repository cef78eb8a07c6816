"""A program without detours: equal values but once, nothing times 1, nothing broadcast before it has to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, Variable, wrap
from .operations import by_content, table_name
from .program import Choice, needed

ARITHMETIC = {"add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power"}
"""Operations of two operands that NumPy broadcasts, and that Python has a sign for."""


def simplified(
    results: list[Any], keep: Iterable[int], seed: Variable | None = None, known: dict[int, Any] | None = None
) -> list[Variable]:
    """What the results need, in order, without detours, and equals but once.

    `results` become the simpler ones. Variables in `keep` stay as they are. Up to the `seed`, where the backward pass
    starts, no broadcasting is moved: the forward pass is the user's own. `known` receives, by its index, what became
    of every Variable.
    """
    known = {} if known is None else known
    start = -1 if seed is None else seed.index
    equal: dict[Any, Variable] = {}
    order: list[Variable] = []
    placed: set[int] = set()
    for variable in needed(results):
        if variable.index in known:
            continue
        variable.args = tuple(known[a.index] if isinstance(a, Variable) else a for a in variable.args)
        simpler = variable
        if variable.index not in keep:
            simpler = _simpler(_hoisted(variable, order) if variable.index > start else variable)
        is_new = isinstance(simpler, Variable) and simpler.index not in placed  # d_x for 1 * d_x, and not its equal d_z
        if is_new and simpler.primitive is not None:
            operands = tuple(a.index if isinstance(a, Variable) else (by_content(a),) for a in simpler.args)
            options = by_content(tuple((simpler.kwargs or {}).items()))
            same = equal.setdefault((_identity(simpler.primitive), operands, options), simpler)
            simpler = simpler if variable.index in keep else same
        if isinstance(simpler, Variable) and simpler.index not in placed:
            placed.add(simpler.index)
            order.append(simpler)
        known[variable.index] = simpler
    results[:] = [known[r.index] if isinstance(r, Variable) else r for r in results]
    alive = {v.index for v in needed(results)}
    return [v for v in order if v.index in alive]


def _hoisted(variable: Variable, order: list[Variable]) -> Variable:
    """Broadcasting after the operation instead of before it, where that is the same."""
    name = table_name(variable)
    bare = tuple(map(without_broadcast, variable.args))
    if name in ("expand_dims", "reshape") and np.ndim(bare[0]) == 0:
        inner: Any = bare[0]
    elif name in (*ARITHMETIC, "negative") and any(map(np.ndim, variable.args)):
        if np.broadcast_shapes(*map(np.shape, bare)) == variable.shape:
            return variable
        assert variable.primitive is not None
        inner = variable.primitive(*bare)
        if isinstance(inner, Variable):
            order.append(inner)
            inner = _simpler(inner)
    else:
        return variable
    return wrap(variable.value, PRIMITIVES[np.broadcast_to], (inner,), {"shape": variable.shape})


def _identity(primitive: Primitive) -> Any:
    return (primitive.primitive, primitive.position) if isinstance(primitive, Choice) else primitive


def _simpler(variable: Variable) -> Any:
    """The operand that the value is, for 1 * a, a / 1, a ** 1, +a; else the Variable itself."""
    name = table_name(variable)
    if name == "broadcast_to":
        variable.args = (without_broadcast(variable.args[0]),)
    if name in ("positive", "broadcast_to"):
        return variable.args[0] if np.shape(variable.args[0]) == variable.shape else variable
    if name not in ARITHMETIC:
        return variable
    operands: tuple[Any, ...] = variable.args
    left, right = operands[0], operands[1]
    bare = without_broadcast(left), without_broadcast(right)
    for stripped in (bare, (left, bare[1]), (bare[0], right)):  # NumPy broadcasts of its own
        if np.broadcast_shapes(*map(np.shape, stripped)) == variable.shape:
            left, right = variable.args = stripped
            break
    if _is_one(right) and name in ("multiply", "divide", "power") and np.shape(left) == variable.shape:
        return left
    return right if _is_one(left) and name == "multiply" and np.shape(right) == variable.shape else variable


def _is_one(operand: Any) -> bool:
    return operand.__class__ in (int, float) and operand == 1


def without_broadcast(operand: Any) -> Any:
    """The operand as it was before it was repeated, and before axes were put in front of it."""
    while isinstance(operand, Variable) and (
        operand.primitive is PRIMITIVES[np.broadcast_to]
        or (operand.primitive is PRIMITIVES[np.expand_dims] and option_of(operand, "axis") in (0, -operand.ndim))
    ):
        operand = operand.args[0]
    return operand


def uses_of(order: Sequence[Variable], results: Sequence[Any]) -> Counter[int]:
    """How often each Variable is used, by its index; the results are used once more."""
    counts = Counter(a.index for v in order for a in v.args if isinstance(a, Variable))
    return counts + Counter(r.index for r in results if isinstance(r, Variable))


def option_of(variable: Variable, option: str) -> Any:
    """What the operation was told by keyword; None where nothing was."""
    return (variable.kwargs or {}).get(option)
