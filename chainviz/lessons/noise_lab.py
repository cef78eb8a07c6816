"""The lab on gradients through noise: the sampling node, cut or open, and two estimators of one gradient."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
import numpy as np

from ..autodiff import grad
from ..drawing.figures import ROLES, shared
from ..formatting import describe, spaced
from ..formatting import format_number as shown
from ..widgets.figure import FigureView
from ..widgets.lab import Lab, Table, column, row
from ..widgets.settings import Choice, Number, Switch, Whole
from ..widgets.sliders import RoundNumbers, bind, steps
from .noise import BASELINES, FUNCTIONS, PARAMETERS, Comparison, Estimates, Function, compare
from .noise_figures import BellFigure, EstimatorFigure, GraphFigure

MOST_SAMPLES = 50_000
_TRAIL = 14
ONE_TWO_FIVE = [digit * 10**power for power in range(5) for digit in (1, 2, 5)]
CARE = (
    "The saving is not a law: with f = sin z and a wide bell the score function wins, and through a step the pathwise "
    "gradient is 0 and wrong. Measured variances wobble (the score function's tail is heavy); the exact column is an "
    "integral. A baseline lowers the score function's variance and leaves its mean."
)
_OF_THE_ESTIMATES = {"mu", "sigma", "function", "wrt", "samples", "baseline", "seed"}


class Reparameterization(Lab):
    """One sample through a graph, and many through two estimators. All of these can be given, read, set and observed:

    inside: whether z is drawn inside the graph, which cuts the path to mu and sigma.
    mu, sigma: -2 to 2, and 0.2 to 3. eps: the noise of the one sample. held: whether it stays while they move.
    function: "square", "sin" or "step". wrt: "mu" or "sigma". samples: 1 to 50,000. seed: of the noise.
    baseline: of the score function: "none", "mean" (of f) or "best" (constant).

    `z`, `f` and `slope` are those of the one sample; `found` compares the two estimators.
    """

    inside = Switch()
    mu = Number(-2.0, 2.0, 0.5)
    sigma = Number(0.2, 3.0, 2.0)
    eps = Number(-2.6, 2.6, -0.3)
    held = Switch(True)
    function = Choice(FUNCTIONS, "square")
    wrt = Choice(PARAMETERS, "mu")
    samples = Whole(1, MOST_SAMPLES, 2000)
    baseline = Choice(BASELINES, "none")
    seed = Whole(0, 2**32 - 1, 0)

    found: Comparison

    def __init__(self, **settings: Any) -> None:
        self.trail: list[float] = []
        self._answering = False
        self._pending: set[str] = set()
        self._make_controls()
        self._table, self._heading = Table(), Table()
        for widget in (self._table, self._heading):
            widget.add_class("chainviz-lab-html")
        self._views = [
            FigureView(shared(GraphFigure).figure, self._say_graph, lambda _: shared(GraphFigure).draw(self)),
            FigureView(
                shared(BellFigure).figure,
                self._say_bell,
                lambda _: shared(BellFigure).draw(self),
                hears=["click", "key"],
            ),
        ]
        self._estimates = FigureView(
            shared(EstimatorFigure).figure, self._say_estimates,
            lambda _: shared(EstimatorFigure).draw(self.found, cut=self.inside),
        )  # fmt: skip
        left = column(self._mode, *self._views)
        right = column(self._heading, self._estimates, self._table)
        super().__init__(
            settings=self._settings, pictures=[row(left, right)], care=CARE, facts=self._facts_now, first=3
        )
        for name, value in settings.items():
            setattr(self, name, value)
        self._noise = np.random.default_rng([self.seed, 1])
        self._estimate()
        self._show(everything=True)
        self.observe(self._changed, [*_OF_THE_ESTIMATES, "eps", "held", "inside"])
        self._views[1].on_event(self.heard(self._hear))

    # -- what is shown now

    @property
    def function_now(self) -> Function:
        """What is averaged."""
        return FUNCTIONS[self.function]

    @property
    def z(self) -> float:
        """The sample, mu + sigma eps."""
        return self.mu + self.sigma * self.eps

    @property
    def f(self) -> float:
        """The function's value there."""
        return float(self.function_now.call(self.z))

    @property
    def slope(self) -> float:
        """df/dz there, by chainviz."""
        return float(grad(self.function_now.call)(self.z))

    # -- controls

    def _make_controls(self) -> None:
        slider, button = RoundNumbers, ipywidgets.Button
        controls: dict[str, Any] = {
            "mu": slider(steps(-2, 2, 0.05), shown, description="Mean μ"),
            "sigma": slider(steps(0.2, 3, 0.05), shown, description="Spread σ"),
            "eps": slider(steps(-2.6, 2.6, 0.05), shown, description="Noise ε"),
            "held": ipywidgets.Checkbox(description="Hold ε fixed", indent=False),
            "function": ipywidgets.Dropdown(
                options=[(f.formula, name) for name, f in FUNCTIONS.items()], description="Function f(z)"
            ),
            "wrt": ipywidgets.ToggleButtons(
                options=[(sign, name) for name, sign in PARAMETERS.items()], description="Gradient with respect to"
            ),
            "samples": RoundNumbers(ONE_TWO_FIVE, spaced, description="Samples"),
            "baseline": ipywidgets.Dropdown(
                options=[(words, name) for name, words in BASELINES.items()], description="Baseline (score function)"
            ),
            "inside": ipywidgets.ToggleButtons(options=[("Draw z inside", True), ("Noise from outside", False)]),
        }
        for name, control in controls.items():
            bind(self, name, control)
        self._again, anew = button(description="Draw ε again"), button(description="New samples")
        self._again.on_click(self.answers(self._fresh_noise))
        anew.on_click(self.answers(lambda: setattr(self, "seed", self.seed + 1)))
        self.changes(self._again, "eps")
        self.changes(anew, "seed")
        self._mode = controls.pop("inside")
        self._controls = controls
        first = [controls[name] for name in ("mu", "sigma", "eps", "held")]
        rest = [controls[name] for name in ("function", "wrt", "samples", "baseline")]
        self._settings = [*first, self._again, *rest, anew]

    def _changed(self, change: Any) -> None:
        self._pending.add(change.name)
        self.answers(self._catch_up)(change)

    def _catch_up(self) -> None:
        if self._answering:  # it is an answer that sets this; what has begun will come to it
            return
        self._answering = True
        try:
            while self._pending:
                names = set(self._pending)
                self._pending -= names
                self._follow(names)
        finally:
            self._answering = False

    def _follow(self, names: set[str]) -> None:
        if "inside" in names or (names & {"mu", "sigma"} and (self.inside or not self.held)):
            self._fresh_noise()
            self._pending.discard("eps")
        if names & _OF_THE_ESTIMATES:
            self._estimate()
        self._show(everything=bool(names & {*_OF_THE_ESTIMATES, "inside"}))

    def _fresh_noise(self) -> None:
        if "eps" in self.locked:
            return
        self.trail = [*self.trail, self.z][-_TRAIL:]
        self.eps = round(float(np.clip(self._noise.standard_normal(), -2.6, 2.6)), 2)

    def _hear(self, event: dict[str, Any]) -> None:
        if self.inside:
            return
        steps = {"ArrowLeft": -0.1, "ArrowDown": -0.1, "ArrowRight": 0.1, "ArrowUp": 0.1, "Home": -9.0, "End": 9.0}
        moved = (event["x"] - self.mu) / self.sigma if event["kind"] == "click" else None
        if event["kind"] == "key" and event["key"] in steps:
            moved = self.eps + steps[event["key"]]
        if moved is not None:
            self.eps = round(float(np.clip(moved, -2.6, 2.6)), 2)

    # -- showing

    def _estimate(self) -> None:
        eps = np.random.default_rng(self.seed).standard_normal(self.samples)
        self.found = compare(self.function_now, self.mu, self.sigma, self.wrt, eps, self.baseline)

    def _show(self, *, everything: bool) -> None:
        self._again.description = "Draw z again" if self.inside else "Draw ε again"
        for name in ("eps", "held"):
            self.use(name, not self.inside)
        for view in self._views:
            view.draw()
        if everything:
            self._estimates.draw()
            self._table.value = self._rows()
            formula = self.function_now.truths[self.wrt][0]
            self._heading.value = (
                f'<p class="chainviz-lab-heading"><b>Two ways to estimate ∂E[f]/∂{PARAMETERS[self.wrt]}</b>'
                f"<span><b>│</b> true: {formula} = {shown(self.found.truth)}</span></p>"
            )
        self._say()

    def _say(self) -> None:
        found, head = self.found, self.headline
        paths, scores = (shown(e.exact_variance) for e in (found.pathwise, found.score))
        formula, sign = self.function_now.formula, PARAMETERS[self.wrt]
        taken = "" if self.baseline == "none" else f", with {BASELINES[self.baseline]} as baseline"
        sentence, strong, role = _verdict(found)
        why = (
            f"f(z) = {formula}, gradient of its expectation with respect to {sign}: both means settle on "
            f"{shown(found.truth)}; variance {paths} against {scores}{taken}."
        )
        if self.inside:
            sentence, strong, role = "The path is cut: nothing comes back to μ and σ.", "cut", ""
            why = (
                "Only the score function can still estimate the gradient. Bring the noise in from outside and the "
                "path opens."
            )
        elif found.blind:
            why = "No variance, and wrong: the pathwise estimator needs a slope of f. The score function needs none."
        with head.hold_sync():
            head.sentence, head.strong, head.role, head.why = sentence, strong, role, why

    def _rows(self) -> str:
        def line(name: str, role: str, estimates: Estimates | None) -> str:
            key = f'<i style="background: var(--{role}, {ROLES[role]})"></i>{name}'
            if estimates is None:
                return f"<tr><th>{key}</th>" + '<td><s aria-label="no estimate"></s></td>' * 4 + "</tr>"
            needed = spaced(estimates.draws_needed()) if estimates.draws_needed() else "never"
            numbers = [shown(estimates.mean), shown(estimates.variance), f"<b>{shown(estimates.exact_variance)}</b>"]
            if estimates is self.found.score or not self.found.blind:
                needed = needed if estimates.draws_needed() else "1"
            return f"<tr><th>{key}</th>" + "".join(f"<td>{text}</td>" for text in [*numbers, needed]) + "</tr>"

        heads = "".join(f"<th>{escape(text)}</th>" for text in ("estimator", "mean", "variance", "exact", "n for ±0.1"))
        path = line("pathwise", "activation", None if self.inside else self.found.pathwise)
        return f"<table><tr>{heads}</tr>{path}{line('score function', 'score', self.found.score)}</table>"

    def _say_graph(self) -> str:
        if self.inside:
            return "Graph: z is drawn from the normal distribution of μ and σ; the path back to them is cut."
        back = f"∂f/∂μ = {shown(self.slope, 3)}, ∂f/∂σ = {shown(self.slope * self.eps, 3)}"
        forth = f"z = μ + σε = {shown(self.z)}, f = {shown(self.f, 3)}"
        return f"Graph: {forth}. dz/dμ = 1, dz/dσ = {shown(self.eps)}. {back}"

    def _say_bell(self) -> str:
        return f"Bell curve around {shown(self.mu)}, spread {shown(self.sigma)}, with the sample z = {shown(self.z)}"

    def _say_estimates(self) -> str:
        found = self.found
        said = [f"score function {shown(found.score.mean)}, variance {shown(found.score.exact_variance)}"]
        if not self.inside:
            said.insert(0, f"pathwise {shown(found.pathwise.mean)}, variance {shown(found.pathwise.exact_variance)}")
        return f"Histograms and running means of {self.samples} samples: {'; '.join(said)}; true {shown(found.truth)}"

    def _facts_now(self) -> dict[str, str]:
        found = self.found
        facts = {"f": self.function_now.formula, "mu": describe(self.mu), "sigma": describe(self.sigma)}
        if self.inside:
            facts |= {"z": "drawn inside", "df/dmu": "cut", "df/dsigma": "cut"}
        else:
            facts |= {"eps": describe(self.eps), "z": describe(self.z), "df/dmu": describe(self.slope)}
            facts["df/dsigma"] = describe(self.slope * self.eps)
        facts["true"] = f"{describe(found.truth)} (wrt {self.wrt})"
        if not self.inside:
            facts["variance pathwise"] = describe(found.pathwise.exact_variance)
        return facts | {"variance score function": describe(found.score.exact_variance)}


def _verdict(found: Comparison) -> tuple[str, str, str]:
    """The headline, the part of it to set apart, and its role."""
    if found.blind:
        return f"Through a step nothing flows: pathwise says 0, the truth is {shown(found.truth)}.", "0", "activation"
    if found.ratio > 1.05:
        times = f"{shown(found.ratio, 3)} times less variance"
        return f"Same gradient, {times} when it flows through z.", times, "activation"
    if found.ratio < 0.95:
        times = f"{shown(1 / found.ratio, 3)} times less variance"
        return f"Here the score function wins: {times}.", "score function", "score"
    return "Here the two are about equally noisy.", "equally noisy", ""
