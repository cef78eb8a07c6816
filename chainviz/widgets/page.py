"""A player as one self-contained HTML page: the same script, and what it needs to answer without Python."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..drawing.scene import frame, scene
from ..graph.graph import Graph
from ..graph.tape import Tape
from ..messages import Message, translated
from .asked import source_of
from .inputs import Grid, Input, Slider
from .live import as_json
from .modes import blame_in, moving_input

POSITIONS = 25
"""Positions of a slider for which a page without a tape holds the numbers."""
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
class Content:
    """What a page holds: see the type `Page` in widgets/js/page.js. `note` says what moves and what does not."""

    scenes: list[Any] = field(default_factory=list)
    sources: list[Any] = field(default_factory=list)
    tapes: list[Any] = field(default_factory=list)
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
            self.size += len(json.dumps([self.scenes[-1], self.sources[-1]]))
        return self.known[graph.signature]

    def held(self, graph: Graph, top: int | None) -> dict[str, Any]:
        """The graph's drawing and numbers, in both modes, and where an input's 0, infinity or NaN was born."""
        number = self.scene_of(graph, top)
        packed = base64.b64encode(frame(graph, number, moving_input(graph, self.tangent_of))).decode()
        self.size += len(packed)
        blames = {k: found for k in graph.trained if (found := blame_in(graph, k))}
        return {"scene": number, "frame": packed, **({"blames": blames} if blames else {})}


def gather(
    content: Content, record: Callable[[Values], Graph], explain: Callable[[BaseException], str],
    tape_of: Callable[[Graph], Tape | None], controls: Mapping[str, Input], values: Values, top: int,
) -> None:  # fmt: skip
    """Fill the content with what an explorer's sliders will ask for.

    With tapes for every way the function takes along the sliders, as far as a search finds them; else with the numbers
    at some positions of every slider, the other inputs being as they are now.
    """
    started = time.perf_counter()
    content.inputs = [control.specification() for control in controls.values()]
    sliders = [control for control in controls.values() if isinstance(control, Slider) and not control.locked]
    if tape_of(record(values)) is not None:
        for point in itertools.chain([values], _points(sliders, values)):
            if len(content.tapes) == BRANCHES or time.perf_counter() - started > PATIENCE:
                break
            _add_branch(content, record, tape_of, point, top)
        content.note = Message("The sliders work: this page computes all numbers itself.") if sliders else ""
        return
    content.inputs = [_fixed(control, values) for control in controls.values()]
    count = _affordable(record(values), len(sliders), content)
    for slider, spec in ((s, spec) for s in sliders for spec in content.inputs if spec["name"] == s.name):
        if count < 3 or time.perf_counter() - started > PATIENCE:
            spec |= {"kind": "fixed", "text": f"{values[slider.name]:.4g}"}
            continue
        spec["step"] = (slider.max - slider.min) / (count - 1)
        content.positions[slider.name] = [
            _position(content, record, explain, values | {slider.name: float(place)}, slider.name, top)
            for place in np.linspace(slider.min, slider.max, count)
        ]
    moving = ", ".join(content.positions)
    content.note = (
        Message(
            "This page holds the numbers for {0} positions of {1}, each with the other inputs as they were when it was "
            "made. Nothing else can be changed here; in a notebook, everything can.", count, moving,
        )
        if moving
        else Message("The inputs cannot be changed on this page; in a notebook, they can.")
    )  # fmt: skip


def _add_branch(
    content: Content,
    record: Callable[[Values], Graph],
    tape_of: Callable[[Graph], Tape | None],
    point: Values,
    top: int,
) -> None:
    try:
        graph = record(point)
    except Exception:  # noqa: BLE001 (where f fails there is nothing to hold)
        return
    made = tape_of(graph)
    if made is not None and content.size < LARGEST and graph.recipe not in content.known:
        content.known[graph.recipe] = len(content.tapes)
        content.tapes.append(as_json(made, content.scene_of(graph, top)))


def _position(
    content: Content, record: Callable[[Values], Graph], explain: Callable[[BaseException], str],
    values: Values, name: str, top: int,
) -> dict[str, Any]:  # fmt: skip
    try:
        graph = record(values)
    except Exception as error:  # noqa: BLE001 (whatever f raises is for the reader)
        return {"value": values[name], "error": explain(error)}
    if content.size > LARGEST:
        return {"value": values[name], "error": _LEFT_OUT}
    return {"value": values[name], **content.held(graph, top)}


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


def page(content: Content, graph: Graph, traits: Values, top: int | None, title: str) -> str:
    """The whole page as text, in the player's language; it begins with these traits of the player."""
    language = traits["language"]
    if len(graph.nodes) < len(graph.full.nodes):
        content.note = Message("{0} {1}", content.note, _KEEPS_DETAIL) if content.note else _KEEPS_DETAIL
    data = {
        "traits": {"inputs": content.inputs, "curves": content.curves, **traits},
        "start": content.held(graph, top),
        "scenes": content.scenes,
        "sources": content.sources,
        "tapes": content.tapes,
        "positions": content.positions,
        "unknown": _UNKNOWN,
    }
    return _PAGE.format(
        title=html.escape(title),
        script=Path(__file__).with_name("player.js").read_text(encoding="utf-8"),
        language=language,
        data=_as_script(translated(data, language)),
        note=html.escape(translated(content.note, language)),
        picture=graph.to_svg(),
    )


def _as_script(data: Any) -> str:
    """JSON that no HTML parser can take for a tag or a comment."""
    text = json.dumps(_whole(data), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)  # UTF-8 has no halves of a pair
    return text.replace("<", "\\u003c")  # tags and comments begin with it; nothing else is special in a script


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
<script type="application/json" id="data">{data}</script>
<script type="text/plain" id="script">{script}</script>
<script type="module">
const read = (id) => document.getElementById(id).textContent;
const url = URL.createObjectURL(new Blob([read("script")], {{ type: "text/javascript" }}));
const {{ showPage }} = await import(url);
showPage(JSON.parse(read("data")), document.getElementById("player"));
</script>
</body>
</html>
"""
