"""The edges of a picture at a moment: the value's lane, the adjoint's band, the gate, and pills on their way."""

from __future__ import annotations

from typing import Any

from .labels import Place, cut_runs, number_width, runs_width
from .moment import Moment, Numbers
from .scene import NORM, SHAPE
from .shapes import Group, Path, Rect, Shape, Text, line_of, part_of, point_on
from .shapes import length as length_of
from .text import Run

Box = tuple[float, float, float, float]
_BAND_DASHES = {"zero": (5.0, 5.0), "bad": (6.0, 2.0, 2.0, 2.0)}


def edge(moment: Moment, index: int, way: dict[str, Any], *, vertical: bool, share: float = 1.0) -> Group:
    """Lane and band; of the edge that is now, the band has grown to `share` of its way."""
    scene = moment.scene
    data, compact, live = scene["edges"][index], scene["compact"], index == moment.edge_now
    known, arrived = moment.known.value[data["target"]], moment.known.edge[index]
    role, back = ("wire" if known else "line"), f"{way['far']} {way['near']}".strip()
    shapes: list[Shape] = [
        Path(way["forward"], "", role, 2.0, () if known else (5, 4), 0.6 if known and moment.backward else 1.0)
    ]
    if not compact:
        shapes.append(Path(_arrow(_end(way["forward"]), 10, (0, 1) if vertical else (1, 0)), role))
    if not arrived and not compact:
        shapes.append(Path(back, "", "line", 1.6, (1.5, 5), round=True))
    contribution, width = moment.read(data["contribution"]), 0.0
    if arrived or live:
        far, near = _shares(way, share) if live and not moment.settled else (1.0, 1.0)
        scale = 0.62 if compact else 1.0
        if way["far"]:
            shapes += _band(moment, way["far"], moment.final_adjoint(data["target"]), scale, far)
        shapes += _band(moment, way["near"], contribution, scale, near)
        width = band_width(moment, contribution, scale)
    if arrived and not compact:
        tip = _arrow(_end(way["near"]), width * 0.6 + 7, (0, -1) if vertical else (-1, 0))
        shapes.append(Path(tip, contribution.sign))
    return Group(shapes, id=data["id"])


def band_width(moment: Moment, numbers: Numbers, scale: float) -> float:
    """How thick a band is that carries these numbers."""
    much = numbers.strength(moment.scene["top"])
    return 1.5 if numbers.sign == "zero" else round((3.5 + 11.5 * much) * scale, 2)


def _band(moment: Moment, d: str, numbers: Numbers, scale: float, share: float) -> list[Shape]:
    """A band of a derivative, a negative one with a light core."""
    if share <= 0:
        return []
    way, hue, width = d if share >= 1 else part_of(d, share), numbers.sign, band_width(moment, numbers, scale)
    opacity = round(0.7 + 0.3 * numbers.strength(moment.scene["top"]), 2)
    line = Path(way, "", hue, width, _BAND_DASHES.get(hue, ()), opacity)
    return [line, Path(way, "", "neg 14", round(width * 0.3, 2))] if hue == "neg" else [line]


def gate(moment: Moment, index: int, box: Box, scale: float = 1.0) -> Group:
    """The local derivative: formula and number; the formula alone where it is a number already, or an expression."""
    data, (x, y, w, h) = moment.scene["edges"][index], box
    local = moment.read(data["local"]) if moment.known.value[data["target"]] else None
    live = index == moment.edge_now
    born = (moment.known.edge[index] or live) and moment.loses_adjoint(index)
    hue = local.sign if local and not data["pullback"] else "muted"
    shapes: list[Shape] = []
    if live or born:  # a glow, without a filter that not every reader of SVG knows
        role = "bad" if born else "now"
        shapes += [
            Rect(-w / 2, -h / 2, w, h, 9, "", role, line, opacity=opacity)
            for line, opacity in ((15, 0.12), (11, 0.22), (7, 0.45))
        ]
    dashed = () if local else (4.0, 3.0)
    shapes.append(Rect(-w / 2, -h / 2, w, h, 9, "bg", hue if local else "wire", 3.0 if live else 1.5, dashed))
    number = local.uniform if local and not data["constant"] and not data["pullback"] else None
    if number and number.kind == NORM:
        number = number._replace(kind=SHAPE)
    runs = gate_runs(data)
    size = round(min(17.0, max(12.0, 17 * (w - 10) / runs_width(runs, 17))), 1)
    constant = data["constant"]
    shapes.append(
        Text(
            cut_runs(runs, w - 4, size),
            0,
            -3 if number else 6,
            size,
            hue if constant and local else "ink",
            "middle",
            "ui" if constant else "math",
            bold=constant,
        )
    )
    place = Place(3 - w / 2, 2, w - 6, 15, 15, (15, 14, 13), signed=True, middle=True)
    return Group(shapes + place.show(number), x, y, scale)


