"""The depth lab's picture: one layer axis through the chain, the gradient, its factors, and the activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..drawing.figures import ROLES, new_figure, place, resize, styled
from .activations import ACTIVATIONS, Array
from .depth import BINS, BackwardPass
from .layers import (
    LEFT,
    NARROW,
    ROW,
    Bars,
    Chain,
    bar_axes,
    chain_axes,
    decades,
    inner,
    number_decades,
    number_layers,
    pairs,
    span_layers,
)  # fmt: skip
from .marks import POINT, Boxes, bare, boxes, label, moved, strokes, title

ROLE_OF = {"A": "pos", "B": "score"}
_FACTORS = (np.log10(0.04), np.log10(6.0))
_BARS, _SPREAD, _UNITS = 214, 78, 71  # heights in pixels
_FIXED = 22 + 24 + 44 + 34 + 4  # titles, numbers and gaps


class DepthFigure:
    """Draws one or two backward passes, "A" and "B"."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(800, _FIXED + ROW + _BARS + _SPREAD + _UNITS)
        self._chain_axes, self._aside = chain_axes(self.figure, "The chain, as the wave goes back")
        self._chains = [Chain(self._chain_axes, role, row) for row, role in enumerate(ROLE_OF.values())]
        self._names = [
            label(self._chain_axes, name, -30, -ROW * (row + 0.5) - 4, role, fontweight="bold")
            for row, (name, role) in enumerate(ROLE_OF.items())
        ]
        self._gradient, self._scale = bar_axes(self.figure, "gradient", "Gradient that reaches each layer", "")
        self._bars = [Bars(self._gradient, role, row) for row, role in enumerate(ROLE_OF.values())]
        self._bound = _Bound(self._gradient)
        self._factors = _Factors(self.figure)
        self._units = _Units(self.figure)

    def draw(self, passes: dict[str, BackwardPass], of: str) -> None:
        """Draw these passes, the factors and activations being those of the one named `of`."""
        width, across = inner(self.figure)
        rows, top = len(passes), 22.0
        resize(self.figure, width, _FIXED + ROW * rows + _BARS + _SPREAD + _UNITS + self._extra())
        for axes, height, gap in (
            (self._chain_axes, ROW * rows, 24), (self._gradient, _BARS, 44 + self._extra()),
            (self._factors.axes, _SPREAD, 34), (self._units.axes, _UNITS, 0),
        ):  # fmt: skip
            place(axes, LEFT, top, across, height)
            top += height + gap
        self._draw(passes, of, across)

    def _extra(self) -> int:
        """Room for the key on a line of its own where it does not fit beside its title."""
        return 16 if inner(self.figure)[0] < NARROW else 0

    def _draw(self, passes: dict[str, BackwardPass], of: str, across: float) -> None:
        depth, shown = passes["A"].depth, passes[of]
        axes = (self._chain_axes, self._gradient, self._factors.axes, self._units.axes)
        for each in axes:
            span_layers(each, depth)
        self._chain_axes.set_ylim(ROW * len(passes), 0)
        narrow, two, tint = across < NARROW - 64, len(passes) > 1, ROLE_OF[of]
        for row, name in enumerate(ROLE_OF):
            self._names[row].set_visible(two)
            reaches = passes[name].reaches if name in passes else np.empty(0)
            self._chains[row].draw(reaches, across)
        self._draw_bars(passes, across)
        self._aside.set_text("← loss" if narrow else "← from the loss")
        self._scale.set_text("log scale" if narrow else "norm of ∂L/∂z, log scale; 1 = what leaves the loss")
        whose = f"of {of}" if two else ""
        self._factors.draw(shown, across, narrow, whose, tint)
        self._units.draw(shown, across, narrow, whose)

    def _draw_bars(self, passes: dict[str, BackwardPass], across: float) -> None:
        depth, reaches = passes["A"].depth, [passed.reaches for passed in passes.values()]
        bounded = next((p for p in passes.values() if ACTIVATIONS[p.network.activation].bound < 1), None)
        shown = decades(np.concatenate(reaches))
        shown = shown[shown > -319] if (shown > -319).any() else np.zeros(1)
        low, high = max(-250.0, min(-2.0, shown.min()) - 0.6), min(120.0, max(0.35, shown.max()) + 0.35)
        if bounded and bounded.network.plain:
            low = min(low, depth * np.log10(0.25) - 0.6)
        number_decades(self._gradient, low, high)
        number_layers(self._gradient, depth)
        wide, layers = min(0.66, 26 / (across / (depth + 0.6))), np.arange(1, depth + 1)
        for row, bars in enumerate(self._bars):
            if row < len(reaches):
                left, right = pairs(len(reaches), wide)[row]
                bars.draw(reaches[row], layers + left, layers + right, low, high)
            else:
                bars.draw(np.empty(0), np.empty(0), np.empty(0), low, high)
        self._bound.draw(bounded, low, high, across)


