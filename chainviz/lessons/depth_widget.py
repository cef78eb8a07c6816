"""The depth lab: how much of the gradient reaches each layer of a deep network, and which layers learn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import traitlets
from ipywidgets import Button, Checkbox, Dropdown, IntSlider, ToggleButtons

from ..autodiff import InputError
from ..drawing.figures import shared
from ..formatting import describe, format_number
from ..widgets.figure import FigureView
from ..widgets.lab import Lab, Table
from ..widgets.runner import Runner
from ..widgets.settings import Choice, Number, Switch, Whole
from ..widgets.sliders import RoundNumbers, bind, steps
from . import depth_words as words
from .activations import ACTIVATIONS, INITIALISATIONS
from .depth import NORMALISATIONS, PRESETS, BackwardPass, Network, measure
from .depth_figure import DepthFigure
from .layers import LEFT, RIGHT, band
from .learning import Training
from .learning_figure import BARS_END, STEPS, LearningFigure

_NETWORK = ("activation", "initialisation", "scale", "residual", "normalisation")
_SCALES = [0.25, 0.3, 0.35, *steps(0.4, 1, 0.1), 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.8, 3.2, 3.6, *range(4, 9)]
_VIEWS = {"gradient": "Gradient", "learning": "Which layers learn?"}


class DepthLab(Lab):
    """The lab that `cv.lessons.depth_lab` makes; its traits are the arguments, and can be set at any time."""

    depth = Whole(1, 100, 20)
    width = Whole(2, 64, 16)
    seed = Whole(0, 2**31 - 1, 0)
    layer = Whole(1, 100, 1)
    activation = Choice(ACTIVATIONS, "sigmoid")
    initialisation = Choice(INITIALISATIONS, "xavier")
    scale = Number(0.25, 8.0, 1.0)
    residual = Switch()
    normalisation = Choice(NORMALISATIONS, "none")
    compare = Switch()
    editing = Choice(("A", "B"), "A")
    view = Choice(_VIEWS, "gradient")
    frozen = traitlets.Any(())

    def __init__(self, preset: str, **given: Any) -> None:
        if preset not in tuple(PRESETS):  # as a list has no hash
            raise InputError(f"preset is one of {', '.join(map(repr, PRESETS))}, but it was set to {preset!r}.")
        self._networks = {"A": PRESETS[preset], "B": PRESETS["2015"]}
        self._training: Training | None = None
        self._silent = True
        hears = ["move", "click", "key"]
        self._picture = FigureView(shared(DepthFigure).figure, self._say_passes, self._fill_passes, hears=hears)
        self._learning = FigureView(shared(LearningFigure).figure, self._say_learning, self._fill_learning, hears=hears)
        self._runner = Runner(self._train_on, self._trained)
        self._equations = Table()
        self._make_controls()
        self._button = Button(description="◀ Send the gradient back")
        self.passes: dict[str, BackwardPass] = {}
        pictures = [self._equations, self._picture, self._learning]
        super().__init__(
            settings=list(self._controls.values()), pictures=pictures, care=words.CARE, facts=self.facts,
            button=self._button, first=3,
        )  # fmt: skip
        for name in _NETWORK:
            value = given.pop(name)
            setattr(self, name, getattr(self._networks["A"], name) if value is None else value)
        for name, value in given.items():
            setattr(self, name, value)
        self._silent = False
        self._connect()
        self._change()

    # -- what code may ask for

    def train(self, steps: int = STEPS) -> DepthLab:
        """Train at once, without the kernel's loop, and show which layers learn; returns the lab.

        >>> from chainviz import lessons
        >>> lessons.depth_lab(depth=3, preset="2015").train(10).training.steps
        10
        """
        self.view = "learning"
        for _ in range(steps):
            self.training.step(self.frozen)
        self._change_looks()
        return self

    @property
    def training(self) -> Training:
        """The training of A, begun if it has not been."""
        if self._training is None:
            self._training = Training(self._networks["A"], self.depth, self.width, self.seed)
        return self._training

    def facts(self) -> dict[str, str]:
        """What the text repr states."""
        network = self._networks["A"]
        stated = {"depth": str(self.depth), "activation": network.activation, "initialisation": network.initialisation}
        for name, passed in self.passes.items():
            whose = f" in {name}" if len(self.passes) > 1 else ""
            stated[f"reaches layer {self.layer}{whose}"] = describe(passed.reaches[self.layer - 1])
        if self._training is not None and self._training.steps:
            stated |= {"steps": str(self.training.steps), "loss": describe(self.training.losses[-1])}
            stated[f"layer {self.layer} moved"] = describe(self.training.movement[self.layer - 1])
        return stated

    # -- checks

    @traitlets.validate("layer")
    def _inside(self, proposal: Any) -> int:
        if proposal["value"] > self.depth:
            raise InputError(f"layer={proposal['value']} is beyond the network's {self.depth} layers.")
        return proposal["value"]

    @traitlets.validate("frozen")
    def _layers(self, proposal: Any) -> tuple[int, ...]:
        value: Any = proposal["value"]
        layers: list[Any] = list(value) if isinstance(value, Iterable) else [value]
        if all(isinstance(k, (int, np.integer)) and 1 <= k <= self.depth for k in layers):
            return tuple(sorted({int(k) for k in layers}))
        raise InputError(
            f"frozen holds the numbers of layers from 1 to {self.depth}, such as (1, 2), but it was set to {value!r}."
        )

    # -- controls

    def _make_controls(self) -> None:
        def choices(table: dict[str, Any], *of: str) -> list[tuple[str, str]]:
            return [(", ".join(getattr(entry, part) for part in of), key) for key, entry in table.items()]

        presets = [(f"{name}\n{words.SAYS[name]}", name) for name in PRESETS]
        norms = [("none", "none"), ("layer norm", "layer"), ("batch norm", "batch")]
        self._presets = ToggleButtons(options=presets, description="Presets")
        self._presets.add_class("chainviz-lab-presets")
        self._redraw = Button(description="New random weights")
        self.changes(self._presets, "preset", *_NETWORK)
        self.changes(self._redraw, "seed")
        self._controls: dict[str, Any] = {
            "view": ToggleButtons(options=[(label, key) for key, label in _VIEWS.items()], description="Show"),
            "preset": self._presets,
            "depth": IntSlider(20, 1, 100, description="Depth"),
            "width": IntSlider(16, 2, 64, description="Width"),
            "activation": Dropdown(options=choices(ACTIVATIONS, "name"), description="Activation"),
            "initialisation": Dropdown(
                options=choices(INITIALISATIONS, "name", "rule"), description="Initial weights"
            ),
            "scale": RoundNumbers(_SCALES, format_number, description="Weight scale"),
            "normalisation": Dropdown(options=norms, description="Normalisation"),
            "residual": Checkbox(description="Residual shortcut", indent=False),
            "compare": Checkbox(description="Compare A with B", indent=False),
            "editing": ToggleButtons(options=["A", "B"], description="The settings above are for"),
            "seed": self._redraw,
        }  # fmt: skip

    def _connect(self) -> None:
        for name, control in self._controls.items():
            if name not in ("preset", "seed"):
                bind(self, name, control)
        self.observe(self.answers(self._change), ["depth", "width", "seed", *_NETWORK])
        self.observe(self.answers(self._change_looks), ["view", "frozen"])
        self.observe(self.answers(self._say), "layer")
        self.observe(self.answers(self._compare_networks), "compare")
        self.observe(self.answers(self._edit), "editing")
        self._presets.observe(self.answers(self._take_preset), "value")
        self._redraw.on_click(self.answers(lambda: setattr(self, "seed", self.seed + 1)))
        self._button.on_click(self.answers(self._press))
        for picture in (self._picture, self._learning):
            picture.on_event(self.heard(self._hear))
            picture.observe(self.answers(self._say), "width")

    def _take_preset(self) -> None:
        if self._presets.value is not None and not self._silent:
            self._set_network(PRESETS[self._presets.value])
            self._change()

    def _set_network(self, network: Network) -> None:
        self._silent = True
        try:
            for name in _NETWORK:
                setattr(self, name, getattr(network, name))
        finally:
            self._silent = False

    def _compare_networks(self) -> None:
        wanted = "B" if self.compare else "A"
        if self.editing == wanted:
            self._change()
        self.editing = wanted  # which changes the pictures too

    def _edit(self) -> None:
        self._set_network(self._networks[self.editing])
        self._change()

    def _press(self) -> None:
        if self.view == "gradient":
            width, depth = self._picture.width, self.depth
            self._picture.sweep(1 - RIGHT / width, LEFT / width, depth)
        elif self._runner.running:
            self._runner.stop()
        else:
            if self.training.steps >= STEPS or self.training.diverged:
                self._training = None
            self._runner.start()
            self._button.description = "Stop"

    def _hear(self, event: dict[str, Any]) -> None:
        if event["kind"] in ("move", "click") and event["axes"] != "loss":
            self.layer = int(np.clip(round(event["x"]), 1, self.depth))
        key = event.get("key", "")
        moves = {"ArrowLeft": self.layer - 1, "ArrowRight": self.layer + 1, "Home": 1, "End": self.depth}
        if key in moves:
            self.layer = int(np.clip(moves[key], 1, self.depth))
        if self.view == "learning" and (event["kind"] == "click" or key in ("Enter", " ")):
            self.frozen = tuple(set(self.frozen) ^ {self.layer})

    # -- what follows from a change

    def _measure_with(self, network: Network) -> None:
        self._networks[self.editing] = network
        shown = ("A", "B") if self.compare else ("A",)
        self.passes = {name: measure(self._networks[name], self.depth, self.width, self.seed) for name in shown}

    def _change(self) -> None:
        if self._silent:
            return
        network = Network(**{name: getattr(self, name) for name in _NETWORK})
        self._measure_with(network)
        self._runner.stop()
        self._training = None
        self.layer = min(self.layer, self.depth)
        self._silent = True
        self._presets.value = next((name for name, preset in PRESETS.items() if preset == network), None)
        self._silent = False
        self._controls["editing"].layout.display = "" if self.compare else "none"
        self._change_looks()

    def _change_looks(self) -> None:
        if self._silent:
            return
        learning = self.view == "learning"
        for widget, shown in ((self._equations, not learning), (self._picture, not learning),
                              (self._learning, learning)):  # fmt: skip
            widget.layout.display = "" if shown else "none"
        if learning:
            self._learning.draw()
        else:
            self._picture.draw()
            self._runner.stop()
        self._say()

    def _fill_passes(self, _: Any) -> None:
        shared(DepthFigure).draw(self.passes, self.editing if self.compare else "A")

    def _fill_learning(self, _: Any) -> None:
        shared(LearningFigure).draw(self._training, self.depth, self.frozen)

    def _say_passes(self) -> str:
        return words.passes(self.passes)

    def _say_learning(self) -> str:
        return words.movement(self._training, self.frozen)

    def _say(self) -> None:
        self._picture.band = band(self._picture.width, self.layer, self.depth)
        self._learning.band = [*band(self._learning.width, self.layer, self.depth), BARS_END]
        with self.headline.hold_sync():
            if self.view == "learning":
                said = words.learnt(self._training, self.frozen, self.depth)
                self.headline.sentence, self.headline.strong, self.headline.why = said
                idle = f"Train {STEPS} steps"
            else:
                self.headline.sentence, self.headline.strong = words.finding(self.passes, self.layer)
                self.headline.why, idle = words.reason(self.passes, self.layer), "◀ Send the gradient back"
        self._button.description = "Stop" if self._runner.running else idle
        shown = [words.equation(n, p, self.layer, len(self.passes) > 1) for n, p in self.passes.items()]
        self._equations.value = "".join(shown)

    def _train_on(self) -> bool:
        for _ in range(5):
            if self.training.steps >= STEPS or self.training.diverged:
                return False
            self.training.step(self.frozen)
        self._change_looks()
        return True

    def _trained(self, error: BaseException | None) -> None:
        if error is not None:
            self.headline.error = f"{type(error).__name__}: {error}"
        if not self._silent:
            self._say()
