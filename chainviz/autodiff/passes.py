"""The two walks over the record, pullback (reverse mode) and pushforward (forward mode): loops, not recursions.

Whether a walk computes with numbers or records itself (for higher derivatives) is decided by whether a Variable that is
not its own took part: see `Record.is_open`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .errors import GraphFreedError, NotScalarError
from .primitive import FREED, NO_OPTIONS
from .user_code import subject
from .variable import FLOAT64, Variable, is_complex, plain, tidy

Arrival = Callable[[Variable, int, Any, Any], None]


def ancestors(outputs: Iterable[Any], stop: Container[int] = ()) -> dict[int, Variable]:
    """All that the outputs were computed from, and they themselves, by index; not going above the indices in `stop`."""
    found = {output.index: output for output in outputs if isinstance(output, Variable)}
    unread = list(found.values())
    for node in unread:  # the list grows while it is read
        if node.index in stop:
            continue
        if node.primitive is FREED:
            raise GraphFreedError(
                f"The record behind {subject(node)} was given back by an earlier backward(), so it cannot be "
                "differentiated again. Write y.backward(retain_graph=True) the first time, or record anew."
            )
        for arg in node.args:
            if isinstance(arg, Variable) and arg.index not in found:
                found[arg.index] = arg
                unread.append(arg)
    return found


class Record:
    """What the outputs were computed from, down to the sources (None: down to all inputs).

    The sources are made right before the function runs. So whatever depends on them is younger, and
    a walk that goes from young to old need not look for an order. What is older and no source is a stranger.
    """

    def __init__(self, outputs: Any, sources: Sequence[Variable] | None = None) -> None:
        self.outputs: Sequence[Any] = [outputs] if isinstance(outputs, Variable) else outputs
        self.sources = sources or ()
        self.ends_at_sources = sources is not None
        self.stop: set[int] = set()
        self.youngest = -1
        self.oldest = 0
        self.is_open = False
        """Whether the outputs depend on a Variable that may want to differentiate them again: an input of an outer
        transformation, reached through a source or a closure. The walks find out."""
        if self.sources:
            self.oldest = self.sources[0].index
        for source in self.sources:
            index = source.index
            self.stop.add(index)
            if index > self.youngest:
                self.youngest = index
            if index < self.oldest:
                self.oldest = index
            self.is_open = self.is_open or source.args != ()

    @cached_property
    def nodes(self) -> list[Variable]:
        """The nodes in creation order."""
        found = ancestors(self.outputs, self.stop)
        return [found[index] for index in sorted(found)]

    @cached_property
    def downstream(self) -> list[Variable]:
        """The nodes that depend on a source, in creation order, without the sources."""
        found = set(self.stop)
        chosen: list[Variable] = []
        for node in self.nodes:
            if node.index not in found and any(isinstance(arg, Variable) and arg.index in found for arg in node.args):
                found.add(node.index)
                chosen.append(node)
        return chosen

    @property
    def last(self) -> int:
        """The index of the youngest output; -1 if all are constants."""
        last = -1
        for output in self.outputs:
            if isinstance(output, Variable) and output.index > last:
                last = output.index
        return last

    def meet(self, strangers: Sequence[Variable]) -> None:
        """Find out whether one of these old Variables is, or was computed from, an input that is still open."""
        if strangers and not self.is_open:
            self.is_open = any(node.is_open for node in ancestors(strangers).values())


def pullback(record: Record, cotangents: Sequence[Any]) -> list[Any]:
    """The cotangents of the sources for cotangents of the outputs: u^T J, one vector-Jacobian product.

    Sources that the outputs do not depend on get zeros of their shape.
    """
    arrivals = None
    if not record.is_open and not _any_variable(cotangents):
        arrivals = walk_back(record, cotangents, recording=False)
        record.meet(arrivals.strangers)
    if arrivals is None or record.is_open:
        arrivals = walk_back(record, cotangents, recording=True)
        record.meet(arrivals.strangers)
    found: list[Any] = []
    for source in record.sources:
        adjoint = arrivals.adjoint(source)
        found.append(zeros(source) if adjoint is None else adjoint)
    return _owned(found, cotangents)


def pullback_number(output: Any, source: Variable) -> float | None:
    """`pullback` of 1 to one source, if there are only Python floats on the way, soon; None if there is anything else.

    None, too, if a Variable from outside took part, or the answer is no number.
    """
    if output.__class__ is not Variable or source.args or output.index <= source.index:
        return None
    arrivals = Arrivals(source.index, output.index)
    arrivals.nodes[-1] = output
    arrivals.adjoints[-1] = 1.0
    last = output.index - source.index
    if _walk_on_numbers(last, iter(range(last - 1, 0, -1)), arrivals, 0, (source.index,)) is not None:
        return None
    adjoint = arrivals.adjoints[0]
    if arrivals.strangers or adjoint != adjoint:
        return None
    return 0.0 if adjoint is None else adjoint


class Arrivals:
    """What has arrived where in a backward walk: the adjoints, and the `strangers` that were met.

    Adjoints and nodes stand at their index, counted from `base`: in lists, which are quick, for a record between its
    sources and its outputs; in dictionaries where its inputs may be old. None: nothing has arrived.
    """

    SPREAD = 10_000  # how far apart the sources' indices may be for lists

    def __init__(self, oldest: int, youngest: int) -> None:
        """In lists, for the nodes with indices from the oldest to the youngest."""
        self.strangers: list[Variable] = []
        self.base = oldest
        self.adjoints: Any = [None] * (youngest - oldest + 1)
        self.nodes: Any = self.adjoints[:]
        self.order: Iterable[int] = ()

    @classmethod
    def of(cls, record: Record) -> Arrivals:
        """Places for what is to arrive in a walk over the record, and the order of that walk."""
        youngest, last = record.youngest, record.last
        is_dense = record.ends_at_sources and youngest - record.oldest < cls.SPREAD + 2 * len(record.sources)
        if is_dense:
            arrivals = cls(record.oldest, max(last, youngest))
        else:
            arrivals = cls(0, -1)
            arrivals.adjoints, arrivals.nodes = _Sparse(), {}
        if record.ends_at_sources:
            arrivals.order = range(last - arrivals.base, youngest - arrivals.base, -1)
        else:
            arrivals.order = [node.index for node in reversed(record.nodes)]
        return arrivals

    def adjoint(self, node: Variable) -> Any:
        """The adjoint of the node, or None."""
        return self.adjoints[node.index - self.base]


class _Sparse(dict[int, Any]):
    def __missing__(self, index: int) -> None:
        return None


def pullback_rows(record: Record, seeds: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """`pullback` for many seeds, each with a cotangent an output: a hundred in one walk where that gives numbers."""
    if len(seeds) > 100:
        return [row for k in range(0, len(seeds), 100) for row in pullback_rows(record, seeds[k : k + 100])]
    if len(seeds) > 1 and not record.is_open:
        stacked = [np.stack([seed[k] for seed in seeds]) for k in range(len(record.outputs))]
        quiet = [np.errstate(all="ignore")]
        with quiet[0]:
            arrivals = _walk(record, stacked, recording=False, careful=False, quiet=quiet, rows=True)
        record.meet(arrivals.strangers)
        adjoints = [arrivals.adjoint(source) for source in record.sources]
        pairs = zip(record.sources, adjoints, strict=True)
        adjoints = [np.zeros((len(seeds), *source.shape)) if a is None else a for source, a in pairs]
        if not record.is_open and not any(map(_is_nan, adjoints)):
            return [[tidy(adjoint[k]) for adjoint in adjoints] for k in range(len(seeds))]
    return [pullback(record, seed) for seed in seeds]


def walk_back(
    record: Record, cotangents: Sequence[Any], *, recording: bool, arrived: Arrival | None = None
) -> Arrivals:
    """Walk from the outputs to the sources, adding up adjoints. On Variables if `recording`, else on plain numbers.

    `arrived` is told of every contribution: the node it comes from, to which operand, its value, and the sum so far.

    Entries that a choice such as `np.where` did not take have adjoint 0, even where their own derivative is infinite.
    As 0 times infinity makes the sources' adjoints NaN, that care is taken in a second walk, only where it is needed.
    """
    quiet: list[np.errstate] = []
    try:
        if arrived is not None:
            return _walk(record, cotangents, recording=recording, careful=True, quiet=quiet, arrived=arrived)
        arrivals = _walk(record, cotangents, recording=recording, careful=False, quiet=quiet)
        for node in record.sources if record.ends_at_sources else record.nodes:
            adjoint = arrivals.adjoint(node)
            if adjoint is not None and _is_nan(adjoint):
                return _walk(record, cotangents, recording=recording, careful=True, quiet=quiet)
        return arrivals
    finally:
        if quiet:
            quiet[0].__exit__(None, None, None)


def _is_nan(adjoint: Any) -> bool:
    """Whether there is a NaN in it."""
    if adjoint.__class__ is float:
        return adjoint != adjoint
    value = plain(adjoint)
    return bool(np.isnan(np.vdot(value, value))) if isinstance(value, np.ndarray) else value != value


def _walk_on_numbers(
    first: int, order: Iterator[int], arrivals: Arrivals, start: int, stop: Container[int]
) -> int | None:
    """Walk on from a step on Python floats, to the next that is something else; None: there is none.

    What the loop of `_walk` says of any operation, this one says of those on one or two floats, three times faster.
    """
    adjoints, nodes, base = arrivals.adjoints, arrivals.nodes, arrivals.base
    for at in itertools.chain((first,), order):
        g = adjoints[at]
        if g is None:
            continue
        node = nodes[at]
        primitive = node.primitive
        if primitive is None:
            continue
        rules = primitive.scalar_rules
        if rules is None or g.__class__ is not float or node.__class__ is not Variable:
            return at
        args = node.args
        b: Any = None
        local_b: Any = None
        try:
            if len(args) == 2:
                a, b = args
                local_a, local_b = rules
                if local_a.__class__ is not int or local_b.__class__ is not int:
                    y = node.value
                    x = a.value if a.__class__ is Variable else a
                    z = b.value if b.__class__ is Variable else b
                    if local_a.__class__ is not int and a.__class__ is Variable:
                        local_a = local_a(y, x, z)
                    if local_b.__class__ is not int and b.__class__ is Variable:
                        local_b = local_b(y, x, z)
            else:
                (a,) = args
                (local_a,) = rules
                if a.__class__ is not Variable:  # the absolute value of a complex number
                    return at
                if local_a.__class__ is not int:
                    local_a = local_a(node.value, a.value)
        except (ValueError, OverflowError, ZeroDivisionError):  # for NumPy, which answers inf or NaN
            return at
        if a.__class__ is Variable:
            to = a.index - base
            if to > start or a.index in stop:
                earlier = adjoints[to]
                if earlier is None:
                    adjoints[to] = g * local_a
                    nodes[to] = a
                else:
                    adjoints[to] = earlier + g * local_a
            else:
                arrivals.strangers.append(a)
        if b.__class__ is Variable:
            to = b.index - base
            if to > start or b.index in stop:
                earlier = adjoints[to]
                if earlier is None:
                    adjoints[to] = g * local_b
                    nodes[to] = b
                else:
                    adjoints[to] = earlier + g * local_b
            else:
                arrivals.strangers.append(b)
    return None


def _walk(
    record: Record, cotangents: Sequence[Any], *, recording: bool, careful: bool, quiet: list[np.errstate],
    arrived: Arrival | None = None, rows: bool = False,
) -> Arrivals:  # fmt: skip
    arrivals = Arrivals.of(record)
    adjoints, nodes, base, strangers = arrivals.adjoints, arrivals.nodes, arrivals.base, arrivals.strangers
    start, stop = record.youngest - base, record.stop
    dead: dict[int, Any] = {}  # entries that no adjoint can reach, as `np.where` did not take them
    for output, cotangent in zip(record.outputs, cotangents, strict=True):
        if isinstance(output, Variable):
            at = output.index - base
            if at > start or output.index in stop:
                earlier = adjoints[at]
                adjoints[at] = cotangent if earlier is None else earlier + cotangent
                nodes[at] = output
            else:
                strangers.append(output)
    numeric = not recording and not careful
    order = iter(arrivals.order)
    for at in order:
        g = adjoints[at]
        if g is None:
            continue
        node = nodes[at]
        args = node.args
        primitive = node.primitive
        if primitive is None:
            continue
        if numeric and g.__class__ is float and node.__class__ is Variable and primitive.scalar_rules is not None:
            later = _walk_on_numbers(at, order, arrivals, start, stop)
            if later is None:
                break
            at, g, node = later, adjoints[later], nodes[later]
            args, primitive = node.args, node.primitive
        if not quiet:  # an infinite derivative is an answer, and no warning
            quiet.append(np.errstate(all="ignore"))
            quiet[0].__enter__()
        kwargs = node.kwargs or NO_OPTIONS
        values: list[Any] = [arg.value if isinstance(arg, Variable) else arg for arg in args]
        y, operands = (node, args) if recording else (node.value, values)
        mask = dead.get(at) if dead else None
        is_joint = primitive.is_joint and numeric and not rows
        together = _together(record, node, g, y, operands, kwargs) if is_joint else {}
        for k, arg in enumerate(args):
            if not isinstance(arg, Variable):
                continue
            index = arg.index
            at = index - base
            if at <= start and index not in stop:
                strangers.append(arg)
                continue
            if k in primitive.constant_in:
                continue
            if careful:
                contribution = primitive.pull_alive(k, g, y, operands, kwargs, mask)
            elif is_joint:
                contribution = together[k]
            elif rows:
                contribution = primitive.pull_rows(k, g, y, operands, kwargs)
            else:
                contribution = primitive.pull(k, g, y, operands, kwargs)
            if contribution.__class__ is np.ndarray:
                if contribution.dtype is not FLOAT64 and not is_complex(values[k]):
                    contribution = contribution.real
            elif contribution.__class__ is not float and is_complex(contribution) and not is_complex(values[k]):
                contribution = np.real(contribution)
            earlier = adjoints[at]
            if earlier is None:
                adjoints[at] = contribution
                nodes[at] = arg
            else:
                adjoints[at] = earlier + contribution
            if careful:
                unreached = primitive.dead_entries(k, node.value, values, kwargs, mask)
                before = dead.pop(at, None)
                if unreached is not None and (earlier is None or before is not None):
                    dead[at] = unreached if earlier is None else unreached & before
            if arrived is not None:
                arrived(node, k, contribution, adjoints[at])
    return arrivals


def _together(record: Record, node: Variable, g: Any, y: Any, operands: Sequence[Any], kwargs: Any) -> dict[int, Any]:
    """What a joint primitive pulls back to those of its operands that are no strangers, by their position."""
    wanted = [
        k for k, arg in enumerate(node.args)
        if isinstance(arg, Variable) and (arg.index > record.youngest or arg.index in record.stop)
    ]  # fmt: skip
    joint: Any = node.primitive
    return dict(zip(wanted, joint.pull_all(wanted, g, y, operands, kwargs), strict=True))


def pushforward(record: Record, tangents: Sequence[Any]) -> list[Any]:
    """The tangents of the outputs for tangents of the sources: J v, one Jacobian-vector product."""
    record.is_open = record.is_open or any(node.is_open for node in record.nodes if node.index not in record.stop)
    recording = record.is_open or _any_variable(tangents)
    known: dict[int, Any] = {s.index: t for s, t in zip(record.sources, tangents, strict=True)}
    for node in record.downstream:
        moving = [known.get(arg.index) if isinstance(arg, Variable) else None for arg in node.args]
        if node.primitive is not None and any(t is not None for t in moving):
            args, y = (node.args, node) if recording else ([plain(a) for a in node.args], node.value)
            with np.errstate(all="ignore"):  # an infinite derivative is an answer, and no warning
                known[node.index] = node.primitive.push(moving, y, args, node.kwargs or NO_OPTIONS)
    pushed = [known.get(output.index) if isinstance(output, Variable) else None for output in record.outputs]
    pushed = [zeros(output) if t is None else t for output, t in zip(record.outputs, pushed, strict=True)]
    return _owned(pushed, tangents)


def backward(output: Variable, *, retain_graph: bool, create_graph: bool) -> None:
    """Add the adjoint of every Variable that the output was computed from to its `grad`."""
    scalar(output)
    record = Record([output])
    nodes = record.nodes
    arrivals = walk_back(record, [1.0], recording=create_graph)
    reached = [node for node in nodes if arrivals.adjoint(node) is not None]
    for node, adjoint in zip(reached, _owned([arrivals.adjoint(node) for node in reached]), strict=True):
        node.grad = adjoint if node.grad is None else node.grad + adjoint
    if not retain_graph:
        for node in nodes:
            if node.args:
                node.args, node.primitive, node.kwargs = (), FREED, None


def _any_variable(values: Iterable[Any]) -> bool:
    for value in values:  # noqa: SIM110 (any() of a generator takes three times as long)
        if isinstance(value, Variable):
            return True
    return False


def zeros(value: Any) -> Any:
    """A zero of the value's shape."""
    return np.zeros(np.shape(value)) if np.ndim(plain(value)) else 0.0


