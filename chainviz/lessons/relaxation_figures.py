"""The figures of the lab on the relaxed coin: its draws and their estimates, and the error over the temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from ..drawing.figures import ROLES, new_figure, place, styled
from ..formatting import format_number as shown
from ..formatting import spaced
from .relaxation import Moments, moments, score_function

TEMPERATURES = np.geomspace(0.1, 10, 41)
_LEAST = 1e-5  # of the errors' axis


class DrawsFigure:
    """Histograms of the coins and of the estimates; heights are square roots of counts, so that tails show."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(400, 372)
        self._coins = self._axes("Draws of the relaxed coin y", "zero", 0.45)
        self._coins[0].set(xlim=(0, 1))
        self._estimates = self._axes("Each draw's estimate", "activation", 0.8)
        axes = self._estimates[0]
        self._marks = [
            axes.plot([0, 0], [-0.16, 1.04], color=ROLES[role], transform=axes.get_xaxis_transform(), clip_on=False,
                      linewidth=1.2, zorder=4, linestyle=style)[0]
            for role, style in (("ink", "-"), ("activation", (0, (3, 2))))
        ]  # fmt: skip
        self._note = axes.text(0, -0.275, "", transform=axes.transAxes, color=ROLES["muted"], fontsize=9, va="top")

    def _axes(self, title: str, role: str, alpha: float) -> tuple[Any, Any]:
        axes = self.figure.add_axes((0, 0, 1, 1), label=title)
        axes.set_title(title, y=1.03)
        axes.spines["left"].set_visible(False)
        axes.yaxis.set_major_locator(NullLocator())
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: shown(round(float(v), 9))))
        axes.tick_params(axis="x", pad=8)
        return axes, axes.stairs([0.0], [0.0, 1.0], fill=True, color=ROLES[role], alpha=alpha)

    def _place(self) -> None:
        wide = float(self.figure.get_size_inches()[0]) * 96 - 36
        place(self._coins[0], 18, 24, wide, 110)
        place(self._estimates[0], 18, 202, wide, 120)

    def draw(self, coins: Any, estimates: Any, now: Moments) -> None:
        """Show the draws."""
        self._place()
        half = 3.5 * float(np.sqrt(now.variance)) + abs(now.bias) + 0.2 * abs(now.truth)
        ends = now.truth - half, now.truth + half
        for (axes, bars), values, reach in ((self._coins, coins, (0.0, 1.0)), (self._estimates, estimates, ends)):
            counts, edges = np.histogram(values, 51, reach)
            bars.set_data(np.sqrt(counts), edges)
            axes.set(xlim=reach, ylim=(0, max(1.0, float(np.sqrt(counts.max())) * 1.15)))
        for mark, x in zip(self._marks, (now.truth, now.mean), strict=True):
            mark.set_xdata([x, x])
        beyond = int(np.sum((estimates < ends[0]) | (estimates > ends[1])))
        further = f" · {beyond} beyond the edges" if beyond else ""
        self._note.set_text(f"true {shown(now.truth)}, dashed: mean {shown(now.mean)}{further}")


class ErrorFigure:
    """The error of an average over the temperature, with its two parts; the score function's for comparison."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(420, 372)
        axes = self.axes = self.figure.add_subplot(label="error")
        axes.set(xscale="log", yscale="log", xlim=(TEMPERATURES[0], TEMPERATURES[-1]))
        axes.xaxis.set_major_locator(FixedLocator([0.1, 0.3, 1, 3, 10]))
        axes.yaxis.set_major_locator(FixedLocator([10.0**k for k in range(-5, 1)]))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda v, _: shown(float(v), 3)))
            axis.set_minor_locator(NullLocator())
            axis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("temperature", labelpad=2)
        self._title = axes.set_title("", y=1.02)
        looks: dict[str, Any] = {
            "bias": {"color": ROLES["activation"], "linestyle": (0, (4, 2))},
            "noise": {"color": ROLES["zero"], "linestyle": (0, (1, 1.5))},
            "error": {"color": ROLES["ink"], "linewidth": 1.9},
            "score": {"color": ROLES["score"]},
        }
        self._lines = {name: axes.plot([], [], **look)[0] for name, look in looks.items()}
        self._words = {
            name: axes.text(0, 0, words, color=looks[name]["color"], fontsize=9, va=va, ha=ha)
            for name, words, va, ha in (
                ("bias", "bias ", "bottom", "right"), ("noise", " noise", "bottom", "left"),
                ("score", "score function", "bottom", "right"),
            )
        }  # fmt: skip
        (self._now,) = axes.plot([], [], color=ROLES["ink"], linewidth=0.9, linestyle=(0, (2, 3)))
        (self._point,) = axes.plot([], [], "o", color=ROLES["ink"], markersize=8, zorder=5)

    def _place(self) -> None:
        wide = float(self.figure.get_size_inches()[0]) * 96 - 66
        place(self.axes, 52, 24, wide, 300)
        self._title.set_x(-50 / wide)

    def draw(self, theta: float, temperature: float, draws: int, *, hard: bool) -> None:
        """Show the errors of an average of that many draws."""
        self._place()
        found = [moments(theta, float(t), hard) for t in TEMPERATURES]
        bias = np.maximum([abs(m.bias) for m in found], _LEAST / 10)
        noise = np.array([np.sqrt(m.variance / draws) for m in found])
        error = np.array([m.error(draws) for m in found])
        now = moments(theta, temperature, hard).error(draws)
        score = score_function(theta).error(draws)
        top = float(max(error.max(), score)) * 2
        bottom = max(_LEAST, float(error.min()) / 8)
        self._title.set_text(f"Error of the mean of {spaced(draws)} draws")
        self.axes.set_ylim(bottom, top)
        for name, values in (("bias", bias), ("noise", noise), ("error", error), ("score", np.full(41, score))):
            self._lines[name].set_data(TEMPERATURES, values)
        seen = np.flatnonzero(bias > bottom * 1.3)
        where = int(seen[0]) if len(seen) else -1
        self._words["bias"].set(x=TEMPERATURES[min(where + 6, 40)], y=bias[min(where + 6, 40)])
        self._words["noise"].set(x=TEMPERATURES[1], y=noise[1] * 1.06)
        self._words["score"].set(x=TEMPERATURES[-1], y=score * 1.05)
        self._now.set_data([temperature] * 2, [bottom, now])
        self._point.set_data([temperature], [now])
