"""What the depth lab says: its finding, the reason, and the equation of the chosen layer."""

from __future__ import annotations

from html import escape

from ..formatting import format_number
from .activations import ACTIVATIONS, INITIALISATIONS
from .depth import BATCH, PRESETS, BackwardPass, Network
from .learning import STEP_SIZE, Training, step_cost

_UNITS = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1.0, ""))
_CURES = {
    "1990s": "Each layer lets through less than a quarter.",
    "2010": "tanh passes up to 1; Xavier keeps the weights' factor near 1.",
    "2012": "ReLU passes 1 or 0; He pays for the units that are off.",
    "2015": "The shortcut carries the gradient around each layer, the normalisation keeps the branch in range.",
}
SAYS = {"1990s": "sigmoid", "2010": "tanh, Xavier", "2012": "ReLU, He", "2015": "residual, norm"}
"""The presets in two words."""

CARE = (
    "0.25ᵏ bounds the activation factor only; the weights multiply too, so a bar may lie above the line. ReLU's factor "
    "is not 1: units that are off pass 0. A shortcut does not cap the gradient: with factors of 1.25, ten layers make "
    f"1.25¹⁰ = 9.313. Norms are over a batch of {BATCH}; the gradient that leaves the loss is a random one of norm 1. "
    "Years name habits: He's initialisation is of 2015."
)


def name_of(network: Network) -> str:
    """The network in a few words.

    >>> name_of(Network("relu", "he", scale=2.0, residual=True))
    'ReLU, He × 2, residual'
    """
    weights = INITIALISATIONS[network.initialisation].name
    scaled = f"{weights} × {format_number(network.scale, 3)}" if network.scale != 1 else weights
    norm = "" if network.normalisation == "none" else f"{network.normalisation} norm"
    parts = [ACTIVATIONS[network.activation].name, scaled, "residual" if network.residual else "", norm]
    return ", ".join(part for part in parts if part)


def amount(reach: float) -> str:
    """How much of the gradient arrives, as people say it.

    >>> amount(9.956e-14), amount(0.0042), amount(1.1), amount(9.313), amount(0.0)
    ('1 part in 10 trillion', '1 part in 240', 'about all', '9.31 times', 'nothing')
    """
    if reach <= 0:
        return "nothing"
    if reach >= 1.5:
        return f"{format_number(reach, 3)} times"
    if reach > 0.67:
        return "about all"
    parts = 1 / reach
    if parts >= 1e15:
        return f"1 part in {format_number(parts, 2)}"
    size, unit = next((size, unit) for size, unit in _UNITS if parts >= size * 0.9999)
    return f"1 part in {format_number(parts / size, 2)}{unit}"


def finding(passes: dict[str, BackwardPass], layer: int) -> tuple[str, str]:
    """The headline's sentence, and its part that counts."""
    reach = {name: float(passed.reaches[layer - 1]) for name, passed in passes.items()}
    first = amount(reach["A"])
    if "B" in passes:
        return f"Layer {layer} gets {_of(first)} in A, {_of(amount(reach['B']))} in B.", first
    sentence = f"{_of(first)} reaches layer {layer}."
    return sentence[0].upper() + sentence[1:], first[0].upper() + first[1:]


def passes(shown: dict[str, BackwardPass]) -> str:
    """What the picture of the backward passes shows, for who does not see it."""
    each = "; ".join(
        f"{name}: from {passed.reaches[-1]:.3g} at layer {passed.depth} to {passed.reaches[0]:.3g} at layer 1"
        for name, passed in shown.items()
    )
    return f"Gradient norm per layer, log scale. {each}. Arrow keys choose a layer."


def movement(training: Training | None, frozen: tuple[int, ...]) -> str:
    """What the picture of a training shows, for who does not see it."""
    steps, held = training.steps if training else 0, ", ".join(map(str, frozen)) or "none"
    return f"Movement per layer after {steps} steps, log scale. Frozen layers: {held}. Enter freezes the chosen layer."


def _of(said: str) -> str:
    return f"{said} the gradient" if said.endswith("times") else f"{said} of the gradient"


