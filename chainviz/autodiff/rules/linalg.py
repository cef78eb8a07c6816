"""Products of vectors and matrices, and what numpy.linalg makes of them; stacks of matrices as in NumPy."""

from typing import Any

import numpy as np

from ..errors import unsupported
from ..primitive import composite, general, unbroadcast
from ..variable import plain, unbox


def _stacks(g: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """g, a and b as stacks of matrices: a vector on the left is a row, one on the right a column."""
    if np.ndim(a) == 1:
        return np.expand_dims(g, -2), np.expand_dims(a, 0), b
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1), a, np.expand_dims(b, 1)
    return g, a, b


def _left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of a in y = a @ b: g b^T."""
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        g, rows, b = _stacks(g, a, b)
        return np.reshape(unbroadcast(g @ np.swapaxes(b, -1, -2), np.shape(rows)), np.shape(a))
    if np.ndim(b) == 1:
        return g * b if np.ndim(a) == 1 else np.expand_dims(g, 1) @ np.expand_dims(b, 0)
    return g @ np.transpose(b)


def _right(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of b in y = a @ b: a^T g."""
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        g, a, columns = _stacks(g, a, b)
        return np.reshape(unbroadcast(np.swapaxes(a, -1, -2) @ g, np.shape(columns)), np.shape(b))
    if np.ndim(a) == 1:
        return g * a if np.ndim(b) == 1 else np.expand_dims(a, 1) @ np.expand_dims(g, 0)
    return np.transpose(a) @ g


general(np.matmul, vjp=(_left, _right), tex=r"{0} \, {1}")


@composite(np.dot)
def _record_dot(a: Any, b: Any) -> Any:
    a, b = unbox(a), unbox(b)
    if np.ndim(plain(a)) == 0 or np.ndim(plain(b)) == 0:
        return a * b
    if np.ndim(plain(a)) <= 2 and np.ndim(plain(b)) <= 2:
        return a @ b
    raise unsupported(
        "np.dot of arrays with more than two axes", a, "Write a @ b, which multiplies stacks of matrices."
    )


