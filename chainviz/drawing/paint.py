"""Picture -> PNG, PDF and GIF, painted by matplotlib (and Pillow, which comes with it). One unit is one point.

Letters are painted as outlines: the file looks the same where our fonts are missing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Transform

from .labels import number_width
from .shapes import Group, Path, Picture, Rect, Text, baseline, colour

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase

_SANS = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans", "DejaVu Sans")
_FACES = {"math": ["STIXGeneral", "DejaVu Sans"], "mono": ["DejaVu Sans Mono"]}
_LETTER = re.compile(r"([MLCZ])([^MLCZ]*)")
_CODES = {"M": [Outline.MOVETO], "L": [Outline.LINETO], "C": [Outline.CURVE4] * 3}
COLOURS_OF_GIF = 128


def png(picture: Picture, colours: dict[str, str], scale: float) -> bytes:
    """A PNG of width x height x scale pixels."""
    buffer = io.BytesIO()
    _image(picture, colours, scale).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def pdf(pictures: Iterable[Picture], colours: dict[str, str]) -> bytes:
    """A page a picture, all of it vectors."""
    buffer = io.BytesIO()
    with PdfPages(buffer, metadata={"Creator": "chainviz", "CreationDate": None}) as pages:
        for picture in pictures:
            figure = _figure(picture, colours)
            FigureCanvasPdf(figure)
            pages.savefig(figure)
    return buffer.getvalue()


def gif(
    frames: Sequence[tuple[Picture, float]], colours: dict[str, str], scale: float, painted: Callable[[int, int], Any]
) -> bytes:
    """An animation that repeats: pictures, each with the seconds that it stays. `painted` hears how many of all are."""
    palette = _palette([picture for picture, _ in (frames[0], frames[-1])], colours, scale)
    images: list[PIL.Image.Image] = []
    for picture, _ in frames:
        images.append(_image(picture, colours, scale).quantize(palette=palette, dither=PIL.Image.Dither.NONE))
        painted(len(images), len(frames))
    first, *rest = images
    buffer = io.BytesIO()
    durations = [round(seconds * 100) * 10 for _, seconds in frames]
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)
    return buffer.getvalue()


def _palette(pictures: Sequence[Picture], colours: dict[str, str], scale: float) -> PIL.Image.Image:
    """One palette for a whole animation: what does not change between frames must not flicker, nor be kept twice."""
    images = [_image(picture, colours, scale) for picture in pictures]
    both = PIL.Image.new("RGB", (images[0].width, sum(image.height for image in images)))
    for k, image in enumerate(images):
        both.paste(image, (0, k * image.height))
    roles = np.array([[int(role[k : k + 2], 16) for k in (1, 3, 5)] for role in colours.values()])
    shades = np.reshape(both.quantize(COLOURS_OF_GIF - len(roles)).getpalette() or [], (-1, 3))
    # Pillow looks colours up roughly: a shade next to a role would be taken in its place.
    apart = np.min(np.max(np.abs(shades[:, None] - roles), axis=2), axis=1) > 12
    palette = PIL.Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([roles, shades[apart]]).ravel().tolist())
    return palette


def _image(picture: Picture, colours: dict[str, str], scale: float) -> PIL.Image.Image:
    canvas = FigureCanvasAgg(_figure(picture, colours))
    canvas.figure.dpi = 72 * scale
    canvas.draw()
    return PIL.Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _figure(picture: Picture, colours: dict[str, str]) -> Figure:
    figure = Figure(figsize=(picture.width / 72, picture.height / 72), dpi=72, facecolor=colours["bg"])
    figure.add_artist(_Painting(picture, colours))
    return figure


class _Painting(Artist):
    """The picture on a figure of its size."""

    def __init__(self, picture: Picture, colours: dict[str, str]) -> None:
        super().__init__()
        self._picture, self._colours = picture, colours

    def draw(self, renderer: RendererBase) -> None:
        assert isinstance(self.figure, Figure)
        page = Affine2D().scale(1 / 72, -1 / 72).translate(0, self._picture.height / 72) + self.figure.dpi_scale_trans
        for group in self._picture.groups:
            self._group(renderer, group, Affine2D().scale(group.scale).translate(group.x, group.y) + page)

    def _group(self, renderer: RendererBase, group: Group, to_page: Transform) -> None:
        for shape in group.shapes:
            if isinstance(shape, Text):
                for outline, place in _letters(shape):
                    self._paint(renderer, outline, place + to_page, fill=shape.fill)
                continue
            outline = _outline(shape)
            self._paint(renderer, outline, to_page, shape, group.scale, fill=shape.fill)

    def _paint(
        self, renderer: RendererBase, outline: Outline, to_page: Transform, look: Rect | Path | None = None,
        scale: float = 1.0, *, fill: str,
    ) -> None:  # fmt: skip
        gc = renderer.new_gc()
        gc.set_alpha(look.opacity if look else 1.0)
        gc.set_linewidth(0)
        if look and look.stroke:
            gc.set_foreground(colour(look.stroke, self._colours))
            gc.set_linewidth(look.line * scale)
            gc.set_capstyle("round" if isinstance(look, Path) and look.round else "butt")
            gc.set_joinstyle("miter")
            if look.dash:
                gc.set_dashes(0, [d * scale for d in look.dash])
        renderer.draw_path(gc, outline, to_page, _rgb(colour(fill, self._colours)) if fill else None)
        gc.restore()


def _rgb(hexadecimal: str) -> tuple[float, float, float]:
    red, green, blue = (int(hexadecimal[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def _outline(shape: Rect | Path) -> Outline:
    return _parsed(shape.d if isinstance(shape, Path) else _rounded(shape))


def _rounded(rect: Rect) -> str:
    """The path of a rectangle with round corners."""
    x, y, right, below = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
    r = min(rect.radius, rect.width / 2, rect.height / 2)
    if not r:
        return f"M{x} {y}L{right} {y}L{right} {below}L{x} {below}Z"
    k = r * 0.4477  # a quarter circle's control points stand 0.5523 radii off its ends
    return (
        f"M{x + r} {y}L{right - r} {y}C{right - k} {y} {right} {y + k} {right} {y + r}"
        f"L{right} {below - r}C{right} {below - k} {right - k} {below} {right - r} {below}"
        f"L{x + r} {below}C{x + k} {below} {x} {below - k} {x} {below - r}"
        f"L{x} {y + r}C{x} {y + k} {x + k} {y} {x + r} {y}Z"
    )


@lru_cache(maxsize=4096)
def _parsed(d: str) -> Outline:
    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    for letter, numbers in _LETTER.findall(d):
        if letter == "Z":
            points.append(points[0])
            codes.append(Outline.CLOSEPOLY)
            continue
        values = [float(number) for number in numbers.split()]
        pairs = list(zip(values[::2], values[1::2], strict=True))
        points += pairs
        codes += _CODES[letter] * (len(pairs) // len(_CODES[letter]))
    return Outline(points, codes)


def _letters(text: Text) -> list[tuple[Outline, Transform]]:
    """The outlines of a line's runs, each with its place."""
    placed: list[tuple[Outline, float, float, float]] = []
    along = 0.0
    for words, style in _trimmed(text.runs):
        offset, size = baseline(style)
        face = "mono" if style == "/" else text.face
        outline, advance = _outlined(words, face, style.endswith("i"), text.bold and style != "/")
        size *= text.size
        placed.append((outline, along, offset * text.size, size))
        along += advance * size
    start = text.x - {"start": 0.0, "middle": along / 2, "end": along}[text.anchor]
    return [
        (outline, Affine2D().scale(size, -size).translate(start + x, text.y + down))
        for outline, x, down, size in placed
    ]


