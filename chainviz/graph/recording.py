"""Recording: a graph as a few lists that JSON holds, and the function that such lists say.

    y = sin(2 * x)      {"inputs": ["x"], "output": 2, "guards": [],
                         "nodes": [["v₁", "multiply", [2, [0]]], ["y", "sin", [[1]]]]}

An operand is a number, or [the index of a node], where inputs come first; arrays and options (such as {"axis": 0}, the
fourth part of a node, before its scopes) are as `parameters` says. Operations are looked up by name in the table, and
nothing is ever evaluated as Python. Whoever wrote the lists, what comes of them is a function or an InputError, and
sizes are bounded before anything is computed.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import keyword
from typing import Any

import numpy as np

from ..autodiff.control import name as call_it
from ..autodiff.control import scope
from ..autodiff.errors import InputError
from ..autodiff.forms import Linear
from ..autodiff.primitive import Primitive
from ..autodiff.variable import plain
from ..formatting import describe
from .bounds import bound, entries_of
from .graph import Graph
from .guards import COMPARISONS, tidy_answer
from .node import Guard, Node, Reference
from .operations import by_name
from .parameters import MOST_ENTRIES, read, read_constant, require, written

MOST_NODES = 2000
MOST_WORK = MOST_NODES * MOST_ENTRIES
"""Multiplications of a whole recording."""
LONGEST_NAME = 60
DEEPEST_SCOPE = 8
_COMPARISONS = {f.__name__: f for f in COMPARISONS}


def as_data(graph: Graph) -> dict[str, Any]:
    """The graph as plain data.

    Raises InputError for an operation that is not in the table, for too many, for too large ones, and where more than
    comparisons steered the recording.

    >>> import chainviz as cv
    >>> as_data(cv.trace(lambda x: np.sin(2 * x), x=1.5))["nodes"]
    [['', 'multiply', [2, [0]]], ['', 'sin', [[1]]]]
    """
    graph = graph.full
    if graph.unguarded:
        raise InputError(f"The function asks {graph.unguarded} of its values, so its recording is only this call's.")
    nodes = [node for node in (*graph.nodes, *graph.hidden) if not node.is_input]
    if len(nodes) > MOST_NODES:
        raise InputError(f"The function has {len(nodes):,} operations, and a recording at most {MOST_NODES:,}.")
    # What an inner transformation such as cv.grad(f)(2.0) starts from is a node, but no operation.
    constants = {node.index: node.value for node in nodes if node.primitive is None}
    if graph.output in constants:
        raise InputError("The function does not depend on its inputs.")
    nodes = [node for node in nodes if node.index not in constants]
    at = {k: place for place, k in enumerate([*graph.inputs, *(node.index for node in nodes)])}
    names = {primitive: name for name, primitive in by_name().items()}

    def refer(operand: Any) -> Any:
        if not isinstance(operand, Reference):
            return written(operand)
        return written(constants[operand.node]) if operand.node in constants else [at[operand.node]]

    data = {
        "inputs": [graph.nodes[k].name for k in graph.inputs],
        "nodes": [_entry(node, names, [refer(operand) for operand in node.operands]) for node in nodes],
        "output": at[graph.output],
        "guards": [[g.comparison.__name__, *map(refer, g.operands), written(g.answer)] for g in graph.guards],
    }
    _must_come_back(data, graph)
    return data


def _entry(node: Node, names: dict[Primitive, str], operands: list[Any]) -> list[Any]:
    called = node.name or "in a comparison"
    if node.primitive not in names:
        raise InputError(
            f"The operation {getattr(node.primitive, 'name', '')} ({called}) is not in the table of operations: it has "
            "a rule of its own, which is Python code."
        )
    if any(len(text) > LONGEST_NAME for text in (node.name, *node.scope)) or len(node.scope) > DEEPEST_SCOPE:
        raise InputError(
            f"A name has at most {LONGEST_NAME} characters and is in at most {DEEPEST_SCOPE} scopes, but not "
            f"{node.name!r:.100} in {list(node.scope)!r:.200}."
        )
    try:
        options = {key: written(value) for key, value in node.options}
    except InputError as error:
        raise InputError(f"An option of {node.primitive.name} ({called}) cannot be kept. {error}") from None
    entry = [node.name if node.named else "", names[node.primitive], operands]
    return [*entry, options, list(node.scope)] if node.scope else [*entry, options] if options else entry


def _must_come_back(data: dict[str, Any], graph: Graph) -> None:
    """What is given away must be readable, and say the same."""
    try:
        with np.errstate(all="ignore"):
            value = Recording(data)(*(graph.nodes[k].value for k in graph.inputs))
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(f"Its recording cannot be computed again: {error}.") from error
    if not np.allclose(value, graph.nodes[graph.output].value, rtol=1e-9, atol=0.0, equal_nan=True):
        raise InputError(
            f"Computed again, the recording gives {describe(value)}, not {describe(graph.nodes[graph.output].value)}."
        )


class Recording:
    """The function that the data say, of the inputs that they name. Made anew each time, its graph is the recorded one.

    Where a comparison comes out another way than it was recorded, it raises an InputError, as nobody knows what the
    function does there.

    >>> import chainviz as cv
    >>> f = Recording(as_data(cv.trace(lambda x: x**2 if x > 0 else -x, x=1.5)))
    >>> cv.trace(f, x=3.0)
    Graph(x=3, y=9, dy/dx=6)
    """

    __name__ = "the recording"

    def __init__(self, data: Any) -> None:
        require(isinstance(data, dict) and set(data) == {"inputs", "nodes", "output", "guards"}, "a recording")
        self._inputs = _names(data["inputs"])
        require(isinstance(data["nodes"], list) and len(data["nodes"]) <= MOST_NODES, "a list of operations")
        table, first = by_name(), len(self._inputs)
        self._nodes = [_node(entry, first + k, table) for k, entry in enumerate(data["nodes"])]
        count = first + len(self._nodes)
        self._output = _index(data["output"], count)
        require(isinstance(data["guards"], list) and len(data["guards"]) <= MOST_NODES, "a list of comparisons")
        self._guards = [_guard(entry, count) for entry in data["guards"]]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in self._inputs])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The output at these inputs."""
        given = self.__signature__.bind(*args, **kwargs).arguments
        values = [given[each] for each in self._inputs]
        left = MOST_WORK
        for node in self._nodes:
            operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            left -= _work(node, operands)
            if left < 0:
                raise InputError(f"The recording takes more than {MOST_WORK:,} multiplications.")
            values.append(_made(node, operands))
        for guard in self._guards:
            a, b = (values[o.node] if isinstance(o, Reference) else o for o in guard.operands)
            _must_be_the_answer(guard, a, b)
        return values[self._output]


