"""Closing widgets that others show or are linked to: no page could load what refers to a closed widget."""

from __future__ import annotations

from collections.abc import Collection

from ipywidgets import Box, Label, Widget
from ipywidgets.widgets.widget import _instances as _open_widgets  # pyright: ignore[reportPrivateUsage]
from ipywidgets.widgets.widget_link import Link

from ..messages import Message, chosen_language, translated

_GONE = Message("What was here is closed, as it is when its cell is run again. Run this cell again, too.")


def release(closing: Collection[Widget]) -> None:
    """Close the links of these widgets, and let the boxes that show them say that they are closed.

    A page that is opened asks for the states of all widgets at once. Of one that refers to a closed widget ipywidgets
    has no state, and then it gives none at all: every widget of the notebook would stay at "Loading widget...".

    >>> from ipywidgets import IntSlider, VBox
    >>> slider = IntSlider()
    >>> box = VBox([slider])
    >>> release([slider])
    >>> box.children[0].value
    'What was here is closed, as it is when its cell is run again. Run this cell again, too.'
    """
    ids = {id(widget) for widget in closing}
    for other in list(_open_widgets.values()):
        if id(other) in ids:
            continue
        if isinstance(other, Link) and any(id(end) in ids for end, _ in (other.source, other.target)):
            other.close()
        elif isinstance(other, Box) and any(id(child) in ids for child in other.children):
            gone = Label(translated(_GONE, chosen_language()))
            other.children = [gone if id(child) in ids else child for child in other.children]
