"""Transformations of functions: each takes a function of plain NumPy and gives another one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .control import alias
from .errors import InputError
from .passes import Record, pullback, pushforward, scalar
from .user_code import parameters
from .variable import Variable, as_value, plain, tidy, unbox, wrap

Function = Callable[..., Any]
Which = int | str | Sequence[int | str]
_ONE = (int, str, np.integer)
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def value_and_grad(f: Function, wrt: Which = 0) -> Function:
    """The function that returns f's value and its gradient.

    Args:
        f: a function of numbers and arrays that returns one number.
        wrt: the argument to differentiate with respect to, by position or name; or several, for a tuple of gradients.

    Returns:
        A function with f's arguments that gives `(value, gradient)`, the gradient shaped as the argument.

    Raises:
        NotScalarError: f returned no single number. InputError: there is no such argument, or it is no number.

    >>> value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        sources, output = _evaluate(f, wrt, args, kwargs)
        record = Record(scalar(output), sources)
        gradients = pullback(record, 1.0)
        return _close(record), gradients[0] if isinstance(wrt, _ONE) else tuple(gradients)

    return differentiated


def grad(f: Function, wrt: Which = 0) -> Function:
    """The function that returns f's gradient, shaped as the argument. Apply it again for higher derivatives.

    Arguments and errors are those of `value_and_grad`.

    >>> import numpy as np
    >>> grad(lambda x: np.sin((2 * x + 1) ** 2))(1.5)
    -15.322551685174155
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(f, wrt)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def jvp(f: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value f(*args), and the tangent J v that the tangents of the arguments push forward to.

    >>> jvp(lambda x: x**2, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    sources, output = _evaluate(f, range(len(args)), tuple(args), {})
    if len(tangents) != len(sources):
        raise InputError(f"There are {len(sources)} arguments but {len(tangents)} tangents. Give each argument one.")
    record = Record(output, sources)
    tangent = pushforward(record, [_direction(t, s, "tangent") for t, s in zip(tangents, sources, strict=True)])
    return _close(record), tangent


def vjp(f: Function, args: Sequence[Any], cotangent: Any) -> tuple[Any, tuple[Any, ...]]:
    """The value f(*args), and the adjoints u^T J of the arguments that the cotangent u of the value pulls back to.

    >>> vjp(lambda x: x**2, (3.0,), 1.0)
    (9.0, (6.0,))
    """
    sources, output = _evaluate(f, range(len(args)), tuple(args), {})
    record = Record(output, sources)
    cotangents = pullback(record, _direction(cotangent, output, "cotangent"))
    return _close(record), tuple(cotangents)


def elementwise_grad(f: Function, wrt: int | str = 0) -> Function:
    """The function that returns, for f applied entry by entry, the derivative of every entry, shaped as the argument.

    >>> import numpy as np
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return grad(lambda *args, **kwargs: np.sum(f(*args, **kwargs)), wrt)


def jacobian(f: Function, wrt: int | str = 0) -> Function:
    """The function that returns f's Jacobian: shape of the value, then shape of the argument.

    One pass an entry of the value (reverse mode) or of the argument (forward mode), whichever are fewer.

    >>> import numpy as np
    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        sources, output = _evaluate(f, wrt, args, kwargs)
        (source,) = sources
        record = Record(output, sources)
        shape = (*np.shape(output), *source.shape)
        if np.size(plain(output)) <= source.size:
            rows = [pullback(record, e)[0] for e in _basis(np.shape(output))]
            entries = np.stack(rows) if rows else np.zeros(shape)
        else:
            columns = [pushforward(record, [e]) for e in _basis(source.shape)]
            entries = np.stack(columns, axis=-1) if columns else np.zeros(shape)
        _close(record)
        made = np.reshape(entries, shape)
        return made if shape else tidy(made)

    return differentiated


def hessian(f: Function, wrt: int | str = 0) -> Function:
    """The function that returns the second derivatives of f, which returns one number: shape of the argument, twice.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, wrt), wrt)


def hvp(f: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The products H v of f's Hessian with the tangents, one an argument; the Hessian itself is never made.

    >>> hvp(lambda x: x**3, (2.0,), (1.0,))
    (12.0,)
    """
    every = range(len(args))

    def slope(*inner: Any) -> Any:
        return sum(np.sum(g * t) for g, t in zip(grad(f, every)(*inner), tangents, strict=True))

    return grad(slope, every)(*args)


def _basis(shape: tuple[int, ...]) -> Iterator[Any]:
    """The arrays of this shape with a single 1; 1 itself for a number."""
    for k in range(int(np.prod(shape, dtype=int))):
        entry = np.zeros(shape)
        entry.flat[k] = 1.0
        yield tidy(entry)


def _evaluate(f: Function, wrt: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Variable], Any]:
    """f's output with the chosen arguments made inputs of their own."""
    positions = list(args)
    named = dict(kwargs)
    sources: list[Variable] = []
    for which in (wrt,) if isinstance(wrt, _ONE) else wrt:
        box, key = _locate(f, which, positions, named)
        if any(box[key] is source for source in sources):
            raise InputError(f"The argument {which!r} stands twice in wrt={wrt!r}. Name every argument once.")
        value = unbox(box[key])
        source = (
            alias(value)
            if isinstance(value, Variable)
            else wrap(as_value(value, str(which) if isinstance(which, str) else None))
        )
        source.is_open = True
        box[key] = source
        sources.append(source)
    return sources, unbox(f(*positions, **named))


def _locate(f: Function, which: Any, positions: list[Any], named: dict[str, Any]) -> tuple[Any, Any]:
    """Where the argument stands in the call: the list or dictionary, and the key in it."""
    if not isinstance(which, str) and -len(positions) <= which < len(positions):
        return positions, which
    if which in named:
        return named, which
    names = [p.name for p in parameters(f) or () if p.kind in _BY_POSITION]
    if not isinstance(which, str) and 0 <= which < len(names) and names[which] in named:
        return named, names[which]
    if which in names and names.index(which) < len(positions):
        return positions, names.index(which)
    called = getattr(f, "__name__", "the function")
    raise InputError(
        f"There is no argument {which!r} in this call of {called}, which got {len(positions)} arguments by position"
        f"{f' and {sorted(named)} by name' if named else ''}. Choose wrt among them."
    )


def _direction(given: Any, value: Any, kind: str) -> Any:
    """A tangent or cotangent, shaped as the value it belongs to."""
    given = unbox(given)
    direction = given if isinstance(given, Variable) else as_value(given)
    if np.shape(direction) != np.shape(value):
        raise InputError(f"A {kind} of shape {np.shape(direction)} was given for a value of shape {np.shape(value)}.")
    return direction


def _close(record: Record) -> Any:
    """End the life of the sources. The output: as a Variable if an outer transformation may still differentiate it."""
    for source in record.sources:
        source.is_open = False
    return record.output if record.is_open else plain(record.output)
