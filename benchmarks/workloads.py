"""The workloads of the engine's benchmark, each written once for all libraries and once by hand.

A workload's function takes `xp`, which is NumPy or a library's own, and `nn`, which has a library's fused sigmoid,
softmax, cross-entropy and layer norm. Libraries that are not installed are left out.
"""

# ruff: noqa: B905  (the code of the workloads is what a user would write)

import functools
import importlib.util
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import mul
from types import SimpleNamespace
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import logsumexp

import chainviz as cv

Function = Callable[..., Any]
RANDOM = np.random.default_rng(0)


@dataclass
class Workload:
    """`f` with its arguments, of which the first `wrt` are differentiated; `hand` gives the same without a library."""

    title: str
    f: Function
    args: Sequence[Any]
    hand: Function
    wrt: int = 1
    goals: dict[str, float] = field(default_factory=dict)
    kind: str = "gradient"  # or "jacobian", "hessian", "third"
    operations: int = 1  # the table shows hand's time for one of them
    without: Sequence[str] = ()  # candidates for which this is too large
    extra: dict[str, Function] = field(default_factory=dict)

    def candidates(self) -> tuple[dict[str, Function], dict[str, str]]:
        """What to time, by name, as functions of no arguments; and why others are missing."""
        works: dict[str, Function] = {"hand": functools.partial(self.hand, *self.args)}
        missing: dict[str, str] = {}
        for name, prepare in LIBRARIES.items():
            if name not in self.without:
                try:
                    works[name] = prepare(self)
                except (cv.ChainvizError, NotImplementedError) as error:
                    missing[name] = str(error)
        return works | self.extra, missing


def agree(found: Any, expected: Any) -> bool:
    """Whether two results are equal, up to rounding, whatever arrays they are made of."""
    found, expected = ([np.asarray(leaf, dtype=float) for leaf in _leaves(r)] for r in (found, expected))
    return len(found) == len(expected) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-8, atol=1e-9 * np.max(np.abs(b), initial=1e-300))
        for a, b in zip(found, expected, strict=True)
    )


def _leaves(tree: Any) -> list[Any]:
    return [leaf for part in tree for leaf in _leaves(part)] if isinstance(tree, (tuple, list)) else [tree]


# -- the libraries: each makes a function of no arguments from a workload


def _record(work: Workload) -> Function:
    f = functools.partial(work.f, np, cv)
    transformed = {
        "gradient": lambda: cv.value_and_grad(f, 0 if work.wrt == 1 else range(work.wrt)),
        "jacobian": lambda: cv.jacobian(f),
        "hessian": lambda: cv.hessian(f),
        "third": lambda: cv.grad(cv.grad(cv.grad(f))),
    }[work.kind]()
    return functools.partial(transformed, *work.args)


def _replay(work: Workload) -> Function:
    """The compiled source."""
    given, constants = work.args[: work.wrt], work.args[work.wrt :]
    f = functools.partial(work.f, np, cv)
    if work.kind == "third":
        replay = cv.trace(lambda x: cv.grad(cv.grad(f))(x), *given).compile()
        return lambda: replay(*given)[1]
    if work.kind == "gradient":
        if isinstance(given[0], list):
            given, inner = given[0], f
            f = lambda *leaves: inner(list(leaves))  # noqa: E731
        replay = cv.trace(_of_inputs(f, len(given), constants), *given).compile()
        return functools.partial(replay, *given)
    f_of_x = _of_inputs(f, 1, constants)
    return functools.partial(cv.compile(f_of_x, given[0], derivative=work.kind), given[0])


def _of_inputs(f: Function, count: int, constants: Sequence[Any]) -> Function:
    """f with parameters of its own names, as a trace needs them."""
    names = ", ".join(f"x{k}" for k in range(count))
    return eval(f"lambda {names}: f({names}, *constants)", {"f": f, "constants": constants})


