"""Variable: a value that remembers how it was computed, and NumPy's protocols that let plain NumPy code record it.

    x = variable(1.5, "x")          value 1.5, no arguments: an input
    y = np.sin(2 * x)               value 0.1411, primitive sin, arguments (v,) where v = 2 * x

Arguments are kept in order and with multiplicity (`x * x` has two). Results point to their arguments and never back, so
dropping the output drops the whole record at once. Creation order is a topological order.
"""

from __future__ import annotations

import inspect
import itertools
import numbers
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formatting import writable
from .errors import (
    ConversionError,
    InputError,
    UnsupportedOperation,
    conversion,
    in_place,
    sentence_start,
    spelling,
    unsupported,
)
from .user_code import place, user_frame

if TYPE_CHECKING:
    from .primitive import Primitive

Function = Callable[..., Any]

PRIMITIVES: dict[Function, Primitive] = {}
"""The table: a NumPy function and the primitive that records it. The rule files fill it."""

COMPOSITES: dict[Function, Function] = {}
"""NumPy functions that are other recorded functions in disguise, such as np.dot."""

COMPLEX_COMPOSITES: set[Function] = set()
"""Those of them that are right for complex numbers too."""

WITHOUT_DERIVATIVE: set[Function] = {
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.isnan, np.isfinite, np.isinf,
    np.signbit, np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.shape, np.ndim, np.size,
    np.zeros_like, np.ones_like, np.empty_like, np.argmax, np.argmin, np.argsort, np.nonzero, np.allclose,
    np.isclose, np.array_equal, np.any, np.all, np.result_type, np.iscomplexobj, np.isrealobj, np.count_nonzero,
}  # fmt: skip
"""Questions about a value: whole numbers, truth values, shapes. They are answered plainly: their derivative is zero."""

listeners: list[Callable[[Any, tuple[Any, ...]], Any]] = []
"""Who is told of every question about a value, as function and operands: what a recording's branches hang on."""

FLOAT64 = np.dtype(np.float64)
count = itertools.count()
"""The indices of Variables, in the order in which they are made."""


