"""How a rule's template and the formulas of its operands become one: precedence, brackets, light simplifying.

A template's text is looked at once, for how tightly it binds and what the place of each operand asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..formatting import format_number

SUM, PRODUCT, MATRIX_PRODUCT, PREFIX, POWER, ATOM = range(1, 7)
"""How tightly a formula binds: a + b, a b entry by entry, a b of matrices, sin a, a^b, a."""


_OPERATORS = {
    "+": (SUM, 0, SUM), "-": (SUM, 0, PRODUCT), r"\,\mathrm{{mod}}\,": (SUM, ATOM, ATOM),
    r"\,": (PRODUCT, PRODUCT, PRODUCT), "/": (PRODUCT, PRODUCT, POWER), r"\frac": (PRODUCT, 0, 0),
    r"\Sigma": (PREFIX, 0, POWER), r"\Pi": (PREFIX, 0, POWER), "^": (POWER, ATOM, ATOM), "_": (ATOM, ATOM, ATOM),
}  # fmt: skip
"""How tightly an operator of a template binds, and what it asks of the operand on its left and on its right."""


_MATRIX_PRODUCTS = {"matmul", "solve"}


_TOKEN = re.compile(
    r"\\left\\?.|\\right\\?.|\\,\\mathrm\{\{mod\}\}\\,|\\(?:Sigma|Pi)(?:_\{\{[^{}]*\}\})?\\,|\\[a-zA-Z]+|\\."
    r"|\{\{|\}\}|\{\d+\}|_\w|\w+|\S"
)


@dataclass(frozen=True)
class Formula:
    """LaTeX with marks, how tightly it binds, and whether it is a number.

    `guarded` is the spelling of a number to be filled in later, where a negative one would need brackets.
    """

    tex: str
    level: int = ATOM
    guarded: str = ""
    numeric: bool = False


def constant(value: Any) -> Formula:
    """A constant operand: the number, or a letter for an array."""
    if np.ndim(value) or isinstance(value, (list, tuple)):
        return Formula(r"\mathbf{C}")
    if isinstance(value, (bool, np.bool_)):
        return Formula(rf"\text{{{str(bool(value)).lower()}}}")
    if symbol := _SYMBOLS.get(f"{float(value):.14g}"):
        return symbol
    tex = format_number(float(value)).replace("−", "-")
    if tex in ("1", "-1") and value != float(tex):  # 1.00001 is rounded, but no factor to leave out
        tex += ".000"
    tex = re.sub(r"·10(.*)", lambda m: rf" \cdot 10^{{{_ascii(m[1])}}}", tex)
    tex = tex.replace("∞", r"\infty").replace("NaN", r"\mathrm{NaN}")
    return Formula(tex, SUM if tex.startswith("-") else PRODUCT if "cdot" in tex else ATOM, numeric=True)


_SYMBOLS = {
    f"{value:.14g}": Formula(tex, level, numeric=level != PREFIX)
    for value, tex, level in (
        (np.pi, r"\pi", ATOM), (2 * np.pi, r"2 \pi", PRODUCT), (np.log(2), r"\ln 2", PREFIX),
        (np.log(10), r"\ln 10", PREFIX), (2 / np.sqrt(np.pi), r"\frac{2}{\sqrt{\pi}}", PRODUCT),
        (np.sqrt(2 * np.pi), r"\sqrt{2 \pi}", ATOM), (np.pi / 180, r"\frac{\pi}{180}", PRODUCT),
        (180 / np.pi, r"\frac{180}{\pi}", PRODUCT),
    )
}  # fmt: skip
"""Numbers that people know by a symbol, such as those of the table's rules, by their first 14 digits."""


def simpler(name: str, operands: Sequence[Formula]) -> Formula | None:
    """The formula of a well-known operation where one of its operands makes it shorter: x for 1 x, or None."""
    shorten = _SIMPLER.get(name)
    return shorten(*operands) if shorten is not None else None


def joined(name: str, template: str, operands: Sequence[Formula]) -> Formula:
    """The template of the operation with this name, with its operands put in, bracketed where they must be."""
    level, needs = _binding(template)
    if name in _MATRIX_PRODUCTS:
        level, needs = MATRIX_PRODUCT, {k: max(need, MATRIX_PRODUCT) for k, need in needs.items()}
    product = name == "multiply"
    if product:
        operands = [replace(o, level=SUM) if o.level == MATRIX_PRODUCT else o for o in operands]  # W x is no factor
        operands = sorted(operands, key=_place_in_product)
        if operands[0].numeric:
            digits = operands[1].tex[:1].isdigit() and operands[1].level >= PRODUCT
            template = r"{0} \cdot {1}" if digits or operands[1].numeric else "{0} {1}"
    if name == "index" and operands[0].tex.endswith("}") and "_" in operands[0].tex:
        operands = [replace(operands[0], level=POWER)]  # an index of an index wants brackets
    texts = [_slot(needs, k, operand, level) for k, operand in enumerate(operands)]
    tex = template.format(*texts)
    if level == PREFIX:
        tex = re.sub(r" \\left\(", r"\\left(", tex, count=1)
    if tex.startswith("-") or (product and operands[0].level == SUM and operands[0].numeric):
        level = SUM
    return Formula(
        tex,
        level,
        numeric=level != PREFIX
        and all(o.numeric for o in operands)
        and not any(o.guarded for o in operands)
        and "cdot" not in tex,
    )


