"""Lab: the card of a lesson. A computed sentence first, settings left, pictures right, what to read with care below."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import HTML, Box, Button, DOMWidget, ToggleButton, Widget

from ..autodiff import InputError
from ..formatting import writable
from .cells import replace_in_cell
from .closing import release
from .player import SIZES, Player
from .settings import Choice

_HERE = Path(__file__).parent


class Headline(anywidget.AnyWidget):
    """A finding in a sentence, `strong` the part of it to set apart in the colour of `role`, and a line that says why.

    A screen reader speaks the sentence when it changes. `error` says in words what went wrong, "" for nothing.
    """

    _esm = (_HERE / "headline.js").read_text(encoding="utf-8")
    _css = (_HERE / "lab.css").read_text(encoding="utf-8")

    sentence = traitlets.Unicode().tag(sync=True)
    strong = traitlets.Unicode().tag(sync=True)
    role = traitlets.Unicode().tag(sync=True)
    why = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    @traitlets.validate("error")
    def _writable(self, proposal: Any) -> str:
        return writable(proposal["value"])


class Lab(Box):
    """A lesson's card: plain ipywidgets at the left, pictures at the right.

    settings: the controls, from top to bottom; where the lab is narrow, those after the `first` are folded away.
    button: the lab's one loud button, if it has one. care: the caveats.
    facts: called for the text repr, which is what nbval compares: `DepthLab(depth=20, ...)`.
    Three traits are for lectures: `controls` is "full", or "none" without the settings; `locked`, the names of settings
    that are shown and do not change in the page; `size`, "normal" or "projector".
    Subclasses set `headline.sentence` and `headline.why` at every change, wrap what answers a control in `answers` and
    what answers a picture in `heard`, and say by `bind` or `changes` which control is for which setting.
    """

    controls = Choice(("full", "none"), "full")
    locked = traitlets.Any(())
    size = Choice(SIZES, "normal")
    _changes = traitlets.List()
    _idle = traitlets.Set()
    _touched_in = 0  # the thread in which a picture is answered

    def __init__(
        self, *, settings: Sequence[Widget], pictures: Sequence[Widget], care: str,
        facts: Callable[[], dict[str, str]], button: Button | None = None, first: int = 4,
    ) -> None:  # fmt: skip
        self.headline, self._one_at_a_time = Headline(), threading.RLock()
        self._facts, self._care, self._pictures = facts, care, pictures
        head = _box("head", [self.headline, *([button] if button else [])])
        if button:
            button.add_class("chainviz-go")
        foot = _box("care", [HTML(f"<b>Read with care.</b> {escape(care)}")])
        super().__init__([_box("settings", _folding(settings, first)), _box("main", [head, *pictures]), foot])
        self.add_class("chainviz-lab")
        self.observe(self._dress, ["controls", "size"])
        self.observe(self._lock, ["locked", "_idle"])
        replace_in_cell(self)

    def _dress(self, _: Any) -> None:
        """How it looks in a lecture. Players in it have a size of their own."""
        for name, there in (("plain", self.controls == "none"), ("projector", self.size == "projector")):
            (self.add_class if there else self.remove_class)(f"chainviz-lab-{name}")
        for player in players_in(self):
            player.size = self.size

    # -- which settings a person can change

    @traitlets.validate("locked")
    def _known_settings(self, proposal: Any) -> tuple[str, ...]:
        value: Any = proposal["value"]
        names: list[Any] = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
        known = list(dict.fromkeys([*type(self).class_own_traits(), *(n for _, of in self._changes for n in of)]))
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, 1)
                meant = f" Did you mean {near[0]!r}?" if near else ""
                raise InputError(f"There is no setting {name!r:.60} to lock.{meant} There are {', '.join(known)}.")
        return tuple(names)

    def changes(self, control: Any, *settings: str) -> None:
        """Say that a control changes these settings: where one of them is locked, it is shown and cannot be used."""
        self._changes.append((control, settings))

    def use(self, setting: str, wanted: bool) -> None:
        """Whether the controls of a setting can be used now, if it is not locked."""
        self._idle = self._idle - {setting} if wanted else self._idle | {setting}

    def _lock(self, _: Any) -> None:
        off = {*self.locked, *self._idle}
        for control, settings in self._changes:
            control.disabled = not off.isdisjoint(settings)

    def heard(self, act: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        """A handler of what a person does on a picture: calls `act` as `answers` does, and leaves what is locked."""

        def handler(event: dict[str, Any]) -> None:
            with self._one_at_a_time:
                self._touched_in = threading.get_ident()
                try:
                    self.answers(lambda: act(event))(event)
                finally:
                    self._touched_in = 0

        return handler

    def __setattr__(self, name: str, value: Any) -> None:
        if self._touched_in == threading.get_ident() and name in self.locked:
            return
        super().__setattr__(name, value)

    def answers(self, change: Callable[[], None]) -> Callable[[Any], None]:
        """A handler for controls that calls `change` and shows what it raises in the lab, which goes on living.

        JupyterLab sends controls' messages to a thread beside the one of the cells: one is answered after the other.
        """

        def handler(_: Any) -> None:
            try:
                with self._one_at_a_time:
                    change()
            except Exception as error:  # noqa: BLE001 - a handler's exception would be lost in the kernel's log
                self.headline.error = f"{type(error).__name__}: {error}"
            else:
                self.headline.error = ""

        return handler

    def close(self) -> None:
        """Take the lab with all its parts off every page."""
        if self.comm is None:
            return
        parts = list(_parts(self))
        release(parts)
        super().close()
        for part in parts[1:]:
            part.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self._facts().items())})"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        return {**bundle, "text/plain": repr(self), "text/html": self._still()}

    def _still(self) -> str:
        """What is shown where no widget lives: the sentence and the figures as they are now, in the light theme."""
        figures = "".join(view.still() for view in pictures_in(self) if view.layout.display != "none")
        words = f"<h2>{escape(self.headline.sentence)}</h2><p>{escape(self.headline.why)}</p>"
        return f"<div>{words}{figures}<p><b>Read with care.</b> {escape(self._care)}</p></div>"


class Table(HTML):
    """A table or a line of text among the pictures: a lab without a kernel shows it too."""

    def still(self) -> str:
        """Its HTML."""
        return str(self.value)


def pictures_in(widget: Widget) -> list[Any]:
    """The widget's parts that have a `still` for where no widget lives, in reading order."""
    if hasattr(widget, "still"):
        return [widget]
    return [picture for child in getattr(widget, "children", ()) for picture in pictures_in(child)]


