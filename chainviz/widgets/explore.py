"""explore: a function's graph with a control for every argument; moving one shows the new numbers."""

from __future__ import annotations

import contextlib
import inspect
import io
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.errors import ChainvizError, InputError, OperandError
from ..autodiff.user_code import parameters
from ..drawing.scene import largest_decade
from ..formulas import as_function
from ..graph.graph import Graph
from ..messages import Message
from .cells import replace_in_cell
from .curves import Curves
from .inputs import Input, Slider, read_inputs
from .live import Tapes, as_json
from .player import Player, check_detail
from .problems import NoValueError, birthplace, explain
from .sharecode import SETTINGS, ShareCodeError, data_of, encode
from .work import later

if TYPE_CHECKING:
    import asyncio

    from .page import Content

Values = dict[str, Any]
DELAY = 0.03
"""Seconds until a tape that takes long to check is checked: the picture goes first."""
PATIENCE = 0.1
"""Seconds in which an explorer looks at how large derivatives become along the sliders."""
MANY = 2_000
"""Operations above which it looks only where the sliders start: each look is a recording."""


def explore(
    f: Callable[..., Any] | str, /, *args: Any, frozen: str | Sequence[str] = (), detail: str = "folded",
    controls: str = "full", locked: str | Sequence[str] = (), size: str = "normal", **kwargs: Any,
) -> Explorer:  # fmt: skip
    """Show f's computation graph, with sliders for its inputs and a player for its forward and backward pass.

    Args:
        f: a function in plain NumPy that returns one number; or a formula, such as "sin((2x+1)^2)", as `cv.formula`
            reads it.
        *args, **kwargs: for every parameter, by position or name: a range `(-2.0, 2.0)` or `(min, max, step)` (a slider
            that starts in the middle), a number (a slider around it), or an array (a grid of numbers).
            Parameters with defaults may be left out; they are constants then.
        frozen: the names of inputs that are not trained, as in `trace`: they can be moved, but have no derivative.
        detail: "folded", where operations without a name of their own are part of the named one that they feed, as
            2 * x is of z in `z = 2 * x + 1`; or "full", every operation. A button switches.
        controls: for a lecture. "full"; "steps", where only the buttons that play and step are there, and inputs are
            shown but do not move; or "none", without these buttons too: the keys still step.
        locked: the names of inputs that are shown but do not move in the page. Python can set them, by `values`.
        size: "normal", or "projector" for large type. An exported page has both as they are here.

    Returns:
        An `Explorer`, a widget. Its `values` and `detail` can be read, set and observed; `graph` is the graph it shows.

    Raises:
        FormulaError: the formula cannot be read; the message points at the character.
        InputError: an argument that is no range, number or array, a name that is no parameter, a missing one, or
            another detail, controls or size.
        UnsupportedOperation, InPlaceError, ConversionError, NotScalarError: f does what chainviz cannot record.

    >>> explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
    Explorer(x=0, y=0.8415, dy/dx=2.161)
    >>> explore("u = 2x + 1; sin(u^2)", x=(-2.0, 2.0))
    Explorer(x=0, y=0.8415, dy/dx=2.161)
    """
    function = as_function(f)
    for p in (parameters(function) if callable(function) else None) or ():
        if p.name in ("detail", "controls", "locked", "size"):
            raise InputError(f"The function has a parameter {p.name!r} of its own. Give it another name in a lambda.")
    settings = {"frozen": frozen, "detail": detail, "controls": controls, "locked": locked, "size": size}
    return Explorer(function, *args, **settings, **kwargs)


