"""The lab on backpropagation by hand: the player's graph, and beside it the table that one would write on paper."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import ipywidgets
import traitlets

from ..formatting import describe, format_number
from ..widgets.explore import Explorer
from ..widgets.lab import Lab, Table, row
from ..widgets.settings import Choice, Switch
from ..widgets.sliders import bind
from .by_hand import NETWORKS, Network, known_key, pretty, verdict

CARE = (
    "One unit a layer: with more units the products become W₂ᵀδ₂ ⊙ σ′(z₁) and δ₁xᵀ, sums over all paths. σ′ is taken "
    "at z, where it is a(1 − a). With a linear output the same numbers make other gradients, as its δ₂ has no σ′. An "
    "answer counts as right as far as its digits go; give three or more. What is left out counts as 1, in the deltas."
)
_NUMBERS = ("no", "one", "two", "three", "four", "five")


class ByHand(Lab):
    """The lab that `cv.lessons.gradient_flow("by hand")` makes. Its traits can be given, set and observed:

    network: "one neuron", "two layers", or "two layers, linear output". gradient: "W1", the input whose gradient is
    asked for. answer: a typed number. left_out: a factor that the deltas forget, "s'(z1)", or "". results: whether the
    table shows them. `explorer` is the graph, whose `values` can be set.

    >>> ByHand(network="two layers", left_out="s'(z1)")
    ByHand(network=two layers, L=0.04804, W2=-0.04974, b2=-0.0663, W1=-0.1061, b1=-0.05304, x=-0.02652,
    without=s'(z1))
    """

    network = Choice(NETWORKS, "one neuron")
    gradient = traitlets.Unicode("w")
    answer = traitlets.Unicode()
    left_out = traitlets.Unicode()
    results = Switch()

    def __init__(
        self, *, network: str = "one neuron", gradient: str | None = None, answer: str = "", left_out: str = "",
        results: bool = False,
    ) -> None:  # fmt: skip
        self.network = network
        self.gradient = self._gradients[0] if gradient is None else gradient
        self.answer, self.left_out, self.results = str(answer), left_out, results
        self._table, self._graph = Table(), row()
        self._button = ipywidgets.Button()
        self._button.on_click(lambda _: setattr(self, "results", not self.results))
        self.changes(self._button, "results")
        settings = self._make_settings()
        self.explorer = self._explore()
        super().__init__(
            settings=settings,
            pictures=[self._table, self._graph],
            care=CARE,
            facts=self._facts_now,
            button=self._button,
        )
        self.observe(self.answers(self._change_network), "network")
        self.observe(self.answers(self._show), ["gradient", "answer", "left_out", "results"])
        self.answers(self._show)(None)

    @property
    def shown(self) -> Network:
        """The network that is shown."""
        return NETWORKS[self.network]

    @property
    def _gradients(self) -> list[str]:
        """The gradients to ask for: those of the weights first, the longest product before the shorter ones."""
        return sorted(self.shown.gradients, key=lambda key: (key == "x", -len(self.shown.factors(key))))

    @traitlets.validate("gradient")
    def _valid_gradient(self, proposal: Any) -> str:
        return known_key(proposal["value"], self.shown.gradients)

    @traitlets.validate("left_out")
    def _valid_left_out(self, proposal: Any) -> str:
        return known_key(proposal["value"], ["", *self.shown.lamps()])

    def _make_settings(self) -> list[Any]:
        menu = ipywidgets.Dropdown
        networks = menu(options=list(NETWORKS), description="Network")
        self._menus = {"gradient": menu(description="Your answer for"), "left_out": menu(description="Leave out")}
        answer = ipywidgets.Text(description="Your answer", placeholder="such as −0.0199", continuous_update=False)
        self._fill_menus()
        for name, control in {"network": networks, **self._menus, "answer": answer}.items():
            bind(self, name, control)
        return [networks, self._menus["gradient"], answer, self._menus["left_out"]]

    def _fill_menus(self) -> None:
        lamps = [("nothing", ""), *((pretty(key), key) for key in self.shown.lamps())]
        options = {"gradient": [(f"∂L/∂{pretty(key)}", key) for key in self._gradients], "left_out": lamps}
        for name, menu in self._menus.items():
            kept = getattr(self, name)
            menu.options = options[name]
            menu.value = kept if kept in [key for _, key in options[name]] else options[name][0][1]

    def _explore(self) -> Explorer:
        explorer = Explorer(self.shown.loss, frozen="y", size=self.size, **dict[str, Any](self.shown.inputs))
        explorer.observe(self.answers(self._show), "values")
        self._graph.children = (explorer,)
        return explorer

    def _change_network(self) -> None:
        before = self.explorer
        self.answer = ""
        self._fill_menus()
        self.explorer = self._explore()
        before.close()
        self._show()

    def _numbers(self, left_out: str = "") -> dict[str, float]:
        inputs = {name: self.explorer.values[name] for name in self.shown.inputs}
        return self.shown.forward(inputs) | {
            f"d{key}": value for key, value in self.shown.backward(inputs, left_out).items()
        }

    def _show(self) -> None:
        self._button.description = "Hide the results" if self.results else "Show the results"
        self._table.value = self._as_table()
        self.headline.sentence, self.headline.strong, self.headline.why = self._finding()

    def _finding(self) -> tuple[str, str, str]:
        key, factors = self.gradient, self.shown.factors(self.gradient)
        name, number = f"∂L/∂{pretty(key)}", format_number(self._numbers()[f"d{key}"])
        product = " · ".join(f"({pretty(f)})" if " " in f else pretty(f) for f in factors)
        if self.answer.strip():
            inputs = {name: self.explorer.values[name] for name in self.shown.inputs}
            right, sentence = verdict(self.shown, inputs, key, self.answer)
            return sentence, "right" if right else "", f"{name} = {product}."
        if self.left_out:
            wrong = format_number(self._numbers(self.left_out)[f"d{key}"])
            lamp = pretty(self.left_out)
            if self.left_out not in factors:
                return f"{name} has no factor {lamp}.", "", "Leaving it out spoils the gradients of other layers only."
            return f"Without {lamp}, {name} comes out as {wrong}.", wrong, f"It is {number}: {name} = {product}."
        count = _NUMBERS[len(factors)].capitalize()
        if not self.results:
            verb = "factors make" if len(factors) > 1 else "factor is"
            return f"{count} {verb} {name}. Which number is it?", "", f"{name} = {product}. Play the graph to check."
        values = " · ".join(format_number(self._numbers()[f]) for f in factors)
        return f"{name} = {number}.", number, f"{count} factors: {product} = {values}."

    # -- the table

    def _as_table(self) -> str:
        true, given = self._numbers(), self._numbers(self.left_out)
        heads = ["", "from above", "× weight or input", "× activation derivative", "="]
        if self.left_out:
            heads.append("it should be")
        body = "".join(self._row(key, factors, given, true) for key, factors in self.shown.products.items())
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        return (
            f'<div class="chainviz-hand"><p>{self._forward(true)}</p>'
            "<table><caption>The backward pass, by hand</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _forward(self, numbers: dict[str, float]) -> str:
        inner = [key for key in ("z", "a", "z1", "a1", "z2", "a2") if key in numbers]
        if "linear" in self.network:
            inner.remove("z2")
        values = [f"{pretty(key)} = {format_number(numbers[key])}" for key in inner]
        return f"<b>Forward</b> {' &ensp; '.join([*values, f'L = {format_number(self._loss())}'])}"

    def _row(self, key: str, factors: tuple[str, ...], given: dict[str, float], true: dict[str, float]) -> str:
        name = pretty(key) if key.startswith("delta") else f"∂L/∂{pretty(key)}"
        cells = ["", "", ""]
        for factor in factors:
            column = 2 if factor.startswith("s'") else 0 if factor.startswith("delta") or " - " in factor else 1
            off = factor == self.left_out and key.startswith("delta")
            value = given[f"d{factor}"] if factor.startswith("delta") else given[factor]
            hidden = factor.startswith("delta") and not self.results
            cells[column] = (
                f"{_slot(None if hidden else 1.0 if off else value, off)}<i>{_struck(pretty(factor), off)}</i>"
            )
        results = [given, true] if self.left_out else [given]
        cells += [_slot(of[f"d{key}"] if self.results else None, signed=True) for of in results]
        chosen = ' class="chainviz-hand-asked"' if key == self.gradient else ""
        return f'<tr{chosen}><th scope="row">{escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'

    def _loss(self) -> float:
        return float(self.shown.loss(**{name: self.explorer.values[name] for name in self.shown.inputs}))

    def _facts_now(self) -> dict[str, str]:
        numbers = self._numbers(self.left_out)
        facts = {"network": self.network, "L": describe(self._loss())}
        facts |= {key: describe(numbers[f"d{key}"]) for key in self.shown.gradients}
        return facts | ({"without": self.left_out} if self.left_out else {})


def _slot(value: float | None, off: bool = False, signed: bool = False) -> str:
    """A number; derivatives have the colour of their sign; what is not shown yet is an empty dashed slot."""
    if value is None:
        return '<b class="chainviz-hand-empty" aria-label="not shown"></b>'
    sign = (
        "" if not signed or not value else f' class="chainviz-hand-{"pos" if math.copysign(1, value) > 0 else "neg"}"'
    )
    return f'<b class="chainviz-hand-off">{format_number(value)}</b>' if off else f"<b{sign}>{format_number(value)}</b>"


def _struck(text: str, off: bool) -> str:
    return f"<s>{escape(text)}</s>" if off else escape(text)
