"""Record: what some outputs were computed from, in creation order; both walks go over it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from typing import Any

from .errors import GraphFreedError
from .primitive import FREED
from .user_code import subject
from .variable import Variable


def ancestors(outputs: Iterable[Any], stop: Container[int] = ()) -> dict[int, Variable]:
    """All that the outputs were computed from, and they themselves, by index; not going above the indices in `stop`."""
    found = {output.index: output for output in outputs if isinstance(output, Variable)}
    unread = list(found.values())
    for node in unread:  # the list grows while it is read
        if node.index in stop:
            continue
        if node.primitive is FREED:
            raise GraphFreedError(
                f"The record behind {subject(node)} was given back by an earlier backward(), so it cannot be "
                "differentiated again. Write y.backward(retain_graph=True) the first time, or record anew."
            )
        for arg in node.args:
            if isinstance(arg, Variable) and arg.index not in found:
                found[arg.index] = arg
                unread.append(arg)
    return found


class Record:
    """What the outputs were computed from, down to the sources (None: down to all inputs).

    The sources are made right before the function runs. So whatever depends on them is younger, and
    a walk that goes from young to old need not look for an order. What is older and no source is a stranger.
    """

    def __init__(self, outputs: Any, sources: Sequence[Variable] | None = None) -> None:
        self.outputs: Sequence[Any] = [outputs] if isinstance(outputs, Variable) else outputs
        self.sources = sources or ()
        self.ends_at_sources = sources is not None
        self.stop: set[int] = set()
        self.youngest = -1
        self.oldest = 0
        self.is_open = False
        """Whether the outputs depend on a Variable that may want to differentiate them again: an input of an outer
        transformation, reached through a source or a closure. The walks find out."""
        if self.sources:
            self.oldest = self.sources[0].index
        for source in self.sources:
            index = source.index
            self.stop.add(index)
            if index > self.youngest:
                self.youngest = index
            if index < self.oldest:
                self.oldest = index
            self.is_open = self.is_open or source.args != ()

    @cached_property
    def nodes(self) -> list[Variable]:
        """The nodes in creation order."""
        found = ancestors(self.outputs, self.stop)
        return [found[index] for index in sorted(found)]

    @cached_property
    def downstream(self) -> list[Variable]:
        """The nodes that depend on a source, in creation order, without the sources."""
        found = set(self.stop)
        chosen: list[Variable] = []
        for node in self.nodes:
            if node.index not in found and any(isinstance(arg, Variable) and arg.index in found for arg in node.args):
                found.add(node.index)
                chosen.append(node)
        return chosen

    @property
    def last(self) -> int:
        """The index of the youngest output; -1 if all are constants."""
        last = -1
        for output in self.outputs:
            if isinstance(output, Variable) and output.index > last:
                last = output.index
        return last

    def meet(self, strangers: Sequence[Variable]) -> None:
        """Find out whether one of these old Variables is, or was computed from, an input that is still open."""
        if strangers and not self.is_open:
            self.is_open = any(node.is_open for node in ancestors(strangers).values())
