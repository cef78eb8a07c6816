"""The figures of the lab on the autoencoder: the plane of the codes, decoded images, and the two terms of the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ..drawing.figures import ROLES, new_figure, place, resize, styled
from ..formatting import format_number as shown
from ..formatting import spaced
from .autoencoder import SIDE, Report, Training
from .marks import Boxes, boxes

ENDS = (-3.2, 3.2)
ROUND = 2000  # steps: what a press on Train makes
_SHADES, _SIZES, _DOTS, _PAIRS = (0.16, 0.4, 0.65, 0.95), (3.0, 4.8, 6.6), 240, 5
_HIGH = 190  # pixels of the terms' axis
_GRAYS = tuple(np.linspace(0.0, 1.0, 12))


class PlaneFigure:
    """The mean of each image's code, stronger for dots further right and larger for dots higher up; the chosen code."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(400, 400)
        axes = self.axes = self.figure.add_subplot(label="plane")
        axes.set(xlim=ENDS, ylim=ENDS)
        self._title = axes.set_title("Where images land: z₁ across, z₂ up", y=1.02)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(FixedLocator(list(range(-3, 4))))
            axis.set_major_formatter(FuncFormatter(lambda v, _: shown(float(v))))
        axes.text(
            -3.1, 3.1, "stronger: dot further right\nlarger: dot higher up", color=ROLES["muted"], fontsize=9, va="top"
        )
        turn = np.linspace(0, 2 * np.pi, 73)
        for radius in (1, 2):
            axes.plot(radius * np.cos(turn), radius * np.sin(turn), color=ROLES["rule"], zorder=1)
        self._dots = [
            axes.plot([], [], "o", color=ROLES["ink"], alpha=shade, markersize=size, markeredgewidth=0)[0]
            for shade in _SHADES
            for size in _SIZES
        ]
        (self._chosen,) = axes.plot(
            [0],
            [0],
            "o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=ROLES["ink"],
            markeredgewidth=2,
            zorder=5,
        )

    def _place(self) -> None:
        """A square as wide as there is room, up to 420 pixels."""
        wide = float(self.figure.get_size_inches()[0]) * 96
        side = min(wide - 36, 420.0)
        resize(self.figure, wide, side + 48)
        place(self.axes, 28, 24, side, side)
        self._title.set_x(-26 / side)

    def draw(self, training: Training, chosen: tuple[float, float]) -> None:
        """Show where the images are now."""
        self._place()
        mu = training.codes()[0][:_DOTS]
        share = np.clip((training.places[:_DOTS] - 1) / (SIDE - 3), 0, 0.999)
        group = (share * (len(_SHADES), len(_SIZES))).astype(int)
        for k, dots in enumerate(self._dots):
            dots.set_data(*mu[(group == divmod(k, len(_SIZES))).all(axis=1)].T)
        self._chosen.set_data([chosen[0]], [chosen[1]])


class ImagesFigure:
    """The image that the chosen code is decoded to, and some images above what becomes of them."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(420, 190)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self._cells = Boxes(self.axes, "ink", _GRAYS)
        self._frames = self.axes.plot([], [], color=ROLES["wire"], zorder=3)[0]
        style: Any = {"fontsize": 9.75, "va": "baseline"}
        self._words = [
            self.axes.text(0, 0, words, color=ROLES[role], weight=weight, **style)
            for words, role, weight in (
                ("Decoded from z", "ink", "bold"), ("Images", "ink", "bold"), ("decoded again", "muted", "normal")
            )
        ]  # fmt: skip

    def _place(self) -> None:
        """Take the figure's pixels as units, from its top left corner."""
        wide, high = self.figure.get_size_inches() * 96
        place(self.axes, 0, 0, wide, high)
        self.axes.set(xlim=(0, wide), ylim=(high, 0))
        self._big = min(152.0, wide * 0.42)
        self._small = min(46.0, (wide - self._big - 24 - 6 * (_PAIRS - 1)) / _PAIRS)
        self._left = self._big + 23
        for words, x, y in zip(
            self._words, (1, self._left, self._left), (15, 15, 24 + 2 * self._small + 26), strict=True
        ):
            words.set_position((x, y))

    def draw(self, training: Training, chosen: tuple[float, float]) -> None:
        """Show what the network makes of the chosen code and of the first images."""
        self._place()
        mu, _ = training.codes()
        some = np.arange(_PAIRS)
        images = [training.decoded(np.array([chosen]))[0], *training.images[some], *training.decoded(mu[some])]
        corners = [(1.0, 24.0, self._big)]
        for down in (0, 1):
            corners += [(self._left + k * (self._small + 6), 24 + down * (self._small + 8), self._small) for k in some]
        parts = [_cells(*corner) for corner in corners]
        strengths = np.concatenate(images)
        seen = strengths > _GRAYS[1] / 2
        self._cells.draw(np.concatenate(parts)[seen], strengths[seen])
        frames = [_frame(*corner) for corner in corners]
        self._frames.set_data(*np.concatenate(frames).T)


