"""NumPy functions made of recorded ones: NumPy's values, and right derivatives to second order in both modes."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff import check_grads
from chainviz.autodiff.rules.indexing import at
from chainviz.autodiff.variable import COMPOSITES, getitem, plain

RNG = np.random.default_rng(1)
V, W3 = RNG.standard_normal(4), RNG.standard_normal(3)
M, N, S = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 4)), RNG.standard_normal((3, 3))
T = RNG.standard_normal((2, 3, 2))
HOLES = np.array([1.0, np.nan, 3.0])
GAPS = np.array([[1.0, np.nan, 3.0], [0.0, 2.0, -1.0]])  # times M: an array with a missing entry
B = np.array([True, False, True])
K = np.array([1, 0, 1])

CALLS = {
    np.var: [lambda: np.var(V), lambda: np.var(M, axis=1), lambda: np.var(M, 0, ddof=1, keepdims=True)],
    np.std: [lambda: np.std(M), lambda: np.std(M, axis=(0, 1), keepdims=True)],
    np.sum: [lambda: np.sum(M, axis=(-1, 0), keepdims=True), lambda: np.sum(T, axis=()), lambda: np.sum(T, (0, -1))],
    np.mean: [lambda: np.mean(T, axis=(-1, 0), keepdims=True), lambda: np.mean(V[:1])],
    np.prod: [lambda: np.prod(T, axis=(-1, 0)), lambda: np.prod(M, keepdims=True), lambda: np.prod(V[:0]),
              lambda: np.prod(T[:, :0], axis=1), lambda: np.prod(T[:, :0], axis=0), lambda: np.prod(M, axis=())],
    np.max: [lambda: np.max(T, axis=(-1, 0), keepdims=True), lambda: np.amax(M, -2)],
    np.min: [lambda: np.min(T, axis=(-1, 0)), lambda: np.amin(M)],
    np.nanmax: [lambda: np.nanmax(M * GAPS), lambda: np.nanmax(M * GAPS, axis=-1, keepdims=True)],
    np.nanmin: [lambda: np.nanmin(M * GAPS), lambda: np.nanmin(M * GAPS, axis=0)],
    np.cumsum: [lambda: np.cumsum(T, axis=1), lambda: np.cumsum(M), lambda: np.cumsum(V[:0])],
    np.cumprod: [lambda: np.cumprod(T, axis=1), lambda: np.cumprod(M), lambda: np.cumprod(V[:0])],
    np.ptp: [lambda: np.ptp(V), lambda: np.ptp(M, axis=1), lambda: np.ptp(T, axis=(0, 2), keepdims=True)],
    np.nansum: [lambda: np.nansum(M * GAPS), lambda: np.nansum(M * GAPS, axis=(0, 1), keepdims=True)],
    np.nanprod: [lambda: np.nanprod(M * GAPS), lambda: np.nanprod(M * GAPS, axis=0, keepdims=True)],
    np.nancumsum: [lambda: np.nancumsum(M * GAPS), lambda: np.nancumsum(M * GAPS, axis=0)],
    np.nancumprod: [lambda: np.nancumprod(M * GAPS), lambda: np.nancumprod(M * GAPS, axis=-1)],
    np.nanmean: [lambda: np.nanmean(M * GAPS, axis=0), lambda: np.nanmean(M * GAPS, keepdims=True)],
    np.nanvar: [lambda: np.nanvar(M * GAPS), lambda: np.nanvar(M * GAPS, axis=-1, ddof=1, keepdims=True)],
    np.nanstd: [lambda: np.nanstd(M * GAPS), lambda: np.nanstd(M * GAPS, axis=1, correction=1)],
    np.average: [
        lambda: np.average(V), lambda: np.average(M, axis=1, weights=np.array([1.0, 2.0, 3.0])),
        lambda: np.average(M, weights=M**2), lambda: np.average(T, axis=(0, 1), weights=M**2, keepdims=True),
        lambda: np.average(T, axis=(1, 0), weights=M.T**2), lambda: np.average(M, -1, W3**2, returned=True)[1],
    ],
    np.diff: [
        lambda: np.diff(V), lambda: np.diff(M, axis=0), lambda: np.diff(V, n=2), lambda: np.diff(V, 0, prepend=1.0),
        lambda: np.diff(M, prepend=1.5, append=M), lambda: np.diff(T, axis=-2, append=V[0]), lambda: np.diff(V, n=9),
    ],
    np.ediff1d: [lambda: np.ediff1d(M), lambda: np.ediff1d(V, to_begin=[1.0, 2.0], to_end=V[0])],
    np.gradient: [
        lambda: np.gradient(V), lambda: np.gradient(M, 0.5)[1], lambda: np.gradient(M, W3[0], axis=-1),
        lambda: np.gradient(V, np.array([0.0, 1.0, 1.5, 3.0])), lambda: np.gradient(T, axis=(0, 1))[0],
        lambda: np.gradient(V, np.cumsum(V**2)), lambda: np.gradient(V[:2]), lambda: np.gradient(M, 2.0, [0, 1, 3])[1],
    ],
    np.trapezoid: [
        lambda: np.trapezoid(V), lambda: np.trapezoid(M, dx=0.5), lambda: np.trapezoid(V, x=np.arange(4.0)),
        lambda: np.trapezoid(T, x=W3, axis=1), lambda: np.trapezoid(T, x=T, axis=-2),
        lambda: np.trapezoid([1, 2, 4], W3),
    ],
    np.convolve: [
        lambda: np.convolve(V, W3), lambda: np.convolve(W3, V, "same"), lambda: np.convolve(V, W3[:2], "same"),
        lambda: np.convolve(V, W3, "valid"), lambda: np.convolve(W3, V, "valid"), lambda: np.convolve(V, 2.0),
        lambda: np.convolve([1.0, 2.0], V, "same"),
    ],
    np.correlate: [
        lambda: np.correlate(V, W3), lambda: np.correlate(W3, V), lambda: np.correlate(V, W3, "full"),
        lambda: np.correlate(W3[:2], V, "same"), lambda: np.correlate(V, W3[:2], "same"),
        lambda: np.correlate(V, V, "same"),
    ],
    np.cov: [
        lambda: np.cov(V), lambda: np.cov(M), lambda: np.cov(M, rowvar=False, bias=True), lambda: np.cov(V, 2 + V**2),
        lambda: np.cov(M, W3, ddof=0), lambda: np.cov(V[:1] * V[:, None], V[:, None] ** 2, rowvar=False),
    ],
    np.corrcoef: [lambda: np.corrcoef(S), lambda: np.corrcoef(V, V**2), lambda: np.corrcoef(S, rowvar=False)],
    np.clip: [
        lambda: np.clip(V, -0.5, 0.5), lambda: np.clip(V, None, 0.5), lambda: np.clip(V, min=0.1),
        lambda: np.clip(M, W3 - 2, W3 + 2), lambda: np.clip(V, 1.0, -1.0), lambda: np.clip(V, None, None),
    ],
    np.round: [lambda: np.round(V), lambda: np.round(V, 2), lambda: np.round(100 * V, -1)],
    np.ldexp: [lambda: np.ldexp(V, 3), lambda: np.ldexp(M, [0, -2, 1])],
    np.frexp: [lambda: np.frexp(V)[0], lambda: np.frexp(M)[1]],
    np.modf: [lambda: np.modf(V)[0], lambda: np.modf(M)[1]],
    np.divmod: [lambda: np.divmod(V, 0.3)[0], lambda: np.divmod(V, 0.3)[1]],
    np.real: [lambda: np.real(M)],
    np.copy: [lambda: np.copy(V), lambda: np.real_if_close(V)],
    np.nan_to_num: [lambda: np.nan_to_num(M * GAPS), lambda: np.nan_to_num(M * GAPS, nan=V[0], posinf=1.0)],
    np.unwrap: [lambda: np.unwrap(9 * V), lambda: np.unwrap(9 * M, axis=0, period=3.0)],
    np.stack: [lambda: np.stack([V, 2 * V], axis=1)],
    np.concatenate: [lambda: np.concatenate([M, M], 1), lambda: np.concatenate((M, V), axis=None)],
    np.hstack: [lambda: np.hstack([V, V]), lambda: np.hstack([M, M]), lambda: np.hstack([V[0], 2.0, V])],
    np.dstack: [lambda: np.dstack([V, V]), lambda: np.dstack([M, 2 * M]), lambda: np.dstack([T, M])],
    np.block: [
        lambda: np.block([[S, S[:, :1]], [W3, 1.0]]), lambda: np.block([V, 2.0, W3]), lambda: np.block(V),
        lambda: np.block([[T, T], [T, 2 * T]]),
    ],
    np.insert: [
        lambda: np.insert(V, 1, 5.0), lambda: np.insert(M, [0, 2], W3[:2], axis=1),
        lambda: np.insert(M, -1, W3, axis=0),
        lambda: np.insert(M, 3, V[:2]), lambda: np.insert([1.0, 2.0], slice(0, 2), W3[0]),
    ],
    np.atleast_1d: [lambda: np.atleast_1d(V[0]), lambda: np.atleast_1d(M, V[0])[1]],
    np.atleast_2d: [lambda: np.atleast_2d(V), lambda: np.atleast_2d(T, V[0])[1]],
    np.atleast_3d: [lambda: np.atleast_3d(V), lambda: np.atleast_3d(M), lambda: np.atleast_3d(V[0], T)[0]],
    np.broadcast_arrays: [lambda: np.broadcast_arrays(M, W3)[1], lambda: np.broadcast_arrays(V[0], 1.0)[0]],
    np.meshgrid: [
        lambda: np.meshgrid(V, W3)[0], lambda: np.meshgrid(V, W3, indexing="ij")[1], lambda: np.meshgrid(V)[0],
        lambda: np.meshgrid(V, W3, [1.0, 2.0], sparse=True)[1], lambda: np.meshgrid(V[0], W3, sparse=True)[0],
    ],
    np.full_like: [lambda: M * np.full_like(M, 2.0), lambda: V[0] + np.full_like(M, 1, shape=(2,))],
    np.linspace: [
        lambda: np.linspace(V[0], 3.0), lambda: np.linspace(M, W3, 4, axis=-1), lambda: np.linspace(1.0, V, 5, False),
        lambda: np.linspace(V[0], V[1], 1), lambda: np.linspace(V[0], V, 0, axis=1), lambda: np.linspace(V[:0], 1.0, 3),
        lambda: np.linspace(1.5, V[0], 2), lambda: np.linspace(V, 2.0, 3, retstep=True)[1],
    ],
    np.vander: [lambda: np.vander(V), lambda: np.vander(V, 3, increasing=True)],
    np.matrix_transpose: [lambda: np.matrix_transpose(T)],
    np.vstack: [lambda: np.vstack([V, V]), lambda: np.vstack([M, M])],
    np.column_stack: [lambda: np.column_stack([V, V]), lambda: np.column_stack([M, M[:, 0]])],
    np.append: [lambda: np.append(M, 1.0), lambda: np.append(M, M, axis=0), lambda: np.append(V[0], V)],
    np.moveaxis: [lambda: np.moveaxis(T, 0, -1), lambda: np.moveaxis(T, (0, 1), (-1, 0))],
    np.flipud: [lambda: np.flipud(M)],
    np.fliplr: [lambda: np.fliplr(M)],
    np.repeat: [lambda: np.repeat(M, 2), lambda: np.repeat(M, [1, 0, 2], axis=1)],
    np.tile: [lambda: np.tile(V, 2), lambda: np.tile(V, (2, 3)), lambda: np.tile(M, (2, 1))],
    np.split: [lambda: np.split(V, 2)[1], lambda: np.split(M, [1], axis=1)[0], lambda: np.split(V, [3, 1, 9])[1]],
    np.array_split: [lambda: np.array_split(V, 3)[0], lambda: np.array_split(T, 2, axis=-2)[1]],
    np.hsplit: [lambda: np.hsplit(M, 3)[1], lambda: np.hsplit(V, [1])[1]],
    np.vsplit: [lambda: np.vsplit(M, 2)[1]],
    np.dsplit: [lambda: np.dsplit(T, 2)[0]],
    np.tril: [lambda: np.tril(S), lambda: np.tril(M, 1)],
    np.triu: [lambda: np.triu(S, -1), lambda: np.triu(T)],
    np.pad: [
        lambda: np.pad(V, 2), lambda: np.pad(M, ((1, 0), (0, 2)), constant_values=1.5), lambda: np.pad(M, 1, "wrap"),
        lambda: np.pad(V, 1, constant_values=V[0]), lambda: np.pad(M, 1, constant_values=((1, 2), (3, 4))),
        lambda: np.pad(V, (0, 3), mode="reflect"), lambda: np.pad(T, ((1, 2),), "symmetric"),
        lambda: np.pad(V, 2, "edge"), lambda: np.pad(V, 2, constant_values=np.inf)[2:-2],
    ],
    np.take: [
        lambda: np.take(V, [1, 1, 3]), lambda: np.take(M, 2, axis=1), lambda: np.take(M, [[7, -8]], 1, mode="wrap"),
        lambda: np.take(M, [[7, -8]], -1, mode="clip"), lambda: np.take(M, 4), lambda: np.take(V, []),
    ],
    np.take_along_axis: [
        lambda: np.take_along_axis(M, np.array([[2], [0]]), 1), lambda: np.take_along_axis(M, np.array([[2, 0]]), -1),
        lambda: np.take_along_axis(M, np.array([[1, 0, 0]]), 0), lambda: np.take_along_axis(M, np.array([5, 0]), None),
    ],
    np.compress: [lambda: np.compress(B, M, axis=1), lambda: np.compress([0, 1], M), lambda: np.compress(V > 0, V)],
    np.extract: [lambda: np.extract(M > 0, M)],
    np.choose: [
        lambda: np.choose(K, [W3, 2 * W3]), lambda: np.choose(K, (W3[0], M)),
        lambda: np.choose([9, -1], V, mode="wrap"),
    ],
    np.select: [
        lambda: np.select([V > 1, V > 0], [V**2, V]), lambda: np.select([B], [M], W3),
        lambda: np.select([B], [V[0]]), lambda: np.select([B, V[0] > 0], [2.0, V[0]], V[1]),
    ],
    np.piecewise: [
        lambda: np.piecewise(V, [V < 0, V > 0.5], [np.sin, 2.0, np.square]),
        lambda: np.piecewise(M, [M > 0], [np.cos]),
        lambda: np.piecewise(V[0], [V[0] < 0], [np.exp, np.cos]),
        lambda: np.piecewise(V, V > 0, [lambda x, k: k * x, 1], 3),
    ],
    np.interp: [
        lambda: np.interp(V, [-1.0, 0.0, 0.5], W3), lambda: np.interp(V[0], np.cumsum(W3**2), W3, left=V[1]),
        lambda: np.interp(M, [-0.5, 0.5], [1.0, 2.0], left=-1.0, right=7.0), lambda: np.interp(0.1, np.cumsum(V**2), V),
    ],
    np.sort: [
        lambda: np.sort(V), lambda: np.sort(M, axis=0), lambda: np.sort(M, axis=None),
        lambda: np.sort(V, kind="stable"), lambda: np.sort(V[:0]),
    ],
    np.partition: [
        lambda: np.partition(V, 2), lambda: np.partition(M, (0, 1), axis=-1), lambda: np.partition(M, 3, None),
    ],
    np.unique: [
        lambda: np.unique(np.concatenate([V, V])), lambda: np.unique(M, return_counts=True)[0],
        lambda: np.unique(M, return_index=True, return_inverse=True)[2],
    ],
    np.bincount: [lambda: np.bincount([0, 2, 2, 0], V), lambda: np.bincount(K, weights=W3, minlength=4)],
    np.polyval: [
        lambda: np.polyval(V, 0.7), lambda: np.polyval([2.0, 1.0], M), lambda: np.polyval(V[:3], V),
        lambda: np.polyval(V[:1], M), lambda: np.poly1d([1.0, 2.0, 3.0])(V),
    ],
    np.nanmedian: [
        lambda: np.nanmedian(V), lambda: np.nanmedian(M * GAPS, axis=1), lambda: np.nanmedian(M * GAPS, keepdims=True),
        lambda: np.nanmedian(V[:3] * HOLES), lambda: np.nanmedian(M * GAPS, axis=0, keepdims=True),
    ],
    np.median: [
        lambda: np.median(V), lambda: np.median(M, axis=1), lambda: np.median(M, keepdims=True),
        lambda: np.median(T, axis=(0, -1), keepdims=True), lambda: np.median(V[0]),
    ],
    np.quantile: [
        lambda: np.quantile(V, 0.3), lambda: np.quantile(M, [0.1, 0.5, 1.0], axis=-1, keepdims=True),
        lambda: np.quantile(T, [[0.0, 0.75]], axis=(0, 1)), lambda: np.quantile(V, 0.5 + 0.1 * np.tanh(W3)),
        lambda: np.quantile(V[0], 0.2), lambda: np.quantile(T, 1, axis=1),
    ],
    np.percentile: [lambda: np.percentile(V, 30), lambda: np.percentile(M, [10, 60], axis=0)],
    np.trace: [
        lambda: np.trace(S), lambda: np.trace(S, offset=-1), lambda: np.trace(T, 0, -1, 0), lambda: np.trace(S, 9),
    ],
    np.dot: [
        lambda: np.dot(M, N), lambda: np.dot(2.0, V), lambda: np.dot(V, V), lambda: np.dot(T, V[:2]),
        lambda: np.dot(W3, T), lambda: np.dot(T, M), lambda: np.dot(M, T), lambda: np.dot(T[0].T, T),
    ],
    np.outer: [
        lambda: np.outer(V, W3), lambda: np.outer(M, V), lambda: np.outer([1.0, 2.0], V), lambda: np.outer(V, 2.0),
    ],
    np.inner: [lambda: np.inner(V, V), lambda: np.inner(M, S), lambda: np.inner(T, M[:, :2]), lambda: np.inner(2.0, T)],
    np.vdot: [lambda: np.vdot(M, M), lambda: np.vdot(M, T[:1]), lambda: np.vdot(V[0], 2.0)],
    np.tensordot: [
        lambda: np.tensordot(T, M, ([0, 1], [0, 1])), lambda: np.tensordot(M, N, 1), lambda: np.tensordot(M, V, 0),
        lambda: np.tensordot(T, T, ((-1, 0), (0, -1))), lambda: np.tensordot(T, T, 3),
        lambda: np.tensordot(M, S, (1, 0)),
    ],
    np.kron: [lambda: np.kron(M, S), lambda: np.kron(V, W3), lambda: np.kron(2.0, M), lambda: np.kron(T, W3)],
    np.cross: [
        lambda: np.cross(S, W3), lambda: np.cross(M, M.T, axisb=0, axisc=0), lambda: np.cross(S, N[:, :3], axis=0),
        lambda: np.cross(T[:, None, :, 0], M),
    ],
    np.einsum: [
        lambda: np.einsum("ij,jk->ik", M, N), lambda: np.einsum("ij,jk", M, N), lambda: np.einsum("ij->", M),
        lambda: np.einsum("abc,bd->cad", T, N), lambda: np.einsum("i,j->ji", V, W3), lambda: np.einsum("ij->ji", M),
        lambda: np.einsum("ii", S), lambda: np.einsum("ii->i", S), lambda: np.einsum("iji->j", T[:, :, :2]),
        lambda: np.einsum("...i,ij", M, S), lambda: np.einsum("...ij,...ij->...", T, T),
        lambda: np.einsum("a...->...", T),
        lambda: np.einsum("ij...,kj->...ki", T, M), lambda: np.einsum("...j,...j->...", T[:, :1], T),
        lambda: np.einsum("ba", M), lambda: np.einsum(M, [0, 30], N, [30, 2], [2, 0]), lambda: np.einsum(S, [3, 3]),
        lambda: np.einsum(M, [30, 2]), lambda: np.einsum(T, [..., 1], S[:2], [1, 0]), lambda: np.einsum(N, [9, ...]),
        lambda: np.einsum("ij,jk,kl->il", M, N, N.T), lambda: np.einsum("i,ij,j", M[:, 0], M, W3),
        lambda: np.einsum(",i->i", 2.0, V),
        lambda: np.einsum("ij,kl,jk->il", M, N, S, optimize=True), lambda: np.einsum("i,i,i->i", V, V, V),
        lambda: np.einsum("ij,jk->ik", M[:, :1], N), lambda: np.einsum("ii,ij->j", S, N),
        lambda: np.einsum("ij,ik->k", M, M),
        lambda: np.einsum("...", V), lambda: np.einsum("ij,jk", M[:0], N),
        lambda: np.einsum("ij,jk->ik", M[:, :0], N[:0]),
    ],
    np.linalg.matmul: [lambda: np.linalg.matmul(T, M)],
    np.linalg.vecdot: [lambda: np.linalg.vecdot(T, T[:1], axis=1), lambda: np.linalg.vecdot(M, [1.0, 2.0, 3.0])],
    np.linalg.outer: [lambda: np.linalg.outer(V, W3)],
    np.linalg.cross: [lambda: np.linalg.cross(S, N[:, :3], axis=0)],
    np.linalg.tensordot: [lambda: np.linalg.tensordot(M, N, axes=1)],
    np.linalg.matrix_transpose: [lambda: np.linalg.matrix_transpose(T)],
    np.linalg.diagonal: [lambda: np.linalg.diagonal(T, offset=-1), lambda: np.linalg.diagonal(S)],
    np.linalg.trace: [lambda: np.linalg.trace(T), lambda: np.linalg.trace(S, offset=1)],
    np.linalg.multi_dot: [
        lambda: np.linalg.multi_dot([M, S, N]), lambda: np.linalg.multi_dot([M, S, W3]),
        lambda: np.linalg.multi_dot([W3, S, N]), lambda: np.linalg.multi_dot([N.T, S, M.T]),
    ],
    np.linalg.solve: [
        lambda: np.linalg.solve(S, W3), lambda: np.linalg.solve(S, N), lambda: np.linalg.solve(T[:, :2], M),
        lambda: np.linalg.solve(S, [1.0, 2.0, 3.0]),
    ],
    np.linalg.tensorsolve: [
        lambda: np.linalg.tensorsolve(S[:, :, None], W3), lambda: np.linalg.tensorsolve(S[:, None], W3, axes=(1,)),
    ],
    np.linalg.tensorinv: [lambda: np.linalg.tensorinv(S[:, :, None], ind=1), lambda: np.linalg.tensorinv(S[None])],
    np.linalg.slogdet: [lambda: np.linalg.slogdet(S)[1], lambda: np.linalg.slogdet(T[:, :2]).logabsdet],
    np.linalg.matrix_power: [
        lambda: np.linalg.matrix_power(S, 3), lambda: np.linalg.matrix_power(S, -1),
        lambda: np.linalg.matrix_power(S, 6),
        lambda: np.linalg.matrix_power(T[:, :2], -2), lambda: 0 * S + np.linalg.matrix_power(S, 0),
        lambda: np.linalg.matrix_power(S, 1),
    ],
    np.linalg.norm: [
        lambda: np.linalg.norm(V), lambda: np.linalg.norm(M), lambda: np.linalg.norm(V, 1),
        lambda: np.linalg.norm(V, 3),
        lambda: np.linalg.norm(T, axis=-1, keepdims=True), lambda: np.linalg.norm(V, np.inf),
        lambda: np.linalg.norm(M, 1),
        lambda: np.linalg.norm(M, -np.inf), lambda: np.linalg.norm(M, axis=1), lambda: np.linalg.norm(M, "fro"),
        lambda: np.linalg.norm(V, -np.inf), lambda: np.linalg.norm(V, 0), lambda: np.linalg.norm(M, 0, axis=0),
        lambda: np.linalg.norm(M, 2), lambda: np.linalg.norm(M, -2), lambda: np.linalg.norm(M, "nuc"),
        lambda: np.linalg.norm(T, 2, axis=(0, 1)), lambda: np.linalg.norm(T, "nuc", axis=(-1, 0), keepdims=True),
        lambda: np.linalg.norm(T, 1, axis=(2, 0), keepdims=True), lambda: np.linalg.norm(T, np.inf, axis=(0, -1)),
        lambda: np.linalg.norm(T, -1, axis=(0, 1)), lambda: np.linalg.norm(T, "fro", axis=(2, 0)),
        lambda: np.linalg.norm(M, -3, axis=(1,)), lambda: np.linalg.norm(T),
        lambda: np.linalg.norm(M, np.inf, axis=0, keepdims=True),
    ],
    np.linalg.matrix_norm: [
        lambda: np.linalg.matrix_norm(T), lambda: np.linalg.matrix_norm(T, keepdims=True, ord="nuc"),
    ],
    np.linalg.vector_norm: [
        lambda: np.linalg.vector_norm(T), lambda: np.linalg.vector_norm(T, axis=(-1, 0), ord=3, keepdims=True),
        lambda: np.linalg.vector_norm(M, axis=0, ord=np.inf), lambda: np.linalg.vector_norm(M, keepdims=True, ord=1),
        lambda: np.linalg.vector_norm(V[0]),
    ],
    np.linalg.cond: [
        lambda: np.linalg.cond(S), lambda: np.linalg.cond(M, -2), lambda: np.linalg.cond(S, 1),
        lambda: np.linalg.cond(S, "fro"), lambda: np.linalg.cond(T[:, :2], np.inf),
    ],
    np.linalg.cholesky: [
        lambda: np.linalg.cholesky(S @ S.T), lambda: np.linalg.cholesky(S + 9 * np.eye(3)),
        lambda: np.linalg.cholesky(S + 9 * np.eye(3), upper=True),
        lambda: np.linalg.cholesky(T @ np.swapaxes(T, 1, 2) + np.eye(3)),
    ],
    np.linalg.eigh: [
        lambda: np.linalg.eigh(S + S.T)[0], lambda: np.linalg.eigh(S).eigenvectors, lambda: np.linalg.eigh(S, "U")[1],
        lambda: np.linalg.eigh(T @ np.swapaxes(T, 1, 2) + np.diag(W3))[1],
    ],
    np.linalg.eig: [
        lambda: np.linalg.eig(S / 9 + np.diag([1, 2, 3])).eigenvalues,
        lambda: np.linalg.eig(S / 9 + np.diag([3, 1, 2]))[1],
        lambda: np.linalg.eig(T[:, :2] / 9 + np.diag([1, 2]))[1],
    ],
    np.linalg.eigvals: [
        lambda: np.linalg.eigvals(S / 9 + np.diag([1, 2, 3])),
        lambda: np.linalg.eigvals(T[:, :2] / 9 + np.diag([1, 2])),
    ],
    np.linalg.svd: [
        lambda: np.linalg.svd(S)[0], lambda: np.linalg.svd(M, full_matrices=False)[2],
        lambda: np.linalg.svd(N.T, False).U,
        lambda: np.linalg.svd(T, full_matrices=False).Vh, lambda: np.linalg.svd(T, full_matrices=False).S,
        lambda: np.linalg.svd(M, compute_uv=False),
    ],
    np.linalg.qr: [
        lambda: np.linalg.qr(S).Q, lambda: np.linalg.qr(S)[1], lambda: np.linalg.qr(M)[0], lambda: np.linalg.qr(M).R,
        lambda: np.linalg.qr(M.T)[0], lambda: np.linalg.qr(T, "r"), lambda: np.linalg.qr(np.swapaxes(T, 1, 2))[1],
        lambda: np.linalg.qr(M, mode="complete")[1],
    ],
    np.linalg.pinv: [
        lambda: np.linalg.pinv(M), lambda: np.linalg.pinv(M.T, 1e-9), lambda: np.linalg.pinv(T, rtol=1e-9),
        lambda: np.linalg.pinv(np.outer(W3, V)),
    ],
    np.linalg.lstsq: [
        lambda: np.linalg.lstsq(M.T, W3)[0], lambda: np.linalg.lstsq(M.T, N)[0], lambda: np.linalg.lstsq(M, M)[0],
        lambda: np.linalg.lstsq(M.T, W3)[1], lambda: np.linalg.lstsq(M.T, N, rcond=1e-9)[1],
        lambda: np.linalg.lstsq(M.T, W3)[3],
        lambda: np.linalg.lstsq(M.T, [1.0, 2.0, 3.0])[0], lambda: np.linalg.lstsq(np.outer(W3, V[:2]), N)[0],
    ],
}  # fmt: skip
ALIKE = {np.around: np.round}  # two names of one function
NAMES = ("V", "W3", "M", "N", "S", "T")


def test_every_composite_is_tested():
    tested = {COMPOSITES.get(function) for function in CALLS} | {COMPOSITES[getitem], COMPOSITES[np.histogram]}
    tested |= {composite for f, composite in COMPOSITES.items() if "fft" in f.__module__} | {COMPOSITES[np.angle]}
    tested |= {COMPOSITES[np.real], COMPOSITES[np.imag]}  # these: test_complex.py
    tested |= {COMPOSITES[np.fix]}
    assert set(COMPOSITES.values()) == tested - {None}  # None: primitives, whose other arguments are tested here
    assert all(COMPOSITES[one] is COMPOSITES[other] for one, other in ALIKE.items())


@pytest.mark.parametrize(("function", "call"), [(f, call) for f, calls in CALLS.items() for call in calls])
def test_values_are_numpys_and_derivatives_agree_with_finite_differences(function, call):
    used = [name for name in NAMES if name in call.__code__.co_names]
    constants = {name: globals()[name] for name in used}

    def f(*arrays):
        globals().update(zip(used, arrays, strict=True))
        try:
            return call()
        finally:
            globals().update(constants)

    start = [constants[name] for name in used]
    np.testing.assert_allclose(cv.jvp(f, start, [np.zeros_like(a) for a in start])[0], call(), rtol=1e-12, atol=1e-14)
    check_grads(f, *start, order=2)


def test_where_an_entry_is_missing_nansum_passes_no_derivative():
    assert cv.grad(lambda x: np.nansum(x**2))(HOLES).tolist() == [2.0, 0.0, 6.0]


def test_a_product_with_zeros_has_the_derivative_of_the_others():
    assert cv.grad(np.prod)(np.array([0.0, 2.0, 3.0])).tolist() == [6.0, 0.0, 0.0]
    assert cv.grad(np.prod)(np.array([0.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 0.0]


def test_ties_of_max_and_min_share_the_gradient():
    assert cv.grad(np.max)(np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]
    assert cv.grad(np.min)(np.array([[1.0, 1.0], [1.0, 3.0]])) == pytest.approx(np.array([[1, 1], [1, 0]]) / 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.linalg.svd(x[:2])[1], lambda x: np.pad(x, 1, mode="mean"),
        lambda x: np.interp(x, [1.0, 0.0], [1.0, 2.0]), lambda x: np.interp(x, [0.0, 1.0], [1.0, 2.0], period=1.0),
        lambda x: np.sum(x, where=x > 0), lambda x: np.max(x, initial=0.0), lambda x: np.gradient(x, edge_order=2)[0],
        lambda x: np.quantile(x, 0.5, method="nearest"), lambda x: np.histogram(x)[1],
        lambda x: np.cov(x, fweights=[1, 2, 3]), lambda x: np.unique(x, axis=0),
        lambda x: np.nan_to_num(x, copy=False),
        lambda x: np.add.reduce(x), lambda x: np.multiply.outer(x, x), lambda x: np.i0(x),
        lambda x: np.trim_zeros(x[0]),
        lambda x: np.cross(x[:, :2], x), lambda x: np.linalg.qr(x[:, :2], mode="complete")[0],
        lambda x: np.var(x, dtype=np.float32),
    ],
)  # fmt: skip
def test_what_a_composite_cannot_do_is_refused_in_words(call):
    with pytest.raises(cv.UnsupportedOperation, match="has no derivative rule for"):
        cv.grad(lambda x: np.sum(call(x)))(S)


@pytest.mark.parametrize("f", [np.sort, np.median, lambda x: np.quantile(x, [0.2, 0.8]), np.max, np.sum, np.ptp])
def test_a_missing_entry_goes_where_numpy_puts_it(f):
    np.testing.assert_array_equal(plain(f(cv.variable(HOLES))), f(HOLES))


def test_what_is_no_derivative_of_the_data_is_answered_plainly():
    x, plain_x = cv.variable(V), V
    for f in (
        np.argwhere, np.flatnonzero, np.nanargmax, np.nanargmin, np.angle, np.imag, np.isreal, np.iscomplex,
        np.isposinf, np.isneginf, lambda v: np.searchsorted([-1.0, 0.0, 1.0], v), lambda v: np.digitize(v, [0.0, 1.0]),
        lambda v: np.argpartition(v, 2), lambda v: np.lexsort((v, v > 0)), lambda v: np.isin(v, V[:2]),
        lambda v: np.array_equiv(v, V), lambda v: np.histogram(v, range=(-1, 1))[0], lambda v: np.array2string(v),
        lambda v: np.histogram(v, [-1.0, 0.0, 1.0], density=True)[0],
    ):  # fmt: skip
        answer = f(x)
        assert not isinstance(answer, cv.Variable)
        np.testing.assert_array_equal(answer, f(plain_x))


def test_the_deviation_of_equal_numbers_has_the_derivative_zero():
    for f in (np.std, np.nanstd, lambda x: np.sum(np.std(np.stack([x, x**2]), axis=1))):
        check_grads(f, np.array([1.0, 3.0]))
        assert cv.grad(f)(np.ones(2)).tolist() == [0.0, 0.0]
        assert cv.jvp(f, (np.ones(2),), (np.array([1.0, 2.0]),))[1] == 0.0


def test_a_number_may_be_reduced_along_an_axis_as_in_numpy():
    for f in (np.sum, np.prod, np.max, np.nanmin, np.ptp, np.cumprod, np.cumsum):
        for axis in (0, -1, None):
            check_grads(lambda x, f=f, axis=axis: np.sum(f(x, axis=axis)), 1.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.insert(V, x, 1.0), lambda x: np.split(V, x), lambda x: np.bincount(x), lambda x: np.ldexp(1.0, x),
        lambda x: np.choose(x, V), lambda x: np.select([x], [V]), lambda x: np.take(V, x), lambda x: np.roll(V, x),
    ],
)  # fmt: skip
def test_a_number_that_must_be_whole_is_refused_as_in_numpy(call):
    with pytest.raises((TypeError, IndexError, ValueError)):
        call(cv.variable(1.0))


def test_a_kink_of_interp_has_the_mean_of_both_slopes():
    f = lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 5.0])  # noqa: E731
    assert [cv.grad(f)(x) for x in (0.5, 1.0, 1.5, 9.0)] == [1.0, 2.5, 4.0, 0.0]


def test_partition_has_the_order_that_numpy_leaves():
    x = np.random.default_rng(0).permutation(300).astype(float) % 50
    for kth in (0, 7, 250, [3, 100]):
        np.testing.assert_array_equal(plain(np.partition(cv.variable(x), kth)), np.partition(x, kth))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("function", [np.convolve, np.correlate])
def test_convolutions_of_all_lengths_are_numpys(function, mode):
    for n, m in np.ndindex(6, 6):
        a, v = RNG.standard_normal(n + 1), RNG.standard_normal(m + 1)
        np.testing.assert_allclose(plain(function(cv.variable(a), v, mode)), function(a, v, mode), atol=1e-14)


def test_an_option_changed_in_place_later_does_not_reach_the_record():
    def f(x):
        counts = np.array([1, 2, 3, 0])
        y = np.repeat(x, counts)
        counts[:] = [3, 2, 1, 0]
        return np.sum(y)

    assert cv.grad(f)(V).tolist() == [1.0, 2.0, 3.0, 0.0]


UPDATES = {
    "set": [
        lambda a, x: (0, x), lambda a, x: (slice(1, 3), x), lambda a, x: ([1, 1, 3], x * np.ones(3)),
        lambda a, x: (a > 0, x), lambda a, x: (..., np.arange(4.0) * x), lambda a, x: ([], x),
    ],
    "add": [lambda a, x: (0, x), lambda a, x: ([1, 1, 3], x), lambda a, x: (slice(None, None, 2), x * np.ones(2))],
    "multiply": [lambda a, x: (-1, x), lambda a, x: ([1, 3], x), lambda a, x: (a > 0, x)],
}  # fmt: skip


@pytest.mark.parametrize(("method", "arguments"), [(m, a) for m, several in UPDATES.items() for a in several])
def test_a_functional_update_is_what_the_assignment_would_be(method, arguments):
    index, x = arguments(V, 1.5)
    expected = V.copy()
    if method == "set":
        expected[index] = x
    else:
        getattr(np, method).at(expected, index, x)
    np.testing.assert_array_equal(getattr(at(V, index), method)(x), expected)
    for f in (
        lambda a, x: getattr(at(a, arguments(a, x)[0]), method)(arguments(a, x)[1]),
        lambda x: getattr(at(V, arguments(V, x)[0]), method)(arguments(V, x)[1]),
        lambda a: getattr(at(a, arguments(a, 1.5)[0]), method)(arguments(a, 1.5)[1]),
    ):
        names = f.__code__.co_varnames[: f.__code__.co_argcount]
        check_grads(f, *({"a": V, "x": 1.5}[name] for name in names))


def test_of_two_writes_to_one_place_only_the_last_counts():
    assert cv.grad(lambda x: np.sum(at(np.zeros(2), [1, 1, 1]).set(x)))(W3).tolist() == [0.0, 0.0, 1.0]
    assert cv.grad(lambda a: at(a, (0, slice(0, 2))).get()[1])(M).tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    with pytest.raises(cv.UnsupportedOperation, match="comes twice"):
        at(cv.variable(V), [1, 1]).multiply(2.0)
    with pytest.raises(cv.UnsupportedOperation, match="used as one"):
        at(V, cv.variable(1.0)).set(2.0)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")
def test_fix_is_trunc():
    x = np.array([-2.7, 0.3, 1.5])
    np.testing.assert_array_equal(cv.vjp(np.fix, (x,), x)[0], np.trunc(x))
    assert cv.grad(lambda x: np.fix(x) * x)(2.7) == 2.0
