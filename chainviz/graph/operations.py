"""Which operation a step is, whatever it is called, and when two of them are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff.custom import Joint
from ..autodiff.forms import Elementwise, General, Linear
from ..autodiff.primitive import Primitive
from ..autodiff.variable import Variable

VIEWS = {"transpose", "swapaxes", "reshape", "ravel", "squeeze", "expand_dims", "broadcast_to", "index", "positive"}
"""Operations whose result shares its memory with their operand."""


def table_name(of: Variable | Primitive | None) -> str:
    """The operation's name if it is one of chainviz's own; "" for an input, a box, and functions with a user's rule.

    A user's function may well be called negative, and mean something else.

    >>> import chainviz as cv
    >>> negative = cv.primitive(lambda x: x + 1, vjp=lambda g, y, x: g)
    >>> [table_name(node.primitive) for node in cv.trace(lambda x: -negative(x), x=1.5).nodes]
    ['', '', 'negative']
    """
    primitive = of.primitive if isinstance(of, Variable) else of
    return primitive.name if isinstance(primitive, (Elementwise, Linear, General)) else ""


def is_view(variable: Variable) -> bool:
    """Whether its array shares its memory with that of its operand."""
    return table_name(variable) in VIEWS


def identity(primitive: Primitive | None) -> Any:
    """A primitive as what it does, also where it is made anew in every run."""
    own = getattr(primitive, "identity", None)
    if own is not None:
        return own
    return primitive.name if isinstance(primitive, Joint) else primitive


def by_content(value: Any) -> Any:
    """A constant in a form that compares by content: -0.0 is not 0.0, and a mask no array of indices."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (tuple, list)):
        return type(value).__name__, *map(by_content, value)
    return repr(value)
