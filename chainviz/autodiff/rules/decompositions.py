"""Decompositions of matrices, real and in stacks: eigenvalues, singular values, QR, Cholesky, least squares.

A primitive has one array as its value, so the parts of a decomposition are packed side by side and cut out again.

Where two eigenvalues are equal, the eigenvectors are NumPy's choice and have no derivative: asking for it is an error.
The eigenvalues' own adjoint is then g v v^T in the basis that NumPy chose, so symmetric functions, such as their sum,
stay exact. The same holds for singular values.

`eigh`, `eigvalsh` and `cholesky` read one triangle of the matrix only, so its entries get the whole derivative and the
others get 0. Write (a + a.T) / 2 for the matrix to have it shared equally.
"""

from typing import Any

import numpy as np

from ..errors import UnsupportedOperation, unsupported
from ..forms import composite, general
from ..variable import Variable, plain, unbox

_EPS = float(np.finfo(float).eps)
_EighResult, _EigResult = type(np.linalg.eigh(np.eye(1))), type(np.linalg.eig(np.eye(1)))
_SVDResult, _QRResult = type(np.linalg.svd(np.eye(1))), type(np.linalg.qr(np.eye(1)))


def _transposed(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _diagonal(values: Any) -> Any:
    """Each vector of the stack on the diagonal of a matrix."""
    return np.eye(np.shape(values)[-1]) * np.expand_dims(values, -1)


def _folded(s: Any) -> Any:
    """The lower triangle, with the entries of the upper one added where their mirror images are."""
    return np.tril(s) + np.tril(_transposed(s), -1)


def _wanted(*adjoints: Any) -> bool:
    """Whether any of these adjoints is needed; recorded ones may be, even if they are 0 for now."""
    return any(isinstance(g, Variable) or np.any(g) for g in adjoints)


def _inverse_gaps(values: Any, kind: str, alone: str) -> Any:
    """1 / (v_j - v_i) in row i and column j, and 0 on the diagonal."""
    own = np.eye(np.shape(values)[-1])
    gaps = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    scale = np.max(np.abs(plain(values)), axis=-1, initial=0.0)[..., None, None]
    if np.any((np.abs(plain(gaps)) <= 100 * _EPS * scale) & (own == 0)):
        raise UnsupportedOperation(
            f"Two {kind}values of a matrix are equal, so its {kind}vectors can be turned into each other and have no "
            f"derivative. If you need the values only, use {alone}; else start from a matrix with distinct ones."
        )
    return (1.0 - own) / (gaps + own)


# -- eigenvalues


def _packed_eigh(a: Any, UPLO: Any = "L") -> Any:
    values, vectors = np.linalg.eigh(a, UPLO)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_vjp(g: Any, y: Any, a: Any, UPLO: Any = "L") -> Any:
    """v (diag(g_w) + v^T g_v / (w_j - w_i)) v^T: Giles, Collected matrix derivative results (2008), 3.1."""
    values, v, g_vectors = y[..., 0, :], y[..., 1:, :], g[..., 1:, :]
    inner = _diagonal(g[..., 0, :])
    if _wanted(g_vectors):
        inner = inner + _transposed(v) @ g_vectors * _inverse_gaps(values, "eigen", "np.linalg.eigvalsh")
    return _one_triangle(v @ inner @ _transposed(v), UPLO)


def _one_triangle(s: Any, UPLO: Any) -> Any:
    return _folded(s) if UPLO in "Ll" else _transposed(_folded(s))


def _eigvalsh_vjp(g: Any, y: Any, a: Any, UPLO: Any = "L") -> Any:
    v = np.linalg.eigh(a, UPLO=UPLO).eigenvectors
    return _one_triangle(v * np.expand_dims(g, -2) @ _transposed(v), UPLO)


_eigh = general(_packed_eigh, vjp=(_eigh_vjp,), tex=r"\operatorname{{eigh}}({0})", name="eigh")
general(np.linalg.eigvalsh, vjp=(_eigvalsh_vjp,), tex=r"\operatorname{{eigvalsh}}({0})")


@composite(np.linalg.eigh)
def _record_eigh(a: Any, UPLO: Any = "L") -> Any:
    packed = _eigh(a, **({} if UPLO == "L" else {"UPLO": UPLO}))
    return _EighResult(packed[..., 0, :], packed[..., 1:, :])


def _real(spectrum: Any) -> Any:
    if np.any(np.imag(spectrum)):
        raise UnsupportedOperation(
            "This matrix has complex eigenvalues, and chainviz differentiates real functions only. Use np.linalg.eigh "
            "for a symmetric matrix; np.trace and np.linalg.det give the eigenvalues' sum and product."
        )
    return np.real(spectrum)


def _packed_eig(a: Any) -> Any:
    values, vectors = np.linalg.eig(a)
    return np.concatenate([_real(values)[..., None, :], np.real(vectors)], axis=-2)


def _real_eigvals(a: Any) -> Any:
    return _real(np.linalg.eigvals(a))


def _eig_adjoint(v: Any, inner: Any) -> Any:
    """v^-T inner v^T."""
    if np.size(v) and np.any(np.linalg.cond(plain(v)) > 0.01 / _EPS):
        raise UnsupportedOperation(
            "This matrix has fewer independent eigenvectors than rows (it is defective). Its eigenvalues have no "
            "derivative there: they split like a square root. Start from a matrix with distinct eigenvalues."
        )
    return np.linalg.solve(_transposed(v), inner @ _transposed(v))


def _eig_vjp(g: Any, y: Any, a: Any) -> Any:
    """Giles (2008), 3.1, for vectors of length 1."""
    values, v, g_vectors = y[..., 0, :], y[..., 1:, :], g[..., 1:, :]
    inner = _diagonal(g[..., 0, :])
    if _wanted(g_vectors):
        across = g_vectors - v * np.sum(v * g_vectors, axis=-2, keepdims=True)
        inner = inner + _transposed(v) @ across * _inverse_gaps(values, "eigen", "np.linalg.eigvals")
    return _eig_adjoint(v, inner)


def _eigvals_vjp(g: Any, y: Any, a: Any) -> Any:
    values, v = map(np.real, np.linalg.eig(a))  # from NumPy 2.5 on, they are always complex
    ranks = np.argsort(np.argsort(plain(values)))  # eig and eigvals may find the values in different orders
    return _eig_adjoint(v, _diagonal(np.take_along_axis(np.take_along_axis(g, np.argsort(plain(y)), -1), ranks, -1)))


_eig = general(_packed_eig, vjp=(_eig_vjp,), tex=r"\operatorname{{eig}}({0})", name="eig")
_eigvals = general(_real_eigvals, vjp=(_eigvals_vjp,), tex=r"\operatorname{{eigvals}}({0})", name="eigvals")


@composite(np.linalg.eig)
def _record_eig(a: Any) -> Any:
    packed = _eig(a)
    return _EigResult(packed[..., 0, :], packed[..., 1:, :])


@composite(np.linalg.eigvals)
def _record_eigvals(a: Any) -> Any:
    return _eigvals(a)


# -- singular values


def _packed_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([u, s[..., None, :], np.swapaxes(vh, -1, -2)], axis=-2)


def _svd_vjp(g: Any, y: Any, a: Any) -> Any:
    """Townsend, Differentiating the singular value decomposition (2016)."""
    m, n = np.shape(a)[-2:]
    (u, s, v), (g_u, g_s, g_v) = ((p[..., :m, :], p[..., m, :], p[..., m + 1 :, :]) for p in (y, g))
    inner = _diagonal(g_s)
    if not _wanted(g_u, g_v):
        return u @ inner @ _transposed(v)
    across, down = np.expand_dims(s, -2), np.expand_dims(s, -1)
    own = np.eye(min(m, n))
    gaps = _inverse_gaps(s, "singular ", "np.linalg.svdvals") / (across + down + own)  # 1 / (s_j^2 - s_i^2)
    turn_u, turn_v = _transposed(u) @ g_u, _transposed(v) @ g_v
    inner = inner + (turn_u - _transposed(turn_u)) * gaps * across + down * (turn_v - _transposed(turn_v)) * gaps
    pulled = u @ inner @ _transposed(v)
    if m != n and np.any(plain(s) <= 100 * _EPS * np.max(plain(s), axis=-1, keepdims=True, initial=0.0)):
        raise UnsupportedOperation(
            "A singular value is 0, so its singular vectors have no derivative. "
            "If you need the values only, use np.linalg.svdvals; else start from a matrix of full rank."
        )
    if m > n:
        pulled = pulled + (g_u - u @ turn_u) / across @ _transposed(v)
    if m < n:
        pulled = pulled + u @ _transposed((g_v - v @ turn_v) / across)
    return pulled


def _svdvals_vjp(g: Any, y: Any, a: Any) -> Any:
    """u g v^T; a value of 0 has a kink, where the convention is 0."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return u * np.expand_dims(g * np.sign(plain(y)), -2) @ vh


_svd = general(_packed_svd, vjp=(_svd_vjp,), tex=r"\operatorname{{svd}}({0})", name="svd")
_svdvals = general(np.linalg.svdvals, vjp=(_svdvals_vjp,), tex=r"\operatorname{{svdvals}}({0})")


@composite(np.linalg.svd)
def _record_svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _svdvals(a)
    if full_matrices and np.shape(a)[-2:-1] != np.shape(a)[-1:]:
        raise unsupported(
            "np.linalg.svd with the full matrices of an array that is not square", a, "Add full_matrices=False."
        )
    packed = _svd(a)
    m = np.shape(a)[-2]
    return _SVDResult(packed[..., :m, :], packed[..., m, :], _transposed(packed[..., m + 1 :, :]))


# -- triangles


def _packed_qr(a: Any) -> Any:
    return np.concatenate(np.linalg.qr(a), axis=-2)


def _qr_vjp(g: Any, y: Any, a: Any) -> Any:
    """(g_q + q sym(r g_r^T - g_q^T q)) r^-T: Seeger et al., Auto-differentiating linear algebra (2017)."""
    m = np.shape(a)[-2]
    (q, r), (g_q, g_r) = ((p[..., :m, :], p[..., m:, :]) for p in (y, g))
    size = np.abs(np.linalg.diagonal(plain(r)))
    if np.any(size <= 100 * _EPS * np.max(size, axis=-1, keepdims=True, initial=0.0)):
        raise UnsupportedOperation(
            "np.linalg.qr has no derivative where the matrix's columns (the first ones, if it is wide) are dependent."
        )
    lower = np.tril(r @ _transposed(g_r) - _transposed(g_q) @ q)
    symmetric = lower + _transposed(np.tril(lower, -1))
    return _transposed(np.linalg.solve(r, _transposed(g_q + q @ symmetric)))


_qr = general(_packed_qr, vjp=(_qr_vjp,), tex=r"\operatorname{{qr}}({0})", name="qr")


@composite(np.linalg.qr)
def _record_qr(a: Any, mode: str = "reduced") -> Any:
    m, n = np.shape(np.atleast_2d(plain(a)))[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise unsupported(f"np.linalg.qr(..., mode={mode!r})", a, "Leave mode out, or write mode='r'.")
    packed = _qr(a[..., :m] if m < n else a)
    q, r = packed[..., :m, :], packed[..., m:, :]
    if m < n:
        r = np.concatenate([r, _transposed(q) @ a[..., m:]], axis=-1)
    return r if mode == "r" else _QRResult(q, r)


def _cholesky_vjp(g: Any, y: Any, a: Any) -> Any:
    """Murray, Differentiation of the Cholesky decomposition (2016), eq. 10."""
    inner = np.tril(_transposed(y) @ g)
    inner = inner - 0.5 * np.where(np.eye(np.shape(y)[-1], dtype=bool), inner, 0.0)
    return _folded(np.linalg.solve(_transposed(y), _transposed(np.linalg.solve(_transposed(y), _transposed(inner)))))


_cholesky = general(np.linalg.cholesky, vjp=(_cholesky_vjp,), tex=r"\operatorname{{chol}}({0})")


@composite(np.linalg.cholesky)
def _record_cholesky(a: Any, upper: bool = False) -> Any:
    return _transposed(_cholesky(_transposed(a))) if upper else _cholesky(a)


# -- least squares: the derivatives hold as long as the rank does not change, at which these functions jump


def _refuse_cutoff(a: Any, cutoff: Any) -> None:
    """Singular values that are left out, though they are not 0, are not in the rules below."""
    s = np.linalg.svdvals(plain(a))
    small = 1000 * max(np.shape(a)) * _EPS * s[..., :1]
    if cutoff is not None and np.any((s > small) & (s <= np.expand_dims(cutoff, -1) * s[..., :1])):
        raise unsupported("a cutoff that leaves out singular values which are not 0", a, "Use np.linalg.svd instead.")


def _pinv_vjp(g: Any, y: Any, a: Any, rcond: Any = None, rtol: Any = None) -> Any:
    """Golub and Pereyra, The differentiation of pseudo-inverses (1973), eq. 4.12."""
    g_t, y_t = _transposed(g), _transposed(y)
    first = g_t @ y @ y_t
    second = y_t @ y @ g_t
    return first - a @ (y @ first) + second - (second @ y) @ a - y_t @ g @ y_t


_pinv = general(np.linalg.pinv, vjp=(_pinv_vjp,), tex="{0}^{{+}}")


@composite(np.linalg.pinv)
def _record_pinv(a: Any, rcond: Any = None, rtol: Any = None) -> Any:
    _refuse_cutoff(a, rcond if rtol is None else rtol)
    return _pinv(a, **{name: k for name, k in (("rcond", rcond), ("rtol", rtol)) if k is not None})


def _lstsq_solution(a: Any, b: Any, rcond: Any = None) -> Any:
    return np.linalg.lstsq(a, b, rcond)[0]


def _inverse(a: Any, rcond: float | None) -> Any:
    """The pseudo-inverse by which lstsq solves."""
    return np.linalg.pinv(a, rtol=max(np.shape(a)) * _EPS if rcond is None else max(rcond, _EPS))


def _lstsq_left(g: Any, y: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """The adjoint of a in y = a^+ b, by the rule of a^+."""
    p = _inverse(a, rcond)
    pulled = _transposed(p) @ g
    across = g - _transposed(a) @ pulled
    return (b - a @ y) @ _transposed(p @ pulled) + _transposed(p) @ y @ _transposed(across) - pulled @ _transposed(y)


_lstsq = general(
    _lstsq_solution, tex="{0}^{{+}} {1}", name="lstsq",
    vjp=(_lstsq_left, lambda g, y, a, b, rcond=None: _transposed(_inverse(a, rcond)) @ g),
)  # fmt: skip


@composite(np.linalg.lstsq)
def _record_lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """NumPy's four results: the solution, the sums of squared residuals, the rank, the singular values."""
    a, b = unbox(a), unbox(b)
    _refuse_cutoff(a, rcond)
    columns = np.expand_dims(b, 1) if np.ndim(b) == 1 else b
    solution = _lstsq(a, columns, **({} if rcond is None else {"rcond": rcond}))
    rank = np.linalg.lstsq(plain(a), plain(columns), rcond)[2]
    m, n = np.shape(a)
    residuals = np.sum((columns - a @ solution) ** 2, axis=0) if rank == n < m else np.array([])
    return solution[:, 0] if np.ndim(b) == 1 else solution, residuals, rank, np.linalg.svdvals(a)
