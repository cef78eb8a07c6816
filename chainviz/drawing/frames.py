"""Titled frames round what is in an open box: Graphviz lays their members out together and keeps all others out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.collapse import MOST
from ..graph.frames import Frame, frames
from ..graph.graph import Graph
from .clearance import Extent
from .dot import FRAME_MARGIN, TITLE_HEIGHT, Cluster
from .shapes import Group, Rect, Text
from .text import plain, shortened, width

TITLE_SIZE, SMALL_TITLE_SIZE = 15.0, 13.0
"""As large as captions: they stay legible in the smallest size in which a picture first shows."""
_LONGEST, _BUTTON = 220.0, 34.0
_BASELINE = 19.0


def title_size(*, compact: bool) -> float:
    """The size of a frame's title."""
    return SMALL_TITLE_SIZE if compact else TITLE_SIZE


class Frames:
    """The frames of a picture: as clusters for Graphviz, then where they are."""

    def __init__(self, graph: Graph, *, compact: bool) -> None:
        self._size = title_size(compact=compact)
        self.all = frames(graph) if len(graph.nodes) <= MOST else []  # of more, nobody tells one frame from another
        self._sets = [set(frame.nodes) for frame in self.all]
        self._ids = [node.id for node in graph.nodes]
        self.titles = [plain(shortened([(frame.title, "")], self._size, _LONGEST)) for frame in self.all]

    def __bool__(self) -> bool:
        return bool(self.all)

    def told(self) -> list[dict[str, Any]]:
        """The names under which they close, their titles in full and as they are written, and the nodes in them."""
        return [
            {"key": frame.key, "label": frame.title, "title": title, "nodes": list(frame.nodes)}
            for frame, title in zip(self.all, self.titles, strict=True)
        ]

    def clusters(self, gates: dict[str, tuple[int, int]]) -> tuple[Cluster, ...]:
        """What Graphviz is told: cards, and gates between two cards, are in the innermost frame that has them."""
        boxes: list[list[str]] = [[] for _ in self.all]
        ends = {box: (k, k) for k, box in enumerate(self._ids)} | gates
        for box, (source, target) in ends.items():
            around = [k for k, nodes in enumerate(self._sets) if source in nodes and target in nodes]
            if around:
                boxes[around[-1]].append(box)
        return tuple(
            Cluster(width([(title, "")], self._size) * 1.06 + FRAME_MARGIN + _BUTTON, tuple(inside), self._outer(frame))
            for frame, title, inside in zip(self.all, self.titles, boxes, strict=True)
        )

    def _outer(self, frame: Frame) -> int | None:
        """The frame that this one is in."""
        around = [k for k, each in enumerate(self.all) if frame.key.startswith(f"{each.key}/")]
        return around[-1] if around else None


def title_extents(extents: Sequence[Sequence[float]]) -> list[Extent]:
    """The strips at the top of frames [x, y, width, height] that their titles need."""
    return [(x, y, x + w, y + TITLE_HEIGHT) for x, y, w, _ in extents]


def surfaces(boxes: list[list[float]]) -> Group:
    """The frames, outer ones first, to stand behind all else."""
    return Group([Rect(x, y, w, h, 10, "sunk", "line") for x, y, w, h in boxes])


def captions(scene: dict[str, Any], boxes: list[list[float]]) -> Group:
    """The titles of the frames, top left."""
    size = title_size(compact=scene["compact"])
    return Group(
        [
            Text([(frame["title"], "")], x + FRAME_MARGIN, y + _BASELINE, size, "ink", face="ui", bold=True)
            for frame, (x, y, _, _) in zip(scene["frames"], boxes, strict=False)  # none in a layout of columns
        ]
    )
