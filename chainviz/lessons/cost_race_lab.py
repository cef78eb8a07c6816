"""The lab on cost: the same gradient in reverse mode, layer by layer anew, and in forward mode."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ..drawing.figures import ROLES, new_figure, place, resize, styled
from ..formatting import format_number, power_of_ten
from ..widgets.figure import FigureView
from ..widgets.lab import Lab
from ..widgets.settings import Whole
from ..widgets.sliders import bind
from .cost_race import WAYS

DEEPEST, WIDEST = 60, 64
CARE = (
    "Counted are multiplications once all local derivatives are known, for tanh layers without biases. Nobody programs "
    "“each layer anew”; it is what the formula costs if it is worked out for one layer after the other. Forward mode "
    "loses here because one loss depends on many weights; with one input and many outputs it wins. Memory leaves out "
    "the weights and their gradients, which all three need."
)
_NARROW, _WIDE, _HIGH = 440, 720, 250
_LOOKS = ((ROLES["ink"], "-"), (ROLES["neg"], (0, (5, 2))), (ROLES["score"], (0, (1.5, 1.5))))
_DEPTHS = np.arange(1, DEEPEST + 1)


class CostRace(Lab):
    """The lab that `cv.lessons.gradient_flow("cost race")` makes. Its traits can be given, set and observed:

    depth: layers, 1 to 60. width: units in each, 1 to 64.

    >>> CostRace(depth=20)
    CostRace(depth=20, width=16, passes=20 or 210 or 102,400, multiplications=10,320 or 57,440 or 52,838,400,
    memory=338 or 338 or 64)
    """

    depth = Whole(1, DEEPEST, 20)
    width = Whole(1, WIDEST, 16)

    def __init__(self, *, depth: int = 20, width: int = 16) -> None:
        self.depth, self.width = depth, width
        sliders: dict[str, Any] = {
            "depth": ipywidgets.IntSlider(20, 1, DEEPEST, description="Depth (layers)"),
            "width": ipywidgets.IntSlider(16, 1, WIDEST, description="Width (units)"),
        }
        for name, slider in sliders.items():
            bind(self, name, slider)
        with styled():
            self._make_figure()
        self.view = FigureView(self._figure, self._words, self._fill)
        super().__init__(settings=list(sliders.values()), pictures=[self.view], care=CARE, facts=self._facts_now)
        self.observe(self.answers(self._show), ["depth", "width"])
        self._show()

    def _make_figure(self) -> None:
        self._figure = new_figure(860, _HIGH)
        self._stairs = self._figure.add_subplot(1, 3, 1, label="passes")
        self._stairs.set_axis_off()
        self._title = self._stairs.set_title(" ")
        self._once: Any = self._stairs.add_patch(PathPatch(Path([(0, 0)]), edgecolor=_LOOKS[0][0], fill=False))
        self._again: Any = self._stairs.add_patch(PathPatch(Path([(0, 0)]), edgecolor=_LOOKS[1][0], fill=False))
        for patch in (self._once, self._again):
            patch.set_capstyle("butt")
        self._ends = [self._stairs.text(x, -0.04, "", transform=self._stairs.transAxes, ha=side, va="top", fontsize=9,
                                        color=ROLES["muted"]) for x, side in ((0, "left"), (1, "right"))]  # fmt: skip
        self._work = self._figure.add_subplot(1, 3, 2, label="work")
        self._memory = self._figure.add_subplot(1, 3, 3, label="memory")
        self._curves = [self._lines(axes) for axes in (self._work, self._memory)]
        self._work.set_title("Multiplications")
        self._memory.set_title("Memory: numbers kept")
        self._work.set_yscale("log")
        self._work.yaxis.set_major_locator(FixedLocator([10.0**k for k in range(0, 13, 3)]))
        self._work.yaxis.set_major_formatter(FuncFormatter(lambda v, _: power_of_ten(round(math.log10(v)))))
        self._work.yaxis.set_minor_locator(NullLocator())
        self._memory.yaxis.set_major_locator(MaxNLocator(4, integer=True))

    def _lines(self, axes: Any) -> list[tuple[Any, Any, Any]]:
        """For every way a line over the depth, its dot at the depth of now, and its name."""
        axes.set_xlim(0, DEEPEST + 2)
        axes.set_xticks([1, 20, 40, 60])
        axes.set_xlabel("depth (layers)")
        axes.grid(axis="y")
        return [
            (
                axes.plot(_DEPTHS, _DEPTHS, color=colour, linestyle=dashes, linewidth=1.6)[0],
                axes.plot([1], [1], "o", color=colour, markersize=6)[0],
                axes.text(DEEPEST, 1, "", color=colour, ha="right", va="bottom", fontsize=9),
            )
            for colour, dashes in _LOOKS
        ]

    def _place(self, figure: Any) -> None:
        width = figure.get_size_inches()[0] * 96
        if width < _NARROW:  # one under the other
            resize(figure, width, 3 * _HIGH)
            places = [(48, 30 + k * _HIGH, width - 64) for k in range(3)]
        elif width < _WIDE:  # the passes over the two curves
            resize(figure, width, 2 * _HIGH)
            half = width / 2
            places = [(48, 30, width - 64), (48, 30 + _HIGH, half - 72), (half + 48, 30 + _HIGH, half - 64)]
        else:
            resize(figure, width, _HIGH)
            third = width / 3
            places = [(20, 30, third - 24), (third + 48, 30, third - 72), (2 * third + 48, 30, third - 64)]
        for axes, (left, top, wide) in zip((self._stairs, self._work, self._memory), places, strict=True):
            place(axes, left, top, wide, _HIGH - 84)

    def _thickness(self) -> None:
        pixels = self._stairs.get_position().height * self._figure.get_size_inches()[1] * 96
        for patch in (self._once, self._again):
            patch.set_linewidth(0.72 * 0.7 * pixels / self.depth)

    def _show(self) -> None:
        self._say()
        self.view.draw()

    def _fill(self, figure: Any) -> None:
        self._place(figure)
        L, n = self.depth, self.width
        self._stairs.set_xlim(0, L)
        self._stairs.set_ylim(L, 0)
        self._title.set_text(f"{L * (L + 1) // 2:,} passes, {L:,} of them new")
        self._once.set_path(_row_of_passes(L, [1]))
        self._again.set_path(_row_of_passes(L, range(2, L + 1)))
        for text, words in zip(self._ends, ("layer 1", f"layer {L}"), strict=True):
            text.set_text(words if L > 1 or text is self._ends[0] else "")
        self._thickness()
        for lines, axes, of in zip(
            self._curves, (self._work, self._memory), ("multiplications", "memory"), strict=True
        ):
            for (line, dot, name), way in zip(lines, WAYS, strict=True):
                heights = getattr(way, of)(_DEPTHS, n)
                line.set_ydata(heights)
                dot.set_data([L], [heights[L - 1]])
                name.set_text(way.name)
                below = way is WAYS[0] and axes is self._work  # whose line has another one close above it
                name.set(y=heights[-1] * ((1 / 2 if below else 1.8) if axes is self._work else 1),
                         va="top" if below else "bottom")  # fmt: skip
            most = max(getattr(way, of)(DEEPEST, n) for way in WAYS)
            axes.set_ylim(*((1, most * 10) if axes is self._work else (0, most * 1.15)))
        self._curves[1][0][2].set_text("")
        self._curves[1][1][2].set_text("the other two")

    def _say(self) -> None:
        L, n = self.depth, self.width
        once, anew, forward = (way.multiplications(L, n) for way in WAYS)
        if L == 1:
            sentence, strong = "With one layer there is nothing to compute twice.", ""
        else:
            strong = f"{format_number(anew / once, 3)} times"
            sentence = f"Each layer anew multiplies {strong} as often as one pass back."
        self.headline.sentence, self.headline.strong = sentence, strong
        self.headline.why = (
            f"{L * (L + 1) // 2:,} passes through a layer instead of {L:,}. Forward mode needs {L:,} for each of "
            f"{L * n * n:,} weights, {forward // once:,} times the multiplications. "
            f"Reverse mode keeps {WAYS[0].memory(L, n):,} numbers for that, forward mode {WAYS[2].memory(L, n):,}."
        )

    def _words(self) -> str:
        counts = ", ".join(f"{way.name} {way.multiplications(self.depth, self.width):,}" for way in WAYS)
        kept = ", ".join(f"{way.name} {way.memory(self.depth, self.width):,}" for way in WAYS)
        return f"Multiplications at depth {self.depth}: {counts}. Numbers kept: {kept}."

    def _facts_now(self) -> dict[str, str]:
        def of(what: str) -> str:
            return " or ".join(f"{getattr(way, what)(self.depth, self.width):,}" for way in WAYS)

        counted = {what: of(what) for what in ("passes", "multiplications", "memory")}
        return {"depth": str(self.depth), "width": str(self.width), **counted}


def _row_of_passes(depth: int, rows: Any) -> Path:
    """One path of short strokes: in the row of layer k, one for each layer from k to the last."""
    strokes = [((at + 0.1, row - 0.5), (at + 0.9, row - 0.5)) for row in rows for at in range(row - 1, depth)]
    if not strokes:
        return Path([(0.0, 0.0)])
    return Path(np.reshape(strokes, (-1, 2)), [Path.MOVETO, Path.LINETO] * len(strokes))
