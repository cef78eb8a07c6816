"""Jacobians and Hessians as programs: one pass of the chain rule, recorded, and then run for all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.variable import Variable, tidy, wrap
from .program import adjoints
from .rows import in_rows


def gradients(output: Any, inputs: Sequence[Variable]) -> list[Any]:
    """The gradients of one number, recorded; zeros where it does not depend on an input."""
    found = adjoints(output, wrap(1.0), inputs)
    return [tidy(np.zeros(x.shape)) if a is None else a for a, x in zip(found, inputs, strict=True)]


def jacobian(output: Any, inputs: Sequence[Variable]) -> list[Any]:
    """The Jacobians, one an input: shape of the output, then shape of the input.

    In reverse mode the rows are the adjoints for every entry of the output; in forward mode the tangents for every
    entry of an input. The one with fewer rows is taken, as in `cv.jacobian`.
    """
    shape = np.shape(output)
    seed = wrap(tidy(np.ones(shape)))
    pulled = adjoints(output, seed, inputs)
    if np.size(output) <= sum(x.size for x in inputs):
        rows = in_rows([0.0 if a is None else a for a in pulled], seed)
    else:
        rows = [_pushed(a, x, seed) for a, x in zip(pulled, inputs, strict=True)]
    found = [None if a is None else r for a, r in zip(pulled, rows, strict=True)]
    return [
        tidy(np.zeros(shape + x.shape)) if r is None else _shaped(r, shape + x.shape)
        for r, x in zip(found, inputs, strict=True)
    ]


def _pushed(pulled: Any, x: Variable, seed: Variable) -> Any:
    """J^T for every entry of x: the adjoint u^T J is linear in u, and its own adjoint in u is J t."""
    if pulled is None:
        return None
    tangent = wrap(tidy(np.ones(x.shape)))
    (pushed,) = adjoints(pulled, tangent, [seed])
    if pushed is None:
        return None
    (rows,) = in_rows([pushed], tangent)
    return np.transpose(np.reshape(rows, (x.size, seed.size)))


def _shaped(rows: Any, shape: tuple[int, ...]) -> Any:
    return rows if np.shape(rows) == shape else np.reshape(rows, shape)