def own(result: Any) -> Any:
    """The result as an array that the user may change in place: no view, nothing read-only."""
    if result.__class__ is float:
        return result
    result = tidy(result)
    if isinstance(result, np.ndarray) and not (result.base is None and result.flags.writeable):
        return result.copy()
    return result


def _owned(results: list[Any], given: Sequence[Any] = ()) -> list[Any]:
    """The results as the user's own, no array twice."""
    taken = {id(array) for array in given}
    owned: list[Any] = []
    for result in results:
        owned.append(
            own(result) if id(result) not in taken else np.copy(result) if isinstance(result, np.ndarray) else result
        )
        taken.add(id(owned[-1]))
    return owned


def scalar(output: Any) -> Any:
    """The output of a function to differentiate, if it is a scalar; a NotScalarError otherwise."""
    if output.__class__ is Variable:
        return output
    if output is None:
        raise NotScalarError("The function returned None. End it with return and the number to differentiate.")
    if not isinstance(output, Variable) and np.asarray(output).dtype.kind not in "fiuc":
        raise NotScalarError(f"The function returned {output!r:.60}, which is not a real number. Return one number.")
    if is_complex(output) and np.ndim(plain(output)) == 0:
        raise NotScalarError(
            f"The function returned a complex number, {plain(output):.6g}, but only a real one has a gradient. "
            "Return np.real, np.imag or np.abs of it, or use cv.vjp or cv.jvp."
        )
    if np.ndim(plain(output)):
        shape = np.shape(output)
        raise NotScalarError(
            f"The function returned an array of shape {shape}, but only a single number has a gradient"
            f"{f': {subject(output)}' if isinstance(output, Variable) else ''}. "
            f"Return one entry, such as y[{', '.join('0' * len(shape))}], or a sum, such as np.sum(y)."
        )
    return output
