"""Random functions have the same value, gradient and Hessian-vector product here as in autograd and PyTorch."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv

SHAPES = [(), (3,), (1, 3), (3, 1), (3, 3), (2, 3, 3)]  # all can be broadcast together
W = np.random.default_rng(7).standard_normal((3, 3))


def _matrix(np: Any, x: Any) -> Any:
    return x if tuple(getattr(x, "shape", ()))[-2:] == (3, 3) else x * np.ones((3, 3))


def _vector(np: Any, x: Any) -> Any:
    return np.reshape(_matrix(np, x), (-1,))[:3]


# `np` is the engine's namespace: PyTorch, too, knows these functions and the words axis and keepdims. What has a kink
# is moved by the numbers W first, so that no ties come about that one engine's rounding breaks and another's does not.
# autograd has no rule for np.flip of an axis, and its np.where is wrong where the operands are broadcast.
OPERATIONS: dict[str, Any] = {
    "add": lambda np, w, x, y, k: x + y,
    "subtract": lambda np, w, x, y, k: 0.5 - x - y,
    "multiply": lambda np, w, x, y, k: x * y,
    "divide": lambda np, w, x, y, k: x / (1.5 + y**2),
    "power": lambda np, w, x, y, k: (1.5 + np.sin(x)) ** np.tanh(y),
    "integer power": lambda np, w, x, y, k: np.tanh(x) ** (k + 1),
    "sin": lambda np, w, x, y, k: np.sin(x),
    "exp": lambda np, w, x, y, k: np.exp(-(x**2)),
    "log": lambda np, w, x, y, k: np.log1p(x**2) - np.log(2 + np.cos(y)),
    "sqrt": lambda np, w, x, y, k: np.sqrt(1 + x**2),
    "tanh": lambda np, w, x, y, k: np.tanh(x),
    "arctan2": lambda np, w, x, y, k: np.arctan2(x, 1 + y**2),
    "logaddexp": lambda np, w, x, y, k: np.logaddexp(x, y),
    "hyperbolic": lambda np, w, x, y, k: np.arcsinh(x) / np.cosh(np.tanh(y)),
    "absolute": lambda np, w, x, y, k: np.abs(x + w),
    "maximum": lambda np, w, x, y, k: np.maximum(x + w, y),
    "minimum": lambda np, w, x, y, k: np.minimum(x + w, y),
    "where": lambda np, w, x, y, k: np.where(x > w - y, x * y + w, np.exp(-(x**2)) * w - y),
    "clip": lambda np, w, x, y, k: np.clip(x + w, -0.5, 0.5),
    "sum": lambda np, w, x, y, k: np.sum(_matrix(np, x), axis=k - 2, keepdims=True) - y,
    "sum of all": lambda np, w, x, y, k: np.sum(np.tanh(x)),
    "mean": lambda np, w, x, y, k: np.mean(_matrix(np, x), axis=-1 - k % 2, keepdims=True),
    "var": lambda np, w, x, y, k: np.mean((_matrix(np, x) - np.mean(_matrix(np, x), axis=-1, keepdims=True)) ** 2),
    "prod": lambda np, w, x, y, k: np.prod(np.tanh(_matrix(np, x) + w)[..., k, :]),
    "amax": lambda np, w, x, y, k: np.amax(_matrix(np, x) + w, axis=-1 - k % 2, keepdims=True),
    "cumsum": lambda np, w, x, y, k: np.cumsum(_matrix(np, x), axis=-1 - k % 2),
    "matmul": lambda np, w, x, y, k: np.tanh(_matrix(np, x) @ _matrix(np, y)),
    "matrix and vector": lambda np, w, x, y, k: (_matrix(np, x) @ np.tanh(_vector(np, y)))[..., None],
    "outer": lambda np, w, x, y, k: np.outer(_vector(np, x), np.tanh(_vector(np, y))),
    "einsum": lambda np, w, x, y, k: np.einsum("...ij,...kj->...ki", np.tanh(_matrix(np, x)), _matrix(np, y)),
    "diagonal": lambda np, w, x, y, k: (_matrix(np, x) * y)[..., [0, 1, 2], [0, 1, 2]][..., None],
    "transpose": lambda np, w, x, y, k: np.swapaxes(_matrix(np, x), -1, -2) * y,
    "reshape": lambda np, w, x, y, k: np.reshape(_matrix(np, x), (-1, 3))[::2][:1],
    "flip": lambda np, w, x, y, k: np.fliplr(_matrix(np, x)) + np.roll(_matrix(np, y), k, -1),
    "slice": lambda np, w, x, y, k: _matrix(np, x)[..., k : k + 1] * y,
    "list of indices": lambda np, w, x, y, k: _matrix(np, x)[..., [k, 0, k], :] - y,
    "mask": lambda np, w, x, y, k: np.sum(_matrix(np, x)[..., [True, False, True]]) * np.tanh(y),
    "concatenate": lambda np, w, x, y, k: np.concatenate([_vector(np, x), _vector(np, y)])[k : k + 3],
    "stack": lambda np, w, x, y, k: np.stack([_matrix(np, x)[..., :1], _matrix(np, x)[..., 1:2] * 0.5])[k % 2] + y,
    "softmax": lambda np, w, x, y, k: np.exp(y) / np.sum(np.exp(_matrix(np, y)), axis=-1, keepdims=True),
    "inverse": lambda np, w, x, y, k: np.linalg.inv(3.0 * np.eye(3) + np.tanh(_matrix(np, x))),
    "solve": lambda np, w, x, y, k: np.linalg.solve(4.0 * np.eye(3) + np.tanh(_matrix(np, x + y)), _matrix(np, y - x)),
    "det": lambda np, w, x, y, k: np.sum(np.linalg.det(np.eye(3) + 0.3 * np.tanh(_matrix(np, x)))),
    "norm": lambda np, w, x, y, k: np.linalg.norm(_vector(np, x) + w[0]),
}  # fmt: skip
STEPS = st.tuples(st.sampled_from(sorted(OPERATIONS)), *[st.integers(0, 5)] * 2, st.integers(0, 2))
PROGRAMS = st.tuples(st.lists(STEPS, min_size=2, max_size=10), *[st.sampled_from(SHAPES)] * 2, st.integers(0, 99))


def _composed(np: Any, steps: Any) -> Any:
    """The program as a function of two arrays that gives one number; every step works on two of the latest results."""

    def f(a: Any, b: Any) -> Any:
        w = np.asarray(W)
        results = [a, b]
        for name, i, j, k in steps:
            x, y = (results[-1 - n % len(results)] for n in (i, j))
            results.append(OPERATIONS[name](np, w, x, y, k))
        return sum(np.sum(np.tanh(result) ** 2) for result in results[-4:])

    return f


def _arguments(first: tuple[int, ...], second: tuple[int, ...], seed: int) -> tuple[list[Any], list[Any]]:
    """Two arrays and a direction for each; no 0-d arrays, but floats."""
    rng = np.random.default_rng(seed)
    drawn = [rng.standard_normal(shape) for shape in (first, second) * 2]
    drawn = [x if x.ndim else float(x) for x in drawn]
    return drawn[:2], drawn[2:]


def _ours(steps: Any, args: list[Any], directions: list[Any]) -> list[Any]:
    f = _composed(np, steps)
    value, gradients = cv.value_and_grad(f, (0, 1))(*args)
    return [value, *gradients, *cv.hvp(f, args, directions)]


def _assert_same(found: list[Any], expected: list[Any]) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        assert np.shape(ours) == np.shape(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9 * (1.0 + np.max(np.abs(theirs), initial=0.0)))


@given(PROGRAMS)
@settings(max_examples=150, derandomize=True)
def test_agree_with_autograd(program: Any) -> None:
    autograd = pytest.importorskip("autograd")
    steps, first, second, seed = program
    args, directions = _arguments(first, second, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f = _composed(autograd.numpy, steps)

        def slope(a: Any, b: Any) -> Any:
            gradients = autograd.grad(f, (0, 1))(a, b)
            return sum(autograd.numpy.sum(g * d) for g, d in zip(gradients, directions, strict=True))

        theirs = [f(*args), *autograd.grad(f, (0, 1))(*args), *autograd.grad(slope, (0, 1))(*args)]
    _assert_same(_ours(steps, args, directions), theirs)


@given(PROGRAMS)
@settings(max_examples=150, derandomize=True)
def test_agree_with_pytorch(program: Any) -> None:
    torch = pytest.importorskip("torch")
    steps, first, second, seed = program
    args, directions = _arguments(first, second, seed)
    torch.set_default_dtype(torch.float64)
    inputs = [torch.tensor(a, requires_grad=True) for a in args]
    value = _composed(torch, steps)(*inputs)
    zero = {"allow_unused": True, "materialize_grads": True, "create_graph": True}
    gradients = torch.autograd.grad(value, inputs, **zero)
    slope = sum((g * torch.tensor(d)).sum() for g, d in zip(gradients, directions, strict=True))
    curved = torch.autograd.grad(slope, inputs, **zero)
    _assert_same(_ours(steps, args, directions), [t.detach().numpy() for t in (value, *gradients, *curved)])
