"""The layer axis: what the pictures of a deep network share. The chain, the bars, and where a layer stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..drawing.figures import ROLES
from .activations import Array
from .marks import POINT, Boxes, bare, boxes, label, strokes, title

LEFT, RIGHT = 50, 14  # pixels beside the pictures
ROW = 32
LEVELS = 7
NARROW = 620


def inner(figure: Figure) -> tuple[float, float]:
    """The figure's width in pixels, and that of its axes."""
    width = float(figure.get_size_inches()[0]) * 96
    return width, width - LEFT - RIGHT


def band(width: float, layer: int, depth: int) -> list[float]:
    """From where to where, in shares of a figure's width in pixels, a layer reaches."""
    across = width - LEFT - RIGHT
    return [(LEFT + (edge - 0.2) / (depth + 0.6) * across) / width for edge in (layer - 0.5, layer + 0.5)]


def span_layers(axes: Axes, depth: int) -> None:
    """Let the axes run from layer 1 to the last one."""
    axes.set_xlim(0.2, depth + 0.8)


def number_layers(axes: Axes, depth: int) -> None:
    """Layer numbers below the axes: the first, the last, and round ones between them."""
    every = 10 if depth > 30 else 5 if depth > 12 else 1
    round_ones = [layer for layer in range(every, depth, every) if 1 + depth / 20 < layer < depth - 1 - depth / 20]
    ticks = sorted({1, depth, *round_ones})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])


def decades(values: Array) -> Array:
    """Powers of ten; -320, below all floats, for 0."""
    return np.log10(np.maximum(values, 1e-320))


def number_decades(axes: Axes, low: float, high: float) -> None:
    """At most seven powers of ten at the left, with a rule each."""
    every = max(1, int(np.ceil((high - low) / 7)))
    ticks = np.arange(int(np.ceil(low / every)) * every, high, every)
    axes.set_ylim(low, high)
    axes.set_yticks(ticks, ["1" if tick == 0 else _power_of_ten(int(tick)) for tick in ticks])


def _power_of_ten(exponent: int) -> str:
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


class Chain:
    """A row of layers, joined by edges that are as wide and dark as the gradient that passes, with a halo above 1.

    One unit of its axes' height is a pixel. What has a gradient takes part in the sweep.
    """

    def __init__(self, axes: Axes, role: str, row: int) -> None:
        self._axes, self._y = axes, ROW * (row + 0.5)
        wire: dict[str, Any] = {"color": ROLES["wire"], "lw": 0.75, "zorder": 1}
        (self._wire,) = axes.plot([], [], linestyle=(0, (1, 3)), **wire)
        alphas = 0.3 + 0.7 * np.linspace(0, 1, LEVELS)
        self._halo = Boxes(axes, role, 0.14 + 0.2 * np.linspace(0, 1, 4), f"sweep-halo{row}", 1.2)
        self._edges = Boxes(axes, role, alphas, f"sweep-edge{row}", 1.5)
        self._empty = self._dots("bg", "wire", f"node{row}")
        self._nodes = [self._dots(role, role, f"sweep-node{row}-{k}", k / LEVELS) for k in range(1, LEVELS + 1)]

    def _dots(self, face: str, edge: str, gid: str, alpha: float = 1.0) -> Any:
        style: dict[str, Any] = {
            "marker": "o",
            "lw": 0,
            "mfc": (ROLES[face], alpha),
            "mec": ROLES[edge],
            "mew": 1.0,
            "zorder": 3,
        }
        (dots,) = self._axes.plot([], [], gid=gid, **style)
        return dots

    def draw(self, reaches: Array, across: float) -> None:
        """Show gradients of these norms, `across` the width of the axes in pixels."""
        layers, y, step = np.arange(1, len(reaches) + 1), self._y, across / (len(reaches) + 0.6)
        strength, glare = np.clip(1 + decades(reaches) / 9, 0, 1), np.clip(decades(reaches) / 3, 0, 1)
        self._wire.set_data(strokes(layers - 1, y, layers, y))
        seen, glares = strength > 0.02, glare > 0.02
        half = (1 + 5 * strength + 2 * glare) / 2
        self._edges.draw(boxes(layers - 1, layers, y - half, y + half)[seen], strength[seen])
        half = (8 + 16 * glare) / 2
        self._halo.draw(boxes(layers - 1, layers, y - half, y + half)[glares], glare[glares])
        level = np.ceil(strength * LEVELS).astype(int)
        for k, dots in enumerate([self._empty, *self._nodes]):
            chosen = layers if k == 0 else layers[level == k]
            dots.set_data(chosen, np.full(len(chosen), y))
            dots.set_markersize(2 * np.clip(0.26 * step, 1.8, 7) * POINT)
            dots.set_visible(len(chosen) > 0)


class Bars:
    """One bar a layer on a scale of powers of ten, fainter where smaller, with a line at its value."""

    def __init__(self, axes: Axes, role: str, row: int = 0) -> None:
        self._body = Boxes(axes, role, 0.18 + 0.62 * np.linspace(0, 1, LEVELS), f"sweep-bar{row}")
        (self._caps,) = axes.plot([], [], color=ROLES[role], lw=3 * POINT, gid=f"sweep-cap{row}", zorder=3)
        self._caps.set_solid_capstyle("butt")
        (self._zeros,) = axes.plot([], [], color=ROLES["zero"], lw=1.5, gid=f"sweep-zero{row}", zorder=3)
        self._zeros.set_linestyle((0, (2, 2)))

    def draw(self, values: Array, left: Array, right: Array, low: float, high: float) -> None:
        """Show the values between left and right; an exact 0 is a dashed line at the foot, NaN is nothing."""
        known, zero = values > 0, values == 0
        tops = np.clip(decades(np.where(known, values, 1.0)), low, high)
        strength = np.where(tops > 0, 1.0, np.clip(1 + tops / 12, 0, 1) * 0.999)
        self._body.draw(boxes(left, right, low, tops)[known], strength[known])
        self._caps.set_data(strokes(left[known], tops[known], right[known], tops[known]))
        foot = low + 0.012 * (high - low)
        self._zeros.set_data(strokes(left[zero], foot, right[zero], foot))


def chain_axes(figure: Figure, words: str) -> tuple[Any, Any]:
    """Axes for chains, with a title and a text at the right, which is returned too: where the gradient comes from."""
    axes: Any = figure.add_subplot(label="chain")
    bare(axes)
    axes.set_axis_off()
    title(axes, words, -LEFT, 5)
    return axes, label(axes, "", 0, 5, corner=1, ha="right")


def bar_axes(figure: Figure, name: str, words: str, aside: str) -> tuple[Any, Any]:
    """Axes for bars over layers, with a title and a text at the right, which is returned too."""
    axes: Any = figure.add_subplot(label=name)
    bare(axes)
    axes.grid(axis="y", zorder=0)
    axes.set_axisbelow(True)
    axes.axhline(0, color=ROLES["muted"], lw=0.75, zorder=1)
    title(axes, words, -LEFT, 9)
    text = label(axes, aside, 0, 9, corner=1, ha="right")
    axes.annotate("layer", (0, 0), (-8, -5), "axes fraction", "offset points", ha="right", va="top", fontsize=9,
                  color=ROLES["muted"])  # fmt: skip
    return axes, text


def pairs(count: int, wide: float) -> Sequence[tuple[float, float]]:
    """The parts of a layer's width, from -0.5 to 0.5, that its one bar or its two bars take."""
    if count == 1:
        return [(-wide / 2, wide / 2)]
    return [(-0.5 * wide, -0.04 * wide), (0.04 * wide, 0.5 * wide)]
