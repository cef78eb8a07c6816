"""Numbers as people read them: one rule in Python, the same in the player's script."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def format_number(value: float, digits: int = 4) -> str:
    """Significant digits without trailing zeros, a true minus, powers of ten below 0.0001 and from 1,000,000.

    >>> format_number(-0.28790331), format_number(16.0), format_number(1.5e-7), format_number(float("inf"))
    ('−0.2879', '16', '1.5·10⁻⁷', '∞')
    """
    if value != value:
        return "NaN"
    sign, size = "−" if value < 0 else "", abs(value)
    if size == float("inf"):
        return sign + "∞"
    if size == 0:
        return "0"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(size))  # ties go up, as in JavaScript
    if size < 1e-4 or size >= 1e6:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        return f"{sign}{float(mantissa):g}·{power_of_ten(int(exponent))}"
    return sign + np.format_float_positional(float(rounded), trim="-")


def power_of_ten(exponent: int) -> str:
    """Ten to that power, as on an axis.

    >>> power_of_ten(-7), power_of_ten(0)
    ('10⁻⁷', '10⁰')
    """
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def writable(text: str) -> str:
    r"""The text as pages and files can hold it: half a character, as of a file's undecoded name, as its code.

    >>> writable("caf\udce9"), writable("café")
    ('caf\\udce9', 'café')
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def spaced(count: int) -> str:
    """A whole number with its thousands apart.

    >>> spaced(50000), spaced(999)
    ('50 000', '999')
    """
    return f"{count:,}".replace(",", " ")


def describe(value: Any) -> str:
    """A number or small array in one short piece of plain ASCII-minus text, as reprs and nbval want it.

    >>> describe(-15.32236), describe(np.array([1.0, 2.5])), describe(np.zeros((20, 30)))
    ('-15.32', '[1, 2.5]', 'array of 20×30')
    """
    if np.ndim(value) == 0:
        return format_number(float(value)).replace("−", "-")
    if np.size(value) > 16:
        return "array of " + "×".join(map(str, np.shape(value)))
    return "[" + ", ".join(describe(entry) for entry in value) + "]"
