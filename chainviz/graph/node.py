"""Node, Edge, Guard: what a Graph is made of, as plain, immutable data.

y = sin(2 * x)        n0  x  input
                      n1  v₁ multiply (2, n0)      e1: n0 -> n1, operand 1, local derivative 2
                      n2  y  sin (n1)              e2: n1 -> n2, operand 0, local derivative cos v₁
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.primitive import Primitive
from ..autodiff.user_code import Place


class Reference(NamedTuple):
    """An operand that is another node, by its index; any other operand is a constant."""

    node: int


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the computation. `primitive` is None for an input, and for an output that is a constant.

    It is `named` where the user's own code has a name for it; else its name is one like v₁.
    It is `frozen` if it is a frozen input, or depends on frozen inputs only. `adjoint` is None where none arrives,
    as the node is frozen or a stop_gradient is between it and the output; an input that is not frozen has 0 then.
    """

    index: int
    name: str
    value: Any
    primitive: Primitive | None = None
    operands: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    is_input: bool = False
    adjoint: Any = 0.0
    place: Place | None = None
    scope: tuple[str, ...] = ()
    frozen: bool = False
    named: bool = True

    @property
    def id(self) -> str:
        """A name for pictures that stays the same while only values change."""
        return f"n{self.index}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The value's shape; () for a number."""
        return np.shape(self.value)

    @property
    def sources(self) -> list[int]:
        """The nodes it was computed from, in the order of the operands."""
        return [operand.node for operand in self.operands if isinstance(operand, Reference)]


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a value. `local` is d target / d source: a number, an array shaped as the target, or a Jacobian; it is
    worked out when it is first read.

    `contribution` is what the source's adjoint receives through this edge, `so_far` the source's adjoint once it has.
    Backward, it is the `turn`-th of `uses` contributions to arrive. `local` is None where a Jacobian is too big, and
    where the source is frozen. Where no adjoint passes, `contribution` and `so_far` are None and `turn` is 0.
    """

    source: int
    target: int
    operand: int
    derivative: Callable[[], Any]
    contribution: Any
    so_far: Any
    turn: int = 1
    uses: int = 1

    @property
    def local(self) -> Any:
        """The local derivative."""
        return self.derivative()

    @property
    def id(self) -> str:
        """A name for pictures that stays the same while only values change."""
        return f"e{self.source}-{self.target}-{self.operand}"


class Guard(NamedTuple):
    """A comparison that the function made of its values, a NumPy ufunc of two operands, and the answer it got.

    Operands are constants, or References; those beyond the graph's nodes are to its `hidden` ones. The answer to a
    comparison of arrays is an array of truth values.
    """

    comparison: Any
    operands: tuple[Any, Any]
    answer: Any