class Variable:
    """A number that remembers how it was computed. Make one with `variable`.

    Attributes: `value` (float, or an ndarray for an `ArrayVariable`), `name` (str or None), `grad` (the adjoint that
    `backward` left here, shaped as the value; None before), `primitive` and `args` (how it was computed).
    """

    # No __init__: whoever makes many fills these in, which takes half of the time; see `wrap`.
    __slots__ = ("__dict__", "args", "index", "primitive", "value")  # the rest is rarely set: it goes to the dictionary

    value: Any
    primitive: Primitive | None
    args: tuple[Any, ...]
    index: int
    kwargs: dict[str, Any] | None = None
    name: str | None = None
    grad: Any = None
    fingerprint: Any = None
    is_open = False  # whether this is an input that some transformation, not returned yet, will differentiate by

    def backward(self, *, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        """Add the adjoint d self / d v to the `grad` of every Variable v that self was computed from.

        As in PyTorch, `grad` adds up over calls (set it to None to start anew); the record is given back unless
        `retain_graph` (which follows `create_graph` where it is not given); with `create_graph` the adjoints are
        Variables themselves, to be differentiated again.

        Raises NotScalarError unless self is a scalar, and GraphFreedError if the record has been given back.

        >>> x = variable(1.5, "x")
        >>> y = np.sin((2 * x + 1) ** 2)
        >>> y.backward()
        >>> print(f"{x.grad:.4f}")
        -15.3226
        """
        from .passes import backward

        backward(self, retain_graph=create_graph if retain_graph is None else retain_graph, create_graph=create_graph)

    # -- what an ndarray has

    @property
    def shape(self) -> tuple[int, ...]:
        return getattr(self.value, "shape", ())

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return np.size(self.value)

    # -- operators: those with two operands, and an array's methods, are in operators.py

    def __neg__(self) -> Any:
        return PRIMITIVES[np.negative](self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return PRIMITIVES[np.absolute](self)

    # -- comparisons are answered on the values; they steer branches and have no derivative

    def __lt__(self, other: Any) -> Any:
        if listeners:
            listeners[-1](np.less, (self, other))
        return self.value < plain(other)

    def __le__(self, other: Any) -> Any:
        if listeners:
            listeners[-1](np.less_equal, (self, other))
        return self.value <= plain(other)

    def __gt__(self, other: Any) -> Any:
        if listeners:
            listeners[-1](np.greater, (self, other))
        return self.value > plain(other)

    def __ge__(self, other: Any) -> Any:
        if listeners:
            listeners[-1](np.greater_equal, (self, other))
        return self.value >= plain(other)

    def __eq__(self, other: object) -> Any:
        if listeners:
            listeners[-1](np.equal, (self, other))
        return self.value == plain(other)

    def __ne__(self, other: object) -> Any:
        if listeners:
            listeners[-1](np.not_equal, (self, other))
        return self.value != plain(other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if listeners:
            listeners[-1](np.not_equal, (self, 0.0))
        return bool(self.value)

    # -- text

    def __repr__(self) -> str:
        return f"Variable({_text(self.value)}{f', {self.name!r}' if self.name else ''})"

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else repr(self)

    # -- NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and (len(inputs) == 1 or _FAMILIAR.issuperset(map(type, inputs))):
            primitive = PRIMITIVES.get(ufunc)  # the rest of this method, sooner
            if primitive is not None:
                return (primitive.on_arrays if self.__class__ is ArrayVariable else primitive.on_numbers)(inputs)
        if any(_is_foreign(value) for value in inputs):
            return NotImplemented
        outputs = kwargs.get("out")
        if outputs is not None:
            raise in_place(next(value for value in inputs if isinstance(value, Variable)), f"np.{ufunc.__name__}")
        if method != "__call__":
            raise _unsupported(f"np.{ufunc.__name__}.{method}", inputs)
        return _dispatch(ufunc, inputs, kwargs)

    def __array_function__(self, function: Function, types: Any, args: Any, kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and args[0] is self and function not in COMPOSITES:
            primitive = PRIMITIVES.get(function)  # the rest of this method, sooner
            if primitive is not None and primitive.operands == 1:
                return primitive(self)
        if not all(issubclass(kind, (Variable, np.ndarray)) for kind in types):
            return NotImplemented
        if kwargs.get("out") is not None:
            raise in_place(self, spelling(function))
        return _dispatch(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if "scipy.special" in sys.modules:
            from .scipy_bridge import refuse

            refuse(self)
        if dtype is not None and np.dtype(dtype) != object:
            raise conversion(self, f"an array of {np.dtype(dtype).name}")
        boxes = np.empty(self.shape, dtype=object)  # an object array keeps the record alive; see `unbox`
        for index in np.ndindex(self.shape):
            boxes[index] = COMPOSITES[getitem](self, index) if index else self
        return boxes

    # -- conversions that would cut the record

    def __float__(self) -> float:
        raise conversion(self, "a plain float")

    def __int__(self) -> int:
        raise conversion(self, "a plain int")

    def __index__(self) -> int:
        raise ConversionError(
            f"{sentence_start(self)} was used as an index or a count. Those are whole numbers and "
            "have no derivative. Write int(x.value) if that is what you mean."
        )

    def __complex__(self) -> complex:
        raise conversion(self, "a plain complex number")

    def __round__(self, digits: int | None = None) -> float:
        raise conversion(self, "a rounded number", "Rounding is flat, so its derivative is 0 wherever there is one")

    __trunc__ = __floor__ = __ceil__ = __round__

    def item(self) -> float:
        raise conversion(self, "a plain number")

    tolist = item


class ArrayVariable(Variable):
    """A Variable whose value is an array of at least one dimension.

    It is a class of its own because NumPy hides our messages from whatever can be indexed: `a[0] = x` would only say
    "setting an array element with a sequence".
    """

    __slots__ = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        # Scalars, like Python floats, have none: np.mean([x, y]) would convert them to it.
        return self.value.dtype

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self.value)))

    def __getitem__(self, index: Any) -> Any:
        return COMPOSITES[getitem](self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise in_place(self, "item assignment")

    def __iadd__(self, other: Any) -> Any:
        # NumPy would change every other name of this array too; binding a new one would silently differ.
        raise in_place(self, "an assignment such as +=")

    __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = __iadd__


class ComplexVariable(Variable):
    """A Variable whose value is a complex number."""

    __slots__ = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.complex128)


_FAMILIAR = {Variable, ArrayVariable, float, int, np.ndarray}


def getitem(x: Any, index: Any) -> Any:
    """x[index], as a function: the key under which indexing stands in the table."""
    return x[index]


def variable(value: Any, name: str | None = None) -> Variable:
    """A new input: a number or array that later computations remember.

    Args:
        value: a real number, or an array of any shape (copied, as float64).
        name: what pictures and messages call it.

    Returns:
        A `Variable` of the same shape.

    Raises:
        InputError: the value is no real number or array of them, but text, complex, a truth value, a ragged list.

    >>> variable(1.5, "x")
    Variable(1.5, 'x')
    >>> variable([1, 2, 3]).shape
    (3,)
    """
    return source(value, name)


def as_value(value: Any, name: str | None = None, *, copy: bool = True) -> Any:
    """A float, or a float64 copy of an array (or a view), or an InputError that names the argument."""
    if value.__class__ is float:
        return value
    if value.__class__ is np.ndarray and value.dtype.char == "d" and value.ndim:
        array = value.copy() if copy else value.view()
        array.setflags(write=False)
        return array
    called = f"The input {name!r}" if name else "An input"
    if isinstance(value, Variable):
        raise InputError(f"{called} is a Variable already. Use it as it is, or its number: {name or 'x'}.value.")
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise InputError(
            f"{called} is a {type(value).__name__}, whose products or sums mean something else than those of plain "
            f"arrays. Give {'x.filled(0.0)' if isinstance(value, np.ma.MaskedArray) else 'np.asarray(x)'} instead."
        )
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged lists
        raise InputError(f"{called} is not an array of numbers: {error}") from None
    if array.dtype == object and any(isinstance(entry, Variable) for entry in array.flat):
        raise InputError(f"{called} holds Variables. Stack them with np.stack instead of making a new input of them.")
    if array.dtype.kind not in "fiuc":
        kind = {"b": "a truth value", "U": "text", "S": "text"}.get(array.dtype.kind, "no number")
        raise InputError(f"{called} is {kind} ({value!r:.60}). Give a real number such as 1.5, or an array of them.")
    if array.ndim == 0:
        return complex(array) if array.dtype.kind == "c" else float(array)
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    array.flags.writeable = False
    return array


def source(value: Any, name: str | None = None, *, copy: bool = True) -> Variable:
    """A new input to differentiate with respect to. Without a copy, its array must not change while it is in use."""
    made = wrap(value if value.__class__ is float else as_value(value, name, copy=copy))
    made.is_open = True
    if name:
        made.name = writable(name)
    return made


def wrap(value: Any, primitive: Primitive | None = None, args: tuple[Any, ...] = (), kwargs: Any = None) -> Variable:
    """A Variable of the right class for a value: a float or a float64 array, or the complex ones."""
    kind = value.__class__
    node = Variable() if kind is float else ComplexVariable() if kind is complex else ArrayVariable()
    node.value = value
    node.primitive = primitive
    node.args = args
    node.index = next(count)
    if kwargs:
        node.kwargs = kwargs
    return node


def plain(value: Any) -> Any:
    """The value of a Variable; anything else as it is."""
    return value.value if isinstance(value, Variable) else value


def tidy(value: Any) -> Any:
    """A Python number in place of a 0-d array or a NumPy scalar."""
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return complex(value) if value.dtype.kind == "c" else float(value)
    return value


def is_complex(value: Any) -> bool:
    """Whether a Variable, number or array is complex."""
    if value.__class__ is float:
        return False
    if isinstance(value, Variable):
        value = value.value
    return value.dtype.kind == "c" if isinstance(value, (np.ndarray, np.generic)) else value.__class__ is complex


def constant(value: Any) -> Any:
    """An operand that is no Variable, as it is kept: a Python number, or a float64 array that nobody can change.

    User code may well change its arrays in place later (`w *= 2` in a loop); the backward pass must see the old ones.
    """
    if value.__class__ is not np.ndarray and isinstance(value, (np.ma.MaskedArray, np.matrix)):
        frame = user_frame()
        where = f" ({place(frame)})" if frame is not None else ""
        raise UnsupportedOperation(
            f"A {type(value).__name__} met a Variable{where}. Its * or its sums mean something else than "
            "those of plain arrays, so chainviz cannot follow it. Make it a plain array first: np.asarray(a)."
        )
    if isinstance(value, (list, tuple, np.generic)):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiubc":
        return value
    if value.dtype is FLOAT64 and value.ndim and value.__class__ is np.ndarray:  # as below, but sooner
        if value.flags.writeable or value.base is not None:
            value = value.copy()
            value.setflags(write=False)
        return value
    if value.ndim == 0:
        return float(value) if value.dtype.kind == "f" else value.item()
    kind = {"b": np.bool, "c": np.complex128}.get(value.dtype.kind, np.float64)
    if value.dtype == kind and not value.flags.writeable and value.base is None:
        return value
    kept = np.array(value, dtype=kind)
    kept.flags.writeable = False
    return kept


def unbox(value: Any) -> Any:
    """A traced array in place of a list, tuple or object array that holds Variables; anything else as it is.

    `np.array([x, y])` of Variables gives an object array. It must never pass as a constant.
    """
    if value.__class__ is float or isinstance(value, Variable):
        return value
    if isinstance(value, (list, tuple)) and _holds_variable(value):
        value = np.asarray(value, dtype=object)
    if isinstance(value, np.ndarray) and value.dtype == object:
        entries: list[Any] = list(value.flat)
        if any(isinstance(entry, Variable) for entry in entries):
            return entries[0] if value.ndim == 0 else np.reshape(np.stack(entries), value.shape)
    return value


def _holds_variable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_variable(entry) for entry in value)
    return isinstance(value, Variable) or (
        isinstance(value, np.ndarray) and value.dtype == object and any(isinstance(e, Variable) for e in value.flat)
    )


_COMPLEX_ADVICE = "Write it with np.real, np.imag, np.abs, sums and products."


def _dispatch(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record the call, or answer it plainly, or say why not."""
    if listeners and (function in COMPOSITES or function in WITHOUT_DERIVATIVE):
        listeners[-1](function, args)
    if function in COMPOSITES:
        several, options = _known_arguments(function, COMPOSITES[function], args, kwargs)
        if function not in COMPLEX_COMPOSITES and any(is_complex(v) for v in (*several, *options.values())):
            raise _unsupported(f"{spelling(function)} of complex numbers", args, _COMPLEX_ADVICE)
        return COMPOSITES[function](*several, **options)
    primitive = PRIMITIVES.get(function)
    if primitive is not None:
        operands, options = primitive.bind(args, kwargs)
        return primitive(*operands, **options)
    if function in WITHOUT_DERIVATIVE:
        return function(*(plain(unbox(a)) for a in args), **{key: plain(unbox(a)) for key, a in kwargs.items()})
    if "scipy.special" in sys.modules:
        from .scipy_bridge import load

        if load(function):
            return _dispatch(function, args, kwargs)
    raise _unsupported(spelling(function), (*args, *kwargs.values()))


def _known_arguments(
    function: Function, composite: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments by the names of NumPy's signature, as far as the composite knows them; a *parameter's apart."""
    if isinstance(function, np.ufunc):  # before NumPy 2.4 they have no signature
        if kwargs:
            raise _unsupported(f"{spelling(function)}(..., {next(iter(kwargs))}=...)", args, "Leave it out.")
        return args, {}
    expected, known = inspect.signature(function), inspect.signature(composite).parameters
    kinds = {p.kind: p.name for p in expected.parameters.values()}
    given = expected.bind(*args, **kwargs).arguments
    given.update(given.pop(kinds.get(inspect.Parameter.VAR_KEYWORD, ""), {}))
    for option in [name for name in given if name not in known]:
        parameter = expected.parameters.get(option)
        if parameter is None or given.pop(option) is not parameter.default:
            raise _unsupported(f"{spelling(function)}(..., {option}=...)", args, f"Leave {option} out.")
    return given.pop(kinds.get(inspect.Parameter.VAR_POSITIONAL, ""), ()), given


def _unsupported(call: str, operands: Any, advice: str = "") -> UnsupportedOperation:
    flat = (e for value in operands for e in (value if isinstance(value, (list, tuple)) else (value,)))
    operand = next((value for value in flat if isinstance(value, Variable)), None)
    if call == "np.add.reduce":
        advice = "Write np.sum instead of np.add.reduce."
    return unsupported(call, operand, advice)


def _is_foreign(value: Any) -> bool:
    """Whether the value belongs to another library that has its own say over NumPy's functions."""
    known = (Variable, np.ndarray, np.generic, numbers.Number, list, tuple)
    return not isinstance(value, known) and getattr(type(value), "__array_ufunc__", None) is not None


def _text(value: Any) -> str:
    return np.array2string(value, precision=4, separator=", ") if isinstance(value, np.ndarray) else f"{value:.6g}"