def _trimmed(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the spaces at both ends, as a browser draws a line of text."""
    trimmed = list(runs)
    trimmed[:1] = [(trimmed[0][0].lstrip(" "), trimmed[0][1])] if trimmed else []
    trimmed[-1:] = [(trimmed[-1][0].rstrip(" "), trimmed[-1][1])] if trimmed else []
    return [run for run in trimmed if run[0]]


@lru_cache(maxsize=4096)
def _outlined(words: str, face: str, italic: bool, bold: bool) -> tuple[Outline, float]:
    """The outline of words at size 1 with the baseline at 0, and how far they reach."""
    families = _FACES.get(face) or _sans()
    slant, weight = ("italic" if italic else "normal"), (700 if bold else 400)
    looks = [FontProperties(family=[name], style=slant, weight=weight) for name in families]
    looks.append(FontProperties(family=families))  # the upright face has more signs
    font = get_font([findfont(look) for look in looks])
    font.set_size(text_to_path.FONT_SCALE, text_to_path.DPI)
    parts: list[Outline] = []
    along = letter = 0.0
    for piece in re.findall(r"\u0304|[^\u0304]+", words):
        bar = piece == "\u0304"  # no italic face has one to set over a letter, so a macron goes there
        placed, glyphs, _ = text_to_path.get_glyphs_with_font(font, f"{'¯' if bar else piece} ")
        starts = [x for _, x, _, _ in placed]  # the last one is where the piece ends
        start = along - (letter + starts[-1]) / 2 if bar else along
        parts += [Outline(glyphs[key][0] + [start + x, y], glyphs[key][1]) for key, x, y, _ in placed[:-1]]
        along, letter = (along, letter) if bar else (along + starts[-1], starts[-1] - starts[-2])
    squeezed = 1.0
    if bold and families[0] == "DejaVu Sans":  # wider than the fonts that the cards are made for
        squeezed = min(1.0, number_width(words, 1) * text_to_path.FONT_SCALE / along)
    to_one = Affine2D().scale(squeezed / text_to_path.FONT_SCALE, 1 / text_to_path.FONT_SCALE)
    outline = Outline.make_compound_path(*(part for part in parts if np.size(part.vertices)))
    return outline.transformed(to_one), along * squeezed / text_to_path.FONT_SCALE


@lru_cache(maxsize=1)
def _sans() -> list[str]:
    """The first sans serif that this machine has, as wide as the cards expect if possible; DejaVu comes along."""
    there = {font.name for font in fontManager.ttflist}
    found = next(name for name in _SANS if name in there)
    return [found] if found == "DejaVu Sans" else [found, "DejaVu Sans"]
