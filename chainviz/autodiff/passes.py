"""The two walks over the record, pullback (reverse mode) and pushforward (forward mode): loops, not recursions.

Whether a walk computes with numbers or records itself (for higher derivatives) is decided by whether a Variable that is
not its own took part: see `Record.is_open`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .errors import NotScalarError
from .primitive import FREED, NO_OPTIONS
from .record import Record
from .user_code import subject
from .variable import Variable, is_complex, plain, tidy
from .walk import Arrivals, has_nan, walk, walk_back, walk_on_numbers


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
    if walk_on_numbers(last, iter(range(last - 1, 0, -1)), arrivals, 0, (source.index,)) is not None:
        return None
    adjoint = arrivals.adjoints[0]
    if arrivals.strangers or adjoint != adjoint:
        return None
    return 0.0 if adjoint is None else adjoint


ROWS = 100
"""Seeds that go through one walk: more would need more memory than they save time."""


def pullback_rows(record: Record, seeds: Sequence[Any]) -> list[Any]:
    """`pullback` for many seeds, along a first axis of every output's: the cotangents of the sources, along theirs."""
    count = len(seeds[0])
    if count > ROWS:
        parts = [pullback_rows(record, [seed[k : k + ROWS] for seed in seeds]) for k in range(0, count, ROWS)]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]
    if count > 1 and not record.is_open:
        quiet = [np.errstate(all="ignore")]
        with quiet[0]:
            arrivals = walk(record, seeds, recording=False, careful=False, quiet=quiet, rows=True)
        record.meet(arrivals.strangers)
        adjoints = [arrivals.adjoint(source) for source in record.sources]
        if not record.is_open and not any(adjoint is not None and has_nan(adjoint) for adjoint in adjoints):
            pairs = zip(record.sources, adjoints, strict=True)
            return [np.zeros((count, *source.shape)) if adjoint is None else adjoint for source, adjoint in pairs]
    passes = [pullback(record, [tidy(seed[k]) for seed in seeds]) for k in range(count)]
    return [np.stack(found) for found in zip(*passes, strict=True)]


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


def pushforward_columns(record: Record, seeds: Sequence[Any], count: int) -> list[Any]:
    """`pushforward` for so many seeds, along a first axis of every source's: tangents of the outputs, along theirs."""
    if not count:
        return [np.zeros((0, *np.shape(output))) for output in record.outputs]
    passes = [pushforward(record, [tidy(seed[k]) for seed in seeds]) for k in range(count)]
    return [np.stack(found) for found in zip(*passes, strict=True)]


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
