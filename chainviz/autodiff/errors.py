"""The errors of chainviz: full sentences that say what happened, in whose code, and what to write instead."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Callable
from typing import Any

from .user_code import is_inside, place, running_instruction, subject, user_frame


class ChainvizError(Exception):
    """The base of all errors that chainviz raises on purpose."""


class UnsupportedOperation(ChainvizError, TypeError):
    """An operation that has no derivative rule met a Variable."""


class InPlaceError(ChainvizError, TypeError):
    """An array was to be overwritten by, or with, a Variable."""


class ConversionError(ChainvizError, TypeError):
    """A Variable was to be turned into a plain number, which would cut it off from its inputs."""


class OperandError(ChainvizError, TypeError, ValueError, IndexError):
    """NumPy refused the operands: shapes that do not fit, an index out of range, text."""


class MissingAttribute(ChainvizError, AttributeError):
    """An attribute that an array has and a Variable has not."""


class NotScalarError(ChainvizError, ValueError):
    """A scalar was needed (the output of a function to differentiate), and something else came."""


class GraphFreedError(ChainvizError, RuntimeError):
    """A record was to be differentiated again after `backward` had given it back."""


class RuleError(ChainvizError, ValueError):
    """A derivative rule of the user's own is wrong."""


class ConvergenceError(ChainvizError, ArithmeticError):
    """An iteration found no solution."""


class InputError(ChainvizError, ValueError):
    """An argument that cannot be an input: text, NaN, a name that is no parameter, an empty range."""


def unsupported(call: str, operand: Any, advice: str = "") -> UnsupportedOperation:
    """The error for an operation without a rule: which, on what, where, and the way out."""
    if not advice:
        near = _nearest(call)
        suggestion = f"{near} has one. " if near else ""
        rule = (
            f"give it one of your own, cv.primitive({call}, vjp=lambda g, y, x: ...)," if _NAME.fullmatch(call) else ""
        )
        advice = (
            f"{suggestion}Write it with operations that have one, {rule} or apply it to x.value if it is to count "
            "as a constant."
        ).replace(",  or", ", or")
    return UnsupportedOperation(f"chainviz has no derivative rule for {call}, which met {subject(operand)}. {advice}")


_NAME = re.compile(r"np(\.\w+)+")


def _nearest(call: str) -> str:
    """The function with a rule whose spelling comes nearest, or nothing."""
    from .variable import COMPOSITES, PRIMITIVES

    known = {spelling(f) for f in (*PRIMITIVES, *COMPOSITES) if getattr(f, "__module__", "").startswith("numpy")}
    return next(iter(difflib.get_close_matches(call, {name for name in known if "<" not in name}, 1, 0.8)), "")


def in_place(operand: Any, operation: str) -> InPlaceError:
    """The error for an array that was to be overwritten, with the functional spelling."""
    return InPlaceError(
        f"An array was to be overwritten in place ({operation}) with {subject(operand)}. The record would lose the old "
        "value, and the derivative would be wrong. Make a new array instead: a = a + x instead of a += x, "
        "y = np.sin(x) instead of out=, and cv.at(a, i).set(x), np.stack([...]) or np.where(...) instead of a[i] = x."
    )


def conversion(operand: Any, target: str, advice: str = "") -> ConversionError | InPlaceError:
    """The error for a Variable that was to become a plain number; `a[0] = x` asks for one too."""
    if running_instruction() in ("STORE_SUBSCR", "STORE_SLICE"):
        return in_place(operand, "item assignment")
    frame = user_frame()
    called = re.search(r"\bmath\.(\w+)\(", place(frame).text) if frame is not None else None
    if frame is not None and "dtype" in place(frame).text:
        advice = advice or "Leave the dtype out"
    if called and not advice:
        function = {"pow": "power", "fabs": "abs", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}
        advice = f"Write np.{function.get(called[1], called[1])} instead of math.{called[1]}"
    return ConversionError(
        f"{sentence_start(operand)} was to become {target}. That would cut it off from its inputs, and the derivative "
        f"would silently be lost. {advice or 'Write the NumPy function instead of the one that asks for a number'}, "
        "or use x.value where you only want the number."
    )


def explained(error: TypeError) -> TypeError:
    """What NumPy says of an array that np.array made of Variables and its compiled code cannot take, with the way out.

    That code looks at the array's type only, so no Variable is asked. Any other error is returned as it is.
    """
    if isinstance(error, ChainvizError) or "dtype('O')" not in str(error):
        return error
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if not is_inside(frame)]
    where = f" ({place(frames[-1])})" if frames else ""
    return UnsupportedOperation(
        f"NumPy refused an array that was made of Variables by np.array, or by a list{where}. Make it with np.stack, "
        "which is recorded: np.stack([np.stack([a, b]), np.stack([c, d])]) instead of np.array([[a, b], [c, d]])."
    )


def sentence_start(operand: Any) -> str:
    """`subject` as the first words of a sentence."""
    who = subject(operand)
    return who[0].upper() + who[1:]


def spelling(function: Callable[..., Any]) -> str:
    """np.linalg.norm for the function that users write so."""
    module = getattr(function, "__module__", "") or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{getattr(function, '__name__', function)}"
