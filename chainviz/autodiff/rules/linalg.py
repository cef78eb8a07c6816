"""Products of vectors and matrices, solving, determinants and norms; stacks of matrices as in NumPy."""

import functools
import string
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import OperandError, unsupported
from ..forms import composite, general, unbroadcast
from ..variable import plain, unbox


def _transposed(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _stacks(g: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """g, a and b as stacks of matrices: a vector on the left is a row, one on the right a column."""
    if np.ndim(a) == 1:
        return np.expand_dims(g, -2), np.expand_dims(a, 0), b
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1), a, np.expand_dims(b, 1)
    return g, a, b


def _left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of a in y = a @ b: g b^T."""
    if g.__class__ is b.__class__ is np.ndarray and b.ndim == 2 >= g.ndim:
        return g.dot(b.T)  # the hot spot of dense layers
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        g, rows, b = _stacks(g, a, b)
        return np.reshape(unbroadcast(g @ _transposed(b), np.shape(rows)), np.shape(a))
    if np.ndim(b) == 1:
        return g * b if np.ndim(a) == 1 else np.expand_dims(g, 1) @ np.expand_dims(b, 0)
    return g @ np.transpose(b)


def _right(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of b in y = a @ b: a^T g."""
    if g.__class__ is a.__class__ is np.ndarray and a.ndim == 2 >= g.ndim:
        return a.T.dot(g)
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        g, a, columns = _stacks(g, a, b)
        return np.reshape(unbroadcast(_transposed(a) @ g, np.shape(columns)), np.shape(b))
    if np.ndim(a) == 1:
        return g * a if np.ndim(b) == 1 else np.expand_dims(a, 1) @ np.expand_dims(g, 0)
    return np.transpose(a) @ g


def _left_rows(g: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        return None
    return np.expand_dims(g, -1) * b if np.ndim(b) == 1 else g @ np.transpose(b)


def _right_rows(g: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        return None
    if np.ndim(a) == 1:
        return np.expand_dims(g, -1) * a if np.ndim(b) == 1 else np.expand_dims(a, 1) * np.expand_dims(g, 1)
    return g @ a if np.ndim(b) == 1 else np.transpose(a) @ g


def _product(a: Any, b: Any) -> Any:
    return a.dot(b) if a.__class__ is b.__class__ is np.ndarray and a.ndim == b.ndim == 2 else np.matmul(a, b)


general(np.matmul, vjp=(_left, _right), rows=(_left_rows, _right_rows), tex=r"{0} \, {1}").compute = _product


def _scaled(vectors: Any, g: Any, like: Any) -> Any:
    """Every vector of the stack times its factor."""
    return unbroadcast(np.expand_dims(g, -1) * vectors, np.shape(like))


def _outer_products(a: Any, b: Any, like: Any) -> Any:
    return unbroadcast(np.expand_dims(a, -1) * np.expand_dims(b, -2), np.shape(like))


general(
    np.vecdot, tex=r"\operatorname{{vecdot}}({0}, {1})",
    vjp=(lambda g, y, a, b: _scaled(b, g, a), lambda g, y, a, b: _scaled(a, g, b)),
)  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    general(
        np.matvec, tex=r"{0} \, {1}",
        vjp=(lambda g, y, a, x: _outer_products(g, x, a), lambda g, y, a, x: unbroadcast(np.vecmat(g, a), np.shape(x))),
    )  # fmt: skip
    general(
        np.vecmat, tex=r"{0}^{{\top}} \, {1}",
        vjp=(lambda g, y, x, a: unbroadcast(np.matvec(a, g), np.shape(x)), lambda g, y, x, a: _outer_products(x, g, a)),
    )  # fmt: skip


@composite(np.linalg.matmul)
def _matmul(x1: Any, x2: Any) -> Any:
    return np.matmul(unbox(x1), unbox(x2))


@composite(np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    return np.vecdot(*(x if axis == -1 else np.moveaxis(x, axis, -1) for x in (unbox(x1), unbox(x2))))


@composite(np.dot)
def _dot(a: Any, b: Any) -> Any:
    a, b = unbox(a), unbox(b)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    return a @ b if np.ndim(b) == 1 or np.ndim(a) <= 2 >= np.ndim(b) else np.tensordot(a, b, (-1, -2))


@composite(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composite(np.linalg.outer)
def _outer_of_vectors(x1: Any, x2: Any) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise OperandError("np.linalg.outer takes two vectors. np.outer flattens arrays of other shapes.")
    return np.outer(x1, x2)


@composite(np.inner)
def _inner(a: Any, b: Any) -> Any:
    a, b = unbox(a), unbox(b)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    return a @ b if np.ndim(b) == 1 else np.tensordot(a, b, (-1, -1))


@composite(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return np.ravel(unbox(a)) @ np.ravel(unbox(b))


@composite(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    """From the thinner end, so that no product is larger than it must be."""
    arrays = [unbox(array) for array in arrays]
    if np.ndim(arrays[-1]) == 1 or np.shape(arrays[-1])[-1] < np.shape(np.atleast_2d(plain(arrays[0])))[0]:
        return functools.reduce(lambda product, a: np.dot(a, product), reversed(arrays))
    return functools.reduce(np.dot, arrays)


@composite(np.kron)
def _kron(a: Any, b: Any) -> Any:
    a, b = unbox(a), unbox(b)
    count = max(np.ndim(a), np.ndim(b))
    shapes = [(1,) * (count - np.ndim(x)) + np.shape(x) for x in (a, b)]
    first = np.reshape(a, tuple(n for size in shapes[0] for n in (size, 1)))
    second = np.reshape(b, tuple(n for size in shapes[1] for n in (1, size)))
    return np.reshape(first * second, tuple(m * n for m, n in zip(*shapes, strict=True)))


@composite(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = (x if k == -1 else np.moveaxis(x, k, -1) for x, k in ((unbox(a), axisa), (unbox(b), axisb)))
    if np.shape(a)[-1:] == np.shape(b)[-1:] == (2,):
        np.cross(plain(a), plain(b))  # lets NumPy say that this is deprecated, or gone
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    if np.shape(a)[-1] != 3 or np.shape(b)[-1] != 3:
        raise unsupported("np.cross of vectors that are not three-dimensional", a, "Give it arrays of shape (..., 3).")
    product = np.roll(a, -1, -1) * np.roll(b, 1, -1) - np.roll(a, 1, -1) * np.roll(b, -1, -1)
    return product if axisc == -1 else np.moveaxis(product, -1, axisc)


@composite(np.linalg.cross)
def _cross_in_space(x1: Any, x2: Any, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise OperandError("np.linalg.cross takes vectors of three entries along the axis.")
    return np.cross(x1, x2, axis=axis)


@composite(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return _transposed(x)


@composite(np.linalg.diagonal)
def _diagonals(x: Any, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@composite(np.linalg.trace)
def _traces(x: Any, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


# -- einsum


def einsum_pair(a: Any, b: Any, subscripts: str = "") -> Any:
    """np.einsum of two arrays; where it is a matrix product in disguise, by matmul, which is much faster."""
    left, right, output = subscripts.replace("->", ",").split(",")
    summed = "".join(c for c in left if c not in output)
    stacked = "".join(c for c in left if c in right and c in output)
    rows, columns = "".join(c for c in left if c not in right), "".join(c for c in right if c not in left)
    if not (summed and rows and columns):
        return np.einsum(subscripts, a, b)
    sizes = dict(zip(left + right, np.shape(a) + np.shape(b), strict=True))
    stack, inner, m, n = ([sizes[c] for c in letters] for letters in (stacked, summed, rows, columns))
    k = int(np.prod(inner))
    first = np.einsum(f"{left}->{stacked}{rows}{summed}", a).reshape(*stack, int(np.prod(m)), k)
    second = np.einsum(f"{right}->{stacked}{summed}{columns}", b).reshape(*stack, k, int(np.prod(n)))
    return np.einsum(f"{stacked}{rows}{columns}->{output}", (first @ second).reshape(*stack, *m, *n))


def _einsum_adjoint(g: Any, own: int, other: Any, subscripts: str) -> Any:
    """The same sum with the places of the result and of the operand exchanged."""
    *terms, output = subscripts.replace("->", ",").split(",")
    return _einsum_pair(g, other, subscripts=f"{output},{terms[1 - own]}->{terms[own]}")


_einsum_pair = general(
    einsum_pair, name="einsum",
    tex=lambda subscripts="": r"\operatorname{{einsum}}_{{" + subscripts.replace("->", r" \to ") + "}}({0}, {1})",
    vjp=(lambda g, y, a, b, subscripts="": _einsum_adjoint(g, 0, b, subscripts),
         lambda g, y, a, b, subscripts="": _einsum_adjoint(g, 1, a, subscripts)),
)  # fmt: skip


def _letters(subscripts: str, counts: list[int]) -> tuple[list[str], str]:
    """The operands' letters and the result's, with letters for `...` and with an implicit result written out."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    spare = [letter for letter in string.ascii_letters if letter not in subscripts]
    pairs = list(zip(inputs.split(","), counts, strict=True))
    lengths = [max(count - len(term) + 3, 0) if "..." in term else 0 for term, count in pairs]
    dots = "".join(spare[: max(lengths)])
    if not arrow:
        output = "..." + "".join(sorted(c for c in set(inputs) - set(".,") if inputs.count(c) == 1))
    if dots and "..." not in output:
        raise ValueError("the result lacks the dots")
    output = output.replace("...", dots)
    if len(set(output)) < len(output):
        raise ValueError("a letter comes twice in the result")
    return [term.replace("...", dots[len(dots) - n :]) for (term, _), n in zip(pairs, lengths, strict=True)], output


def _reduced(term: str, x: Any, needed: str) -> tuple[str, Any]:
    """The diagonal of axes with the same letter, summed over the letters that are not needed."""
    letters = "".join(dict.fromkeys(term))
    if len(letters) < len(term):
        sizes = dict(zip(term, np.shape(x), strict=True))
        if np.shape(x) != tuple(sizes[c] for c in term):
            raise OperandError(f"np.einsum: the axes {term!r} with one letter differ in length: {np.shape(x)}.")
        steps = dict(zip(letters, np.ix_(*(range(sizes[c]) for c in letters)), strict=True))
        x = x[tuple(steps[c] for c in term)]
    lone = tuple(k for k, c in enumerate(letters) if c not in needed)
    return "".join(c for c in letters if c in needed), np.sum(x, axis=lone) if lone else x


def _with_letters(operands: Sequence[Any]) -> Sequence[Any]:
    """The arguments of np.einsum with a string in front, also where lists of axes follow the arrays, as it allows."""
    if isinstance(operands[0], str):
        return operands
    words = ["".join("..." if k is Ellipsis else _SYMBOLS[k] for k in axes) for axes in operands[1::2]]
    output = "->" + "".join("..." if k is Ellipsis else _SYMBOLS[k] for k in operands[-1]) if len(operands) % 2 else ""
    arrays = operands[: 2 * len(words) : 2]
    return (",".join(words) + output, *arrays)


_SYMBOLS = string.ascii_uppercase + string.ascii_lowercase  # in the order of the numbers that stand for them


@composite(np.einsum)
def _einsum(*operands: Any, optimize: Any = False) -> Any:
    """Two operands at a time, in the order that NumPy finds best."""
    subscripts, *arrays = (unbox(operand) for operand in _with_letters(operands))
    shapes = [np.shape(a) for a in arrays]
    try:
        terms, output = _letters(subscripts, [len(shape) for shape in shapes])
        path = np.einsum_path(f"{','.join(terms)}->{output}", *map(plain, arrays), optimize="greedy")[0][1:]
    except ValueError as error:
        raise OperandError(f"np.einsum({subscripts!r}) of shapes {' and '.join(map(str, shapes))}: {error}.") from None
    longer = {c for term, shape in zip(terms, shapes, strict=True) for c, n in zip(term, shape, strict=True) if n != 1}
    parts: list[tuple[str, Any]] = []
    for term, a, shape in zip(terms, arrays, shapes, strict=True):
        stretched = tuple(k for k, c in enumerate(term) if shape[k] == 1 and c in longer and term.count(c) == 1)
        kept = "".join(c for k, c in enumerate(term) if k not in stretched)
        parts.append((kept, np.squeeze(a, axis=stretched) if stretched else a))
    for step in path:
        (term, x), *others = [parts[k] for k in sorted(step)]
        parts = [part for k, part in enumerate(parts) if k not in step]
        while others:
            (other, z), *others = others
            needed = output + "".join(letters for letters, _ in others + parts)
            term, x = _reduced(term, x, needed + other)
            other, z = _reduced(other, z, needed + term)
            product = "".join(c for c in dict.fromkeys(term + other) if c in needed) if others or parts else output
            term, x = product, _einsum_pair(x, z, subscripts=f"{term},{other}->{product}")
        parts.append((term, x))
    term, x = _reduced(*parts[0], output)
    return x if term == output else np.transpose(x, [term.index(c) for c in output])


@composite(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = unbox(a), unbox(b)
    if np.ndim(axes) == 0:
        axes = (range(-axes, 0), range(axes))
    summed = (normalize_axis_tuple(tuple(np.atleast_1d(ks)), np.ndim(x)) for x, ks in zip((a, b), axes, strict=True))
    pairs = list(zip(*summed, strict=True))
    if any(np.shape(a)[j] != np.shape(b)[k] for j, k in pairs):
        raise OperandError(f"np.tensordot of shapes {np.shape(a)} and {np.shape(b)}: the summed axes differ in length.")
    left, right = string.ascii_lowercase[: np.ndim(a)], list(string.ascii_uppercase[: np.ndim(b)])
    for j, k in pairs:
        right[k] = left[j]
    output = "".join(c for c in left if c not in right) + "".join(c for c in right if c not in left)
    return _einsum_pair(a, b, subscripts=f"{left},{''.join(right)}->{output}")


@composite(np.linalg.tensordot)
def _linalg_tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes)


# -- inverses and determinants

general(np.linalg.inv, vjp=(lambda g, y, a: -_transposed(y) @ g @ _transposed(y),), tex="{0}^{{-1}}")
general(np.linalg.det, vjp=(lambda g, y, a: _times(g, _cofactors(y, a)),), tex=r"\det({0})")


def _times(factors: Any, matrices: Any) -> Any:
    """Every matrix of the stack times its factor."""
    return np.reshape(factors, (*np.shape(factors), 1, 1)) * matrices


def _cofactors(det: Any, a: Any) -> Any:
    """det(a) a^-T; for a singular matrix, which has no inverse, the determinants of its minors."""
    n = np.shape(a)[-1]
    if np.all(plain(det)) or n == 0:
        return _times(det, _transposed(np.linalg.inv(a)))
    if n > 50:
        raise unsupported("np.linalg.det at a singular matrix of more than 50 rows", a, "Differentiate elsewhere.")
    others = np.nonzero(~np.eye(n, dtype=bool))[1].reshape(n, n - 1)  # row i holds all indices but i
    minors = np.linalg.det(a[..., others[:, None, :, None], others[None, :, None, :]])
    return (-1.0) ** np.add.outer(np.arange(n), np.arange(n)) * minors


def _log_abs_det(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


_log_abs_det_primitive = general(
    _log_abs_det, vjp=(lambda g, y, a: _times(g, _transposed(np.linalg.inv(a))),), tex=r"\ln\left|\det {0}\right|",
    name="logabsdet",
)  # fmt: skip


@composite(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    return np.linalg.slogdet(plain(a))._replace(logabsdet=_log_abs_det_primitive(a))


@composite(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    a, b = unbox(a), unbox(b)
    if np.ndim(b) == 1:
        return _solve_primitive(a, np.expand_dims(b, 1))[..., 0]
    return _solve_primitive(a, b)


def _solve_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of a in a y = b: minus the adjoint of b times y^T."""
    return unbroadcast(-np.linalg.solve(_transposed(a), g) @ _transposed(y), np.shape(a))


_solve_primitive = general(
    lambda a, b: np.linalg.solve(a, b), tex=r"{0}^{{-1}} \, {1}", name="solve",
    vjp=(_solve_left, lambda g, y, a, b: unbroadcast(np.linalg.solve(_transposed(a), g), np.shape(b))),
)  # fmt: skip


@composite(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = unbox(a), unbox(b)
    if axes is not None:
        a = np.moveaxis(a, axes, range(-len(axes), 0))
    shape = np.shape(a)[np.ndim(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b)), shape)


@composite(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise OperandError(f"np.linalg.tensorinv: ind counts axes, so it is at least 1, not {ind}.")
    shape = np.shape(a)
    rows = int(np.prod(shape[:ind]))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), shape[ind:] + shape[:ind])


@composite(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    identity = np.linalg.matrix_power(plain(a), 0 * n)  # NumPy complains of fractions and of oblong matrices
    if n == 0:
        return identity
    if n < 0:
        return _matrix_power(np.linalg.inv(a), -n)
    if n == 1:
        return a
    half = _matrix_power(a, n // 2)
    return half @ half @ a if n % 2 else half @ half


# -- norms


def _norm_vjp(g: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """g x / |x|, or g sign(x) (|x_i| / |x|)^(p - 1). The norm of 0 has a kink, where the convention is 0."""
    p = 2 if ord is None or isinstance(ord, str) else ord
    if axis is not None and not keepdims:
        g, y = np.expand_dims(g, axis), np.expand_dims(y, axis)
    zero = plain(y) == 0
    if np.any(zero):
        g, y, x = np.where(zero, 0.0, g), np.where(zero, 1.0, y), np.where(zero, 1.0, x)
    if p % 2:
        return g * (np.sign(x) * np.abs(x / y) ** (p - 1))
    return g * (x / y if p == 2 else (x / y) ** (p - 1))  # without |x|, whose second derivative at 0 would be missed


_norm_primitive = general(
    np.linalg.norm, vjp=(_norm_vjp,),
    tex=lambda ord=None, **_: r"\left\|{0}\right\|" + (f"_{{{{{ord}}}}}" if isinstance(ord, (int, float)) else ""),
)  # fmt: skip


@composite(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    count = np.ndim(x)
    axes: tuple[int, ...] = tuple(range(count)) if axis is None else normalize_axis_tuple(axis, count)
    if len(axes) == 2 and ord in ("nuc", 1, -1, 2, -2, np.inf, -np.inf):
        norm = _matrix_norm(x if axes == (count - 2, count - 1) else np.moveaxis(x, axes, (-2, -1)), ord)
        return np.expand_dims(norm, axes) if keepdims else norm
    if len(axes) == 1 and ord in (0, np.inf, -np.inf):
        reduce = np.sum if ord == 0 else np.max if ord > 0 else np.min
        return reduce(np.abs(x if ord else np.sign(x)), axis=axes[0], keepdims=keepdims)
    options = {"ord": ord, "axis": axis, "keepdims": keepdims or None}
    return _norm_primitive(x, **{name: choice for name, choice in options.items() if choice is not None})


def _matrix_norm(x: Any, ord: Any) -> Any:
    """Of the last two axes: sums of singular values, one singular value, or one sum along a row or column."""
    if ord in ("nuc", 2, -2):
        values = np.linalg.svdvals(x)
        return np.sum(values, axis=-1) if ord == "nuc" else values[..., 0 if ord == 2 else -1]
    sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
    return np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)


@composite(np.linalg.matrix_norm)
def _norm_of_matrices(x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)


@composite(np.linalg.vector_norm)
def _norm_of_vectors(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    axes: tuple[int, ...] = normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))
    if len(axes) > 1:
        moved = np.moveaxis(x, axes, range(len(axes)))
        shape = np.shape(moved)
        x = np.reshape(moved, (int(np.prod(shape[: len(axes)])), *shape[len(axes) :]))
    norm = np.linalg.norm(np.reshape(x, (1,)) if np.ndim(x) == 0 else x, ord=ord, axis=axes[0] if len(axes) == 1 else 0)
    return np.expand_dims(norm, axes) if keepdims else norm


@composite(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    if p in (None, 2, -2):
        values = np.linalg.svdvals(x)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))
