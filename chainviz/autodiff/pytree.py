"""Trees: tuples, lists, dicts and dataclasses, nested as one likes. Whatever is none of these is a leaf."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import InputError


def leaves(tree: Any) -> list[Any]:
    """The leaves, in order; those of a dict in the order of its keys.

    >>> leaves({"w": [1.0, 2.0], "b": (3.0,)})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    tree_map(found.append, tree)
    return found


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with every leaf replaced by f(leaf, and the leaves at the same place of the other trees).

    Raises InputError where another tree is built differently.

    >>> tree_map(lambda a, b: a - 0.1 * b, {"w": 1.0}, {"w": 5.0})
    {'w': 0.5}
    """
    kind: Any = tree.__class__
    if kind is float or kind is np.ndarray:
        return f(tree, *others)
    if isinstance(tree, (tuple, list)):
        _same(tree, others, kind, len)
        made = [tree_map(f, *entries) for entries in zip(tree, *others, strict=True)]
        return kind(*made) if hasattr(tree, "_fields") else kind(made)
    if isinstance(tree, dict):
        _same(tree, others, kind, set)
        return {key: tree_map(f, tree[key], *(other[key] for other in others)) for key in tree}
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        _same(tree, others, kind, type)
        names = [field.name for field in dataclasses.fields(tree) if field.init]
        made = {name: tree_map(f, getattr(tree, name), *(getattr(other, name) for other in others)) for name in names}
        return dataclasses.replace(tree, **made)
    return f(tree, *others)


def is_leaf(tree: Any) -> bool:
    """Whether it is no container.

    >>> is_leaf(1.0), is_leaf([1.0])
    (True, False)
    """
    if tree.__class__ is float or tree.__class__ is np.ndarray:
        return True
    if isinstance(tree, (tuple, list, dict)):
        return False
    return not dataclasses.is_dataclass(tree) or isinstance(tree, type)


def rebuild(tree: Any, values: Iterator[Any]) -> Any:
    """The tree with its leaves replaced, in order."""
    return tree_map(lambda _: next(values), tree)


def _same(tree: Any, others: tuple[Any, ...], kind: type, shape: Callable[[Any], Any]) -> None:
    for other in others:
        if not isinstance(other, kind) or shape(other) != shape(tree):
            raise InputError(f"Two trees are built differently: {tree!r:.60} and {other!r:.60}.")
