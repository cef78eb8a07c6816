"""The backward walk over a record: adjoints arrive, are added up and passed on. A loop, not a recursion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .primitive import NO_OPTIONS
from .record import Record
from .variable import FLOAT64, Variable, is_complex, plain

Arrival = Callable[[Variable, int, Any, Any], None]


class Arrivals:
    """What has arrived where in a backward walk: the adjoints, and the `strangers` that were met.

    Adjoints and nodes stand at their index, counted from `base`: in lists, which are quick, for a record between its
    sources and its outputs; in dictionaries where its inputs may be old. None: nothing has arrived.
    """

    SPREAD = 10_000  # how far apart the sources' indices may be for lists

    def __init__(self, oldest: int, youngest: int) -> None:
        """In lists, for the nodes with indices from the oldest to the youngest."""
        self.strangers: list[Variable] = []
        self.may_be_cut = False
        """Whether an operation was met that may not have taken all entries: see `walk_back`."""
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
            return walk(record, cotangents, recording=recording, careful=True, quiet=quiet, arrived=arrived)
        arrivals = walk(record, cotangents, recording=recording, careful=False, quiet=quiet)
        if not arrivals.may_be_cut:
            return arrivals
        for node in record.sources if record.ends_at_sources else record.nodes:
            adjoint = arrivals.adjoint(node)
            if adjoint is not None and has_nan(adjoint):
                return walk(record, cotangents, recording=recording, careful=True, quiet=quiet)
        return arrivals
    finally:
        if quiet:
            quiet[0].__exit__(None, None, None)


def has_nan(adjoint: Any) -> bool:
    """Whether there is a NaN in it."""
    if adjoint.__class__ is float:
        return adjoint != adjoint
    value = plain(adjoint)
    return bool(np.isnan(np.vdot(value, value))) if isinstance(value, np.ndarray) else value != value


def walk_on_numbers(
    first: int, order: Iterator[int], arrivals: Arrivals, start: int, stop: Container[int]
) -> int | None:
    """Walk on from a step on Python floats, to the next that is something else; None: there is none.

    What the loop of `walk` says of any operation, this one says of those on one or two floats, three times faster.
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


def walk(
    record: Record, cotangents: Sequence[Any], *, recording: bool, careful: bool, quiet: list[np.errstate],
    arrived: Arrival | None = None, rows: bool = False,
) -> Arrivals:  # fmt: skip
    """One walk: on Variables if `recording`; minding entries that were not taken if `careful`; many seeds if `rows`.

    It silences NumPy at the first operation that is not on plain floats, and leaves what to end in `quiet`.
    """
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
    frees = numeric and record.ends_at_sources
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
            arrivals.may_be_cut = True
            later = walk_on_numbers(at, order, arrivals, start, stop)
            if later is None:
                break
            at, g, node = later, adjoints[later], nodes[later]
            args, primitive = node.args, node.primitive
        if not quiet:  # an infinite derivative is an answer, and no warning
            quiet.append(np.errstate(all="ignore"))
            quiet[0].__enter__()
        if primitive.selects or primitive.constant_in:
            arrivals.may_be_cut = True
        if frees:
            adjoints[at] = None  # its memory is used again at once, while it is in the processor's cache
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
