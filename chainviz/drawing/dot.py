"""Graph -> DOT (with the graphviz package), and DOT -> geometry (with the Graphviz that pygraphviz carries).

Graphviz only places boxes of given sizes and routes lines round them: labels are empty, all text is ours. A gate (the
box on an edge that shows the local derivative) is placed as a node between two cards, so that no two boxes can overlap.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Generator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ..formatting import describe
from ..graph import formula
from ..graph.graph import Graph
from . import apart
from .clearance import Extent
from .text import formula_runs, plain

Point = tuple[float, float]
LARGE = 60
"""Nodes above which a layout runs with limits, in a process of its own."""
TITLE_HEIGHT, FRAME_MARGIN = 28.0, 12.0
"""The room for a cluster's title at its top, and on its sides between its line and what is in it."""


class Box(NamedTuple):
    """A box to be placed."""

    id: str
    width: float
    height: float


class Line(NamedTuple):
    """A line to be routed from one box to another."""

    id: str
    tail: str
    head: str


class Cluster(NamedTuple):
    """A frame round boxes, and round the clusters inside it, which come later in the list. Its title is so wide."""

    title_width: float
    boxes: tuple[str, ...]
    outer: int | None


class Placed(NamedTuple):
    """Centres of the boxes, control points of the lines (cubic Bézier curves), extents of the clusters, and the size of
    it all. y grows down. A plain layout in columns has no extents: nothing keeps other boxes out of a cluster there."""

    centres: dict[str, Point]
    lines: dict[str, list[Point]]
    clusters: list[Extent]
    width: float
    height: float


class _Asked(NamedTuple):
    """What is to be laid out, and how."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    clusters: tuple[Cluster, ...]
    vertical: bool
    gap: float
    rank_gap: float


class _Placing:
    """A layout: a large one is under way, in its own process, until it is asked for; a small one is made then."""

    def __init__(self, asked: _Asked) -> None:
        self._asked, self._source = asked, _source(asked)
        self._large = apart.begin(self._source) if len(asked.boxes) > LARGE else None

    @cached_property
    def placed(self) -> Placed:
        """The geometry."""
        drawn = _lay_out(self._source) if self._large is None else self._waited(self._large)
        return _columns(self._asked) if drawn is None else _read(drawn, len(self._asked.clusters))

    def _waited(self, large: apart.Layout | apart.Known) -> dict[str, Any] | None:
        large.wait()
        return large.end()

    def end(self) -> None:
        """Nobody asks for it any more."""
        if self._large is not None:
            self._large.end()


def place(
    boxes: tuple[Box, ...], lines: tuple[Line, ...], clusters: tuple[Cluster, ...] = (),
    *, vertical: bool, gap: float, rank_gap: float,
) -> Placed:  # fmt: skip
    """Lay the boxes out in ranks, left to right, or top to bottom if `vertical`. Cached, as topologies come back."""
    asked = _Asked(boxes, lines, clusters, vertical, gap, rank_gap)
    with _ahead(asked):
        return _place(asked).placed


def ahead(**asked: Any) -> contextlib.AbstractContextManager[None]:
    """Within it, what `place` will be asked for is under way in a process of its own, where it is large."""
    return _ahead(_Asked(**asked))


@contextlib.contextmanager
def _ahead(asked: _Asked) -> Generator[None]:
    placing = _place(asked)
    try:
        yield
    except BaseException:  # whatever interrupts: no process is left, and no layout is kept that nobody has seen
        placing.end()
        _place.cache_clear()
        raise


_place = lru_cache(maxsize=64)(_Placing)


def _source(asked: _Asked) -> str:
    """The DOT source: sizes in inches of 72 units, no labels."""
    boxes, lines, clusters, vertical, gap, rank_gap = asked
    from graphviz import Digraph

    limits = {"nslimit": "0.1", "nslimit1": "0.1", "mclimit": "0.1", "splines": "line"} if len(boxes) > LARGE else {}
    ports = {"tailport": "s", "headport": "n"} if vertical else {"tailport": "e", "headport": "w"}
    drawing = Digraph(
        graph_attr={
            "rankdir": "TB" if vertical else "LR", "nodesep": str(gap / 72), "ranksep": str(rank_gap / 72), "pad": "0",
        } | limits,
        node_attr={"shape": "box", "label": "", "fixedsize": "true"},
        edge_attr={"arrowhead": "none"} | ports,
    )  # fmt: skip
    inside = [Digraph(f"cluster{k}", graph_attr=_look(cluster)) for k, cluster in enumerate(clusters)]
    home = {box: inside[k] for k, cluster in enumerate(clusters) for box in cluster.boxes}
    for box in boxes:
        home.get(box.id, drawing).node(box.id, width=f"{box.width / 72:.4f}", height=f"{box.height / 72:.4f}")
    for cluster, subgraph in reversed([*zip(clusters, inside, strict=True)]):  # it is copied: inner ones first
        (drawing if cluster.outer is None else inside[cluster.outer]).subgraph(subgraph)
    for line in lines:
        drawing.edge(line.tail, line.head, id=line.id)
    return drawing.source


def _look(cluster: Cluster) -> dict[str, str]:
    """Room for a title at the top: a table of that size, as Graphviz measures texts with whatever fonts there are."""
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{cluster.title_width:.0f}" HEIGHT="{TITLE_HEIGHT - 8:.0f}"></TD>'
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>'
    return {"label": f"<{table}>", "labeljust": "l", "labelloc": "t", "margin": f"{FRAME_MARGIN:.0f}"}


def _lay_out(source: str) -> dict[str, Any]:
    from pygraphviz import AGraph

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return json.loads(AGraph(string=source).draw(format="json0", prog="dot"))  # pyright: ignore


def _read(drawn: dict[str, Any], clusters: int) -> Placed:
    """Geometry from Graphviz's JSON, whose y grows upward."""
    _, _, width, height = map(float, drawn["bb"].split(","))
    objects = drawn.get("objects", [])

    def point(text: str) -> Point:
        x, y = text.split(",")
        return float(x), height - float(y)

    def extent(text: str) -> Extent:
        left, low, right, high = map(float, text.split(","))
        return left, height - high, right, height - low

    centres = {o["name"]: point(o["pos"]) for o in objects if "pos" in o}
    extents = {o["name"]: extent(o["bb"]) for o in objects if "bb" in o}
    lines = {e["id"]: [point(p) for p in e["pos"].split()] for e in drawn.get("edges", [])}
    return Placed(centres, lines, [extents[f"cluster{k}"] for k in range(clusters)], width, height)


