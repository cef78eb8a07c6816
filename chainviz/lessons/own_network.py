"""A user's own network: a plain NumPy function of its parameters and of points, told apart into layers by its record.

A layer is a matrix product of what comes from the points with parameters, and an addition of parameters; what stands
between two layers, entry by entry, is an activation. Where a function does anything else it still trains; `why` says
then why it has no layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff import InputError, Variable, grad, variable
from ..autodiff.forms import Elementwise
from ..autodiff.passes import pullback
from ..autodiff.pytree import leaves, rebuild, tree_map
from ..autodiff.record import Record, ancestors
from ..autodiff.variable import plain, unbox
from ..graph.operations import VIEWS, table_name
from . import networks
from .flow_settings import MOST_LAYERS, MOST_UNITS
from .networks import Forward
from .own import called

EXAMPLE = (
    "model=(forward, parameters), such as def forward(p, x): return np.tanh(x @ p['W1'] + p['b1']) @ p['w2'] with "
    "p = {'W1': ..., 'b1': ..., 'w2': ...}"
)
_PROBES = np.random.default_rng(0).uniform(-1, 1, (13, 2))


class NoLayersError(Exception):
    """A function is no chain of layers; its words say why."""


class OwnNetwork:
    """A function `forward(parameters, points)` that answers, for points (n, 2), with n logits, (n,) or (n, 1).

    Args:
        forward: in plain NumPy; parameters: where it starts, arrays and numbers in lists and dicts as one likes.

    Attributes: `start`, the parameters as one vector, layer after layer where there are layers; `sizes`, the units of
    every layer, or (); `why`, what keeps it from having layers, or ""; `missing`, which entries of a layer's place in
    that vector are biases that the function does not have.

    Raises:
        InputError: it cannot be trained on points; the message says why.

    >>> p = {"W": np.ones((2, 3)), "v": np.ones(3)}
    >>> own = OwnNetwork(lambda p, x: np.tanh(x @ p["W"]) @ p["v"], p)
    >>> own.sizes, own.logits(own.start, np.array([[0.5, 0.5]])).round(4)
    ((2, 3, 1), array([2.2848]))
    >>> OwnNetwork(lambda p, x: np.tanh(x @ p["W"] @ np.ones(3) * np.sum(p["v"])), p).why
    'matmul has no parameters of its own'
    """

    def __init__(self, forward: Any, parameters: Any) -> None:
        if not callable(forward):
            raise InputError(f"model={forward!r:.60} is no network. Give {EXAMPLE}.")
        self._forward = forward
        self._parameters = tree_map(_as_array, parameters)
        self._shapes = [np.shape(leaf) for leaf in leaves(self._parameters)]
        if not self._shapes:
            raise InputError(f"The parameters in `model` are empty, so nothing can be trained. Give {EXAMPLE}.")
        given = np.concatenate([np.ravel(leaf) for leaf in leaves(self._parameters)])
        self._back: Any = slice(None)
        self.sizes: tuple[int, ...] = ()
        self.start, self.why = given, ""
        self.missing: Any = None
        self._check()
        try:
            self._tell_apart()
        except NoLayersError as reason:
            self._back, self.sizes, self.start, self.why = slice(None), (), given, str(reason)

    def parameters(self, theta: Any) -> Any:
        """The parameters as they were given, with the numbers of theta."""
        flat, parts, start = theta[self._back], list[Any](), 0
        for shape in self._shapes:
            end = start + int(np.prod(shape))
            parts.append(np.reshape(flat[start:end], shape))
            start = end
        return rebuild(self._parameters, iter(parts))

    def logits(self, theta: Any, x: Any) -> Any:
        """The function's answer at every point."""
        answer: Any = self._answer(theta, x)
        if np.shape(answer) not in ((len(x),), (len(x), 1)):
            raise InputError(
                f"The network in `model`{self._name} gives an array of shape {np.shape(answer)} for {len(x)} points. "
                "Return one number a point, however many there are."
            )
        return np.reshape(answer, (len(x),))

    def _answer(self, theta: Any, x: Any) -> Any:
        """What the function gives once it is in use; it passed `_check`, so what it raises now it raises for these."""
        what = (
            f"The network in `model`{self._name} must answer for any number of points and any parameters, "
            f"but given {len(x)} points it"
        )
        return called(what, self._forward, self.parameters(theta), x)

    @property
    def _name(self) -> str:
        name = getattr(self._forward, "__name__", "<lambda>")
        return "" if name == "<lambda>" else f", {name},"

    def forward(self, theta: Any, x: Any) -> Forward:
        """Every layer's values at the points x, read off a new record."""
        layers = self._layers(theta, x)
        if (2, *(layer.units for layer in layers)) != self.sizes:
            raise InputError("The network takes other steps than at first, so its layers are others. Start again.")
        return Forward([layer.z_rows for layer in layers], [layer.a_rows for layer in layers],
                       lambda k: layers[k].slope(layers[k + 1]))  # fmt: skip

    def _layers(self, theta: Any, x: Any) -> list[_Layer]:
        points, weights = variable(x, "points"), variable(theta, "parameters")
        answer = unbox(self._answer(weights, points))
        return _read(points, weights, answer)

    def _check(self) -> None:
        """That it answers with one finite logit a point, and for each point by itself."""
        given, count = self.parameters(self.start), len(_PROBES)
        answers: Any = np.asarray(
            called(f"The network in `model`, given {count} points,", self._forward, given, _PROBES)
        )
        if answers.shape not in ((count,), (count, 1)) or answers.dtype.kind not in "fiu":
            raise InputError(
                f"The network in `model` gives an array of shape {answers.shape} and type {answers.dtype} for {count} "
                f"points. Return one real number a point, of shape ({count},) or ({count}, 1)."
            )
        if not np.all(np.isfinite(answers)):
            raise InputError("The network in `model` answers with NaN or infinity. Give it other start parameters.")
        alone = np.ravel(called("The network in `model`, given 2 points,", self._forward, given, _PROBES[:2]))
        if not np.allclose(alone, np.ravel(answers)[:2], rtol=1e-9, atol=1e-12):
            raise InputError(
                "The network in `model` answers differently at a point when others are left out, as with batch norm or "
                "random numbers. Its decision boundary would be none of its own: write it for each point by itself."
            )
        recorded = unbox(self._forward(self.parameters(variable(self.start, "parameters")), _PROBES))
        if not isinstance(recorded, Variable):
            raise InputError("The network in `model` does not use its parameters, so nothing can be trained.")
        last = recorded
        while table_name(last) in VIEWS and isinstance(last.args[0], Variable):
            last = last.args[0]
        if table_name(last) == "sigmoid":
            raise InputError("The network in `model` ends in a sigmoid. Return what goes into it: the loss has one.")

    def _tell_apart(self) -> None:
        layers = self._layers(self.start, _PROBES)
        sizes = (2, *(layer.units for layer in layers))
        if len(sizes) < 3 or sizes[-1] != 1:
            raise NoLayersError("there is no hidden layer")
        if len(sizes) > MOST_LAYERS + 2 or max(sizes) > MOST_UNITS:
            raise NoLayersError(f"more than {MOST_LAYERS} hidden layers or {MOST_UNITS} units are not drawn")
        given, which = self.start, np.concatenate([layer.places() for layer in layers])
        if not np.array_equal(np.sort(which[which >= 0]), np.arange(len(given))):
            raise NoLayersError("some parameters are used twice, or not at all")
        self._back = np.argsort(which, kind="stable")[np.count_nonzero(which < 0) :]
        self.sizes, self.start = sizes, np.where(which >= 0, given[which], 0.0)
        self.missing = which < 0
        labels = np.arange(len(_PROBES)) % 2.0
        ours = networks.backward(self.start, _PROBES, labels, self).gradient
        engine = grad(lambda theta: networks.loss(theta, _PROBES, labels, self))(self.start)
        if not np.allclose(ours, engine, rtol=1e-8, atol=1e-12):
            raise NoLayersError("its gradient is not that of its layers")