@composite(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composite(np.inner)
def _inner(a: Any, b: Any) -> Any:
    return a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else np.tensordot(a, b, (-1, -1))


@composite(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return np.sum(np.ravel(a) * np.ravel(b))


@composite(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if np.ndim(axes) == 0:
        axes = (range(np.ndim(a) - axes, np.ndim(a)), range(axes))
    summed_a, summed_b = ([int(k) % np.ndim(x) for k in np.atleast_1d(ks)] for x, ks in ((a, axes[0]), (b, axes[1])))
    kept_a = [k for k in range(np.ndim(a)) if k not in summed_a]
    kept_b = [k for k in range(np.ndim(b)) if k not in summed_b]
    sizes = [np.shape(a)[k] for k in kept_a], [np.shape(b)[k] for k in kept_b]
    inner = int(np.prod([np.shape(a)[k] for k in summed_a], dtype=int))
    left = np.reshape(np.transpose(a, (*kept_a, *summed_a)), (int(np.prod(sizes[0], dtype=int)), inner))
    right = np.reshape(np.transpose(b, (*summed_b, *kept_b)), (inner, int(np.prod(sizes[1], dtype=int))))
    return np.reshape(left @ right, (*sizes[0], *sizes[1]))


@composite(np.kron)
def _kron(a: Any, b: Any) -> Any:
    count = max(np.ndim(a), np.ndim(b))
    shapes = [(1,) * (count - np.ndim(x)) + np.shape(x) for x in (a, b)]
    first = np.reshape(a, tuple(n for size in shapes[0] for n in (size, 1)))
    second = np.reshape(b, tuple(n for size in shapes[1] for n in (1, size)))
    return np.reshape(first * second, tuple(m * n for m, n in zip(*shapes, strict=True)))


@composite(np.cross)
def _cross(a: Any, b: Any) -> Any:
    if np.shape(a)[-1] != 3 or np.shape(b)[-1] != 3:
        raise unsupported("np.cross of vectors that are not three-dimensional", a, "Give it arrays of shape (..., 3).")
    return np.roll(a, -1, -1) * np.roll(b, 1, -1) - np.roll(a, 1, -1) * np.roll(b, -1, -1)


@composite(np.einsum)
def _einsum(*operands: Any) -> Any:
    """Line all operands up along all letters, multiply, and sum over the letters that the result lacks."""
    subscripts, *arrays = operands
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "." in subscripts or any(len(set(term)) < len(term) for term in terms):
        raise unsupported(
            f"np.einsum({subscripts!r})", next(a for a in arrays if not isinstance(plain(a), str)),
            "Write the letters out, without '...', and use np.diagonal or np.trace for a letter that comes twice.",
        )  # fmt: skip
    everything = inputs.replace(",", "")
    if not arrow:
        output = "".join(sorted(letter for letter in set(everything) if everything.count(letter) == 1))
    letters = output + "".join(sorted(set(everything) - set(output)))
    product: Any = 1.0
    for term, array in zip(terms, arrays, strict=True):
        order = sorted(range(len(term)), key=lambda k, term=term: letters.index(term[k]))
        sizes = dict(zip(term, np.shape(array), strict=True))
        lined_up = np.reshape(np.transpose(array, order), tuple(sizes.get(letter, 1) for letter in letters))
        product = product * lined_up
    return np.sum(product, axis=tuple(range(len(output), len(letters)))) if len(letters) > len(output) else product


def _transposed(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


general(np.linalg.inv, vjp=(lambda g, y, a: -_transposed(y) @ g @ _transposed(y),), tex="{0}^{{-1}}")
general(np.linalg.det, vjp=(lambda g, y, a: _scaled(g * y, _transposed(np.linalg.inv(a))),), tex=r"\det({0})")


def _scaled(factors: Any, matrices: Any) -> Any:
    """Every matrix of the stack times its factor."""
    return np.reshape(factors, (*np.shape(factors), 1, 1)) * matrices


def _log_abs_det(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


_log_abs_det_primitive = general(
    _log_abs_det, vjp=(lambda g, y, a: _scaled(g, _transposed(np.linalg.inv(a))),), tex=r"\ln\left|\det {0}\right|",
    name="logabsdet",
)  # fmt: skip


@composite(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    return np.linalg.slogdet(plain(a))[0], _log_abs_det_primitive(a)


@composite(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
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


def _cholesky_vjp(g: Any, y: Any, a: Any) -> Any:
    """Murray, Differentiation of the Cholesky decomposition (2016), eq. 10; the result is symmetric."""
    inner = np.tril(_transposed(y) @ g)
    inner = inner - 0.5 * np.where(np.eye(np.shape(y)[-1], dtype=bool), inner, 0.0)
    middle = np.linalg.solve(_transposed(y), _transposed(np.linalg.solve(_transposed(y), _transposed(inner))))
    return 0.5 * (middle + _transposed(middle))


general(np.linalg.cholesky, vjp=(_cholesky_vjp,), tex=r"\operatorname{{chol}}({0})")


@composite(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    base = np.linalg.inv(a) if n < 0 else a
    power: Any = np.broadcast_to(np.eye(np.shape(a)[-1]), np.shape(a))
    for _ in range(abs(n)):
        power = power @ base
    return power


@composite(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    matrix = (np.ndim(x) == 2 and axis is None) or (np.ndim(axis) == 1 and len(axis) == 2)
    if ord is None or (matrix and ord == "fro") or (not matrix and ord == 2):
        return np.sqrt(np.sum(x**2, axis=axis, keepdims=keepdims))
    if matrix and ord in (1, -1, np.inf, -np.inf) and axis is None and not keepdims:
        sums = np.sum(np.abs(x), axis=0 if abs(ord) == 1 else 1)
        return np.max(sums) if ord > 0 else np.min(sums)
    if matrix or isinstance(ord, str) or ord == 0:
        raise unsupported(f"np.linalg.norm(..., ord={ord!r})", x, "Use the norm without ord, ord=1 or ord=np.inf.")
    if abs(ord) == np.inf:
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)
