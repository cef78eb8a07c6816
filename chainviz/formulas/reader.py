"""What every part of the parser stands on: the next token, the steps written so far, and faults."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NoReturn

from .errors import FormulaError
from .tokens import Token, tokens

DEEPEST = 40
"""Brackets, powers and functions inside one another."""


class Step(NamedTuple):
    """What the machine does: push a number or the value of a name, call a function of so many values, or name the last.

    `start` and `end` say which part of the text it is.
    """

    kind: Literal["push", "load", "call", "name"]
    what: Any
    operands: int
    start: int
    end: int


class Reader:
    """Walks over the tokens; `at` is the next one."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, tokens(text), 0
        self.steps: list[Step] = []
        self._depth = 0

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    @property
    def last(self) -> Token:
        """The one before it."""
        return self.tokens[self.at - 1]

    def emit(self, kind: Any, what: Any, operands: int, start: int) -> None:
        """Write a step; its part of the text ends where we are."""
        self.steps.append(Step(kind, what, operands, start, self.last.end))

    def advance(self) -> Token:
        """Read the next token; at the end it stays."""
        token = self.next
        self.at += token.kind != "end"
        return token

    def take(self, text: str) -> bool:
        """Whether this sign is next; then it is read."""
        found = self.next.kind != "end" and self.next.text == text
        self.at += found
        return found

    def expect(self, text: str, otherwise: str) -> None:
        """Read this sign, or fault its absence."""
        if not self.take(text):
            self.fail_at(f"Here {text} is missing. {otherwise}")

    def deeper(self) -> None:
        """Go one level in; so deep that Python's own stack is no concern."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail_at(f"More than {DEEPEST} brackets and powers inside one another. Name a part, as in u = 2x + 1.")

    def missing(self) -> NoReturn:
        """The fault of a place without a value."""
        found = "the end" if self.next.kind == "end" else repr(self.next.text).replace("';'", "the end of the line")
        self.fail_at(f"Here a number, a name or a bracket is missing, before {found}.")

    def unexpected(self) -> NoReturn:
        """The fault of a sign that cannot be here."""
        messages = {
            ")": "This bracket closes none.",
            ",": "A comma stands between operands, as in max(x, 0). A decimal has a point, as in 0.5.",
            "=": "An equals sign can only follow a name at the beginning of a line, as in u = 2x + 1 or f(x) = x^2.",
        }
        self.fail_at(messages.get(self.next.text, f"{self.next.text!r} was not expected here."))

    def fail_at(self, message: str) -> NoReturn:
        """A fault at the next token."""
        self.fail(message, self.next.start, self.next.end)

    def fail(self, message: str, start: int, end: int) -> NoReturn:
        """A fault in this part of the text."""
        raise FormulaError(message, self.text, start, end)
