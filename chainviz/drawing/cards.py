"""The cards of a picture at a moment: values above, adjoints below, and what is not known yet as an empty slot."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..formatting import format_number
from .labels import Place, cut_runs, derivative_runs, runs_width, upright
from .moment import Moment, Numbers
from .scene import SCALAR
from .shapes import Group, Path, Rect, Shape, Text

_ROUND = 0.5523  # how far the control points of a quarter circle stand off, in radii
_SLOT = (4.0, 3.5)


class State(NamedTuple):
    """What a card shows: None is not known yet; `arrived` of `of` contributions are in the adjoint.

    `without` says why there never will be an adjoint, and is empty where there will.
    """

    value: Numbers | None
    adjoint: Numbers | None
    arrived: int
    of: int
    without: str

    @property
    def hue(self) -> str:
        """The role of the adjoint's sign."""
        return self.adjoint.sign if self.adjoint else "muted"

    @property
    def lost(self) -> bool:
        """Whether the value is no finite number."""
        return self.value is not None and not self.value.finite

    @property
    def partial(self) -> bool:
        """Whether contributions are still missing."""
        return self.adjoint is not None and self.arrived < self.of


def card(moment: Moment, index: int, box: tuple[float, float, float, float], *, vertical: bool) -> Group:
    """A node's card; in compact scenes the small one."""
    x, y, w, h = box
    node, known = moment.scene["nodes"][index], moment.known
    state = State(
        moment.value(index) if known.value[index] else None,
        known.adjoint[index],
        known.arrived[index],
        moment.uses(index),
        node["without"],
    )
    compact, now = moment.scene["compact"], index in moment.nodes_now
    radius = (17.0 if compact else 26.0) if node["input"] else (7.0 if compact else 11.0)
    fill = "sunk" if node["box"] else "bg"
    shapes: list[Shape] = []
    if now or (state.lost and moment.is_birthplace(index)):
        role, out = "now" if now else "bad", 4.0 if compact else 5.0
        corner = (20.0 if node["input"] else 11.0) if compact else radius + 4
        shapes.append(
            Rect(-out, -out, w + 2 * out, h + 2 * out, corner, "", role, 6.0 if compact else 7.0, opacity=0.9)
        )
    if now:
        shapes.append(Rect(0, 0, w, h, radius, fill, "ink", 2.5))
    elif state.value is None:
        shapes.append(Rect(0, 0, w, h, radius, fill, "wire", 1.5, dash=(5, 4)))
    else:
        shapes.append(Rect(0, 0, w, h, radius, fill, "ink", 1.5))
    if compact:
        shapes += _small(moment, index, state, w)
    else:
        caption_room = x + w * 0.24 if vertical else w + 48
        shapes += _full(moment, index, state, (w, h, radius), caption_room, vertical=vertical)
    if norms := _norms(moment, index):
        shapes.append(
            Text(
                [(norms if compact else f"‖·‖ {norms}", "")], w / 2, 49 if compact else 111, 12, "muted", "middle", "ui"
            )
        )
    return Group(shapes, x, y, id=node["id"])


def _norms(moment: Moment, index: int) -> str:
    """The norms of the adjoint that enters a box and of all that leave it, once they are complete."""
    node, edges = moment.scene["nodes"][index], moment.scene["edges"]
    passing = [j for j in node["into"] if not edges[j]["cut"]]
    if not node["box"] or node["without"] or not passing or not all(moment.known.edge[j] for j in passing):
        return ""
    entering = math.hypot(*moment.final_adjoint(index).data)
    leaving = math.hypot(*(number for j in passing for number in moment.read(edges[j]["contribution"]).data))
    return f"{format_number(entering, 2)} → {format_number(leaving, 2)}"


def _full(
    moment: Moment, index: int, state: State, size: tuple[float, float, float], caption_room: float, *, vertical: bool
) -> list[Shape]:
    w, h, _radius = size
    node, half = moment.scene["nodes"][index], h / 2
    array, derivative = bool(node["shape"]), derivative_runs(moment.scene, index)
    name_end = 21 + max(runs_width(node["name"], 22), 24 if array else 0)
    small = min(16.0, 16 * (w - 74) / runs_width(derivative, 16))
    label_end = 19 + runs_width(derivative, small) if small >= 10 else 13.0
    shapes = _row(state, size)
    caption = cut_runs(node["caption"], caption_room, 15)
    if vertical:
        shapes.append(Text(caption, w * 0.24 - 9, -15, 15, "muted", "end"))
    else:
        shapes.append(Text(caption, w / 2, -15, 15, "muted", "middle"))
    shapes.append(Text(node["name"], 13, 25 if array else 32, 22, "muted" if state.value is None else "ink"))
    if array:
        shapes.append(upright("×".join(map(str, node["shape"])), 13, 42, 14, "muted"))
    if state.value is None:
        left = max(56.0, name_end)
        shapes.append(Rect(left, 10, max(24.0, w - 11 - left), 28, 7, "", "wire", 1.4, _SLOT))
    else:
        place = Place(name_end, 8, w - 12 - name_end, 32, 32, (24, 21, 18, 16, 14))
        shapes += place.show(state.value, "bad" if state.lost else "")
    if small >= 10:
        shapes.append(Text(derivative, 13, half + (22 if state.of > 1 else 26), round(small, 1), "muted"))
    if state.without:
        shapes.append(Text([(state.without, "")], w - 12, half + 27, 13, "muted", "end", "ui", bold=True))
    elif state.adjoint is None:
        shapes.append(Rect(w - 74, half + 9, 63, 27, 7, "", "wire", 1.4, _SLOT))
    else:
        place = Place(label_end, half + 8, w - 12 - label_end, 28, half + 27, (19, 17, 15, 13), signed=True)
        shapes += place.show(state.adjoint)
    shapes += _bar(moment, state, w / 2, w / 2 - 12, (h - 7.5, 4), (h - 9, 7))
    if state.of > 1:
        start, step = (22 if node["input"] else 17), min(11.0, (w - 34) / state.of)
        for k in range(state.of):
            fill, stroke = ("ink", "ink") if k < state.arrived else ("bg", "muted")
            shapes.append(Rect(start + step * k - 3.8, half + 31.2, 7.6, 7.6, 3.8, fill, stroke, 1.5))
    return shapes


