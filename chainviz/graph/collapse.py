"""Collapsing: a scope, a loop, or a run of operations of a large graph becomes one node, a Group.

Which nodes a box takes is decided from the output back: a node belongs to the box of those that use it if they all are
in one box, and its scope is that box's; else it is the output of a box of its own. So every box has one output.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ..autodiff.errors import InputError
from .bundle import bundled, is_portion, is_wide
from .composite import Group
from .fold import Entering, merged
from .graph import Graph
from .loops import Loop, loops
from .trace import without_collections

MOST = 250
"""Nodes above which runs of operations are put into boxes, too."""
FEW = 60
"""Boxes that the runs of a graph with more than `MOST` nodes make: as many as are read, and laid out, at once."""
LONG = 60
"""Nodes above which loops are looked for: what is shorter is read as it is."""


def collapse(graph: Graph, expanded: Sequence[str] = ()) -> Graph:
    """The graph with boxes in place of its scopes; see `Graph.collapse`."""
    with without_collections():
        return _collapsed(graph, expanded)


def _collapsed(graph: Graph, expanded: Sequence[str]) -> Graph:
    known = boxes(graph)
    for name in expanded:
        if name not in known and not is_run(name):
            scopes = f"Its scopes are {', '.join(known[:20])}." if known else "It has none: use cv.scope."
            raise InputError(f"There is no scope {name!r} in this graph. {scopes}")
    shown = _opened(graph, expanded)
    closing = [name for name in expanded if is_run(name)]
    while len(shown.nodes) > MOST and closing:  # what was opened first closes again
        expanded = [name for name in expanded if name != closing[0]]
        shown, closing = _opened(graph, expanded), closing[1:]
    return shown if len(shown.nodes) <= MOST or not expanded else _opened(graph, ())


def _opened(graph: Graph, expanded: Sequence[str]) -> Graph:
    """The graph with these boxes open, and what is too many for a picture in runs and bundles."""
    opened = set(expanded)
    paths = graph.containers
    outermost = {path: _outermost(path, opened) for path in dict.fromkeys(paths)}
    keys = [outermost[path] for path in paths]
    runs = _Runs(graph, opened)
    home = runs.homes(keys)
    if len(set(home)) > MOST and is_wide(graph, home):
        shown = bundled(_merged(graph, keys, home), opened, MOST)
        if len(shown.nodes) <= MOST:
            return shown
    home = runs.split(keys, home)
    shown = _merged(graph, keys, home)
    return bundled(shown, opened, MOST) if len(shown.nodes) > MOST else shown


def _merged(graph: Graph, keys: Sequence[str], home: Sequence[int]) -> Graph:
    """The graph with one node for every home."""
    members: list[list[int]] = [[] for _ in graph.nodes]
    for k, root in enumerate(home):
        members[root].append(k)
    groups = [group for group in members if group]
    if len(groups) == len(graph.nodes):
        return graph

    def box(group: Sequence[int], entering: Entering) -> Group:
        key = keys[group[-1]]
        return Group(graph, group, entering, title(graph, key), key)

    return merged(graph, groups, box)


def named_loops(graph: Graph) -> dict[str, Loop]:
    """The loops of a graph that is not short, by names that no scope has."""
    if len(graph.nodes) <= LONG:
        return {}
    taken = {node.scope[0] for node in graph.nodes if node.scope}
    free = (name for k in itertools.count(1) if (name := f"loop {k}") not in taken)
    return dict(zip(free, loops(graph), strict=False))


def containers(graph: Graph) -> list[tuple[str, ...]]:
    """For every node the boxes that it is in, outermost first: its scopes, or a loop and the round of it."""
    found = [node.scope for node in graph.nodes]
    for name, (start, period, rounds) in graph.loops.items():
        for k in range(period * rounds):
            found[start + k] = name, f"round {k // period + 1}"
    return found


def boxes(graph: Graph) -> list[str]:
    """The names of the scopes and loops, inner ones as in "encoder/layer 1"."""
    paths = dict.fromkeys(graph.containers)
    return list(dict.fromkeys("/".join(path[:k]) for path in paths for k in range(1, len(path) + 1)))


_RUN = "operations "


def is_run(name: str) -> bool:
    """Whether this is how a run of operations is called, or a bundle."""
    return name.startswith(_RUN) or is_portion(name)


def _outermost(path: tuple[str, ...], opened: set[str]) -> str:
    """The name of the outermost box that is not open; "" if all are."""
    for k in range(1, len(path) + 1):
        name = "/".join(path[:k])
        if name not in opened:
            return name
    return ""


def title(graph: Graph, key: str) -> str:
    """What a box is called in the picture."""
    loop = graph.loops.get(key)
    return key.split("/")[-1] if loop is None else f"loop ×{loop.rounds}"


class _Runs:
    """Puts runs of what a graph shows into boxes of their own, where it shows too much."""

    def __init__(self, graph: Graph, opened: set[str]) -> None:
        self.graph, self.opened = graph, opened
        self.users = [[graph.edges[e].target for e in leaving] for leaving in graph.leaving]
        self.fixed = [node.is_input or node.primitive is None for node in graph.nodes]

    def split(self, keys: list[str], home: list[int]) -> list[int]:
        """The homes with runs in boxes, if there are too many. What is in a run has the run's name for a key then."""
        shown = [k for k, root in enumerate(home) if root == k and not self.fixed[k]]
        return self._split(keys, home, shown) if len(shown) > MOST else home

    def homes(self, keys: Sequence[str]) -> list[int]:
        """For every node the one whose box it is in."""
        home, output = list(range(len(keys))), self.graph.output
        for k in range(len(keys) - 1, -1, -1):
            key = keys[k]
            if not key or k == output or self.fixed[k]:
                continue
            first, *others = self.users[k]
            root = home[first]
            if keys[root] == key and all(home[user] == root for user in others):
                home[k] = root
        return home

    def _split(self, keys: list[str], home: list[int], shown: Sequence[int]) -> list[int]:
        """Runs of these nodes, each with what is in its box; longer ones, until few enough are left."""
        length, own = -(-len(shown) // FEW), keys[:]
        members: dict[int, list[int]] = {k: [] for k in shown}
        for k, root in enumerate(home):
            if root in members:
                members[root].append(k)
        while True:
            runs = [shown[k : k + length] for k in range(0, len(shown), length)]
            first = shown[0]
            for run in runs:
                name = self._name(first, run[-1])
                first = run[-1] + 1
                for k in (k for root in run for k in members[root]):
                    keys[k] = name
            found = self.homes(keys)
            if sum(found[k] == k for k in shown) <= MOST or length >= len(shown):
                break
            length *= 2
        opened = [run for run in runs if keys[run[-1]] in self.opened]
        for run in opened:
            for k in (k for root in run for k in members[root]):
                keys[k] = own[k]
            if MOST < len(run) < len(shown):
                found = self._split(keys, home, run)
        return self.homes(keys) if opened else found

    def _name(self, first: int, last: int) -> str:
        before = len(self.graph.inputs) - 1
        return f"{_RUN}{first - before} to {last - before}"
