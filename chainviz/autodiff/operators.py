"""Python's operators and an array's methods on Variables.

On Python floats the operators record at once, the fastest way: scalar code is made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import ConversionError, MissingAttribute, sentence_start
from .primitive import observers
from .rules import elementwise, linalg
from .user_code import subject
from .variable import PRIMITIVES, ArrayVariable, ComplexVariable, Variable, count, is_complex

__all__ = ["elementwise", "linalg"]  # they fill the table that is read here

OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power, "matmul": np.matmul,
    "floordiv": np.floor_divide, "mod": np.remainder, "divmod": np.divmod,
}  # fmt: skip


def _on_floats(ufunc: np.ufunc, reflected: bool) -> Callable[[Any, Any], Any]:
    primitive = PRIMITIVES[ufunc]
    compute: Any = primitive.scalar

    def operate(self: Variable, other: Any) -> Any:
        kind = other.__class__
        try:
            if kind is float or kind is int:
                value = compute(self.value, other)
            elif kind is Variable:
                value = compute(self.value, other.value)
            else:
                return primitive(self, other)
        except (ValueError, OverflowError, ZeroDivisionError):  # NumPy answers inf or NaN
            return primitive(self, other)
        node = Variable()
        node.value = value
        node.primitive = primitive
        node.args = (self, other)
        node.index = next(count)
        return observers[-1](node) if observers else node

    def operate_reflected(self: Variable, other: Any) -> Any:
        try:
            value = compute(other, self.value) if other.__class__ is float or other.__class__ is int else None
        except (ValueError, OverflowError, ZeroDivisionError):
            value = None
        if value is None:
            return primitive(other, self)
        node = Variable()
        node.value = value
        node.primitive = primitive
        node.args = (other, self)
        node.index = next(count)
        return observers[-1](node) if observers else node

    return operate_reflected if reflected else operate


def _on_arrays(ufunc: np.ufunc, reflected: bool) -> Callable[[Any, Any], Any]:
    if ufunc not in PRIMITIVES:
        return (lambda self, other: ufunc(other, self)) if reflected else (lambda self, other: ufunc(self, other))
    primitive = PRIMITIVES[ufunc]
    on_arrays = primitive.on_arrays

    def operate(self: Variable, other: Any) -> Any:
        return on_arrays((self, other))

    def operate_reflected(self: Variable, other: Any) -> Any:
        return on_arrays((other, self))

    return operate_reflected if reflected else operate


for _name, _ufunc in OPERATORS.items():
    for _prefix, _reflected in (("", False), ("r", True)):
        _special = f"__{_prefix}{_name}__"
        _fast = getattr(PRIMITIVES.get(_ufunc), "scalar", None) is not None
        setattr(Variable, _special, (_on_floats if _fast else _on_arrays)(_ufunc, _reflected))
        for _kind in (ArrayVariable, ComplexVariable):
            setattr(_kind, _special, _on_arrays(_ufunc, _reflected))


METHODS = (
    "all", "any", "argmax", "argmin", "argsort", "clip", "compress", "choose", "cumprod", "cumsum", "diagonal", "dot",
    "max", "mean", "min", "nonzero", "prod", "ptp", "ravel", "repeat", "round", "searchsorted", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "var",
)  # fmt: skip
"""Methods of arrays that NumPy has as functions with the same arguments."""


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _reshape(self: Variable, *shape: Any, **options: Any) -> Any:
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, **options)


def _transpose(self: Variable, *axes: Any) -> Any:
    return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


def _flatten(self: Variable, order: str = "C") -> Any:
    return np.ravel(self) if order == "C" else np.ravel(self, order=order)  # type: ignore[call-overload]


def _itself(self: Variable, *_: Any, **__: Any) -> Variable:
    return self


def _conjugate(self: Variable) -> Any:
    return np.conjugate(self) if is_complex(self) else self


def _astype(self: Variable, dtype: Any, **_: Any) -> Variable:
    """The Variable itself, whose numbers are float64; another type would lose the record."""
    if np.dtype(dtype) != np.float64:
        raise ConversionError(
            f"{sentence_start(self)} holds float64; as {np.dtype(dtype).name} it would have another derivative, or "
            "none. Leave .astype(...) out, or write x.value.astype(...) where you only want the numbers."
        )
    return self


def _missing(name: str) -> property:
    def complain(self: Variable) -> Any:
        raise MissingAttribute(
            f"An array has an attribute {name!r}, but {subject(self)} has not. "
            "Write a NumPy function instead, or use x.value if you only want the numbers."
        )

    return property(complain)


_attributes: dict[str, Any] = {
    **{name: _method(getattr(np, name)) for name in METHODS},
    "reshape": _reshape, "transpose": _transpose, "T": property(_transpose), "mT": property(np.matrix_transpose),
    "flatten": _flatten, "copy": _itself, "astype": _astype, "conj": _conjugate, "conjugate": _conjugate,
    "real": property(np.real), "imag": property(np.imag),
    # NumPy calls x.sin() for every x in an object array: that is how np.sin(np.array([x, y])) stays recorded.
    **{ufunc.__name__: _method(ufunc) for ufunc in PRIMITIVES if isinstance(ufunc, np.ufunc)},
}  # fmt: skip
for _name, _attribute in _attributes.items():
    setattr(Variable, _name, _attribute)
for _name in dir(np.ndarray):
    if not _name.startswith("_") and not hasattr(ArrayVariable, _name) and _name != "dtype":
        setattr(Variable, _name, _missing(_name))
