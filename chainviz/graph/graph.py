"""Graph: a recorded computation as plain, immutable data. Nothing downstream touches a Variable.

Nodes are in topological order, operands keep their order (`x * x` has two edges). Every number of both passes is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..autodiff.errors import InputError
from ..formatting import describe
from ..messages import Message
from .node import Edge, Guard, Node
from .operations import by_content, identity
from .pictures import Pictures

if TYPE_CHECKING:
    from ..drawing.still import Story
    from ..timeline import Step
    from .cost import Cost
    from .derivation import DerivationStep
    from .loops import Loop
    from .paths import Paths


@dataclass(frozen=True)
class Graph(Pictures):
    """A function's recorded computation at one point, with the values of its forward and its backward pass.

    `inputs` and `output` are indices into `nodes`. In a notebook it shows as a picture, of more than 250 nodes as that
    of `collapse()`. A folded graph knows its
    `original`, and for every node those of the original's nodes that it stands for, its own the last.

    >>> import chainviz as cv
    >>> cv.trace(lambda x: (2 * x + 1) ** 2, x=1.5)
    Graph(x=1.5, v₁=3, v₂=4, y=16, dy/dx=16)
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[int, ...]
    output: int
    guards: tuple[Guard, ...] = ()
    """The recording is the function's wherever all of them are answered as they were."""
    hidden: tuple[Node, ...] = ()
    """Values that guards compare and the output is not computed from."""
    unguarded: str = ""
    """What else steered the recording, so that nobody knows where it holds."""
    original: Graph | None = None
    members: tuple[tuple[int, ...], ...] = ()

    @property
    def full(self) -> Graph:
        """The graph with every operation, which this is one of, or a folded picture of."""
        return self.original or self

    @cached_property
    def leaving(self) -> tuple[tuple[int, ...], ...]:
        """For every node, the edges that use it."""
        return _grouped(len(self.nodes), [edge.source for edge in self.edges])

    @cached_property
    def entering(self) -> tuple[tuple[int, ...], ...]:
        """For every node, the edges it is computed through, in the order of the operands."""
        return _grouped(len(self.nodes), [edge.target for edge in self.edges])

    @cached_property
    def reached(self) -> frozenset[int]:
        """The nodes that an adjoint arrives at. None passes a stop_gradient, nor a condition of np.where."""
        return frozenset({self.output, *(edge.source for edge in self.edges if self.passes(edge))})

    @cached_property
    def containers(self) -> list[tuple[str, ...]]:
        """For every node the names of the boxes that it can be shown in, outermost first: scopes, loops, rounds."""
        from .collapse import containers

        return containers(self)

    @cached_property
    def loops(self) -> dict[str, Loop]:
        """Where the same operations come round after round outside of all scopes, by the name of the box."""
        from .collapse import named_loops

        return named_loops(self)

    def passes(self, edge: Edge) -> bool:
        """Whether an adjoint goes through the edge in the backward pass, be it 0."""
        return edge.turn > 0

    def is_cut(self, edge: Edge) -> bool:
        """Whether the edge itself lets nothing pass: a stop_gradient, a condition of np.where, a frozen source."""
        primitive, source = self.nodes[edge.target].primitive, self.nodes[edge.source]
        return source.frozen or (primitive is not None and not primitive.passes_to(edge.operand))

    def depending(self, start: int) -> set[int]:
        """The node and all that is computed from it."""
        found = {start}
        for node in self.nodes[start + 1 :]:
            if not found.isdisjoint(node.sources):
                found.add(node.index)
        return found

    def ways(self, start: int) -> list[Edge]:
        """The edges that a derivative takes from the output back to this node, and the cuts on its way, in order."""
        depending = self.depending(start)
        taken = (e for e in self.edges if e.source in depending and e.target in self.reached)
        return sorted(taken, key=lambda e: (-e.target, e.operand))

    @cached_property
    def topology(self) -> tuple[Any, ...]:
        """What decides the drawing's geometry: who is connected with whom, and which cards are wide."""
        return tuple((tuple(node.sources), node.is_input, node.shape, node.name) for node in self.nodes)

    @cached_property
    def signature(self) -> tuple[Any, ...]:
        """All that the drawing depends on but its numbers: topology, operations, constants, what is frozen or cut."""
        return tuple(
            (
                node.name,
                identity(node.primitive),
                tuple(map(by_content, node.operands)),
                by_content(node.options),
                node.shape,
                node.place,
                node.scope,
                node.frozen,
                tuple(self.passes(self.edges[e]) for e in self.entering[node.index]),
            )
            for node in self.nodes
        )

    @cached_property
    def recipe(self) -> tuple[Any, ...]:
        """All that the function computed with, but its inputs: graphs of one recipe are one recording."""
        if self.original is not None:
            return self.original.recipe
        hidden = tuple((node.primitive, tuple(map(by_content, node.operands))) for node in self.hidden)
        guards = tuple((g.comparison, tuple(map(by_content, g.operands)), by_content(g.answer)) for g in self.guards)
        return self.signature, hidden, guards, self.unguarded

    @property
    def symbol(self) -> str:
        """The d of this graph's derivatives: ∂ when there are several inputs."""
        return "d" if len(self.inputs) < 2 else "∂"

    def fold(self) -> Graph:
        """The same with fewer nodes: operations without a name of their own are part of the named one that they feed.

        Values and adjoints stay what they are, names too; `full` is this graph again. A value that is used elsewhere,
        an input and the output stay, and so does what would make a formula longer than 40 characters. Where the
        function names nothing, all its operations stay.

        >>> import chainviz as cv
        >>> def f(x):
        ...     z = 2 * x + 1
        ...     return z**2
        >>> graph = cv.trace(f, x=1.5)
        >>> graph, graph.fold()
        (Graph(x=1.5, v₁=3, z=4, y=16, dy/dx=16), Graph(x=1.5, z=4, y=16, dy/dx=16))
        """
        from .fold import fold

        return fold(self)

    def collapse(self, expanded: Sequence[str] = ()) -> Graph:
        """The same with a node for every scope, and for runs of operations where more than 250 nodes are left.

        A scope's node has the value and the adjoint of its output; where several values leave a scope, each has a node.
        Values and adjoints stay what they are; `full` is this graph again.

        Args:
            expanded: the scopes whose inside shows, by name; an inner scope as in "encoder/layer 1".

        Raises InputError for a scope that is not there.

        >>> import numpy as np
        >>> import chainviz as cv
        >>> def f(x):
        ...     with cv.scope("layer 1"):
        ...         h = np.tanh(2 * x + 1)
        ...     return h**2
        >>> graph = cv.trace(f, x=1.5)
        >>> graph.collapse(), len(graph.collapse(expanded=["layer 1"]).nodes)
        (Graph(x=1.5, h=0.9993, y=0.9987, dy/dx=0.00536), 5)
        """
        from .collapse import collapse

        return collapse(self, expanded)

    def timeline(self) -> tuple[Step, ...]:
        """The forward and the backward pass as steps."""
        from .. import timeline

        return timeline.steps(self)

    def to_dot(self) -> str:
        """The graph in Graphviz's language, with names, values and local derivatives, to save and edit."""
        from ..drawing import dot

        return dot.readable(self)

    def _story(self) -> Story:
        from ..drawing import still
        from .collapse import MOST

        shown = self if len(self.nodes) <= MOST else self.full.collapse()  # a picture of thousands takes minutes
        return still.story_of(shown)._replace(words=repr(self))

    def to_latex(self, derivative: str | None = None) -> str:
        r"""The function as a formula, or its derivative with respect to an input, simplified, as an equation.

        A long derivative is written by the first step only. Raises InputError for arrays, and for a name that is no
        input.

        >>> import numpy as np
        >>> import chainviz as cv
        >>> graph = cv.trace(lambda x: np.sin(x**2), x=1.5)
        >>> print(graph.to_latex())
        \sin\left(x^{2}\right)
        >>> print(graph.to_latex(derivative="x"))
        \frac{dy}{dx} = 2 x \, \cos\left(x^{2}\right)
        """
        from . import derivation, formula

        if derivative is None:
            return formula.latex(formula.whole(self), self)
        return derivation.derivative_latex(self, self.input(derivative))

    def derivation(self, name: str | None = None) -> tuple[DerivationStep, ...]:
        r"""The chain rule step by step, from the output back to one input (the first, unless you name another).

        The last step is the whole derivative. Raises InputError for a name that is no input.

        >>> import numpy as np
        >>> import chainviz as cv
        >>> for step in cv.trace(lambda x: np.sin(x**2), x=1.5).derivation("x"):
        ...     print(step)
        chain rule with sin: \frac{dy}{dv_{1}} = \cos v_{1} = -0.6282
        power rule: \frac{dy}{dx} = \cos v_{1} \cdot 2 x = -0.6282 \cdot 3 = -1.885
        the whole derivative: \frac{dy}{dx} = 2 x \, \cos\left(x^{2}\right) = -1.885
        """
        from .derivation import derivation

        return derivation(self, self.trained[0] if name is None else self.input(name))

    def input(self, name: str) -> int:
        """The index of an input given by name; an InputError if it is frozen."""
        names = {self.nodes[k].name: k for k in self.inputs}
        if name not in names:
            raise InputError(f"There is no input {name!r} in this graph. Its inputs are {', '.join(names)}.")
        self.must_be_trained(names[name])
        return names[name]

    def must_be_trained(self, k: int) -> None:
        """An InputError if the node is frozen."""
        if self.nodes[k].frozen:
            raise InputError(
                f"{self.nodes[k].name!r} is frozen: no derivative with respect to it was computed. Trace the function "
                "again, without naming its inputs in frozen=."
            )

    @property
    def trained(self) -> tuple[int, ...]:
        """The inputs that are not frozen."""
        return tuple(k for k in self.inputs if not self.nodes[k].frozen)

    def adjoint_text(self, k: int) -> str:
        """The adjoint of a node as people read it, or why there is none."""
        node = self.nodes[k]
        return (
            describe(node.adjoint)
            if node.adjoint is not None
            else Message("frozen")
            if node.frozen
            else Message("cut off")
        )

    def paths(self, source: str | int, target: str | int | None = None, strongest: int = 10) -> Paths:
        """The paths between two numbers, given by name or index: exact count, the strongest, and the sum of all.

        The target is the output unless you name another. Raises InputError for a node that is not there, or an array.

        >>> import chainviz as cv
        >>> found = cv.trace(lambda x: x * x + x, x=3.0).paths("x")
        >>> found.count, [path.product for path in found.strongest], found.total
        (3, [3.0, 3.0, 1.0], 7.0)
        """
        from .paths import paths

        return paths(self, source, target, strongest)

    def cost(self) -> Cost:
        """Operations, bytes and live memory of both passes, and what other ways to differentiate would cost.

        >>> import numpy as np
        >>> import chainviz as cv
        >>> cv.trace(lambda W, x: np.sum(np.tanh(W @ x)), W=np.eye(3), x=np.ones(3)).cost()
               forward  backward  bytes
            W        0         0     72
            x        0         0     24
           v₁       18        36     24
           v₂        3         9     24
            y        3         0      8
        total       24        45    152
        peak memory: 200 bytes
        multiplications: reverse 24, forward 288, layer by layer 576
        """
        return self.full._cost

    @cached_property
    def _cost(self) -> Cost:
        from .cost import cost

        return cost(self)

    def compile(self, derivative: Literal["gradient", "hessian"] = "gradient") -> Callable[..., Any]:
        """The replay: a fast function of the inputs that returns `(value, gradients)`, as `to_source` does.

        With derivative="hessian" it returns the second derivatives, as `cv.hessian` does: for several inputs a tuple of
        tuples, by input and input. (The Jacobian of a function that returns an array: `cv.compile`.)

        Equal expressions are computed once, and floats go through Python's `math`. Outside of a function's domain the
        engine answers, as NumPy does. The function is that of this recording: the branches that were taken, the shapes,
        and everything that was decided by comparing values (`if x > 0`, the condition of np.where, the order of a sort)
        stay as they were. Frozen inputs are arguments too, but have no gradient: it is left out. Raises InputError for
        more than 10,000 nodes.

        >>> import chainviz as cv
        >>> replay = cv.trace(lambda x: (2 * x + 1) ** 2, x=1.5).compile()
        >>> replay(1.5), replay(0.0)
        ((16.0, 16.0), (1.0, 4.0))
        >>> cv.trace(lambda x: (2 * x + 1) ** 2, x=1.5).compile(derivative="hessian")(1.5)
        8.0
        """
        from .replay import compiled

        return compiled(self.full, derivative)

    def to_source(self) -> str:
        """The forward and the backward pass as NumPy source, in your own names; it runs on its own.

        `value_and_gradient(inputs)` returns the output and the gradient with respect to the input, or a tuple of them.
        Frozen inputs are arguments too, but have no gradient: it is left out.
        It is the source of this recording: another branch, or arrays of other shapes, have another. Where 0 meets inf
        in entries that np.where did not take, it says NaN, as NumPy does; the engine and `compile` know better.

        >>> import chainviz as cv
        >>> def f(x):
        ...     z = 2 * x + 1
        ...     return z**2
        >>> print(cv.trace(f, x=1.5).to_source())
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        def value_and_gradient(x):
            z = 2 * x + 1
            y = z ** 2
        <BLANKLINE>
            d_y = 1.0
            d_z = d_y * 2 * z
            d_x = d_z * 2
            return y, d_x
        <BLANKLINE>
        """
        from .source import source

        return source(self.full)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from ..drawing import still

        return still.mime_bundle(self._story())

    def __repr__(self) -> str:
        values = [f"{node.name}={describe(node.value)}" for node in self.nodes]
        if len(values) > 8:
            values[4:-3] = ["..."]
        output, d = self.nodes[self.output].name, self.symbol
        adjoints = [f"{d}{output}/{d}{self.nodes[k].name}={self.adjoint_text(k)}" for k in self.inputs]
        return f"Graph({', '.join(values + adjoints)})"


def _grouped(count: int, keys: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    groups: list[list[int]] = [[] for _ in range(count)]
    for position, key in enumerate(keys):
        groups[key].append(position)
    return tuple(map(tuple, groups))
