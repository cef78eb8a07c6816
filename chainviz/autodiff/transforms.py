"""Transformations of functions: each takes a function of plain NumPy and gives another one.

Arguments and results may be trees: numbers and arrays in tuples, lists, dicts and dataclasses.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from .control import alias, recording
from .errors import InPlaceError, InputError, explained
from .passes import own, pullback, pullback_number, pullback_rows, pushforward, pushforward_columns, scalar
from .primitive import observers
from .pytree import is_leaf, leaves, rebuild, tree_map
from .record import Record
from .user_code import parameters
from .variable import Variable, as_value, plain, source, unbox

Function = Callable[..., Any]
Which = int | str | Sequence[int | str]
_ONE = (int, str, np.integer)
_NUMBERS = (int, float, complex, np.ndarray, np.generic)
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def value_and_grad(f: Function, wrt: Which = 0) -> Function:
    """The function that returns f's value and its gradient.

    Args:
        f: a function of numbers, arrays and trees of them that returns one number.
        wrt: the argument to differentiate with respect to, by position or name; or several, for a tuple of gradients.

    Returns:
        A function with f's arguments that gives `(value, gradient)`, the gradient built and shaped as the argument;
        leaves that are no real numbers (text, None, functions) get None. At a complex argument a + ib the gradient is
        df/da - i df/db.

    Raises:
        NotScalarError: f returned no single number.
        InputError: there is no such argument, or it is no number.

    >>> value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    >>> value_and_grad(lambda p: p["w"] * 2.0 + p["b"])({"w": 3.0, "b": 1.0})
    (7.0, {'w': 2.0, 'b': 1.0})
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        chosen, sources, output = evaluate(f, wrt, args, kwargs)
        if chosen is sources:  # one number
            derivative = pullback_number(output, sources[0])
            if derivative is not None:
                sources[0].is_open = False
                return output.value, derivative
        record = Record((scalar(unbox(output)),), sources)
        gradients = _as_trees(chosen, pullback(record, (1.0,)))
        return _close(record, record.outputs[0]), gradients[0] if isinstance(wrt, _ONE) else tuple(gradients)

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
    chosen, sources, output = evaluate(f, range(len(args)), tuple(args), {})
    if len(tangents) != len(chosen):
        raise InputError(f"There are {len(chosen)} arguments but {len(tangents)} tangents. Give each argument one.")
    outputs = outputs_of(output)
    record = Record(outputs, sources)
    moving = pushforward(record, _directions(chosen, tangents, "tangent"))
    return _close(record, output), rebuild(output, iter(moving)) if not is_leaf(output) else moving[0]


def vjp(f: Function, args: Sequence[Any], cotangent: Any) -> tuple[Any, tuple[Any, ...]]:
    """The value f(*args), and the adjoints u^T J of the arguments that the cotangent u of the value pulls back to.

    >>> vjp(lambda x: x**2, (3.0,), 1.0)
    (9.0, (6.0,))
    """
    chosen, sources, output = evaluate(f, range(len(args)), tuple(args), {})
    record = Record(outputs_of(output), sources)
    pulled = pullback(record, _directions([output], [cotangent], "cotangent"))
    return _close(record, output), tuple(_as_trees(chosen, pulled))


def elementwise_grad(f: Function, wrt: int | str = 0) -> Function:
    """The function that returns, for f applied entry by entry, the derivative of every entry, shaped as the argument.

    >>> import numpy as np
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return grad(lambda *args, **kwargs: np.sum(f(*args, **kwargs)), wrt)


def jacobian(f: Function, wrt: Which = 0, *, mode: Literal["auto", "forward", "reverse"] = "auto") -> Function:
    """The function that returns f's Jacobian: shape of the value, then shape of the argument.

    One pass an entry of the value (reverse mode) or of the argument (forward mode), whichever are fewer. Where value or
    argument are trees, so is the result: built as the value, and every leaf of it as the argument.

    >>> import numpy as np
    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    if mode not in ("auto", "forward", "reverse"):
        raise InputError(f"There is no mode {mode!r}. Choose mode='reverse', 'forward' or 'auto'.")

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        chosen, sources, output = evaluate(f, wrt, args, kwargs)
        outputs = outputs_of(output)
        record = Record(outputs, sources)
        rows, columns = (sum(np.size(plain(v)) for v in values) for values in (outputs, sources))
        if mode == "reverse" or (mode == "auto" and rows <= columns):
            found = pullback_rows(record, _seeds(outputs)) if rows else [np.zeros((0, *np.shape(x))) for x in sources]
            blocks = [[_block(part, y, x) for part, x in zip(parts, sources, strict=True)]
                      for parts, y in zip(_split(found, outputs), outputs, strict=True)]  # fmt: skip
        else:
            found = pushforward_columns(record, _seeds(sources), columns)
            by_source = [[_block(np.moveaxis(part, 0, -1), y, x) for part, y in zip(parts, outputs, strict=True)]
                         for parts, x in zip(_split(found, sources), sources, strict=True)]  # fmt: skip
            blocks = [list(row) for row in zip(*by_source, strict=True)]
        _close(record, None)
        trees = [_as_trees(chosen, row) for row in blocks]
        made = [row[0] if isinstance(wrt, _ONE) else tuple(row) for row in trees]
        return made[0] if is_leaf(output) else rebuild(output, iter(made))

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
    return jvp(grad(f, range(len(args))), args, tangents)[1]


