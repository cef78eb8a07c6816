"""Steps that are recorded as one node: rules of the user's own, checkpoints, reversible blocks.

What all have in common: the function runs out of sight, and one pull gives the adjoints of all operands at once.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterable, Sequence
from string import Formatter
from typing import Any

import numpy as np

from ..formatting import writable
from .control import alias, recording
from .errors import RuleError
from .passes import zeros
from .primitive import NO_OPTIONS, Primitive
from .pytree import is_leaf, leaves, rebuild
from .record import Record
from .variable import Variable, as_value, plain, source, tidy, unbox, wrap
from .walk import walk_back

Function = Callable[..., Any]


class Joint(Primitive):
    """An operation whose `vjp(g, y, *operands, **options)` gives the adjoints of all operands at once."""

    is_joint = True

    def __init__(self, function: Function, vjp: Function, *, tex: Any, name: str, operands: int = 1) -> None:
        super().__init__(function, tex, operands=operands, name=name)
        self.vjp = vjp

    def pull_all(
        self, positions: Sequence[int], g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> list[Any]:
        """`pull` for several operands."""
        adjoints = self.vjp(g, y, *args, **kwargs)
        return [tidy(adjoints[position]) for position in positions]

    def pull(self, position: int, g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        return self.pull_all([position], g, y, args, kwargs)[0]


def primitive(function: Function | None = None, /, *, vjp: Function, tex: str | None = None, check: bool = True) -> Any:
    """A function with a derivative rule of your own, recorded as one node.

    Args:
        function: computes one number or array from numbers and arrays, with any library. Keyword arguments are options.
        vjp: `vjp(g, y, *operands, **options)`: from the adjoint g of the result y, the adjoint of the operand, or a
            tuple with one for each. Written in NumPy, it can be differentiated again. None stands for zero.
        tex: the formula, such as r"\\operatorname{{swish}}({0})", with {0}, {1}, ... for the operands and all
            other braces doubled.
        check: compare the rule with finite differences on first use. Say False for a rule that is meant to differ
            from the derivative, such as a straight-through estimator or a gradient reversal.

    Returns:
        A function to be called as the given one; works as a decorator too.

    Raises:
        RuleError: the rule gives adjoints of wrong shapes, wrong numbers or none, or the function gives none; or the
            formula has other holes than {0}, {1}, ... for the operands.

    >>> import chainviz as cv
    >>> @cv.primitive(vjp=lambda g, y, x: g * 2 * x)
    ... def squared(x):
    ...     return x * x
    >>> cv.grad(squared)(3.0)
    6.0
    """
    if function is None:
        return functools.partial(primitive, vjp=vjp, tex=tex, check=check)
    if not callable(function) or not callable(vjp):
        raise RuleError("A rule is made of two functions: cv.primitive(function, vjp=lambda g, y, x: ...).")
    made = _Custom(function, vjp, tex, check)

    @functools.wraps(function)
    def recorded(*args: Any, **options: Any) -> Any:
        return made(*args, **options)

    return recorded


class _Custom(Joint):
    """A user's function with the user's rule."""

    def __init__(self, function: Function, vjp: Function, tex: str | None, check: bool) -> None:
        name = getattr(function, "__name__", "custom").replace("<lambda>", "custom")

        @functools.wraps(function)
        def computed(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            _must_be_numbers(result, f"{name!r} returned {{}}. A function with a rule of its own")
            return result

        super().__init__(computed, vjp, tex=_readable(tex or "", name), name=name)
        self.unchecked = check
        self._holes = max((int(hole) for hole in _holes(self.tex)), default=-1) + 1

    def on_arrays(self, args: Sequence[Any], kwargs: dict[str, Any] = NO_OPTIONS) -> Any:
        if len(args) < self._holes:
            raise RuleError(
                f"The formula of {self.name!r} has {{{self._holes - 1}}}, but it was called with {len(args)} operands. "
                "The first one is {0}; double all braces that stand for themselves."
            )
        made = super().on_arrays(args, kwargs)
        if self.unchecked and isinstance(made, Variable) and made.primitive is self:
            self._check(made.value, [plain(arg) for arg in made.args], kwargs)
        return made

    def pull_all(
        self, positions: Sequence[int], g: Any, y: Any, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> list[Any]:
        given = self.vjp(g, y, *args, **kwargs)
        given = given if isinstance(given, tuple) else (given,)
        if len(given) != len(args):
            raise RuleError(
                f"The rule of {self.name!r} gave {len(given)} adjoints for {len(args)} operands. "
                "Return a tuple with one for each, None for those that have no derivative."
            )
        found: list[Any] = []
        for position in positions:
            shape = np.shape(args[position])
            adjoint = np.zeros(shape) if given[position] is None else unbox(given[position])
            _must_be_numbers(adjoint, f"The rule of {self.name!r} gave {{}} for operand {position}. It", real=True)
            if np.shape(adjoint) != shape:
                raise RuleError(
                    f"The rule of {self.name!r} gave an adjoint of shape {np.shape(adjoint)} for operand {position}, "
                    f"which has shape {shape}. An adjoint has the shape of its operand: sum over broadcast axes."
                )
            found.append(adjoint if isinstance(adjoint, Variable) else tidy(np.asarray(adjoint, dtype=float)))
        return found

    def _check(self, y: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Compare the rule with central differences along a random direction of each operand."""
        rng = np.random.default_rng(0)
        g = tidy(rng.standard_normal(np.shape(y)))
        numeric = [k for k, arg in enumerate(args) if isinstance(arg, (float, np.ndarray)) and np.size(arg)]
        for position, adjoint in zip(numeric, self.pull_all(numeric, g, y, args, kwargs), strict=True):
            operand = args[position]
            direction = rng.standard_normal(np.shape(operand))
            step = 6e-6 * max(1.0, float(np.max(np.abs(operand))))
            moved = [
                np.sum(
                    g * self.function(*args[:position], tidy(operand + h * direction), *args[position + 1 :], **kwargs)
                )
                for h in (step, -step)
            ]
            expected, found = (moved[0] - moved[1]) / (2 * step), np.sum(adjoint * direction)
            if not np.isfinite(expected) or not np.isfinite(found):
                return  # nothing to compare here; the next use is checked
            if abs(found - expected) > 1e-4 * max(1.0, abs(found), abs(expected)):
                raise RuleError(
                    f"The rule of {self.name!r} is wrong for operand {position}: at {operand!r:.60} it gives "
                    f"{found:.6g} along a random direction, but finite differences give {expected:.6g}. Correct the "
                    "rule, or write check=False if it is meant to differ from the derivative."
                )
        self.unchecked = False