def _autograd(work: Workload) -> Function:
    f = functools.partial(work.f, anp, _PLAIN)
    transformed = {
        "gradient": lambda: autograd.value_and_grad(f, 0 if work.wrt == 1 else tuple(range(work.wrt))),
        "jacobian": lambda: autograd.jacobian(f),
        "hessian": lambda: autograd.hessian(f),
        "third": lambda: autograd.grad(autograd.grad(autograd.grad(f))),
    }[work.kind]()
    return functools.partial(transformed, *work.args)


def _plain_layer_norm(x, gamma, beta):
    centred = x - anp.mean(x, axis=-1, keepdims=True)
    return gamma * centred / anp.sqrt(anp.mean(centred**2, axis=-1, keepdims=True) + 1e-5) + beta


_PLAIN = SimpleNamespace(  # autograd has none of its own
    sigmoid=lambda x: 1 / (1 + anp.exp(-x)),
    softmax=lambda x: anp.exp(x - logsumexp(x, axis=-1, keepdims=True)),
    cross_entropy=lambda x, labels: anp.mean(logsumexp(x, axis=-1) - x[anp.arange(len(labels)), labels]),
    layer_norm=_plain_layer_norm,
)
LIBRARIES = {"record": _record, "replay": _replay, "autograd": _autograd}

if importlib.util.find_spec("torch"):
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    _TORCH = SimpleNamespace(
        sigmoid=torch.sigmoid,
        softmax=lambda x: torch.softmax(x, -1),
        cross_entropy=functional.cross_entropy,
        layer_norm=lambda x, gamma, beta: functional.layer_norm(x, x.shape[-1:], gamma, beta),
    )
    _TORCH_NUMPY = SimpleNamespace(
        **{name: getattr(torch, name) for name in ("sin", "exp", "tanh", "sum", "mean", "sqrt")},
        maximum=lambda x, _: torch.relu(x),
    )

    def _tensor(value):
        return torch.tensor(value, dtype=torch.float64) if isinstance(value, float) else torch.as_tensor(value)

    def _torch(work: Workload) -> Function:
        f = functools.partial(work.f, _TORCH_NUMPY, _TORCH)
        nested = isinstance(work.args[0], list)
        args = [_tensor(arg) for arg in (work.args[0] if nested else work.args)]
        if work.kind == "jacobian":
            return functools.partial(torch.func.jacrev(f), *args)
        if work.kind == "hessian":
            return functools.partial(torch.func.hessian(f), *args)
        sources = [arg.clone().requires_grad_() for arg in (args if nested else args[: work.wrt])]

        def gradient():
            value = f(sources) if nested else f(*sources, *args[work.wrt :])
            if work.kind == "third":
                for _ in range(2):
                    (value,) = torch.autograd.grad(value, sources, create_graph=True)
                return torch.autograd.grad(value, sources)[0]
            return value.detach(), torch.autograd.grad(value, sources)

        return gradient

    LIBRARIES["PyTorch"] = _torch

if importlib.util.find_spec("jax"):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    _JAX = SimpleNamespace(
        sigmoid=jax.nn.sigmoid,
        softmax=jax.nn.softmax,
        cross_entropy=lambda x, labels: -jnp.mean(jax.nn.log_softmax(x)[jnp.arange(len(labels)), labels]),
        layer_norm=lambda x, gamma, beta: gamma * jax.nn.standardize(x, epsilon=1e-5) + beta,
    )

    def _jax(work: Workload) -> Function:
        f = functools.partial(work.f, jnp, _JAX)
        transformed = {
            "gradient": lambda: jax.value_and_grad(f, 0 if work.wrt == 1 else tuple(range(work.wrt))),
            "jacobian": lambda: jax.jacrev(f),
            "hessian": lambda: jax.hessian(f),
            "third": lambda: jax.grad(jax.grad(jax.grad(f))),
        }[work.kind]()
        compiled, args = jax.jit(transformed), [jnp.asarray(arg) for arg in work.args]
        return lambda: jax.block_until_ready(compiled(*args))

    LIBRARIES["JAX jit"] = _jax


# -- W1 and W2: numbers


