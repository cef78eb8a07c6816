"""Many marks in few artists: what keeps a figure of a hundred layers fast to draw anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import offset_copy

from ..drawing.figures import ROLES

Array = Any

_BOX = np.array([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], dtype=Path.code_type)
POINT = 0.75  # points in a pixel


class Boxes:
    """Rectangles of one role in a few strengths, one artist for each strength.

    alphas: the opacities of the strengths, from the faintest. gid: the artists' group in the SVG, numbered.
    """

    def __init__(self, axes: Axes, role: str, alphas: Any = (1.0,), gid: str = "", zorder: float = 2) -> None:
        self._artists: list[Any] = [
            axes.add_patch(PathPatch(_path(np.empty((0, 4))), facecolor=ROLES[role], alpha=alpha, lw=0, zorder=zorder))
            for alpha in alphas
        ]
        for k, artist in enumerate(self._artists):
            artist.set_gid(f"{gid}-{k}" if gid else None)

    def draw(self, boxes: Array, strength: Array | None = None) -> None:
        """Show the rectangles, rows of (left, right, bottom, top), each as strong as its entry from 0 to 1 says."""
        last = len(self._artists) - 1
        level = np.zeros(len(boxes), int) if strength is None else np.rint(np.clip(strength, 0, 1) * last).astype(int)
        for k, artist in enumerate(self._artists):
            chosen = boxes[level == k]
            artist.set_visible(len(chosen) > 0)
            artist.set_path(_path(chosen))


def boxes(left: Any, right: Any, bottom: Any, top: Any) -> Array:
    """Rows of (left, right, bottom, top) from numbers or arrays that broadcast.

    >>> boxes(np.array([0, 1]), np.array([0.5, 1.5]), 0, 2).tolist()
    [[0.0, 0.5, 0.0, 2.0], [1.0, 1.5, 0.0, 2.0]]
    """
    return np.stack(np.broadcast_arrays(*map(np.asarray, (left, right, bottom, top))), axis=-1).astype(float)


def _path(rows: Array) -> Path:
    left, right, bottom, top = rows.T
    corners = np.stack([left, bottom, right, bottom, right, top, left, top, left, bottom], axis=-1)
    return Path(corners.reshape(-1, 2), np.tile(_BOX, len(rows)))


def strokes(x0: Any, y0: Any, x1: Any, y1: Any) -> tuple[Array, Array]:
    """Many line segments as the data of one line, with gaps between them.

    >>> [data.tolist() for data in strokes(np.array([0.0, 1.0]), 0.0, np.array([0.0, 1.0]), 2.0)]
    [[0.0, 0.0, nan, 1.0, 1.0, nan], [0.0, 2.0, nan, 0.0, 2.0, nan]]
    """
    x0, y0, x1, y1 = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (x0, y0, x1, y1)))
    gap = np.full(x0.shape, np.nan)
    return np.stack([x0, x1, gap], -1).ravel(), np.stack([y0, y1, gap], -1).ravel()


def label(
    axes: Axes, words: str, right: float, up: float, role: str = "muted", corner: float = 0.0, **style: Any
) -> Any:
    """Text `right` and `up` pixels from the axes' top left corner, or from its top right one for `corner=1`."""
    chosen: Any = {"color": ROLES[role], "fontsize": 9, **style}
    return axes.text(corner, 1, words, transform=moved(axes, right, up), **chosen)


def moved(axes: Axes, right: float, up: float) -> Any:
    """The axes' coordinates from 0 to 1, moved by pixels."""
    figure: Any = axes.figure
    return offset_copy(axes.transAxes, figure, right * POINT, up * POINT, units="points")


def title(axes: Axes, words: str, right: float, up: float) -> Any:
    """The axes' title, placed as `label` does."""
    return label(axes, words, right, up, "ink", fontsize=9.4, fontweight="bold")


def bare(axes: Axes) -> None:
    """No spines and no marks at the ticks."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, pad=5)
