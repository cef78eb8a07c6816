"""Scene + frame + step -> picture: what the player shows at a settled step, or on the way to it, as plain shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .cards import card
from .edges import edge, floating_gate, gate, pills
from .frames import captions, surfaces
from .moment import Moment
from .shapes import Picture


def picture(scene: dict[str, Any], frame: bytes, step: int, share: float | None = None) -> Picture:
    """The drawing at a step.

    Args:
        scene: what `scene.scene` made.
        frame: the numbers that `scene.frame` packed for it.
        step: 0 to the last.
        share: how much of the way the pills have gone, 0 to 1; None when the step is over and they have arrived.
    """
    moment = Moment(scene, np.frombuffer(frame, dtype="<f8"), step, settled=share is None)
    geometry, vertical = scene["wide"], scene["wide"]["vertical"]
    ways, boxes = geometry["edges"], geometry["cards"]
    grown = 1.0 if share is None else share
    edges = [edge(moment, j, way, vertical=vertical, share=grown) for j, way in enumerate(ways)]
    gates = [gate(moment, j, way["gate"]) for j, way in enumerate(ways) if way["gate"]]
    cards = [card(moment, i, box, vertical=vertical) for i, box in enumerate(boxes)]
    floating = floating_gate(moment, geometry) if scene["compact"] else None
    travelling = [] if share is None else pills(moment, geometry, share)
    behind, titles = surfaces(geometry["frames"]), captions(scene, geometry["frames"])
    groups = [behind, *edges, titles, *gates, *cards, *([floating] if floating else []), *travelling]
    return Picture(geometry["width"], geometry["height"], groups)
