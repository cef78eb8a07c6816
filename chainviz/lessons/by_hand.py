"""Backpropagation by hand: small networks of numbers, their gradients as products of factors, and the usual mistakes.

Keys are plain text, as one types them: "W1", "delta1", "s'(z1)"; `pretty` writes them with the signs of a book.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..autodiff import InputError, sigmoid
from ..formatting import format_number

Values = dict[str, float]


@dataclass(frozen=True)
class Network:
    """A network of numbers with a loss, and how each of its gradients is made.

    loss: in plain NumPy, of the `inputs` by name; `y` is the target. forward: the inputs with all values on the way
    and all factors of the backward pass. products: the factors of every delta and every gradient, in the order in which
    the backward pass computes them; a factor may be a delta.
    """

    loss: Callable[..., Any]
    inputs: Mapping[str, float]
    forward: Callable[[Mapping[str, float]], Values]
    products: Mapping[str, tuple[str, ...]]

    @property
    def gradients(self) -> list[str]:
        """The inputs that a gradient is computed for."""
        return [key for key in self.products if key in self.inputs]

    def factors(self, key: str) -> tuple[str, ...]:
        """A gradient's factors, the deltas among them written out.

        >>> NETWORKS["two layers"].factors("W1")
        ('a2 - y', "s'(z2)", 'W2', "s'(z1)", 'x')
        """
        return tuple(part for factor in self.products[key] for part in self._parts(factor))

    def _parts(self, factor: str) -> tuple[str, ...]:
        return self.factors(factor) if factor in self.products and factor.startswith("delta") else (factor,)

    def backward(self, inputs: Mapping[str, float], left_out: str = "") -> Values:
        """Every delta and gradient at these inputs; the factor `left_out` counts as 1 in the deltas.

        >>> network = NETWORKS["two layers"]
        >>> round(network.backward(network.inputs)["W1"], 6)
        -0.019877
        >>> round(network.backward(network.inputs, left_out="s'(z1)")["W1"], 6)
        -0.106084
        """
        known, found = self.forward(inputs), Values()
        for key, factors in self.products.items():
            skipped = left_out if key.startswith("delta") else ""
            found[key] = math.prod(
                1.0 if f == skipped else found[f] if f.startswith("delta") else known[f] for f in factors
            )
        return found

    def lamps(self) -> list[str]:
        """The factors of the deltas, each of which one can forget."""
        return [f for key, factors in self.products.items() if key.startswith("delta") for f in factors if f[0] != "d"]


def _slope(z: float) -> float:
    return float(sigmoid(z) * (1 - sigmoid(z)))


def _neuron(x: Any, w: Any, b: Any, y: Any) -> Any:
    z = w * x + b
    a = sigmoid(z)
    L = 0.5 * (a - y) ** 2
    return L


def _neuron_forward(at: Mapping[str, float]) -> Values:
    z = at["w"] * at["x"] + at["b"]
    a = float(sigmoid(z))
    return {**at, "z": z, "a": a, "a - y": a - at["y"], "s'(z)": _slope(z)}


def _two_layers(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
    z1 = W1 * x + b1
    a1 = sigmoid(z1)
    z2 = W2 * a1 + b2
    a2 = sigmoid(z2)
    L = 0.5 * (a2 - y) ** 2
    return L


def _linear_output(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
    z1 = W1 * x + b1
    a1 = sigmoid(z1)
    a2 = W2 * a1 + b2
    L = 0.5 * (a2 - y) ** 2
    return L


def _two_layers_forward(at: Mapping[str, float], linear: bool = False) -> Values:
    z1 = at["W1"] * at["x"] + at["b1"]
    a1 = float(sigmoid(z1))
    z2 = at["W2"] * a1 + at["b2"]
    a2 = z2 if linear else float(sigmoid(z2))
    return {**at, "z1": z1, "a1": a1, "z2": z2, "a2": a2, "a2 - y": a2 - at["y"], "s'(z1)": _slope(z1),
            "s'(z2)": _slope(z2)}  # fmt: skip


_EXAMPLE_13 = {"x": 2.0, "W1": 0.5, "b1": 0.1, "W2": 0.8, "b2": 0.2, "y": 1.0}
_FROM_DELTA_2 = {
    "W2": ("delta2", "a1"), "b2": ("delta2",), "delta1": ("delta2", "W2", "s'(z1)"),
    "W1": ("delta1", "x"), "b1": ("delta1",), "x": ("delta1", "W1"),
}  # fmt: skip

NETWORKS: dict[str, Network] = {
    "one neuron": Network(
        _neuron, {"x": -1.0, "w": 2.0, "b": 1.0, "y": 1.0}, _neuron_forward,
        {"delta": ("a - y", "s'(z)"), "w": ("delta", "x"), "b": ("delta",), "x": ("delta", "w")},
    ),
    "two layers": Network(
        _two_layers, _EXAMPLE_13, _two_layers_forward, {"delta2": ("a2 - y", "s'(z2)"), **_FROM_DELTA_2}
    ),
    "two layers, linear output": Network(
        _linear_output, _EXAMPLE_13, lambda at: _two_layers_forward(at, linear=True),
        {"delta2": ("a2 - y",), **_FROM_DELTA_2},
    ),
}  # fmt: skip
"""The networks that there are. Their activation is the sigmoid, their loss half the squared error."""


def pretty(key: str) -> str:
    """A key with the signs of a book.

    >>> pretty("s'(z1)"), pretty("delta2"), pretty("a2 - y")
    ('σ′(z₁)', 'δ₂', 'a₂ − y')
    """
    digits = str.maketrans("12-'", "₁₂−′")
    return key.replace("delta", "δ").translate(digits).replace("s′(", "σ′(").replace("s(", "σ(")


def mistakes(network: Network, inputs: Mapping[str, float], key: str) -> dict[str, float]:
    """What each usual mistake gives in place of a gradient, by the mistake in words.

    >>> network = NETWORKS["two layers"]
    >>> wrong = mistakes(network, network.inputs, "W1")
    >>> round(wrong["σ′(z₁) is missing"], 6), round(wrong["x and a₁ are mixed up"], 6)
    (-0.106084, -0.007456)
    """
    known, factors = network.forward(inputs), network.factors(key)
    right = math.prod(known[f] for f in factors)

    def instead(replaced: Mapping[str, float]) -> float:
        return math.prod(replaced.get(f, known[f]) for f in factors)

    found = {f"{pretty(f)} is missing": instead({f: 1.0}) for f in factors}
    slopes = [f for f in factors if f.startswith("s'")]
    if len(slopes) > 1:
        found["both activation derivatives are missing"] = instead(dict.fromkeys(slopes, 1.0))
    found["the sign is wrong: y − a where a − y belongs"] = -right
    found["the ½ of the loss was forgotten"] = 2 * right
    for one, other in (("x", "a1"), ("a1", "x"), ("W1", "W2"), ("W2", "W1")):
        if one in factors and other in known:
            found[f"{pretty(one)} and {pretty(other)} are mixed up"] = instead({one: known[other]})
    for slope in slopes:
        z = slope[3:-1]
        a = z.replace("z", "a")
        found[f"{pretty(slope)} was taken at {pretty(a)}"] = instead({slope: _slope(known[a])})
        found[f"σ({pretty(z)}) itself stands for its derivative"] = instead({slope: known[a]})
        found[f"a(1 − z) stands for a(1 − a) in layer {z[1:] or 1}"] = instead({slope: known[a] * (1 - known[z])})
    twin = {"two layers": "two layers, linear output", "two layers, linear output": "two layers"}
    for name, other in twin.items():
        if network is NETWORKS[name]:
            found[f"it belongs to the network with {'two layers' if 'linear' in name else 'a linear output'}"] = (
                NETWORKS[other].backward(inputs)[key]
            )
    return found


def verdict(network: Network, inputs: Mapping[str, float], key: str, answer: str) -> tuple[bool, str]:
    """Whether a typed number is that gradient, as far as its digits go, and a sentence: if not, which mistake made it.

    Raises:
        InputError: the text is no number.

    >>> network = NETWORKS["two layers"]
    >>> verdict(network, network.inputs, "W1", "-0.0199")
    (True, '∂L/∂W₁ is −0.01988: right.')
    >>> verdict(network, network.inputs, "W1", "-0.1061")
    (False, '−0.1061 is what comes out if σ′(z₁) is missing.')
    """
    given, half = _number(answer)
    right = network.backward(inputs)[key]
    if abs(given - right) <= half:
        return True, f"∂L/∂{pretty(key)} is {format_number(right)}: right."
    shown = format_number(given)
    causes = [words for words, value in mistakes(network, inputs, key).items() if abs(given - value) <= half]
    if causes:
        return False, f"{shown} is what comes out if {', or if '.join(causes)}."
    return False, f"{shown} is not ∂L/∂{pretty(key)}, and no usual mistake gives it."


def _number(answer: str) -> tuple[float, float]:
    """A typed number and half a unit of its last place, which at three digits or more tells mistakes apart."""
    text = answer.strip().replace("−", "-").replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"The answer {answer!r:.40} is no number. Write one such as -0.0199.")
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    digits = len(mantissa.replace(".", "").lstrip("+-0"))
    half = 0.5 * 10.0 ** (int(exponent or 0) - places) if digits >= 3 else 1e-9 * max(1.0, abs(number))
    return number, half * (1 + 1e-9)


def known_key(name: str, keys: Collection[str]) -> str:
    """The key, if it is one of those; a sentence that lists them otherwise.

    >>> known_key("W1", ["W1", "b1"])
    'W1'
    """
    if name in keys:
        return name
    raise InputError(f"There is no {name!r:.40} in this network. It has {', '.join(map(repr, keys))}.")
