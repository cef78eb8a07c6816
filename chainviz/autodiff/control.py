"""Control over the record: `name` gives a node the user's own name."""

from __future__ import annotations

from typing import Any

from .errors import InputError
from .primitive import elementwise
from .variable import Variable, unbox


def _same(x: Any) -> Any:
    return x


alias = elementwise(_same, 1, tex="{0}", name="alias")
"""x itself, as a node of its own: what an inner transformation takes as its input."""


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
