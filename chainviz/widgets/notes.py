"""What a player says of its picture: how much of the graph shows, what closed again, what takes long."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph.collapse import MOST, is_run
from ..graph.composite import Group
from ..graph.graph import Graph
from ..messages import Message

CANCELLED = Message("The layout was cancelled; the picture is the last one.")


def laying_out(nodes: int) -> str:
    """What takes long."""
    return Message("Laying out {0} nodes…", f"{nodes:,}")


def closed_again(graph: Graph, expanded: Sequence[str]) -> list[str]:
    """The boxes that were to be open, and are not: a picture has no room for them."""
    closed = {node.primitive.key for node in graph.nodes if isinstance(node.primitive, Group)}
    return [name for name in expanded if name in closed]


def note_of(graph: Graph, closed: Collection[str], asked: str = "") -> str:
    """How many of the operations of a large graph show; "" of others. And which boxes closed.

    asked: the box that was to open last. Where it is a run of operations and closed too, it has no room at all: runs
    of a tangled graph do not split into few enough boxes.

    >>> import chainviz as cv
    >>> note_of(cv.trace(lambda x: x**2, x=3.0), ["layer 1"])
    'layer 1 closed again, as a picture shows at most 250 nodes.'
    """
    told: list[str] = []
    if asked in closed and is_run(asked):
        told.append(Message("{0} stay closed: they are too tangled for a picture of at most {1} nodes.", asked, MOST))
    elif closed:
        told.append(Message("{0} closed again, as a picture shows at most {1} nodes.", ", ".join(closed), MOST))
    if len(graph.full.nodes) > MOST:
        shown = sum(node.primitive is not None and not isinstance(node.primitive, Group) for node in graph.nodes)
        operations = len(graph.full.nodes) - len(graph.full.inputs)
        told.append(Message("{0} of {1} operations; boxes open on demand.", f"{shown:,}", f"{operations:,}"))
    return Message("{0} {1}", *told) if len(told) > 1 else told[0] if told else ""
