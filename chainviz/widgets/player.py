"""Player: the widget that shows a graph and plays its two passes. It sends numbers and geometry; the script draws."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..autodiff.errors import InputError
from ..drawing.scene import frame, largest_decade, scene
from ..drawing.still import mime_bundle
from ..formatting import describe
from ..graph.collapse import MOST, boxes, is_run
from ..graph.graph import Graph
from ..graph.trace import without_collections
from ..messages import chosen_language, table, translated
from ..timeline import corresponding
from .asked import derivation_latex, outputs_around, source_of
from .closing import release
from .exports import Exports
from .modes import blame_in, moving_input
from .notes import CANCELLED, closed_again, laying_out, note_of
from .settings import Choice
from .work import Work

TABS = ("Derivation", "Paths", "Source", "Cost")
"""The views of the panel, as widgets/js/player.js lists them."""


CONTROLS = ("full", "steps", "none")
SIZES = ("normal", "projector")


def check_detail(detail: Any) -> str:
    """The level of detail, or an InputError that says which there are."""
    if detail not in ("folded", "full"):
        raise InputError(f'detail is "folded" or "full" (every operation), but it is {detail!r:.40}.')
    return detail


def _asset(name: str) -> Any:
    """The file's text. A path would start a file watcher that keeps closed widgets alive, so only while developing."""
    path = Path(__file__).with_name(name)
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


