"""Recording: a graph as a few lists that JSON holds, and the function that such lists say.

    y = sin(2 * x)      {"inputs": ["x"], "output": 2, "guards": [],
                         "nodes": [["v₁", "multiply", [2, [0]]], ["y", "sin", [[1]]]]}

An operand is a number, or [the index of a node], where inputs come first; an array is {"shape": ..., "entries": ...}.
Operations are looked up by name among those in `_table`, and nothing is ever evaluated as Python. Whoever wrote the
lists, what comes of them is a function or an InputError, and sizes are bounded.
"""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.control import name as call_it
from ..autodiff.errors import InputError
from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, Variable
from ..formatting import describe
from .graph import Graph
from .guards import COMPARISONS
from .node import Guard, Node, Reference

MOST_NODES = 2000
MOST_ENTRIES = 10_000
"""Entries of an array on the way."""
LONGEST_NAME = 60
_COMPARISONS = {f.__name__: f for f in COMPARISONS}
_OTHERS = (np.sum, np.mean, np.transpose, np.matmul)
"""Operations that are not elementwise and whose results are no larger than the product of their operands."""


def _table() -> dict[str, Primitive]:
    """All operations that a recording may consist of, by name."""
    found: dict[str, Primitive] = {}
    for function, primitive in PRIMITIVES.items():
        if isinstance(primitive, Elementwise) and (isinstance(function, np.ufunc) or primitive.name not in found):
            found[primitive.name] = primitive
    return found | {PRIMITIVES[function].name: PRIMITIVES[function] for function in _OTHERS}


def as_data(graph: Graph) -> dict[str, Any]:
    """The graph as plain data.

    Raises InputError for an operation that is not in the table, for too many, and where more than comparisons of
    numbers steered the recording.

    >>> import chainviz as cv
    >>> as_data(cv.trace(lambda x: np.sin(2 * x), x=1.5))["nodes"]
    [['', 'multiply', [2, [0]]], ['', 'sin', [[1]]]]
    """
    graph = graph.full
    if graph.unguarded:
        raise InputError(f"The function asks {graph.unguarded} of its values, so its recording is only this call's.")
    nodes = [*graph.nodes, *graph.hidden]
    if len(nodes) > MOST_NODES:
        raise InputError(f"The function has {len(nodes):,} operations, and a recording at most {MOST_NODES:,}.")
    at = {k: place for place, k in enumerate([*graph.inputs, *(n.index for n in nodes if not n.is_input)])}
    known = _table()

    def written(operand: Any) -> Any:
        return [at[operand.node]] if isinstance(operand, Reference) else _constant(operand)

    made: list[list[Any]] = []
    for node in nodes:
        if node.is_input:
            continue
        if node.primitive is None:
            raise InputError("The function does not depend on its inputs.")
        if known.get(node.primitive.name) is not node.primitive:
            raise InputError(
                f"The operation {node.primitive.name} ({node.name or 'in a comparison'}) is not in the table."
            )
        entry = [node.name if node.named else "", node.primitive.name, [written(operand) for operand in node.operands]]
        made.append([*entry, _options(dict(node.options))] if node.options else entry)
    guards = [[g.comparison.__name__, *map(written, g.operands), g.answer] for g in graph.guards]
    inputs = [graph.nodes[k].name for k in graph.inputs]
    return {"inputs": inputs, "nodes": made, "output": at[graph.output], "guards": guards}


