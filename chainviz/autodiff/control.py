"""Control over the record: what is recorded, under which name, and what counts as a constant."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

from .errors import InputError
from .primitive import Elementwise, elementwise, observers
from .pytree import tree_map
from .variable import Variable, listeners, plain, unbox


def _same(x: Any) -> Any:
    return x


alias = elementwise(_same, 1, tex="{0}", name="alias")
"""x itself, as a node of its own: what an inner transformation takes as its input."""

# Not in the table, as its derivative is chosen and not true.
_cut = Elementwise(_same, None, tex=r"\operatorname{{stop}}({0})", name="stop_gradient")


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
        value.name = label.strip()
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
    open_scopes.append(label.strip())
    try:
        yield
    finally:
        open_scopes.pop()


def stop_gradient(value: Any) -> Any:
    """The value as a constant: no derivative passes through it. For a tree (a frozen layer, say), every leaf of it.

    Nothing below is computed in the backward pass. Pictures show the cut.

    >>> import chainviz as cv
    >>> cv.grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return tree_map(lambda leaf: _cut(unbox(leaf)) if observers else plain(unbox(leaf)), value)


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
