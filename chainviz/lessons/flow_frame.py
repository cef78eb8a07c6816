"""What a picture of a training shows: its numbers for the page, in words, and as a figure for print."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff import sigmoid
from ..formatting import format_number
from . import networks
from .training import Training

GRID = 45
"""Points along each side of the plane; every fourth of them makes a unit's map."""
CURVE = 240
"""Steps of the loss curve that are shown, at most."""

_AXIS = np.linspace(-1, 1, GRID)
_PLANE = np.stack(np.meshgrid(_AXIS, _AXIS[::-1]), axis=-1).reshape(-1, 2)  # rows from the top


def sections(training: Training, layer: int, point: int) -> dict[str, Any]:
    """The sections of a frame, as `widgets.network.pack` describes them; `layer` counts from 1."""
    x, y = training.points
    with np.errstate(all="ignore"):
        answers = sigmoid(training.answers(x))
    losses = training.course.losses
    twins = training.twin.losses if training.twin else [np.nan] * len(losses)
    steps = np.unique(np.linspace(0, len(losses) - 1, CURVE).astype(int))
    return {
        "facts": [training.steps, losses[-1], twins[-1], point, layer, answers[point], y[point]],
        "points": np.column_stack([x, y, answers - y]),
        "curve": [steps, [losses[k] for k in steps], [twins[k] for k in steps]],
        **(_of_the_layers(training, layer, point) if training.sizes else {"plane": training.answers(_PLANE)}),
    }


def _of_the_layers(training: Training, layer: int, point: int) -> dict[str, Any]:
    """The sections for which a network must have layers, and the plane, which comes with the units' maps."""
    shown, true = training.backward(point=point), training.backward((), point)
    factors = shown.factors[layer - 1]
    several = training.sizes[layer + 1] > 1
    plane, units = _maps(training)
    return {
        "sizes": training.sizes,
        "weights": training.course.theta,
        "pulses": shown.gradient,
        "above": factors.above,
        "through": factors.above @ factors.W if several else factors.W,
        "slope": factors.activation,
        "adjoint": shown.adjoints[layer - 1],
        "should": true.adjoints[layer - 1],
        "plane": plane,
        "units": units,
    }


def _maps(training: Training) -> tuple[Any, Any]:
    """The logits on the plane, and every hidden unit's value on a coarser grid, over the largest of its layer."""
    with np.errstate(all="ignore"):
        passed = training.network.forward(training.course.theta, _PLANE)
    maps: list[Any] = []
    for layer in passed.a[1:]:
        coarse = layer.reshape(GRID, GRID, -1)[::4, ::4].transpose(2, 0, 1)
        maps.append((coarse / (np.max(np.abs(coarse)) or 1.0)).ravel())
    return passed.z[-1][:, 0], np.concatenate(maps)


def finding(training: Training, layer: int, step_size: float) -> tuple[str, str, str]:
    """The headline, the part of it to set apart, and the line that says why."""
    if not training.is_finite:
        return _no_numbers(training, step_size)
    if training.unlit:
        return _without(training, layer)
    losses = [loss for loss in training.course.losses if np.isfinite(loss)]
    now, best = training.loss, min(losses)
    if training.steps > 3 and now > 1.25 * best + 0.05:
        strong = f"too large: the loss jumps to {format_number(now)}"
        why = (
            f"The lowest so far was {format_number(best)}. "
            "Each step overshoots the valley and lands higher on the other side."
        )
        return f"The step size {format_number(step_size)} is {strong}.", strong, why
    norms = ", ".join(f"layer {k} {format_number(norm, 3)}" for k, norm in reversed([*enumerate(training.norms(), 1)]))
    why = f"Gradient norm: {norms}. The pulses carry the ringed point’s share back; click another point."
    if not training.sizes:
        why = f"Gradient norm: {format_number(training.norms()[0], 3)}, of all parameters together."
    if not training.steps:
        return "Every weight gets its own share of the blame.", "", why
    verb = "fell" if now < losses[0] else "rose"
    strong = f"{format_number(losses[0])} to {format_number(now)}"
    return f"The loss {verb} from {strong} in {count(training.steps, 'step')}.", strong, why


def _no_numbers(training: Training, step_size: float) -> tuple[str, str, str]:
    strong = "no longer finite numbers"
    sentence = (
        f"After {count(training.steps, 'step')} of size {format_number(step_size)}, loss or weights are {strong}."
    )
    return sentence, strong, "No further step brings them back. Choose a smaller step size, then Start again."


def _without(training: Training, layer: int) -> tuple[str, str, str]:
    left_out = " and the ".join(lamp for lamp in networks.LAMPS if lamp in training.unlit)
    angle = training.angle(layer)
    if angle != angle:
        return f"Without the {left_out}, layer {layer} has no gradient to compare.", "", "One of the two is exactly 0."
    strong = f"{format_number(angle, 3)}° off"
    sentence = f"Without the {left_out}, layer {layer} steps {strong} the true gradient."
    assert training.twin is not None
    now, twin = training.loss, training.twin.losses[-1]
    why = f"More than 90°: layer {layer} is pushed uphill. " if angle > 90 else ""
    if training.course.losses == training.twin.losses:
        why += "Train now and compare with the dashed loss curve, which has all lamps on."
    elif now > 1.3 * twin:
        why += f"The loss stands at {format_number(now)}; with all lamps on it would be {format_number(twin)}."
    else:
        why += "So far it learns all the same: a falling loss does not prove a gradient right."
    return sentence, strong, why


def words(training: Training, layer: int, point: int) -> dict[str, str]:
    """What a screen reader says of the network, the plane and the loss."""
    x, y = training.points
    logits = training.answers(x)
    with np.errstate(all="ignore"):
        answer, right = float(sigmoid(logits)[point]), float(np.mean((logits > 0) == y))
    at = ", ".join(format_number(value, 3) for value in x[point])
    return {
        "network": f"{_drawn(training, layer)} At the ringed point it answers {format_number(answer, 3)}, "
        f"wanted is {y[point]:g}.",
        "plane": f"{len(y)} points and the decision boundary; {right:.0%} lie on the right side. "
        f"Ringed: point {point + 1} at {at}, class {y[point]:g}.",
        "loss": f"Loss {format_number(training.loss)} after {count(training.steps, 'step')}.",
    }


def _drawn(training: Training, layer: int) -> str:
    if not training.sizes:
        return f"Your function trains, but it has no layers to draw, nor lamps: {training.network.why}."
    network = "-".join(map(str, training.sizes))
    return f"Network {network} with weights and gradient pulses; the lamps are those of layer {layer}."


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "step"), count(300, "step")
    ('1 step', '300 steps')
    """
    return f"{number} {noun}" + "s" * (number != 1)
