"""trace: run a function once on recorded inputs and keep what happened as a Graph."""

from __future__ import annotations

import contextlib
import gc
import inspect
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np

from ..autodiff.errors import ChainvizError, InputError, UnsupportedOperation, explained
from ..autodiff.forms import Elementwise
from ..autodiff.passes import scalar, zeros
from ..autodiff.primitive import Primitive, observers
from ..autodiff.pytree import is_leaf
from ..autodiff.record import Record
from ..autodiff.user_code import parameters
from ..autodiff.variable import Variable, as_value, is_complex, listeners, source, unbox, wrap
from ..autodiff.walk import walk_back
from ..formatting import writable
from ..formulas import as_function
from .graph import Graph
from .guards import Questions
from .later import Later, no_derivative
from .names import Witness, assign, numbered_calls
from .node import Edge, Node, Reference

LARGEST_JACOBIAN = 256
"""Entries of a local Jacobian that are still worked out and shown."""


def trace(f: Callable[..., Any] | str, /, *args: Any, frozen: str | Sequence[str] = (), **kwargs: Any) -> Graph:
    """Run f once and return its computation graph, with all values and derivatives.

    Args:
        f: a function of numbers and arrays, in plain NumPy, that returns one number; or a formula, such as
            "sin((2x+1)^2)", as `cv.formula` reads it.
        *args, **kwargs: its inputs, by position or name, a list being an array. Parameters with defaults may be left
            out, as constants.
        frozen: the names of inputs that are not trained. No derivative is computed with respect to them, nor for what
            depends on no other input.

    Returns:
        An immutable `Graph` of plain numbers: what is read off it has no derivative, within cv.grad too. Its nodes have
        the names of f's own local variables.

    Raises:
        InputError: an input is no number, f has no such parameter, or all inputs are frozen.
        NotScalarError: f returned no single number. Whatever f itself raises.

    >>> def f(x):
    ...     z = 2 * x + 1
    ...     a = z**2
    ...     return np.sin(a)
    >>> trace(f, x=1.5)
    Graph(x=1.5, v₁=3, z=4, a=16, y=-0.2879, dy/dx=-15.32)
    >>> trace(lambda w, x: w * x, w=3.0, x=1.5, frozen="x")
    Graph(w=3, x=1.5, y=4.5, ∂y/∂w=1.5, ∂y/∂x=frozen)
    """
    function = as_function(f)
    positions, named, inputs = make_inputs(function, args, kwargs)
    still = _frozen_inputs(function, frozen, inputs)
    witness = Witness(inspect.currentframe())
    questions = Questions(function)
    if listeners:
        listeners[-1](trace, ())
    observers.append(witness)
    listeners.append(questions)
    try:
        output = scalar(unbox(function(*positions, **named)))
    except TypeError as error:
        if (told := explained(error)) is error:
            raise
        raise told from error
    finally:
        listeners.pop()
        observers.pop()
        witness.finish()
    with without_collections():
        return _snapshot(output, inputs, still, witness, questions)


@contextlib.contextmanager
def without_collections() -> Generator[None]:
    """Within it Python does not look for garbage in cycles: it would go through a large graph again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def make_inputs(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any], dict[str, Variable]]:
    """The call's arguments with every input a new Variable, and those Variables by name."""
    if not callable(f):
        raise InputError(f"{f!r} is not a function. Give a function or a lambda, such as lambda x: np.sin(x).")
    names = _positional_names(f, args, kwargs)
    for name, value in [*zip(names, args, strict=True), *kwargs.items()]:
        if not is_leaf(value) and not isinstance(value, (list, tuple)):
            raise InputError(
                f"The input {name!r} is a {type(value).__name__}, but every input of a graph is one number or array. "
                "Give each entry as one of its own, such as cv.trace(lambda W, b: f({'W': W, 'b': b}), W=..., b=...)."
            )
    inputs = {name: source(value, name) for name, value in [*zip(names, args, strict=True), *kwargs.items()]}
    if not inputs:
        raise InputError(
            "Nothing to differentiate with respect to. Give every input a value, such as cv.trace(f, x=1.5)."
        )
    by_name = {writable(name): made for name, made in inputs.items()}
    return [inputs[name] for name in names], {name: inputs[name] for name in kwargs}, by_name


