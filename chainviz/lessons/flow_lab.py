"""The lab on gradient flow: a network that trains, its backward pass told apart into three lamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from ..autodiff import InputError
from ..formatting import describe, format_number
from ..widgets.lab import Lab, row, shown
from ..widgets.network import NetworkView
from ..widgets.runner import Runner
from ..widgets.settings import Choice, Number, Whole
from ..widgets.sliders import RoundNumbers, setting_of
from . import flow_frame, networks
from .activations import ACTIVATIONS, Activation
from .flow_settings import one_of, own_activation, units, whole_within
from .networks import Network, Perceptron
from .optimisers import OPTIMISERS
from .own_network import read_model
from .points import DRAWN, POINTS, make_points, nearest_to_the_other_class, read_points
from .training import Training

_DIGITS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
_STEP_SIZES = [round(digit * 10.0**power, 4) for power in range(-3, 2) for digit in _DIGITS] + [100]
_BRINGS_ITS_LAYERS = "The `model` brings layers of its own, so {0} means nothing. Leave it out, or choose model=None."
_LAST = ("model", "unlit", "layer")  # to be set in this order: which lamps and layers there are depends on the model
STEPS_A_FRAME, FRAMES_A_SECOND, FRAMES_A_SENTENCE = 3, 40, 10
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
    model: None for these layers, or a network of one's own in place of them, a pair (forward, parameters), where
    forward(parameters, points) gives a logit for each of the points (n, 2). Its layers are read off the record.
    optimiser: "gradient descent", "momentum" or "Adam". step_size: 0.001 to 100.
    unlit: the lamps that are off, of "gradient from above", "transposed weight", "activation derivative".
    seed: of the points and the first weights. layer: whose lamps are shown. point: the ringed one.

    `train(300)` makes steps now; `start()` and `stop()` are the button Train. `training` has the numbers.
    """

    points = traitlets.Any("moons")
    hidden = traitlets.Any((8,))
    activation = traitlets.Any("tanh")
    model = traitlets.Any(None)
    optimiser = Choice(OPTIMISERS, "gradient descent")
    step_size = Number(0.001, 100, 1.0)
    unlit = traitlets.Any(())
    seed = Whole(0, 999_999, 1)
    layer = traitlets.Any(1)
    point = traitlets.Any(0)

    def __init__(self, **settings: Any) -> None:
        self._functions = dict(ACTIVATIONS)
        self.training: Any = None
        self.view = NetworkView(still=self._still_picture, lamps=list(networks.LAMPS))
        self._runner = Runner(self._frame, self._ended, pause=1 / FRAMES_A_SECOND)
        self._frames, self._showing = 0, False
        self._make_controls()
        super().__init__(settings=self._settings, pictures=[self.view], care=CARE, facts=self._facts_now, first=3)
        try:
            self._begin(settings)
        except Exception:
            self.close()
            raise
        self.observe(self._changed, ["points", "hidden", "activation", "model", "optimiser", "seed"])
        self.observe(lambda _: self._relight(), "unlit")
        self.observe(lambda _: self._restep(), "step_size")
        self.observe(lambda _: self._redraw(), ["layer", "point"])
        self.view.on_event(self.heard(self._hear))

    def _begin(self, settings: dict[str, Any]) -> None:
        point = settings.pop("point", None)
        given = [name for name in ("hidden", "activation") if name in settings]
        if given and settings.get("model") is not None:
            raise InputError(_BRINGS_ITS_LAYERS.format(given[0]))
        for name in sorted(settings, key=lambda name: _LAST.index(name) if name in _LAST else -1):
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
            "activation": menu(options=_by_name(ACTIVATIONS), description="Activation"),
            "optimiser": menu(options=list(OPTIMISERS), description="Optimiser"),
            "step_size": RoundNumbers(_STEP_SIZES, format_number, description="Step size"),
        }
        self._pen = ipywidgets.ToggleButtons(options=["□ 0", "○ 1"], description="A click adds")
        for name, control in self._controls.items():
            control.observe(lambda change, name=name: self._set(name, change["new"]), setting_of(control))
            self.changes(control, name)
        for control, name in ((self._controls["points"], "points"), (self._pen, "pen")):
            control.add_class(f"chainviz-net-{name}")
        self._anew = self._button("", lambda: setattr(self, "seed", self.seed + 1))
        worst = self._button("Ring the worst point", self._ring_worst)
        self.changes(self._anew, "seed")
        self.changes(worst, "point")
        buttons = [worst, self._button("Start again", self._restart), self._anew]
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
            self._controls["activation"].options = _by_name(self._functions)
            for name, control in self._controls.items():
                setattr(control, setting_of(control), self._shown(name))
        finally:
            self._showing = False
        shown(self._pen, self._shown("points") == DRAWN)
        for name in ("hidden", "activation"):
            shown(self._controls[name], self.model is None)
        self._anew.description = "New points, new weights" if self.model is None else "New points"

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
        if self._shown("points") == DRAWN and "points" not in self.locked and min(distances) > 0.05:
            self.points = (np.vstack([x, np.clip(at, -1, 1)]), np.append(y, float(str(self._pen.index))))
            self.point = len(y)
        else:
            self.point = int(np.argmin(distances))
            self.view.pulse()

    # -- training

    def _restart(self) -> None:
        rngs = [np.random.default_rng([self.seed, k]) for k in range(2)]
        made = make_points(self.points, rngs[0]) if isinstance(self.points, str) else self.points
        network = self._network
        theta = networks.first_weights(rngs[1], network.sizes) if self.model is None else self.model.start
        self.training = Training(made, network, theta, OPTIMISERS[self.optimiser]())
        with self.hold_trait_notifications():
            self.unlit = self.unlit if network.sizes else ()
            self.layer = min(self.layer, self._layers)
            if "point" not in self.locked or self.point >= len(made[1]):
                self.point = nearest_to_the_other_class(*made)
        self.training.unlit = self.unlit
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
        self.answers(self._redraw)(None)  # which may raise the same error once more
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
            "points": self._shown("points"), "network": "-".join(map(str, training.sizes)) or "your function",
            "activation": self.activation, "optimiser": self.optimiser, "step_size": describe(self.step_size),
            **({"without": " and ".join(self.unlit)} if self.unlit else {}),
            "steps": str(training.steps), "loss": describe(training.loss),
        }  # fmt: skip
        if self.model is not None:
            del facts["activation"]
        if training.twin:
            facts["with all lamps on"] = describe(training.twin.losses[-1])
        return facts | {"gradient norms": describe(np.array(training.norms()))}

    # -- what the settings may be

    @property
    def _network(self) -> Network:
        return self.model or Perceptron((2, *self.hidden, 1), self._functions[self.activation])

    @property
    def _layers(self) -> int:
        """The hidden layers whose lamps can be shown; 1 where there are none."""
        return max(1, len(self._network.sizes) - 2)

    def _must_be_ours(self, setting: str) -> None:
        if self.model is not None:
            raise InputError(_BRINGS_ITS_LAYERS.format(setting))

    @traitlets.validate("model")
    def _valid_model(self, proposal: Any) -> Any:
        return read_model(proposal["value"])

    @traitlets.validate("points")
    def _valid_points(self, proposal: Any) -> Any:
        value = proposal["value"]
        if isinstance(value, str) and value in (*POINTS, DRAWN):
            return value
        return read_points(value)

    @traitlets.validate("hidden")
    def _valid_hidden(self, proposal: Any) -> tuple[int, ...]:
        self._must_be_ours("hidden")
        return units(proposal["value"])

    @traitlets.validate("activation")
    def _valid_activation(self, proposal: Any) -> str:
        self._must_be_ours("activation")
        value = proposal["value"]
        if callable(value):
            own = own_activation(value)
            self._functions[own.name] = own
            return own.name
        return one_of("activation", value, self._functions)

    @traitlets.validate("unlit")
    def _valid_unlit(self, proposal: Any) -> tuple[str, ...]:
        value = proposal["value"]
        given = [value] if isinstance(value, str) else list(value)
        if given and not self._network.sizes:
            raise InputError(f"There are no lamps to put out, as the `model` has no layers: {self._network.why}.")
        return tuple(one_of("unlit", lamp, networks.LAMPS) for lamp in given)

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: Any) -> int:
        return whole_within("layer", proposal["value"], 1, self._layers)

    @traitlets.validate("point")
    def _valid_point(self, proposal: Any) -> int:
        last = len(self.training.points[1]) - 1 if self.training else 0
        return whole_within("point", proposal["value"], 0, last)


def _by_name(functions: dict[str, Activation]) -> list[tuple[str, str]]:
    """Menu entries: what people read, and what code says."""
    return [(each.name, key) for key, each in functions.items()]