class Player(Exports, anywidget.AnyWidget):
    """Shows a graph; play, step and scrub through its forward and backward pass.

    Traits, to read, set or link: `step` (0 to the last), `speed` (1.0 is normal), `playing`, and `detail`: "folded",
    where operations without a name are part of the named one that they feed, and scopes and long runs are boxes, or
    "full", every operation; more than 250 nodes never show, the rest is in boxes and bundles that open. `expanded`
    names the boxes whose inside shows, the last one opened last; where it gets too much, the first of them close again.
    `mode` is "reverse", or "forward", where a tangent travels along with the values: that of the input `tangent_of` (by
    name; "" is the first one that is not frozen), which is 1, in an array 1 in every entry at once. Still pictures show
    reverse mode. `blame_of` is the node whose adjoint of 0, infinity or NaN is asked about, by its index (-1: none);
    `blame` has the answer: its `sentence`, and the `birth` and `trail` in the picture. `selected` is the name of the
    node that is selected by a click or from here, "" for none; a name that the picture does not have is an InputError.
    `curves` has samples of the output along every slider, where the page cannot compute them: see `Curves.at`.
    `tab` is the open view of the panel: "Derivation", "Paths", "Source" or "Cost". `busy` says what takes
    long, while it does; `cancellable`, whether the page can call it off: laying out is, recording is not, as the kernel
    hears nothing meanwhile (interrupt it). `note` says what the picture leaves out, and which box closed again.
    `controls` is "full", or for a lecture "steps", with the buttons that play and step only, or "none": the keys still
    step. `size` is "normal", or "projector", with large type.
    `language` is that of its words, to be read only: what `cv.set_language` said when it was made; `messages` are they,
    {} in English.
    `graph` is the graph as it is shown, `graph.full` the one with every operation.

    >>> import chainviz as cv
    >>> Player(cv.trace(lambda x: x**2, x=3.0))
    Player(x=3, y=9, dy/dx=6)

    All of them can be watched with `observe`, and linked in the page, without the kernel, with
    `ipywidgets.jslink((player, "step"), (slider, "value"))`.

    >>> player = Player(cv.trace(lambda x: x**2, x=3.0))
    >>> player.observe(lambda change: print("selected:", change["new"]), "selected")
    >>> player.selected = "x"
    selected: x
    """

    _esm = _asset("player.js")

    scene = traitlets.Dict().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    tape = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    speed = traitlets.Float(1.0, min=0.1, max=20.0).tag(sync=True, echo_update=False)
    playing = traitlets.Bool(False).tag(sync=True, echo_update=False)
    inputs = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.Dict().tag(sync=True, echo_update=False)
    curves = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    cancellable = traitlets.Bool(False).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Unicode("folded").tag(sync=True, echo_update=False)
    expanded = traitlets.List(traitlets.Unicode()).tag(sync=True, echo_update=False)
    foldable = traitlets.Bool(False).tag(sync=True)
    mode = traitlets.Unicode("reverse").tag(sync=True, echo_update=False)
    tangent_of = traitlets.Unicode("").tag(sync=True, echo_update=False)
    blame_of = traitlets.Int(-1).tag(sync=True, echo_update=False)
    blame = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True, echo_update=False)
    tab = traitlets.Unicode("Derivation").tag(sync=True, echo_update=False)
    source = traitlets.Dict().tag(sync=True)
    controls = Choice(CONTROLS, "full").tag(sync=True)
    size = Choice(SIZES, "normal").tag(sync=True)
    language = traitlets.Unicode(read_only=True).tag(sync=True)
    messages = traitlets.Dict(read_only=True).tag(sync=True)

    _own_layout: Any = None  # these two are there for `close`, also where what made the player raised
    _work: Any = None

    def __init__(self, graph: Graph | None = None, **traits: Any) -> None:
        self.graph: Graph | None = None
        self._unfolded: Any = None
        self._work = Work(self._begin_layout, self._end_layout)
        self._is_asked_by_page = self._is_settling = False
        super().__init__(**traits)
        self._own_layout = None if "layout" in traits else self.layout
        self._version = 0
        self.observe(self._on_detail, ["detail", "expanded"])
        self.observe(self._on_mode, ["mode", "tangent_of"])
        self.observe(self._on_blame, "blame_of")
        self.observe(lambda _: self._write_source(), "tab")
        self.on_msg(self._on_question)
        if graph is not None:
            graph.collapse(self.expanded)  # raises for a name that is no scope
            self.show(graph)

    def close(self) -> None:
        """Take the player off every page. Its numbers can still be read and its pictures written.

        Its links (`jslink`) are closed with it; a box that shows it says so from now on.

        >>> import chainviz as cv
        >>> player = Player(cv.trace(lambda x: x**2, x=3.0))
        >>> player.close()
        >>> player
        Player(x=3, y=9, dy/dx=6)
        """
        if self._work is not None:
            self._work.stop()
        if self.comm is not None:
            release([self])
        super().close()
        if self._own_layout is not None:  # a widget of its own, which ipywidgets would keep for ever
            self._own_layout.close()

    @traitlets.default("language")
    def _language_of_today(self) -> str:
        return chosen_language()

    @traitlets.default("messages")
    def _messages_of_the_script(self) -> dict[str, str]:
        return table(self.language)["script"]

    @traitlets.validate("scene", "blame", "source", "curves", "busy", "note", "error")
    def _in_its_language(self, proposal: Any) -> Any:
        """Whatever leaves for the page is translated here, and only here."""
        return translated(proposal["value"], self.language)

    @traitlets.validate("step")
    def _within_the_story(self, proposal: Any) -> int:
        """No step after the last: what Python reads is what the page shows."""
        if not self.scene:
            return proposal["value"]
        steps = self.scene["forward" if self.mode == "forward" else "steps"]
        return min(proposal["value"], len(steps) - 1)

    @traitlets.validate("selected")
    def _in_the_picture(self, proposal: Any) -> str:
        name, names = proposal["value"], self._names()
        if name and self.scene and name not in names:
            near = difflib.get_close_matches(name, names, n=3) or names[:5]
            raise InputError(
                f"There is no node {name!r} in the picture. Select one of its nodes, such as {', '.join(near)}, or ''."
            )
        return name

    def _names(self) -> list[str]:
        return [node["label"] for node in self.scene["nodes"]] if self.scene else []

    @traitlets.validate("tab")
    def _known_tab(self, proposal: Any) -> str:
        if proposal["value"] not in TABS:
            raise InputError(f"tab is one of {', '.join(map(repr, TABS))}, but it is {proposal['value']!r:.40}.")
        return proposal["value"]

    @traitlets.validate("detail")
    def _known_detail(self, proposal: Any) -> str:
        return check_detail(proposal["value"])

    @traitlets.validate("mode")
    def _known_mode(self, proposal: Any) -> str:
        if proposal["value"] not in ("reverse", "forward"):
            raise InputError(f'mode is "reverse" or "forward", but it is {proposal["value"]!r:.40}.')
        return proposal["value"]

    @traitlets.validate("tangent_of")
    def _input_that_moves(self, proposal: Any) -> str:
        if self.graph is not None and proposal["value"]:
            self.graph.input(proposal["value"])  # raises for a name that is no input, or frozen
        return proposal["value"]

    def _on_mode(self, _: Any) -> None:
        """The other mode begins at its start, with its numbers."""
        with self.hold_sync():
            self.step = 0
            if self.graph is not None:
                self.frame = frame(self.graph, self._version, self._moving(self.graph))

    def _moving(self, graph: Graph) -> int | None:
        """The input whose tangents are shown, if any are."""
        return moving_input(graph, self.tangent_of) if self.mode == "forward" else None

    def _on_blame(self, _: Any) -> None:
        """Say where the adjoint that was asked about became what it is."""
        asked = self.graph is not None and 0 <= self.blame_of < len(self.graph.nodes)
        self.blame = blame_in(self.graph, self.blame_of) if asked and self.graph is not None else {}

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What the page changes: it need not wait for a layout, and can call it off."""
        self._is_asked_by_page = True
        try:
            super().set_state(sync_data)
        finally:
            self._is_asked_by_page = False

    def _on_detail(self, _: Any) -> None:
        """The other picture of the same numbers, at the step that corresponds."""
        if self.graph is None or self._is_settling:
            return
        self.graph.full.collapse(self.expanded)  # raises for a name that is no scope
        if self._is_asked_by_page:
            self._work.draw(self._redraw)
        else:
            self._work.stop()
            self._redraw()

    def _redraw(self) -> None:
        assert self.graph is not None
        before, step = self.graph, self.step
        with self.hold_sync():
            self.show(before.full, self.scene["top"])
            self.step = corresponding(step, before, self.graph) if self.mode == "reverse" else 0
            closed, asked = closed_again(self.graph, self.expanded), "".join(self.expanded[-1:])
            self._settle(self.detail, [name for name in self.expanded if name not in closed])
            self.note = note_of(self.graph, closed, asked)

    def _settle(self, detail: str, expanded: list[str]) -> None:
        """What is drawn is what was asked for."""
        self._is_settling = True
        try:
            self.detail, self.expanded = detail, expanded
        finally:
            self._is_settling = False
        self._drawn = detail, expanded

    def _begin_layout(self) -> None:
        self.busy, self.cancellable = laying_out(self._count), True

    def _end_layout(self, is_cancelled: bool) -> None:
        with self.hold_sync():
            self.busy, self.cancellable = "", False
            if is_cancelled:
                self.note = CANCELLED

    def show(self, graph: Graph, top: int | None = None) -> None:
        """Show this graph from now on. Where only numbers differ from the last one, only numbers are sent."""
        with without_collections():  # of 100,000 nodes they take a second
            self._show(graph, top)

    def _show(self, graph: Graph, top: int | None) -> None:
        first = self.graph is None
        top = largest_decade(graph) if top is None else top  # of every operation, that it may be shown too
        graph = self._seen(graph)
        self._note_foldable(graph)
        self._count = len(graph.nodes)
        if self.tangent_of:
            graph.input(self.tangent_of)  # raises for a name that is no input, or frozen
        same = self.graph is not None and self.graph.signature == graph.signature
        made = None if same else scene(graph, self._version + 1, top)  # may be called off
        self.graph = graph  # before anybody hears of it: what an observer raises must not leave the old one
        with self.hold_sync():
            if made is not None:
                self._version += 1
                self.scene = made
                last = len(self.scene["steps"]) - 1
                start = self.scene["turn"] - 1 if self.mode == "reverse" else 0  # all values there, no adjoint yet
                self.step = start if first else min(self.step, last)
                if self.selected not in self._names():
                    self.selected = ""
            self.frame = frame(graph, self._version, self._moving(graph))
        if not same:
            self.note = note_of(graph, ())
            self._drawn = self.detail, self.expanded
        self._write_source()

    def _note_foldable(self, seen: Graph) -> None:
        """Whether a picture with fewer nodes is there. No number decides that, so a moved slider needs no folding."""
        if self.detail == "folded":
            self.foldable = len(seen.nodes) < len(seen.full.nodes)
        elif (shape := (seen.signature, tuple(self.expanded))) != self._unfolded:
            self._unfolded = shape
            self.foldable = len(self._folded(seen.full).nodes) < len(seen.full.nodes)

    def _write_source(self) -> None:
        """The source is written once somebody looks at it: of a large graph it takes a while."""
        if self.tab == "Source" and self.graph is not None and self.source.get("version") != self._version:
            self.source = source_of(self.graph, self._version)

    def _on_question(self, _: Any, question: dict[str, Any], __: Any) -> None:
        """The page asks, by an input's position: its values on both sides, to check a derivative; the derivation. Or
        it asks for the state that Python alone writes, where messages may have been lost."""
        if "state" in question:
            synced = self.traits(sync=True).items()
            self.send_state({name for name, trait in synced if trait.metadata.get("echo_update", name[0] != "_")})
            self.send({"id": question["id"]})
        if self.graph is None:
            return
        if "cancel" in question and self._work.stop():
            self._settle(*self._drawn)
        if "check" in question:
            found = outputs_around(self.graph, question["check"], question["steps"], self._output_at)
            self.send({"id": question["id"], **found})
        if "latex" in question:
            self.send({"id": question["id"], "latex": derivation_latex(self.graph, question["latex"])})

    def _output_at(self, values: list[Any]) -> float:
        """The output at these inputs, by the recording."""
        assert self.graph is not None
        return self.graph.compile()(*values)[0]

    def _seen(self, graph: Graph, detail: str | None = None) -> Graph:
        """The graph in a level of detail; None is the one that is shown."""
        return self._folded(graph) if (detail or self.detail) == "folded" else self._in_full(graph)

    def _in_full(self, graph: Graph) -> Graph:
        """Every operation; of more than a picture holds, every scope and loop open, and the rest in runs."""
        if len(graph.nodes) <= MOST:
            return graph
        opened = graph.collapse([*boxes(graph), *filter(is_run, self.expanded)])
        return max(opened, graph.collapse(self._known(graph)), key=lambda shown: len(shown.nodes))

    def _folded(self, graph: Graph) -> Graph:
        """The graph with boxes and folds. Another branch of a function may lack a scope that was opened."""
        return graph.collapse(self._known(graph)).fold()

    def _known(self, graph: Graph) -> list[str]:
        """The boxes to open, as far as the graph has them."""
        known = boxes(graph)
        return [name for name in self.expanded if is_run(name) or name in known]

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
        return data | ({"text/plain": repr(self)} if self.graph is None else self._stills()), metadata

    def still(self) -> str:
        """The picture as HTML, for a place where no widget lives; "" where there is none yet."""
        return "" if self.graph is None else self._stills()["text/html"]

    def _stills(self) -> dict[str, str]:
        story = self._story()
        if story.current == self.scene["turn"] - 1:  # where a player begins; on paper nobody can play on from there
            story = story._replace(current=story.step("last"))
        return mime_bundle(story)
