"""Notebooks as tests: how nbval is to compare them, and what it will not compare.

`pytest --nbval --chainviz` compares saved outputs with fresh ones, by the rules here; `chainviz check` says beforehand
which cells that leaves untested.
"""

from .check import Finding, check, report
from .rules import SANITISING

__all__ = ["SANITISING", "Finding", "check", "report"]
