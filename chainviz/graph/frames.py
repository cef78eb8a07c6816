"""Frames: the scopes and loops whose inside shows, with the nodes that are in them.

A node is in a frame only if all operations that it stands for are; so a frame may hold less than the box did, where a
run of operations takes nodes from inside and outside, but never anything that was not in it.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from .collapse import is_run, title
from .composite import Group
from .graph import Graph


class Frame(NamedTuple):
    """An open box: the name under which it opens, its title, and the nodes in it, those of frames inside included."""

    key: str
    title: str
    nodes: tuple[int, ...]


def frames(graph: Graph) -> list[Frame]:
    """The open boxes of a graph, outer ones before those inside them; a single operation needs no box, nor a frame.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> def f(x):
    ...     with cv.scope("layer 1"):
    ...         h = np.tanh(2 * x)
    ...     return h + 1
    >>> frames(cv.trace(f, x=1.5))
    [Frame(key='layer 1', title='layer 1', nodes=(1, 2))]
    >>> frames(cv.trace(f, x=1.5).collapse())
    []
    """
    closed = {node.primitive.key for node in graph.nodes if isinstance(node.primitive, Group)}
    members: dict[str, list[int]] = {}
    shown: set[str] = set()
    for node in graph.nodes:
        key = node.primitive.key if isinstance(node.primitive, Group) else ""
        for name in _around(graph, node.index):
            if name in closed:
                break
            members.setdefault(name, []).append(node.index)
            if not is_run(key):  # a run may be all that is left of a box that is closed
                shown.add(name)
    found = [Frame(name, title(graph.full, name), tuple(nodes)) for name, nodes in members.items()]
    stand_for = [len(of) for of in graph.members] or [1] * len(graph.nodes)
    inside = [frame for frame in found if frame.key in shown and sum(stand_for[k] for k in frame.nodes) > 1]
    return sorted(inside, key=lambda frame: frame.key.count("/"))


def _around(graph: Graph, index: int) -> list[str]:
    """The names of the boxes that all operations of a node are in, outermost first."""
    paths = graph.full.containers
    members = [paths[k] for k in (graph.members[index] if graph.members else (index,))]
    ends = zip(min(members), max(members), strict=False)  # in their order, what these two share all share
    path = [a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], ends)]
    return ["/".join(path[:k]) for k in range(1, len(path) + 1)]
