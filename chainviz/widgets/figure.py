"""FigureView: a matplotlib figure in the notebook, drawn at the width it has, updated in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class FigureView(anywidget.AnyWidget):
    """Shows one matplotlib figure as SVG in the theme's colours; `draw` shows its changes, without a flicker.

    figure: from `drawing.figures.new_figure`. words: says to a screen reader what it shows, anew at each drawing.
    place: is called with the figure whenever its size has changed, to put its axes there (see `drawing.figures.place`).
    `hears` lists what the figure answers, of "move", "click" and "key" (arrows, Home, End, Enter, Space): `on_event`
    hands on {"kind": "move", "axes": label, "x": ..., "y": ...} in the data's coordinates, {"kind": "leave"}, or
    {"kind": "key", "key": "ArrowLeft"}.
    """

    _esm = Path(__file__).with_name("figure.js").read_text(encoding="utf-8")

    svg = traitlets.Unicode().tag(sync=True)
    regions = traitlets.List(traitlets.Dict()).tag(sync=True)
    width = traitlets.Int(800, min=80, max=4000).tag(sync=True)
    hears = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self, figure: Any, words: Callable[[], str], place: Callable[[Any], None] = lambda _: None, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self.figure, self._words, self._place = figure, words, place
        self.width = round(figure.get_size_inches()[0] * 96)
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self.observe(lambda _: self._resize(), "width")
        self.on_msg(lambda _, content, __: self._hear(content))
        self._resize()

    def draw(self) -> None:
        """Show the figure as it is now."""
        from ..drawing.figures import regions, to_svg

        with self.hold_sync():
            self.svg = to_svg(self.figure, self._words())
            self.regions = regions(self.figure)

    def still(self) -> str:
        """The picture where no widget lives."""
        return self.svg

    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call the listener with what the pointer or the keys do, as the class says."""
        self._listeners.append(listener)

    def _resize(self) -> None:
        from ..drawing.figures import resize

        resize(self.figure, self.width, self.figure.get_size_inches()[1] * 96)
        self._place(self.figure)
        self.draw()

    def _hear(self, content: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(content)

    def __repr__(self) -> str:
        return self._words()
