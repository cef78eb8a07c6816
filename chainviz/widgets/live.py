"""The tape that an explorer gives to its page, so that sliders answer there; checked before it is given."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..autodiff.errors import ChainvizError, InputError
from ..autodiff.passes import scalar
from ..autodiff.variable import plain, unbox
from ..graph.graph import Graph
from ..graph.tape import LONGEST, Tape, evaluate, numbers, tape
from ..graph.trace import make_inputs, trace
from .inputs import Input, Slider

POINTS = 12
PATIENCE = 1.0
"""Seconds that a check may take. A function that is slower is left to the kernel."""
LARGE = 100
"""Operations above which a check is made once the picture is on its way; no clock decides, so that tests can tell."""
REMEMBERED = 50
"""Recordings of a function whose tapes are kept."""


class Tapes:
    """The tapes of one function: one for each of its branches, as far as they have been seen.

    Args:
        f: what is explored.
        controls: its inputs.
        frozen: the names of inputs that have no derivative.
    """

    def __init__(self, f: Callable[..., Any], controls: Mapping[str, Input], frozen: str | Sequence[str] = ()) -> None:
        self._function, self._frozen = f, frozen
        self._controls = controls
        self._steered_unseen = False
        self._known: dict[Any, Tape | None] = {}
        self._seconds = 0.0

    def record(self, values: dict[str, Any]) -> Graph:
        """The function's graph at these values."""
        started = time.perf_counter()
        with np.errstate(all="ignore"):
            graph = trace(self._function, frozen=self._frozen, **values)
        self._seconds = time.perf_counter() - started
        return graph

    def output(self, values: dict[str, Any]) -> float:
        """The function's value alone, in a fraction of the time of a graph."""
        positions, named, _ = make_inputs(self._function, (), values)
        with np.errstate(all="ignore"):
            return float(plain(scalar(unbox(self._function(*positions, **named)))))

    @property
    def are_slow(self) -> bool:
        """Whether the last recording took so long that a person waits."""
        return self._seconds > 0.5

    def takes_long(self, graph: Graph) -> bool:
        """Whether a person would wait for the check of this recording, which has not been made yet."""
        return LARGE < len(graph.full.nodes) <= LONGEST and (graph.recipe, graph.members) not in self._known

    def of(self, graph: Graph, seen: Callable[[Graph], Graph] = lambda graph: graph) -> Tape | None:
        """The tape of this recording; None where there is none, or where fresh recordings have not confirmed it.

        Args:
            graph: the recording as it is shown, be it folded.
            seen: what makes that of a recording.
        """
        if self._steered_unseen or len(graph.full.nodes) > LONGEST:
            return None
        is_quick = self._seconds * POINTS < PATIENCE
        if not (is_quick or self._known):  # a recipe, too, takes time to read
            return None
        key = graph.recipe, graph.members
        if key not in self._known and is_quick:
            if len(self._known) == REMEMBERED:
                self._known.clear()
            self._known[key] = self._confirmed(graph, seen)
        return self._known.get(key)

    def refuted(self, values: Mapping[str, Any]) -> bool:
        """Told that the function has failed here: where a tape has numbers all the same, none is trusted any more."""
        with contextlib.suppress(InputError, KeyError):  # what cannot be read has no numbers
            point = [control.read(values[name]) for name, control in self._controls.items()]
            known = [made for made in self._known.values() if made is not None]
            self._steered_unseen |= any(_output(made, evaluate(made, point)) for made in known)
        return self._steered_unseen

    def _confirmed(self, graph: Graph, seen: Callable[[Graph], Graph]) -> Tape | None:
        """The tape, once it has given at a dozen points what the function gives when it is recorded there."""
        try:
            made = tape(graph)
        except (ChainvizError, TypeError, ValueError, AttributeError):  # a rule that does not run on registers
            return None
        for point in _points(graph, self._controls.values()):
            if not self._agrees(made, graph, seen, point):
                self._steered_unseen = True  # by something that no other recording would show either
                return None
        return made

    def _agrees(self, made: Tape, graph: Graph, seen: Callable[[Graph], Graph], point: list[Any]) -> bool:
        expected = evaluate(made, point)
        if not _output(made, expected):
            return True  # the page asks the kernel there
        values = dict(zip(self._controls, point, strict=True))
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                fresh = seen(self.record(values))
            except Exception:  # noqa: BLE001 (whatever f raises: the tape does not know of it)
                return False
        alike = (fresh.recipe, fresh.signature) == (graph.recipe, graph.signature)
        return alike and _same(numbers(fresh), expected or [])


def _output(made: Tape, computed: list[float] | None) -> bool:
    """Whether the page would show these numbers: the tape holds, and the output is finite."""
    return computed is not None and bool(np.isfinite(computed[made.frame.index(made.output)]))


def _same(recorded: list[float], computed: list[float]) -> bool:
    """Equal but for rounding: the engine computes some rules with NumPy's exp, a tape with Python's."""
    largest = max((abs(number) for number in recorded if np.isfinite(number)), default=0.0)
    return np.allclose(computed, recorded, rtol=1e-9, atol=1e-12 * largest, equal_nan=True)


def as_json(made: Tape, version: int) -> dict[str, Any]:
    """The tape for the page, for the scene of this version. NaN and infinities are text, as JSON lacks them."""
    names = {np.inf: "Infinity", -np.inf: "-Infinity"}
    constants = [c if np.isfinite(c) else names.get(c, "NaN") for c in made.constants]
    return {"version": version, **vars(made), "constants": constants}


def _points(graph: Graph, controls: Iterable[Input]) -> Iterator[list[Any]]:
    """Points all over the sliders' ranges and round the arrays, every other one near to where the graph is."""
    here = [graph.nodes[k].value for k in graph.inputs]
    dice = np.random.default_rng(0)
    for k in range(POINTS):
        share = 1.0 if k % 2 else 0.1
        yield [_moved(value, control, share, dice) for value, control in zip(here, controls, strict=True)]


def _moved(here: Any, control: Input, share: float, dice: np.random.Generator) -> Any:
    """A share of the way from here to a random place."""
    if not isinstance(control, Slider):
        return here + share * (1 + np.abs(here)) * dice.uniform(-1, 1, np.shape(here))
    away = control.min + dice.random() * (control.max - control.min)
    return away if share == 1 else float(np.clip(here + share * (away - here), control.min, control.max))
