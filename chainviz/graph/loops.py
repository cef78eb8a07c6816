"""Loops: where the same operations, wired alike, come round after round, each round on what the last one made.

    x = np.sin(x) * w[k] + 0.1          sin index multiply add   sin index multiply add   sin ...     period 4

Found in time linear in the recording, and by what was recorded alone: two loops of the source that do the same are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .graph import Graph
from .node import Node, Reference
from .operations import identity

ROUNDS = 4
"""Rounds from which on a repetition is a loop."""
SHORTEST = 12
"""Operations from which on it is one: four times the same function in a row is no loop that a reader looks for."""
_WINDOWS = (32, 8, 2, 1)
"""How many operations are compared at a time to find how far a repetition is away: the long see through inner ones."""


class Loop(NamedTuple):
    """The nodes from `start`, `rounds` times `period` of them."""

    start: int
    period: int
    rounds: int


def loops(graph: Graph) -> list[Loop]:
    """The loops among the operations outside all scopes, in order; none overlaps another."""
    numbers: dict[object, int] = {}
    # What cannot be part of a loop has a number of its own.
    tokens = [
        -1 - node.index if node.primitive is None or node.scope else numbers.setdefault(_kind(node), len(numbers))
        for node in graph.nodes
    ]
    free, found = [token >= 0 for token in tokens], list[Loop]()
    for window in _WINDOWS:
        for low, high, period in _repetitions(tokens, free, window):
            for start, end in _alike(graph.nodes, low, high, period):
                loop = _in_phase(graph.nodes, start, end, period)
                if loop is not None and _has_one_result(graph, loop):
                    found.append(loop)
                    free[loop.start : loop.start + loop.period * loop.rounds] = [False] * (loop.period * loop.rounds)
    return sorted(found)


def _has_one_result(graph: Graph, loop: Loop) -> bool:
    """Whether one value of the loop is used outside: else no box could stand for it."""
    end = loop.start + loop.period * loop.rounds
    outputs = {
        k for k in range(loop.start, end)
        if k == graph.output or any(graph.edges[e].target >= end for e in graph.leaving[k])
    }  # fmt: skip
    return len(outputs) == 1


def _kind(node: Node) -> tuple[object, ...]:
    shape = () if node.value.__class__ is float else node.shape
    return identity(node.primitive), shape, *[o.__class__ is Reference for o in node.operands]


def _repetitions(tokens: Sequence[int], free: Sequence[bool], window: int) -> Iterator[tuple[int, int, int]]:
    """Stretches (low, high, period), high excluded, in which every token is the one that is a period before it."""
    last: dict[tuple[int, ...], int] = {}
    began, distance, stretches = 0, 0, list[tuple[int, int, int]]()

    def end(at: int) -> None:
        if distance and at - began + window - 1 >= (ROUNDS - 1) * distance:
            stretches.append((began - distance, at + window - 1, distance))

    for k in range(len(tokens) - window + 1):
        seen = tuple(tokens[k : k + window])
        away = k - last[seen] if seen in last and free[k] else 0
        last[seen] = k
        if away != distance:
            end(k)
            began, distance = k, away
    end(len(tokens) - window + 1)
    for low, high, period in stretches:
        if all(free[low:high]):
            yield low, high, period


def _alike(nodes: Sequence[Node], low: int, high: int, period: int) -> Iterator[tuple[int, int]]:
    """The parts of a stretch that are wired alike from round to round, if they are long enough."""
    start = low
    for k in range(low + period, high):
        if not _wired_alike(nodes, k, period, start):
            if k - start >= ROUNDS * period:
                yield start, k
            start = k - period + 1
    if high - start >= ROUNDS * period:
        yield start, high


def _wired_alike(nodes: Sequence[Node], k: int, period: int, start: int) -> bool:
    """Whether a node uses what the one a period before it uses: the like of its own round, or what is no part of it."""
    is_second_round = k - period < start + period
    for now, before in zip(nodes[k].operands, nodes[k - period].operands, strict=True):
        if not isinstance(now, Reference):
            continue
        outside = before.node < start and (now.node < start or is_second_round)
        if now.node - before.node not in (0, period) and not outside:
            return False
    return True


def _in_phase(nodes: Sequence[Node], start: int, end: int, period: int) -> Loop | None:
    """The loop with its rounds cut where least passes from one to the next; None where nothing does."""
    best: tuple[int, int] | None = None
    for phase in range(min(period, end - start - ROUNDS * period + 1)):
        cut = start + phase + period
        carried = {
            o.node for node in nodes[cut : cut + period] for o in node.operands
            if isinstance(o, Reference) and cut - period <= o.node < cut
        }  # fmt: skip
        if carried and (best is None or len(carried) < best[0]):
            best = len(carried), start + phase
        if best and best[0] == 1:
            break
    if best is None or end - best[1] < SHORTEST:
        return None
    return Loop(best[1], period, (end - best[1]) // period)
