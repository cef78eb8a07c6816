"""Where we are in the user's code: the frame, its line, and what the user calls a value there. It only looks."""

import dis
import inspect
import linecache
import os
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

# Code in these folders is ours or NumPy's. `chainviz/lessons` is not: its functions are explored like a user's.
_PACKAGE = Path(__file__).parents[1]
_ROOMS = (
    _PACKAGE / "autodiff",
    _PACKAGE / "graph",
    _PACKAGE / "drawing",
    _PACKAGE / "widgets",
    _PACKAGE / "formulas",
    Path(np.__file__).parent,
)
_INSIDE = tuple(f"{room}{os.sep}" for room in _ROOMS)


class Place(NamedTuple):
    """One line of user code. `first` is the line of the file in which the function that it belongs to begins.

    Of what is no Python code, such as a formula, `source` is the whole text, and `part` the columns that are meant.
    """

    function: str
    line: int
    text: str
    file: str = ""
    first: int = 0
    source: str = ""
    part: tuple[int, int] | None = None

    def __str__(self) -> str:
        where = f"line {self.line}" if self.function == "<module>" else f"line {self.line} of {self.function}"
        return f"{where}: {self.text}" if self.text else where


told: list[Place] = []
"""Where we are in what is no Python code, such as a formula: what runs it tells, the innermost last."""


def is_ours(code: CodeType) -> bool:
    """Whether the code is our own or NumPy's."""
    return code.co_filename.startswith(_INSIDE)


def is_inside(frame: FrameType) -> bool:
    """Whether the frame runs our own code, NumPy's or SciPy's."""
    return is_ours(frame.f_code) or frame.f_globals.get("__name__", "").startswith("scipy.")


def user_frame() -> FrameType | None:
    """The innermost frame that runs the user's code."""
    frame = inspect.currentframe()
    while frame is not None and is_inside(frame):
        frame = frame.f_back
    return frame


def place(frame: FrameType, line: int | None = None) -> Place:
    """The line that the frame is at, or the given line of the same file."""
    number = line or frame.f_lineno or 0
    code = frame.f_code
    text = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    return Place(code.co_name.replace("<lambda>", "the lambda"), number, text, code.co_filename, code.co_firstlineno)


def name_in(frame: FrameType, value: object) -> str | None:
    """The local variable of the frame that is bound to this very object."""
    return next((name for name, bound in frame.f_locals.items() if bound is value), None)


def subject(value: object) -> str:
    """How an error message calls a Variable and where: `the Variable 'x' (line 3 of f: y = float(x))`."""
    frame = user_frame()
    if frame is None:
        return "a Variable"
    name = None if value is None else getattr(value, "name", None) or name_in(frame, value)
    return f"{f'the Variable {name!r}' if name else 'a Variable'} ({told[-1] if told else place(frame)})"


def running_instruction() -> str:
    """The name of the bytecode instruction the user's frame is executing, such as STORE_SUBSCR in `a[0] = x`."""
    frame = user_frame()
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] if frame is not None else ""


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The function's parameters, or None where Python cannot tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
