"""The parser: a formula's text becomes the steps of a stack machine. It reads every token once, so it is linear.

    statements   [name = expression ;]* [name = | name(names) =] expression
    expression   term (+|- term)*
    term         signed (*|/ signed | factor)*        a factor without a sign before it: multiplication
    signed       (+|-)* factor
    factor       value [^ signed | raised digits]     so -x^2 is -(x^2), and 2^3^2 is 2^(3^2)
    value        number | name | (expression) | |expression| | √value | function value | function(expression, ...)

What people read in two ways is refused, in words: 1/2x, e^2x, sin x y, xy, sin^-1(x), 2e3.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import FormulaError
from .expressions import Expressions, key_of
from .reader import Step
from .tokens import Token
from .words import CONSTANTS, FUNCTIONS

LONGEST = 2000
"""Characters of a formula."""


class Parsed(NamedTuple):
    """A formula's variables, in the order of their appearance or as f(x, y) = has them, and its steps."""

    variables: tuple[str, ...]
    steps: tuple[Step, ...]


def parse(text: str) -> Parsed:
    """Read a formula.

    Raises FormulaError, which points at the character.

    >>> parsed = parse("u = 2x + 1; sin(u)^2")
    >>> parsed.variables, [step.kind for step in parsed.steps]
    (('x',), ['push', 'load', 'call', 'push', 'call', 'name', 'load', 'call', 'push', 'call'])
    """
    if len(text) > LONGEST:
        raise FormulaError(
            f"The formula is longer than {LONGEST:,} characters. Write a function instead.", text, LONGEST
        )
    return _Parser(text).parsed()


class _Parser(Expressions):
    """Reads the lines."""

    def parsed(self) -> Parsed:
        """All lines."""
        while self.take(";"):
            pass
        if self.next.kind == "end":
            raise FormulaError('The formula is empty. Write one, such as "sin(x^2)".', self.text, 0)
        while self.line():
            pass
        return Parsed(tuple(self.variables.values()), tuple(self.steps))

    def line(self) -> bool:
        """One line, with the empty ones after it; whether there are more."""
        head, start = self.head(), self.next.start
        self.expression()
        end = self.last.end
        if not (self.next.kind == "end" or self.next.text == ";"):
            self.unexpected()
        while self.take(";"):
            pass
        is_last = self.next.kind == "end"
        if head is None and not is_last:
            self.fail("Only the last line goes without a name. Give this value one, as in u = 2x + 1.", start, end)
        if self.declared is not None and not is_last:
            self.fail("Only the last line can be f(x) = ... Give this value a name, as in u = 2x + 1.", start, end)
        if head is None:
            return False
        if key_of(head.text) in self.variables:
            self.fail(f"{head.text!r} is an input already. Choose another name.", head.start, head.end)
        self.named[key_of(head.text)] = head.text
        self.steps.append(Step("name", head.text, 1, start, end))
        return not is_last

    def head(self) -> Token | None:
        """`u =` or `f(x, y) =`, if the line begins so; what f declares is read."""
        first = self.next
        if first.kind != "name" or not (self.tokens[self.at + 1].text == "=" or self._declares()):
            return None
        self.advance()
        self._check_new(first)
        if self.take("("):
            self._parameters()
        self.expect("=", "Write f(x) = x^2 or y = x^2.")
        return first

    def _declares(self) -> bool:
        """Whether names in brackets and an equals sign come next but one."""
        at = self.at + 1
        if self.tokens[at].text != "(":
            return False
        at += 1
        while self.tokens[at].kind == "name" or self.tokens[at].text == ",":
            at += 1
        return self.tokens[at].text == ")" and self.tokens[at + 1].text == "="

    def _parameters(self) -> None:
        used, declared = set(self.variables), set[str]()
        while True:
            if self.next.kind != "name":
                self.fail_at("Here the name of an input is missing, as in f(x, y) = x * y.")
            name = self.advance()
            key = self._check_new(name)
            if key in declared:
                self.fail(f"{name.text!r} is declared twice.", name.start, name.end)
            declared.add(key)
            self.variables.setdefault(key, self.argument(name))
            if not self.take(","):
                break
        self.expect(")", "Write a comma between names, as in f(x, y) = x * y.")
        self.declared = used | declared

    def _check_new(self, name: Token) -> str:
        """The name's key; it must not mean something already."""
        key = key_of(name.text)
        taken = (
            "a constant" if name.text in CONSTANTS else "a function" if name.text in FUNCTIONS
            else "the name of a line above" if key in self.named else ""
        )  # fmt: skip
        if taken:
            self.fail(f"{name.text!r} is {taken}. Choose another name.", name.start, name.end)
        return key
