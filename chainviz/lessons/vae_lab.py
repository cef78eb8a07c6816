"""The lab on a variational autoencoder that trains: its two terms, its plane of codes, and the trick as a switch."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np

from ..drawing.figures import shared
from ..formatting import describe, spaced
from ..formatting import format_number as shown
from ..widgets.figure import FigureView
from ..widgets.lab import Lab, column, row
from ..widgets.runner import Latest, Runner
from ..widgets.settings import Number, Switch, Whole
from ..widgets.sliders import RoundNumbers, bind, steps
from .autoencoder import Report, Training
from .vae_figures import ENDS, ROUND, ImagesFigure, PlaneFigure, TermsFigure

_STEPS_A_FRAME = 40
_PAUSE = 0.15  # seconds from frame to frame, so that controls are answered between them
CARE = (
    "The place of a dot is read from a sampled code by a linear fit, on the 512 images of the training. The plane has "
    "no up or right of its own: another seed turns or mirrors it. Even a perfect decoder does not reach 0, since gray "
    "pixels are scored as if they were draws of black and white. KL weighs 1 in the ELBO, whatever its weight in the "
    "training. The pictures show means of codes; training uses one draw of each."
)


class Vae(Lab):
    """A network that encodes images to a plane and decodes them again. These can be given, read, set and observed:

    inside: whether z is drawn inside the graph, so that the reconstruction's gradient does not reach the encoder.
    beta: the weight of the KL term in the training, 0 to 8. z1, z2: the code that is decoded. seed: of all.

    `train(500)` makes steps now; `start()` and `stop()` are the button Train. `training` and `now` have the numbers.
    """

    inside = Switch()
    beta = Number(0.0, 8.0, 1.0)
    z1 = Number(*ENDS, 0.0)
    z2 = Number(*ENDS, 0.0)
    seed = Whole(0, 2**32 - 1, 0)

    def __init__(self, **settings: Any) -> None:
        self._runner = Runner(self._frame, self._ended, _PAUSE)
        self.training, self._moving = Training(), False
        self._views = [
            FigureView(shared(PlaneFigure).figure, self._say_plane, self._fill_plane, hears=["move", "click", "key"]),
            FigureView(shared(ImagesFigure).figure, self._say_images, self._fill_images),
            FigureView(shared(TermsFigure).figure, self._say_terms, self._fill_terms),
        ]
        self._make_controls()
        plane, images, chart = self._views
        pictures = row(column(self._mode, plane), column(images, chart))
        super().__init__(
            settings=self._settings, pictures=[pictures], care=CARE, facts=self._facts_now, button=self._go, first=1
        )
        self._pointer = Latest(self.heard(self._hear))
        for name, value in settings.items():
            setattr(self, name, value)
        self._again()
        self.observe(self.answers(self._again), "seed")
        self.observe(self.answers(self._reset), ["inside", "beta"])
        self.observe(self.answers(self._decode), ["z1", "z2"])
        plane.on_event(self._pointer.tell)

    @property
    def now(self) -> Report:
        """The latest report."""
        return self.training.history[-1]

    def train(self, steps: int) -> None:
        """Make that many steps now."""
        with self._one_at_a_time:
            for done in range(0, steps, _STEPS_A_FRAME):
                self.training.train(min(_STEPS_A_FRAME, steps - done))
            self._redraw()

    def start(self) -> None:
        """Train for the next 2,000 steps, or until `stop`; the notebook can be used meanwhile."""
        self._goal = self.now.steps + ROUND
        self._runner.start()
        self._go.description = "Pause"

    def stop(self) -> None:
        """Stop training, at once."""
        self._runner.stop()

    def close(self) -> None:
        """Stop, and take the lab off every page."""
        self.stop()
        super().close()

    # -- controls

    def _make_controls(self) -> None:
        button, codes = ipywidgets.Button, steps(*ENDS, 0.05)
        self._go, again, anew = (
            button(description=text) for text in ("Train", "Start again", "New images, new weights")
        )
        controls: dict[str, Any] = {
            "beta": RoundNumbers(steps(0, 8, 0.1), shown, description="Weight of KL"),
            "z1": RoundNumbers(codes, shown, description="Code z₁"),
            "z2": RoundNumbers(codes, shown, description="Code z₂"),
            "inside": ipywidgets.ToggleButtons(options=[("Draw z inside", True), ("Noise from outside", False)]),
        }
        for name, control in controls.items():
            bind(self, name, control)
        self._go.on_click(self.answers(lambda: self.stop() if self._runner.running else self.start()))
        again.on_click(self.answers(self._again))
        anew.on_click(self.answers(lambda: setattr(self, "seed", self.seed + 1)))
        self.changes(anew, "seed")
        self._mode = controls.pop("inside")
        self._settings = [*controls.values(), again, anew]

    def _again(self) -> None:
        self.stop()
        self.training = Training(self.seed, inside=self.inside, beta=self.beta)
        self._redraw()

    def _reset(self) -> None:
        self.training.inside, self.training.beta = self.inside, self.beta
        self.training.history[-1] = self.training.report()  # the gradient that arrives is another one now
        self._say()

    def _frame(self) -> bool:
        with self._one_at_a_time:
            self.training.train(_STEPS_A_FRAME)
            self._redraw()
        return self.now.steps < self._goal

    def _ended(self, error: BaseException | None) -> None:
        self._go.description = "Train"
        if error is not None:
            self.headline.error = f"{type(error).__name__}: {error}"

    def _hear(self, event: dict[str, Any]) -> None:
        arrows = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowDown": (0, -1), "ArrowUp": (0, 1)}
        if event["kind"] in ("move", "click"):
            at = event["x"], event["y"]
        elif event["kind"] == "key" and event["key"] in arrows:
            at = tuple(z + 0.2 * step for z, step in zip((self.z1, self.z2), arrows[event["key"]], strict=True))
        elif event["kind"] == "key" and event["key"] == "Home":
            at = 0.0, 0.0
        else:
            return
        self._moving = True  # one picture, not one for each
        try:
            self.z1, self.z2 = (round(20 * float(np.clip(z, *ENDS))) / 20 for z in at)  # where the sliders are
        finally:
            self._moving = False
        self._decode()

    # -- showing

    def _fill_plane(self, _: Any) -> None:
        shared(PlaneFigure).draw(self.training, (self.z1, self.z2))

    def _fill_images(self, _: Any) -> None:
        shared(ImagesFigure).draw(self.training, (self.z1, self.z2))

    def _fill_terms(self, _: Any) -> None:
        shared(TermsFigure).draw(self.training, self.now)

    def _redraw(self) -> None:
        for view in self._views:
            view.draw()
        self._say()

    def _decode(self) -> None:
        if self._moving:
            return
        for view in self._views[:2]:
            view.draw()

    def _say(self) -> None:
        now, head, steps = self.now, self.headline, spaced(self.now.steps)
        share = f"{shown(100 * now.readable, 3)} %"
        sentence, strong, role = f"{share} of a dot's place can be read from its code.", share, "activation"
        if self.inside:
            strong, role = "The path is cut", ""
            sentence = f"{strong}: {share} of a dot's place can be read from its code."
        elif now.steps == 0:
            sentence = f"Before training, {sentence}"
        why = (
            f"{steps} steps, ELBO −({shown(now.reconstruction)} + {shown(now.divergence)}) = {shown(now.elbo)}. "
            f"The reconstruction's gradient has norm {shown(now.reaches_encoder, 3)} at the encoder."
        )
        with head.hold_sync():
            head.sentence, head.strong, head.role, head.why = sentence, strong, role, why

    def _say_plane(self) -> str:
        return f"Plane of the codes, with the code ({shown(self.z1)}, {shown(self.z2)}) chosen"

    def _say_images(self) -> str:
        image = self.training.decoded(np.array([[self.z1, self.z2]]))[0].reshape(8, 8)
        up, across = (int(k) for k in np.unravel_index(int(np.argmax(image)), image.shape))
        return f"Decoded image: darkest in column {across + 1} from the left, row {up + 1} from the bottom"

    def _say_terms(self) -> str:
        now = self.now
        return f"Loss over {now.steps} steps: reconstruction {shown(now.reconstruction)}, KL {shown(now.divergence)}"

    def _facts_now(self) -> dict[str, str]:
        now = self.now
        return {
            "steps": str(now.steps), "z": "drawn inside" if self.inside else "mu + sigma eps",
            "ELBO": describe(now.elbo), "reconstruction": describe(now.reconstruction), "KL": describe(now.divergence),
            "reaches the encoder": describe(now.reaches_encoder),
            "place read from z": f"{shown(100 * now.readable, 3)} %",
        }  # fmt: skip
