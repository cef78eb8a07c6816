"""The source of the rules' own helper functions, for programs that are to run on their own.

_elu's slope    ->    def elu_slope(y, x, alpha):
                          return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Container
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from .. import autodiff
from ..autodiff import errors
from ..autodiff.errors import InputError, spelling
from ..autodiff.primitive import Primitive
from ..autodiff.variable import PRIMITIVES, plain

_CALLED = {
    "log": "np.log", "solve": "np.linalg.solve", "polygamma": "scipy.special.polygamma",
    "absolute": "np.abs", "stack": "np.stack", "concatenate": "np.concatenate",
}  # fmt: skip
"""Operations whose function is a helper, or has another name, and what users call instead."""


class Definitions:
    """Functions that the printed source needs, in order, and its imports."""

    def __init__(self, taken: Container[str] = ()) -> None:
        self.taken = taken  # names that mean something else where the functions are called
        self.imports = ["import numpy as np"]
        self.codes: dict[str, str] = {}
        self.names: dict[Any, str] = {}

    def called(self, primitive: Primitive) -> str:
        """What to write in order to call the operation: np.sin, cv.softmax, scipy.special.expit, or a helper's name."""
        function = primitive.function
        ours = getattr(function, "__module__", "").startswith("chainviz.")  # before NumPy 2.4, ufuncs have none
        if PRIMITIVES.get(function) is not primitive:
            raise no_source(primitive.name)
        if primitive.name in _CALLED:
            return self._imported(_CALLED[primitive.name])
        if ours and primitive.name in autodiff.__all__:
            return self._imported(f"cv.{primitive.name}")
        if ours:
            return self.define(function, function.__name__)
        special = sys.modules.get("scipy.special")
        if isinstance(function, np.ufunc) and getattr(special, function.__name__, None) is function:
            return self._imported(f"scipy.special.{function.__name__}")
        return spelling(function)

    def _imported(self, code: str) -> str:
        self._import({"cv": "import chainviz as cv", "scipy": "import scipy.special"}.get(code.split(".")[0]))
        return code

    def _import(self, line: str | None) -> None:
        if line and line not in self.imports:
            self.imports.append(line)

    def define(self, function: Callable[..., Any], name: str) -> str:
        """Add the function's source, and that of all it needs; returns its name."""
        if function not in self.names:
            assert isinstance(function, FunctionType)
            while name in self.codes or name in self.taken:
                name += "_"
            self.names[function] = name
            tree = _Plain().visit(_parsed(function, name))
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            for needed in sorted(used & function.__globals__.keys() & _names(function.__code__)):
                self._provide(needed, function.__globals__[needed], function.__name__)
            self.codes[name] = ast.unparse(ast.fix_missing_locations(tree))
        return self.names[function]

    def _provide(self, name: str, value: Any, of: str) -> None:
        """What a helper calls by this name."""
        if isinstance(value, ModuleType):
            package, _, module = value.__name__.rpartition(".")
            self._import(None if value is np else f"from {package} import {module}" if package else f"import {name}")
        elif isinstance(value, (int, float)):
            self.codes[name] = f"{name} = {float(value)!r}"
        elif isinstance(value, Primitive):
            self.codes[name] = f"{name} = {self.called(value)}"
        elif isinstance(value, type) and getattr(errors, name, None) is value:
            self._import(f"from chainviz import {name}")
        elif isinstance(value, FunctionType) and value.__module__.startswith("numpy."):
            self._import(f"from {value.__module__} import {name}")
        elif isinstance(value, FunctionType) and value.__name__ == name:
            self.define(value, name)
        else:
            raise no_source(of)


def no_source(name: str) -> InputError:
    """The error for a step that cannot be written down."""
    return InputError(
        f"{name} has no source that is right for other numbers. Record the function without it, or differentiate it "
        "with cv.value_and_grad(f)."
    )


class _Plain(ast.NodeTransformer):
    """Takes out what only Variables need, and the annotations: there are plain numbers only where the source runs."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called == plain.__name__:
            return node.args[0]
        if called == "isinstance" and isinstance(node.args[1], ast.Name) and node.args[1].id == "Variable":
            return ast.Constant(False)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def _parsed(function: FunctionType, name: str) -> ast.FunctionDef:
    """The function's definition; that of a lambda is found by its place."""
    try:
        if function.__name__ != "<lambda>":
            made: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
            made.name, made.decorator_list = name, []
            return made
        module = ast.parse(inspect.getsource(sys.modules[function.__module__]))
    except (OSError, SyntaxError, KeyError):
        raise no_source(name) from None
    places = ((line, column) for line, _, column, end in function.__code__.co_positions() if line and end)
    first = next(places)
    for node in ast.walk(module):
        if isinstance(node, ast.Lambda):
            body = node.body
            if (body.lineno, body.col_offset) <= first < (body.end_lineno, body.end_col_offset):
                made = ast.parse(f"def {name}(): pass").body[0]
                made.args, made.body = node.args, [ast.Return(body)]
                return made
    raise no_source(name)


def _names(code: CodeType) -> set[str]:
    """The names that the code, and the code in it, looks up."""
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return set(code.co_names).union(*map(_names, inner))
