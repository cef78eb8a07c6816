"""FormulaError: what is wrong with a formula, pointing at the character."""

from __future__ import annotations

from ..autodiff.errors import InputError

AROUND = 60
"""Characters of a long line that are shown on each side of the fault."""


class FormulaError(InputError):
    """A formula that cannot be read. `position` is the index of the character in the text that it is about.

    >>> print(FormulaError("A closing bracket is missing.", "2(x + 1", 1))
    A closing bracket is missing.
        2(x + 1
         ^
    """

    def __init__(self, message: str, text: str, start: int, end: int | None = None) -> None:
        self.text, self.position = text, start
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", start)
        line = text[first : last if last >= 0 else len(text)]
        at = start - first
        cut = max(0, at - AROUND)
        shown = "".join(letter if letter.isprintable() else " " for letter in line[cut : at + AROUND])
        width = max(1, min((end or start + 1) - start, len(line) - at, AROUND))
        super().__init__(f"{message}\n    {shown}\n    {' ' * (at - cut)}{'^' * width}")
