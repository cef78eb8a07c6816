"""What a player can be kept as: a page, pictures of its steps, its graph as DOT, its function as LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..autodiff.errors import InputError
from ..drawing.still import Progress, Story, counter, write
from ..graph.graph import Graph

if TYPE_CHECKING:
    from .page import Content

Target = str | Path | None


class Pictures:
    """The exports of a player. None of them changes what it shows.

    A step is None for the one shown now, an int (negative ones count from the end), or "last"; themes are "light" and
    "dark". Without a path the text or the bytes are only returned. Raises InputError for a step, a theme or a folder
    that is not there, and while there is nothing to show.
    """

    graph: Graph | None
    detail: Any
    foldable: Any
    tangent_of: Any
    language: Any
    messages: Any
    scene: Any
    frame: Any
    step: Any
    mode: Any
    error: Any

    def to_svg(self, path: Target = None, *, step: int | Literal["last"] | None = None, theme: str = "light") -> str:
        """The picture at a step, as SVG text.

        >>> import chainviz as cv
        >>> cv.explore(lambda x: x**2, x=1.5).to_svg(step="last")[:37]
        '<svg xmlns="http://www.w3.org/2000/sv'
        """
        return self._story().to_svg(path, step, theme)

    def to_png(
        self, path: Target = None, *, step: int | Literal["last"] | None = None, theme: str = "light", scale: float = 2
    ) -> bytes:
        """The picture at a step in pixels, `scale` of them for a unit of the drawing.

        >>> import chainviz as cv
        >>> cv.explore(lambda x: x**2, x=1.5).to_png()[1:4]
        b'PNG'
        """
        return self._story().to_png(path, step, theme, scale)

    def to_pdf(
        self, path: Target = None, *, step: int | Literal["last", "all"] | None = None, theme: str = "light"
    ) -> bytes:
        """The picture at a step as a PDF of one page, all vectors; step="all" makes one page a step.

        >>> import chainviz as cv
        >>> cv.explore(lambda x: x**2, x=1.5).to_pdf(step="all")[:4]
        b'%PDF'
        """
        return self._story().to_pdf(path, step, theme)

    def to_gif(
        self, path: Target = None, *, theme: str = "light", seconds: float = 1.6, first: int = 0,
        last: int | Literal["last"] = "last", scale: float = 1, progress: Progress = None,
    ) -> bytes:  # fmt: skip
        """The steps from `first` to `last` as an animation, each `seconds` long.

        Numbers travel between the steps; in a story of more than about 30 steps they do so in fewer frames, in one of
        more than 240 not at all. `progress` is called with the frames that are done and all there are, or True, which
        prints them. It cannot be cancelled in the page; interrupting the kernel leaves everything as it was.

        >>> import chainviz as cv
        >>> cv.explore(lambda x: x**2, x=1.5).to_gif(first=-1)[:3]
        b'GIF'
        """
        return self._story().to_gif(path, theme, seconds, first, last, scale, progress)

    def to_dot(self) -> str:
        """The graph in Graphviz's language, as `Graph.to_dot`."""
        return self._graph().to_dot()

    def to_latex(self, derivative: str | None = None) -> str:
        """The function as a formula, or its derivative with respect to an input, as `Graph.to_latex`."""
        return self._graph().to_latex(derivative)

    def to_html(self, path: Target = None, *, progress: Progress = None) -> str | None:
        """The player as a page of its own, for any browser, without a server or a network.

        Stepping, playing and the keyboard work as here. Sliders of a function of numbers are live; for arrays the page
        holds some positions of each slider, and says so. A small page holds every operation, too, and the button that
        shows them; a larger one keeps the detail that is shown now, and says so. It shows the step that is shown now.

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
        traits = {"step": self.step, "mode": self.mode, "tangent_of": self.tangent_of, "detail": self.detail}
        traits |= {"values": self._values_shown(), "language": self.language, "messages": self.messages}
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