def reason(passes: dict[str, BackwardPass], layer: int) -> str:
    """The line under the headline."""
    first = passes["A"]
    if "B" in passes:
        return f"A: {name_of(first.network)}. B: {name_of(passes['B'].network)}. Same inputs, same random draws."
    network, reach, k = first.network, float(first.reaches[layer - 1]), first.depth - layer + 1
    if reach == 0:
        return "In some layer above, every unit is off for every example: its derivative is 0, and so is the product."
    if network.activation == "sigmoid" and network.plain:
        bound = 0.25**k
        least = f"0.25{_raised(k)} = {format_number(bound)}"
        if reach > bound:
            return f"Above the bound {least}: large weights more than repay what the sigmoid takes."
        weights = format_number(first.product("weights", layer), 3)
        many = "s" if k > 1 else ""
        return f"{k} sigmoid derivative{many} let through at most {least}; the weights then multiply that by {weights}."
    if reach > 50:
        return "The gradient explodes: one step of descent would throw the early layers far away."
    return next((_CURES[name] for name, preset in PRESETS.items() if preset == network), f"{name_of(network)}.")


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def equation(name: str, passed: BackwardPass, layer: int, compared: bool) -> str:
    """What reaches the layer as the product that makes it, in HTML."""
    k, above = layer - 1, passed.depth - layer
    own = {part: float(getattr(passed, part)[k]) for part in ("derivative", "normalisation")}
    norm = passed.network.normalisation
    if passed.network.residual:
        terms = [
            (passed.product("whole", layer), f"{_count(above, 'layer')} of shortcut + branch", "shortcut"),
            (own["derivative"], "its activation derivative", "activation"),
            (own["normalisation"], f"its {norm} norm", "muted"),
        ]
    else:
        many = {part: passed.product(part, k) for part in ("derivative", "normalisation")}
        terms = [
            (many["derivative"], _count(above + 1, "activation derivative"), "activation"),
            (passed.product("weights", layer), _count(above, "weight matrix"), "ink"),
            (many["normalisation"], _count(above + 1, f"{norm} norm"), "muted"),
        ]
    if norm == "none":
        terms.pop()
    role = "score" if name == "B" else "pos"
    head = _cell(name, "", role, "min-width: 20px") if compared else ""
    cells = [_cell(_number(value), words, colour) for value, words, colour in terms]
    signs = ["=", *["×"] * (len(cells) - 1)]
    right = "".join(f"<span><i>{sign}</i>{cell}</span>" for sign, cell in zip(signs, cells, strict=True))
    reached = _cell(_number(float(passed.reaches[k])), f"reaches layer {layer}", role)
    return f'<div class="chainviz-equation">{head}{reached}{right}</div>'


def _number(value: float) -> str:
    return "unknown" if value != value else format_number(value)  # a factor of a gradient that is already 0


def _count(number: int, noun: str) -> str:
    plural = noun.replace("matrix", "matrices") if "matrix" in noun else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _cell(number: str, words: str, role: str, style: str = "") -> str:
    small = f"<small>{escape(words)}</small>" if words else ""
    return f'<div style="{style}"><b style="color: var(--{role})">{number}</b>{small}</div>'


def learnt(training: Training | None, frozen: tuple[int, ...], depth: int) -> tuple[str, str, str]:
    """The headline of the other view: its sentence, the part that counts, and what a step costs."""
    cost, free = step_cost(depth, frozen), step_cost(depth, ())
    why = (
        f"A step takes {cost.total} matrix products ({cost.forward} forward, {cost.adjoints} to carry adjoints back, "
        f"{cost.gradients} for weights)" + (f", {free.total} with nothing frozen." if frozen else ".")
    )
    if training is None or training.steps == 0:
        return "Which layers will learn?", "", why
    if training.diverged:
        return f"After {training.steps} steps the training has diverged.", "diverged", why
    learning = [layer for layer in range(1, depth + 1) if layer not in frozen]
    if not learning:
        return "Every layer is frozen: nothing learns.", "nothing learns", why
    low, high = (format_number(100 * float(training.movement[layer - 1]), 3) for layer in (learning[0], learning[-1]))
    part = f"layer {learning[0]} moved by {low} %"
    began, now = (format_number(loss, 3) for loss in (training.losses[0], training.losses[-1]))
    return (
        f"In {training.steps} steps {part}, layer {learning[-1]} by {high} %.", part,
        f"Loss {began} → {now}, step size {format_number(STEP_SIZE)}. {why}",
    )  # fmt: skip