def _work(node: Node, operands: list[Any]) -> int:
    """How long the operation takes; an InputError where it would make too much of its operands."""
    assert node.primitive is not None
    shapes = [np.shape(plain(operand)) for operand in operands]
    entries, work = bound(node.primitive, shapes, dict(node.options))
    if entries > MOST_ENTRIES:
        raise InputError(
            f"The result of {node.primitive.name} ({node.name or 'unnamed'}) has up to {entries:,} entries, and in a "
            f"recording it can have {MOST_ENTRIES:,}."
        )
    return work


def _made(node: Node, operands: list[Any]) -> Any:
    assert node.primitive is not None
    with contextlib.ExitStack() as scopes:
        for label in node.scope:
            scopes.enter_context(scope(label))
        made = node.primitive(*operands, **dict(node.options))
    require(entries_of(np.shape(plain(made))) <= MOST_ENTRIES, f"at most {MOST_ENTRIES:,} entries")
    return call_it(made, node.name) if node.name else made


def _must_be_the_answer(guard: Guard, a: Any, b: Any) -> None:
    """An InputError where the function went another way than it was recorded."""
    try:
        entries = entries_of(np.broadcast_shapes(np.shape(plain(a)), np.shape(plain(b))))
    except ValueError:
        raise InputError("A comparison's operands do not fit.") from None
    require(entries <= MOST_ENTRIES, "a comparison of this size")
    answer = tidy_answer(guard.comparison(a, b))
    if not np.array_equal(answer, guard.answer):
        was = "" if np.ndim(answer) else f" was {guard.answer} then"
        raise InputError(
            f"The function takes another way here than the one that was shared: "
            f"{guard.comparison.__name__.replace('_', ' ')} of {describe(plain(a))} and "
            f"{describe(plain(b))}"
            f"{was or ' had other answers then'}."
        )


