"""Player: the widget that shows a graph and plays its two passes. It sends numbers and geometry; the script draws."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..drawing.scene import frame, scene
from ..drawing.still import mime_bundle
from ..formatting import describe
from ..graph.graph import Graph
from .pictures import Pictures


def _asset(name: str) -> Any:
    """The file's text. A path would start a file watcher that keeps closed widgets alive, so only while developing."""
    path = Path(__file__).with_name(name)
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


class Player(Pictures, anywidget.AnyWidget):
    """Shows a graph; play, step and scrub through its forward and backward pass.

    Traits, to read, set or link: `step` (0 to the last), `speed` (1.0 is normal), `playing`.

    >>> import chainviz as cv
    >>> Player(cv.trace(lambda x: x**2, x=3.0))
    Player(x=3, y=9, dy/dx=6)
    """

    _esm = _asset("player.js")
    _css = _asset("player.css")

    scene = traitlets.Dict().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    speed = traitlets.Float(1.0, min=0.1, max=20.0).tag(sync=True, echo_update=False)
    playing = traitlets.Bool(False).tag(sync=True, echo_update=False)
    inputs = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.Dict().tag(sync=True, echo_update=False)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, graph: Graph | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.graph: Graph | None = None
        self._version = 0
        if graph is not None:
            self.show(graph)

    @traitlets.validate("step")
    def _within_the_story(self, proposal: Any) -> int:
        """No step after the last: what Python reads is what the page shows."""
        return min(proposal["value"], len(self.scene["steps"]) - 1) if self.scene else proposal["value"]

    def show(self, graph: Graph, top: int | None = None) -> None:
        """Show this graph from now on. Where only numbers differ from the last one, only numbers are sent."""
        first = self.graph is None
        same = self.graph is not None and self.graph.signature == graph.signature
        with self.hold_sync():
            if not same:
                self._version += 1
                self.scene = scene(graph, self._version, top)
                last = len(self.scene["steps"]) - 1
                self.step = (
                    self.scene["turn"] - 1 if first else min(self.step, last)
                )  # all values there, no adjoint yet
            self.frame = frame(graph, self._version)
        self.graph = graph

    def __repr__(self) -> str:
        """The inputs, the output and the derivatives, as nbval compares them."""
        if self.graph is None:
            return f"{type(self).__name__}({self.error or 'nothing to show yet'})"
        graph, d = self.graph, self.graph.symbol
        output = graph.nodes[graph.output]
        chosen = [graph.nodes[k] for k in graph.inputs]
        parts = [f"{node.name}={describe(node.value)}" for node in chosen if node is not output]
        parts.append(f"{output.name}={describe(output.value)}")
        parts += [f"{d}{output.name}/{d}{node.name}={describe(node.adjoint)}" for node in chosen]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live widget, and beside it a still picture for wherever no widget can live."""
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        if self.graph is None:
            return data | {"text/plain": repr(self)}, metadata
        story = self._story()
        if self.step == self.scene["turn"] - 1:  # where a player begins; on paper nobody can play on from there
            story = story._replace(current=story.step("last"))
        return data | mime_bundle(story), metadata
