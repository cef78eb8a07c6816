"""Figures by matplotlib in the look of the design language, as SVG that follows the notebook's theme.

One unit is one pixel, so that text has the size that was asked for at every width of the page. Figures are drawn with
the light theme's colours; `to_svg` writes each as a CSS variable, which `widgets/lab.css` defines for both themes.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from html import escape
from typing import Any, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from .shapes import PALETTES

_OF_THE_PLAYER = ("bg", "ink", "muted", "rule", "pos", "neg", "zero", "bad", "now", "wire")
ROLES = {
    **{role: PALETTES["light"][role] for role in _OF_THE_PLAYER},
    "activation": "#00805d",  # the activation derivative, and the pathwise estimator
    "shortcut": "#6b5b00",
    "score": "#66707b",
}  # fmt: skip
"""The colours of figures, by role. No two roles may share a colour: it is how `to_svg` knows them again."""

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "chainviz", "font.size": 9.75, "font.family": "DejaVu Sans",
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.edgecolor": ROLES["ink"], "axes.labelcolor": ROLES["muted"], "axes.titlecolor": ROLES["ink"],
    "axes.titlelocation": "left", "axes.titleweight": "bold", "axes.titlesize": 9.75, "axes.labelsize": 9.75,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 1, "axes.unicode_minus": True,
    "axes.grid": False, "grid.color": ROLES["rule"], "grid.linewidth": 1, "text.color": ROLES["ink"],
    "xtick.color": ROLES["muted"], "ytick.color": ROLES["muted"], "xtick.labelsize": 9, "ytick.labelsize": 9,
    "xtick.major.size": 3, "ytick.major.size": 3, "lines.linewidth": 1.05, "patch.linewidth": 0.75,
    "hatch.linewidth": 0.75, "path.simplify": True, "path.simplify_threshold": 0.3,
}  # fmt: skip
"""matplotlib's settings, sizes in points (12 pixels are 9): `with styled():` around whatever makes artists."""

_METADATA = ("Date", "Creator", "Format", "Type")
"""What matplotlib says of itself in each file, and we do not."""

F = TypeVar("F")

_SHARED: dict[type, Any] = {}

_ROLE_OF = {colour: role for role, colour in ROLES.items()}
_COLOUR = re.compile("|".join(_ROLE_OF))
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")


def styled() -> Any:
    """The look of the house, for a `with` block or as a decorator."""
    return matplotlib.rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of width x height pixels, for `to_svg`; pyplot does not know of it, so none piles up."""
    figure = Figure(figsize=(width / 96, height / 96), dpi=96)
    FigureCanvasSVG(figure)
    return figure


def shared(kind: type[F]) -> F:
    """The one figure of a kind, a class around `new_figure`, for all labs of the kernel.

    Its artists take megabytes, so its `draw` sets all that they show: nothing of one lab stays for the next.
    """
    if kind not in _SHARED:
        _SHARED[kind] = kind()
    return _SHARED[kind]


def resize(figure: Figure, width: float, height: float) -> None:
    """Give the figure another size in pixels; what is placed in pixels by `place` must be placed again."""
    figure.set_size_inches(width / 96, height / 96)


def place(axes: Axes, left: float, top: float, width: float, height: float) -> None:
    """Put axes at a place in pixels from the figure's top left corner."""
    figure: Any = axes.figure
    wide, high = figure.get_size_inches() * 96
    axes.set_position((left / wide, 1 - (top + height) / high, width / wide, height / high))


def to_svg(figure: Figure, words: str = "") -> str:
    """The figure as an SVG element whose colours are the theme's; `words` say to a screen reader what it shows.

    >>> with styled():
    ...     figure = new_figure(200, 100)
    ...     line = figure.add_subplot().plot([0, 1], color=ROLES["pos"])
    >>> "stroke: var(--pos, #0072b2)" in to_svg(figure, "A line")
    True
    """
    with styled():  # fonts and ids are decided when the file is written
        text = _written(figure)
    text = text[text.index("<svg") :]
    width, height = (round(inches * 96) for inches in figure.get_size_inches())
    text = re.sub(r'(<svg [^>]*?)\bheight="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?)\bwidth="[^"]*"', rf'\1width="{width}" height="{height}"', text, count=1)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1)
    text = _FONT.sub("var(--ui, sans-serif)", text)
    return _COLOUR.sub(lambda found: f"var(--{_ROLE_OF[found[0]]}, {found[0]})", text)


def _written(figure: Figure) -> str:
    """What `figure.savefig` writes as SVG, in half the time: most of it goes into the sizes of texts."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if not axis.get_label().get_text():  # where the numbers end is asked for the label alone
            axis.set_label_coords(0, 0)
            for tick in axis.get_major_ticks():
                tick.label1.set_in_layout(False)
    file, dpi = io.StringIO(), figure.dpi
    figure.dpi = 72  # a point of SVG is one of its units
    try:
        width, height = figure.get_size_inches() * 72
        renderer = _Renderer(width, height, file, image_dpi=round(dpi), metadata=dict.fromkeys(_METADATA))
        figure.draw(renderer)
        renderer.finalize()
        return file.getvalue()
    finally:
        figure.dpi = dpi
        file.close()  # the figure's texts keep the renderer, and it the file


class _Renderer(RendererSVG):
    """matplotlib's, but a text that was measured for one picture is not measured again for the next."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """The size of a text in points."""
        return _measured(s, prop.copy(), ismath)


@lru_cache(maxsize=1024)
def _measured(words: str, font: FontProperties, is_math: Any) -> tuple[float, float, float]:
    return RendererSVG(1, 1, io.StringIO()).get_text_width_height_descent(words, font, is_math)


def regions(figure: Figure) -> list[dict[str, Any]]:
    """Where the figure's axes are, in shares of its size from the top left, and what they span: for the pointer.

    An axis is "linear" or "log". Axes are known by their label (`axes.set_label`); those without one are left out.
    """
    found: list[dict[str, Any]] = []
    for axes in figure.axes:
        name = str(axes.get_label())
        if not name or name.startswith("<"):
            continue
        box = axes.get_position()
        found.append({
            "name": name, "left": box.x0, "right": box.x1, "top": 1 - box.y1, "bottom": 1 - box.y0,
            "x": [*map(float, axes.get_xlim())], "y": [*map(float, axes.get_ylim())],
            "x_scale": axes.get_xscale(), "y_scale": axes.get_yscale(),
        })  # fmt: skip
    return found
