"""How large an operation's result gets, and how long it takes, from shapes and options alone: before it is computed.

For recordings of unknown origin. Both are upper bounds: what a result has at most, and a count of multiplications that
also bounds the arrays on the way, forward and backward. An axis of length 0 counts as 1, since sums over it are not
empty.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.errors import InputError
from ..autodiff.forms import Elementwise
from ..autodiff.primitive import Primitive

Shape = tuple[int, ...]


class Bound(NamedTuple):
    """Entries of the result, and multiplications."""

    entries: int
    work: int


def bound(primitive: Primitive, shapes: Sequence[Shape], options: dict[str, Any]) -> Bound:
    """The bound of one operation on operands of these shapes.

    Raises InputError where shapes or options do not fit.

    >>> from chainviz.autodiff.variable import PRIMITIVES
    >>> bound(PRIMITIVES[np.broadcast_to], [(3,)], {"shape": (10**9, 3)}).entries
    3000000000
    """
    try:
        return _bound(primitive, shapes, options)
    except (ValueError, TypeError, IndexError, KeyError):
        raise InputError(f"The shapes {list(shapes)} and the options of {primitive.name} do not fit.") from None


def _bound(primitive: Primitive, shapes: Sequence[Shape], options: dict[str, Any]) -> Bound:
    if isinstance(primitive, Elementwise):
        entries = entries_of(np.broadcast_shapes(*shapes))
        return Bound(entries, entries)
    if primitive.name == "einsum":
        return _of_letters(shapes, options["subscripts"])
    if primitive.name in ON_MATRICES:
        return _of_matrices(shapes)
    signature = getattr(primitive.function, "signature", None)
    if signature:
        return _of_signature(shapes, signature)
    given = sum(map(entries_of, shapes))
    entries = _GROWING[primitive.name](shapes[0], options) if primitive.name in _GROWING else given
    return Bound(entries, entries + given + _steps(primitive, shapes, options))


def _steps(primitive: Primitive, shapes: Sequence[Shape], options: dict[str, Any]) -> int:
    """What takes longer than its entries: a convolution, and rules and formulas that go step by step in Python."""
    if primitive.name == "convolve":
        return math.prod(map(entries_of, shapes))
    if primitive.name == "cumprod":
        axis = options.get("axis")
        return 50 * (entries_of(shapes[0]) if axis is None else shapes[0][axis]) ** 2
    return 1000 * len(shapes) ** 2 if len(shapes) > 2 else 0


def entries_of(shape: Shape) -> int:
    """How many entries an array of this shape has, with 1 in place of 0."""
    return math.prod(max(n, 1) for n in shape)


# -- products


def _of_letters(shapes: Sequence[Shape], subscripts: str) -> Bound:
    """Of np.einsum: an axis is a letter, and the work goes over all letters."""
    *terms, output = subscripts.replace("->", ",").split(",")
    lengths = {c: n for term, shape in zip(terms, shapes, strict=True) for c, n in zip(term, shape, strict=True)}
    return Bound(entries_of(tuple(lengths[c] for c in output)), entries_of(tuple(lengths.values())))


def _of_signature(shapes: Sequence[Shape], signature: str) -> Bound:
    """Of a generalized ufunc such as np.matmul, whose signature is (n?,k),(k,m?)->(n?,m?)."""
    *terms, output = ([axis for axis in term.split(",") if axis] for term in re.findall(r"\(([^)]*)\)", signature))
    lengths: dict[str, int] = {}
    stacks: list[Shape] = []
    for term, shape in zip(terms, shapes, strict=True):
        axes = term if len(shape) >= len(term) else [axis for axis in term if "?" not in axis]
        start = len(shape) - len(axes)
        lengths |= zip(axes, shape[start:], strict=True)
        stacks.append(shape[:start])
    stack = entries_of(np.broadcast_shapes(*stacks))
    entries = entries_of(tuple(lengths.get(axis, 1) for axis in output))
    return Bound(stack * entries, stack * entries_of(tuple(lengths.values())))


ON_MATRICES = {
    "inv", "det", "logabsdet", "solve", "lstsq", "pinv", "cholesky", "eigh", "eigvalsh", "eig", "eigvals", "svd",
    "svdvals", "qr",
}  # fmt: skip


def _of_matrices(shapes: Sequence[Shape]) -> Bound:
    """Of stacks of m x n matrices, and right-hand sides of k columns.

    The largest result is that of svd, m + n + 1 rows of min(m, n) columns; the most work is the cofactors of a singular
    matrix, n^4 numbers.
    """
    m, n = (1, 1, *shapes[0])[-2:]
    k = max(shape[-1] if shape else 1 for shape in shapes[1:]) if shapes[1:] else 1
    m, n, k = max(m, 1), max(n, 1), max(k, 1)
    stack = entries_of(np.broadcast_shapes(*(shape[:-2] for shape in shapes)))
    return Bound(stack * (m + n + 1) * max(min(m, n), k), stack * m * n * max(m * n, k))


# -- operations that make more of one array than it has


def _counts(value: Any) -> list[int]:
    """All whole numbers in an option, by their size."""
    numbers = np.asarray(value)
    if numbers.size and numbers.dtype.kind not in "iub":
        raise TypeError("no whole numbers")
    return [abs(int(n)) for n in numbers.ravel()]


def _of_shape(option: str) -> Callable[[Shape, dict[str, Any]], int]:
    return lambda shape, options: entries_of(tuple(_counts(options[option])))


def _padded(shape: Shape, options: dict[str, Any]) -> int:
    widest = max(_counts(options["pad_width"]), default=0)
    return math.prod(n + 2 * widest or 1 for n in shape)


def _squared(shape: Shape, options: dict[str, Any]) -> int:
    """Of a vector on a diagonal."""
    return (entries_of(shape) + sum(_counts(options.get("k", 0)))) ** 2


def _of_a_vector_squared(shape: Shape, options: dict[str, Any]) -> int:
    return _squared(shape, options) if len(shape) < 2 else entries_of(shape)


def _resampled(shape: Shape, options: dict[str, Any]) -> int:
    """Of a Fourier transform: n entries along the axis, or 2 (m - 1) of m frequencies."""
    return entries_of(shape) * max(2, *_counts(options.get("n") or 0))


def _indexed(shape: Shape, options: dict[str, Any]) -> int:
    """Of x[index]: the arrays in it broadcast against each other. Each stands for an axis; a mask for its own."""
    index = options["index"]
    basic: list[Any] = []
    picked: list[Shape] = []
    for part in index if isinstance(index, tuple) else (index,):
        if not isinstance(part, (np.ndarray, tuple, list)):
            basic.append(part)
            continue
        array = np.asarray(part)
        is_mask = array.dtype == bool
        basic += [slice(None, 1)] * (array.ndim if is_mask else 1)
        picked.append((int(np.count_nonzero(array)),) if is_mask else array.shape)
    rest = np.broadcast_to(0.0, shape)[tuple(basic)].shape
    return entries_of(rest) * entries_of(np.broadcast_shapes(*picked))


_GROWING: dict[str, Callable[[Shape, dict[str, Any]], int]] = {
    "broadcast_to": _of_shape("shape"),
    "scatter": lambda shape, options: max(_of_shape("shape")(shape, options), _indexed(options["shape"], options)),
    "resize": _of_shape("new_shape"),
    "repeat": lambda shape, options: entries_of(shape) * max(1, *_counts(options["repeats"])),
    "tile": lambda shape, options: entries_of(shape) * entries_of(tuple(_counts(options["reps"]))),
    "pad": _padded,
    "diagflat": _squared,
    **dict.fromkeys(("diag", "tril", "triu"), _of_a_vector_squared),
    "index": _indexed,
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft"), _resampled),
}
"""By name. What any other operation makes has no more entries than its operands together."""
