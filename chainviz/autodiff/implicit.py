"""Solutions of equations, differentiated by the implicit function theorem instead of through the solver's steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .control import no_grad
from .custom import Joint
from .errors import ConvergenceError, InputError
from .record import Record
from .transforms import jacobian, vjp
from .user_code import subject
from .variable import Variable, as_value, plain, source, tidy, unbox

Function = Callable[..., Any]


def implicit(F: Function, solve: Function) -> Function:
    """The function x(params) that is defined by F(x, *params) = 0 and found by `solve(*params)`.

    Its derivative is dx/dparams = -(dF/dx)^-1 dF/dparams, whatever the solver does; to any order.

    Args:
        F: a function of x and the parameters, numbers or arrays, whose value is shaped as x.
        solve: computes x from plain parameters, with any library.

    Raises:
        ConvergenceError: what `solve` gives does not fulfil the equation.
        InputError: F uses a Variable that is no parameter, or its value is not shaped as x.

    >>> import chainviz as cv
    >>> root_of = cv.implicit(lambda x, a: x**2 - a, solve=lambda a: a**0.5)
    >>> cv.grad(root_of)(4.0)
    0.25
    """

    def function(*params: Any) -> Any:
        with no_grad():
            x = as_value(solve(*params))
        _check(F, x, params)
        return x

    def adjoints(g: Any, x: Any, *params: Any) -> tuple[Any, ...]:
        size = np.size(plain(x))
        slope = np.reshape(jacobian(F)(x, *params), (size, size))
        weights = np.linalg.solve(np.transpose(slope), np.reshape(g, (size,)))
        return vjp(lambda *moving: F(x, *moving), params, -np.reshape(weights, np.shape(x)))[1]

    step = Joint(function, adjoints, tex=r"\operatorname{{solution}}({0})", name="implicit")

    def solution(*params: Any) -> Any:
        return step(*(param if isinstance(param, Variable) else tidy(param) for param in map(unbox, params)))

    return solution


def root(F: Function, start: Any, *params: Any, tolerance: float = 1e-10, max_steps: int = 100) -> Any:
    """The x near `start` with F(x, *params) = 0, by Newton's method; differentiable in the parameters, to any order.

    Raises ConvergenceError when |F| is not below the tolerance after `max_steps` steps.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> cv.grad(lambda a: cv.root(lambda x, a: x**3 - a, 1.0, a))(8.0)
    0.08333333333333333
    """

    def solve(*given: Any) -> Any:
        x = as_value(plain(start))
        for _ in range(max_steps):
            value = as_value(plain(F(x, *given)), "what F returned")
            if np.max(np.abs(value), initial=0.0) < tolerance * 1e-3:
                break
            slope = np.reshape(jacobian(F)(x, *given), (np.size(x), np.size(x)))
            try:
                move = np.reshape(np.linalg.solve(slope, np.reshape(value, np.size(x))), np.shape(x))
            except np.linalg.LinAlgError:
                raise ConvergenceError(f"Newton's method met a singular Jacobian at x = {x!r:.60}.") from None
            after = tidy(x - move)
            if np.array_equal(after, x):
                break
            x = after
        return _converged(x, plain(F(x, *given)), tolerance, f"Newton's method took {max_steps} steps")

    return implicit(F, solve)(*params)


def fixed_point(f: Function, start: Any, *params: Any, tolerance: float = 1e-10, max_steps: int = 10_000) -> Any:
    """The x with x = f(x, *params) that iterating f from `start` leads to; differentiable in the parameters.

    Raises ConvergenceError when x still changes by more than the tolerance after `max_steps` steps.

    >>> import numpy as np
    >>> import chainviz as cv
    >>> round(cv.grad(lambda a: cv.fixed_point(lambda x, a: np.cos(a * x), 0.5, a))(1.0), 4)
    -0.2975
    """

    def solve(*given: Any) -> Any:
        x = as_value(plain(start))
        for _ in range(max_steps):
            after = as_value(plain(f(x, *given)))
            if np.max(np.abs(after - x), initial=0.0) <= 1e-3 * tolerance * (1.0 + np.max(np.abs(x), initial=0.0)):
                return after
            x = after
        return _converged(x, x - plain(f(x, *given)), tolerance, f"iterating the function {max_steps} times")

    return implicit(lambda x, *given: x - f(x, *given), solve)(*params)


def _converged(x: Any, rest: Any, tolerance: float, how: str) -> Any:
    size = np.max(np.abs(rest), initial=0.0)
    if not size <= tolerance:
        raise ConvergenceError(
            f"No solution: after {how}, {size:.3g} is left at x = {x!r:.60}. Start nearer, or look for another."
        )
    return x


def _check(F: Function, x: Any, params: tuple[Any, ...]) -> None:
    """That F depends on nothing but its arguments, and that x solves it."""
    probe = source(x)
    value = unbox(F(probe, *params))
    if np.shape(value) != np.shape(x):
        raise InputError(f"F gave a value of shape {np.shape(value)} for x of shape {np.shape(x)}. They must be equal.")
    outside = [node for node in Record([value], [probe]).nodes if node.is_open and node is not probe]
    if outside:
        raise InputError(
            f"F uses {subject(outside[0])}, which is not among its parameters, so its derivative would be lost. "
            "Pass it as a parameter."
        )
    scale = 1.0 + np.max(np.abs(x), initial=0.0)
    _converged(x, plain(value), 1e-6 * scale, "solve()")
