"""What a player can be kept as: pictures of its steps, its graph as DOT, its function as LaTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ..autodiff.errors import InputError
from ..drawing.still import Progress, Story
from ..graph.graph import Graph

Target = str | Path | None


class Pictures:
    """The exports of a player. None of them changes what it shows.

    A step is None for the one shown now, an int (negative ones count from the end), or "last"; themes are "light" and
    "dark". Without a path the text or the bytes are only returned. Raises InputError for a step, a theme or a folder
    that is not there, and while there is nothing to show.
    """

    graph: Graph | None
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

    def _graph(self) -> Graph:
        if self.graph is None:
            raise InputError(f"There is no picture yet: {self.error or 'show a graph first, as with Player(graph).'}")
        return self.graph

    def _story(self) -> Story:
        self._graph()
        step = self.step if self.mode == "reverse" else len(self.scene["steps"]) - 1
        return Story(self.scene, self.frame, repr(self), step)
