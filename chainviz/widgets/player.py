"""Player: the widget that shows a graph and plays its two passes. It sends numbers and geometry; the script draws."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..autodiff.errors import InputError
from ..drawing.scene import frame, largest_decade, scene
from ..drawing.still import mime_bundle
from ..formatting import describe
from ..graph.collapse import boxes, is_run
from ..graph.graph import Graph
from ..timeline import corresponding
from .page import Content, page
from .pictures import Pictures


def check_detail(detail: Any) -> str:
    """The level of detail, or an InputError that says which there are."""
    if detail not in ("folded", "full"):
        raise InputError(f'detail is "folded" or "full" (every operation), but it is {detail!r:.40}.')
    return detail


def _asset(name: str) -> Any:
    """The file's text. A path would start a file watcher that keeps closed widgets alive, so only while developing."""
    path = Path(__file__).with_name(name)
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


class Player(Pictures, anywidget.AnyWidget):
    """Shows a graph; play, step and scrub through its forward and backward pass.

    Traits, to read, set or link: `step` (0 to the last), `speed` (1.0 is normal), `playing`, and `detail`: "folded",
    where operations without a name are part of the named one that they feed, and scopes and long runs are boxes, or
    "full", every operation. `expanded` names the boxes whose inside shows.
    `busy` says what takes long, while it does.
    `graph` is the graph as it is shown, `graph.full` the one with every operation.

    >>> import chainviz as cv
    >>> Player(cv.trace(lambda x: x**2, x=3.0))
    Player(x=3, y=9, dy/dx=6)
    """

    _esm = _asset("player.js")
    _css = _asset("player.css")

    scene = traitlets.Dict().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    tape = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    speed = traitlets.Float(1.0, min=0.1, max=20.0).tag(sync=True, echo_update=False)
    playing = traitlets.Bool(False).tag(sync=True, echo_update=False)
    inputs = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.Dict().tag(sync=True, echo_update=False)
    error = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Unicode("folded").tag(sync=True, echo_update=False)
    expanded = traitlets.List(traitlets.Unicode()).tag(sync=True, echo_update=False)
    foldable = traitlets.Bool(False).tag(sync=True)

    def __init__(self, graph: Graph | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.graph: Graph | None = None
        self._version = 0
        self.observe(self._on_detail, ["detail", "expanded"])
        if graph is not None:
            graph.collapse(self.expanded)  # raises for a name that is no scope
            self.show(graph)

    @traitlets.validate("step")
    def _within_the_story(self, proposal: Any) -> int:
        """No step after the last: what Python reads is what the page shows."""
        return min(proposal["value"], len(self.scene["steps"]) - 1) if self.scene else proposal["value"]

    @traitlets.validate("detail")
    def _known_detail(self, proposal: Any) -> str:
        return check_detail(proposal["value"])

    def _on_detail(self, _: Any) -> None:
        """The other picture of the same numbers, at the step that corresponds."""
        if self.graph is not None:
            before, step = self.graph, self.step
            before.full.collapse(self.expanded)  # raises for a name that is no scope
            with self.hold_sync():
                self.show(before.full, self.scene["top"])
                self.step = corresponding(step, before, self.graph)

    def show(self, graph: Graph, top: int | None = None) -> None:
        """Show this graph from now on. Where only numbers differ from the last one, only numbers are sent."""
        first = self.graph is None
        top = largest_decade(graph) if top is None else top  # of every operation, that it may be shown too
        folded = self._folded(graph)
        self.foldable = len(folded.nodes) < len(graph.nodes)
        graph = folded if self.detail == "folded" else graph
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

    def _seen(self, graph: Graph) -> Graph:
        """The graph in the detail that is shown."""
        return self._folded(graph) if self.detail == "folded" else graph

    def _folded(self, graph: Graph) -> Graph:
        """The graph with boxes and folds. Another branch of a function may lack a scope that was opened."""
        known = boxes(graph)
        return graph.collapse([name for name in self.expanded if is_run(name) or name in known]).fold()

    def to_html(self, path: str | Path | None = None) -> str | None:
        """The player as a page of its own, for any browser, without a server or a network.

        Stepping, playing and the keyboard work as here. Sliders of a function of numbers are live; for arrays the page
        holds some positions of each slider, and says so. It shows the step that is shown now.

        Args:
            path: where to write it; None returns the text instead.

        Raises:
            InputError: there is no picture yet, as the function has no value at the inputs.

        >>> import chainviz as cv
        >>> Player(cv.trace(lambda x: x**2, x=3.0)).to_html()[:15]
        '<!doctype html>'
        """
        if self.graph is None:
            raise InputError(f"There is no picture to export yet. {self.error} Move an input first.")
        text = page(self._content(), self.graph, self._values_shown(), self.step, self.scene["top"], repr(self))
        if path is None:
            return text
        Path(path).write_text(text, encoding="utf-8")
        return None

    def _content(self) -> Content:
        """What the page needs besides what it shows first."""
        return Content()

    def _values_shown(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        """The inputs, the output and the derivatives, as nbval compares them."""
        if self.graph is None:
            return f"{type(self).__name__}({self.error or 'nothing to show yet'})"
        graph, d = self.graph, self.graph.symbol
        output = graph.nodes[graph.output]
        chosen = [graph.nodes[k] for k in graph.inputs]
        parts = [f"{node.name}={describe(node.value)}" for node in chosen if node is not output]
        parts.append(f"{output.name}={describe(output.value)}")
        parts += [f"{d}{output.name}/{d}{node.name}={graph.adjoint_text(node.index)}" for node in chosen]
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
