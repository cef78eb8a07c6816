"""The depth lab's other picture: which layers are frozen, how far each has moved, and the loss on its way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from matplotlib.path import Path

from ..drawing.figures import ROLES, new_figure, place, styled
from .activations import Array
from .layers import (
    LEFT,
    NARROW,
    ROW,
    Bars,
    bar_axes,
    chain_axes,
    decades,
    inner,
    number_decades,
    number_layers,
    span_layers,
)  # fmt: skip
from .learning import Training
from .marks import POINT, bare, label, strokes, title

STEPS = 100
_BARS, _LOSS = 190, 110
_HEIGHT = 22 + ROW + 24 + _BARS + 44 + _LOSS + 24
BARS_END = (66 + ROW + _BARS) / _HEIGHT
"""Down to which share of the height the bars and their numbers go."""
_ARC: Any = Path.arc(0, 180)
_BODY = [(-1, -0.9), (1, -0.9), (1, 0.2), (-1, 0.2), (-1, -0.9)]
_LOCK = Path(  # a shackle over a body
    np.concatenate([_BODY, 0.6 * _ARC.vertices + (0, 0.25)]), [Path.MOVETO, *[Path.LINETO] * 4, *_ARC.codes]
)


class LearningFigure:
    """Draws a training."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(800, _HEIGHT)
        self._chain, self._aside = chain_axes(self.figure, "A click or Enter freezes a layer")
        self._chain.set_ylim(ROW, 0)
        style: dict[str, Any] = {"color": ROLES["wire"], "lw": 0.75, "linestyle": (0, (1, 3))}
        (self._idle,) = self._chain.plot([], [], **style)
        (self._carrying,) = self._chain.plot([], [], color=ROLES["pos"], lw=3 * POINT, solid_capstyle="butt")
        self._learning, self._locks = self._dots("o", "pos"), self._dots(_LOCK, "bg")
        self._bars_axes, self._scale = bar_axes(self.figure, "movement", "How far each layer moves", "")
        self._bars = Bars(self._bars_axes, "pos")
        (self._slots,) = self._bars_axes.plot([], [], **style)
        self._loss: Any = self.figure.add_subplot(label="loss")
        bare(self._loss)
        self._loss.grid(axis="y")
        self._loss.set_xlim(0, STEPS)
        title(self._loss, "Loss", -LEFT, 9)
        label(self._loss, f"mean over the batch, steps 0 to {STEPS}", 0, 9, corner=1, ha="right")
        (self._curve,) = self._loss.plot([], [], color=ROLES["ink"])

    def _dots(self, marker: Any, face: str) -> Any:
        style = {"lw": 0, "marker": marker, "mfc": ROLES[face], "mec": ROLES["ink"], "mew": 1.0, "ms": 10, "zorder": 3}
        (dots,) = self._chain.plot([], [], **style)
        return dots

    def draw(self, training: Training | None, depth: int, frozen: Collection[int]) -> None:
        """Draw the training as it is, None for one that has not begun."""
        width, across = inner(self.figure)
        self._aside.set_text("← adjoints" if width < NARROW else "← adjoints go as far as they must")
        self._scale.set_text("log scale" if width < NARROW else "change of its weights / their size, log scale")
        place(self._chain, LEFT, 22, across, ROW)
        place(self._bars_axes, LEFT, 46 + ROW, across, _BARS)
        place(self._loss, LEFT, 90 + ROW + _BARS, across, _LOSS)
        for axes in (self._chain, self._bars_axes):
            span_layers(axes, depth)
        layers = np.arange(1, depth + 1)
        held = np.isin(layers, list(frozen))
        self._draw_chain(layers, held, across / (depth + 0.6))
        self._draw_bars(training, layers, held)
        self._draw_loss(np.array(training.losses if training else []))

    def _draw_chain(self, layers: Array, held: Array, step: float) -> None:
        lowest = layers[~held].min(initial=len(layers) + 1)
        carrying = layers > lowest
        self._idle.set_data(strokes(layers[~carrying] - 1, ROW / 2, layers[~carrying], ROW / 2))
        self._carrying.set_data(strokes(layers[carrying] - 1, ROW / 2, layers[carrying], ROW / 2))
        for dots, chosen in ((self._learning, layers[~held]), (self._locks, layers[held])):
            dots.set_data(chosen, np.full(len(chosen), ROW / 2))
            dots.set_markersize(2 * np.clip(0.3 * step, 1.8, 7) * POINT)

    def _draw_bars(self, training: Training | None, layers: Array, held: Array) -> None:
        moved = np.full(len(layers), np.nan)
        if training is not None and training.steps > 0:
            moved = np.where(held & (training.movement == 0), np.nan, training.movement)
        seen = decades(moved[moved > 0]) if (moved > 0).any() else np.array([-2.0])
        low, high = min(-2.0, float(seen.min())) - 0.6, min(max(0.35, float(seen.max()) + 0.35), 120.0)
        number_decades(self._bars_axes, low, high)
        number_layers(self._bars_axes, len(layers))
        self._bars.draw(moved, layers - 0.33, layers + 0.33, low, high)
        empty = layers[np.isnan(moved)]
        foot = low + 0.012 * (high - low)
        self._slots.set_data(strokes(empty - 0.33, foot, empty + 0.33, foot))

    def _draw_loss(self, losses: Array) -> None:
        finite = losses[np.isfinite(losses)]
        top = float(finite.max(initial=0.1)) * 1.08
        self._loss.set_ylim(0, top)
        self._loss.set_xlim(0, max(STEPS, len(losses) - 1))
        self._loss.set_yticks([0, top / 2.16, top / 1.08], ["0", f"{top / 2.16:.2g}", f"{top / 1.08:.2g}"])
        self._loss.set_xticks([0, max(STEPS, len(losses) - 1)])
        self._curve.set_data(np.arange(len(losses)), losses)