def _holes(tex: Any) -> list[str]:
    return [hole for _, hole, _, _ in Formatter().parse(tex) if hole is not None]


def _readable(tex: Any, name: str) -> str:
    """The template of a formula, if operands can be put into it."""
    with contextlib.suppress(ValueError, TypeError):
        holes = [part[1:] for part in Formatter().parse(tex) if part[1] is not None]
        if all(re.fullmatch("[0-9]+", hole or "") and not (form or how) for hole, form, how in holes):
            return writable(tex)
    raise RuleError(
        f"The formula of {name!r} cannot be read: tex={tex!r:.60}. Write {{0}}, {{1}}, ... for the operands, and "
        r"double all other braces, such as tex=r'\operatorname{{swish}}({0})'."
    )


def _must_be_numbers(value: Any, message: str, *, real: bool = False) -> None:
    if value.__class__ is float or isinstance(value, Variable):
        return
    try:
        kind = np.asarray(value).dtype.kind
    except ValueError:  # ragged lists
        kind = "O"
    if kind not in ("fiub" if real else "fiubc"):
        raise RuleError(f"{message.format(repr(value)[:60])} returns one {'real ' * real}number or array.")


class _Block:
    """A function run on inputs of its own: what it gave, and the Variables from outside that it used."""

    def __init__(self, f: Function, tree: Any, values: Sequence[Any]) -> None:
        with recording():
            self.start = wrap(0.0)  # what is older comes from outside, even where there is no input
            self.inputs = [_fresh(value) for value in values]
            inputs = iter(self.inputs)
            self.output = f(*rebuild(tree, (next(inputs) if leaf is _MOVES else leaf for leaf in leaves(tree))))
        self.results = [unbox(leaf) for leaf in ([self.output] if is_leaf(self.output) else leaves(self.output))]
        for result in self.results:
            if not isinstance(result, Variable):
                as_value(result, "what a checkpointed or reversible function returned")
        record = Record(self.results, [self.start, *self.inputs])
        own = {node.index for node in record.nodes if node.index > record.youngest} | record.stop
        outside = {
            arg.index: arg
            for node in record.nodes if node.index in own and node.index not in record.stop
            for arg in node.args if isinstance(arg, Variable) and arg.index not in own
        }  # fmt: skip
        outside |= {r.index: r for r in self.results if isinstance(r, Variable) and r.index not in own}
        self.strangers = list(outside.values())

    def pull(self, y: Any, cotangents: Sequence[Any], strangers: Sequence[Variable]) -> tuple[list[Any], list[Any]]:
        """The adjoints of the inputs and of the Variables from outside; recorded, if y or a cotangent is a Variable."""
        again = any(isinstance(v, Variable) for v in (y, *cotangents))
        record = Record(self.results, [*strangers, self.start, *self.inputs])
        arrivals = walk_back(record, cotangents, recording=again)
        adjoints = [(v, arrivals.adjoint(v)) for v in (*self.inputs, *strangers)]
        found = [zeros(v) if adjoint is None else adjoint for v, adjoint in adjoints]
        return found[: len(self.inputs)], found[len(self.inputs) :]