def example(xp, nn, x):
    return xp.sin((2 * x + 1) ** 2)


def example_by_hand(x):
    z = 2 * x + 1
    a = z * z
    return math.sin(a), math.cos(a) * 2 * z * 2


def chain(xp, nn, x, count):
    for _ in range(count):
        x = x * 1.0001
    return x


def chain_by_hand(x, count):
    saved = []
    for _ in range(count):
        saved.append(x)
        x = x * 1.0001
    derivative = 1.0
    for _ in saved:
        derivative = derivative * 1.0001
    return x, derivative


# -- W3: micrograd's MLP(2, [16, 16, 1]) with its hinge loss, on numbers and on arrays

ALPHA = 1e-4


def scalar_network(xp, nn, parameters, points=None, labels=None, sizes=None):
    """The parameters in micrograd's order: of every neuron its weights, then its bias."""
    rest, losses = iter(parameters), []
    layers = [[([next(rest) for _ in range(m)], next(rest)) for _ in range(n)] for m, n in itertools.pairwise(sizes)]
    for h, label in zip(points, labels):
        for layer in layers:
            h = [sum((w * x for w, x in zip(weights, h)), bias) for weights, bias in layer]
            if layer is not layers[-1]:
                h = [xp.maximum(a, 0.0) for a in h]
        losses.append(xp.maximum(1 - label * h[0], 0.0))
    return sum(losses) / len(losses) + ALPHA * sum(p * p for p in parameters)


def scalar_network_by_hand(parameters, points, labels, sizes):
    start, layers, gradients = 0, [], []
    for m, n in itertools.pairwise(sizes):
        layers.append([parameters[start + k * (m + 1) : start + (k + 1) * (m + 1)] for k in range(n)])
        gradients.append([[0.0] * (m + 1) for _ in range(n)])
        start += n * (m + 1)
    hidden, last = layers[:-1], layers[-1][0]
    backward = [(k, list(zip(*layers[k]))[:-1]) for k in reversed(range(1, len(layers)))]
    loss = 0.0
    for point, label in zip(points, labels):
        inputs = [point]
        for layer in hidden:
            h = inputs[-1]
            inputs.append([a if (a := sum(map(mul, row, h), row[-1])) > 0.0 else 0.0 for row in layer])
        margin = 1 - label * sum(map(mul, last, inputs[-1]), last[-1])
        if margin <= 0.0:
            continue
        loss += margin
        adjoints = [-label / len(points)]
        for k, columns in backward:
            h = inputs[k]
            _add_outer(gradients[k], adjoints, h)
            adjoints = [sum(map(mul, column, adjoints)) if a > 0.0 else 0.0 for column, a in zip(columns, h)]
        _add_outer(gradients[0], adjoints, point)
    flat = [g for layer in gradients for row in layer for g in row]
    value = loss / len(points) + ALPHA * sum(map(mul, parameters, parameters))
    return value, [g + 2 * ALPHA * p for g, p in zip(flat, parameters)]


def _add_outer(gradients, adjoints, h):
    for row, adjoint in zip(gradients, adjoints):
        if adjoint:
            for j, a in enumerate(h):
                row[j] += adjoint * a
            row[-1] += adjoint


def micrograd_network(parameters, points, labels, sizes):
    from micrograd.engine import Value

    class Numbers:
        @staticmethod
        def maximum(x, _):
            return x.relu()

    def gradient():
        values = [Value(p) for p in parameters]
        loss = scalar_network(Numbers, None, values, points, labels, sizes)
        loss.backward()
        return loss.data, [v.grad for v in values]

    return gradient


def network(xp, nn, w1, b1, w2, b2, w3, b3, x, labels):
    h = xp.maximum(x @ w1 + b1, 0.0)
    h = xp.maximum(h @ w2 + b2, 0.0)
    losses = xp.maximum(1 - labels * (h @ w3 + b3), 0.0)
    return xp.mean(losses) + ALPHA * sum(xp.sum(p * p) for p in (w1, b1, w2, b2, w3, b3))


