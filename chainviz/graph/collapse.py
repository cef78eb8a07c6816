"""Collapsing: a scope, or a run of operations of a large graph, becomes one node, a Group.

Which nodes a box takes is decided from the output back: a node belongs to the box of those that use it if they all are
in one box, and its scope is that box's; else it is the output of a box of its own. So every box has one output.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..autodiff.errors import InputError
from .composite import Fold, Group
from .fold import merged
from .graph import Graph, Node

MOST = 250
"""Nodes above which runs of operations are put into boxes, too."""


def collapse(graph: Graph, expanded: Sequence[str] = ()) -> Graph:
    """The graph with boxes in place of its scopes; see `Graph.collapse`."""
    known = boxes(graph)
    runs = [name for name in expanded if is_run(name)]
    for name in expanded:
        if name not in known and name not in runs:
            scopes = f"Its scopes are {', '.join(known[:20])}." if known else "It has none: use cv.scope."
            raise InputError(f"There is no scope {name!r} in this graph. {scopes}")
    opened = set(expanded)

    def scope_of(node: Node) -> str:
        names = ["/".join(node.scope[:k]) for k in range(1, len(node.scope) + 1)]
        return next((name for name in names if name not in opened), "")

    collapsed = _boxed(graph, [scope_of(node) for node in graph.nodes])
    shown, length = collapsed, -(-len(collapsed.nodes) // MOST)
    while len(shown.nodes) > MOST and length < len(collapsed.nodes):
        length *= 2
        shown = _boxed(collapsed, _runs(collapsed, length, set()))
    if runs and shown is not collapsed:
        return _boxed(collapsed, _runs(collapsed, length, opened))
    return shown


def boxes(graph: Graph) -> list[str]:
    """The names of the scopes, inner ones as in "encoder/layer 1"."""
    found = ("/".join(node.scope[:k]) for node in graph.nodes for k in range(1, len(node.scope) + 1))
    return list(dict.fromkeys(found))


_RUN = "operations "


def is_run(name: str) -> bool:
    """Whether this is how a run of operations is called."""
    return name.startswith(_RUN)


def _runs(graph: Graph, length: int, opened: set[str]) -> list[str]:
    """For every operation the run that it is in, by its place in the recording; "" for an input."""
    first = len(graph.inputs)

    def run(k: int) -> str:
        start = (k - first) // length * length + 1
        return f"{_RUN}{start} to {min(start + length - 1, len(graph.nodes) - first)}"

    named = [
        "" if node.primitive is None or isinstance(node.primitive, Fold) else run(node.index) for node in graph.nodes
    ]
    return ["" if name in opened else name for name in named]


def _boxed(graph: Graph, keys: Sequence[str]) -> Graph:
    """The graph with a box for what has the same key, and is used by nothing else."""
    home = list(range(len(graph.nodes)))
    for node in reversed(graph.nodes):
        k = node.index
        homes = {home[graph.edges[e].target] for e in graph.leaving[k]}
        if keys[k] and k != graph.output and len(homes) == 1 and not node.is_input:
            user = homes.pop()
            home[k] = user if keys[user] == keys[k] else k
    if home == list(range(len(graph.nodes))):
        return graph
    members: list[list[int]] = [[] for _ in graph.nodes]
    for k, root in enumerate(home):
        members[root].append(k)

    def box(inside: Graph, last: Node) -> Group:
        key = keys[last.index]
        return Group(inside, key.split("/")[-1], key)

    return merged(graph, [group for group in members if group], box)
