"""The table of primitives, one file a family. Importing this package fills it."""

from . import elementwise, indexing, linalg, reductions, shaping, special

__all__ = ["elementwise", "indexing", "linalg", "reductions", "shaping", "special"]