def read_model(given: Any) -> OwnNetwork | None:
    """The network of a pair (forward, parameters), or None for None."""
    if given is None or isinstance(given, OwnNetwork):
        return given
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise InputError(f"model={given!r:.60} is no network. Give {EXAMPLE}.")
    return OwnNetwork(*given)


@dataclass
class _Layer:
    """Variables of a record: what goes in, the weights, the biases if there are any, and what comes out.

    `rows`: whether a row is a point. Else a column is one, and the weights stand before it.
    """

    source: Variable
    weights: Variable
    z: Variable
    rows: bool
    origin: Variable
    biases: Variable | None = None

    @property
    def a_rows(self) -> Any:
        """What goes in, points x inputs."""
        return self.source.value if self.rows else self.source.value.T

    @property
    def z_rows(self) -> Any:
        """What comes out, points x units."""
        return _two(self.z.value if self.rows else self.z.value.T)

    @property
    def units(self) -> int:
        """How many come out."""
        return self.z_rows.shape[1]

    def slope(self, after: _Layer) -> Any:
        """The derivative of what goes into the layer after this one by what comes out of this one, entry by entry."""
        if after.source is self.z:
            return np.ones_like(self.z_rows)
        record = Record([after.source], [self.z])
        found = plain(pullback(record, [np.ones_like(after.source.value)])[0])
        return found if self.rows else found.T

    def places(self) -> Any:
        """Which of the parameters its weights (units x inputs) and biases are, by index; -1 where it has none."""
        weights = _places(self.weights, self.origin)
        weights = weights.reshape(len(weights), -1).T if self.rows else weights.reshape(-1, weights.shape[-1])
        biases = np.full(self.units, -1) if self.biases is None else np.ravel(_places(self.biases, self.origin))
        if len(biases) != self.units:
            raise NoLayersError("biases are shared by units")
        return np.concatenate([np.ravel(weights), biases])


