"""A slider over round numbers on a scale of any kind, and the link of a control with the setting that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets
from ipywidgets import SelectionSlider, Widget


def steps(least: float, most: float, step: float) -> list[float]:
    """The round numbers from least to most, a step apart.

    >>> steps(-0.1, 0.2, 0.1)
    [-0.1, 0.0, 0.1, 0.2]
    """
    return [round(least + k * step, 10) for k in range(round((most - least) / step) + 1)]


class RoundNumbers(SelectionSlider):
    """A slider over the `usual` numbers. Link its `number`: set to another one, it takes that among them.

    words: how a number is written beside the slider. (A FloatSlider moves 0.123 to 0.1, where its steps are, and sends
    that back: the setting would change because it was shown.)
    """

    number = traitlets.Any()

    def __init__(self, usual: Sequence[float], words: Callable[[Any], str] = str, **traits: Any) -> None:
        self._usual, self._words, self._offering = tuple(usual), words, False
        super().__init__(options=self._among(usual[0]), **traits)
        self.number = self.value
        self.observe(self._moved, "value")
        self.observe(self._set, "number")

    def _among(self, chosen: float) -> list[tuple[str, float]]:
        return [(self._words(number), number) for number in sorted({*self._usual, chosen})]

    def _moved(self, change: Any) -> None:
        if not self._offering:
            self.number = change.new

    def _set(self, change: Any) -> None:
        if self.value == change.new:
            return
        self._offering = True  # new options choose the first of them
        try:
            self.options = self._among(change.new)
            self.value = change.new
        finally:
            self._offering = False


def bind(lab: Any, name: str, control: Widget) -> None:
    """Keep a lab's setting and the control that shows it equal, whichever of them changes."""
    traitlets.link((lab, name), (control, setting_of(control)))
    lab.changes(control, name)


def setting_of(control: Widget) -> str:
    """The trait of a control that a lab's setting is equal to."""
    return "number" if isinstance(control, RoundNumbers) else "value"
