"""Layouts in a process of their own: they have a deadline, can be waited for elsewhere, and be ended."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

DEADLINE = 4.0
"""Seconds after which a large layout is given up for a plain one in columns."""


class Layout:
    """A layout under way. Its worker reads the source and writes the geometry in files: no pipe can fill up."""

    def __init__(self, source: str) -> None:
        self.source, self._until = source, time.monotonic() + DEADLINE
        self._result = tempfile.TemporaryFile()  # noqa: SIM115 (`end` closes it)
        with tempfile.TemporaryFile() as given:
            given.write(source.encode())
            given.seek(0)
            worker = [sys.executable, str(Path(__file__).with_name("worker.py"))]
            self._process = subprocess.Popen(worker, stdin=given, stdout=self._result, stderr=subprocess.DEVNULL)

    @property
    def is_over(self) -> bool:
        """Whether there is a result, or never will be one."""
        return self._process.poll() is not None or time.monotonic() > self._until

    def wait(self) -> None:
        """Block until it is over."""
        while not self.is_over:  # subprocess's own wait looks only every 50 ms
            time.sleep(0.003)

    def end(self) -> dict[str, Any] | None:
        """End the worker. What it has drawn; None where that is not complete, or where it was ended before."""
        if self._result.closed:
            return None
        done = self._process.poll() == 0
        self._process.kill()
        self._process.wait()
        self._result.seek(0)
        with self._result:
            return json.loads(self._result.read()) if done else None


class LayoutNeededError(Exception):
    """What is drawn needs a layout that takes long, and whoever draws wants to wait for it elsewhere."""

    def __init__(self, source: str) -> None:
        super().__init__("A large layout is needed.")
        self.source = source


_known: ContextVar[dict[str, Any] | None] = ContextVar("_known", default=None)


@contextlib.contextmanager
def elsewhere(results: dict[str, Any]) -> Generator[None]:
    """Within it, a large layout whose result is not among these, by source, is a LayoutNeededError."""
    token = _known.set(results)
    try:
        yield
    finally:
        _known.reset(token)


class Known:
    """A layout that is there already; None where there will never be one."""

    def __init__(self, drawn: dict[str, Any] | None) -> None:
        self._drawn = drawn

    def wait(self) -> None:
        """Return at once."""

    def end(self) -> dict[str, Any] | None:
        """The geometry."""
        return self._drawn


def begin(source: str) -> Layout | Known:
    """Begin the layout; the geometry is there once it was waited for and ended."""
    results = _known.get()
    if results is not None:
        if source not in results:
            raise LayoutNeededError(source)
        return Known(results[source])
    try:
        return Layout(source)
    except OSError:
        return Known(None)
