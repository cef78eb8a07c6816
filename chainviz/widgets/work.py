"""A picture that takes long to lay out: the kernel waits for it in its event loop, so that the page can call it off.

Only what the page asks for is drawn like this. Python code that sets `detail` or `expanded` finds the new graph on the
next line, and interrupts the kernel to stop.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..drawing.apart import Layout, LayoutNeededError, elsewhere

if TYPE_CHECKING:
    import asyncio

REST = 0.03
"""Seconds between two looks at whether a layout is there."""


def later(seconds: float, call: Callable[..., object], *args: Any) -> asyncio.TimerHandle | None:
    """Call it when the kernel has time, after some seconds; None where no event loop runs, so that it never will."""
    if "asyncio" not in sys.modules:  # which takes long to import, and runs no loop then
        return None
    import asyncio

    try:
        return asyncio.get_running_loop().call_later(seconds, call, *args)
    except RuntimeError:
        return None


class Work:
    """Draws in the background.

    Args:
        begins, ends: called when a layout takes a process of its own, and when that is over; `ends` is told whether it
            was called off.
    """

    def __init__(self, begins: Callable[[], None], ends: Callable[[bool], None]) -> None:
        self._begins, self._ends = begins, ends
        self._layout: Layout | None = None
        self._task: asyncio.Task[None] | None = None  # kept, or it would be collected while it waits

    def draw(self, draw: Callable[[], None]) -> None:
        """Draw at once where that is quick, or where no event loop runs; else once the layout is there."""
        self.stop()
        self._draw(draw, {})

    def _draw(self, draw: Callable[[], None], results: dict[str, Any]) -> None:
        if "asyncio" not in sys.modules:  # which takes long to import, and runs no loop then
            return draw()
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return draw()
        try:
            with elsewhere(results):
                return draw()
        except LayoutNeededError as needed:
            self._layout = Layout(needed.source)
        self._begins()
        self._task = loop.create_task(self._wait(draw, results))

    async def _wait(self, draw: Callable[[], None], results: dict[str, Any]) -> None:
        import asyncio

        layout = self._layout
        assert layout is not None
        while not layout.is_over:
            await asyncio.sleep(REST)
            if layout is not self._layout:  # called off
                return
        self._layout = None
        results[layout.source] = layout.end()
        try:
            self._draw(draw, results)
        finally:
            if self._layout is None:
                self._ends(False)

    def stop(self) -> bool:
        """End what is under way; whether there was anything."""
        if self._layout is None:
            return False
        self._layout.end()
        self._layout = None
        self._ends(True)
        return True
