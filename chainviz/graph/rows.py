"""A linear program run for all seeds at once, along a first axis: what turns a gradient into a Jacobian.

    d_x = W.T @ (u * slope)      for every unit vector u, one row each:      rows = slope[:, None] * W

The unit vectors are never multiplied out, and factors gather (`scale`) until something other than a product comes. An
operation without a rule here is run row by row.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, Variable, tidy
from .operations import table_name
from .program import needed
from .simplify import option_of


class Rows(NamedTuple):
    """Values of one Variable, along a first axis: core * scale, where the scale is the same for all of them.

    A core of None stands for the identity: row k is 1 in entry k. A scale of None stands for 1.
    """

    core: Any
    scale: Any = None


def in_rows(results: Sequence[Any], seed: Variable) -> list[Any]:
    """The results for every unit vector in place of the seed: each of shape (seed.size, *its shape).

    The results are to be linear in the seed; those that do not depend on it are zero.
    """
    found: dict[int, Rows] = {seed.index: Rows(None)}
    for variable in needed(results):
        operands = [found.get(a.index) if isinstance(a, Variable) else None for a in variable.args]
        if variable.index != seed.index and any(operand is not None for operand in operands):
            step = _Step(variable, operands, seed.size)
            found[variable.index] = _by_rule(step) or _one_by_one(step)
    return [
        _full(found[r.index], r.shape, seed.size) if isinstance(r, Variable) and r.index in found
        else np.zeros((seed.size, *np.shape(r)))
        for r in results
    ]  # fmt: skip


class _Step(NamedTuple):
    """One operation to be run for all rows; `operands` are None where they are the same for all."""

    variable: Variable
    operands: Sequence[Rows | None]
    height: int

    @property
    def args(self) -> tuple[Any, ...]:
        return self.variable.args

    def full(self, position: int) -> Any:
        """The rows of an operand, multiplied out."""
        rows = self.operands[position]
        assert rows is not None
        return _full(rows, np.shape(self.args[position]), self.height)

    def aligned(self, position: int) -> Any:
        """The rows of an operand with axes put in, so that the rest broadcasts as it would without rows."""
        arg = self.args[position]
        if self.operands[position] is None:
            return arg
        between = (1,) * (self.variable.ndim - np.ndim(arg))
        rows = self.full(position)
        return np.reshape(rows, (self.height, *between, *np.shape(arg))) if between else rows

    def run(self, *operands: Any, **options: Any) -> Rows:
        """The same operation on these operands."""
        assert self.variable.primitive is not None
        return Rows(self.variable.primitive(*operands, **options))


def _full(rows: Rows, shape: tuple[int, ...], count: int) -> Any:
    core = np.reshape(np.eye(count), (count, *shape)) if rows.core is None else rows.core
    return core if rows.scale is None else core * rows.scale


def _by_rule(step: _Step) -> Rows | None:
    """All rows at once, if there is a rule for the operation."""
    primitive = step.variable.primitive
    if isinstance(primitive, Elementwise):
        return _elementwise(step)
    if primitive is None or PRIMITIVES.get(primitive.function) is not primitive or table_name(primitive) not in _RULES:
        return None
    return _RULES[primitive.name](step)


def _one_by_one(step: _Step) -> Rows:
    """The operation as it is, on one row after the other."""
    primitive, moving = step.variable.primitive, [operand is not None for operand in step.operands]
    assert primitive is not None

    def one_by_one(*operands: Any, **options: Any) -> Any:
        rows = ([tidy(o[k]) if m else o for o, m in zip(operands, moving, strict=True)] for k in range(step.height))
        return np.stack([primitive.function(*row, **options) for row in rows])

    operands = [step.full(k) if m else arg for k, (m, arg) in enumerate(zip(moving, step.args, strict=True))]
    by_rows = Primitive(one_by_one, "", operands=primitive.operands, name=f"{primitive.name}_by_rows")
    return Rows(by_rows(*operands, **(step.variable.kwargs or {})))


# -- the rules; None where they do not hold


def _elementwise(step: _Step) -> Rows:
    variable, name = step.variable, table_name(step.variable)
    moving = [k for k, rows in enumerate(step.operands) if rows is not None]
    first = step.operands[moving[0]]
    assert first is not None
    if len(moving) == 1 and np.shape(step.args[moving[0]]) == variable.shape:
        other: Any = step.args[1 - moving[0]] if len(step.args) == 2 else None
        if name == "positive":
            return first
        if name == "negative":
            return Rows(first.core, -1 if first.scale is None else -first.scale)
        if name == "multiply":
            return Rows(first.core, other if first.scale is None else first.scale * other)
        if name == "divide" and moving == [0]:
            return Rows(first.core, (1.0 if first.scale is None else first.scale) / other)
    if name in ("add", "subtract") and len(moving) == 2:
        second = step.operands[1]
        if second is not None and first.core is second.core and np.shape(step.args[0]) == np.shape(step.args[1]):
            a, b = (1.0 if rows.scale is None else rows.scale for rows in (first, second))
            return Rows(first.core, a + b if name == "add" else a - b)
    return step.run(*(step.aligned(k) for k in range(len(step.args))))


def _matmul(step: _Step) -> Rows | None:
    (a, b), (left, right) = step.args, step.operands
    if np.ndim(a) > 2 or np.ndim(b) > 2 or (left and right):
        return None
    if left:
        if left.core is None and np.ndim(a) == 1:
            return Rows(_each_row(b, left.scale))
        return Rows(step.full(0) @ b)
    assert right is not None
    if np.ndim(b) == 2:
        return Rows(a @ step.full(1))
    if right.core is None:
        return Rows(_each_row(_transposed(a), right.scale))
    return Rows(step.full(1) @ _transposed(a))


def _each_row(matrix: Any, scale: Any) -> Any:
    """Every row of a matrix, or entry of a vector, times its factor: diag(scale) @ matrix."""
    if scale is None:
        return matrix
    return matrix * (np.expand_dims(scale, 1) if np.ndim(matrix) == 2 and np.ndim(scale) else scale)


def _transposed(matrix: Any) -> Any:
    turned = isinstance(matrix, Variable) and matrix.primitive is PRIMITIVES[np.transpose] and matrix.ndim == 2
    return matrix.args[0] if turned and option_of(matrix, "axes") is None else np.transpose(matrix)


def _reduction(step: _Step) -> Rows:
    (x,) = step.args
    axis, keepdims = option_of(step.variable, "axis"), option_of(step.variable, "keepdims") or False
    axes = normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))
    return step.run(step.full(0), axis=tuple(k + 1 for k in axes), keepdims=keepdims)


def _new_shape(step: _Step) -> Rows:
    (rows,), (x,), shape = step.operands, step.args, step.variable.shape
    assert rows is not None
    scale = rows.scale
    if np.ndim(scale):
        scale = np.reshape(np.broadcast_to(scale, np.shape(x)), shape)
    return Rows(None if rows.core is None else np.reshape(rows.core, (step.height, *shape)), scale)


def _new_order(step: _Step) -> Rows:
    axes = option_of(step.variable, "axes")
    count = step.variable.ndim
    order = range(count)[::-1] if axes is None else [axis % count for axis in axes]
    return Rows(np.transpose(step.full(0), (0, *(axis + 1 for axis in order))))


def _swapped(step: _Step) -> Rows:
    axes = (option_of(step.variable, name) for name in ("axis1", "axis2"))
    return Rows(np.swapaxes(step.full(0), *(axis % step.variable.ndim + 1 for axis in axes)))


def _repeated(step: _Step) -> Rows:
    return Rows(np.broadcast_to(step.aligned(0), (step.height, *step.variable.shape)))


def _entries(step: _Step) -> Rows | None:
    index = _behind_rows(option_of(step.variable, "index"))
    return None if index is None else step.run(step.full(0), index=index)


def _placed(step: _Step) -> Rows | None:
    index = _behind_rows(option_of(step.variable, "index"))
    return None if index is None else step.run(step.full(0), index=index, shape=(step.height, *step.variable.shape))


def _behind_rows(index: Any) -> tuple[Any, ...] | None:
    """The index with all rows in front; None where NumPy would put the axis of an index array before them."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [k for k, part in enumerate(parts) if not isinstance(part, slice) and part is not None and part is not ...]
    are_numbers = all(isinstance(parts[k], (int, np.integer)) for k in arrays)
    return (slice(None), *parts) if are_numbers or arrays == list(range(len(arrays))) else None


