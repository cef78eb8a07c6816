"""Formulas: functions typed as text, such as "sin((2x+1)^2)", read by a parser of our own; never as Python.

May know of autodiff only. The reading: text -> tokens -> steps (postfix), which a `Formula` runs when it is called.
"""

from .errors import FormulaError
from .function import Formula, as_function, formula

__all__ = ["Formula", "FormulaError", "as_function", "formula"]
