"""The figures of the lab on noise: the graph with its sampling node, the bell, and the two estimators."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import offset_copy

from ..drawing.figures import ROLES, new_figure, place, resize, styled
from ..drawing.sketch import Sketch
from ..formatting import format_number as shown
from ..formatting import spaced
from .noise import PARAMETERS, Comparison, Estimates

_BINS = 61
_REACH = 3.1  # standard deviations of the noisier estimator, to each side of the truth
_LOOK = {"pathwise": ("Pathwise: through z", "activation"), "score": ("Score function: around z", "score")}
_SLIM = 370  # pixels
_CUT = "A draw is no function of μ and σ:", "move them and z jumps. It has no slope."


def sign(value: float) -> str:
    """The role of a derivative's colour."""
    return "zero" if value == 0 else "neg" if value < 0 else "pos"


def _width(derivative: float) -> float:
    """An arrow's, in pixels: a logarithmic scale, as in the player."""
    return min(7.0, max(0.8, 2.2 + 1.6 * math.log10(abs(derivative)))) if derivative else 1.2


class GraphFigure:
    """mu, sigma and the noise, which make z, which makes f; and what comes back. Downward where it is narrow."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(400, 228)
        self._sketch = Sketch(self.figure)

    def draw(self, lab: Any) -> None:
        """Show the sample of the lab."""
        wide = float(self.figure.get_size_inches()[0]) * 96
        self._down = wide < _SLIM
        self._box = min(108.0, (wide - 20) / 3)
        at, height = (self._downward if self._down else self._rightward)(wide, inside=lab.inside)
        resize(self.figure, wide, height)
        self._sketch.begin(wide, height)
        sample = 132.0 if lab.inside else 94.0
        for name, local in {"mu": 1.0, "sigma": lab.eps}.items():
            self._draw_parameter(lab, name, local, at[name], at["z"], sample)
        if not lab.inside:
            start, end = self._joint(at["eps"], at["z"], sample)
            self._sketch.arrow(start[0], start[1], end[0], end[1], dash=(4, 3))
            self._sketch.box(*at["eps"], self._box, 50, dashed=True)
            self._write(at["eps"], f"ε = {shown(lab.eps, 3)}", "noise, held" if lab.held else "noise, redrawn")
        self._draw_result(lab, at, sample)
        self._sketch.box(*at["z"], sample, 50, dashed=lab.inside)
        self._write(at["z"], f"z = {shown(lab.z)}", "drawn from N(μ, σ²)" if lab.inside else "μ + σε")
        for k, line in enumerate(_CUT if lab.inside else ()):
            self._sketch.words(4, height - 26 + 18 * k, line, anchor="start")

    def _rightward(self, wide: float, *, inside: bool) -> tuple[dict[str, tuple[float, float]], float]:
        x, gap = self._box / 2 + 2, 86 if inside else 78
        middle = 34 + gap * (0.5 if inside else 1)
        at = {name: (x, 34 + gap * k) for k, name in enumerate(("mu", "sigma", "eps"))}
        return {**at, "z": (wide * 0.585, middle), "f": (wide - 31, middle)}, 216 if inside else 228

    def _downward(self, wide: float, *, inside: bool) -> tuple[dict[str, tuple[float, float]], float]:
        columns = (0.25, 0.75, 0.5) if inside else (1 / 6, 1 / 2, 5 / 6)
        at = {name: (wide * share, 28.0) for name, share in zip(("mu", "sigma", "eps"), columns, strict=True)}
        return {**at, "z": (wide / 2, 136), "f": (wide / 2, 232)}, 308 if inside else 262

    def _joint(self, at: tuple[float, float], z: tuple[float, float], sample: float) -> Any:
        """Where the edge from a box at the start of the graph to z begins and ends."""
        if self._down:
            return (at[0], at[1] + 26), (z[0] + (at[0] - z[0]) * 0.2, z[1] - 26)
        return (at[0] + self._box / 2 + 1, at[1]), (z[0] - sample / 2, z[1] + (at[1] - z[1]) * 0.15)

    def _draw_parameter(
        self, lab: Any, name: str, local: float, at: tuple[float, float], z: tuple[float, float], sample: float
    ) -> None:
        sketch, (start, end), (x, y) = self._sketch, self._joint(at, z, sample), at
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        arrived = lab.slope * local
        if lab.inside:
            sketch.line(*start, *end, dash=(4, 4))
            sketch.cut(*middle)
        else:
            self._back(end[0], end[1], start[0], start[1], arrived)
            self._tag(middle[0] + (0 if self._down else 4), middle[1], f"× {shown(local, 3)}", sign(local))
        sketch.box(x, y, self._box, 50)
        sketch.words(x, y - 3, f"{PARAMETERS[name]} = {shown(getattr(lab, name), 3)}", size=15, bold=True)
        sketch.words(x + 2, y + 14, f"∂f/∂{PARAMETERS[name]} =", "muted", 12, anchor="end")
        if lab.inside:
            sketch.slot(x + 24, y + 10)
        else:
            sketch.words(
                x + 6, y + 14, shown(arrived, 2 if self._box < 100 else 3), sign(arrived), 12, anchor="start", bold=True
            )

    def _draw_result(self, lab: Any, at: dict[str, tuple[float, float]], sample: float) -> None:
        (x, y), (zx, zy), sketch = at["f"], at["z"], self._sketch
        slope = f"df/dz = {lab.function_now.slope}"
        if self._down:
            self._back(x, y - 26, zx, zy + 26, lab.slope)
            self._tag((x + zx) / 2, (y + zy) / 2, shown(lab.slope, 3), sign(lab.slope))
            sketch.words(x + 38, y + 5, slope, "muted", 12, anchor="start")
        else:
            start, end = x - 29, zx + sample / 2 + 1
            self._back(start, y, end, zy, lab.slope)
            sketch.words((start + end) / 2, y - 9, shown(lab.slope, 3), sign(lab.slope), bold=True)
            sketch.words(x + 29, y + 44, slope, "muted", 12, anchor="end")
        sketch.box(x, y, 58, 50)
        self._write((x, y), "f", shown(lab.f, 3))

    def _write(self, at: tuple[float, float], name: str, below: str) -> None:
        self._sketch.words(at[0], at[1] - 3, name, size=15, bold=True)
        self._sketch.words(at[0], at[1] + 14, below, "muted", 12)

    def _back(self, x0: float, y0: float, x1: float, y1: float, value: float) -> None:
        self._sketch.arrow(x0, y0, x1, y1, sign(value), _width(value), None if value else (2, 3))

    def _tag(self, x: float, y: float, text: str, role: str) -> None:
        self._sketch.blank(x, y, len(text) * 7.5 + 8, 18)
        self._sketch.words(x, y + 5, text, role, bold=True)


class BellFigure:
    """The density, scaled to its peak, the sample on it, and where a small push on mu or sigma sends it."""

    _ENDS = (-10.0, 10.0)

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(400, 138)
        axes = self.figure.add_subplot(label="bell")
        axes.set(xlim=self._ENDS, ylim=(0, 1.16))
        axes.set_title("One sample on its bell curve", y=1.06)
        axes.spines["left"].set_visible(False)
        axes.yaxis.set_major_locator(NullLocator())
        axes.xaxis.set_major_locator(FixedLocator(list(range(-8, 9, 4))))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: shown(float(v))))
        self.axes, self._grid = axes, np.linspace(*self._ENDS, 241)
        (self._density,) = axes.fill([0], [0], facecolor=ROLES["zero"], alpha=0.13)
        (self._curve,) = axes.plot(self._grid, self._grid * 0, color=ROLES["zero"])
        (self._mean,) = axes.plot([0, 0], [0, 1], color=ROLES["zero"], linestyle=(0, (2, 3)))
        self._mu = axes.text(0, 1.03, " μ", color=ROLES["muted"], fontsize=9)
        self._trail = axes.scatter([], [], s=18, c=[], clip_on=False, zorder=3)
        (self._sample,) = axes.plot(
            [0], [0], "o", color=ROLES["ink"], markersize=10, markeredgecolor=ROLES["bg"], markeredgewidth=1.5,
            clip_on=False, zorder=5,
        )  # fmt: skip
        self._pushes = [self._make_push(axes, 0.17 + 0.19 * k) for k in range(2)]

    def _make_push(self, axes: Any, y: float) -> tuple[Any, Any]:
        arrow = axes.annotate(
            "", (0, y), (0, y), arrowprops={"arrowstyle": "-|>", "lw": 1.5, "shrinkA": 0, "shrinkB": 0}, zorder=4
        )
        return arrow, axes.text(0, y, "", fontsize=9, va="center", zorder=4)

    def draw(self, lab: Any) -> None:
        """Show the sample of the lab."""
        across = float(self.figure.get_size_inches()[0]) * 96 - 4
        place(self.axes, 2, 24, across, 92)
        density = np.exp(-(((self._grid - lab.mu) / lab.sigma) ** 2) / 2)
        self._curve.set_ydata(density)
        self._density.set_xy(np.column_stack([self._grid, density]))
        self._mean.set_xdata([lab.mu, lab.mu])
        self._mu.set_x(lab.mu)
        self._sample.set_xdata([lab.z])
        shown_trail = lab.trail if lab.inside or not lab.held else []
        self._trail.set_offsets([(z, 0) for z in shown_trail] or np.empty((0, 2)))
        ink = tuple(int(ROLES["zero"][k : k + 2], 16) / 255 for k in (1, 3, 5))
        shades: Any = [(*ink, 0.12 + 0.5 * k / len(shown_trail)) for k in range(len(shown_trail))]
        self._trail.set_facecolor(shades)
        gap = 10 * (self._ENDS[1] - self._ENDS[0]) / across  # pixels: the head of a short arrow reaches beyond its ends
        for (arrow, words), (name, push) in zip(self._pushes, {"μ": 1.0, "σ": lab.eps}.items(), strict=True):
            arrow.set_visible(not lab.inside and push != 0)
            words.set_visible(not lab.inside)
            end, y = lab.z + push, float(words.get_position()[1])
            arrow.xy, arrow.xyann = (end, y), (lab.z, y)
            arrow.arrow_patch.set_color(ROLES[sign(push)])
            words.set_text(f"d{name} = 1 gives dz = {'1' if name == 'μ' else 'ε'}")
            long = 6.6 * len(words.get_text()) / 10 * gap
            right = max(lab.z, end) < min(3.0, self._ENDS[1] - gap - long)
            words.set(x=max(lab.z, end) + gap if right else min(lab.z, end) - gap, ha="left" if right else "right")


class EstimatorFigure:
    """Both histograms on one axis, and the running means in their bands."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(420, 424)
        self._histograms = {name: _Histogram(self.figure, name) for name in _LOOK}
        axes = self._running = self.figure.add_axes((0, 0, 1, 1), label="running")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([1, 10, 100, 1000, 10_000]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: spaced(round(v))))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        self._title = axes.set_title("Running mean, ± 2 standard errors", y=1.05)
        self._bands, self._lines = {}, {}
        for name in reversed(_LOOK):
            colour = ROLES[_LOOK[name][1]]
            (self._bands[name],) = axes.fill([1], [0], facecolor=colour, alpha=0.2, lw=0)
            (self._lines[name],) = axes.plot([1], [0], color=colour, linewidth=1.5, zorder=4)
        (self._truth,) = axes.plot([1, 2], [0, 0], color=ROLES["ink"], linewidth=1.05, zorder=3)

    def _place(self) -> None:
        wide = float(self.figure.get_size_inches()[0]) * 96
        self._histograms["pathwise"].place(wide, 24)
        self._histograms["score"].place(wide, 144)
        place(self._running, 44, 292, wide - 62, 112)
        self._title.set_x(-42 / (wide - 62))

    def draw(self, found: Comparison, *, cut: bool) -> None:
        """Show the estimates; `cut` leaves the pathwise ones out."""
        self._place()
        noisiest = max(found.score.exact_variance, 0.0 if cut else found.pathwise.exact_variance)
        half = _REACH * math.sqrt(noisiest) or 1.0
        for name, histogram in self._histograms.items():
            histogram.draw(getattr(found, name), found.truth, half, empty=cut and name == "pathwise")
        n = len(found.score.values)
        reach = max(0.02, 2 * math.sqrt(noisiest) / math.sqrt(max(6.0, n / 60)))
        ends = found.truth - reach, found.truth + reach
        self._running.set(xlim=(1, max(n, 2)), ylim=ends)
        self._running.yaxis.set_major_locator(FixedLocator([ends[0], found.truth, ends[1]]))
        self._running.set_yticklabels([shown(ends[0], 2), shown(found.truth, 3), shown(ends[1], 2)])
        self._truth.set_data([1, max(n, 2)], [found.truth, found.truth])
        for name in _LOOK:
            self._draw_mean(name, getattr(found, name), visible=not (cut and name == "pathwise"))

    def _draw_mean(self, name: str, estimates: Estimates, *, visible: bool) -> None:
        counts, means = estimates.running_mean()
        error = 2 * np.sqrt(max(0.0, estimates.exact_variance) / counts)
        high, low = estimates.exact_mean + error, estimates.exact_mean - error
        self._bands[name].set_xy(np.column_stack([[*counts, *counts[::-1]], [*high, *low[::-1]]]))
        self._lines[name].set_data(counts, means)
        for artist in (self._bands[name], self._lines[name]):
            artist.set_visible(visible)