def _small(moment: Moment, index: int, state: State, w: float) -> list[Shape]:
    """The value in three digits, the adjoint as a bar about a zero line."""
    node = moment.scene["nodes"][index]
    inset = 10.0 if node["input"] else 6.0
    shapes: list[Shape] = []
    if node["input"]:
        shapes.append(Text(node["name"], w / 2, -10, 15, "muted", "middle"))
    elif node["box"]:
        shapes.append(Text(node["caption"], w / 2, -8, 13, "muted", "middle"))
    if state.value is None:
        shapes.append(Rect(6, 5, w - 12, 15, 4, "", "wire", 1.4, _SLOT))
    if state.adjoint is None and not state.without:
        shapes.append(Rect(inset, 24, w - 2 * inset, 8, 3, "", "wire", 1.4, _SLOT))
    elif state.partial:
        shapes.append(Path(_stripes(inset - 1, w - inset + 1, 23.5, 32.5, 0), "", "line", 1.2))
    else:
        shapes.append(Rect(inset - 1, 23.5, w - 2 * inset + 2, 9, 2, f"{state.hue} 9"))
    place = Place(3, 5, w - 6, 15, 17.5, (12.5, 11.5), digits=3, middle=True)
    shapes += place.show(state.value, "bad" if state.lost else "")
    shapes += _bar(moment, state, w / 2, w / 2 - inset, (24.5, 7), (23, 10))
    shapes += Place(inset, 24.5, w - 2 * inset, 7, 0, (), digits=1, signed=True).show(state.adjoint)
    return shapes


def _row(state: State, size: tuple[float, float, float]) -> list[Shape]:
    """The lower row: tinted when the adjoint is complete, hatched before; a zigzag where something is not finite."""
    w, h, radius = size
    half, r = h / 2, radius - 1
    k = r * (1 - _ROUND)
    shapes: list[Shape] = []
    if state.partial:
        shapes.append(Path(_stripes(1, w - 1, half, h - 1, r), "", "line", 1.2))
    elif state.adjoint is not None or state.without:
        corners = (
            f"C{w - 1} {h - 1 - k:.2f} {w - 1 - k:.2f} {h - 1} {w - radius} {h - 1}L{radius} {h - 1}"
            f"C{1 + k:.2f} {h - 1} 1 {h - 1 - k:.2f} 1 {h - radius}"
        )
        shapes.append(Path(f"M1 {half}L{w - 1} {half}L{w - 1} {h - radius}{corners}Z", f"{state.hue} 9"))
    shapes.append(Path(f"M1 {half}L{w - 1} {half}", "", "rule", 1.2))
    if state.hue == "bad" or state.lost:
        teeth = int((w - 2 * radius) // 7)
        points = "".join(f"L{radius + 7 * k + 3.5} {h - 4}L{radius + 7 * k + 7} {h}" for k in range(teeth))
        shapes.append(Path(f"M{radius} {h}{points}", "", "bad", 2.0))
    return shapes


def _bar(
    moment: Moment, state: State, middle: float, room: float, bar: tuple[float, float], axis: tuple[float, float]
) -> list[Shape]:
    """A centre-zero bar, left for negative, with its axis. Rows are given as top and height."""
    number = state.adjoint
    if number is None or number.kind != SCALAR:
        return []
    length = room * number.strength(moment.scene["top"]) if number.finite else 0.0
    left = middle - (length if number.data[0] < 0 else 0)
    line = Path(f"M{middle} {axis[0]}L{middle} {axis[0] + axis[1]}", "", "muted")
    return [*([Rect(left, bar[0], length, bar[1], 1, state.hue)] if length else []), line]


def _stripes(left: float, right: float, top: float, bottom: float, radius: float) -> str:
    """Lines at 45 degrees, 7 apart, within a box whose lower corners are rounded."""

    def inside(x: float, y: float) -> bool:
        if not left <= x <= right:
            return False
        low, aside = y - (bottom - radius), max(left + radius - x, x - (right - radius))
        return low <= 0 or aside <= 0 or low**2 + aside**2 <= radius**2

    d, offset = "", 0.6
    while offset * 2**0.5 < right + bottom:
        reach = offset * 2**0.5  # of a line x + y = reach
        heights = [top + k / 2 for k in range(int(2 * (bottom - top)) + 1) if inside(reach - top - k / 2, top + k / 2)]
        if heights:
            d += f"M{reach - heights[0]:.1f} {heights[0]:.1f}L{reach - heights[-1]:.1f} {heights[-1]:.1f}"
        offset += 7
    return d