class _Bound:
    """0.25 to the power of k, the most that k sigmoid derivatives let through."""

    def __init__(self, axes: Any) -> None:
        (self._under,) = axes.plot([], [], color=ROLES["bg"], lw=4.5 * POINT, alpha=0.75, zorder=4)
        (self._line,) = axes.plot([], [], color=ROLES["activation"], lw=2 * POINT, linestyle=(0, (3, 2)), zorder=5)
        box = {"facecolor": ROLES["bg"], "alpha": 0.85, "edgecolor": "none", "pad": 2}
        self._words = axes.text(
            0.35, 0, "0.25ᵏ: the most that k sigmoid\nderivatives can let through", color=ROLES["activation"],
            fontsize=9, fontweight="bold", bbox=box, zorder=6,
        )  # fmt: skip

    def draw(self, passed: BackwardPass | None, low: float, high: float, across: float) -> None:
        for artist in (self._under, self._line, self._words):
            artist.set_visible(passed is not None)
        if passed is None:
            return
        layers, pixel = np.arange(1, passed.depth + 1), (high - low) / _BARS
        bound = (passed.depth - layers + 1) * np.log10(ACTIVATIONS[passed.network.activation].bound)
        for line in (self._under, self._line):
            line.set_data(layers, bound)
        end = 215 / across * (passed.depth + 0.6)  # the words are that wide, and stand above the line there
        there = min(0.0, bound[0] - end * bound[-1])
        self._words.set_y(min(there + 8 * pixel, high - 40 * pixel))
        self._words.set_x(0.2 + 0.012 * passed.depth)


class _Factors:
    """By what each layer multiplies the gradient's norm: activation derivative, weights, normalisation, shortcut."""

    def __init__(self, figure: Any) -> None:
        self.axes: Any = figure.add_subplot(label="factors")
        bare(self.axes)
        self.axes.xaxis.set_visible(False)
        self.axes.set_ylim(*_FACTORS)
        self.axes.set_yticks(np.log10([4, 1, 1 / 4, 1 / 16]), ["4", "1", "¼", "1/16"])
        self.axes.grid(axis="y")
        self.axes.set_axisbelow(True)
        self.axes.axhline(0, color=ROLES["muted"], lw=0.75)
        self._key = _Key(self.axes)
        self._stems = {role: self._line(role, f"sweep-stem-{role}") for role in ("activation", "ink")}
        self._dots, self._squares = self._marker("activation", "o"), self._marker("ink", "s")
        self._norms, self._shortcuts = (self._line(role, f"sweep-dash-{role}") for role in ("muted", "shortcut"))
        for dashes in (self._norms, self._shortcuts):
            dashes.set(linewidth=2.4 * POINT, solid_capstyle="butt")

    def _line(self, role: str, gid: str) -> Any:
        (line,) = self.axes.plot([], [], color=ROLES[role], lw=0.75, gid=gid)
        return line

    def _marker(self, role: str, marker: str) -> Any:
        (line,) = self.axes.plot([], [], color=ROLES[role], lw=0, marker=marker, mew=0, gid=f"sweep-{marker}")
        return line

    def draw(self, passed: BackwardPass, across: float, narrow: bool, whose: str, tint: str) -> None:
        """Show them, as marks beside their layers."""
        layers, step = np.arange(1, passed.depth + 1), across / (passed.depth + 0.6)
        aside = np.clip(0.17 * step, 0.8, 4) / step
        derivative, weights = _height(passed.derivative), _height(passed.weights[1:])
        self._dots.set_data(layers - aside, derivative)
        self._dots.set_markersize(2 * np.clip(0.17 * step, 1.6, 4) * POINT)
        self._squares.set_data(layers[1:] - 0.5, weights)
        self._squares.set_markersize(np.clip(0.3 * step, 2.6, 7) * POINT)
        self._stems["activation"].set_data(strokes(layers - aside, 0, layers - aside, derivative))
        self._stems["ink"].set_data(strokes(layers[1:] - 0.5, 0, layers[1:] - 0.5, weights))
        norms = _height(passed.normalisation)
        self._norms.set_data(strokes(layers - 0.25, norms, layers + 0.25, norms))
        self._norms.set_visible(passed.network.normalisation != "none")
        whole = _height(passed.whole[1:])
        self._shortcuts.set_data(strokes(layers[1:] - 0.85, whole, layers[1:] - 0.35, whole))
        self._shortcuts.set_visible(passed.network.residual)
        self._key.draw(passed, narrow, whose, tint)