class _Histogram:
    """An estimator's values around the truth, the height the square root of the count, so that tails show."""

    def __init__(self, figure: Any, name: str) -> None:
        words, role = _LOOK[name]
        axes = self._axes = figure.add_axes((0, 0, 1, 1), label=name)
        self._words, self._title = words, axes.set_title(words, color=ROLES[role], y=1.05)
        self._variance = axes.set_title("", loc="right", y=1.05)
        axes.spines["left"].set_visible(False)
        axes.yaxis.set_major_locator(NullLocator())
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: shown(round(float(v), 9))))
        axes.tick_params(axis="x", pad=13, labelbottom=name == "score")
        across = axes.get_xaxis_transform()
        self._bars = axes.stairs([0.0], [0.0, 1.0], fill=True, color=ROLES[role], alpha=0.8)
        (self._truth,) = axes.plot(
            [0, 0], [-0.16, 1.04], color=ROLES["ink"], linewidth=1.2, transform=across, clip_on=False, zorder=4
        )
        (self._spread,) = axes.plot(
            [0, 0], [-0.1, -0.1], color=ROLES[role], linewidth=2.2, transform=across, clip_on=False
        )
        beside = offset_copy(across, figure, 5, 0, units="points")
        self._deviation = axes.text(0, -0.1, "", transform=beside, color=ROLES["muted"], fontsize=8.6, va="center")
        self._beyond = axes.text(0, 0.9, "", transform=axes.transAxes, color=ROLES["muted"], fontsize=8.6)
        self._empty = axes.text(
            0.5, 0.45, "no path through a draw, so no estimate", transform=axes.transAxes, color=ROLES["muted"],
            fontsize=9, ha="center",
        )  # fmt: skip
        (self._slot,) = axes.plot(
            [0.002, 0.002, 0.998, 0.998, 0.002], [0, 0.95, 0.95, 0, 0], transform=axes.transAxes, clip_on=False,
            color=ROLES["zero"], linestyle=(0, (4, 4)),
        )  # fmt: skip

    def place(self, wide: float, top: float) -> None:
        place(self._axes, 2, top, wide - 4, 78)
        self._title.set_text(self._words if wide > 330 else self._words.split(":")[0])

    def draw(self, estimates: Estimates, truth: float, half: float, *, empty: bool) -> None:
        counts, edges = np.histogram(estimates.values, _BINS, (truth - half, truth + half))
        heights, deviation = np.sqrt(counts), math.sqrt(max(0.0, estimates.exact_variance))
        self._bars.set_data(heights, edges)
        self._axes.set(xlim=(edges[0], edges[-1]), ylim=(0, max(1.0, float(heights.max()))))
        self._truth.set_xdata([truth, truth])
        right = estimates.exact_mean + deviation
        self._spread.set_xdata([estimates.exact_mean - deviation, right])
        self._deviation.set(x=right, text=f"± {shown(deviation, 3)}")
        beyond = len(estimates.values) - int(counts.sum())
        self._beyond.set_text(f"{beyond} beyond the edges" if beyond else "")
        self._variance.set_text("" if empty else f"variance {shown(estimates.exact_variance)}")
        for artist in (self._bars, self._truth, self._spread, self._deviation, self._beyond):
            artist.set_visible(not empty)
        for artist in (self._empty, self._slot):
            artist.set_visible(empty)
        self._axes.spines["bottom"].set_visible(not empty)
        self._axes.tick_params(axis="x", length=0 if empty else 3)