def network_by_hand(w1, b1, w2, b2, w3, b3, x, labels):
    h1 = x @ w1
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1 @ w2
    h2 += b2
    np.maximum(h2, 0.0, out=h2)
    margins = np.maximum(1 - labels * (h2 @ w3 + b3), 0.0)
    flat = [p.ravel() for p in (w1, b1, w2, b2, w3, b3)]
    value = margins.sum() / len(x) + ALPHA * sum(float(p @ p) for p in flat)
    g3 = labels * (margins > 0)
    g3 /= -len(x)
    g2 = g3 @ w3.T
    g2 *= h2 > 0
    g1 = g2 @ w2.T
    g1 *= h1 > 0
    gradients = x.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g3, g3.sum(0)
    for g, p in zip(gradients, (w1, b1, w2, b2, w3, b3)):
        g += 2 * ALPHA * p
    return value, gradients


# -- W4: a dense classifier


def dense(xp, nn, w1, b1, w2, b2, w3, b3, x, labels):
    h = xp.maximum(x @ w1 + b1, 0.0)
    h = xp.maximum(h @ w2 + b2, 0.0)
    return nn.cross_entropy(h @ w3 + b3, labels)


def dense_by_hand(w1, b1, w2, b2, w3, b3, x, labels):
    h1 = x @ w1
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1 @ w2
    h2 += b2
    np.maximum(h2, 0.0, out=h2)
    logits = h2 @ w3
    logits += b3
    value, g3 = cross_entropy_by_hand(logits, labels)
    g2 = g3 @ w3.T
    g2 *= h2 > 0
    g1 = g2 @ w2.T
    g1 *= h1 > 0
    return value, (x.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g3, g3.sum(0))


def cross_entropy_by_hand(logits, labels):
    """The value, and the adjoint of the logits, which are used up."""
    count, rows = len(labels), np.arange(len(labels))
    logits -= logits.max(1, keepdims=True)
    right = logits[rows, labels]
    np.exp(logits, out=logits)
    totals = logits.sum(1, keepdims=True)
    logits /= totals
    logits[rows, labels] -= 1.0
    logits /= count
    return (np.log(totals).sum() - right.sum()) / count, logits


# -- W5: many sigmoid layers


def deep(xp, nn, *args):
    *parameters, h, target = args
    for w, b in zip(parameters[::2], parameters[1::2]):
        h = nn.sigmoid(h @ w + b)
    return xp.mean((h - target) ** 2)


def deep_by_hand(*args):
    *parameters, h, target = args
    outputs = [h]
    for w, b in zip(parameters[::2], parameters[1::2]):
        h = h @ w
        h += b
        np.negative(h, out=h)
        np.exp(h, out=h)
        h += 1.0
        np.reciprocal(h, out=h)
        outputs.append(h)
    error = h - target
    value = np.vdot(error, error) / error.size
    error *= 2 / error.size
    gradients = []
    for k in reversed(range(len(outputs) - 1)):
        y = outputs[k + 1]
        error *= y
        error *= 1.0 - y
        gradients += [error.sum(0), outputs[k].T @ error]
        if k:
            error = error @ parameters[2 * k].T
    return value, gradients[::-1]


# -- W6: Jacobian, Hessian, third derivative


def three_layers(xp, nn, x, a, b, c):
    return xp.tanh(c @ xp.tanh(b @ xp.tanh(a @ x)))


def jacobian_by_hand(x, a, b, c):
    h = np.tanh(a @ x)
    jacobian = (1 - h * h)[:, None] * a
    for w in (b, c):
        h = np.tanh(w @ h)
        jacobian = w @ jacobian
        jacobian *= (1 - h * h)[:, None]
    return jacobian


def curved(xp, nn, x, a):
    return xp.sum(xp.tanh(a @ x))


def hessian_by_hand(x, a):
    y = np.tanh(a @ x)
    return a.T @ ((-2 * y * (1 - y * y))[:, None] * a)


def sine_of_square(xp, nn, x):
    return xp.sin(x**2)


