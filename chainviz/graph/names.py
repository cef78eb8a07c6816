"""What the user calls each value: read off the local variables of the functions that ran, never guessed from text.

A frame keeps its locals for as long as we hold it. So at every recorded step we look at the frames that are running,
and once more when all is done: a Variable that a local is bound to has that local's name. The outermost function's
word counts most.
"""

from __future__ import annotations

import inspect
from collections import Counter
from types import FrameType

from ..autodiff.control import open_scopes
from ..autodiff.user_code import Place, is_inside, place
from ..autodiff.variable import Variable
from .letters import greek, split_name

_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_OUTPUTS = ("y", "z", "w", "f", "out")


class Witness:
    """Watches a function run: which local variable each Variable was bound to, its line, and the scopes open then."""

    def __init__(self, boundary: FrameType | None) -> None:
        self.boundary = boundary
        self.depths: dict[FrameType, int] = {}
        self.bound: dict[int, tuple[int, str]] = {}
        self.places: dict[int, Place] = {}
        self.scopes: dict[int, tuple[str, ...]] = {}

    def __call__(self, made: Variable) -> Variable:
        """Note where we are: `made` has just been recorded."""
        if open_scopes:
            self.scopes[made.index] = tuple(open_scopes)
        running: list[FrameType] = []
        frame = inspect.currentframe()
        while frame is not None and frame is not self.boundary:
            if not is_inside(frame):
                running.append(frame)
            frame = frame.f_back
        if running:
            self.places[made.index] = place(running[0])
        for depth, user_frame in enumerate(reversed(running)):
            self.depths[user_frame] = depth
            self._look(user_frame, depth)
        return made

    def finish(self) -> None:
        """Look once more, now that the last assignments have been made, and let the frames go."""
        for frame, depth in self.depths.items():
            self._look(frame, depth)
        self.depths.clear()

    def wish(self, node: Variable) -> str:
        """The user's own name for it, "" if there is none."""
        return node.name or self.bound.get(node.index, (0, ""))[1]

    def _look(self, frame: FrameType, depth: int) -> None:
        for name, value in frame.f_locals.items():
            if isinstance(value, Variable) and not name.startswith("_"):
                earlier = self.bound.get(value.index)
                if earlier is None or depth < earlier[0]:
                    self.bound[value.index] = (depth, name)


def assign(nodes: list[Variable], inputs: dict[int, str], output: int, witness: Witness) -> list[str]:
    """A name for every node, all different: the user's own, numbered where it was bound again, else v₁, v₂, ..., and y.

    Args:
        nodes: in creation order.
        inputs: the names of the inputs, by the nodes' `index`.
        output: the output's `index`.
    """
    wishes = [witness.wish(node) for node in nodes]
    wishes = [inputs.get(node.index, wish) for node, wish in zip(nodes, wishes, strict=True)]
    often = {wish for wish, times in Counter(wishes).items() if times > 1}
    taken = {_key(wish) for wish in wishes if wish not in often} | {_key(name) for name in inputs.values()}
    counts: Counter[str] = Counter()
    names: list[str] = []
    for node, wish in zip(nodes, wishes, strict=True):
        if node.index in inputs or (wish and wish not in often):
            names.append(inputs.get(node.index, wish))
        elif not wish and node.index == output and (free := [c for c in _OUTPUTS if c not in taken]):
            names.append(free[0])
        else:
            names.append(_numbered(wish or "v", taken, counts))
        taken.add(_key(names[-1]))
    return names


def _numbered(base: str, taken: set[str], counts: Counter[str]) -> str:
    """The next of h₁, h₂, ... that is free."""
    separator = "_" if base[-1:].isdigit() else ""
    while True:
        counts[base] += 1
        name = f"{base}{separator}{str(counts[base]).translate(_DIGITS)}"
        if _key(name) not in taken:
            return name


def _key(name: str) -> str:
    """Names that look alike in the drawing, such as h1 and h₁, are one."""
    base, index = split_name(name)
    return f"{greek(base)}_{index}" if index else greek(base)
