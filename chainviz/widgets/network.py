"""NetworkView: a network in training, moving: wires, pulses, lamps, the plane and the loss, from one packed frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

_HERE = Path(__file__).parent

SECTIONS = (
    "sizes", "facts", "points", "weights", "pulses", "above", "through", "slope", "adjoint", "should", "plane",
    "units", "curve",
)  # fmt: skip
"""What a frame holds, in this order; see `pack`. The same names stand in network.js."""

FACTS = ("steps", "loss", "twin", "point", "layer", "answer", "label")
"""The numbers in a frame's section "facts"; `twin` is NaN where there is none."""

ON_THE_WAY = 8
"""Frames that may be on their way to a page, so that a slow connection costs no time but their age.

With 3, a round trip of 0.2 s under load left 15 frames a second where the page could draw 21 to 34."""

PATIENCE = 0.5
"""Seconds to wait for a page to have drawn a frame; one that is hidden or closed never says so."""


def pack(sections: Mapping[str, Any]) -> bytes:
    """A frame: float32s, first the lengths of all SECTIONS, then their entries.

    sizes: units of every layer. facts: see FACTS. points: x, y, label, answer - label of each. weights, pulses: the
    weights and the ringed point's gradient in them, each layer's matrix (outputs x inputs), then its biases. above: the
    adjoint that reaches the chosen layer, through: times the weights, slope: the activation derivative, adjoint: their
    product, should: the true adjoint. plane: logits on a square grid over [-1, 1]^2, rows from the top. units: a
    coarser grid of each hidden unit's values, scaled to [-1, 1]. curve: steps, then losses, then the twin's losses.

    >>> np.frombuffer(pack({"sizes": [2, 1]}), np.float32)[:3].tolist(), len(SECTIONS)
    ([2.0, 0.0, 0.0], 13)
    """
    parts = [np.ravel(np.asarray(sections.get(name, ()), dtype=np.float32)) for name in SECTIONS]
    return np.concatenate([np.array([len(part) for part in parts], np.float32), *parts]).tobytes()


class NetworkView(anywidget.AnyWidget):
    """Draws frames of a training; `show` sends one.

    Traits: `running` lets pulses travel; `unlit` are the lamps that are out, of `lamps`; `words` says to a screen
    reader what "network", "plane" and "loss" show. `on_event` hands on what a person does: {"kind": "lamp", "lamp":
    name}, {"kind": "layer", "layer": 2}, {"kind": "click", "x": ..., "y": ...} on the plane, {"kind": "point", "by":
    1}. still: gives the picture where no widget lives, as SVG.
    """

    _esm = (_HERE / "network.js").read_text(encoding="utf-8")
    _css = (_HERE / "network.css").read_text(encoding="utf-8")

    frame = traitlets.Bytes().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    lamps = traitlets.List(traitlets.Unicode()).tag(sync=True)
    unlit = traitlets.List(traitlets.Unicode()).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, still: Callable[[], str] = str, **traits: Any) -> None:
        super().__init__(**traits)
        self.still = still
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self._unseen, self._sent_at = 0, 0.0
        self.on_msg(lambda _, content, __: self._hear(content))

    @property
    def ready(self) -> bool:
        """Whether the page keeps up: sending faster would only make it lag behind."""
        return self._unseen < ON_THE_WAY or time.monotonic() - self._sent_at > PATIENCE

    def show(self, sections: Mapping[str, Any]) -> None:
        """Draw this now; see `pack` for what it holds."""
        self._unseen, self._sent_at = self._unseen + 1, time.monotonic()
        self.frame = pack(sections)

    def pulse(self) -> None:
        """Send the pulses once through the network, from the output back."""
        self.send({"kind": "pulse"})

    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call the listener with what the pointer or the keys do, as the class says."""
        self._listeners.append(listener)

    def _hear(self, content: dict[str, Any]) -> None:
        if content.get("kind") == "drawn":
            self._unseen = max(0, self._unseen - content["frames"])
            return
        for listener in self._listeners:
            listener(content)

    def __repr__(self) -> str:
        return f"NetworkView({self.words.get('network', '')})"
