"""Control over the record: what is recorded, under which name, and what counts as a constant."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator
from typing import Any

from ..formatting import writable
from .errors import InputError
from .forms import Elementwise, elementwise
from .primitive import observers
from .pytree import tree_map
from .variable import Variable, listeners, plain, unbox


def _same(x: Any) -> Any:
    return x


alias = elementwise(_same, 1, tex="{0}", name="alias")
"""x itself, as a node of its own: what an inner transformation takes as its input."""

# Not in the table, as its derivative is chosen and not true.
cut = Elementwise(_same, None, tex=r"\operatorname{{stop}}({0})", name="stop_gradient")


def name(value: Any, label: Any) -> Any:
    """Call a value `label` in pictures and messages; returns it. This name wins over the one of your local variable.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> graph = cv.trace(lambda x: np.sin(cv.name(2 * x, "z")), x=1.5)
    >>> [node.name for node in graph.nodes]
    ['x', 'z', 'y']
    """
    if not isinstance(label, str) or not label.strip():
        raise InputError(f"A name is a text that is not empty, such as cv.name(z, 'z'), but this one is {label!r}.")
    value = unbox(value)
    if isinstance(value, Variable):
        value.name = writable(label.strip())
    return value


open_scopes: list[str] = []
"""The scopes that are open, the innermost last. A trace puts its nodes into them."""


@contextlib.contextmanager
def scope(label: Any) -> Generator[None]:
    """Within it, what is recorded belongs together in pictures, under this label. Scopes may be nested.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> def f(x):
    ...     with cv.scope("layer 1"):
    ...         h = np.tanh(2 * x)
    ...     return h + 1
    >>> [node.scope for node in cv.trace(f, x=1.5).nodes]
    [(), ('layer 1',), ('layer 1',), ()]
    """
    if not isinstance(label, str) or not label.strip():
        raise InputError(f"A scope's label is a text that is not empty, such as 'layer 1', but this one is {label!r}.")
    with _opened(writable(label.strip())):
        yield


@contextlib.contextmanager
def _opened(label: str) -> Generator[None]:
    open_scopes.append(label)
    try:
        yield
    finally:
        open_scopes.pop()


class Call(str):
    """The scope of one call of a module. Calls of one name are scopes of their own; a graph numbers them."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def module(function: Any = None, /) -> Any:
    """Decorate a function to be a box in pictures, with all that it computes inside; give a name to use that one.

    A function called once is a box of its name; one called again has boxes "block 1", "block 2", ..., counted within
    the module or scope around them. Methods can be modules too. What the function returns, and its derivatives, stay
    what they were.

    Raises InputError for what is no function and no name, and for a function without a name of its own.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> @cv.module
    ... def block(x, w):
    ...     return np.tanh(w * x)
    >>> @cv.module("head")
    ... def last(x):
    ...     return x**2
    >>> graph = cv.trace(lambda x: last(block(block(x, 2.0), 3.0)), x=0.5)
    >>> [node.scope for node in graph.nodes]
    [(), ('block 1',), ('block 1',), ('block 2',), ('block 2',), ('head',)]
    """
    if isinstance(function, str) and function.strip():
        return functools.partial(_module, function.strip())
    if isinstance(function, type) or not callable(function):
        raise InputError(
            f"A module is a function or a method, or is given its name, but this is {function!r:.60}. Write @cv.module "
            'or @cv.module("block") above a def.'
        )
    name = getattr(function, "__name__", "<lambda>")
    if name == "<lambda>":
        raise InputError(f'{function!r:.60} has no name of its own. Write cv.module("block")(...) to give it one.')
    return _module(name, function)


def _module(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(function, type) or not callable(function):
        raise InputError(f"The module {name!r} is a function or a method, but this is {function!r:.60}.")

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _opened(Call(writable(name))):
            return function(*args, **kwargs)

    return called


def stop_gradient(value: Any) -> Any:
    """The value as a constant: no derivative passes through it. For a tree (a frozen layer, say), every leaf of it.

    Nothing below is computed in the backward pass. Pictures show the cut.

    >>> import chainviz as cv
    >>> cv.grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return tree_map(lambda leaf: cut(unbox(leaf)) if observers else plain(unbox(leaf)), value)


@contextlib.contextmanager
def no_grad() -> Generator[None]:
    """Within it nothing is recorded: operations on Variables give plain numbers and arrays.

    Transformations called within it (`grad`, ...) work as ever.

    >>> from chainviz import variable
    >>> x = variable(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    4.0
    """
    if listeners:
        listeners[-1](no_grad, ())
    observers.append(plain)
    try:
        yield
    finally:
        observers.pop()


@contextlib.contextmanager
def recording() -> Generator[None]:
    """Within it everything is recorded, though a `no_grad` may be around it."""
    if observers and observers[-1] is plain:
        observers.append(_same)
        try:
            yield
        finally:
            observers.pop()
    else:
        yield
