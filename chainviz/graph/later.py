"""Later: a number that is worked out when somebody first asks for it, as no picture shows all that a graph has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Later:
    """The result of a call that is made when it is first asked for, and then known.

    >>> later = Later(max, 2, 3)
    >>> later(), later()
    (3, 3)
    """

    __slots__ = ("_args", "_known", "_work")

    def __init__(self, work: Callable[..., Any], *args: Any) -> None:
        self._work: Callable[..., Any] | None = work
        self._args = args
        self._known: Any = None

    def __call__(self) -> Any:
        """The result."""
        if self._work is not None:
            self._known = self._work(*self._args)  # first: an interrupt leaves it to be asked for again
            self._work, self._args = None, ()
        return self._known


def no_derivative() -> None:
    """The derivative of what has none."""
