"""explore: a function's graph with a control for every argument; moving one shows the new numbers."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.errors import ChainvizError, InputError, OperandError
from ..autodiff.user_code import is_inside, parameters, place
from ..autodiff.variable import Variable
from ..drawing.scene import largest_decade
from ..formatting import describe
from ..graph.graph import Graph
from ..graph.tape import Tape
from ..messages import Message
from .cells import replace_in_cell
from .curves import Curves
from .inputs import Input, Slider, read_inputs
from .live import Tapes, as_json
from .player import Player, check_detail

if TYPE_CHECKING:
    from .page import Content

Values = dict[str, Any]
PATIENCE = 0.1
"""Seconds in which an explorer looks at how large derivatives become along the sliders."""
MANY = 2_000
"""Operations above which it looks only where the sliders start: each look is a recording."""


def explore(
    f: Callable[..., Any], /, *args: Any, frozen: str | Sequence[str] = (), detail: str = "folded", **kwargs: Any
) -> Explorer:
    """Show f's computation graph, with sliders for its inputs and a player for its forward and backward pass.

    Args:
        f: a function in plain NumPy that returns one number.
        *args, **kwargs: for every parameter, by position or name: a range `(-2.0, 2.0)` or `(min, max, step)` (a slider
            that starts in the middle), a number (a slider around it), or an array (a grid of numbers).
            Parameters with defaults may be left out; they are constants then.
        frozen: the names of inputs that are not trained, as in `trace`: they can be moved, but have no derivative.
        detail: "folded", where operations without a name of their own are part of the named one that they feed, as
            2 * x is of z in `z = 2 * x + 1`; or "full", every operation. A button switches.

    Returns:
        An `Explorer`, a widget. Its `values` and `detail` can be read, set and observed; `graph` is the graph it shows.

    Raises:
        InputError: an argument that is no range, number or array, a name that is no parameter, a missing one, or
            another detail.
        UnsupportedOperation, InPlaceError, ConversionError, NotScalarError: f does what chainviz cannot record.

    >>> explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
    Explorer(x=0, y=0.8415, dy/dx=2.161)
    """
    if any(p.name == "detail" for p in (parameters(f) if callable(f) else None) or ()):
        raise InputError("The function has a parameter 'detail' of its own. Give it another name in a lambda.")
    return Explorer(f, *args, frozen=frozen, detail=detail, **kwargs)


class Explorer(Player):
    """A Player whose inputs can be moved. Made by `explore`."""

    def __init__(
        self, f: Callable[..., Any], /, *args: Any, frozen: str | Sequence[str] = (), detail: str = "folded",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        check_detail(detail)
        self._controls = read_inputs(_by_name(f, args, kwargs))
        self._tapes = Tapes(f, self._controls, frozen)
        self._curves = Curves(self._tapes.output, self._controls)
        start = {name: control.value for name, control in self._controls.items()}
        self._shown = _as_lists(start)
        graph, problem = self._first_look(start)
        super().__init__(
            inputs=[control.specification() for control in self._controls.values()],
            values=_as_lists(start),
            error=problem,
            detail=detail,
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
        super().show(graph, top)
        assert self.graph is not None
        tape = self._tape_of(self.graph)
        self.tape = {} if tape is None else as_json(tape, self._version)

    def _tape_of(self, seen: Graph) -> Tape | None:
        return self._tapes.of(seen, self._seen)

    def _content(self) -> Content:
        from .page import gather

        content = super()._content()
        values = self._read(self._shown)

        def record(point: Values) -> Graph:
            return self._seen(self._record(point))

        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            gather(content, record, explain, self._tape_of, self._controls, values, self.scene["top"])
            if not content.tapes:
                content.curves = self._curves.at(values, self._tapes.output(values))
        return content

    def _values_shown(self) -> Values:
        return self._shown

    def _output_at(self, values: list[Any]) -> float:
        """The output at these inputs, by the function itself, whatever branch it takes there."""
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            graph = self._tapes.record(dict(zip(self._controls, values, strict=True)))
        return float(graph.nodes[graph.output].value)

    def _read(self, given: Values) -> Values:
        return {name: control.read(given[name]) for name, control in self._controls.items()}

    def _record(self, values: Values) -> Graph:
        """f's graph at these values; NoValueError where it gives NaN, or infinity out of finite numbers."""
        graph = self._tapes.record(values)
        if not np.isfinite(graph.nodes[graph.output].value):
            raise NoValueError(_birthplace(graph))
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
            self.error = explain(error)
            if self._tapes.refuted(self.values):
                self.tape = {}
            return
        finally:
            self.busy = ""
        self.show(graph, self._top)
        self._shown = _as_lists(values)
        self.error = ""
        self._look_along(values)

    def _look_along(self, values: Values) -> None:
        """Samples for the curves over the sliders, where the page has no tape that holds all along them."""
        graph = self.graph
        if graph is None or (self.tape and not self.tape["guards"]):
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
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
                warnings.simplefilter("ignore")
                graph = self._record(point)
            if graph is not None:
                yield graph


def explain(error: BaseException) -> str:
    """What went wrong, in which line of the user's code, and with which values there."""
    if isinstance(error, ChainvizError):
        return str(error)
    message = f"{type(error).__name__}: {error}"
    frames = [(f, line) for f, line in traceback.walk_tb(error.__traceback__) if not is_inside(f)]
    if not frames:
        return message
    frame, line = frames[-1]
    where = place(frame, line)
    known = {name: describe(v.value) for name, v in frame.f_locals.items() if isinstance(v, Variable)}
    there = {name: text for name, text in known.items() if re.search(rf"\b{re.escape(name)}\b", where.text)}
    values = ", ".join(f"{name} = {text}" for name, text in (there or known).items())
    return f"{message.rstrip('.')}. It happened in {where}{f', where {values}' if values else ''}."


class NoValueError(ChainvizError, ArithmeticError):
    """The function gave NaN or infinity."""


def _birthplace(graph: Graph) -> str:
    """The sentence that says which node was the first that is not finite, and what it was computed from."""
    born = next(node for node in graph.nodes if not np.all(np.isfinite(node.value)) and node.index in _ancestors(graph))
    sources = [graph.nodes[k] for k in dict.fromkeys(born.sources)]
    operands = ", ".join(f"{node.name} = {describe(node.value)}" for node in sources)
    found = f"The function has no value here: {born.name} is {describe(born.value)}"
    return (
        f"{found}{f'. It happened in {born.place}' if born.place else ''}{f', where {operands}' if operands else ''}."
    )


def _ancestors(graph: Graph) -> set[int]:
    """The nodes that are not finite all the way to the output."""
    found = {graph.output}
    for node in reversed(graph.nodes):
        if node.index in found:
            found |= {k for k in node.sources if not np.all(np.isfinite(graph.nodes[k].value))}
    return found


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