_MOVES = object()  # stands in a tree of arguments for a leaf that is an input


def _fresh(value: Any) -> Variable:
    return alias(value) if isinstance(value, Variable) else source(value, copy=False)


def _pack(values: Sequence[Any]) -> Any:
    """Several results as one: themselves if they are one, else a vector."""
    return values[0] if len(values) == 1 else np.concatenate([np.ravel(value) for value in values])


def _unpack(packed: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    if len(shapes) == 1:
        return [packed]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = [packed[end - int(np.prod(shape)) : end] for end, shape in zip(ends, shapes, strict=True)]
    return [np.reshape(part, shape) if shape else part[0] for part, shape in zip(parts, shapes, strict=True)]


def checkpoint(f: Function) -> Function:
    """f, with nothing of its inside kept: the backward pass runs it again (Griewank, 1992).

    It needs the memory of its result only, and the time of one more forward pass. Results and derivatives are those of
    f, which must give the same every time: seed its random numbers. It is one node in pictures.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> cv.grad(lambda x: cv.checkpoint(np.sin)(x) ** 2)(1.0)
    0.9092974268256818
    """

    @functools.wraps(f)
    def recomputed(*args: Any, **options: Any) -> Any:
        run = functools.partial(f, **options)
        entries = [unbox(leaf) for leaf in leaves(args)]
        tree = rebuild(args, (_MOVES if isinstance(entry, Variable) else entry for entry in entries))
        operands = [entry for entry in entries if isinstance(entry, Variable)]
        once = _Block(run, tree, [operand.value for operand in operands])
        output, strangers = once.output, once.strangers
        values = [plain(result) for result in once.results]
        shapes = [np.shape(value) for value in values]

        def vjp(g: Any, y: Any, *given: Any) -> list[Any]:
            block = _Block(run, tree, given[: len(operands)])
            _assert_same(_pack([plain(result) for result in block.results]), plain(y))
            inputs, outside = block.pull(y, _unpack(g, shapes), strangers)
            return [*inputs, *outside]

        def function(*given: Any) -> Any:
            return _pack([plain(result) for result in _Block(run, tree, given[: len(operands)]).results])

        step = Joint(function, vjp, tex=_formula("checkpoint"), name="checkpoint")
        return _recorded(step, values, [*operands, *strangers], output, shapes)

    return recomputed


def reversible(blocks: Sequence[tuple[Function, Function]]) -> Function:
    """A chain of coupling blocks, which the backward pass inverts instead of storing what lies between them.

    Every block is a pair of functions (f, g): y1 = x1 + f(x2), y2 = x2 + g(y1). (Gomez et al., RevNet, 2017.) So
    x2 = y2 - g(y1) and x1 = y1 - f(x2): the memory does not grow with the number of blocks.

    Returns:
        A function of two numbers or arrays of equal shape, which gives two such.

    Raises:
        RuleError: a block is no pair of functions.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> chain = cv.reversible([(np.sin, np.tanh)] * 3)
    >>> cv.grad(lambda x: sum(chain(x, 1.0)))(0.5)
    0.9554487057162032
    """
    given: Any = blocks
    blocks = list(given) if isinstance(given, Iterable) else [given]
    pairs: list[Any] = list(blocks)
    for block in pairs:
        if not isinstance(block, (tuple, list)) or len(block) != 2 or not all(map(callable, block)):
            raise RuleError(f"A reversible block is a pair of functions, such as (np.sin, np.tanh), not {block!r:.60}.")
    pair = (_MOVES, _MOVES)

    def coupled(f: Function, g: Function) -> Function:
        def block(x1: Any, x2: Any) -> tuple[Any, Any]:
            y1 = x1 + f(x2)
            return y1, x2 + g(y1)

        return block

    def chain(x1: Any, x2: Any) -> tuple[Any, Any]:
        for f, g in blocks:
            x1, x2 = coupled(f, g)(x1, x2)
        return x1, x2

    def through(x1: Any, x2: Any) -> tuple[Any, Any]:
        x1, x2 = unbox(x1), unbox(x2)
        operands = [x if isinstance(x, Variable) else wrap(as_value(x)) for x in (x1, x2)]
        state = [plain(operand) for operand in operands]
        outside: dict[int, Variable] = {}
        for f, g in blocks:
            once = _Block(coupled(f, g), pair, state)
            outside |= {stranger.index: stranger for stranger in once.strangers}
            state = [plain(result) for result in once.results]
        strangers = list(outside.values())
        moves = bool(strangers) or isinstance(x1, Variable) or isinstance(x2, Variable)
        shapes = [np.shape(value) for value in state]

        def vjp(u: Any, y: Any, *given: Any) -> list[Any]:
            if isinstance(y, Variable) or isinstance(u, Variable):  # to be differentiated again: along the inputs
                inputs, found = _Block(chain, pair, given[:2]).pull(y, _unpack(u, shapes), strangers)
                return [*inputs, *found]
            (y1, y2), cotangents = _unpack(y, shapes), _unpack(u, shapes)
            totals: list[Any] = [0.0] * len(strangers)
            for f, g in reversed(blocks):
                y2 = y2 - plain(g(y1))
                y1 = y1 - plain(f(y2))
                cotangents, found = _Block(coupled(f, g), pair, (y1, y2)).pull(None, cotangents, strangers)
                totals = [total + part for total, part in zip(totals, found, strict=True)]
            _assert_same(_pack([y1, y2]), _pack(given[:2]))
            return [*cotangents, *totals]

        def function(x1: Any, x2: Any, *_: Any) -> Any:
            return _pack([plain(value) for value in chain(x1, x2)])

        step = Joint(function, vjp, tex=_formula("reversible"), name="reversible")
        return _recorded(step, state, [*operands, *strangers] if moves else [], (x1, x2), shapes)

    return through


def _assert_same(found: Any, expected: Any) -> None:
    if not np.allclose(found, expected, rtol=1e-6, equal_nan=True):
        raise RuleError(
            "A checkpointed or reversible function gave another value when the backward pass ran it again, so its "
            "derivative is lost. Seed its random numbers inside, and do not change arrays that it uses in place. "
            "(A long reversible chain can also lose its precision.)"
        )


def _formula(name: str) -> str:
    return rf"\operatorname{{{{{name}}}}}({{0}})"


def _recorded(joint: Joint, values: list[Any], operands: list[Any], output: Any, shapes: list[tuple[int, ...]]) -> Any:
    """The results, built as `output`, as one step of the record (as plain values if nothing moves)."""
    results = _unpack(joint.record(_pack(values), operands, {}), shapes) if operands else values
    return results[0] if is_leaf(output) else rebuild(output, iter(results))