def _cells(left: float, top: float, side: float) -> Any:
    """Rectangles of the pixels of an image, in the order of its entries, the first row at the bottom."""
    step = side / SIDE
    across, up = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    x, y = left + across.ravel() * step, top + side - up.ravel() * step
    return boxes(x, x + step, y - step, y)


def _frame(left: float, top: float, side: float) -> Any:
    right, bottom = left + side, top + side
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (np.nan, np.nan)]
    return np.array(corners)


class TermsFigure:
    """The loss over the steps, as the sum of its two terms."""

    @styled()
    def __init__(self) -> None:
        self.figure = new_figure(420, 262)
        axes = self.axes = self.figure.add_subplot(label="terms")
        self._title = axes.set_title("−ELBO = reconstruction + KL, in nats", y=1.03)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: spaced(round(v))))
        axes.yaxis.set_major_locator(FixedLocator([10, 15, 20, 25]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("steps", labelpad=2)
        (self._divergence,) = axes.fill([0], [0], facecolor=ROLES["activation"], alpha=0.3, lw=0)
        (self._sum,) = axes.plot([], [], color=ROLES["activation"], linewidth=1.5)
        (self._reconstruction,) = axes.plot([], [], color=ROLES["ink"], linewidth=1.5)
        (self._least,) = axes.plot([], [], color=ROLES["zero"], linestyle=(0, (4, 3)))
        self._words = [axes.text(0, 0, "", color=ROLES[role], fontsize=9) for role in ("activation", "ink", "muted")]

    def _place(self) -> None:
        wide = float(self.figure.get_size_inches()[0]) * 96 - 52
        place(self.axes, 30, 24, wide, _HIGH)
        self._title.set(x=-28 / wide, text="−ELBO = reconstruction + KL, in nats" if wide > 270 else "−ELBO in nats")

    def draw(self, training: Training, now: Report) -> None:
        """Show all reports, and the least reconstruction loss there can be."""
        self._place()
        history = training.history
        steps = np.array([report.steps for report in history])
        reconstruction = np.array([report.reconstruction for report in history])
        total = -np.array([report.elbo for report in history])
        end = ROUND * max(1, -(-now.steps // ROUND))
        self.axes.set(xlim=(0, end), ylim=(9.5, max(25.0, 1.05 * float(total.max()))))
        self._sum.set_data(steps, total)
        self._reconstruction.set_data(steps, reconstruction)
        outline = [*zip(steps, total, strict=True), *zip(steps[::-1], reconstruction[::-1], strict=True)]
        self._divergence.set_xy(np.array(outline))
        self._least.set_data([0, end], [training.least] * 2)
        self._label(now, end, training.least)

    def _label(self, now: Report, end: float, least: float) -> None:
        """Name the lines beside their ends, or over and under them where there is no room beside."""
        total, beside, (low, high) = -now.elbo, now.steps < 0.55 * end, self.axes.get_ylim()
        pixel = (high - low) / _HIGH
        kl, reconstruction, floor = self._words
        under = now.reconstruction - (0.2 if beside else 0.3)
        between = max((total + now.reconstruction) / 2, under + 15 * pixel)  # a line of text apart
        kl.set(text=f"KL {shown(now.divergence, 3)}", y=between if beside else total + 0.3)
        reconstruction.set(text=f"reconstruction {shown(now.reconstruction)}", y=under)
        for words, va in ((kl, "center" if beside else "bottom"), (reconstruction, "center" if beside else "top")):
            words.set(x=now.steps + (0.02 * end if beside else 0), ha="left" if beside else "right", va=va)
        floor.set(text=f"least {shown(least)}", x=0.02 * end, y=least - 4 * pixel, ha="left", va="top")