class _Key:
    """The names of the factors, in their colours, with their marks."""

    def __init__(self, axes: Any) -> None:
        self._title = title(axes, "What each layer multiplies by", -LEFT, 9)
        self._words = [label(axes, "", 0, 9, role) for role in ("activation", "ink", "muted", "shortcut")]
        self._whose = label(axes, "", 0, 9, corner=1, ha="right", fontweight="bold")
        self._axes = axes

    def draw(self, passed: BackwardPass, narrow: bool, whose: str, tint: str) -> None:
        network = passed.network
        norm = "" if network.normalisation == "none" else f"▬ {network.normalisation} norm"
        whole = "" if not network.residual else "▬ shortcut" if narrow else "▬ shortcut + branch"
        entries = ["● derivative" if narrow else "● activation derivative", "■ weights", norm, whole]
        x = -LEFT if narrow else 236 - LEFT
        for text, entry in zip(self._words, entries, strict=True):
            text.set_text(entry)
            text.set_transform(moved(self._axes, x, 9))
            x += len(entry) * 6.6 + 12 if entry else 0
        self._whose.set(text=whose, color=ROLES[tint])
        for text in (self._title, self._whose):  # the key stands on a line of its own below them
            text.set_y(1 + 16 / _SPREAD if narrow else 1)


class _Units:
    """The activations of each layer: more ink, more units; below them the share whose derivative is next to nothing."""

    def __init__(self, figure: Any) -> None:
        self.axes: Any = figure.add_subplot(label="activations")
        bare(self.axes)
        self.axes.xaxis.set_visible(False)
        self.axes.set_ylim(-2.2, BINS)
        title(self.axes, "Activations", -LEFT, 9)
        self._aside = label(self.axes, "", 0, 9, corner=1, ha="right")
        self._ink = Boxes(self.axes, "ink", 0.07 + 0.85 * np.linspace(0, 1, 9))
        self._slots, self._share = Boxes(self.axes, "rule"), Boxes(self.axes, "ink", zorder=3)
        self._frame = self.axes.plot([], [], color=ROLES["rule"], lw=0.75, clip_on=False)[0]

    def draw(self, passed: BackwardPass, across: float, narrow: bool, whose: str) -> None:
        """Show the histograms and the strip."""
        depth, activation = passed.depth, ACTIVATIONS[passed.network.activation]
        step = across / (depth + 0.6)
        half = max(1.5, step - (2 if step > 8 else 0.4)) / step / 2
        layer, bin_ = np.nonzero(passed.histogram > 0.002)
        shares = np.sqrt(passed.histogram[layer, bin_])
        self._ink.draw(boxes(layer + 1 - half, layer + 1 + half, bin_, bin_ + 1), shares)
        layers = np.arange(1, depth + 1)
        self._slots.draw(boxes(layers - half, layers + half, -2.2, -0.8))
        self._share.draw(boxes(layers - half, layers + half, -2.2, -2.2 + 1.4 * passed.saturated))
        self._frame.set_data([0.2, depth + 0.8, depth + 0.8, 0.2, 0.2], [0, 0, BINS, BINS, 0])
        self.axes.set_yticks([0.8, BINS - 0.8], _ends(activation.span))
        kind = "switched off" if passed.network.activation == "relu" else "saturated"
        mean = f"{100 * np.mean(passed.saturated):.0f} % {'' if narrow else 'on average'}".strip()
        words = f"{mean} {kind}" if narrow else f"more ink, more units; strip below: share {kind}, {mean}"
        self._aside.set_text(f"{words}  {whose}".strip())


def _ends(span: tuple[float, float]) -> list[str]:
    low, high = (f"{end:g}".replace("-", "−") for end in span)
    return ["≤ " + low if span[0] == -3 else low, "≥ " + high if span[1] == 3 else high]


def _height(factors: Array) -> Array:
    """Where a factor stands; NaN stays NaN, and is not drawn."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(factors), *_FACTORS)
