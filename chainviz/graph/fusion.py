"""What a person writes who wants speed: fused functions opened up, so that both passes share their parts, and dots.

    cross_entropy(z, t), softmax(z)    ->    both from one p = exp(z - max(z)) and its sum
    sum(2 * a * b)                     ->    2 * (a @ b)

All of it is rewritten into other recorded operations; `simplify` then finds what is equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..autodiff.control import alias
from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, Variable, wrap

_NUMBERS = (int, float)
ASSUMES_FINITE = {"softmax", "log_softmax", "cross_entropy", "sigmoid"}
"""Operations whose short form overflows on the way to its answer, or says NaN where the engine knows better: at inf."""


def fused(order: Sequence[Variable], results: Sequence[Any], inputs: Sequence[Variable]) -> list[Any]:
    """The results, computed from the same inputs by new Variables; the order is that of the old ones."""
    made: dict[int, Any] = {x.index: x for x in inputs}  # what is computed in place of a Variable, by its index
    for variable in order:
        _remake(variable, made)
    return [made[r.index] if isinstance(r, Variable) else r for r in results]


def _remake(variable: Variable, made: dict[int, Any]) -> None:
    """Find what to compute in place of a Variable, from what its operands were made into."""
    if variable.index in made:
        return
    primitive, options = variable.primitive, variable.kwargs or {}
    args = [made[a.index] if isinstance(a, Variable) else a for a in variable.args]
    new: Any = variable
    if primitive is None:
        new = variable if variable.ndim else variable.value
    elif primitive.function is alias.function:
        new = args[0]
    elif all(a.__class__ in _NUMBERS for a in args) and isinstance(primitive, Elementwise):
        new = variable.value
    else:
        new = _rewritten(primitive, args, options)
        if new is None:
            new = wrap(variable.value, primitive, tuple(args), options)
        elif isinstance(new, Variable):  # the rule's own operations may be rewritten in turn
            for part in _new_parts(new, made):
                _remake(part, made)
            new = made[new.index]
    made[variable.index] = new
    if isinstance(new, Variable):
        made[new.index] = new


def _new_parts(result: Variable, made: Mapping[int, Any]) -> list[Variable]:
    """What a rule recorded, in order."""
    found: dict[int, Variable] = {}
    stack = [result]
    while stack:
        variable = stack.pop()
        if variable.index not in made and variable.index not in found:
            found[variable.index] = variable
            stack += [a for a in variable.args if isinstance(a, Variable)]
    return [found[index] for index in sorted(found)]


def _rewritten(primitive: Primitive, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """What the rule for the operation gives; None without one. Only whole arrays are worth it."""
    known = PRIMITIVES.get(primitive.function) is primitive and primitive.name in _RULES
    return _RULES[primitive.name](*args, **options) if known and any(map(np.size, filter(np.ndim, args))) else None


# -- the rules, which give None where they do not hold


def _sigmoid(x: Any) -> Any:
    return np.reciprocal(1.0 + np.exp(-x))


def _powers(x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """x without its maximum, e to this, and the sum of that."""
    largest = PRIMITIVES[np.max](x, axis=axis, keepdims=True)
    shifted = x - largest
    powers = np.exp(shifted)
    return shifted, powers, np.sum(powers, axis=axis, keepdims=True)


def _softmax(x: Any, axis: Any = -1) -> Any:
    _, powers, total = _powers(x, axis)
    return powers / total


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    shifted, _, total = _powers(x, axis)
    return shifted - np.log(total)


def _cross_entropy(logits: Any, targets: Any, axis: int = -1) -> Any:
    return np.sum(targets * _log_softmax(logits, axis)) / -(np.size(logits) // np.shape(logits)[axis])


def _layer_norm(x: Any, axis: Any = -1, eps: float = 1e-5) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return centred / np.sqrt(np.mean(np.square(centred), axis=axis, keepdims=True) + eps)


def _product(a: Any, b: Any) -> Any:
    """2 * (3 * x) as 6 * x."""
    number, array = (a, b) if a.__class__ in _NUMBERS else (b, a)
    if number.__class__ in _NUMBERS and isinstance(array, Variable) and array.primitive is PRIMITIVES[np.multiply]:
        for other, rest in (array.args, array.args[::-1]):
            if _is_moderate(number) and _is_moderate(other):
                return number * other * rest
    return None


def _is_moderate(number: Any) -> bool:
    """Whether a product may be multiplied out in another order: this factor makes none overflow, or vanish."""
    return number.__class__ in _NUMBERS and (number == 0 or 1e-16 < abs(number) < 1e16)


def _power(x: Any, exponent: Any) -> Any:
    return x * x if exponent.__class__ in _NUMBERS and exponent == 2 else None


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    axes = normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))
    count = math.prod(np.shape(x)[k] for k in axes)
    return np.sum(x, axis=axis, keepdims=keepdims) / float(count) if count else None


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Of products: numbers before the sum, and two arrays as an inner product."""
    axes = normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))
    numbers, arrays = _factors(x)
    both_whole = len(arrays) == 2 and np.shape(arrays[0]) == np.shape(arrays[1]) == np.shape(x)
    total: Any = None
    if both_whole and len(axes) == np.ndim(x) and not keepdims:
        total = np.ravel(arrays[0]) @ np.ravel(arrays[1])
    elif both_whole and axes == (np.ndim(x) - 1,):
        total = np.vecdot(*arrays)
        total = np.expand_dims(total, -1) if keepdims else total
    elif numbers and len(arrays) == 1 and np.shape(arrays[0]) == np.shape(x):
        total = np.sum(arrays[0], axis=axis, keepdims=keepdims)
    if total is None:
        return None
    for number, is_divisor in numbers:
        total = total / number if is_divisor else number * total
    return total


def _factors(x: Any) -> tuple[list[tuple[Any, bool]], list[Any]]:
    """The numbers (and whether they divide) and the arrays of a product; of more than two arrays, the last step's two.

    What is not to be taken apart is one array.
    """
    if np.ndim(x) == 0:
        return [(x, False)], []
    if not isinstance(x, Variable) or x.primitive not in (PRIMITIVES[np.multiply], PRIMITIVES[np.divide]):
        return [], [x]
    left, right = x.args
    if any(np.ndim(a) == 0 and not isinstance(a, Variable) and not _is_moderate(a) for a in x.args):
        return [], [x]
    if x.primitive is PRIMITIVES[np.divide]:
        if np.ndim(right):
            return [], [x]
        numbers, arrays = _factors(left)
        return [*numbers, (right, True)], arrays
    both = [_factors(left), _factors(right)]
    arrays = [a for _, found in both for a in found]
    if len(arrays) > 2:
        return [], [left, right]
    return [n for found, _ in both for n in found], arrays


_RULES: dict[str, Callable[..., Any]] = {
    "sigmoid": _sigmoid, "softmax": _softmax, "log_softmax": _log_softmax, "cross_entropy": _cross_entropy,
    "layer_norm": _layer_norm, "mean": _mean, "sum": _sum, "multiply": _product, "power": _power,
    "square": lambda x: x * x, "subtract": lambda a, b: a if b.__class__ in _NUMBERS and b == 0 else None,
}  # fmt: skip
