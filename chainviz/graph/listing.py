"""Listings: the user's functions whose lines made a graph's nodes, and where every node's line is in them."""

from __future__ import annotations

import inspect
import linecache
import textwrap
import tokenize
from typing import NamedTuple

from ..autodiff.user_code import Place
from .graph import Graph

LONGEST = 300
"""Lines up to which a function is listed as a whole."""


class Listing(NamedTuple):
    """A function's source without its indentation; `first` is the number of its first line in the file."""

    function: str
    first: int
    lines: tuple[str, ...]


def listings(graph: Graph) -> tuple[list[Listing], list[tuple[int, ...] | None]]:
    """The functions, each once, and for every node which of them made it, and at which of its lines (from 0).

    Of a formula, also from which column of the line to which.

    None where the source is not known: inputs, and code that was typed into a plain `python`. Where the file has
    changed since it was imported, or the function is very long, the line stands alone.

    >>> import chainviz as cv
    >>> listings(cv.trace(lambda x: 2 * x, x=1.5))
    ([Listing(function='the lambda', first=1, lines=('listings(cv.trace(lambda x: 2 * x, x=1.5))',))], [None, (0, 0)])
    """
    made: dict[Listing, int] = {}
    lines: list[tuple[int, ...] | None] = []
    blocks: dict[tuple[str, int, str], list[str]] = {}
    for node in graph.nodes:
        place = node.place
        if place is None or not place.text:
            lines.append(None)
            continue
        key = place.file, place.first, place.source
        if key not in blocks:
            blocks[key] = _block(place)
        block, at = blocks[key], place.line - place.first
        if not (0 <= at < len(block) and block[at].strip() == place.text):
            block, at = [place.text], 0
        listing = Listing(place.function, place.line - at, tuple(block))
        lines.append((made.setdefault(listing, len(made)), at, *(place.part or ())))
    return list(made), lines


def _block(place: Place) -> list[str]:
    """The lines of the function that the place is in; none where they cannot be told."""
    if place.source:
        return place.source.split("\n")
    try:
        block = inspect.getblock(linecache.getlines(place.file)[max(0, place.first - 1) :])
    except (SyntaxError, tokenize.TokenError, ValueError):
        return []
    return textwrap.dedent("".join(block)).rstrip().splitlines() if len(block) <= LONGEST else []