def third_by_hand(x):
    a = x * x
    return -12 * x * math.sin(a) - 8 * x * a * math.cos(a)


# -- W7: an attention head


def attention(xp, nn, wq, wk, wv, wo, gamma, beta, w, x, labels):
    q, k, v = x @ wq, x @ wk, x @ wv
    weights = nn.softmax(q @ k.T / math.sqrt(q.shape[1]))
    h = nn.layer_norm(x + weights @ v @ wo, gamma, beta)
    return nn.cross_entropy(h @ w, labels)


def attention_by_hand(wq, wk, wv, wo, gamma, beta, w, x, labels):
    q, k, v = x @ wq, x @ wk, x @ wv
    scale = 1 / math.sqrt(q.shape[1])
    weights = q @ k.T
    weights *= scale
    weights -= weights.max(1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(1, keepdims=True)
    context = weights @ v
    y = context @ wo
    y += x
    y -= y.sum(1, keepdims=True) / y.shape[1]
    deviation = np.sqrt(np.einsum("ij,ij->i", y, y)[:, None] / y.shape[1] + 1e-5)
    y /= deviation
    h = y * gamma
    h += beta
    value, g_logits = cross_entropy_by_hand(h @ w, labels)
    g_h = g_logits @ w.T
    g_gamma, g_beta = np.einsum("ij,ij->j", g_h, y), g_h.sum(0)
    g_w = h.T @ g_logits
    g_h *= gamma
    along = np.einsum("ij,ij->i", g_h, y)[:, None] / y.shape[1]
    g_h -= g_h.sum(1, keepdims=True) / y.shape[1]
    g_h -= y * along
    g_h /= deviation
    g_context = g_h @ wo.T
    g_weights = g_context @ v.T
    g_weights -= np.einsum("ij,ij->i", g_weights, weights)[:, None]
    g_weights *= weights
    g_weights *= scale
    to_parameters = x.T @ (g_weights @ k), x.T @ (g_weights.T @ q), x.T @ (weights.T @ g_context), context.T @ g_h
    return value, (*to_parameters, g_gamma, g_beta, g_w)


# -- W8: the reparameterization trick


def reparameterized(xp, nn, mu, sigma, noise):
    return xp.mean((mu + sigma * noise) ** 2)


def reparameterized_by_hand(mu, sigma, noise):
    z = sigma * noise
    z += mu
    n = z.size
    return np.dot(z, z) / n, (2 * z.sum() / n, 2 * np.dot(z, noise) / n)


# -- the table


def normal(*shape, scale=None):
    """Numbers for weights: their scale keeps the size of what they multiply."""
    return RANDOM.standard_normal(shape) * (shape[0] ** -0.5 if scale is None else scale)


def weights_and_biases(*sizes):
    return [p for m, n in itertools.pairwise(sizes) for p in (normal(m, n), normal(n, scale=0.1))]


def chain_of(count: int, goals: dict[str, float]) -> Workload:
    without = [
        name for name, most in {"replay": 9_000, "autograd": 100_000, "PyTorch": 100_000, "JAX jit": 1_000}.items()
        if count > most
    ]  # fmt: skip
    f = lambda xp, nn, x: chain(xp, nn, x, count)  # noqa: E731
    extra = {"micrograd": lambda: _micrograd_chain(count)} if count <= 1_000 and _has_micrograd() else {}
    return Workload(
        f"W2 chain of {count:,} scalar operations", f, [1.5], lambda x: chain_by_hand(x, count),
        goals=goals, operations=count, without=without, extra=extra,
    )  # fmt: skip


def _has_micrograd() -> bool:
    return importlib.util.find_spec("micrograd") is not None


def _micrograd_chain(count):
    from micrograd.engine import Value

    x = Value(1.5)
    y = chain(None, None, x, count)
    y.backward()
    return y.data, x.grad


def workloads(*, quick: bool = False, small: bool = False) -> list[Workload]:
    """All of them; `quick` without the largest chains, `small` with a few numbers each, to see whether all agree."""
    lengths = [100, 1_000, 10_000, 100_000, 1_000_000][: 1 if small else 3 if quick else 5]
    sizes, count = ([2, 3, 2, 1], 4) if small else ([2, 16, 16, 1], 20)
    points, sides = normal(count, 2, scale=1.0), np.where(RANDOM.random((count, 1)) > 0.5, 1.0, -1.0)
    numbers = RANDOM.uniform(-1, 1, sum(n * (m + 1) for m, n in itertools.pairwise(sizes))).tolist()
    point_list, side_list = points.tolist(), sides[:, 0].tolist()
    in_micrograd = micrograd_network(numbers, point_list, side_list, sizes) if _has_micrograd() else None
    wide, batch = ([7, 5, 4, 3], 6) if small else ([784, 256, 128, 10], 64)
    depth, width = (3, 4) if small else (50, 32)
    many, few = (4, 3) if small else (50, 20)
    length, d, classes = (4, 6, 3) if small else (32, 64, 32)
    goals = {1_000: {"record": 12, "replay": 1}, 10_000: {"record": 12}, 100_000: {"record": 12}}
    return [
        Workload(
            "W1 sin((2x + 1)^2), value and gradient", example, [1.5], example_by_hand,
            goals={"record": 20, "replay": 2},
        ),
        *(chain_of(n, goals.get(n, {})) for n in lengths),
        Workload(
            "W3 micrograd's MLP, 20 points, scalars",
            lambda xp, nn, parameters: scalar_network(xp, nn, parameters, point_list, side_list, sizes),
            [numbers], lambda parameters: scalar_network_by_hand(parameters, point_list, side_list, sizes),
            goals={"record": 15, "replay": 1}, without=["JAX jit", *(["autograd"] if quick else [])],
            extra={"micrograd": in_micrograd} if in_micrograd else {},
        ),
        Workload(
            "W3 the same on arrays", network, [*weights_and_biases(*sizes), points, sides], network_by_hand, 6,
            goals={"record": 2.5, "replay": 1.05},
        ),
        Workload(
            "W4 dense 784-256-128-10, batch 64", dense,
            [*weights_and_biases(*wide), normal(batch, wide[0], scale=1.0), RANDOM.integers(0, wide[-1], batch)],
            dense_by_hand, 6, goals={"record": 1.10, "replay": 1.05},
        ),
        Workload(
            "W5 sigmoid MLP, depth 50, all gradients", deep,
            [*weights_and_biases(*[width] * (depth + 1)), *(normal(width, width, scale=1.0) for _ in range(2))],
            deep_by_hand, 2 * depth, goals={"record": 1.6, "replay": 1.0},
        ),
        Workload(
            "W6 Jacobian R^50 -> R^50", three_layers,
            [normal(many, scale=1.0), *(normal(many, many) for _ in range(3))], jacobian_by_hand,
            kind="jacobian", goals={"record": 4, "replay": 1.5},
        ),
        Workload(
            "W6 Hessian R^20 -> R", curved, [normal(few, scale=1.0), normal(few, few)], hessian_by_hand,
            kind="hessian", goals={"record": 10, "replay": 1.5},
        ),
        Workload(
            "W6 third derivative of sin(x^2)", sine_of_square, [1.5], third_by_hand,
            kind="third", goals={"record": 60, "replay": 2},
        ),
        Workload(
            "W7 attention head, layer norm, T=32, d=64", attention,
            [*(normal(d, d) for _ in range(4)), 1 + normal(d), normal(d), normal(d, classes),
             normal(length, d, scale=1.0), RANDOM.integers(0, classes, length)],
            attention_by_hand, 7, goals={"record": 1.3, "replay": 1.05},
        ),
        Workload(
            "W8 reparameterized gradient, 10,000 samples", reparameterized,
            [0.5, 1.5, normal(10 if small else 10_000, scale=1.0)], reparameterized_by_hand, 2,
            goals={"record": 3.5, "replay": 1.5},
        ),
    ]  # fmt: skip
