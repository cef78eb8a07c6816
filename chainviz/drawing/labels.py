"""Numbers and names in a picture: which size fits, and heat maps for arrays that no text can show."""

from __future__ import annotations

from typing import Any, NamedTuple

from .moment import Numbers, scalar
from .scene import ENTRIES
from .shapes import Face, Rect, Shape, Text
from .text import Run

_ADVANCES = {
    **dict.fromkeys(".,· ", 0.278), **dict.fromkeys("[]⁰¹²³⁴⁵⁶⁷⁸⁹", 0.333), **dict.fromkeys("−×⁻", 0.584),
    "∞": 0.713, "N": 0.722, "‖": 0.5,
}  # fmt: skip
"""Widths in ems of the characters of numbers in Helvetica Bold; digits are 0.556."""

LEGIBLE = 15.0
"""The size below which several numbers are a heat map rather than a text."""


class Place(NamedTuple):
    """Where numbers go: a room, the text's baseline, and the sizes to try. `signed` gives them their sign's hue."""

    x: float
    y: float
    width: float
    height: float
    baseline: float
    sizes: tuple[float, ...]
    digits: int = 4
    signed: bool = False
    middle: bool = False

    def show(self, numbers: Numbers | None, role: str = "") -> list[Shape]:
        """The numbers in the first size that fits, else with fewer digits, else as a heat map."""
        if numbers is None:
            return []
        fitted = self._fitted(numbers)
        if fitted is None:
            return [*heat_map(numbers, self)]
        written, size = fitted
        if not size:
            return []
        x = self.x + self.width / (2 if self.middle else 1)
        anchor = "middle" if self.middle else "end"
        fill = role or (numbers.sign if self.signed else "ink")
        return [Text([(written, "")], x, self.baseline, size, fill, anchor, "ui", bold=True)]

    def _fitted(self, numbers: Numbers) -> tuple[str, float] | None:
        """Text and size; None where only a heat map fits."""
        written = ""
        for digits in range(self.digits, 0, -1):
            written = numbers.text(digits)
            size = None
            if written is not None:
                text = written
                least = LEGIBLE if numbers.kind == ENTRIES else 0.0
                size = next((s for s in self.sizes if s >= least and number_width(text, s) <= self.width), None)
            if written is not None and size:
                return written, size
            if numbers.kind == ENTRIES:
                return None
        return written or "", self.sizes[-1] if self.sizes else 0.0


def number_width(text: str, size: float) -> float:
    """The width of a number's text, bold."""
    return size * sum(_ADVANCES.get(character, 0.556) for character in text)


def runs_width(runs: list[Run], size: float) -> float:
    """The width of names and formulas as the player's script reckons it."""
    return size * sum(len(text) * (0.36 if style[:1] in ("^", "_") else 0.52) for text, style in runs)


def cut_runs(runs: list[Run], room: float, size: float) -> list[Run]:
    """As many runs as fit into the room, the rest an ellipsis."""
    if runs_width(runs, size) <= room:
        return runs
    characters = [(character, style) for text, style in runs for character in text]
    while characters and runs_width(characters, size) > room - size:
        characters.pop()
    return [*characters, ("…", "")]


def derivative_runs(scene: dict[str, Any], node: int) -> list[Run]:
    """dy/dz."""
    d, output = scene["d"], scene["nodes"][scene["output"]]
    return [(d, ""), *output["name"], ("/", "/"), (d, ""), *scene["nodes"][node]["name"]]


def heat_map(numbers: Numbers, place: Place) -> list[Rect]:
    """A cell an entry: strength by size, the sign also by a light core (negative) or a dot (zero). Vectors lie flat."""
    rows, columns = (1, numbers.rows) if numbers.columns == 1 else (numbers.rows, numbers.columns)
    w, h, most = min(place.width / columns, 16.0), min(place.height / rows, 16.0), numbers.largest or 1.0
    left = place.x + (place.width - w * columns) / (2 if place.middle else 1)
    top = place.y + (place.height - h * rows) / 2
    cells: list[Rect] = []
    for k, entry in enumerate(numbers.data):
        value = float(entry)
        x, y, sign = left + k % columns * w, top + k // columns * h, scalar(value).sign
        role = sign if place.signed or sign == "bad" else "ink"
        opacity = 1.0 if sign == "bad" else 0.2 + 0.8 * abs(value) / most
        if sign != "zero":
            cells.append(Rect(x, y, w, h, fill=role, opacity=opacity))
        if value < 0:
            cells.append(Rect(x + w * 0.2, y + h * 0.35, w * 0.6, h * 0.3, fill="bg"))
        if value == 0:
            r = min(w, h) * 0.12
            cells.append(Rect(x + w / 2 - r, y + h / 2 - r, 2 * r, 2 * r, r, fill="muted"))
    return [*cells, Rect(left, top, w * columns, h * rows, stroke="wire")]


def upright(text: str, x: float, y: float, size: float, fill: str, face: Face = "ui") -> Text:
    """A line of upright text."""
    return Text([(text, "")], x, y, size, fill, face=face)
