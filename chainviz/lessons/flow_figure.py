"""The plane and the loss of a training as a figure, for print and for notebooks without a kernel."""

from __future__ import annotations

from html import escape

import numpy as np

from ..drawing.figures import ROLES, new_figure, place, styled, to_svg
from ..formatting import format_number
from .flow_frame import GRID, sections, words
from .networks import LAMPS
from .training import Training


@styled()
def still(training: Training, layer: int, point: int) -> str:
    """SVG of the decision boundary with the points, and of the loss over the steps."""
    shown = sections(training, layer, point)
    figure = new_figure(760, 320)
    plane, loss = figure.add_subplot(label="plane"), figure.add_subplot(label="loss")
    place(plane, 10, 34, 268, 268)
    place(loss, 350, 34, 390, 230)
    x, y, label, error = np.nan_to_num(shown["points"], nan=1.0).T
    axis = np.linspace(-1, 1, GRID)
    logits = np.nan_to_num(shown["plane"].reshape(GRID, GRID))[::-1]
    if logits.min() < 0 < logits.max():
        plane.contour(axis, axis, logits, levels=[0], colors=[ROLES["ink"]], linewidths=1.2)
    for kind, marker in ((0, "s"), (1, "o")):
        for role, side in (("pos", error >= 0), ("neg", error < 0)):
            of = (label == kind) & side
            if np.any(of):
                strength = np.clip(np.abs(error[of]) ** 0.6, 0, 1)
                plane.scatter(x[of], y[of], s=16, marker=marker, color=ROLES[role], alpha=strength, linewidths=0)
                plane.scatter(
                    x[of], y[of], s=16, marker=marker, facecolors="none", edgecolors=ROLES["ink"], linewidths=0.6
                )
    plane.scatter(x[point], y[point], s=110, facecolors="none", edgecolors=ROLES["ink"], linewidths=1.6)
    plane.set(xlim=(-1, 1), ylim=(-1, 1), xticks=(), yticks=(), title="Decision boundary (fill: ŷ − y)")
    steps, losses, twins = shown["curve"]
    if training.twin:
        loss.plot(steps, twins, color=ROLES["muted"], linestyle="--", label="all lamps on")
        loss.legend(frameon=False)
    loss.plot(steps, losses, color=ROLES["ink"])
    finite = [value for value in losses if np.isfinite(value)]
    loss.set(
        xlabel="steps",
        ylabel="cross-entropy in nats",
        ylim=(0, 1.05 * max([0.8, *finite])),
        xlim=(0, max(100, training.steps)),
    )
    loss.set_title(f"Loss {format_number(training.loss)}")
    said = words(training, layer, point)
    return to_svg(figure, f"{said['plane']} {said['loss']}") + _lamps(training, layer, point)


def _lamps(training: Training, layer: int, point: int) -> str:
    """An HTML table of the three factors of the layer's adjoint at the point, and of the adjoint."""
    if not training.sizes:
        return f"<p>{escape(words(training, layer, point)['network'])}</p>"
    shown = sections(training, layer, point)
    units = training.sizes[layer]
    above = np.broadcast_to(shown["above"], (1, units)) if training.sizes[layer + 1] == 1 else shown["above"]
    rows = {LAMPS[0]: above, f"× {LAMPS[1]}": shown["through"], f"× {LAMPS[2]}": shown["slope"],
            "= adjoint": shown["adjoint"]}  # fmt: skip
    body = "".join(
        f"<tr><th>{name}</th>{''.join(f'<td>{format_number(float(v), 3)}</td>' for v in np.ravel(values))}</tr>"
        for name, values in rows.items()
    )
    return f"<p>Layer {layer}, at the ringed point:</p><table>{body}</table>"
