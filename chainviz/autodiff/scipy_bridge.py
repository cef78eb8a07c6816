"""What happens when a Variable meets SciPy. SciPy is imported by the user, never here."""

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from types import FrameType
from typing import Any

from .errors import unsupported
from .user_code import is_inside
from .variable import PRIMITIVES, Variable

_INSTEAD = {
    "logsumexp": "Write cv.logsumexp(x).",
    "log_softmax": "Write cv.log_softmax(x).",
    "polygamma": "It is a derivative of scipy.special.digamma: write cv.elementwise_grad(scipy.special.digamma)(x).",
}


def load(function: Callable[..., Any]) -> bool:
    """Whether the function is in the table now; if it is one of scipy.special, their rules are added first."""
    special = sys.modules.get("scipy.special")
    if special is not None and getattr(special, function.__name__, None) is function:
        import_module(".rules.scipy_special", __package__)  # it fills the table
    return function in PRIMITIVES


def refuse(x: Variable) -> None:
    """An error if one of SciPy's Python functions, in which x cannot be recorded, is asking for x as an array."""
    frame, called = inspect.currentframe(), ""
    while frame is not None and is_inside(frame):
        called = frame.f_code.co_name if frame.f_code.co_name in _INSTEAD and _is_scipys(frame) else called
        frame = frame.f_back
    if called:
        raise unsupported(f"scipy.special.{called}", x, _INSTEAD[called])


def _is_scipys(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").startswith("scipy.")