def _constant(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return {"shape": list(value.shape), "entries": [_constant(entry) for entry in value.ravel().tolist()]}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and abs(int(value)) <= 2**53:
        return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"The constant {value!r:.40} is no number.") from None
    return number if math.isfinite(number) else repr(number)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}


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
        _require(isinstance(data, dict) and set(data) == {"inputs", "nodes", "output", "guards"}, "a recording")
        self._inputs = _names(data["inputs"])
        _require(isinstance(data["nodes"], list) and len(data["nodes"]) <= MOST_NODES, "a list of operations")
        table, first = _table(), len(self._inputs)
        self._nodes = [_node(entry, first + k, table) for k, entry in enumerate(data["nodes"])]
        count = first + len(self._nodes)
        self._output = _index(data["output"], count)
        _require(isinstance(data["guards"], list) and len(data["guards"]) <= MOST_NODES, "a list of comparisons")
        self._guards = [_guard(entry, count) for entry in data["guards"]]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in self._inputs])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The output at these inputs."""
        given = self.__signature__.bind(*args, **kwargs).arguments
        values = [given[each] for each in self._inputs]
        for node in self._nodes:
            operands = [values[o.node] if isinstance(o, Reference) else o for o in node.operands]
            assert node.primitive is not None
            _bound(node.primitive, operands)
            made = node.primitive(*operands, **dict(node.options))
            values.append(call_it(made, node.name) if node.name else made)
        for guard in self._guards:
            a, b = (values[o.node] if isinstance(o, Reference) else o for o in guard.operands)
            if bool(guard.comparison(a, b)) is not guard.answer:
                raise InputError(
                    f"The function takes another way here than the one that was shared: {_sign(guard.comparison)} of "
                    f"{describe(_plain(a))} and {describe(_plain(b))} was {guard.answer} then."
                )
        return values[self._output]


def _sign(comparison: Any) -> str:
    return comparison.__name__.replace("_", " ")


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Variable) else value


def _bound(primitive: Primitive, operands: Sequence[Any]) -> None:
    """Small operands must not make a large result."""
    shapes = [np.shape(_plain(operand)) for operand in operands]
    if isinstance(primitive, Elementwise):
        try:
            size = math.prod(np.broadcast_shapes(*shapes))
        except ValueError:
            raise InputError(f"The shapes {shapes} of {primitive.name} do not fit.") from None
    else:
        size = math.prod(max(1, math.prod(shape)) for shape in shapes)
    _require(size <= MOST_ENTRIES, f"at most {MOST_ENTRIES:,} entries")


# Data that anybody may have written.


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise InputError(f"Where {what} should be, there is something else.")


def _names(data: Any) -> list[str]:
    _require(isinstance(data, list) and 0 < len(data) <= MOST_NODES, "a list of inputs")
    for name in data:
        _require(is_name(name), "the name of an input")
    _require(len(set(data)) == len(data), "a list of different inputs")
    return data


def is_name(name: Any) -> bool:
    """Whether a function's parameter can have this name."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and name.isidentifier() and not keyword.iskeyword(name)


def _index(data: Any, count: int) -> int:
    _require(type(data) is int and 0 <= data < count, "the index of a node")
    return data


def _operand(data: Any, count: int) -> Any:
    if isinstance(data, list):
        _require(len(data) == 1, "the index of a node")
        return Reference(_index(data[0], count))
    if isinstance(data, dict):
        return _array(data)
    return _number(data)


def _number(data: Any) -> Any:
    if isinstance(data, str):
        _require(data in ("nan", "inf", "-inf"), "a number")
        return float(data)
    _require(isinstance(data, (bool, float)) or (isinstance(data, int) and abs(data) <= 2**53), "a number")
    return data


def _array(data: dict[str, Any]) -> Any:
    shape, entries = data.get("shape"), data.get("entries")
    _require(isinstance(shape, list) and 0 < len(shape) <= 8, "a shape")
    _require(all(type(n) is int and 0 < n <= MOST_ENTRIES for n in shape or ()), "a shape")
    _require(isinstance(entries, list) and len(entries) == math.prod(shape or ()) <= MOST_ENTRIES, "as many entries")
    numbers = [_number(entry) for entry in entries or ()]
    kind = bool if all(isinstance(number, bool) for number in numbers) else float
    return np.array(numbers, dtype=kind).reshape(shape)


def _node(data: Any, index: int, table: dict[str, Primitive]) -> Node:
    _require(isinstance(data, list) and len(data) in (3, 4), "an operation")
    name, operation, operands, *rest = data
    _require(isinstance(name, str) and len(name) <= LONGEST_NAME and name == name.strip(), "a name")
    _require(isinstance(operation, str) and operation in table, "an operation of the table")
    primitive = table[operation]
    _require(
        isinstance(operands, list) and len(operands) == primitive.operands, "as many operands as the operation has"
    )
    options = _read_options(rest[0], primitive) if rest else ()
    read = tuple(_operand(each, index) for each in operands)
    _require(any(isinstance(each, Reference) for each in read), "an operation on a node")  # else nothing is recorded
    return Node(index, name, None, primitive, read, options)


def _read_options(data: Any, primitive: Primitive) -> tuple[tuple[str, Any], ...]:
    _require(isinstance(data, dict) and not isinstance(primitive, Elementwise), "the options of an operation")
    for key, value in data.items():
        _require(key in ("axis", "keepdims", "axes"), "an option")
        whole = value if isinstance(value, list) else [value]
        _require(value is None or all(isinstance(n, int) and abs(n) <= 32 for n in whole), "the value of an option")
    return tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in data.items())


def _guard(data: Any, count: int) -> Guard:
    _require(isinstance(data, list) and len(data) == 4, "a comparison")
    name, a, b, answer = data
    _require(isinstance(name, str) and name in _COMPARISONS and isinstance(answer, bool), "a comparison")
    return Guard(_COMPARISONS[name], (_operand(a, count), _operand(b, count)), answer)