def players_in(widget: Widget) -> list[Player]:
    """The players among the widget's parts."""
    if isinstance(widget, Player):
        return [widget]
    return [player for child in getattr(widget, "children", ()) for player in players_in(child)]


def row(*children: Widget, name: str = "row") -> Box:
    """Widgets side by side, which wrap under one another where the lab is narrow."""
    return _box(name, children)


def column(*children: Widget) -> Box:
    """Widgets under one another, as a part of a `row`."""
    return _box("column", children)


def shown(widget: DOMWidget, wanted: bool) -> None:
    """Show the widget, or hide it and keep it."""
    (widget.remove_class if wanted else widget.add_class)("chainviz-lab-hidden")


def _folding(settings: Sequence[Widget], first: int) -> Sequence[Widget]:
    """The settings with a button before those that are folded away; the style sheet does it, without the kernel."""
    if len(settings) <= first + 1:
        return settings
    fold = ToggleButton(description="More settings")
    fold.add_class("chainviz-lab-fold")
    return [*settings[:first], fold, *settings[first:]]


def _box(name: str, children: Sequence[Widget]) -> Box:
    box = Box(list(children))
    box.add_class(f"chainviz-lab-{name}")
    return box


def _parts(widget: Any) -> Iterator[Widget]:
    """The widget and all that it is made of, the whole before its parts: none refers to one that is closed already."""
    yield widget
    for part in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
        if part is not None:
            yield from _parts(part)
