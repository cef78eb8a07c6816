"""The curve over each slider, where the page cannot compute it: samples of the output, the other inputs held.

They are taken in the background of the kernel's work: after a rest, and in slices so short that no slider waits.
"""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..messages import Message
from .inputs import Input, Slider
from .work import later

if TYPE_CHECKING:
    import asyncio

SAMPLES = 61
FEWEST = 16
"""Samples below which there is no curve."""
PATIENCE = 0.12
"""Seconds that one slider's samples may take: 2 ms a call. A slower function gets fewer."""
DELAY = 0.12
"""Seconds of rest after a move."""
SLICE, PAUSE = 0.004, 0.004
"""Seconds of work, and seconds in which the kernel can answer, in turn."""
LARGEST_HELD = 64
"""Entries of an array that are told to the page."""

Values = dict[str, Any]


class Curves:
    """Samples of a function along its sliders.

    Args:
        f: the output at given values of all inputs; whatever it raises means that there is none.
        controls: the inputs by name.
    """

    def __init__(self, f: Callable[[Values], float], controls: Mapping[str, Input]) -> None:
        self._function = f
        self._sliders = [control for control in controls.values() if isinstance(control, Slider)]
        self._waiting: asyncio.TimerHandle | None = None
        self._repeats = True

    def at(self, values: Values, output: float) -> dict[str, Any]:
        """The trait `curves` of a player: samples at even distances over each slider's range.

        Args:
            values: the inputs that are held.
            output: f's value there, as it is shown. A function that does not give it again has no curve.

        Returns:
            `held`, the inputs that were held (large arrays are left out); `samples` for every slider's name, None where
            f has no value; and `note`, which says why there are none.

        >>> curves = Curves(lambda values: values["x"] ** 2, {"x": Slider("x", -1.0, 2.0, 0.1, 0.0)})
        >>> curves.at({"x": 2.0}, 4.0)["samples"]["x"][::20]
        [1.0, 0.0, 1.0, 4.0]
        """
        return next(filter(None, self._sampled(values, output)))

    def request(self, values: Values, output: float, publish: Callable[[dict[str, Any]], None]) -> None:
        """Publish the curves at these values when the kernel has time for them; earlier requests are forgotten."""
        self.forget()  # without a running loop there is no page to draw for
        self._waiting = later(DELAY, self._work, self._sampled(values, output), publish)

    def forget(self) -> None:
        """Take no more samples."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _work(self, work: Iterator[dict[str, Any] | None], publish: Callable[[dict[str, Any]], None]) -> None:
        until = time.perf_counter() + SLICE
        for found in work:
            if found is not None:
                self._waiting = None
                publish(found)
                return
            if time.perf_counter() > until:
                break
        self._waiting = later(PAUSE, self._work, work, publish)

    def _sampled(self, values: Values, output: float) -> Iterator[dict[str, Any] | None]:
        """None after every call of the function; the curves at last."""
        small = {name: value for name, value in values.items() if np.size(value) <= LARGEST_HELD}
        held = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in small.items()}
        taken: dict[str, list[float | None]] = {}
        found = {"held": held, "samples": taken, "note": ""}
        seconds = np.inf
        for _ in range(2):  # the first call may be slow by chance
            started = time.perf_counter()
            self._repeats = self._repeats and self._value(values) == output
            seconds = min(seconds, time.perf_counter() - started)
            if not self._repeats:
                yield found | {"note": Message("no curve: not the same value twice")}
                return
            yield None
        count = int(PATIENCE / max(seconds, PATIENCE / SAMPLES))
        if count < FEWEST:
            yield found | {"note": Message("no curve: one call takes {0} ms", f"{1000 * seconds:.0f}")}
            return
        for slider in self._sliders:
            samples: list[float | None] = []
            for x in np.linspace(slider.min, slider.max, count):
                samples.append(self._value(values | {slider.name: float(x)}))
                yield None
            taken[slider.name] = samples
        yield found

    def _value(self, values: Values) -> float | None:
        """f's value, None where it has no finite one. What f prints or warns of was said when the inputs were moved."""
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            warnings.simplefilter("ignore")
            value = float(self._function(values))
            return value if np.isfinite(value) else None
        return None
