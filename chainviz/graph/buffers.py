"""Whose memory an array is, and until when it is needed: what may be computed in place.

    v = x @ w       a new array            _0 = dot(x, w)
    z = v + b       v is not needed again  _0 += b
    y = tanh(z)     nor is z               tanh(_0, out=_0)

Only arrays made in this call are ever changed: no input, no constant, nothing that is returned or that a view shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.forms import Elementwise
from ..autodiff.variable import PRIMITIVES, Variable
from .operations import is_view

_NEW = {"matmul", "sum", "mean", "max", "min", "vecdot", "einsum", "concatenate", "stack"}
"""Operations, besides NumPy's elementwise ones, whose result is an array of its own."""


def is_ufunc(variable: Variable) -> bool:
    """Whether it is one of NumPy's elementwise functions, which can write their result into a given array."""
    primitive = variable.primitive
    return isinstance(primitive, Elementwise) and isinstance(primitive.function, np.ufunc) and not variable.kwargs


class Buffers:
    """The memory of the arrays of a program."""

    def __init__(self, order: Sequence[Variable], results: Sequence[Any]) -> None:
        self.owner: dict[int, int] = {}  # for every array: the one that its memory was made for
        self.last: dict[int, int] = {}  # for every owner: where in the order it is used for the last time
        pinned: set[int] = set()
        for place, variable in enumerate(order):
            self.last[variable.index] = place
            owners = {self.owner[a.index] for a in variable.args if isinstance(a, Variable) and a.index in self.owner}
            for owner in owners:
                self.last[owner] = place
            if not variable.ndim or variable.primitive is None:
                continue
            if is_ufunc(variable) or self._is_new(variable):
                self.owner[variable.index] = variable.index
            elif is_view(variable) and len(owners) == 1:
                self.owner[variable.index] = owners.pop()
            else:  # it may show an operand's memory, or keep it
                pinned |= owners
        pinned |= {self.owner[r.index] for r in results if isinstance(r, Variable) and r.index in self.owner}
        for owner in pinned:
            self.last[owner] = len(order)

    def _is_new(self, variable: Variable) -> bool:
        primitive = variable.primitive
        return primitive is not None and primitive.name in _NEW and PRIMITIVES.get(primitive.function) is primitive

    def reused(self, variable: Variable, place: int) -> Variable | None:
        """The operand whose memory the result can take, as nothing needs it any more."""
        for operand in variable.args if is_ufunc(variable) else ():
            if isinstance(operand, Variable) and operand.shape == variable.shape and variable.ndim:
                is_whole = self.owner.get(operand.index) == operand.index
                if is_whole and self.last[operand.index] == place:
                    return operand
        return None

    def ending(self, variable: Variable, place: int) -> set[int]:
        """The owners that this step is the last to use."""
        owners = {self.owner.get(a.index, -1) for a in variable.args if isinstance(a, Variable)}
        return {owner for owner in owners if owner >= 0 and self.last[owner] == place}
