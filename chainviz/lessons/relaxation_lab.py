"""The lab on a gradient through a choice: the Gumbel-softmax relaxation, whose temperature trades bias for variance."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np

from ..drawing.figures import shared
from ..formatting import describe, spaced
from ..formatting import format_number as shown
from ..widgets.figure import FigureView
from ..widgets.lab import Lab, column, row
from ..widgets.settings import Number, Switch, Whole
from ..widgets.sliders import RoundNumbers, bind, steps
from .relaxation import Moments, best_temperature, draw, moments, score_function
from .relaxation_figures import TEMPERATURES, DrawsFigure, ErrorFigure

_SHOWN = 4000  # draws in the histograms
_ROUND = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
CARE = (
    "Bias and noise are integrals, the histograms are 4 000 draws. The error is the root of bias² plus the variance "
    "over the number of draws; more draws lower the noise and never the bias. The score function has no bias; "
    "with two faces it is hard to beat, with many it is not. Where the bias changes its sign its curve dips, by chance."
)


class GumbelLab(Lab):
    """A coin, relaxed so that derivatives pass through it. All of these can be given, read, set and observed:

    theta: its logit, -3 to 3. temperature: 0.1 to 10. hard: straight-through. draws: averaged, 1 to 100,000. seed.

    `now` has the exact mean, bias and variance of one estimate.
    """

    theta = Number(-3.0, 3.0, 0.0)
    temperature = Number(0.1, 10.0, 0.5)
    hard = Switch()
    draws = Whole(1, 100_000, 1000)
    seed = Whole(0, 2**32 - 1, 0)

    def __init__(self, **settings: Any) -> None:
        self._make_controls()
        self._views = [
            FigureView(shared(DrawsFigure).figure, self._say_draws, self._fill_draws),
            FigureView(shared(ErrorFigure).figure, self._say_errors, self._fill_errors, hears=["click", "key"]),
        ]
        left, right = (column(view) for view in self._views)
        super().__init__(
            settings=self._settings, pictures=[row(left, right)], care=CARE, facts=self._facts_now, first=2
        )
        for name, value in settings.items():
            setattr(self, name, value)
        self._redraw()
        self.observe(self.answers(self._redraw), ["theta", "temperature", "hard", "draws", "seed"])
        self._views[1].on_event(self.heard(self._hear))

    @property
    def now(self) -> Moments:
        """The exact mean and variance of one estimate."""
        return moments(self.theta, self.temperature, self.hard)

    def _make_controls(self) -> None:
        button = ipywidgets.Button(description="New samples")
        controls: dict[str, Any] = {
            "temperature": RoundNumbers(_ROUND, shown, description="Temperature"),
            "theta": RoundNumbers(steps(-3, 3, 0.1), shown, description="Logit θ of the coin"),
            "hard": ipywidgets.Checkbox(description="Straight-through", indent=False),
        }
        controls["draws"] = RoundNumbers([10**k for k in range(6)], spaced, description="Draws averaged")
        for name, control in controls.items():
            bind(self, name, control)
        button.on_click(self.answers(lambda: setattr(self, "seed", self.seed + 1)))
        self.changes(button, "seed")
        self._settings = [*controls.values(), button]

    def _hear(self, event: dict[str, Any]) -> None:
        where = int(np.searchsorted(_ROUND, self.temperature))
        steps = {"ArrowLeft": where - 1, "ArrowRight": int(np.searchsorted(_ROUND, self.temperature, "right"))}
        wanted = round(event["x"], 2) if event["kind"] == "click" else None
        if event["kind"] == "key" and event["key"] in steps:
            wanted = _ROUND[int(np.clip(steps[event["key"]], 0, len(_ROUND) - 1))]
        if wanted is not None:
            self.temperature = float(np.clip(wanted, 0.1, 10))

    def _redraw(self) -> None:
        for view in self._views:
            view.draw()
        self._say()

    def _fill_draws(self, _: Any) -> None:
        coins, estimates = draw(self.theta, self.temperature, _SHOWN, self.seed, hard=self.hard)
        shared(DrawsFigure).draw(coins, estimates, self.now)

    def _fill_errors(self, _: Any) -> None:
        shared(ErrorFigure).draw(self.theta, self.temperature, self.draws, hard=self.hard)

    def _best(self) -> float:
        return best_temperature(self.theta, self.draws, TEMPERATURES, hard=self.hard)

    def _say(self) -> None:
        now, head, n = self.now, self.headline, spaced(self.draws)
        share = now.bias / now.truth
        strong = f"{shown(100 * abs(share), 3)} % too {'small' if share < 0 else 'large'}"
        error, score = now.error(self.draws), score_function(self.theta).error(self.draws)
        with head.hold_sync():
            head.sentence = f"At temperature {shown(self.temperature, 3)} the gradient comes out {strong}."
            head.strong, head.role = strong, "activation"
            head.why = (
                f"True {shown(now.truth)}, mean {shown(now.mean)}. Averaged over {n} draws the error is "
                f"{shown(error, 3)}, least near temperature {shown(self._best(), 2)}; the score function's is "
                f"{shown(score, 3)}."
            )

    def _say_draws(self) -> str:
        return f"Histograms of relaxed draws and of their estimates, around {shown(self.now.mean)}"

    def _say_errors(self) -> str:
        now = self.now
        noise = float(np.sqrt(now.variance / self.draws))
        return f"Error over the temperature: now bias {shown(now.bias, 3)}, noise {shown(noise, 3)}"

    def _facts_now(self) -> dict[str, str]:
        now = self.now
        return {
            "theta": describe(self.theta), "temperature": describe(self.temperature), "hard": str(self.hard),
            "true": describe(now.truth), "mean": describe(now.mean), "bias": describe(now.bias),
            "variance": describe(now.variance), f"error of {self.draws}": describe(now.error(self.draws)),
            "best temperature": describe(round(self._best(), 2)),
        }  # fmt: skip
