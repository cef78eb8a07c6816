"""A player as one self-contained HTML page: the same script, and what it needs to answer without Python."""

from __future__ import annotations

import base64
import html
import itertools
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..drawing.scene import frame, scene
from ..graph.graph import Graph
from ..graph.tape import Tape
from ..messages import Message, translated
from ..timeline import reached
from .asked import source_of
from .inputs import Grid, Input, Slider
from .live import as_json
from .modes import blame_in, moving_input

POSITIONS = 25
"""Positions of a slider for which a page without a tape holds the numbers."""
SWITCHABLE = 120_000
"""Characters up to which a page holds both levels of detail."""
LARGEST = 2_000_000
"""Characters of numbers and drawings in a page."""
BRANCHES = 8
"""Recordings of a function that a page may hold."""
PATIENCE = 5.0
"""Seconds in which a page is filled; a slow function gets fewer positions."""

Values = dict[str, Any]
_UNKNOWN = Message(
    "This page does not hold the numbers here: the function has no value, or takes a way that was not recorded when "
    "the page was made. In a notebook, cv.explore shows them."
)
_KEEPS_DETAIL = Message("It keeps the detail that it was made with; in a notebook, every operation can be shown.")
_LEFT_OUT = Message("This page does not hold the numbers of this position: it would be too large.")


@dataclass
class Level:
    """What a page holds of one level of detail; `known` are the recordings that have a tape."""

    start: dict[str, Any]
    tapes: list[Any] = field(default_factory=list)
    known: set[Any] = field(default_factory=set)


@dataclass
class Content:
    """What a page holds: see the type `Page` in widgets/js/page.js. `note` says what moves and what does not."""

    scenes: list[Any] = field(default_factory=list)
    sources: list[Any] = field(default_factory=list)
    reached: list[Any] = field(default_factory=list)
    levels: dict[str, Level] = field(default_factory=dict)
    positions: dict[str, list[Any]] = field(default_factory=dict)
    inputs: list[Any] = field(default_factory=list)
    curves: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    tangent_of: str = ""
    known: dict[Any, int] = field(default_factory=dict)
    size: int = 0

    def scene_of(self, graph: Graph, top: int | None) -> int:
        """The number of the graph's drawing, which is made once."""
        if graph.signature not in self.known:
            self.known[graph.signature] = len(self.scenes)
            self.scenes.append(scene(graph, len(self.scenes), top))
            self.sources.append(source_of(graph, len(self.sources)))
            self.reached.append(reached(graph))
            self.size += len(json.dumps([self.scenes[-1], self.sources[-1]]))
        return self.known[graph.signature]

    def held(self, graph: Graph, top: int | None) -> dict[str, Any]:
        """The graph's drawing and numbers, in both modes, and where an input's 0, infinity or NaN was born."""
        number = self.scene_of(graph, top)
        packed = base64.b64encode(frame(graph, number, moving_input(graph, self.tangent_of))).decode()
        self.size += len(packed)
        blames = {k: found for k in graph.trained if (found := blame_in(graph, k))}
        return {"scene": number, "frame": packed, **({"blames": blames} if blames else {})}

    def add(self, detail: str, graph: Graph, top: int | None) -> None:
        """Hold this level of detail; the graph is what it begins with."""
        self.levels[detail] = Level(self.held(graph, top))

    @property
    def has_tapes(self) -> bool:
        """Whether the page computes the numbers itself."""
        return any(level.tapes for level in self.levels.values())


@dataclass
class Filling:
    """How an explorer's page is filled with what its sliders will ask for.

    record: the graph at some values, as it is shown in the level of detail. tape_of: its tape, or None. explain: an
    error in words. hear: is called with the number of looks that are done, and of all that there may be.
    """

    record: Callable[[Values], Graph]
    tape_of: Callable[[Graph], Tape | None]
    explain: Callable[[BaseException], str]
    controls: Mapping[str, Input]
    values: Values
    top: int
    hear: Callable[[int, int], Any]

    @property
    def sliders(self) -> list[Slider]:
        """The inputs that can be moved on a page."""
        return [control for control in self.controls.values() if isinstance(control, Slider) and not control.locked]


def gather_tapes(content: Content, detail: str, filling: Filling) -> bool:
    """Fill a level with tapes for every way the function takes along the sliders, as far as a search finds them.

    Returns whether there are any; the page then computes all numbers itself.
    """
    started, level = time.perf_counter(), content.levels[detail]
    if filling.tape_of(filling.record(filling.values)) is None:
        return False
    points = [filling.values, *_points(filling.sliders, filling.values)]
    for k, point in enumerate(points):
        if len(level.tapes) == BRANCHES or time.perf_counter() - started > PATIENCE:
            break
        _add_branch(content, level, filling, point)
        filling.hear(k + 1, len(points))
    content.inputs = [control.specification() for control in filling.controls.values()]
    content.note = Message("The sliders work: this page computes all numbers itself.") if filling.sliders else ""
    return True


