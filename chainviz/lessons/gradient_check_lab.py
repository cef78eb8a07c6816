"""The lab on gradient checking: the error of a finite difference over its step, with its lowest point."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets
import numpy as np
import traitlets
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..autodiff import InputError, grad
from ..drawing.figures import ROLES, new_figure, place, resize, styled
from ..formatting import describe, format_number, power_of_ten
from ..widgets.figure import FigureView
from ..widgets.lab import Lab
from ..widgets.settings import Choice, Number, Switch
from ..widgets.sliders import bind
from .gradient_check import EPSILON, EXAMPLES, STEPS, Check, Example, measure, own_example

CARE = (
    "A difference cannot prove a derivative right: it compares at one point, for one number, to the digits that "
    "rounding leaves. The best step depends on the function and on the point; 6·10⁻⁶ is a fair first guess for "
    "values near 1. Near a kink, as of ReLU at 0, the difference itself is wrong. A check of all parameters takes two "
    "runs of the function for each of them, so take a few at random."
)
DIFFERENCES = ("central", "one-sided")
OWN = "your function"
_SPOILT = 1.01
_LOWEST = 1e-17
_PLACES = [10.0 ** (k / 4) for k in range(-60, 1)]
"""The steps that slider, arrows and clicks choose: four a decade. Whole numbers of places come back from the page as
they were sent, while a slider of floats answers late with its own rounding."""


class GradientCheck(Lab):
    """The lab that `cv.lessons.gradient_flow("gradient check")` makes. Its traits can be given, set and observed:

    example: "sin(x²)", "one neuron", "two layers", "two layers, linear output", "network 4-8-4-1", or "your function"
    where one was given. entry: the number to differentiate by, "x" or "W1[0, 3]". difference: "central" or
    "one-sided". step: 1e-15 to 1. spoilt: whether the derivative is made wrong by a hundredth. `check` has the numbers.

    >>> GradientCheck(entry="W1[0, 3]", example="network 4-8-4-1", step=0.01)
    GradientCheck(example=network 4-8-4-1, entry=W1[0, 3], derivative=0.0002178, difference=central, step=0.01,
    digits=4, best step=4·10⁻⁵)
    """

    example = traitlets.Unicode("sin(x²)")
    entry = traitlets.Unicode("x")
    difference = Choice(DIFFERENCES, "central")
    step = Number(1e-15, 1.0, 1e-7)
    spoilt = Switch()

    def __init__(
        self, *, example: str = "sin(x²)", entry: str | None = None, difference: str = "central", step: float = 1e-7,
        spoilt: bool = False, function: Any = None, at: Any = None,
    ) -> None:  # fmt: skip
        self._examples = dict(EXAMPLES)
        if function is not None or at is not None:
            self._examples[OWN] = own_example(function, at)
            example = OWN
        self.example = example
        self.entry = next(iter(self._entries)) if entry is None else entry
        self.difference, self.step, self.spoilt = difference, step, spoilt
        self.check: Check = self._measured()
        with styled():
            self._make_figure()
        self.view = FigureView(self._figure, self._words, self._fill, hears=["click", "key"])
        self.view.on_event(self.heard(self._hear))
        super().__init__(settings=self._make_settings(), pictures=[self.view], care=CARE, facts=self._facts_now)
        self.observe(self.answers(self._change_example), "example")
        self.observe(self.answers(self._measure_again), ["entry", "spoilt"])
        self.observe(self.answers(self._show), ["difference", "step"])
        self._show()

    def gradient(self) -> dict[str, Any]:
        """The gradient of the function that is shown, in reverse mode, by the name of each input.

        >>> round(float(np.linalg.norm(GradientCheck(example="network 4-8-4-1").gradient()["W1"])), 6)
        0.009629
        """
        shown = self._shown
        return grad(lambda inputs: shown.function(**inputs))(dict(shown.inputs))

    @property
    def _shown(self) -> Example:
        return self._examples[self.example]

    @property
    def _entries(self) -> list[str]:
        return list(self._shown.entries())

    @traitlets.validate("example")
    def _valid_example(self, proposal: Any) -> str:
        if proposal["value"] in self._examples:
            return proposal["value"]
        there = ", ".join(map(repr, self._examples))
        raise InputError(f"example is one of {there}, but it was set to {proposal['value']!r:.60}.")

    @traitlets.validate("entry")
    def _valid_entry(self, proposal: Any) -> str:
        name = proposal["value"]
        if name in self._entries:
            return name
        shapes = ", ".join(f"{key} of shape {np.shape(value)}" if np.ndim(value) else key
                           for key, value in self._shown.inputs.items())  # fmt: skip
        raise InputError(f"There is no entry {name!r:.60}. {self.example} has {shapes}; write {self._entries[-1]!r}.")

    def _make_settings(self) -> list[Any]:
        menu = ipywidgets.Dropdown
        self._menu = menu(options=self._entries, description="Derivative with respect to")
        settings = {
            "example": menu(options=list(self._examples), description="Function"),
            "entry": self._menu,
            "difference": ipywidgets.ToggleButtons(options=DIFFERENCES, description="Difference"),
            "spoilt": ipywidgets.Checkbox(description="Derivative 1 % wrong"),
        }
        for name, control in settings.items():
            bind(self, name, control)
        self._slider = ipywidgets.SelectionSlider(
            options=[(format_number(h, 2).removeprefix("1·"), k) for k, h in enumerate(_PLACES)], description="Step h",
            index=_place_of(self.step),
        )  # fmt: skip
        self._slider.observe(self.answers(self._slide), "index")
        self.changes(self._slider, "step")
        self.observe(lambda _: setattr(self._slider, "index", _place_of(self.step)), "step")
        return [*settings.values(), self._slider]

    def _slide(self) -> None:
        index: Any = self._slider.index
        if index != _place_of(self.step):  # a step from code may lie between two places of the slider
            self.step = _PLACES[index]

    def _change_example(self) -> None:
        entries = self._entries
        if self.entry in entries:
            self._menu.options, self._menu.value = entries, self.entry
            self._measure_again()
        else:
            self._menu.options = entries  # chooses the first, and so measures
            self.entry = entries[0]

    def _measured(self) -> Check:
        return measure(self._shown, self.entry, _SPOILT if self.spoilt else 1.0)

    def _measure_again(self) -> None:
        self.check = self._measured()
        self._show()

    def _hear(self, event: dict[str, Any]) -> None:
        at, last = _place_of(self.step), len(_PLACES) - 1
        if event["kind"] == "click":
            at = _place_of(event["x"])
        elif event["kind"] == "key":
            at = {"ArrowLeft": at - 1, "ArrowRight": at + 1, "Home": 0, "End": last}.get(event["key"], at)
        else:
            return
        self.step = _PLACES[min(max(at, 0), last)]

    def _make_figure(self) -> None:
        self._figure = new_figure(860, 400)
        self._axes = axes = self._figure.add_subplot(label="error")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(3e-16, 3)
        axes.set_title("Error of the difference quotient")
        axes.set_xlabel("step h")
        axes.xaxis.set_major_locator(FixedLocator([10.0**k for k in range(-15, 1, 3)]))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda v, _: power_of_ten(round(math.log10(v)))))
        axes.grid(axis="y")
        (self._rounding,) = axes.plot(STEPS, STEPS, color=ROLES["neg"], linewidth=1.1, linestyle=(0, (5, 2)))
        (self._bending,) = axes.plot(STEPS, STEPS, color=ROLES["pos"], linewidth=1.1, linestyle=(0, (5, 2)))
        (self._error,) = axes.plot(STEPS, STEPS, color=ROLES["ink"], linewidth=1.3)
        (self._best,) = axes.plot([1], [1], "s", color=ROLES["activation"], markersize=8)
        (self._chosen,) = axes.plot([1], [1], "o", color=ROLES["ink"], markersize=10, fillstyle="none", mew=2)
        small: Any = {"fontsize": 9.75, "va": "bottom"}
        self._labels = [
            axes.text(1, 1, "", color=ROLES["neg"], ha="left", **small),
            axes.text(1, 1, "", color=ROLES["pos"], ha="right", **small),
            axes.text(1, 1, "", color=ROLES["activation"], ha="center", va="top", fontsize=9.75),
        ]

    def _place(self, figure: Any) -> None:
        width = figure.get_size_inches()[0] * 96
        resize(figure, width, 400 if width > 560 else 320)
        place(self._axes, 60, 30, width - 76, figure.get_size_inches()[1] * 96 - 80)

    def _show(self) -> None:
        self._say(*self.check.best(self.difference))
        self.view.draw()

    def _fill(self, figure: Any) -> None:
        self._place(figure)
        check, kind = self.check, self.difference
        errors = check.central if kind == "central" else check.one_sided
        rounding, bending = check.rounding(kind), check.truncation(kind)
        best, least = check.best(kind)
        # the limits are those of what is expected, not of errors that scatter, so that the picture keeps still
        low, high = (
            10.0 ** (math.floor(math.log10(least or _LOWEST)) - 2),
            10.0 * max(1.0, *rounding[:1], *bending[-1:]),
        )
        self._axes.set_ylim(low, high)
        self._axes.yaxis.set_major_locator(FixedLocator(_decades(low, high)))
        self._error.set_ydata(np.maximum(errors, low / 10))
        self._rounding.set_ydata(np.where(2 * best > STEPS, rounding, np.nan))
        self._bending.set_ydata(np.where((bending > 0) & (best < 3 * STEPS), bending, np.nan))
        self._best.set_data([best], [least])
        self._chosen.set_data([self.step], [max(check.error(self.step, kind), low)])
        half, order = ("2h", "|f‴| h²/6") if kind == "central" else ("h", "|f″| h/2")
        self._write(0, f"rounding, ε |f| / {half}", 1e-12, rounding, low)
        self._write(1, f"bending, {order}", 1e-3, bending, low)
        best_label = self._labels[2]
        best_label.set_position((best, least / 20))
        best_label.set_text(f"best step, near {format_number(best, 1)}")

    def _write(self, label: int, text: str, step: float, line: Any, low: float) -> None:
        """Write beside a dashed line, on its outer side, at the step; nothing where there is no line to see."""
        height = float(line[np.argmin(np.abs(STEPS - step))])
        self._labels[label].set_text(text if height > low else "")
        self._labels[label].set_position((step, 4 * height if height > low else 1.0))

    def _say(self, best: float, least: float) -> None:
        error, kind = self.check.error(self.step, self.difference), self.difference
        if self.spoilt and error > 10 * least:
            floor = abs(self.check.derivative) * (1 - 1 / _SPOILT)
            strong = f"about {format_number(floor, 2)} remains"
            sentence = f"The derivative is wrong: {strong} at every good step."
            why = "A floor instead of a U: so a wrong derivative looks. This one is off by a hundredth of itself."
        else:
            strong = "1 digit" if self._digits == 1 else f"{self._digits} digits"
            sentence = f"At h = {format_number(self.step)} the {kind} difference agrees in {strong}."
            if not math.isfinite(error):
                sentence, strong = f"At h = {format_number(self.step)} the function has no value.", ""
            why = (
                f"Its error is {format_number(error, 2)}; the best step, near {format_number(best, 1)}, leaves about "
                f"{format_number(least, 1)}. Left of it rounding is divided by an ever smaller h; right of it the "
                "function bends."
            )
        self.headline.sentence, self.headline.strong, self.headline.why = sentence, strong, why

    @property
    def _digits(self) -> int:
        """In how many digits the difference agrees with the derivative, from 0 to the 15 that a float has."""
        error, size = self.check.error(self.step, self.difference), abs(self.check.derivative) or 1.0
        return max(0, math.floor(-math.log10(max(error / size, EPSILON)))) if math.isfinite(error) else 0

    def _words(self) -> str:
        best, least = self.check.best(self.difference)
        if self.spoilt:
            return f"The error of the {self.difference} difference falls with the step, but only to a floor."
        return (
            f"The error of the {self.difference} difference over the step, a U: lowest near h = "
            f"{format_number(best, 1)}, about {format_number(least, 1)}; rounding makes it larger to the left, bending "
            "to the right."
        )

    def _facts_now(self) -> dict[str, str]:
        facts = {"example": self.example, "entry": self.entry, "derivative": describe(self.check.derivative)}
        facts |= {"difference": self.difference, "step": describe(self.step), "digits": str(self._digits)}
        return facts | {"best step": format_number(self.check.best(self.difference)[0], 1)}


def _place_of(step: float) -> int:
    """The place of the slider that is nearest to a step."""
    return min(max(round(4 * math.log10(step)) + 60, 0), len(_PLACES) - 1)


def _decades(low: float, high: float) -> list[float]:
    first, last = round(math.log10(low)), math.floor(math.log10(high))
    return [10.0**k for k in range(first, last + 1, max(1, (last - first) // 6))]
