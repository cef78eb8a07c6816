"""What a picture is made of: rectangles, paths and lines of text, in the roles of the palette.

Colours are roles, so that one picture serves both themes: "ink", "pos", or "pos 9" for 9 % of it over the background.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import numpy as np

from ..autodiff.errors import InputError
from .text import Run

Face = Literal["math", "ui"]
Anchor = Literal["start", "middle", "end"]

PALETTES = {
    "light": {
        "bg": "#ffffff", "sunk": "#f3f4f6", "ink": "#1b1f24", "muted": "#5b6470", "wire": "#7d8590",
        "line": "#c4c9d0", "rule": "#dde1e6", "pos": "#0072b2", "neg": "#b84a00", "zero": "#666d79",
        "bad": "#a3397a", "mix": "#5b6470", "now": "#e69f00", "on": "#ffffff",
    },
    "dark": {
        "bg": "#1e1f22", "sunk": "#2a2c30", "ink": "#f2f4f7", "muted": "#aeb6c0", "wire": "#8b939e",
        "line": "#5a5f67", "rule": "#3d4147", "pos": "#56b4e9", "neg": "#ff8c42", "zero": "#a8b0ba",
        "bad": "#e9a3cb", "mix": "#aeb6c0", "now": "#f0c24b", "on": "#101114",
    },
}  # fmt: skip
"""The roles of the visual language, as in the player's style. The sign of an array that has both is "mix"."""


class Rect(NamedTuple):
    """A rectangle, its corners rounded by `radius`. `line` is the width of its stroke."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    fill: str = ""
    stroke: str = ""
    line: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


class Path(NamedTuple):
    """SVG path data of absolute M, L, C and Z."""

    d: str
    fill: str = ""
    stroke: str = ""
    line: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    round: bool = False


class Text(NamedTuple):
    """One line of text on the baseline y. Face "math" is serif, "ui" sans serif."""

    runs: list[Run]
    x: float
    y: float
    size: float
    fill: str
    anchor: Anchor = "start"
    face: Face = "math"
    bold: bool = False


class Group(NamedTuple):
    """Shapes in coordinates of their own: scaled, then moved to (x, y)."""

    shapes: list[Rect | Path | Text]
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    id: str = ""


class Picture(NamedTuple):
    """Groups from back to front, on a background of the given size."""

    width: float
    height: float
    groups: list[Group]


Shape = Rect | Path | Text


def palette(theme: str) -> dict[str, str]:
    """The colours of a theme, by role."""
    if theme not in PALETTES:
        raise InputError(f"There is no theme {theme!r}. Write theme='light' or theme='dark'.")
    return PALETTES[theme]


def colour(role: str, colours: dict[str, str]) -> str:
    """The colour of a role.

    >>> colour("pos", PALETTES["light"]), colour("pos 9", PALETTES["light"])
    ('#0072b2', '#e8f2f8')
    """
    name, _, percent = role.partition(" ")
    if not percent:
        return colours[name]
    share = int(percent) / 100
    mixed = (round(share * a + (1 - share) * b) for a, b in zip(_rgb(colours[name]), _rgb(colours["bg"]), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _rgb(hexadecimal: str) -> list[int]:
    return [int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5)]


def baseline(style: str) -> tuple[float, float]:
    """How far a run of text stands off the line, down, and how large it is; both as shares of the text's size."""
    if style == "/":
        return 0.0, 0.9
    return {"^": (-0.36, 0.7), "_": (0.22, 0.7)}.get(style[:1], (0.0, 1.0))


def line_of(d: str) -> np.ndarray:
    """The points along path data of M and C, close together, as rows (x, y)."""
    points = np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2)
    t = np.linspace(0, 1, 25)[:, None]
    curves = [
        (1 - t) ** 3 * p + 3 * t * (1 - t) ** 2 * a + 3 * t**2 * (1 - t) * b + t**3 * q
        for p, a, b, q in (points[k : k + 4] for k in range(0, len(points) - 3, 3))
    ]
    return np.concatenate(curves)


def length(line: np.ndarray) -> float:
    """The length of a line of points."""
    return float(np.sum(np.hypot(*np.diff(line, axis=0).T)))


def point_on(line: np.ndarray, share: float) -> tuple[float, float]:
    """The point after this share of the line's length."""
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    x, y = (float(np.interp(share * travelled[-1], travelled, line[:, k])) for k in (0, 1))
    return x, y


def part_of(d: str, share: float) -> str:
    """The path data of the first share of a path."""
    line = line_of(d)
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    kept = [*line[travelled < share * travelled[-1]].tolist(), point_on(line, share)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept)
