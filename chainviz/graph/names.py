"""What the user calls each value: read off the local variables of the functions that ran, never guessed from text.

A frame keeps its locals for as long as we hold it. So at every recorded step we look at the frames that are running,
and once more when all is done: a Variable that a local is bound to has that local's name. The outermost function's
word counts most.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from inspect import CO_GENERATOR
from types import CodeType, FrameType

from ..autodiff.control import Call, open_scopes
from ..autodiff.user_code import Place, is_inside, place, told
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
        self._inside: dict[CodeType, bool] = {}
        self._lines: dict[tuple[CodeType, int | None], Place] = {}
        self._waiting: dict[FrameType, FrameType] = {}

    def __call__(self, made: Variable) -> Variable:
        """Note where we are: `made` has just been recorded."""
        index = made.index
        if open_scopes:
            self.scopes[index] = tuple(open_scopes)
        if told:
            self.places[index] = told[-1]
        running: list[FrameType] = []
        inside = self._inside
        frame: FrameType | None = inspect.currentframe()
        while frame is not None and frame is not self.boundary:
            code = frame.f_code
            if code not in inside:
                inside[code] = is_inside(frame)
            if not inside[code]:
                running.append(frame)
            frame = frame.f_back
        if not running:
            return made
        line = running[0].f_code, running[0].f_lineno
        if line not in self._lines:
            self._lines[line] = place(running[0])
        self.places.setdefault(index, self._lines[line])
        last = len(running) - 1
        for k in range(last, -1, -1):
            user_frame = running[k]
            if k:  # it waits for the call of running[k - 1]; while that is the same call, it binds nothing
                called = running[k - 1]
                if self._waiting.get(user_frame) is called and not called.f_code.co_flags & CO_GENERATOR:
                    continue
                self._waiting[user_frame] = called
            self.depths[user_frame] = last - k
            self._look(user_frame, last - k)
        return made

    def finish(self) -> None:
        """Look once more, now that the last assignments have been made, and let the frames go."""
        for frame, depth in self.depths.items():
            self._look(frame, depth)
        self.depths.clear()
        self._waiting.clear()

    def wish(self, node: Variable) -> str:
        """The user's own name for it, "" if there is none."""
        return node.name or self.bound.get(node.index, (0, ""))[1]

    def _look(self, frame: FrameType, depth: int) -> None:
        for name, value in frame.f_locals.items():
            if isinstance(value, Variable) and not name.startswith("_"):
                earlier = self.bound.get(value.index)
                if earlier is None or depth < earlier[0]:
                    self.bound[value.index] = (depth, name)


def numbered_calls(paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The scopes of all nodes, with the calls of a module numbered where there are several in the scope around them."""
    written: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
    children: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
    for path in dict.fromkeys(paths):
        for depth in range(len(path)):
            children.setdefault(path[:depth], {})[path[: depth + 1]] = None
    for parent, ways in children.items():  # parents come before their children
        calls = Counter(str(way[-1]) for way in ways if isinstance(way[-1], Call))
        taken = {way[-1] for way in ways if not isinstance(way[-1], Call)}
        counts: Counter[str] = Counter()
        for way in ways:
            label = str(way[-1])
            if isinstance(way[-1], Call) and (calls[label] > 1 or label in taken):
                counts[label] += 1
                while f"{label} {counts[label]}" in taken:
                    counts[label] += 1
                label = f"{label} {counts[label]}"
            written[way] = (*written[parent], label)
    return [written[path] for path in paths]


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
            continue
        taken.add(_key(names[-1]))
    return names


def _numbered(base: str, taken: set[str], counts: Counter[str]) -> str:
    """The next of h₁, h₂, ... that is free, and taken from now on."""
    separator = "_" if base[-1:].isdigit() else ""
    letters = greek(base) if base.isalpha() else ""
    while True:
        counts[base] += 1
        name = f"{base}{separator}{str(counts[base]).translate(_DIGITS)}"
        key = f"{letters}_{counts[base]}" if letters else _key(name)
        if key not in taken:
            taken.add(key)
            return name


def _key(name: str) -> str:
    """Names that look alike in the drawing, such as h1 and h₁, are one."""
    base, index = split_name(name)
    return f"{greek(base)}_{index}" if index else greek(base)