def _frozen_inputs(f: Callable[..., Any], names: Any, inputs: dict[str, Variable]) -> set[int]:
    """The indices of the frozen inputs, after a check of their names."""
    names = (names,) if isinstance(names, str) else names
    if not isinstance(names, (tuple, list, set, frozenset)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"frozen takes names of inputs, such as frozen=('w', 'b'), but it is {names!r:.60}.")
    if names and any(p.name == "frozen" for p in parameters(f) or ()):
        raise InputError("The function has a parameter 'frozen' of its own. Give it another name in a lambda.")
    for name in names:
        if name not in inputs:
            raise InputError(f"There is no input {name!r} to freeze. The inputs are {', '.join(inputs)}.")
    if inputs.keys() == set(names):
        raise InputError(f"All inputs are frozen ({', '.join(inputs)}): nothing is left to differentiate.")
    return {inputs[name].index for name in names}


def _without(nodes: Sequence[Variable], frozen: set[int], output: Variable) -> Record:
    """The record with plain numbers in place of all that depends on frozen inputs only, whose indices join the set."""
    moving: dict[int, Variable] = {}
    for v in nodes:
        sources = {a.index for a in v.args if isinstance(a, Variable)}
        if v.index in frozen or (sources and sources <= frozen):
            frozen.add(v.index)
            continue
        args = tuple(moving.get(a.index, a.value) if isinstance(a, Variable) else a for a in v.args)
        moving[v.index] = wrap(v.value, v.primitive, args, v.kwargs)
        moving[v.index].index = v.index
    return Record([moving.get(output.index, output.value)])


