"""Work in the kernel's own loop: Runner repeats a step, and stops at once; Latest leaves out what is out of date."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any


class Runner:
    """Repeats `step` until it returns False, raises, or is stopped; then calls `ended` with the exception or None.

    Between two steps the kernel answers sliders and buttons. `pause` is the least time from one step to the next, in
    seconds. Without a running loop, as in a script, `start` raises RuntimeError; call `run` with a number of steps.
    """

    def __init__(
        self, step: Callable[[], bool | None], ended: Callable[[BaseException | None], None] = lambda _: None,
        pause: float = 0.0,
    ) -> None:  # fmt: skip
        self._step, self._ended, self._pause = step, ended, pause
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether steps are being made."""
        return self._task is not None

    def start(self) -> None:
        """Begin; does nothing while it runs."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._repeat())

    def stop(self) -> None:
        """End after the step that is being made, if any."""
        if self._task is not None:
            self._task.cancel()
            self._finish(None)

    def run(self, steps: int) -> None:
        """Make that many steps now, or fewer where a step returns False.

        >>> seen = []
        >>> Runner(lambda: seen.append(1)).run(3)
        >>> seen
        [1, 1, 1]
        """
        for _ in range(steps):
            if self._step() is False:
                break

    async def _repeat(self) -> None:
        try:
            due = time.monotonic()
            while self._step() is not False:
                # a beat: a step that comes late does not make the next ones late, and is not made up for
                due = max(due + self._pause, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whoever started it must hear of it: nobody awaits this task
            self._finish(error)
        else:
            self._finish(None)

    def _finish(self, error: BaseException | None) -> None:
        self._task = None
        self._ended(error)


class Latest:
    """Calls `answer` soon with what it was last told, and not with what came before: for a pointer that moves quickly.

    Without a running loop, as in a script, it answers at once.
    """

    def __init__(self, answer: Callable[[Any], None], pause: float = 0.03) -> None:
        self._answer, self._pause = answer, pause
        self._waiting: list[Any] = []

    def tell(self, news: Any) -> None:
        """What is to be answered now, in place of all that waits.

        >>> Latest(print).tell("moved")
        moved
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._answer(news)
            return
        if not self._waiting:
            loop.call_later(self._pause, self._now)
        self._waiting = [news]

    def _now(self) -> None:
        (news,), self._waiting = self._waiting, []
        self._answer(news)
