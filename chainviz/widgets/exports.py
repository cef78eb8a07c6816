"""What a player can be kept as: a page, its graph as DOT, its function as LaTeX, and pictures of its steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..autodiff.errors import InputError
from ..drawing.still import Progress, Story, counter, write
from ..graph.graph import Graph
from ..graph.pictures import Pictures

if TYPE_CHECKING:
    from .page import Content

_OF_A_PAGE = ("step", "mode", "tangent_of", "detail", "language", "messages", "controls", "size")
"""The traits with which a page begins."""


class Exports(Pictures):
    """The exports of a player. None of them changes what it shows."""

    graph: Graph | None
    foldable: Any
    tangent_of: Any
    detail: Any
    scene: Any
    frame: Any
    step: Any
    mode: Any
    error: Any

    def to_dot(self) -> str:
        """The graph in Graphviz's language, as `Graph.to_dot`."""
        return self._graph().to_dot()

    def to_latex(self, derivative: str | None = None) -> str:
        """The function as a formula, or its derivative with respect to an input, as `Graph.to_latex`."""
        return self._graph().to_latex(derivative)

    def to_html(self, path: str | Path | None = None, *, progress: Progress = None) -> str | None:
        """The player as a page of its own, for any browser, without a server or a network.

        Stepping, playing and the keyboard work as here. Sliders are live where the page can compute the function, of
        numbers and small arrays; else it holds some positions of each, and says so. A small page holds every operation,
        too, and the button that shows them; a larger one keeps the detail that is shown now. It begins at this step.

        Args:
            path: where to write it; None returns the text instead.
            progress: is called with the looks along the sliders that are done and those that there may be, or True,
                which prints them. Interrupting the kernel leaves everything as it was.

        Raises:
            InputError: there is no picture yet, as the function has no value at the inputs; or no such folder.

        >>> import chainviz as cv
        >>> cv.Player(cv.trace(lambda x: x**2, x=3.0)).to_html()[:15]
        '<!doctype html>'
        """
        from .page import SWITCHABLE, Content, page  # here, as few players are exported

        graph, hear = self._graph(), counter(progress, "look")
        traits = {"values": self._values_shown()} | {name: getattr(self, name) for name in _OF_A_PAGE}
        content = Content(tangent_of=self.tangent_of)
        self._fill(content, self.detail, hear)
        text = page(content, graph, traits, repr(self))
        if self.foldable and not content.positions and len(text) < SWITCHABLE:
            other = "full" if self.detail == "folded" else "folded"
            if self._fill(content, other, hear):
                both = page(content, graph, traits, repr(self))
                text = both if len(both) <= SWITCHABLE else text
        if path is None:
            return text
        write(path, text.encode())
        return None

    def _fill(self, content: Content, detail: str, hear: Callable[[int, int], Any]) -> bool:
        """Put a level of detail into the page. Whether the page can answer in it as in the one that it has."""
        content.add(detail, self._seen(self._graph().full, detail), self.scene["top"])
        return True

    def _seen(self, graph: Graph, detail: str | None = None) -> Graph:
        raise NotImplementedError

    def _values_shown(self) -> dict[str, Any]:
        return {}

    def _graph(self) -> Graph:
        if self.graph is None:
            raise InputError(f"There is no picture yet: {self.error or 'show a graph first, as with Player(graph).'}")
        return self.graph

    def _story(self) -> Story:
        self._graph()
        step = self.step if self.mode == "reverse" else len(self.scene["steps"]) - 1
        return Story(self.scene, self.frame, repr(self), step)
