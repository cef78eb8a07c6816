"""Picture -> SVG text that stands alone: no script, no style sheet, no reference to anything."""

from __future__ import annotations

import re
from html import escape

from .shapes import Group, Path, Picture, Rect, Shape, Text, baseline, colour

_FACES = {
    "math": "'STIX Two Text',STIX,Cambria,'Liberation Serif','Times New Roman',serif",
    "ui": "Helvetica,Arial,sans-serif",
}
_MONO = "Menlo,Consolas,'DejaVu Sans Mono',monospace"


def svg(picture: Picture, colours: dict[str, str], description: str) -> str:
    """The picture in these colours; the description is what a screen reader reads."""
    width, height = _n(picture.width), _n(picture.height)
    groups = "".join(_group(group, colours) for group in picture.groups)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="max-width:100%;height:auto" font-family="{_FACES["ui"]}" role="img" '
        f'aria-label="{escape(_printable(description))}" fill="none">'
        f'<rect width="{width}" height="{height}" fill="{colours["bg"]}"/>{groups}</svg>'
    )


def _group(group: Group, colours: dict[str, str]) -> str:
    moved = f"translate({_n(group.x)} {_n(group.y)})" if group.x or group.y else ""
    scaled = f" scale({_n(group.scale)})" if group.scale != 1 else ""
    attributes = _attributes({"id": group.id, "transform": (moved + scaled).strip()})
    return f"<g{attributes}>{''.join(_shape(shape, colours) for shape in group.shapes)}</g>"


def _shape(shape: Shape, colours: dict[str, str]) -> str:
    if isinstance(shape, Text):
        return _text(shape, colours)
    look = {
        "fill": colour(shape.fill, colours) if shape.fill else "",
        "stroke": colour(shape.stroke, colours) if shape.stroke else "",
        "stroke-width": _n(shape.line) if shape.stroke and shape.line != 1 else "",
        "stroke-dasharray": " ".join(map(_n, shape.dash)),
        "opacity": f"{shape.opacity:.3g}" if shape.opacity != 1 else "",
    }
    if isinstance(shape, Path):
        d = re.sub(r"\.0(?!\d)", "", shape.d)
        return f"<path{_attributes({'d': d, 'stroke-linecap': 'round' if shape.round else ''} | look)}/>"
    return f"<rect{_attributes(_place(shape) | look)}/>"


def _place(rect: Rect) -> dict[str, str]:
    names = {"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height, "rx": rect.radius}
    return {name: _n(value) for name, value in names.items() if value}


def _text(text: Text, colours: dict[str, str]) -> str:
    """One line, its runs raised and lowered as their styles say."""
    spans, height = "", 0.0
    for words, style in text.runs:
        offset, size = baseline(style)
        offset *= text.size
        span = {
            "dy": _n(offset - height) if offset != height else "",
            "font-size": _n(size * text.size) if size != 1 else "",
            "font-style": "italic" if style.endswith("i") else "",
            "font-family": _MONO if style == "/" else "",
        }
        written = escape(_printable(words))
        spans += f"<tspan{_attributes(span)}>{written}</tspan>" if any(span.values()) else written
        height = offset
    look = {
        "x": _n(text.x),
        "y": _n(text.y),
        "font-size": _n(text.size),
        "font-family": _FACES[text.face] if text.face != "ui" else "",
        "font-weight": "600" if text.bold else "",
        "text-anchor": text.anchor if text.anchor != "start" else "",
        "fill": colour(text.fill, colours),
    }
    return f"<text{_attributes(look)}>{spans}</text>"


def _attributes(named: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in named.items() if value)


def _printable(text: str) -> str:
    """Without the characters that XML forbids."""
    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _n(value: float) -> str:
    """A coordinate: two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
