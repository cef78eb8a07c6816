"""What an interrupt must not hit in the midst: it waits until that is over. Knows nothing of the package."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType


@contextlib.contextmanager
def uninterrupted() -> Generator[None]:
    """Within it Ctrl-C, or the interrupt of a kernel, waits, and is raised where it ends.

    It is for NumPy's loops over objects: several lose count of their references where an entry's method raises, and
    later the process crashes; others go on as if nothing had been raised. Python raises an interrupt in any method, but
    only in the main thread.

    >>> try:
    ...     with uninterrupted():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("goes on")
    ... except KeyboardInterrupt:
    ...     print("and is interrupted")
    goes on
    and is interrupted
    """
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield  # no KeyboardInterrupt is raised here
        return
    arrived: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _, frame: arrived.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if arrived:
            usual(signal.SIGINT, arrived[-1])