# Data that anybody may have written.


def _names(data: Any) -> list[str]:
    require(isinstance(data, list) and 0 < len(data) <= MOST_NODES, "a list of inputs")
    for name in data:
        require(is_name(name), "the name of an input")
    require(len(set(data)) == len(data), "a list of different inputs")
    return data


def is_name(name: Any) -> bool:
    """Whether a function's parameter can have this name."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and name.isidentifier() and not keyword.iskeyword(name)


def _index(data: Any, count: int) -> int:
    require(type(data) is int and 0 <= data < count, "the index of a node")
    return data


def _operand(data: Any, count: int) -> Any:
    if isinstance(data, list):
        require(len(data) == 1, "the index of a node")
        return Reference(_index(data[0], count))
    return read_constant(data)


def _node(data: Any, index: int, table: dict[str, Primitive]) -> Node:
    require(isinstance(data, list) and 3 <= len(data) <= 5, "an operation")
    left_out: list[Any] = [{}, []]
    name, operation, operands, options, scopes = [*data, *left_out[len(data) - 3 :]]
    require(_is_label(name) and isinstance(scopes, list) and len(scopes) <= DEEPEST_SCOPE, "a name")
    require(all(label and _is_label(label) for label in scopes), "the label of a scope")
    if not isinstance(operation, str) or operation not in table:
        raise InputError(
            f"There is no operation {operation!r:.40} in the table of operations. If it is one of SciPy's, import "
            "scipy.special first."
        )
    primitive = table[operation]
    is_variadic = isinstance(primitive, Linear) and primitive.variadic
    require(isinstance(operands, list) and (is_variadic or len(operands) == primitive.operands), "its operands")
    require(isinstance(options, dict) and set(options) <= _known_options(primitive), "the options of the operation")
    given = tuple(_operand(each, index) for each in operands)
    require(any(isinstance(each, Reference) for each in given), "an operation on a node")  # else nothing is recorded
    chosen = tuple((key, read(value)) for key, value in options.items())
    return Node(index, name, None, primitive, given, chosen, scope=tuple(scopes))


def _is_label(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_NAME and text == text.strip()


@functools.cache
def _known_options(primitive: Primitive) -> frozenset[str]:
    """What the rules know of; for rules that take whatever the function takes, its parameters."""
    if not primitive.options:
        return frozenset()
    parameters = inspect.signature(primitive.function).parameters.values()
    several = {p.name for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    takes_all = primitive.options == {"options"}
    known = [p.name for p in parameters][primitive.operands :] if takes_all else primitive.options
    return frozenset(known) - several


def _guard(data: Any, count: int) -> Guard:
    require(isinstance(data, list) and len(data) == 4, "a comparison")
    name, a, b, answer = data
    require(isinstance(name, str) and name in _COMPARISONS, "a comparison")
    told = read_constant(answer)
    require(isinstance(told, bool) or (isinstance(told, np.ndarray) and told.dtype == bool), "an answer")
    return Guard(_COMPARISONS[name], (_operand(a, count), _operand(b, count)), told)
