"""What a user's own function does, in a lab's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autodiff import ChainvizError, InputError


def called(what: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What the function gives; what it raises is an InputError that says `what` raised it, chained to its cause.

    >>> called("The activation", lambda z: z + 1, 2)
    3
    >>> called("The activation", lambda z: z / 0, 2)
    Traceback (most recent call last):
    chainviz.autodiff.errors.InputError: The activation raised ZeroDivisionError: division by zero.
    """
    try:
        return function(*args, **named)
    except ChainvizError:  # which says already what to write instead
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}".rstrip(".: ")
        raise InputError(f"{what} raised {said}.") from error
