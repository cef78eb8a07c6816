"""One drawing, used by the widget, exports and the still picture alike: geometry, texts, and where the numbers go.

`scene(graph)` is everything that stays the same while sliders move; `frame(graph, ...)` packs the numbers. Its parts:

    nodes, edges, steps      what there is, with names and formulas, and in which order it happens
    wide, tall               where it is drawn, left to right or top to bottom
    slots                    where each number stands in a frame: (offset, kind, rows, columns)
    listings                 the user's functions that the nodes' lines are in
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import formula
from ..graph.bundle import Bundle, is_portion
from ..graph.composite import Fold, Group
from ..graph.cost import by_node
from ..graph.graph import Graph
from ..graph.letters import name_mathml
from ..graph.listing import listings
from ..graph.tangents import tangents
from ..graph.tape import LARGEST_SHOWN
from ..graph.templates import SUM, Formula
from ..messages import Message
from ..timeline import Step, forward_steps
from .clearance import Extent, shifts
from .dot import Box, Line, Placed, Point, ahead, place
from .facts import node_facts, part_of_jacobian
from .frames import Frames, title_extents
from .histogram import histogram
from .race import race
from .text import Run, formula_runs, name_runs, shortened, width

CARD_WIDTH, CARD_HEIGHT = 144.0, 96.0
ARRAY_CARD_WIDTH = 184.0
SMALL_WIDTH, SMALL_HEIGHT = 50.0, 36.0
GATE_WIDTH, GATE_HEIGHT = 66.0, 42.0
ARRAY_GATE_WIDTH = 104.0
GATE_FORMULA = 150.0
"""How wide a gate's formula may be. A fold's is its name, as dz/dx, where it would be wider."""
RANK_GAP, RANK_GAP_TALL = 20.0, 28.0
MANY = 20
"""Nodes above which cards are small and gates are not shown."""
TITLE, NORMS = 80.0, 108.0
"""How far the title of a box may stand out from its small card, on both sides together; room for the norms below."""
LARGEST_TOLD = 1_000
"""Nodes of a graph up to which its output is written as a formula of its operations, rather than of its boxes."""
SCALAR, ENTRIES, NORM, SHAPE = range(4)
"""The kinds of slots: one number, all entries, the norm only, no number at all."""

_MARGIN = 18.0
_CAPTION = 22.0  # room above a card for its caption
_SMALL_CAPTION = 18.0
_LANES_WIDE = (25.0 - CARD_HEIGHT / 2, 70.0 - CARD_HEIGHT / 2)  # forward and backward lane, from the card's middle
_PORT = 11.0
_GATE_ROOM = 14.0

Slot = tuple[int, int, int, int]


def scene(graph: Graph, version: int = 0, top: int | None = None) -> dict[str, Any]:
    """Everything the player draws but the numbers, as JSON.

    Args:
        graph: what to draw.
        version: stands first in every frame that belongs to this scene.
        top: the decade of the largest derivative, to which the widths of bands are scaled; the graph's own if None.
    """
    templates: list[str] = []
    slots = _Slots()
    compact = len(graph.nodes) > MANY
    nodes = [_node(graph, k, slots, templates) for k in range(len(graph.nodes))]
    frames = Frames(graph, compact=compact)
    # While Graphviz places many small cards, the rest is written; what gates need is part of the rest.
    with ahead(**_wanted(graph, nodes, (), frames, vertical=False)) if compact else contextlib.nullcontext():
        edges = [_edge(graph, k, slots, templates) for k in range(len(graph.edges))]
        story = _story(graph, nodes, frames)
        return {
            "version": version,
            "d": graph.symbol,
            "compact": compact,
            "templates": templates,
            "nodes": nodes,
            "edges": edges,
            "inputs": list(graph.inputs),
            "output": graph.output,
            "top": largest_decade(graph) if top is None else top,
            **story,
            "wide": _geometry(graph, nodes, edges, frames, vertical=False),
            "tall": None if compact else _geometry(graph, nodes, edges, frames, vertical=True),
        }


def _story(graph: Graph, nodes: list[dict[str, Any]], frames: Frames) -> dict[str, Any]:
    """The parts of a scene that are about the whole of it; every node learns its line and its facts."""
    sources, lines = listings(graph)
    for k, (node, line, cost) in enumerate(zip(nodes, lines, by_node(graph), strict=True)):
        node |= {"line": line, "facts": node_facts(graph, k, cost)}
    output = graph.nodes[graph.output]
    told = graph.full if any(isinstance(node.primitive, Group) for node in graph.nodes) else graph
    told = told if len(told.nodes) <= LARGEST_TOLD else graph
    whole = formula.whole(told)
    if whole == formula.of_node(told, told.output):  # too long for one formula: then by what is to be seen
        told, whole = graph, formula.of_node(graph, graph.output)
    steps = _as_lists(graph.timeline())
    return {
        "formula": "" if output.is_input else f"{name_mathml(output.name)}<mo>=</mo>{formula.mathml(whole, told)}",
        "listings": sources,
        "steps": steps,
        "forward": _as_lists(forward_steps(graph, graph.trained[0])),
        "race": race(graph),
        "turn": next(k for k, step in enumerate(steps) if step[0] == "seed"),
        "frames": frames.told(),
    }


def _as_lists(steps: Sequence[Step]) -> list[list[Any]]:
    return [[step.kind] if step.kind == "start" else [step.kind, step.at] for step in steps]


def frame(graph: Graph, version: int = 0, source: int | None = None) -> bytes:
    """The numbers of a graph, packed for its scene: the version, then float64 by the scene's slots.

    Where `source` is an input, the numbers of forward mode follow: its index, then a tangent for every node and a
    product for every edge, in slots like those of the nodes' values.
    """
    numbers: list[float] = [float(version)]
    for node in graph.nodes:
        numbers += _packed(node.value)
    for edge in graph.edges:
        numbers += [number for part in (edge.local, edge.contribution, edge.so_far) for number in _packed(part, True)]
    if source is not None:
        found = tangents(graph, source)
        numbers.append(float(source))
        for tangent in (*found.nodes, *found.products):
            numbers += _packed(tangent)
    return np.asarray(numbers, dtype="<f8").tobytes()


def largest_decade(*graphs: Graph) -> int:
    """The decade of the largest derivative in the graphs, such as 1 for 15.3 (from 1 to 10 is decade 1)."""
    derivatives = (v for g in graphs for e in g.edges if g.passes(e) for v in (e.contribution, e.so_far))
    sizes = np.array([abs(v) if v.__class__ is float else np.max(np.abs(v), initial=0.0) for v in derivatives])
    finite = sizes[np.isfinite(sizes) & (sizes > 0)]
    return int(np.ceil(np.log10(np.max(finite)))) if finite.size else 0


class _Slots:
    """Hands out places in the frame, in the order in which `frame` packs."""

    def __init__(self) -> None:
        self.next = 1

    def take(self, value: Any) -> Slot:
        rows, columns = _rows_and_columns(np.shape(value)) if value is not None else (0, 0)
        kind = _kind(value)
        slot = (self.next, kind, rows, columns)
        self.next += len(_packed(value))
        return slot


def _kind(value: Any) -> int:
    if value is None:
        return SHAPE
    if np.ndim(value) == 0:
        return SCALAR
    return ENTRIES if np.size(value) <= LARGEST_SHOWN else NORM


def _packed(value: Any, signed: bool = False) -> list[float]:
    kind = _kind(value)
    if kind == SCALAR:
        return [float(value)]
    if kind == ENTRIES:
        return [float(entry) for entry in np.ravel(value)]
    return [float(np.linalg.norm(value)), *histogram(value, signed=signed)] if kind == NORM else []


def _rows_and_columns(shape: tuple[int, ...]) -> tuple[int, int]:
    """An array as a table: a vector is a column, further axes are rows of rows."""
    if len(shape) < 2:
        return (shape[0] if shape else 1), 1
    return int(np.prod(shape[:-1])), shape[-1]


def _node(graph: Graph, index: int, slots: _Slots, templates: list[str]) -> dict[str, Any]:
    node = graph.nodes[index]
    computed = node.primitive is not None
    in_numbers = computed and not (isinstance(node.primitive, Fold) and any(graph.nodes[k].shape for k in node.sources))
    return {
        "id": node.id,
        "label": node.name,
        "name": name_runs(node.name),
        "mathml": name_mathml(node.name),
        "input": node.is_input,
        "operation": _operation(node.primitive) if computed else Message("input"),
        "without": graph.adjoint_text(index) if node.adjoint is None else "",
        "trained": node.adjoint is not None or not node.frozen,
        "caption": _caption(graph, index) if computed else [(Message("input"), "")],
        "box": node.primitive.key if isinstance(node.primitive, Group) else "",
        "shape": list(node.shape),
        "value": slots.take(node.value),
        "args": node.sources,
        "symbolic": _template(templates, formula.node_template(graph, index, numeric=False)) if computed else -1,
        "numeric": _template(templates, formula.node_template(graph, index, numeric=True)) if in_numbers else -1,
        "out": list(graph.leaving[index]),
        "into": list(graph.entering[index]),
    }


def _operation(primitive: Any) -> str:
    """What a node computes as a word, or several, for lists and searches."""
    if isinstance(primitive, Fold) and not isinstance(primitive, Group):
        return ", ".join(dict.fromkeys(_operation(node.primitive) for node in primitive.inner))
    return primitive.name


def _caption(graph: Graph, index: int) -> list[Run]:
    """What a node computes, or the title of a box."""
    primitive = graph.nodes[index].primitive
    if isinstance(primitive, Bundle) and is_portion(primitive.key):
        return [(graph.nodes[index].name, "")]
    if isinstance(primitive, Group):
        return [(primitive.title, "")]
    return formula_runs(formula.of_node(graph, index), graph)


def _edge(graph: Graph, index: int, slots: _Slots, templates: list[str]) -> dict[str, Any]:
    edge = graph.edges[index]
    cut = "" if graph.passes(edge) else Message("frozen") if graph.nodes[edge.source].frozen else Message("cut")
    is_cut, is_factor = graph.is_cut(edge), formula.is_factor(graph, edge)
    local = Formula(rf"\text{{{cut}}}") if is_cut else formula.of_edge(graph, edge)
    shape = (np.size(graph.nodes[edge.target].value), np.size(graph.nodes[edge.source].value))
    slot = slots.take(edge.local)
    runs, loose = formula_runs(local, graph), local.level == SUM  # a factor that is a sum wants brackets
    shown = [(cut, "")] if is_cut else [("(", ""), *runs, (")", "")] if loose and is_factor else runs
    if not is_cut and isinstance(graph.nodes[edge.target].primitive, Fold) and width(shown, 17) > GATE_FORMULA:
        shown = formula_runs(formula.by_name(graph, edge), graph)
    return {
        "id": edge.id,
        "source": edge.source,
        "target": edge.target,
        "local": (slot[0], slot[1], *shape) if edge.local is None else slot,
        "contribution": slots.take(edge.contribution),
        "running": slots.take(edge.so_far),
        "formula": shortened(shown, 17, GATE_FORMULA),
        "cut": cut,
        "template": -1 if is_cut else _template(templates, formula.edge_template(graph, edge)),
        "constant": local.numeric,
        "pullback": is_cut or not is_factor,
        "selects": _selects(graph, edge.target),
        "loose": loose,
        "part": "" if is_cut else part_of_jacobian(graph, edge),
        "nth": edge.turn,
        "of": edge.uses,
    }


def _selects(graph: Graph, index: int) -> bool | str:
    """Whether a local derivative of 0 means that the operand was not taken, so that its tangent does not matter.

    "inside" where several operations are one node, of which one chooses: there a 0 may also be a product.
    """
    members = graph.members[index] if graph.members else (index,)
    steps = [graph.full.nodes[k].primitive for k in members]
    found = any(primitive is not None and primitive.selects for primitive in steps)
    return "inside" if found and len(steps) > 1 else found


def _template(templates: list[str], made: Formula) -> int:
    """The number of the template, which is kept only once."""
    markup = formula.template_mathml(made)
    if markup not in templates:
        templates.append(markup)
    return templates.index(markup)


def _card_size(graph: Graph, nodes: list[dict[str, Any]], compact: bool) -> Point:
    """All cards of a drawing are alike, as wide as the longest name, derivative or caption needs."""
    if compact:
        return SMALL_WIDTH, SMALL_HEIGHT
    output, d = graph.nodes[graph.output].name, graph.symbol
    needed = CARD_WIDTH if all(node.shape == () for node in graph.nodes) else ARRAY_CARD_WIDTH
    for node in nodes:
        derivative: list[Run] = [(d, ""), *name_runs(output), (f"/{d}", ""), *node["name"]]
        needed = max(
            needed, width(node["name"], 22) + 128, width(derivative, 16) + 108, min(220.0, width(node["caption"], 15))
        )
    return float(np.ceil(needed / 4) * 4), CARD_HEIGHT


def _gate_width(edge: dict[str, Any]) -> float:
    """As wide as its formula, and as the numbers of an array need."""
    label = [("" if edge["pullback"] else "× ", ""), *edge["formula"]]
    numbers = 0.0 if edge["local"][1] == SCALAR or edge["pullback"] else ARRAY_GATE_WIDTH
    return float(np.ceil(max(GATE_WIDTH, numbers, min(170.0, width(label, 17) + 18)) / 2) * 2)


def _wanted(
    graph: Graph, nodes: list[dict[str, Any]], edges: Sequence[dict[str, Any]], frames: Frames, *, vertical: bool
) -> dict[str, Any]:
    """What `place` is to lay out, for one reading direction; small cards have no gates, so that it needs no edges."""
    compact = len(nodes) > MANY
    card_width, card_height = _card_size(graph, nodes, compact)
    for node in nodes:
        title = compact and node["box"]
        node["caption"] = shortened(node["caption"], 13 if title else 15, card_width + (TITLE if title else 30))

    def captions(node: dict[str, Any]) -> float:
        """Room for what stands above a card, and the same below, as Graphviz centres boxes."""
        named = not compact or node["input"] or node["box"]
        return 2 * (_SMALL_CAPTION if compact else _CAPTION) if named and (frames or not vertical) else 0.0

    def breadth(node: dict[str, Any]) -> float:
        """A small card of a box is as broad as what stands above and below it; in a frame a caption aside counts."""
        if vertical and frames:
            length = width([("input", "")] if node["input"] else node["caption"], 15)
            return max(card_width, 2 * length + 0.52 * card_width + 18)
        return max(card_width, NORMS, width(node["caption"], 13)) if compact and node["box"] else card_width

    boxes = [Box(node["id"], breadth(node), card_height + captions(node)) for node in nodes]
    ends = [(edge.id, nodes[edge.source]["id"], nodes[edge.target]["id"]) for edge in graph.edges] if compact else []
    lines = [Line(*named) for named in ends]
    for edge in () if compact else edges:
        # The gate is drawn on the backward lane, as far off the line as the lane is off the cards' middles: its box is
        # placed on the line, and all that is on the lane moves alike.
        tail, head, gate = nodes[edge["source"]]["id"], nodes[edge["target"]]["id"], f"g{edge['id']}"
        boxes.append(Box(gate, _gate_width(edge), GATE_HEIGHT + (0 if vertical else _GATE_ROOM)))
        lines += [Line(f"{edge['id']}a", tail, gate), Line(f"{edge['id']}b", gate, head)]
    gap, rank_gap = (11.0, 34.0) if compact else (14.0, RANK_GAP_TALL if vertical else RANK_GAP)
    between = {} if compact else {f"g{edge['id']}": (edge["source"], edge["target"]) for edge in edges}
    return {
        "boxes": tuple(boxes), "lines": tuple(lines), "clusters": frames.clusters(between),
        "vertical": vertical, "gap": gap, "rank_gap": rank_gap,
    }  # fmt: skip


def _geometry(
    graph: Graph, nodes: list[dict[str, Any]], edges: list[dict[str, Any]], frames: Frames, *, vertical: bool
) -> dict[str, Any]:
    """Where everything is, for one reading direction."""
    compact = len(nodes) > MANY
    placed = place(**_wanted(graph, nodes, edges, frames, vertical=vertical))
    gates = [None if compact else (_gate_width(edge), GATE_HEIGHT) for edge in edges]
    drawing = _Drawing(placed, graph, _card_size(graph, nodes, compact), compact, vertical)
    if not compact:
        drawing.clear(nodes, {f"g{edge['id']}": gate for edge, gate in zip(edges, gates, strict=True) if gate})
    return {
        "width": round(placed.width + 2 * _MARGIN),
        "height": round(placed.height + 2 * _MARGIN + (_CAPTION if compact or vertical else 0)),
        "vertical": vertical,
        "frames": drawing.frames(),
        "cards": [drawing.card(node["id"]) for node in nodes],
        "edges": [drawing.edge(k, edge, gate) for k, (edge, gate) in enumerate(zip(edges, gates, strict=True))],
    }


class _Drawing:
    """Turns placed boxes and lines into cards, lanes and gates."""

    def __init__(self, placed: Placed, graph: Graph, card: Point, compact: bool, vertical: bool) -> None:
        self.placed, self.graph, self.vertical, self.compact = placed, graph, vertical, compact
        self.card_width, self.card_height = card
        self.moved: dict[str, float] = {}
        self.origin = (_MARGIN, _MARGIN + (_CAPTION if compact or vertical else 0))
        if compact:
            self.lanes = (0.0, 0.0)
        else:
            self.lanes = (-0.26 * card[0], 0.26 * card[0]) if vertical else _LANES_WIDE

    def centre(self, box: str) -> Point:
        x, y = self.placed.centres[box]
        return self._shift((x + self.origin[0], y + self.origin[1]), self.moved.get(box, 0.0))

    def frames(self) -> list[list[float]]:
        """Left, top, width and height of the frames."""
        x, y = self.origin
        found = self.placed.clusters
        return [[round(a + x, 1), round(b + y, 1), round(c - a, 1), round(d - b, 1)] for a, b, c, d in found]

    def clear(self, nodes: list[dict[str, Any]], gates: dict[str, Point]) -> None:
        """Move the gates that lie on a card or a caption: Graphviz keeps apart what is as high as their boxes."""
        taken = [extent for node in nodes for extent in self._occupied(node)] + title_extents(self.frames())
        wanted: list[Extent] = []
        for box, (w, h) in gates.items():
            x, y = self._shift(self.centre(box), self.lanes[1])
            wanted.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        room = self.placed.width + 2 * _MARGIN if self.vertical else self.placed.height + 2 * _MARGIN
        self.moved = dict(zip(gates, shifts(wanted, taken, 0 if self.vertical else 1, room), strict=True))

    def _occupied(self, node: dict[str, Any]) -> list[Extent]:
        """Where a card and its caption are."""
        x, y, w, h = self.card(node["id"])
        length = width(node["caption"], 15)
        if self.vertical:
            right = x + 0.24 * w - 9
            return [(x, y, x + w, y + h), (max(0.0, right - length), y - 27, right, y - 11)]
        middle = x + w / 2
        return [(x, y, x + w, y + h), (middle - length / 2, y - 27, middle + length / 2, y - 11)]

    def card(self, box: str) -> list[float]:
        x, y = self.centre(box)
        return [
            round(x - self.card_width / 2, 1),
            round(y - self.card_height / 2, 1),
            self.card_width,
            self.card_height,
        ]

    def edge(self, index: int, edge: dict[str, Any], gate: tuple[float, float] | None) -> dict[str, Any]:
        out, into = (
            self._port(index, self.graph.leaving[edge["source"]], "target"),
            self._port(index, self.graph.entering[edge["target"]], "source"),
        )
        start, end = (
            self._side(self.graph.nodes[edge["source"]].id, 1),
            self._side(self.graph.nodes[edge["target"]].id, -1),
        )
        if gate is None:
            way = self._way(edge["id"], self._shift(start, out), self._shift(end, into), 0.0)
            return {"forward": _path(way), "far": "", "near": _path(_reversed(way)), "gate": None}
        forward, backward = self.lanes
        middle = self.centre(f"g{edge['id']}")
        gate_room = (gate[1] if self.vertical else gate[0]) / 2
        before, after = self._along(middle, -gate_room), self._along(middle, gate_room)
        leave, arrive = self._shift(start, forward + out), self._shift(end, forward + into)
        if self._length(start, end) < gate_room * 2 + 4 * RANK_GAP_TALL:  # neighbours: straight across, under the gate
            value_way = self._curve(leave, arrive)
        else:
            via = self._shift(middle, forward)
            value_way = (
                self._way(f"{edge['id']}a", leave, via, forward) + self._way(f"{edge['id']}b", via, arrive, forward)[1:]
            )
        near = self._way(f"{edge['id']}a", self._shift(start, backward + out), self._shift(before, backward), backward)
        far = self._way(f"{edge['id']}b", self._shift(after, backward), self._shift(end, backward + into), backward)
        x, y = self._shift(middle, backward)
        return {
            "forward": _path(value_way),
            "far": _path(_reversed(far)),
            "near": _path(_reversed(near)),
            "gate": [round(x, 1), round(y, 1), *gate],
        }

    def _port(self, index: int, neighbours: tuple[int, ...], end: str) -> float:
        """How far from the middle of its side an edge docks: apart from others, in the order of their other ends."""
        step = min(5.0 if self.compact else _PORT, (20.0 if self.compact else 34.0) / max(1, len(neighbours)))
        boxes = [self.centre(self.graph.nodes[getattr(self.graph.edges[k], end)].id) for k in neighbours]
        order = sorted(range(len(neighbours)), key=lambda k: (boxes[k][0 if self.vertical else 1], neighbours[k]))
        return (order.index(neighbours.index(index)) - (len(neighbours) - 1) / 2) * step

    def _side(self, box: str, direction: int) -> Point:
        """The middle of the side where values leave (1) or enter (-1) a card."""
        half = (self.card_height if self.vertical else self.card_width) / 2
        return self._along(self.centre(box), direction * half)

    def _along(self, point: Point, distance: float) -> Point:
        return (point[0], point[1] + distance) if self.vertical else (point[0] + distance, point[1])

    def _shift(self, point: Point, distance: float) -> Point:
        """The point moved across the reading direction, as lanes and ports are."""
        return (point[0] + distance, point[1]) if self.vertical else (point[0], point[1] + distance)

    def _way(self, line: str, start: Point, end: Point, lane: float) -> list[Point]:
        """Control points from start to end: a short way is one curve, a long one follows Graphviz round the cards."""
        routed = self.placed.lines[line]
        if len(routed) <= 4 or self._length(start, end) < 2.2 * (
            self.card_height if self.vertical else self.card_width
        ):
            return self._curve(start, end)
        inner = [self._shift((x + self.origin[0], y + self.origin[1]), lane) for x, y in routed[1:-1]]
        return [start, *inner, end]

    def _length(self, start: Point, end: Point) -> float:
        return abs(end[1] - start[1]) if self.vertical else abs(end[0] - start[0])

    def _curve(self, start: Point, end: Point) -> list[Point]:
        """One curve that leaves and arrives along the reading direction."""
        reach = 0.45 * self._length(start, end)
        return [start, self._along(start, reach), self._along(end, -reach), end]


def _reversed(points: list[Point]) -> list[Point]:
    return points[::-1]


def _path(points: list[Point]) -> str:
    """Cubic Bézier curves through every third point, as SVG path data."""
    texts = [f"{x:.1f} {y:.1f}".replace(".0 ", " ").removesuffix(".0") for x, y in points]
    return f"M{texts[0]}C{' '.join(texts[1:])}"