def floating_gate(moment: Moment, geometry: dict[str, Any]) -> Group | None:
    """Compact drawings show one gate, of the edge that is now, above the cards it belongs to."""
    if moment.edge_now is None:
        return None
    data, scale = moment.scene["edges"][moment.edge_now], 0.72
    x, middle = point_on(line_of(geometry["edges"][moment.edge_now]["near"]), 0.5)
    width = max(66.0, runs_width(gate_runs(data), 17) + 20)
    half, reach = 42 * scale / 2 + 5, width * scale / 2 + 4
    cards = [geometry["cards"][data[end]] for end in ("source", "target")]
    tops = [
        top
        for left, top, w, h in cards
        if abs(left + w / 2 - x) < w / 2 + reach and abs(top + h / 2 - (middle - half)) < h / 2 + half
    ]
    y = max(half, min(middle, *tops) - half) if tops else max(half, middle - half)
    return gate(moment, moment.edge_now, (min(geometry["width"] - reach, max(reach, x)), y, width, 42), scale)


def gate_runs(data: dict[str, Any]) -> list[Run]:
    """× formula; a pull-back stands alone."""
    return data["formula"] if data["pullback"] else [("× ", ""), *data["formula"]]


def pills(moment: Moment, geometry: dict[str, Any], share: float) -> list[Group]:
    """The numbers on their way, `share` of it done: values along their lanes, an adjoint through its gate."""
    scene = moment.scene
    kind, *at = scene["steps"][moment.step]
    if kind == "value":
        entering = scene["nodes"][at[0]]["into"]
        return [
            _pill(
                moment.value(scene["edges"][j]["source"]), "ink",
                point_on(line_of(geometry["edges"][j]["forward"]), share), scene["compact"],
            )
            for j in entering
        ]  # fmt: skip
    if kind != "edge":
        return []
    data, way = scene["edges"][at[0]], geometry["edges"][at[0]]
    far, near = _shares(way, share)
    past = near > 0 or (not way["far"] and share >= 0.5)
    numbers = moment.read(data["contribution"]) if past else moment.final_adjoint(data["target"])
    place = point_on(line_of(way["near"]), near) if far >= 1 else point_on(line_of(way["far"]), far)
    return [_pill(numbers, numbers.sign, place, scene["compact"])]


def _pill(numbers: Numbers, hue: str, at: tuple[float, float], compact: bool) -> Group:
    written = numbers.text() or numbers.shape
    width = max(30.0, number_width(written, 16) + 18)
    text = Text([(written, "")], 0, 5.5, 16, "bg" if hue == "ink" else "on", "middle", "ui", bold=True)
    return Group([Rect(-width / 2, -13, width, 26, 13, hue, "bg", 2.0), text], *at, 0.8 if compact else 1.0)


def _shares(way: dict[str, Any], share: float) -> tuple[float, float]:
    """How much of the way before the gate, and after it, is done."""
    before, after = length_of(line_of(way["far"])) if way["far"] else 0.0, length_of(line_of(way["near"]))
    gate_at = before / (before + after)
    done = min(1.0, share / gate_at) if gate_at else 1.0
    return done, min(1.0, max(0.0, (share - gate_at) / (1 - gate_at)))


def _end(d: str) -> tuple[float, float]:
    x, y = line_of(d)[-1]
    return float(x), float(y)


def _arrow(end: tuple[float, float], size: float, direction: tuple[int, int]) -> str:
    (x, y), (dx, dy), wing = end, direction, size * 0.62
    back_x, back_y = x - size * dx, y - size * dy
    points = [(x, y), (back_x + wing * dy, back_y + wing * dx), (back_x - wing * dy, back_y - wing * dx)]
    return "M" + "L".join(f"{a:.2f} {b:.2f}" for a, b in points) + "Z"
