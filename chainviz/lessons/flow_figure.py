"""The plane and the loss of a training as a picture, for print and for notebooks without a kernel.

It is drawn without matplotlib, whose import takes more memory than all the rest of the lab.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np

from ..drawing.shapes import Group, Path, Picture, Rect, Shape, Text, palette
from ..drawing.svg import svg
from ..formatting import format_number
from .flow_frame import GRID, sections, words
from .networks import LAMPS
from .training import Training

_SIDE = 268  # pixels of the plane
_WIDE, _HIGH = 390, 230  # and of the loss
_SHADES = 6
_DOT = 4.6


def still(training: Training, layer: int, point: int) -> str:
    """SVG of the decision boundary with the points, and of the loss over the steps; then the lamps as a table."""
    shown, said = sections(training, layer, point), words(training, layer, point)
    groups = [Group(_plane(shown, point), 10, 34), Group(_loss(training, *shown["curve"]), 350, 34)]
    picture = svg(Picture(760, 320, groups), palette("light"), f"{said['plane']} {said['loss']}")
    return picture + _lamps(training, layer, point)


def _plane(shown: dict[str, Any], point: int) -> list[Shape]:
    """Squares and dots for the classes 0 and 1, filled by sign and size of ŷ − y, and the line where ŷ is a half."""
    x, y, label, error = np.nan_to_num(shown["points"], nan=1.0).T
    at = np.column_stack([1 + x, 1 - y]) * _SIDE / 2
    logits = np.nan_to_num(shown["plane"].reshape(GRID, GRID))
    boundary = "".join(_stroke(line * _SIDE / (GRID - 1)) for line in zero_line(logits))
    shapes: list[Shape] = [
        _words("Decision boundary (fill: ŷ − y)", 0, -12, bold=True),
        Rect(0, 0, _SIDE, _SIDE, stroke="ink"),
    ]
    if boundary:
        shapes.append(Path(boundary, stroke="ink", line=1.6))
    shade = np.rint(np.clip(np.abs(error), 0, 1) ** 0.6 * (_SHADES - 1)).astype(int)
    for mark, kind in ((_squares, 0), (_dots, 1)):
        of = at[label == kind]
        shapes += [mark(of, "ink", 1.4), mark(of, "bg")]
        for role, side in (("pos", error >= 0), ("neg", error < 0)):
            for k in range(1, _SHADES):
                shapes.append(mark(at[(label == kind) & side & (shade == k)], role, opacity=k / (_SHADES - 1)))
    left, top = at[point] - 7
    ring = Rect(left, top, 14, 14, 7, stroke="ink", line=2)
    return [*(shape for shape in shapes if not isinstance(shape, Path) or shape.d), ring]


def zero_line(values: np.ndarray) -> list[np.ndarray]:
    """Where numbers on a grid, linear between neighbours, are 0: segments of two points, columns then rows.

    >>> [segment.tolist() for segment in zero_line(np.array([[-1.0, 3.0], [-1.0, 1.0]]))]
    [[[0.25, 0.0], [0.5, 1.0]]]
    """
    above, found = values > 0, []
    count = sum(above[r : r - 1 or None, c : c - 1 or None].astype(int) for r in (0, 1) for c in (0, 1))
    for row, column in np.argwhere((count > 0) & (count < 4)):
        corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
        crossings = [
            np.add(one[::-1], values[one] / (values[one] - values[other]) * np.subtract(other, one)[::-1])
            for one, other in zip(corners, [*corners[1:], corners[0]], strict=True)
            if above[one] != above[other]
        ]
        found += [np.array(ends) for ends in zip(crossings[::2], crossings[1::2], strict=True)]
    return found


def _loss(training: Training, steps: Any, losses: Any, twins: Any) -> list[Shape]:
    """The loss over the steps; dashed, what it would be with all lamps on."""
    finite = [value for value in losses if np.isfinite(value)]
    top, end = 1.05 * max([0.8, *finite]), max(100, training.steps)
    every = next(s for s in (d * 10.0**k for k in range(-1, 308) for d in (1, 2, 5)) if top / s <= 5)

    def line(heights: Any) -> str:
        at = np.column_stack([np.divide(steps, end) * _WIDE, _HIGH - np.divide(heights, top) * _HIGH])
        finite: Any = np.isfinite(at).all(axis=1)
        known = [False, *finite]
        return "".join(f"{'L' if known[k] else 'M'}{x:.1f} {y:.1f}" for k, (x, y) in enumerate(at) if known[k + 1])

    shapes: list[Shape] = [_words(f"Loss {format_number(training.loss)}, cross-entropy in nats", 0, -12, bold=True)]
    if training.twin:
        shapes += [_words("dashed: all lamps on", _WIDE, -12, anchor="end")]
        shapes += [Path(line(twins), stroke="muted", line=1.6, dash=(5, 3))]
    shapes += [Path(line(losses), stroke="ink", line=1.6), Path(f"M0 0L0 {_HIGH}L{_WIDE} {_HIGH}", stroke="ink")]
    for value in np.arange(0, top, every):
        shapes.append(_words(format_number(float(value)), -8, _HIGH * (1 - value / top) + 4, anchor="end"))
    for text, x, anchor in (("0", 0, "middle"), ("steps", _WIDE / 2, "middle"), (f"{end}", _WIDE, "end")):
        shapes.append(_words(text, x, _HIGH + 20, anchor=anchor))
    return [shape for shape in shapes if not isinstance(shape, Path) or shape.d]


def _words(text: str, x: float, y: float, *, anchor: Any = "start", bold: bool = False) -> Text:
    return Text([(text, "")], x, y, 13, "ink" if bold else "muted", anchor, "ui", bold)


def _stroke(ends: Iterable[Any]) -> str:
    (x0, y0), (x1, y1) = ends
    return f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"


def _dots(at: np.ndarray, role: str, wider: float = 0.0, opacity: float = 1.0) -> Path:
    """Strokes without a length, whose ends are round."""
    d = "".join(_stroke((each, each)) for each in at)
    return Path(d, stroke=role, line=_DOT + wider, round=True, opacity=opacity)


def _squares(at: np.ndarray, role: str, wider: float = 0.0, opacity: float = 1.0) -> Path:
    """Strokes as long as they are wide."""
    side = _DOT + wider
    half = np.array([side / 2, 0])
    d = "".join(_stroke((each - half, each + half)) for each in at)
    return Path(d, stroke=role, line=side, opacity=opacity)


def _lamps(training: Training, layer: int, point: int) -> str:
    """An HTML table of the three factors of the layer's adjoint at the point, and of the adjoint."""
    if not training.sizes:
        return f"<p>{escape(words(training, layer, point)['network'])}</p>"
    shown = sections(training, layer, point)
    units = training.sizes[layer]
    above = np.broadcast_to(shown["above"], (1, units)) if training.sizes[layer + 1] == 1 else shown["above"]
    rows = {LAMPS[0]: above, f"× {LAMPS[1]}": shown["through"], f"× {LAMPS[2]}": shown["slope"],
            "= adjoint": shown["adjoint"]}  # fmt: skip
    body = "".join(
        f"<tr><th>{name}</th>{''.join(f'<td>{format_number(float(v), 3)}</td>' for v in np.ravel(values))}</tr>"
        for name, values in rows.items()
    )
    return f"<p>Layer {layer}, at the ringed point:</p><table>{body}</table>"
