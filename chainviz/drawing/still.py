"""Pictures to keep: SVG, PNG, PDF and GIF of a scene at its steps, and what a notebook shows where no widget lives."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterator
from html import escape
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..autodiff.errors import InputError
from .picture import picture
from .scene import frame, scene
from .shapes import Picture, palette
from .svg import svg

if TYPE_CHECKING:
    from ..graph.graph import Graph

Target = str | Path | None
Progress = Callable[[int, int], Any] | bool | None
FRAMES_PER_SECOND = 10
MOST_FRAMES = 240
"""Frames of an animation that may be travel; longer stories move in fewer, and at last in steps only."""


class Story(NamedTuple):
    """A scene with its numbers, in words, and the step that it stands at."""

    scene: dict[str, Any]
    frame: bytes
    words: str
    current: int

    def step(self, step: Any) -> int:
        """The step that was asked for; a negative one counts from the end."""
        last = len(self.scene["steps"]) - 1
        if step is None:
            return self.current
        if step == "last":
            return last
        if isinstance(step, bool) or not isinstance(step, Integral) or not -last - 1 <= int(step) <= last:
            raise InputError(
                f"There is no step {step!r}. The steps are 0 to {last}; write step={last} or step='last' for the last, "
                f"or a negative one to count from the end."
            )
        return int(step) % (last + 1)

    def at(self, step: int, share: float | None = None) -> Picture:
        """The picture at a step."""
        return picture(self.scene, self.frame, step, share)

    def to_svg(self, path: Target, step: int | Literal["last"] | None, theme: str) -> str:
        """The picture at a step as SVG."""
        drawn = svg(self.at(self.step(step)), palette(theme), self.words)
        write(path, drawn.encode())
        return drawn

    def to_png(self, path: Target, step: int | Literal["last"] | None, theme: str, scale: float) -> bytes:
        """The picture at a step in pixels, `scale` for every unit of the drawing."""
        from .paint import png

        return write(path, png(self.at(self.step(step)), palette(theme), _positive("scale", scale)))

    def to_pdf(self, path: Target, step: int | Literal["last", "all"] | None, theme: str) -> bytes:
        """The picture at a step as a page, or every step as a page of its own."""
        from .paint import pdf

        steps = range(len(self.scene["steps"])) if step == "all" else [self.step(step)]
        return write(path, pdf((self.at(k) for k in steps), palette(theme)))

    def to_gif(self, path: Target, theme: str, seconds: float, first: int, last: int | Literal["last"], scale: float,
               progress: Progress = None) -> bytes:  # fmt: skip
        """The steps from first to last as an animation."""
        from .paint import gif

        painted = counter(progress)
        begin, end = self.step(first), self.step(last)
        if begin > end:
            raise InputError(f"first={first!r} is step {begin}, after last={last!r}, which is step {end}. Swap them.")
        colours = palette(theme)
        frames = list(self._animation(begin, end, _positive("seconds", seconds)))
        return write(path, gif(frames, colours, _positive("scale", scale), painted))

    def _animation(self, first: int, last: int, seconds: float) -> Iterator[tuple[Picture, float]]:
        """Every step's travel, for half of its time, and its settled picture, with the seconds that each stays."""
        moves = min(round(seconds / 2 * FRAMES_PER_SECOND), MOST_FRAMES // (last - first + 1))
        for step in range(first, last + 1):
            travels = step > first and self.scene["steps"][step][0] in ("value", "edge")
            for k in range(moves if travels else 0):
                yield self.at(step, _eased((k + 0.5) / moves)), 1 / FRAMES_PER_SECOND
            rest = seconds - (moves / FRAMES_PER_SECOND if travels else 0)
            yield self.at(step), rest + (seconds if step == last else 0)


def story_of(graph: Graph) -> Story:
    """A graph's story at its last step."""
    made = scene(graph)
    return Story(made, frame(graph), repr(graph), len(made["steps"]) - 1)


def mime_bundle(story: Story) -> dict[str, str]:
    """The picture for a notebook's output, beside the text.

    GitHub and nbconvert take the SVG. JupyterLab shows an SVG only in a trusted notebook, but an HTML image at once.
    """
    drawn = story.to_svg(None, None, "light")
    data = base64.b64encode(drawn.encode()).decode()
    image = f'<img alt="{escape(story.words)}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
    return {"text/plain": story.words, "text/html": image, "image/svg+xml": drawn}


def write(path: Target, data: bytes) -> bytes:
    """Keep the data at the path, if there is one."""
    if path is None:
        return data
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {str(target.parent)!r} to write {target.name!r} to. Make it first.")
    if target.is_dir():
        raise InputError(f"{str(target)!r} is a folder. Write a file's name, such as {str(target / 'picture')!r}.")
    target.write_bytes(data)
    return data


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 100:
        raise InputError(f"{name}={value!r} is no number from 0 to 100. Write {name}=2, for example.")
    return float(value)


def counter(progress: Any, unit: str = "frame") -> Callable[[int, int], Any]:
    """What hears how many units of all are done; True prints it.

    Raises:
        InputError: progress is neither a function nor a bool.

    >>> counter(True, "look")(2, 2)  # doctest: +NORMALIZE_WHITESPACE
    look 2 of 2
    """
    if callable(progress):
        return progress
    if progress not in (None, True, False):
        raise InputError(f"progress is True, or a function of two numbers, done and total, but it is {progress!r:.40}.")
    return functools.partial(_print_count, unit) if progress else lambda done, total: None


def _print_count(unit: str, done: int, total: int) -> None:
    print(f"\r{unit} {done} of {total}", end="\n" if done == total else "", flush=True)


def _eased(t: float) -> float:
    """Slow at both ends."""
    return 2 * t * t if t < 0.5 else 1 - (2 - 2 * t) ** 2 / 2
