"""Gates that are in the way of a card, of its caption or of each other move aside, as little as it takes."""

from __future__ import annotations

from collections.abc import Sequence

Extent = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_STEP, _FARTHEST, _AIR = 4, 120, 3.0


def shifts(gates: Sequence[Extent], taken: Sequence[Extent], axis: int, room: float) -> list[float]:
    """How far each gate moves along an axis (0 to the right, 1 down), so that none lies on what is taken.

    A gate stays where it is free already, and where nothing is free within reach; none leaves the drawing, which ends
    at `room`.

    >>> shifts([(0, 0, 10, 10), (0, 40, 10, 50)], [(0, 20, 10, 42)], axis=1, room=100)
    [0.0, 8.0]
    """
    placed, found = list(gates), []
    distances = sorted(range(-_FARTHEST, _FARTHEST + 1, _STEP), key=abs)
    for k, gate in enumerate(gates):
        others = [*taken, *placed[:k], *placed[k + 1 :]]
        distance = next((d for d in distances if _is_free(_moved(gate, axis, d), others, axis, room)), 0)
        placed[k] = _moved(gate, axis, distance)
        found.append(float(distance))
    return found


def _is_free(at: Extent, others: Sequence[Extent], axis: int, room: float) -> bool:
    return at[axis] >= 0 and at[axis + 2] <= room and not any(overlap(at, other, _AIR) for other in others)


def overlap(a: Extent, b: Extent, air: float = 0.0) -> bool:
    """Whether two extents share some area, or come closer than `air`."""
    return min(a[2], b[2]) - max(a[0], b[0]) > -air and min(a[3], b[3]) - max(a[1], b[1]) > -air


def _moved(extent: Extent, axis: int, distance: float) -> Extent:
    left, top, right, bottom = extent
    return (
        (left, top + distance, right, bottom + distance) if axis else (left + distance, top, right + distance, bottom)
    )
