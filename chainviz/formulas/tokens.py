"""Tokens: the numbers, names and signs of a formula, and where each stands in the text."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

from .errors import FormulaError

Kind = Literal["number", "name", "raised", "sign", "end"]


class Token(NamedTuple):
    """A part of the text. Signs are spelled one way: - * / ^ whatever was typed; a new line is a semicolon.

    `glued` says whether nothing, not even a space, stands between it and the token before.
    """

    kind: Kind
    text: str
    start: int
    end: int
    glued: bool


_SPELLINGS = {"−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "∗": "*", "÷": "/", "∕": "/", "**": "^", "\n": ";"}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_GREEK = "Α-ΡΣ-Ωα-ωϑϕϖϰϱϵµ"
_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t\r\f\v\u00a0\u2000-\u200a\u2061\u2062\u202f\u205f]+)
  | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
  | (?P<name>(?:[A-Za-z]+|[{_GREEK}])(?:[0-9]+|[{_LOWERED}]+|_[A-Za-z0-9]+)?)
  | (?P<raised>⁻?[{_RAISED}]+)
  | (?P<sign>\*\*|[-−–+*·⋅×∗/÷∕^()|√,=;\n])
    """,
    re.VERBOSE,
)
_INSTEAD = {
    "[": "Write ( instead.", "{": "Write ( instead.", "]": "Write ) instead.", "}": "Write ) instead.",
    "<": "A formula makes no comparisons; max, min and relu have kinks.",
    ">": "A formula makes no comparisons; max, min and relu have kinks.",
    "%": "Write 0.05 for 5 %.", "°": "Angles are in radians: write 30 * pi / 180.",
    "'": "Name each step, as in u = 2x + 1.",
    "!": "There are no factorials.", "#": "A formula has no comments.",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """All tokens, the last one of kind "end".

    Raises FormulaError for a character that has no meaning, and for numbers such as 1.2.3 and 2e3.

    >>> [token.text for token in tokens("2πx₁ − y²")]
    ['2', 'π', 'x1', '-', 'y', '²', '']
    """
    found: list[Token] = []
    at, glued = 0, False
    while at < len(text):
        part = _TOKEN.match(text, at)
        if part is None:
            instead = _INSTEAD.get(text[at], "Formulas are made of numbers, names, + - * / ^, brackets and functions.")
            raise FormulaError(f"The character {text[at]!r} has no meaning in a formula. {instead}", text, at)
        kind, spelled = part.lastgroup, part[0]
        if kind == "number":
            _check_number(text, part)
        elif kind == "name":
            spelled = unicodedata.normalize("NFKC", spelled)
        elif kind == "sign":
            spelled = _SPELLINGS.get(spelled, spelled)
        if kind != "space":
            found.append(Token(kind, spelled, at, part.end(), glued))  # pyright: ignore[reportArgumentType]
        at, glued = part.end(), kind != "space"
    return [*found, Token("end", "", len(text), len(text), False)]


def _check_number(text: str, part: re.Match[str]) -> None:
    """What could be read in two ways is refused."""
    end = part.end()
    if text.startswith(".", end):
        raise FormulaError("This number has two points. Write one, as in 0.5.", text, end)
    if power := re.compile(r"[eE]([-+−]?[0-9]+)").match(text, end):
        raise FormulaError(
            f"{part[0]}{power[0]} can be {part[0]} times a power of ten, or times the number e. Write "
            f"{part[0]} * 10^({power[1]}), or put spaces around e.", text, part.start(), power.end(),
        )  # fmt: skip


def raised(text: str) -> int:
    """The number that is written in raised digits: 2 for ².

    >>> raised("⁻¹²")
    -12
    """
    return int(text.translate(_PLAIN))


_PLAIN = str.maketrans(_RAISED + "⁻", "0123456789-")
