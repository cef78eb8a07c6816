"""The lab on gradient flow: a network that trains, its backward pass told apart into three lamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from ..formatting import describe
from ..widgets.lab import Lab, row
from ..widgets.network import NetworkView
from ..widgets.runner import Runner
from . import flow_frame, networks
from .activations import ACTIVATIONS, Activation
from .flow_settings import one_of, own_activation, units, within
from .optimisers import OPTIMISERS
from .points import DRAWN, POINTS, make_points, nearest_to_the_other_class, read_points
from .training import Training

STEPS_A_FRAME, FRAMES_A_SECOND, FRAMES_A_SENTENCE = 3, 30, 10
CARE = (
    "The pulses and the lamps show one point, the ringed one; a training step averages all of them. A lamp that is off "
    "counts as 1, entry by entry, in the hidden layers only. Pulses have the size of ∂L/∂w on a log scale: a tenth is "
    "smaller by a little, not by ten. A falling loss is no proof of a right gradient."
)


class GradientFlow(Lab):
    """A network in training on points of two classes. All of these can be given, read, set and observed:

    points: "moons", "xor", "circles", "spiral", "drawn by hand", or a pair (coordinates, labels).
    hidden: the units of the hidden layers, (8,) or (16, 16).
    activation: its name, or an elementwise function in plain NumPy, which is then differentiated.
    optimiser: "gradient descent", "momentum" or "Adam". step_size: 0.001 to 100.
    unlit: the lamps that are off, of "gradient from above", "transposed weight", "activation derivative".
    seed: of the points and the first weights. layer: whose lamps are shown. point: the ringed one.

    `train(300)` makes steps now; `start()` and `stop()` are the button Train. `training` has the numbers.
    """

    points = traitlets.Any("moons")
    hidden = traitlets.Any((8,))
    activation = traitlets.Any("tanh")
    optimiser = traitlets.Any("gradient descent")
    step_size = traitlets.Any(1.0)
    unlit = traitlets.Any(())
    seed = traitlets.Any(1)
    layer = traitlets.Any(1)
    point = traitlets.Any(0)

    def __init__(self, **settings: Any) -> None:
        self._functions = dict(ACTIVATIONS)
        self.training: Any = None
        self.view = NetworkView(still=self._still_picture, lamps=list(networks.LAMPS))
        self._runner = Runner(self._frame, self._ended, pause=1 / FRAMES_A_SECOND)
        self._frames, self._showing = 0, False
        self._make_controls()
        super().__init__(settings=self._settings, pictures=[self.view], care=CARE, facts=self._facts_now)
        try:
            self._begin(settings)
        except Exception:
            self.close()
            raise
        self.observe(self._changed, ["points", "hidden", "activation", "optimiser", "seed"])
        self.observe(lambda _: self._relight(), "unlit")
        self.observe(lambda _: self._restep(), "step_size")
        self.observe(lambda _: self._redraw(), ["layer", "point"])
        self.view.on_event(lambda event: self.answers(lambda: self._hear(event))(event))

    def _begin(self, settings: dict[str, Any]) -> None:
        point = settings.pop("point", None)
        for name in sorted(settings, key="layer".__eq__):  # which layers there are is known when the others are set
            setattr(self, name, settings[name])
        self._restart()
        if point is not None:
            self.point = point
        self._show_settings()
        self._redraw()

    def train(self, steps: int) -> None:
        """Make that many steps now; it ends early where the weights stop being finite."""
        for _ in range(steps):
            if not self.training.is_finite:
                break
            self.training.step(self.step_size)
        self._redraw()

    def start(self) -> None:
        """Train on and on, as the button does; the notebook can be used meanwhile."""
        self._runner.start()
        self._train.description, self.view.running = "Pause", True

    def stop(self) -> None:
        """Stop training, at once."""
        self._runner.stop()

    def close(self) -> None:
        """Stop, and take the lab off every page."""
        self.stop()
        super().close()

    # -- controls

    def _make_controls(self) -> None:
        self._train, step = self._button("Train", self._toggle), self._button("One step", self._one_step)
        self._train.add_class("chainviz-go")
        menu, text = ipywidgets.Dropdown, ipywidgets.Text
        self._controls: dict[str, Any] = {
            "points": ipywidgets.ToggleButtons(options=[*POINTS, DRAWN], description="Points"),
            "hidden": text(description="Hidden layers (units)", continuous_update=False),
            "activation": menu(options=list(ACTIVATIONS), description="Activation"),
            "optimiser": menu(options=list(OPTIMISERS), description="Optimiser"),
            "step_size": ipywidgets.FloatLogSlider(
                1.0, min=-3, max=2, step=0.05, description="Step size", readout_format=".2g"
            ),
        }
        self._pen = ipywidgets.ToggleButtons(options=["□ 0", "○ 1"], description="A click adds")
        for name, control in self._controls.items():
            control.observe(lambda change, name=name: self._set(name, change["new"]), "value")
        for control, name in ((self._controls["points"], "points"), (self._pen, "pen")):
            control.add_class(f"chainviz-net-{name}")
        buttons = [
            self._button("Ring the worst point", self._ring_worst),
            self._button("Start again", self._restart),
            self._button("New points, new weights", lambda: setattr(self, "seed", self.seed + 1)),
        ]
        self._settings = [row(self._train, step, name="buttons"), self._controls["points"], self._pen]
        self._settings += [control for name, control in self._controls.items() if name != "points"] + buttons

    def _button(self, label: str, act: Callable[[], None]) -> Any:
        button = ipywidgets.Button(description=label)
        button.on_click(self.answers(act))
        return button

    def _set(self, name: str, value: Any) -> None:
        if self._showing or value == self._shown(name):
            return
        self.answers(lambda: setattr(self, name, value))(value)

    def _shown(self, name: str) -> Any:
        """What the control of a setting shows."""
        value = getattr(self, name)
        if name == "hidden":
            return ", ".join(map(str, value))
        if name == "points" and not isinstance(value, str):
            return DRAWN
        return value

    def _show_settings(self) -> None:
        self._showing = True  # what the controls are told is no wish of a person
        try:
            self._controls["activation"].options = list(self._functions)
            for name, control in self._controls.items():
                control.value = self._shown(name)
        finally:
            self._showing = False
        (self._pen.remove_class if self._shown("points") == DRAWN else self._pen.add_class)("chainviz-lab-hidden")

    def _changed(self, change: Any) -> None:
        self._restart()
        self._show_settings()

    def _toggle(self) -> None:
        (self.stop if self._runner.running else self.start)()

    def _one_step(self) -> None:
        self.train(1)
        self.view.pulse()

    def _ring_worst(self) -> None:
        errors = flow_frame.sections(self.training, self.layer, self.point)["points"][:, 3]
        self.point = int(np.argmax(np.abs(errors)))
        self.view.pulse()

    def _hear(self, event: dict[str, Any]) -> None:
        kind, count = event["kind"], len(self.training.points[1])
        if kind == "lamp":
            self.unlit = tuple(lamp for lamp in networks.LAMPS if (lamp in self.unlit) != (lamp == event["lamp"]))
        elif kind == "layer":
            self.layer = event["layer"]
        elif kind == "point":
            self.point = (self.point + event["by"]) % count
        elif kind == "click":
            self._click(np.array([event["x"], event["y"]]))

    def _click(self, at: Any) -> None:
        x, y = self.training.points
        distances = np.hypot(*(x - at).T)
        if self._shown("points") == DRAWN and min(distances) > 0.05:
            self.points = (np.vstack([x, np.clip(at, -1, 1)]), np.append(y, float(str(self._pen.index))))
            self.point = len(y)
        else:
            self.point = int(np.argmin(distances))
            self.view.pulse()

    # -- training

    def _restart(self) -> None:
        sizes = (2, *self.hidden, 1)
        rngs = [np.random.default_rng([self.seed, k]) for k in range(2)]
        made = make_points(self.points, rngs[0]) if isinstance(self.points, str) else self.points
        theta = networks.first_weights(rngs[1], sizes)
        self.training = Training(made, sizes, self._function, theta, OPTIMISERS[self.optimiser]())
        self.training.unlit = self.unlit
        with self.hold_trait_notifications():
            self.layer = min(self.layer, len(sizes) - 2)
            self.point = nearest_to_the_other_class(*made)
        self._redraw()

    def _restep(self) -> None:
        self._show_settings()
        self._redraw()

    def _relight(self) -> None:
        self.training.unlit = self.unlit
        self._redraw()

    def _frame(self) -> bool:
        for _ in range(STEPS_A_FRAME):
            self.training.step(self.step_size)
        self._frames += 1
        if self.view.ready:
            self._show()
        if self._frames % FRAMES_A_SENTENCE == 0:
            self._say()
        return self.training.is_finite

    def _ended(self, error: BaseException | None) -> None:
        self._train.description, self.view.running = "Train", False
        self._redraw()
        if error is not None:
            self.headline.error = f"{type(error).__name__}: {error}"

    def _redraw(self) -> None:
        if self.training is None:  # while the first settings are made
            return
        with self.view.hold_sync():  # one message, so that a frame is never drawn with other lamps than its own
            self.view.unlit = list(self.unlit)
            self.view.words = flow_frame.words(self.training, self.layer, self.point)
            self._show()
        self._say()

    def _show(self) -> None:
        self.view.show(flow_frame.sections(self.training, self.layer, self.point))

    def _say(self) -> None:
        line = self.headline
        with line.hold_sync():
            line.sentence, line.strong, line.why = flow_frame.finding(self.training, self.layer, self.step_size)

    def _still_picture(self) -> str:
        from .flow_figure import still

        return still(self.training, self.layer, self.point)

    def _facts_now(self) -> dict[str, str]:
        training = self.training
        facts = {
            "points": self._shown("points"), "network": "-".join(map(str, training.sizes)),
            "activation": self.activation, "optimiser": self.optimiser, "step_size": describe(self.step_size),
            **({"without": " and ".join(self.unlit)} if self.unlit else {}),
            "steps": str(training.steps), "loss": describe(training.loss),
        }  # fmt: skip
        if training.twin:
            facts["with all lamps on"] = describe(training.twin.losses[-1])
        return facts | {"gradient norms": describe(np.array(training.norms()))}

    # -- what the settings may be

    @property
    def _function(self) -> Activation:
        return self._functions[self.activation]

    @traitlets.validate("points")
    def _valid_points(self, proposal: Any) -> Any:
        value = proposal["value"]
        if isinstance(value, str) and value in (*POINTS, DRAWN):
            return value
        return read_points(value)

    @traitlets.validate("hidden")
    def _valid_hidden(self, proposal: Any) -> tuple[int, ...]:
        return units(proposal["value"])

    @traitlets.validate("activation")
    def _valid_activation(self, proposal: Any) -> str:
        value = proposal["value"]
        if callable(value):
            own = own_activation(value)
            self._functions[own.name] = own
            return own.name
        return one_of("activation", value, self._functions)

    @traitlets.validate("optimiser")
    def _valid_optimiser(self, proposal: Any) -> str:
        return one_of("optimiser", proposal["value"], OPTIMISERS)

    @traitlets.validate("unlit")
    def _valid_unlit(self, proposal: Any) -> tuple[str, ...]:
        value = proposal["value"]
        given = [value] if isinstance(value, str) else list(value)
        return tuple(one_of("unlit", lamp, networks.LAMPS) for lamp in given)

    @traitlets.validate("step_size")
    def _valid_step_size(self, proposal: Any) -> float:
        return float(within("step_size", proposal["value"], 0.001, 100))

    @traitlets.validate("seed")
    def _valid_seed(self, proposal: Any) -> int:
        return int(within("seed", proposal["value"], 0, 999_999, whole=True))

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: Any) -> int:
        return int(within("layer", proposal["value"], 1, len(self.hidden), whole=True))

    @traitlets.validate("point")
    def _valid_point(self, proposal: Any) -> int:
        last = len(self.training.points[1]) - 1 if self.training else 0
        return int(within("point", proposal["value"], 0, last, whole=True))
