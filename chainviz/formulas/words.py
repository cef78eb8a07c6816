"""The words that a formula may use: functions, constants, and how names are spelled."""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.rules import special


class Function(NamedTuple):
    """What a function's name means, and how many operands it takes, at most None for any number."""

    compute: Callable[..., Any]
    least: int = 1
    most: int | None = 1


def _largest(*values: Any) -> Any:
    return functools.reduce(np.maximum, values)


def _smallest(*values: Any) -> Any:
    return functools.reduce(np.minimum, values)


FUNCTIONS: dict[str, Function] = {
    **{
        name: Function(compute)
        for compute, names in (
            (np.sin, "sin"), (np.cos, "cos"), (np.tan, "tan"), (np.arcsin, "arcsin asin"), (np.arccos, "arccos acos"),
            (np.arctan, "arctan atan"), (np.sinh, "sinh"), (np.cosh, "cosh"), (np.tanh, "tanh"),
            (np.arcsinh, "arsinh arcsinh asinh"), (np.arccosh, "arcosh arccosh acosh"),
            (np.arctanh, "artanh arctanh atanh"), (np.exp, "exp"), (np.log, "ln log"), (np.log2, "log2 log_2"),
            (np.log10, "lg log10 log_10"), (np.sqrt, "sqrt √"), (np.cbrt, "cbrt"), (np.absolute, "abs"),
            (np.sign, "sign sgn"), (np.floor, "floor"), (np.ceil, "ceil"), (special.sigmoid, "sigmoid"),
            (special.softplus, "softplus"), (special.relu, "relu"), (special.elu, "elu"), (special.gelu, "gelu"),
            (special.silu, "silu"), (special.erf, "erf"),
        )
        for name in names.split()
    },
    "max": Function(_largest, 2, None), "min": Function(_smallest, 2, None),
    "arctan2": Function(np.arctan2, 2, 2), "atan2": Function(np.arctan2, 2, 2), "hypot": Function(np.hypot, 2, 2),
}  # fmt: skip
"""All functions by name. log is the natural logarithm, as in NumPy; lg and log10 have base 10."""

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}

LIKE_FUNCTIONS = {"f", "g", "h", "σ", "sigma"}
"""Names that read as functions before a bracket."""


def greek(word: str) -> str:
    """The Greek letter of that name, or the word.

    >>> greek("alpha"), greek("lambda"), greek("Delta"), greek("loss")
    ('α', 'λ', 'Δ', 'loss')
    """
    size = "SMALL" if word.islower() else "CAPITAL" if word.istitle() else ""
    spelled = word.upper().replace("LAMBDA", "LAMDA")
    try:
        letter = unicodedata.lookup(f"GREEK {size} LETTER {spelled}")
    except KeyError:
        return word
    return letter if letter in _LETTERS else word


_LETTERS = {chr(code) for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA))}
