"""A slider over round numbers on a scale of any kind, for what spans decades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets
from ipywidgets import SelectionSlider


class RoundNumbers(SelectionSlider):
    """A slider over the `usual` numbers. Link its `number`: set to another one, it takes that among them.

    words: how a number is written beside the slider. (A FloatLogSlider moves 2000 to 1995, where its steps are.)
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