def _joined(step: _Step) -> Rows:
    whole = [step.full(k) if step.operands[k] else np.broadcast_to(arg, (step.height, *np.shape(arg)))
             for k, arg in enumerate(step.args)]  # fmt: skip
    return step.run(*whole, axis=(option_of(step.variable, "axis") or 0) % step.variable.ndim + 1)


def _einsum(step: _Step) -> Rows:
    terms, output = option_of(step.variable, "subscripts").split("->")
    row = next(letter for letter in string.ascii_letters if letter not in terms)
    pairs = list(zip(terms.split(","), step.operands, strict=True))
    terms = ",".join(row + term if rows else term for term, rows in pairs)
    operands = [step.full(k) if rows else step.args[k] for k, (_, rows) in enumerate(pairs)]
    return step.run(*operands, subscripts=f"{terms}->{row}{output}")


_RULES: dict[str, Callable[[_Step], Rows | None]] = {
    "matmul": _matmul, "einsum": _einsum, "sum": _reduction, "mean": _reduction, "broadcast_to": _repeated,
    "reshape": _new_shape, "ravel": _new_shape, "squeeze": _new_shape, "expand_dims": _new_shape,
    "transpose": _new_order, "swapaxes": _swapped, "index": _entries, "scatter": _placed,
    "stack": _joined, "concatenate": _joined,
}  # fmt: skip
