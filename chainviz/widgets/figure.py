"""FigureView: a matplotlib figure in the notebook, drawn at the width it has, updated in place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_ONE_AT_A_TIME = threading.RLock()
"""Figures may be shared, and a control is answered in a thread beside the one of the cells."""


class FigureView(anywidget.AnyWidget):
    """Shows a matplotlib figure as SVG in the theme's colours; `draw` shows what it is now, without a flicker.

    figure: from `drawing.figures.new_figure`. words: says to a screen reader what it shows, anew at each drawing.
    fill: is called with the figure, at the width of the page, before each drawing: it places the axes (see
    `drawing.figures.place`), sets all that they show, and may change the height. So views can share a figure.
    `hears` lists what the figure answers, of "move", "click" and "key" (arrows, Home, End, Enter, Space): `on_event`
    hands on {"kind": "move", "axes": label, "x": ..., "y": ...} in the data's coordinates, {"kind": "leave"}, or
    {"kind": "key", "key": "ArrowLeft"}.
    `band` marks a part without a new drawing: from and to in shares of the width, and down to in a share of the height.
    """

    _esm = Path(__file__).with_name("figure.js").read_text(encoding="utf-8")

    svg = traitlets.Unicode().tag(sync=True)
    regions = traitlets.List(traitlets.Dict()).tag(sync=True)
    width = traitlets.Int(800, min=80, max=4000).tag(sync=True)
    hears = traitlets.List(traitlets.Unicode()).tag(sync=True)
    band = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self, figure: Any, words: Callable[[], str], fill: Callable[[Any], None] = lambda _: None, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self.figure, self._words, self._fill = figure, words, fill
        self.width = round(figure.get_size_inches()[0] * 96)
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self.observe(lambda _: self.draw(), "width")
        self.on_msg(lambda _, content, __: self._hear(content))

    def draw(self) -> None:
        """Show the figure as it is now. The figure itself keeps the size that it was made with."""
        from ..drawing.figures import regions, resize, styled, to_svg

        with _ONE_AT_A_TIME, styled(), self.hold_sync():
            made = self.figure.get_size_inches() * 96
            try:
                resize(self.figure, self.width, made[1])
                self._fill(self.figure)
                self.svg, self.regions = to_svg(self.figure, self._words()), regions(self.figure)
            finally:
                resize(self.figure, *made)

    def still(self) -> str:
        """The picture where no widget lives."""
        return self.svg

    def sweep(self, start: float, end: float, steps: int) -> None:
        """Let what has a gid beginning with "sweep" appear once more, in steps from one share of the width to another.

        The page animates it, without the kernel; where the reader asked for less motion nothing moves.
        """
        self.send({"kind": "sweep", "start": start, "end": end, "steps": steps})

    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call the listener with what the pointer or the keys do, as the class says."""
        self._listeners.append(listener)

    def _hear(self, content: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(content)

    def __repr__(self) -> str:
        return self._words()
