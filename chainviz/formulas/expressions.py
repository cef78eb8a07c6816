"""The grammar of an expression: one method a rule, which reads what it is named after and writes its steps."""

from __future__ import annotations

import difflib
import keyword
import re

import numpy as np

from .reader import Reader
from .tokens import Token, raised
from .words import CONSTANTS, FUNCTIONS, LIKE_FUNCTIONS, Function, greek

LARGEST = 2**53
"""Whole numbers up to which floats hold each."""


class Expressions(Reader):
    """Reads expressions. `variables` and `named` have the spelling of what is known, by `key_of`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.variables: dict[str, str] = {}
        self.named: dict[str, str] = {}
        self.declared: set[str] | None = None
        self._in_bars = [False]

    def expression(self) -> None:
        """Sums."""
        start = self.next.start
        self.term()
        while self.next.text in ("+", "-"):
            function = np.add if self.advance().text == "+" else np.subtract
            self.term()
            self.emit("call", function, 2, start)

    def term(self) -> None:
        """Products and quotients, from the left."""
        start = self.next.start
        self.signed()
        is_divided = False
        while True:
            if self.next.text in ("*", "/"):
                is_divided = self.advance().text == "/"
                self.signed()
                self.emit("call", np.divide if is_divided else np.multiply, 2, start)
            elif self.begins_value():
                self.check_product(is_divided)
                self.factor()
                self.emit("call", np.multiply, 2, start)
            else:
                return

    def begins_value(self) -> bool:
        """Whether a value comes next, so that it is multiplied."""
        kind, text = self.next.kind, self.next.text
        return kind in ("number", "name") or text in ("(", "√") or (text == "|" and not self._in_bars[-1])

    def check_product(self, is_divided: bool) -> None:
        """A product without a sign must have one reading."""
        before, after = self.last, self.next
        if is_divided:
            self.fail_at("What stands below the fraction line? Write (a/b) * c or a/(b * c) instead of a/b c.")
        if after.kind == "number":
            self.fail_at("A number stands behind another value. Write * between them, or the number first, as in 2x.")
        if before.text == "|":
            self.fail_at("Behind a bar, write the * of a product, as in |x| * y.")

    def signed(self) -> None:
        """A factor with any number of signs before it."""
        start, negative = self.next.start, False
        while self.next.text in ("+", "-"):
            negative ^= self.advance().text == "-"
        self.factor()
        if negative:
            self.emit("call", np.negative, 1, start)

    def factor(self) -> None:
        """A value with its exponent."""
        start, is_e = self.next.start, self.next.text == "e"
        self.deeper()
        self.value()
        if self.next.kind == "raised":
            self.raised(start)
            if self.next.text == "^":
                self.fail_at("Two exponents follow one another. Write brackets, as in (x²)^3.")
        elif self.next.text == "^":
            self.advance()
            if is_e and self.steps[-1].kind == "push":
                self.steps.pop()  # e^x is exp(x)
            first = self.at
            self.signed()
            self.check_exponent(first)
            self.emit("call", *((np.exp, 1) if is_e else (np.power, 2)), start)
        self._depth -= 1

    def raised(self, start: int) -> None:
        """An exponent in raised digits."""
        exponent = self.advance()
        self.emit("push", self.whole(exponent, raised(exponent.text)), 0, exponent.start)
        self.emit("call", np.power, 2, start)

    def check_exponent(self, first: int) -> None:
        """e^2x is no formula, e^2 x is one."""
        is_number = self.last.kind == "number" and self.at - first <= 2
        if is_number and self.next.glued and self.next.kind == "name":
            number, name = self.last.text, self.next.text
            self.fail_at(f"How far does the exponent go? Write ^({number} {name}), or ^{number} {name} with a space.")

    def value(self) -> None:
        """What stands alone: a number, a name, a bracket, a function of something."""
        token = self.next
        if token.kind == "number":
            self.number()
        elif token.text in FUNCTIONS:
            self.function()
        elif token.kind == "name":
            self.name()
        elif token.text == "(":
            self.bracket("(", ")")
        elif token.text == "|":
            self.bracket("|", "|")
            self.emit("call", np.absolute, 1, token.start)
        else:
            self.missing()

    def number(self) -> None:
        """A number as it was typed."""
        token = self.advance()
        self.emit("push", self.whole(token, float(token.text)), 0, token.start)

    def whole(self, token: Token, number: float) -> float:
        """The number, as an int where it was written without a point."""
        if not abs(number) < 1e300:
            self.fail("This number is too large.", token.start, token.end)
        return int(number) if "." not in token.text and abs(number) <= LARGEST else float(number)

    def bracket(self, opening: str, closing: str) -> None:
        """What is in brackets or bars."""
        opened = self.advance()
        self._in_bars.append(opening == "|")
        self.expression()
        self._in_bars.pop()
        if self.next.text != closing:
            if self.next.text == ",":
                self.unexpected()
            what = "closing bar" if opening == "|" else "closing bracket"
            self.fail(f"The {what} of this one is missing.", opened.start, opened.end)
        self.advance()

    def name(self) -> None:
        """A constant, an input, or the name of a line above."""
        token = self.advance()
        key = key_of(token.text)
        before_bracket = self.next.text == "(" and self.next.glued
        if token.text in CONSTANTS:
            self.emit("push", CONSTANTS[token.text], 0, token.start)
            return
        if before_bracket and (
            key in self.named or (token.text in LIKE_FUNCTIONS and key not in (self.declared or ()))
        ):
            instead = ", or sigmoid(" if key == "σ" else ""
            self.fail(
                f"{token.text}( reads as a function, and there is none of that name. For a product write "
                f"{token.text} * ({instead}.", token.start, token.end,
            )  # fmt: skip
        if key not in self.named:
            self.check_variable(token, key, before_bracket)
            self.variables.setdefault(key, self.argument(token))
        self.emit("load", self.named.get(key) or self.variables[key], 0, token.start)

    def check_variable(self, token: Token, key: str, before_bracket: bool) -> None:
        """A name that is met here must be one that can be no other."""
        if self.declared is not None and key not in self.declared:
            names = ", ".join(self.variables.values())
            self.fail(f"{token.text!r} is not among the inputs ({names}). Add it to them.", token.start, token.end)
        letters = token.text.partition("_")[0].rstrip("0123456789")
        if self.declared is not None or len(greek(letters)) == 1:
            return
        near = difflib.get_close_matches(token.text, FUNCTIONS, 1, 0.6)
        meant = f" Did you mean {near[0]}?" if near else ""
        if before_bracket:
            self.fail(f"There is no function {token.text!r}.{meant}", token.start, token.end)
        self.fail(
            f"{token.text!r} can be one name, or a product.{meant} Write {' '.join(token.text[:9])} for the product; "
            f"for one name, declare it, as in f({token.text}) = ...", token.start, token.end,
        )  # fmt: skip

    def argument(self, token: Token) -> str:
        """The name as a Python function's parameter can have it: λ for lambda."""
        name = greek(token.text) if keyword.iskeyword(token.text) else token.text
        if keyword.iskeyword(name):
            self.fail(f"{name!r} is a word of Python's, so no input can have this name.", token.start, token.end)
        return name

    def function(self) -> None:
        """A function by name, of operands in brackets, or of a bare one."""
        name = self.advance()
        known, start = FUNCTIONS[name.text], name.start
        exponent = self.exponent_of(name, known) if name.text != "√" else None
        self.deeper()
        if self.next.text == "(":
            count = self.arguments(name, known)
        else:
            if known.least != 1:
                self.fail_at(f"Write the operands of {name.text} in brackets, as in {name.text}(x, y).")
            self.bare(name)
            count = 1
        self._depth -= 1
        self.emit("call", known.compute, count, start)
        if exponent is not None:
            self.emit("push", exponent, 0, start)
            self.emit("call", np.power, 2, start)

    def exponent_of(self, name: Token, known: Function) -> int | None:
        """The 2 of sin^2(x), which is sin(x)^2."""
        token = self.next
        if token.kind == "raised":
            value = raised(self.advance().text)
        elif token.text == "^":
            self.advance()
            digits = self.advance() if self.next.kind == "number" else None
            value = int(digits.text) if digits is not None and digits.text.isdigit() and len(digits.text) < 9 else -1
        else:
            return None
        if value < 1 or known.least != 1 or known.most != 1:
            inverse = f"arc{name.text}(x) for the inverse, " if f"arc{name.text}" in FUNCTIONS else ""
            self.fail(
                f"Only a whole number above 0 can stand here, as in {name.text}^2(x). Write {inverse}1/{name.text}(x) "
                f"for the reciprocal, {name.text}(x)^a for another power.", token.start, token.end,
            )  # fmt: skip
        return value

    def arguments(self, name: Token, known: Function) -> int:
        """Operands in brackets; returns how many."""
        opened = self.advance()
        self._in_bars.append(False)
        count = 0
        while True:
            self.expression()
            count += 1
            if not self.take(","):
                break
        self._in_bars.pop()
        if self.next.text != ")":
            self.fail("The closing bracket of this one is missing.", opened.start, opened.end)
        self.advance()
        if count < known.least or (known.most is not None and count > known.most):
            wanted = f"{known.least}" if known.least == known.most else f"{known.least} or more"
            self.fail(
                f"{name.text} takes {wanted} {'operand' if wanted == '1' else 'operands'}, but got {count}. A comma "
                "stands between operands; a decimal has a point, as in 0.5.", name.start, self.last.end,
            )  # fmt: skip
        return count

    def bare(self, name: Token) -> None:
        """An operand without brackets: sin x, sin 2x, sin 2πx², √2. What follows must not be in doubt."""
        start, count = self.next.start, 0
        while count == 0 or (self.next.glued and self.next.kind == "name" and name.text != "√"):
            if self.next.kind not in ("number", "name") or self.next.text in FUNCTIONS:
                if self.next.kind in ("end", "name") or self.next.text in ("√", "|", "-", "+"):
                    self.fail_at(f"Write the operand of {name.text} in brackets, as in {name.text}(x).")
                self.missing()
            if name.text == "√":
                self.value()
            else:
                self.factor()
            count += 1
            if count > 1:
                self.emit("call", np.multiply, 2, start)
        after = self.next
        is_product = after.text in ("*", "/") or (name.text == "√" and (after.text == "^" or after.kind == "raised"))
        doubtful = (self.begins_value() and after.text not in FUNCTIONS) if not is_product else after.glued
        if doubtful or (after.text == "(" and after.glued):
            self.fail_at(f"How far does {name.text} go? Write its operand in brackets.")


def key_of(name: str) -> str:
    """Names that look alike are one: alpha and α, x1 and x_1.

    >>> key_of("alpha"), key_of("x1"), key_of("x_1"), key_of("x_max")
    ('α', 'x_1', 'x_1', 'x_max')
    """
    found = re.fullmatch(r"([^\W\d_]+)_?(\w*)", name)
    assert found is not None
    return f"{greek(found[1])}_{found[2]}" if found[2] else greek(found[1])
