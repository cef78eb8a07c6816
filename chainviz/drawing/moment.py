"""What is known at a step of the story, and the numbers that belong to it: a scene, a frame and a step, read together.

The player's script reads them by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..formatting import format_number
from .scene import ENTRIES, NORM, SCALAR, SHAPE


class Numbers(NamedTuple):
    """What a slot holds: a number, all entries of an array, its norm only, or its shape only."""

    kind: int
    rows: int
    columns: int
    data: np.ndarray

    @property
    def finite(self) -> bool:
        """Whether no entry is NaN or infinite."""
        return all(map(isfinite, self.data.tolist()))  # a slot has few numbers, for which NumPy takes longer

    @property
    def largest(self) -> float:
        """The largest size of a finite entry."""
        return max((abs(v) for v in self.data.tolist() if isfinite(v)), default=0.0)

    @property
    def uniform(self) -> Numbers:
        """An array whose entries are all alike, as that one number."""
        alike = self.kind == ENTRIES and self.data.size > 0 and bool(np.all(self.data == self.data[0]))
        return scalar(float(self.data[0])) if alike else self

    @property
    def sign(self) -> str:
        """The role that gives it its hue: "pos", "neg", "zero", "bad", or "mix" for an array of both signs."""
        if not self.finite:
            return "bad"
        least, most = min(self.data.tolist(), default=0.0), max(self.data.tolist(), default=0.0)
        positive, negative = most > 0 or self.kind == SHAPE, least < 0
        if not positive and not negative:
            return "zero"
        return "mix" if self.kind >= NORM or (positive and negative) else "pos" if positive else "neg"

    def strength(self, top: int) -> float:
        """The strength 0 .. 1 of its band or bar: four decades up to `top`."""
        if not self.finite:
            return 0.4
        return 0.0 if self.largest == 0 else min(1.0, max(0.04, (float(np.log10(self.largest)) - top + 4) / 4))

    def text(self, digits: int = 4) -> str | None:
        """A number, a short list, a norm or a shape; None where only a heat map can show it."""
        if self.kind == SCALAR:
            return format_number(float(self.data[0]), digits)
        if self.kind == NORM:
            return f"‖·‖ {format_number(float(self.data[0]), digits)}"
        if self.kind == SHAPE:
            return self.shape
        return None if self.data.size > 3 else f"[{', '.join(format_number(float(v), digits) for v in self.data)}]"

    @property
    def shape(self) -> str:
        """Rows and columns in words: 3, or 3×4."""
        return f"{self.rows}" if self.columns == 1 else f"{self.rows}×{self.columns}"


def scalar(value: float) -> Numbers:
    """One number."""
    return Numbers(SCALAR, 1, 1, np.array([value]))


class Known(NamedTuple):
    """What has happened: values and edges that are there, sums of adjoints so far (None: nothing yet), and how many
    contributions have arrived."""

    value: list[bool]
    adjoint: list[Numbers | None]
    arrived: list[int]
    edge: list[bool]


@dataclass(frozen=True)
class Moment:
    """A step of a scene, with the numbers of a frame. Not `settled` yet, it knows what was known one step earlier."""

    scene: dict[str, Any]
    frame: np.ndarray
    step: int
    settled: bool = True

    @cached_property
    def known(self) -> Known:
        """What has happened once the step is over."""
        nodes, edges = self.scene["nodes"], self.scene["edges"]
        known = Known([node["input"] for node in nodes], [None] * len(nodes), [0] * len(nodes), [False] * len(edges))
        for kind, *at in self.scene["steps"][: self.step + self.settled]:
            if kind == "value":
                known.value[at[0]] = True
            if kind == "seed":
                unused = [not (self.uses(k) or node["without"]) for k, node in enumerate(nodes)]
                known.adjoint[:] = [scalar(0.0) if nothing else None for nothing in unused]
                known.adjoint[at[0]] = scalar(1.0)
            if kind == "edge":
                edge = edges[at[0]]
                known.edge[at[0]] = True
                known.adjoint[edge["source"]] = self.read(edge["running"])
                known.arrived[edge["source"]] = edge["nth"]
        return known

    @property
    def backward(self) -> bool:
        """Whether it belongs to the backward pass."""
        return self.step >= self.scene["turn"]

    @cached_property
    def edge_now(self) -> int | None:
        """The edge that the step is about, if it is about one."""
        kind, *at = self.scene["steps"][self.step]
        return at[0] if kind == "edge" else None

    @cached_property
    def nodes_now(self) -> frozenset[int]:
        """The nodes that the step is about."""
        kind, *at = self.scene["steps"][self.step]
        if kind == "start":
            return frozenset(self.scene["inputs"])
        return frozenset([self.scene["edges"][at[0]]["source"] if kind == "edge" else at[0]])

    def read(self, slot: Any) -> Numbers:
        """The numbers in a slot of the frame."""
        offset, kind, rows, columns = slot
        count = rows * columns if kind == ENTRIES else 0 if kind == SHAPE else 1
        return Numbers(kind, rows, columns, self.frame[offset : offset + count])

    def value(self, node: int) -> Numbers:
        """A node's value, whether it is known already or not."""
        return self.read(self.scene["nodes"][node]["value"])

    def uses(self, node: int) -> int:
        """How many contributions make a node's adjoint."""
        out = self.scene["nodes"][node]["out"]
        return self.scene["edges"][out[0]]["of"] if out else 0

    def final_adjoint(self, node: int) -> Numbers:
        """A node's adjoint when all contributions have arrived."""
        leaving = [self.scene["edges"][j] for j in self.scene["nodes"][node]["out"]]
        last = next((edge for edge in leaving if edge["nth"] == edge["of"]), None)
        return self.read(last["running"]) if last else scalar(1.0 if node == self.scene["output"] else 0.0)

    def is_birthplace(self, node: int) -> bool:
        """Whether the value is the first that is no finite number."""
        sources = self.scene["nodes"][node]["args"]
        return not self.value(node).finite and all(self.value(source).finite for source in sources)

    def loses_adjoint(self, edge: int) -> bool:
        """Whether a finite adjoint enters the edge, and none leaves it."""
        data = self.scene["edges"][edge]
        return self.final_adjoint(data["target"]).finite and not self.read(data["contribution"]).finite