def _columns(asked: _Asked) -> Placed:
    """A plain layout in linear time: every box one rank behind the last it depends on, straight lines."""
    boxes, lines, _, vertical, gap, rank_gap = asked
    size = {box.id: box for box in boxes}
    rank = {box.id: 0 for box in boxes}
    for line in lines:  # lines come in topological order of their tails
        rank[line.head] = max(rank[line.head], rank[line.tail] + 1)
    step = max((b.height if vertical else b.width) for b in boxes) + 2 * rank_gap
    filled: dict[int, float] = {}
    centres: dict[str, Point] = {}
    for box in boxes:
        extent = box.width if vertical else box.height
        across = filled.get(rank[box.id], 0.0)
        filled[rank[box.id]] = across + extent + gap
        along = (rank[box.id] + 0.5) * step
        centres[box.id] = (across + extent / 2, along) if vertical else (along, across + extent / 2)
    paths = {
        line.id: _straight(centres[line.tail], centres[line.head], size[line.tail], size[line.head], vertical)
        for line in lines
    }
    length, breadth = (max(rank.values()) + 1) * step, max(filled.values())
    return Placed(centres, paths, [], breadth if vertical else length, length if vertical else breadth)


def _straight(tail: Point, head: Point, from_box: Box, to_box: Box, vertical: bool) -> list[Point]:
    if vertical:
        start, end = (tail[0], tail[1] + from_box.height / 2), (head[0], head[1] - to_box.height / 2)
    else:
        start, end = (tail[0] + from_box.width / 2, tail[1]), (head[0] - to_box.width / 2, head[1])
    return [start, start, end, end]


def readable(graph: Graph) -> str:
    """The graph in Graphviz's language, with names, formulas and numbers, for people to save and edit."""
    from graphviz import Digraph, escape

    drawing = Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "box", "style": "rounded"})
    output, d = graph.nodes[graph.output].name, graph.symbol
    inside: dict[tuple[str, ...], Digraph] = {(): drawing}
    for scope in sorted({node.scope[:k] for node in graph.nodes for k in range(1, len(node.scope) + 1)}):
        inside[scope] = Digraph(f"cluster {' / '.join(scope)}", graph_attr={"label": escape(scope[-1])})
    for node in graph.nodes:
        computed = (
            "" if node.primitive is None else f" = {plain(formula_runs(formula.of_node(graph, node.index), graph))}"
        )
        adjoint = f"{d}{output}/{d}{node.name} = {graph.adjoint_text(node.index)}"
        label = escape(f"{node.name}{computed} = {describe(node.value)}\n{adjoint}").replace("\n", r"\n")
        inside[node.scope].node(node.id, label)
    for scope in sorted(inside, key=len, reverse=True)[:-1]:
        inside[scope[:-1]].subgraph(inside[scope])
    for edge in graph.edges:
        style = {} if graph.passes(edge) else {"style": "dashed"}
        if graph.is_cut(edge):
            label = "frozen" if graph.nodes[edge.source].frozen else "cut"
        else:
            local = formula.of_edge(graph, edge)
            symbolic = formula.is_factor(graph, edge) and not local.numeric
            label = plain(formula_runs(local, graph)) + (f" = {describe(edge.local)}" if symbolic else "")
        drawing.edge(f"n{edge.source}", f"n{edge.target}", label=escape(label), id=edge.id, **style)
    return drawing.source