def gather_positions(content: Content, filling: Filling) -> None:
    """Fill the content with the numbers at some positions of every slider, the other inputs being as they are now."""
    started, values, sliders = time.perf_counter(), filling.values, filling.sliders
    content.inputs = [_fixed(control, values) for control in filling.controls.values()]
    count = _affordable(filling.record(values), len(sliders), content)
    looks = itertools.count(1)
    for slider, spec in ((s, spec) for s in sliders for spec in content.inputs if spec["name"] == s.name):
        if count < 3 or time.perf_counter() - started > PATIENCE:
            spec |= {"kind": "fixed", "text": f"{values[slider.name]:.4g}"}
            continue
        spec["step"] = (slider.max - slider.min) / (count - 1)
        content.positions[slider.name] = []
        for place in np.linspace(slider.min, slider.max, count):
            content.positions[slider.name].append(_position(content, filling, slider.name, float(place)))
            filling.hear(next(looks), count * len(sliders))
    moving = ", ".join(content.positions)
    content.note = (
        Message(
            "This page holds the numbers for {0} positions of {1}, each with the other inputs as they were when it was "
            "made. Nothing else can be changed here; in a notebook, everything can.", count, moving,
        )
        if moving
        else Message("The inputs cannot be changed on this page; in a notebook, they can.")
    )  # fmt: skip


def _add_branch(content: Content, level: Level, filling: Filling, point: Values) -> None:
    try:
        graph = filling.record(point)
    except Exception:  # noqa: BLE001 (where f fails there is nothing to hold)
        return
    made = filling.tape_of(graph)
    if made is not None and content.size < LARGEST and graph.recipe not in level.known:
        level.known.add(graph.recipe)
        level.tapes.append(as_json(made, content.scene_of(graph, filling.top)))


def _position(content: Content, filling: Filling, name: str, place: float) -> dict[str, Any]:
    try:
        graph = filling.record(filling.values | {name: place})
    except Exception as error:  # noqa: BLE001 (whatever f raises is for the reader)
        return {"value": place, "error": filling.explain(error)}
    if content.size > LARGEST:
        return {"value": place, "error": _LEFT_OUT}
    return {"value": place, **content.held(graph, filling.top)}


def _points(sliders: list[Slider], values: Values) -> Iterator[Values]:
    """Where branches are looked for: along every slider, then all over."""
    for slider in sliders:
        for place in np.linspace(slider.min, slider.max, POSITIONS):
            yield values | {slider.name: float(place)}
    dice = np.random.default_rng(0)
    for _ in range(4 * POSITIONS):
        yield values | {s.name: float(s.min + dice.random() * (s.max - s.min)) for s in sliders}


def _affordable(graph: Graph, sliders: int, content: Content) -> int:
    """How many positions of every slider fit into the page."""
    room = (LARGEST - content.size) / max(1, sliders) / (len(frame(graph, 0, graph.trained[0])) * 4 / 3)
    return int(min(POSITIONS, room))


def _fixed(control: Input, values: Values) -> dict[str, Any]:
    """A slider as it is; an array is only shown."""
    if isinstance(control, Slider):
        return control.specification()
    shown = np.array2string(np.asarray(values[control.name]), precision=4, threshold=40)
    return Grid.specification(control) | {"kind": "fixed", "text": shown}


def page(content: Content, graph: Graph, traits: Values, title: str) -> str:
    """The whole page as text, in the player's language; it begins with these traits of the player."""
    language, note = traits["language"], content.note
    if len(content.levels) == 1 and len(graph.nodes) < len(graph.full.nodes):
        note = Message("{0} {1}", note, _KEEPS_DETAIL) if note else _KEEPS_DETAIL
    data = {
        "traits": {"inputs": content.inputs, "curves": content.curves, **traits},
        "scenes": content.scenes,
        "sources": content.sources,
        "reached": content.reached,
        "levels": {detail: {"start": each.start, "tapes": each.tapes} for detail, each in content.levels.items()},
        "positions": content.positions,
        "unknown": _UNKNOWN,
    }
    return _PAGE.format(
        title=html.escape(title),
        script=Path(__file__).with_name("player.js").read_text(encoding="utf-8"),
        language=language,
        data=_packed(translated(data, language)),
        note=html.escape(translated(note, language)),
        picture=graph.to_svg(),
    )


def _packed(data: Any) -> str:
    """JSON, deflated: a quarter as long, and in letters that no HTML parser can take for a tag."""
    text = json.dumps(_whole(data), allow_nan=False, separators=(",", ":"))
    deflate = zlib.compressobj(level=9, wbits=-15)
    return base64.b64encode(deflate.compress(text.encode()) + deflate.flush()).decode()


def _whole(data: Any) -> Any:
    """The same with whole numbers written as such: 18 for 18.0, as JavaScript reads both alike."""
    if isinstance(data, dict):
        return {key: _whole(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_whole(value) for value in data]
    return int(data) if isinstance(data, float) and data.is_integer() and str(data)[0] != "-" else data


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
html {{ color-scheme: light dark; background: light-dark(#ffffff, #1e1f22); color: light-dark(#1b1f24, #f2f4f7) }}
body {{ max-width: 1280px; margin: 0 auto; padding: 12px; font: 14px/1.5 system-ui, sans-serif }}
.page-note {{ margin: 8px 6px; color: light-dark(#5b6470, #aeb6c0) }}
@media print {{ .page-note {{ display: none }} }}
</style>
</head>
<body>
<div id="player"></div>
<p class="page-note">{note}</p>
<noscript>{picture}</noscript>
<script type="text/plain" id="data">{data}</script>
<script type="text/plain" id="script">{script}</script>
<script type="module">
const read = (id) => document.getElementById(id).textContent;
const url = URL.createObjectURL(new Blob([read("script")], {{ type: "text/javascript" }}));
const {{ showPage }} = await import(url);
const bytes = Uint8Array.from(atob(read("data")), (letter) => letter.charCodeAt(0));
const data = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).json();
showPage(await data, document.getElementById("player"));
</script>
</body>
</html>
"""
