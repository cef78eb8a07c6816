"""What a graph, or the player that shows it, can be kept as: pictures of its steps. Drawing is loaded on first use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..drawing.still import Progress, Story

Target = str | Path | None


class Pictures:
    """The exports of whatever has a story. None of them changes what it shows.

    A step is None for the one shown now (of a graph: the last), an int (negative ones count from the end), or "last";
    themes are "light" and "dark". Without a path the text or the bytes are only returned. Raises InputError for a step,
    a theme or a folder that is not there, and while there is nothing to show.
    """

    def _story(self) -> Story:
        raise NotImplementedError

    def to_svg(self, path: Target = None, *, step: int | Literal["last"] | None = None, theme: str = "light") -> str:
        """The picture at a step, as SVG text.

        >>> import chainviz as cv
        >>> cv.trace(lambda x: x**2, x=1.5).to_svg()[:37]
        '<svg xmlns="http://www.w3.org/2000/sv'
        """
        return self._story().to_svg(path, step, theme)

    def to_png(
        self, path: Target = None, *, step: int | Literal["last"] | None = None, theme: str = "light", scale: float = 2
    ) -> bytes:
        """The picture at a step in pixels, `scale` of them for a unit of the drawing.

        >>> import chainviz as cv
        >>> cv.trace(lambda x: x**2, x=1.5).to_png()[1:4]
        b'PNG'
        """
        return self._story().to_png(path, step, theme, scale)

    def to_pdf(
        self, path: Target = None, *, step: int | Literal["last", "all"] | None = None, theme: str = "light"
    ) -> bytes:
        """The picture at a step as a PDF of one page, all vectors; step="all" makes one page a step.

        >>> import chainviz as cv
        >>> cv.trace(lambda x: x**2, x=1.5).to_pdf(step="all")[:4]
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
        >>> cv.trace(lambda x: x**2, x=1.5).to_gif(first=-1)[:3]
        b'GIF'
        """
        return self._story().to_gif(path, theme, seconds, first, last, scale, progress)