def _positional_names(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """The names of the arguments given by position, after a check that the call fits the function."""
    expected = parameters(f)
    if isinstance(f, np.ufunc) and kwargs:
        named = ", ".join(kwargs)
        raise InputError(
            f"{f.__name__} takes its inputs by position. To name them, wrap it in a lambda: "
            f"lambda {named}: {f.__name__}({named})."
        )
    if expected is None or isinstance(f, np.ufunc):
        return ["x"] if len(args) == 1 else [f"x{k + 1}" for k in range(len(args))]
    called = getattr(f, "__name__", "the function").replace("<lambda>", "the lambda")
    known = [p.name for p in expected]
    wanted = f"{called} takes {', '.join(known) or 'no arguments'}"
    if any(p.kind is p.VAR_POSITIONAL for p in expected) and args:
        raise InputError(f"{called} takes any number of arguments, so chainviz cannot name them. Wrap it in a lambda.")
    for name in kwargs:
        if name not in known and not any(p.kind is p.VAR_KEYWORD for p in expected):
            raise InputError(f"There is no parameter {name!r}: {wanted}.")
    if len(args) > len(known):
        raise InputError(f"{len(args)} inputs were given by position, but {wanted}.")
    given = known[: len(args)]
    for p in expected:
        missing = p.name not in given and p.name not in kwargs and p.default is inspect.Parameter.empty
        if missing and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise InputError(f"The input {p.name!r} is missing: {wanted}. Give it a value, such as {p.name}=1.5.")
        if p.name in given and p.name in kwargs:
            raise InputError(f"The input {p.name!r} was given twice, by position and by name.")
    return given


def _snapshot(
    output: Any, inputs: dict[str, Variable], frozen: set[int], witness: Witness, questions: Questions
) -> Graph:
    """The record as plain data."""
    if not isinstance(output, Variable):  # a constant: the function did not use its inputs, or a branch ignored them
        output = wrap(as_value(output))
    record = Record([output])
    unshown = next((node for node in record.nodes if is_complex(node.value)), None)
    if unshown is not None:
        where = witness.places.get(unshown.index)
        raise UnsupportedOperation(
            f"A graph shows real numbers, but this function computes with complex ones{f' ({where})' if where else ''}."
            " Its derivatives are there all the same: cv.grad(f)."
        )
    chosen = {v.index: name for name, v in inputs.items()}
    variables = [*inputs.values(), *(v for v in record.nodes if v.index not in chosen)]
    arrivals: dict[tuple[int, int], tuple[Any, Any, int]] = {}
    uses: Counter[int] = Counter()

    def arrived(node: Variable, position: int, contribution: Any, so_far: Any) -> None:
        source = node.args[position].index
        uses[source] += 1
        arrivals[node.index, position] = (contribution, so_far, uses[source])

    if frozen:
        record = _without(variables, frozen, output)
    with np.errstate(all="ignore"):
        adjoints = walk_back(record, [1.0], recording=False, arrived=arrived).adjoints
    names = assign(variables, chosen, output.index, witness)
    scopes = numbered_calls([witness.scopes.get(v.index, ()) for v in variables])
    at = {v.index: k for k, v in enumerate(variables)}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for k, v in enumerate(variables):
        index, options = v.index, v.kwargs or {}
        operands = tuple([Reference(at[a.index]) if isinstance(a, Variable) else a for a in v.args])
        is_input, is_frozen = index in chosen, index in frozen
        nothing = zeros(v) if is_input and not is_frozen else None
        nodes.append(
            Node(
                k, names[k], v.value, v.primitive, operands, tuple(options.items()), is_input,
                adjoints.get(index, nothing), witness.places.get(index), scopes[k], is_frozen,
                named=is_input or bool(witness.wish(v)),
            )
        )  # fmt: skip
        if v.primitive is None:
            continue
        for position, operand in enumerate(operands):
            if operand.__class__ is Reference:
                local = no_derivative if nodes[operand.node].frozen else Later(_local, nodes, k, position)
                arrival = arrivals.get((index, position), (None, None, 0))
                edges.append(Edge(operand.node, k, position, local, *arrival, uses[v.args[position].index]))
    guards, hidden = questions.guards(at)
    found = tuple(nodes), tuple(edges), tuple(at[v.index] for v in inputs.values()), at[output.index]
    return Graph(*found, guards, hidden, questions.unguarded)


def _local(nodes: Sequence[Node], k: int, position: int) -> Any:
    """The local derivative of a node by one of its operands."""
    node = nodes[k]
    assert node.primitive is not None
    args = [nodes[o.node].value if isinstance(o, Reference) else o for o in node.operands]
    return local_derivative(node.primitive, position, node.value, args, dict(node.options))


def local_derivative(primitive: Primitive, position: int, y: Any, args: list[Any], options: dict[str, Any]) -> Any:
    """d y / d args[position]: a number, an array shaped as y (the diagonal), or the Jacobian, a row an entry of y.

    None where the Jacobian would have more than `LARGEST_JACOBIAN` entries, or where a part of it does not exist.
    """
    if isinstance(primitive, Elementwise):
        if y.__class__ is float:  # the rule sees to it that NumPy does not warn
            return float(primitive.partial(position, y, args))
        with np.errstate(all="ignore"):
            local = primitive.partial(position, y, args)
        return float(local) if np.ndim(local) == 0 else np.broadcast_to(local, np.shape(y))
    with np.errstate(all="ignore"):
        rows, columns = np.size(y), np.size(args[position])
        if rows * columns > LARGEST_JACOBIAN:
            return None
        basis = np.eye(rows).reshape(rows, *np.shape(y))
        try:
            pulled = [primitive.pull(position, e if np.ndim(e) else float(e), y, args, options) for e in basis]
        except ChainvizError:  # parts that no adjoint arrives at, such as eigenvectors, may have no derivative
            return None
    return as_local(pulled, y, args[position])


def as_local(rows: list[Any], y: Any, x: Any) -> Any:
    """The rows of d y / d x in the form of an edge's `local`: shaped as y or x where the other is a number."""
    jacobian = np.reshape(rows, (np.size(y), np.size(x)))
    if jacobian.size == 1:
        return float(jacobian[0, 0])
    if len(jacobian) == 1:
        return np.reshape(jacobian, np.shape(x))
    return np.reshape(jacobian, np.shape(y)) if np.size(x) == 1 else jacobian