class Explorer(Player):
    """A Player whose inputs can be moved. Made by `explore`."""

    _checking: asyncio.TimerHandle | None = None
    _is_known = False  # whether what is about to be shown is what the page's tape shows already
    _withheld = False  # whether the page was not sent the last frame, for that reason

    def __init__(
        self, f: Callable[..., Any], /, *args: Any, frozen: str | Sequence[str] = (), detail: str = "folded",
        controls: str = "full", locked: str | Sequence[str] = (), size: str = "normal", **kwargs: Any,
    ) -> None:  # fmt: skip
        check_detail(detail)
        locked = [locked] if isinstance(locked, str) else locked
        self._controls = read_inputs(_by_name(f, args, kwargs), locked)
        self._function = f
        self._tapes = Tapes(f, self._controls, frozen)
        self._curves = Curves(self._tapes.output, self._controls)
        start = {name: control.value for name, control in self._controls.items()}
        self._start = _as_lists(start)
        graph, problem = self._first_look(start)
        super().__init__(
            inputs=[control.specification() for control in self._controls.values()],
            values=dict(self._start),
            error=problem,
            detail=detail,
            controls=controls,
            size=size,
        )
        self._top = self._usual_decade(graph)
        if graph is not None:
            self.show(graph, self._top)
            self._look_along(start)
        self.observe(self._on_values, "values")
        replace_in_cell(self)

    def _first_look(self, start: Values) -> tuple[Graph | None, str]:
        """The graph at the start. Where f works elsewhere, a start without a value is no mistake; else it is raised."""
        try:
            return self._record(start), ""
        except Exception as error:
            broken = isinstance(error, ChainvizError) and not isinstance(error, (OperandError, NoValueError))
            if broken or not (isinstance(error, NoValueError) or next(self._looks_around(), None)):
                raise
            return None, explain(error)

    def show(self, graph: Graph, top: int | None = None) -> None:
        """Show this graph from now on, with what its page needs to answer sliders by itself, where that can be done."""
        self._is_known = self._is_of_tape(graph)
        try:
            super().show(graph, top)
        finally:
            self._is_known = False
        assert self.graph is not None
        if self._checking is not None:
            self._checking.cancel()
        self._checking = later(DELAY, self._give_tape) if self._tapes.takes_long(self.graph) else None
        if self._checking is None:
            self._give_tape()

    def _give_tape(self) -> None:
        assert self.graph is not None
        tape = self._tapes.of(self.graph, self._seen)
        self._set_tape({} if tape is None else as_json(tape, self._version))
        if self._answers_all():
            self._curves.forget()

    def _set_tape(self, tape: dict[str, Any]) -> None:
        if tape != self.tape:
            self._send_withheld()
            self.tape = tape

    def _is_of_tape(self, graph: Graph) -> bool:
        """Whether the page computes this recording's numbers when its inputs are moved: the tape is of its way, and the
        sliders are where it was checked."""
        held = self.graph is not None and self.tape and self.tape["version"] == self._version
        if not held or self.graph is None or graph.recipe != self.graph.recipe:
            return False
        sliders = [control for control in self._controls.values() if isinstance(control, Slider)]
        return all(slider.min <= self.values[slider.name] <= slider.max for slider in sliders)

    def _should_send_property(self, key: str, value: Any) -> bool:
        """A frame that the page has computed itself stays here: a moved slider costs no message back."""
        if key == "frame":
            numbers = np.frombuffer(value)
            same_picture = self._is_known and numbers[0] == self.tape["version"]
            self._withheld = bool(same_picture and np.all(np.isfinite(numbers)))
            if self._withheld:
                return False
        return super()._should_send_property(key, value)

    def _send_withheld(self) -> None:
        """Before the page's tape goes, or where it does not hold: the page falls back on the last frame."""
        if self._withheld:
            self._withheld = False
            self.send_state("frame")

    def _answers_all(self) -> bool:
        """Whether the page has a tape that holds all along the sliders."""
        return bool(self.tape and not self.tape["guards"])

    def close(self) -> None:
        """Take the explorer off every page, as `Player.close`."""
        if self._checking is not None:
            self._checking.cancel()
        super().close()

    def share(self) -> str:
        """This explorer as a short text, a share code: function, inputs, step and looks. `cv.from_code` makes it again.

        A formula is in it as text, any other function as its recording: the operations that it is made of, on the way
        that it takes at these inputs.

        Raises:
            ShareCodeError: the recording has an operation with a rule of the user's own, which is Python code; or it
                was steered by more than comparisons, as np.sort is; or it is too large.

        >>> explore("sin(x^2)", x=(-2.0, 2.0)).share()[:4]
        'cv2:'
        """
        if self.graph is None:
            raise ShareCodeError(f"There is nothing to share yet. {self.error} Move an input first.")
        settings = {name: getattr(self, name) for name in ("step", *SETTINGS)}
        return encode(data_of(self._function, self.graph.full, self._controls, self._shown, settings))

    def _fill(self, content: Content, detail: str, hear: Callable[[int, int], Any]) -> bool:
        from .page import Filling, gather_positions, gather_tapes

        def seen(graph: Graph) -> Graph:
            return self._seen(graph, detail)

        def record(point: Values) -> Graph:
            with _quiet():
                return seen(self._record(point))

        super()._fill(content, detail, hear)
        values, is_first = self._read(self._shown), len(content.levels) == 1
        filling = Filling(
            record, lambda graph: self._tapes.of(graph, seen), explain, self._controls_of_page(), values,
            self.scene["top"], hear,
        )  # fmt: skip
        if gather_tapes(content, detail, filling):
            return True
        if is_first:
            gather_positions(content, filling)
            with _quiet():
                content.curves = self._curves.at(values, self._tapes.output(values))
        return False

    def _controls_of_page(self) -> dict[str, Input]:
        """With fewer controls, nothing moves on a page: it need not hold what is elsewhere."""
        fewer = self.controls != "full"
        return {name: replace(control, locked=control.locked or fewer) for name, control in self._controls.items()}

    @property
    def _shown(self) -> Values:
        """The inputs that the picture shows; where there is none yet, those at the start."""
        if self.graph is None:
            return self._start
        return _as_lists(
            {name: self.graph.nodes[k].value for name, k in zip(self._controls, self.graph.inputs, strict=True)}
        )

    def _values_shown(self) -> Values:
        return self._shown

    def _output_at(self, values: list[Any]) -> float:
        """The output at these inputs, by the function itself, whatever branch it takes there."""
        with _quiet():
            graph = self._tapes.record(dict(zip(self._controls, values, strict=True)))
        return float(graph.nodes[graph.output].value)

    def _read(self, given: Values) -> Values:
        return {name: control.read(given[name]) for name, control in self._controls.items()}

    def _record(self, values: Values) -> Graph:
        """f's graph at these values; NoValueError where it gives NaN, or infinity out of finite numbers."""
        graph = self._tapes.record(values)
        if not np.isfinite(graph.nodes[graph.output].value):
            raise NoValueError(birthplace(graph))
        return graph

    def _on_values(self, _: Any) -> None:
        """Run f again at the new values. Where that fails, say so and keep the last good picture."""
        try:
            unknown = [name for name in self.values if name not in self._controls]
            if unknown:
                raise InputError(f"There is no input {unknown[0]!r}. The inputs are {', '.join(self._controls)}.")
            missing = {name: value for name, value in self._shown.items() if name not in self.values}
            if missing:
                self.values = missing | self.values  # comes back here, complete
                return
            values = self._read(dict(self.values))
            slow = Message("Recording the function again; interrupt the kernel to stop it.")
            self.busy = slow if self._tapes.are_slow else ""
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                graph = self._record(values)
        except KeyboardInterrupt:
            self.error = Message("The recording was interrupted. Move an input to record again.")
            raise
        except Exception as error:  # noqa: BLE001 (whatever f raises is for the user to read)
            self._send_withheld()
            self.error = explain(error)
            if self._tapes.refuted(self.values):
                self._set_tape({})
            return
        finally:
            self.busy = ""
        self.show(graph, self._top)
        self.error = ""
        self._look_along(values)

    def _look_along(self, values: Values) -> None:
        """Samples for the curves over the sliders, where the page has no tape that holds all along them."""
        graph = self.graph
        if graph is None or self._answers_all():
            self._curves.forget()
            return
        self._curves.request(values, graph.nodes[graph.output].value, self._set_curves)

    def _set_curves(self, found: dict[str, Any]) -> None:
        self.curves = found

    def _usual_decade(self, graph: Graph | None) -> int:
        """The decade of the largest derivative over the sliders' ranges: a band's width means the same all along."""
        graphs = [graph] if graph is not None else []
        if graph is not None and len(graph.nodes) > MANY:
            return largest_decade(graph)
        started = time.perf_counter()
        for around in self._looks_around():
            graphs.append(around)
            if time.perf_counter() - started > PATIENCE:
                break
        return largest_decade(*graphs)

    def _looks_around(self) -> Iterator[Graph]:
        """f's graphs at a few points along the sliders, where it has a value."""
        for share in (0.1, 0.35, 0.65, 0.9):
            point = {name: _part_way(control, share) for name, control in self._controls.items()}
            graph = None
            with _quiet(), contextlib.suppress(Exception):
                graph = self._record(point)
            if graph is not None:
                yield graph


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Nothing is printed and nothing is warned of: a person has not asked for what runs here."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _by_name(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Values) -> Values:
    """All short forms by the names of f's parameters, in their order."""
    if not callable(f):
        raise InputError(
            f"{f!r} is not a function. Give a function or a lambda, such as cv.explore(lambda x: x**2, x=(-2.0, 2.0))."
        )
    expected = parameters(f)
    unnamed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if expected is None or isinstance(f, np.ufunc) or any(p.kind in unnamed for p in expected):
        raise InputError(f"{f!r} has parameters without a name of their own. Wrap it in a lambda: lambda x: np.sin(x).")
    names = [p.name for p in expected if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    called = getattr(f, "__name__", "the function").replace("<lambda>", "the lambda")
    if len(args) > len(names):
        raise InputError(
            f"{len(args)} inputs were given by position, but {called} takes {', '.join(names) or 'no arguments'}."
        )
    given = dict(zip(names, args, strict=False))
    for name, short in kwargs.items():
        if name not in names:
            raise InputError(f"There is no parameter {name!r}: {called} takes {', '.join(names) or 'no arguments'}.")
        if name in given:
            raise InputError(f"The input {name!r} was given twice, by position and by name.")
        given[name] = short
    for p in expected:
        if p.name in names and p.name not in given and p.default is p.empty:
            raise InputError(f"The input {p.name!r} is missing. Give it a range, such as {p.name}=(-2.0, 2.0).")
    if not given:
        raise InputError(
            f"{called} has nothing to explore. Give at least one of its parameters a range, such as x=(-2.0, 2.0)."
        )
    return {name: given[name] for name in names if name in given}


def _part_way(control: Input, share: float) -> Any:
    return control.min + share * (control.max - control.min) if isinstance(control, Slider) else control.value


def _as_lists(values: Values) -> Values:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}  # pyright: ignore
