"""The table of primitives, one file a family. Importing this package fills it."""

from . import decompositions, elementwise, indexing, linalg, reductions, shaping, special

__all__ = ["decompositions", "elementwise", "indexing", "linalg", "reductions", "shaping", "special"]
