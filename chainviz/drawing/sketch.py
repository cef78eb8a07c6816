"""Sketch: boxes, arrows and words in pixels on a matplotlib figure, for small graphs among charts."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from matplotlib.text import Text

from .figures import ROLES, place

_POINTS = 0.75  # in a pixel
_HEAD = 8.0  # an arrow's, in pixels
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


class Sketch:
    """Axes over the whole figure, or its upper `height` pixels, whose unit is the pixel, from the top left corner.

    `begin`, then draw everything anew: the axes stay, what stood on them goes.
    """

    def __init__(self, figure: Figure) -> None:
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()

    def begin(self, width: float, height: float) -> None:
        """Take away what stands there, and take that many pixels from the figure's top left corner."""
        for artist in [*self.axes.patches, *self.axes.lines, *self.axes.texts]:
            artist.remove()
        place(self.axes, 0, 0, width, height)
        self.axes.set(xlim=(0, width), ylim=(height, 0))

    def words(
        self, x: float, y: float, text: str, role: str = "ink", size: float = 13, *, anchor: str = "middle",
        bold: bool = False,
    ) -> None:  # fmt: skip
        """One line of text on the baseline y; anchor "start", "middle" or "end" stands at x."""
        style: Any = {"ha": _ANCHORS[anchor], "va": "baseline", "weight": "bold" if bold else "normal"}
        self.axes.add_artist(Text(x, y, text, color=ROLES[role], fontsize=size * _POINTS, **style))

    def box(
        self, x: float, y: float, width: float, height: float, *, role: str = "muted", line: float = 1.3,
        dashed: bool = False, radius: float = 7, fill: bool = True,
    ) -> None:  # fmt: skip
        """A box with round corners around its middle (x, y)."""
        style: Any = {"boxstyle": f"round,pad=0,rounding_size={radius}", "linestyle": (0, (4, 3)) if dashed else "-"}
        corner = (x - width / 2, y - height / 2)
        self.axes.add_patch(
            FancyBboxPatch(
                corner, width, height, edgecolor=ROLES[role], facecolor=ROLES["bg"] if fill else "none",
                linewidth=line * _POINTS, mutation_aspect=1, **style,
            )
        )  # fmt: skip

    def blank(self, x: float, y: float, width: float, height: float) -> None:
        """Background around the middle (x, y), for what is written over a line."""
        self.axes.add_patch(Rectangle((x - width / 2, y - height / 2), width, height, facecolor=ROLES["bg"], lw=0))

    def line(
        self, x0: float, y0: float, x1: float, y1: float, role: str = "muted", line: float = 1.3,
        dash: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """A straight line."""
        style: Any = (0, dash) if dash else "-"
        self.axes.add_line(
            Line2D([x0, x1], [y0, y1], color=ROLES[role], linewidth=line * _POINTS, linestyle=style, zorder=1)
        )

    def arrow(
        self, x0: float, y0: float, x1: float, y1: float, role: str = "muted", line: float = 1.3,
        dash: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """A straight line to (x1, y1) with a head there."""
        along, head = math.atan2(y1 - y0, x1 - x0), _HEAD + line
        self.line(x0, y0, x1 - math.cos(along) * head / 2, y1 - math.sin(along) * head / 2, role, line, dash)
        wings = [(x1 - head * math.cos(along + turn), y1 - head * math.sin(along + turn)) for turn in (-0.42, 0.42)]
        self.axes.add_patch(Polygon([(x1, y1), *wings], facecolor=ROLES[role], lw=0))

    def cut(self, x: float, y: float) -> None:
        """Two slashes in a gap: a line that is broken here."""
        self.blank(x, y, 16, 22)
        for left in (-8, 1):
            self.axes.add_line(
                Line2D([x + left, x + left + 7], [y + 9, y - 9], color=ROLES["ink"], linewidth=2.5 * _POINTS, zorder=3)
            )

    def slot(self, x: float, y: float, width: float = 30, height: float = 15) -> None:
        """An empty place for a number that does not exist, around its middle (x, y)."""
        self.box(x, y, width, height, radius=4, dashed=True, line=1, fill=False)
