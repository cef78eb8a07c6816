"""Which operation a step is, whatever it is called, and when two of them are the same."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

from ..autodiff.control import cut
from ..autodiff.custom import Joint
from ..autodiff.forms import Elementwise, General, Linear
from ..autodiff.primitive import Primitive
from ..autodiff.random import straight_through
from ..autodiff.variable import PRIMITIVES, Variable

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


def by_name() -> dict[str, Primitive]:
    """All operations of chainviz's own, by names that tell them apart: the ufunc log is log, and another one log'.

    Those of scipy.special are among them once the user has imported it.

    >>> len(by_name()) > 100, by_name()["sin"]
    (True, <elementwise primitive sin>)
    """
    if "scipy.special" in sys.modules:
        import_module("chainviz.autodiff.rules.scipy_special")  # it fills the table
    rows = sorted(PRIMITIVES.items(), key=lambda row: not isinstance(row[0], np.ufunc))
    table: dict[str, Primitive] = {}
    for primitive in dict.fromkeys([*(primitive for _, primitive in rows), cut, straight_through]):
        name = primitive.name
        while name in table:
            name += "'"
        table[name] = primitive
    return table
