"""Messages: what people read in a player, in their language. May know of errors only.

The English text itself is the key, so English needs no table. Another language's is a file beside this one, such as
`de.json`; its "script" has the texts of the player's script, its "python" those that are made in Python. A text is made
in English and remembers how; it is translated where it leaves for a page: nothing that computes knows of languages.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

from ..autodiff.errors import InputError

ENGLISH = "en"
_chosen = ENGLISH


class Message(str):
    """An English text that can be told in other languages. Its holes {0}, {1}, ... are filled with texts or messages.

    >>> message = Message("{0} of {1}", 2, Message("3 paths"))
    >>> message, message.key
    ('2 of 3 paths', '{0} of {1}')
    """

    __slots__ = ("key", "parts")
    key: str
    parts: tuple[Any, ...]

    def __new__(cls, key: str, *parts: Any) -> Message:
        """The text of this key, with its parts in the holes."""
        made = super().__new__(cls, _filled(key, parts))
        made.key, made.parts = key, parts
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:  # for copies
        return self.key, *self.parts


def _filled(text: str, parts: tuple[Any, ...]) -> str:
    return re.sub(r"\{(\d)\}", lambda hole: str(parts[int(hole[1])]), text)


def set_language(code: str) -> None:
    """The language of all players that are made from now on, and of the pages that they write.

    Names, code, formulas and numbers stay as they are: 0.5 has a point everywhere, as in Python. Errors are English.

    Args:
        code: "en", or "de" for German.

    Raises:
        InputError: there is no such language; it says which there are.

    >>> import chainviz as cv
    >>> cv.set_language("de")
    >>> cv.explore(lambda x: x**2, x=1.5).language
    'de'
    >>> cv.set_language("en")
    """
    global _chosen
    if code not in languages():
        known = ", ".join(map(repr, languages()))
        raise InputError(f"There is no language {code!r:.40}. The languages are {known}.")
    _chosen = code


def chosen_language() -> str:
    """What `set_language` has set."""
    return _chosen


def languages() -> list[str]:
    """The languages that there are."""
    return [ENGLISH, *sorted(path.stem for path in Path(__file__).parent.glob("*.json"))]


@functools.cache
def table(language: str) -> dict[str, dict[str, str]]:
    """The texts of a language by the English ones: those of the "script", and those of "python"."""
    if language == ENGLISH:
        return {"script": {}, "python": {}}
    return json.loads(Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8"))


def translated(told: Any, language: str) -> Any:
    """The same with every message in it, as deep as it may be in lists and dicts, in that language.

    >>> translated(["x", Message("shape")], "de")
    ['x', 'Form']
    """
    if language == ENGLISH:
        return told
    if isinstance(told, Message):
        text = table(language)["python"].get(told.key, told.key)
        return _filled(text, tuple(translated(part, language) for part in told.parts))
    if isinstance(told, dict):
        return {key: translated(value, language) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [translated(value, language) for value in told]
    return told
