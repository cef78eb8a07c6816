"""A still picture of a graph as SVG, at the end of the backward pass, for wherever no widget can live."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np

from ..formatting import format_number
from ..graph.graph import Graph
from .scene import scene
from .text import Run, name_runs, plain, width

_INK, _MUTED, _WIRE, _RULE = "#1b1f24", "#5b6470", "#7d8590", "#dde1e6"
_COLOURS = {"pos": "#0072b2", "neg": "#b84a00", "zero": "#666d79", "nan": "#a3397a"}
_MATH = "'STIX Two Text','Cambria','Liberation Serif','Times New Roman',serif"
_UI = "Helvetica,Arial,sans-serif"


def svg(graph: Graph) -> str:
    """Values and adjoints on the nodes, local derivatives on the edges, on white."""
    made = scene(graph)
    view = made["wide"]
    across, down = view["width"], view["height"]
    lanes = "".join(_lanes(graph, made, k) for k in range(len(graph.edges)))
    gates = "".join(_gate(graph, made, k) for k in range(len(graph.edges)))
    cards = "".join(_card(graph, made, k) for k in range(len(graph.nodes)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}" '
        f'style="max-width:100%;height:auto;background:#fff" role="img" aria-label="{escape(repr(graph))}">'
        f"{lanes}{gates}{cards}</svg>"
    )


def mime_bundle(graph: Graph, text: str) -> dict[str, str]:
    """The picture for a notebook's output, beside the text.

    GitHub and nbconvert take the SVG. JupyterLab shows an SVG only in a trusted notebook, but an HTML image at once.
    """
    drawn = svg(graph)
    data = base64.b64encode(drawn.encode()).decode()
    image = f'<img alt="{escape(text)}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
    return {"text/plain": text, "text/html": image, "image/svg+xml": drawn}


def _lanes(graph: Graph, made: dict[str, Any], index: int) -> str:
    """The value's way, and below it the adjoint's band."""
    edge, way = graph.edges[index], made["wide"]["edges"][index]
    forward = f'<path d="{way["forward"]}" fill="none" stroke="{_WIRE}" stroke-width="1.5"/>'
    if way["gate"] is None or not graph.passes(edge):
        return f'<g id="{edge.id}">{forward}</g>'
    band = f'fill="none" stroke="{_colour(edge.contribution)}" stroke-width="4" opacity=".8"'
    return f'<g id="{edge.id}">{forward}<path d="{way["far"]}" {band}/><path d="{way["near"]}" {band}/></g>'


def _gate(graph: Graph, made: dict[str, Any], index: int) -> str:
    """The local derivative: formula and number."""
    edge, texts, way = graph.edges[index], made["edges"][index], made["wide"]["edges"][index]
    if way["gate"] is None:
        return ""
    x, y, w, h = way["gate"]
    colour = _colour(edge.local) if graph.passes(edge) else _WIRE
    box = _box(x - w / 2, y - h / 2, w, h, 9, colour)
    factor: list[Run] = [("" if texts["pullback"] else "× ", ""), *texts["formula"]]
    if texts["constant"]:
        return box + _text([(plain(factor), "")], x, y + 6, 16, colour, anchor="middle", bold=True)
    if texts["pullback"]:
        return box + _text(factor, x, y + 6, 16, _MUTED if texts["cut"] else _INK, anchor="middle")
    number = format_number(edge.local) if np.ndim(edge.local) == 0 else _shape(edge.local)
    return (
        box
        + _text(factor, x, y - 3, 17, _INK, anchor="middle")
        + _text([(number, "")], x, y + 15, 15, colour, anchor="middle", bold=True)
    )


def _card(graph: Graph, made: dict[str, Any], index: int) -> str:
    node, texts = graph.nodes[index], made["nodes"][index]
    x, y, w, h = made["wide"]["cards"][index]
    colour = _MUTED if texts["without"] else _colour(node.adjoint)
    radius = 26 if node.is_input and h > 60 else 11
    box = (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}" fill="#fff" stroke="{_INK}" stroke-width="1.5"/>'
    )
    if made["compact"]:
        name = _text(name_runs(node.name), x + w / 2, y - 5, 11, _MUTED, anchor="middle") if node.is_input else ""
        value = _text([(_short(node.value, 3), "")], x + w / 2, y + 15, 11.5, _INK, anchor="middle", bold=True)
        adjoint = _text(
            [(texts["without"] or _short(node.adjoint, 3), "")],
            x + w / 2,
            y + 30,
            10.5,
            colour,
            anchor="middle",
            bold=True,
        )
        return f'<g id="{node.id}">{box}{name}{value}{adjoint}</g>'
    caption = texts["caption"] or ([("input", "")] if node.is_input else [])
    output = graph.nodes[graph.output].name
    derivative: list[Run] = [(graph.symbol, ""), *name_runs(output), (f"/{graph.symbol}", ""), *name_runs(node.name)]
    return (
        f'<g id="{node.id}">{box}<path d="M{x} {y + h / 2}H{x + w}" stroke="{_RULE}"/>'
        + _text(caption, x + w / 2, y - 10, 15, _MUTED, anchor="middle")
        + _text(name_runs(node.name), x + 13, y + 32, 22, _INK)
        + _text(
            [(_short(node.value, 4, w - 30 - width(name_runs(node.name), 22)), "")],
            x + w - 12,
            y + 32,
            24 if np.ndim(node.value) == 0 else 15,
            _INK,
            anchor="end",
            bold=True,
        )
        + _text(derivative, x + 13, y + 74, 16, _MUTED)
        + _text(
            [(texts["without"] or _short(node.adjoint, 4, w - 30 - width(derivative, 16)), "")],
            x + w - 12,
            y + 75,
            19 if np.ndim(node.value) == 0 else 15,
            colour,
            anchor="end",
            bold=True,
        )
        + "</g>"
    )


def _box(x: float, y: float, w: float, h: float, radius: float, colour: str) -> str:
    place = f'x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}"'
    return f'<rect {place} fill="#fff" stroke="{colour}" stroke-width="1.5"/>'


def _text(
    runs: list[Run], x: float, y: float, size: float, colour: str, *, anchor: str = "start", bold: bool = False
) -> str:
    """One line of text, its runs raised and lowered as their styles say."""
    spans, height = "", 0.0
    for text, style in runs:
        wanted = {"^": -0.35, "_": 0.22}.get(style[:1], 0.0) * size
        small = f' font-size="{size * 0.68:.1f}"' if wanted else ""
        slant = ' font-style="italic"' if style.endswith("i") else ""
        move = f' dy="{wanted - height:.1f}"' if wanted != height else ""
        spans += f"<tspan{move}{small}{slant}>{escape(text)}</tspan>"
        height = wanted
    face = f'font-family="{_UI}" font-weight="600"' if bold else f'font-family="{_MATH}"'
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" {face}>{spans}</text>'


def _colour(value: Any) -> str:
    """The colour of a derivative's sign; ink for arrays, whose entries may differ."""
    if value is None or np.ndim(value):
        return _WIRE
    return _COLOURS["nan" if not np.isfinite(value) else "pos" if value > 0 else "neg" if value < 0 else "zero"]


def _short(value: Any, digits: int, room: float = 0.0) -> str:
    """A number, a vector whose entries fit into the room, or the shape."""
    if np.ndim(value) == 0:
        return format_number(float(value), digits if digits > 3 or abs(value) >= 0.1 else 2)
    if np.ndim(value) == 1 and np.size(value) <= 3:
        entries = "[" + ", ".join(format_number(float(v), 3) for v in value) + "]"
        if width([(entries, "")], 15) < room:
            return entries
    return _shape(value)


def _shape(value: Any) -> str:
    return "array" if value is None else "×".join(map(str, np.shape(value)))