def _read(points: Variable, theta: Variable, answer: Any) -> list[_Layer]:
    """The layers, in order, from the record of a function's answer."""
    found = ancestors([answer])
    moving, here, rows = {points.index}, {points.index}, {points.index: True}
    layers: list[_Layer] = []
    bent = ""  # an operation that is neither a layer nor a new view, since the last layer
    for index in sorted(found):
        node = found[index]
        operands = [arg for arg in node.args if isinstance(arg, Variable)]
        values = [arg for arg in operands if arg.index in moving]
        if not values:
            continue
        moving.add(index)
        if any(value.index not in here for value in values):
            raise NoLayersError("a value goes around a layer, as through a shortcut")
        name, own = table_name(node), [arg for arg in operands if arg.index not in moving]
        rows[index] = rows[values[0].index] != (name == "transpose")
        if name == "matmul":
            if not own:
                raise NoLayersError("matmul has no parameters of its own")
            if bent and not layers:
                raise NoLayersError(f"{bent} changes the points before the first layer")
            if (node.args[0] is values[0]) != rows[values[0].index]:
                raise NoLayersError("matmul mixes points")
            layers.append(_Layer(values[0], own[0], node, rows[index], theta))
            here, bent = {index}, ""
        elif name == "add" and own and layers and values == [layers[-1].z] and layers[-1].biases is None:
            layers[-1].z, layers[-1].biases = node, own[0]
            here = {index}
        elif own:
            raise NoLayersError(f"{name} takes parameters that are neither weights nor biases of a layer")
        elif name in VIEWS or (isinstance(node.primitive, Elementwise) and np.shape(node.value) == _shape(values)):
            here.add(index)
            bent = bent if name in VIEWS else name
        else:
            raise NoLayersError(f"{name or 'an operation'} does not go entry by entry")
    if bent or answer.index not in here:
        raise NoLayersError(f"{bent or 'something'} comes after the last layer")
    return layers


def _places(node: Variable, origin: Variable) -> Any:
    """The indices of parameters that stand in an array which is no more than a view of them."""
    if node is origin:
        return np.arange(np.size(origin.value))
    if table_name(node) not in VIEWS or not isinstance(node.args[0], Variable):
        raise NoLayersError("weights or biases are computed from parameters")
    assert node.primitive is not None
    function: Callable[..., Any] = node.primitive.function
    return function(_places(node.args[0], origin), **(node.kwargs or {}))


def _shape(values: list[Variable]) -> tuple[int, ...]:
    return np.shape(values[0].value)


def _two(values: Any) -> Any:
    return values[:, None] if np.ndim(values) == 1 else values


def _as_array(leaf: Any) -> Any:
    try:
        made = np.array(leaf, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"A parameter in `model` is {leaf!r:.60}, which is no number or array of numbers.") from None
    if not np.all(np.isfinite(made)):
        raise InputError("A parameter in `model` holds NaN or infinity. Give finite numbers to start with.")
    return made