def ggnvp(f: Function, loss: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The products J^T H J v of the generalised Gauss-Newton matrix of loss(f(*args)) with the tangents.

    J is the Jacobian of f, H the Hessian of `loss` at the value of f. For a least-squares loss it is the Hessian
    without the part in which f itself is curved, and never indefinite. (Schraudolph, Neural Computation 14, 2002.)

    >>> ggnvp(lambda x: x**2, lambda y: y**2, (3.0,), (1.0,))
    (72.0,)
    """
    value, moving = jvp(f, args, tangents)
    (curved,) = hvp(loss, (value,), (moving,))
    return vjp(f, args, curved)[1]


def _seeds(values: Sequence[Any]) -> list[Any]:
    """For every entry of the values in turn, along a first axis: arrays as they, with a 1 there and 0 elsewhere."""
    sizes = [np.size(plain(value)) for value in values]
    every, ends = np.eye(sum(sizes)), itertools.accumulate(sizes)
    seeds = [every[:, end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return [np.reshape(seed, (-1, *np.shape(value))) for seed, value in zip(seeds, values, strict=True)]


def _split(found: Sequence[Any], seeded: Sequence[Any]) -> Iterator[list[Any]]:
    """What was found for all seeds, apart for the seeds of every value."""
    start = 0
    for value in seeded:
        end = start + np.size(plain(value))
        yield [part[start:end] for part in found]
        start = end


def _block(part: Any, y: Any, x: Any) -> Any:
    """The Jacobian of y by x: shape of y, then shape of x."""
    return own(np.reshape(part, (*np.shape(y), *np.shape(x))))


def evaluate(f: Function, wrt: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], list[Any], Any]:
    """The chosen arguments with inputs of their own for leaves; those inputs; and f's output."""
    if wrt.__class__ is int and 0 <= wrt < len(args) and args[wrt].__class__ is float and not observers:
        number = source(args[wrt])  # as below, but sooner
        number_alone = [number]
        return number_alone, number_alone, _unboxed(_run(f, (*args[:wrt], number, *args[wrt + 1 :]), kwargs))
    positions = list(args)
    named = dict(kwargs)
    places: list[tuple[Any, Any]] = []
    names: list[str | None] = []
    for which in (wrt,) if isinstance(wrt, _ONE) else wrt:
        place = _locate(f, which, positions, named)
        if place in places:
            raise InputError(f"The argument {which!r} stands twice in wrt={wrt!r}. Name every argument once.")
        places.append(place)
        names.append(which if isinstance(which, str) else None)
    given = [unbox(box[key]) if is_leaf(box[key]) else box[key] for box, key in places]
    chosen: list[Any] = []
    sources: list[Variable] = []
    for (box, key), value, called in zip(places, given, names, strict=True):
        kind = value.__class__
        if not observers and (kind is float or (kind is np.ndarray and value.size <= _LARGE)):
            tree = source(value, called)  # as below, but sooner
            sources.append(tree)
        else:
            tree = tree_map(_input(sources, called, is_leaf(value)), value)
        box[key] = tree
        chosen.append(tree)
    return chosen, sources, _unboxed(_run(f, positions, named))


def _unboxed(output: Any) -> Any:
    """The output with every object array of Variables in it made a Variable."""
    if output.__class__ is Variable:
        return output
    return unbox(output) if is_leaf(output) else tree_map(unbox, output)


def _run(f: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """f's output, recorded even within `no_grad`.

    Python's collector of garbage is held meanwhile: a record holds no cycles, and to read through a growing one again
    and again takes longer than to make it.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        if not observers:
            return f(*args, **kwargs)
        with recording():
            return f(*args, **kwargs)
    except TypeError as error:
        if (told := explained(error)) is error:
            raise
        raise told from error
    finally:
        if collects:
            gc.enable()


def _input(sources: list[Variable], name: str | None, must_be_number: bool) -> Function:
    """What makes a source of a leaf; one that cannot be differentiated, deep in a tree, stays as it is."""

    def made(value: Any) -> Any:
        if value.__class__ is not np.ndarray or value.dtype == object:
            value = unbox(value)
        if isinstance(value, Variable):
            value = alias(value)  # a number, within `no_grad`
        if isinstance(value, Variable):
            inner = value
            inner.is_open = True
        elif must_be_number or (isinstance(value, _NUMBERS) and np.asarray(value).dtype.kind in "iufc"):
            is_large = isinstance(value, np.ndarray) and value.size > _LARGE
            inner = source(value, name, copy=not is_large)
            if is_large:
                inner.fingerprint = _fingerprint(inner.value)
        else:
            return value
        sources.append(inner)
        return inner

    return made


def _locate(f: Function, which: Any, positions: list[Any], named: dict[str, Any]) -> tuple[Any, Any]:
    """Where the argument stands in the call: the list or dictionary, and the key in it."""
    if not isinstance(which, str) and -len(positions) <= which < len(positions):
        return positions, which % len(positions)
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


def outputs_of(output: Any) -> list[Any]:
    """The leaves of a function's output."""
    if output is None:
        raise InputError("The function returned None. End it with return and what to differentiate.")
    found = [output] if is_leaf(output) else leaves(output)
    for leaf in found:
        if not isinstance(leaf, Variable) and np.asarray(leaf).dtype.kind not in "fiubc":
            raise InputError(f"The function returned {leaf!r:.60}, which is no number or array. Leave it out.")
    return found


def _as_trees(chosen: list[Any], found: Sequence[Any]) -> list[Any]:
    """What was found for the inputs, in the trees of the arguments; None for leaves that are no inputs."""
    if len(chosen) == 1 and isinstance(chosen[0], Variable):
        return [found[0]]
    left = iter(found)
    return [
        next(left) if isinstance(tree, Variable)
        else tree_map(lambda leaf: next(left) if isinstance(leaf, Variable) else None, tree)
        for tree in chosen
    ]  # fmt: skip


def _directions(trees: Sequence[Any], given: Sequence[Any], kind: str) -> list[Any]:
    """The tangents or cotangents of the leaves, checked against their shapes."""
    found: list[Any] = []
    for tree, directions in zip(trees, given, strict=True):
        if is_leaf(tree):
            found.append(as_direction(directions, tree, kind))
        else:
            tree_map(lambda leaf, d: found.append(as_direction(d, leaf, kind)), tree, directions)
    return found


def as_direction(given: Any, value: Any, kind: str) -> Any:
    """A tangent or cotangent, shaped as the value it belongs to."""
    given = unbox(given)
    direction = given if isinstance(given, Variable) else as_value(given)
    if np.shape(direction) != np.shape(value):
        raise InputError(f"A {kind} of shape {np.shape(direction)} was given for a value of shape {np.shape(value)}.")
    return direction


_LARGE = 4096
"""Entries from which on an argument is not copied, which would take as long as using it, but watched."""


@functools.cache
def _weights() -> Any:
    """Made for the first large argument: numpy.random takes long to import."""
    return np.random.default_rng(0).random(_LARGE)


def _fingerprint(array: Any) -> Any:
    """A number that practically any change of the array changes, in a fraction of the time of a copy."""
    flat = np.ravel(array)
    rest, weights = flat.size % _LARGE, _weights()  # they stay in the processor's cache
    rows = np.reshape(flat[: flat.size - rest], (-1, _LARGE)) @ weights
    return np.dot(rows, np.resize(weights[::-1], rows.size)) + np.dot(flat[flat.size - rest :], weights[:rest])


def _close(record: Record, output: Any) -> Any:
    """End the life of the sources. The output: of Variables if an outer transformation may still differentiate it."""
    for made in record.sources:
        made.is_open = False
        before = made.fingerprint
        if before is not None and not np.array_equal(before, _fingerprint(made.value), equal_nan=True):
            raise InPlaceError(
                f"The function changed its argument of shape {made.shape} in place, through another name of the same "
                "array. The derivative would be wrong. Change a copy instead: a = a.copy()."
            )
    if record.is_open:
        return output
    return own(plain(output)) if is_leaf(output) else tree_map(lambda leaf: own(plain(leaf)), output)
