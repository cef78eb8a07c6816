"""The table of primitives, one file a family. Importing this package fills it."""

from . import complex_numbers, fourier, special

__all__ = ["complex_numbers", "fourier", "special"]
