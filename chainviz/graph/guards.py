"""What steers a recording: the comparisons that a function makes of its values, and all that it looks at unseen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..autodiff.record import ancestors
from ..autodiff.user_code import is_ours
from ..autodiff.variable import COMPOSITES, PRIMITIVES, WITHOUT_DERIVATIVE, Variable, is_complex, plain
from .node import Guard, Node, Reference
from .operations import by_content

COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}

_SAME_EVERYWHERE: set[Any] = {
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.iscomplexobj,
    np.isrealobj, np.clip, np.average, np.convolve, np.correlate, np.cross, np.diff, np.einsum, np.gradient,
    np.linspace, np.meshgrid, np.vander, np.linalg.matrix_power, np.linalg.multi_dot, np.linalg.qr,
    np.piecewise, np.select,
}  # fmt: skip
"""Questions whose answers do not depend on the numbers. From np.clip on, the functions look at shapes, or whether NumPy
would complain."""

_LOOKS = {"value", "backward"}
"""Attributes of a Variable that hand out plain numbers, and nobody is told."""


class Questions:
    """Listens while a function runs, and keeps what it asks about its values.

    `unguarded` names what was asked and is no comparison of real numbers or arrays of them, or is empty.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        looks = next((name for code in _codes(f) for name in code.co_names if name in _LOOKS), "")
        self.unguarded = f".{looks}" if looks else ""
        self.compared: list[tuple[Any, tuple[Any, Any]]] = []

    def __call__(self, function: Any, args: tuple[Any, ...]) -> None:
        """The function was asked of these operands."""
        if function in COMPARISONS:
            self._compare(function, *args)
        elif not (function in PRIMITIVES or function in _SAME_EVERYWHERE):
            looks = function in WITHOUT_DERIVATIVE or function not in COMPOSITES or _peeks(COMPOSITES[function])
            self.unguarded = self.unguarded or (function.__name__ if looks else "")

    def _compare(self, comparison: Any, a: Any, b: Any) -> None:
        operands = tuple(_real(operand) for operand in (a, b))
        if any(operand is None for operand in operands):
            is_text = any(operand is None or isinstance(operand, str) for operand in (a, b))
            self.unguarded = self.unguarded or ("" if is_text else comparison.__name__)
        else:
            self.compared.append((comparison, operands))

    def guards(self, at: dict[int, int]) -> tuple[tuple[Guard, ...], tuple[Node, ...]]:
        """The guards, and the values they compare that are no nodes of the graph. `at` says where the nodes are."""
        found = ancestors(operand for _, operands in self.compared for operand in operands)
        unseen = [found[index] for index in sorted(found) if index not in at]
        at = at | {v.index: len(at) + k for k, v in enumerate(unseen)}

        def refer(operands: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(Reference(at[a.index]) if isinstance(a, Variable) else a for a in operands)

        hidden = [
            Node(at[v.index], "", v.value, v.primitive, refer(v.args), tuple((v.kwargs or {}).items())) for v in unseen
        ]
        made = [Guard(c, refer((a, b)), tidy_answer(c(plain(a), plain(b)))) for c, (a, b) in self.compared]
        return tuple({by_content(guard): guard for guard in made}.values()), tuple(hidden)


def tidy_answer(answer: Any) -> Any:
    """What a comparison said: a truth value, or an array of them."""
    return answer if np.ndim(answer) else bool(answer)


def _real(operand: Any) -> Any:
    """A real Variable as it is, a real number as a float, an array or list of them as an array; else None."""
    if isinstance(operand, Variable):
        return None if is_complex(operand) else operand
    if isinstance(operand, (list, tuple)) or (isinstance(operand, np.ndarray) and operand.ndim):
        array = np.asarray(operand)
        is_exact = array.dtype.kind in "bf" or (array.dtype.kind in "iu" and bool(np.all(np.abs(array) <= 2**53)))
        return array.astype(float) if is_exact else None
    operand = operand.item() if isinstance(operand, np.ndarray) else operand
    if isinstance(operand, (int, np.integer, np.bool)):
        return float(operand) if abs(int(operand)) <= 2**53 else None
    return float(operand) if isinstance(operand, (float, np.floating)) and operand == operand else None


@functools.cache
def _peeks(composite: FunctionType) -> bool:
    """Whether one of our own composites looks at plain values."""
    return any("plain" in code.co_names for code in _codes(composite, ours=True))


def _codes(f: Any, *, ours: bool = False) -> Iterator[CodeType]:
    """The code of a function, and of the user's functions that it can name (ours: of chainviz's own)."""
    seen: set[int] = set()
    unread = [f]
    for called in unread:  # the list grows while it is read
        while isinstance(called, (functools.partial, MethodType)):
            called = called.func if isinstance(called, functools.partial) else called.__func__
        called = getattr(called, "__wrapped__", called)
        if not isinstance(called, (FunctionType, type)):
            called = type(called)
        if id(called) in seen:
            continue
        seen.add(id(called))
        if isinstance(called, type):
            if called.__module__ != "builtins" and not called.__module__.startswith(("numpy", "chainviz.")):
                unread += [part for part in vars(called).values() if isinstance(part, FunctionType)]
            continue
        if not ours and is_ours(called.__code__):
            continue
        codes = [called.__code__]
        for code in codes:
            codes += [part for part in code.co_consts if isinstance(part, CodeType)]
        yield from codes
        unread += _named(called, codes)


def _named(function: FunctionType, codes: list[CodeType]) -> Iterator[Any]:
    """What the code can mean: its globals, what their modules hold, and its closure."""
    names = {name for code in codes for name in code.co_names}
    for name in names & function.__globals__.keys():
        found = function.__globals__[name]
        yield from (vars(found).get(n) for n in names) if isinstance(found, ModuleType) else (found,)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue
    yield from function.__defaults__ or ()