@lru_cache(maxsize=1024)
def _binding(template: str) -> tuple[int, dict[int, int]]:
    r"""How tightly the template's outermost operation binds, and what the place of each operand asks for.

    Brackets and braces of the template shield what is in them. An operand that follows a word is the argument of a
    function written without brackets: \sin {0}.
    """
    tokens = ["", *_TOKEN.findall(template), ""]
    level, needs, depth = ATOM, dict[int, int](), 0
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        depth += (token in _OPENING) - (token in _CLOSING)
        if found := re.fullmatch(r"\{(\d+)\}", token):
            is_argument = before not in _OPENING and re.match(r"\\[a-z]|_|\}\}", before) and not _operator(before)
            asked = ATOM if is_argument else max((_operator(before) or _NONE)[2], (_operator(after) or _NONE)[1])
            needs[int(found[1])] = max(needs.get(int(found[1]), 0), asked)
            level = min(level, PREFIX) if is_argument and not depth else level
        elif not depth:
            level = min(level, (_operator(token) or _NONE)[0])
    return level, needs


_OPENING = {"{{", "(", "[", r"\lfloor", r"\lceil", r"\left|", r"\left(", r"\left[", r"\left\|"}


_CLOSING = {"}}", ")", "]", r"\rfloor", r"\rceil", r"\right|", r"\right)", r"\right]", r"\right\|"}


_NONE = (ATOM, 0, 0)


def _operator(token: str) -> tuple[int, int, int] | None:
    """What the table says of a token; a big Σ may carry its range."""
    return _OPERATORS.get(re.sub(r"^(\\Sigma|\\Pi).*", r"\1", token))


def _slot(needs: Mapping[int, int], position: int, operand: Formula, level: int) -> str:
    """The operand as it is written in its place, with brackets where it binds weaker than the place asks for."""
    needed = needs.get(position, 0)
    if needed == SUM and (operand.guarded or operand.tex.startswith("-")):
        needed = PRODUCT
    if level == PRODUCT and position == 0 and operand.numeric and not operand.guarded:
        return operand.tex  # -3 x needs no brackets
    return _placed(operand, needed)


def _placed(operand: Formula, needed: int) -> str:
    return operand.tex if operand.level >= needed else operand.guarded or _bracketed(operand.tex)


def _bracketed(tex: str) -> str:
    return rf"\left({tex}\right)"


def _place_in_product(factor: Formula) -> int:
    """Constants come first, then names, then functions: 2 x sin x."""
    if factor.numeric and not factor.guarded:
        return 0
    return 2 if factor.level == PREFIX else 1


def _times(a: Formula, b: Formula) -> Formula | None:
    for one, other in ((a, b), (b, a)):
        if one.tex == "1":
            return other
        if one.tex in ("0", "-1"):
            return Formula("0", numeric=True) if one.tex == "0" else _minus(other)
    if a.tex == b.tex and not a.numeric and a.level in (ATOM, PREFIX):
        return Formula((a.tex if a.level == ATOM else _bracketed(a.tex)) + "^{2}", POWER)
    return None


def _plus(a: Formula, b: Formula) -> Formula | None:
    if a.tex == "0" or b.tex == "0":
        return b if a.tex == "0" else a
    if b.tex.startswith("-") and not a.tex.startswith("-") and not b.guarded:
        return Formula(f"{a.tex} {b.tex[0]} {b.tex[1:]}", SUM)
    return None


def _less(a: Formula, b: Formula) -> Formula | None:
    if b.tex == "0":
        return a
    return Formula(f"{a.tex} + {b.tex[1:]}", SUM) if b.tex.startswith("-") and b.numeric else None


def _minus(a: Formula) -> Formula | None:
    if a.tex.startswith("-") and a.level == SUM and not re.search(r" [+-] ", a.tex):
        return Formula(a.tex[1:], PRODUCT)
    return None if a.level == SUM or a.guarded else Formula(f"-{a.tex}", SUM, numeric=a.numeric)


def _raised(a: Formula, b: Formula) -> Formula | None:
    return {"1": a, "0": Formula("1", numeric=True)}.get(b.tex)


def _over(a: Formula, b: Formula) -> Formula | None:
    if b.tex == "1":
        return a
    return (
        Formula(rf"-\frac{{{a.tex[1:]}}}{{{b.tex}}}", SUM)
        if a.tex.startswith("-") and not re.search(r" [+-] ", a.tex)
        else None
    )


def _step(a: Formula, b: Formula) -> Formula | None:
    """The step from 0 to 1 by what it is at 0 itself, where np.maximum has the derivative 0.5."""
    steps = {"0": rf"[{a.tex} > 0]", "1": rf"[{a.tex} \ge 0]", "0.5": rf"\operatorname{{step}}({a.tex})"}
    return Formula(steps[b.tex]) if b.tex in steps else None


_SIMPLER: dict[str, Callable[..., Formula | None]] = {
    "multiply": _times, "add": _plus, "subtract": _less, "negative": _minus, "power": _raised, "divide": _over,
    "heaviside": _step,
}  # fmt: skip


def _ascii(superscript: str) -> str:
    return superscript.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
