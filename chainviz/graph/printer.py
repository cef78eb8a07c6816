"""Operations as Python expressions, as a person would write them: with signs, and the brackets that Python needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff.forms import Elementwise, General, unbroadcast
from ..autodiff.variable import PRIMITIVES, Variable, plain, wrap
from .definitions import Definitions, no_source
from .operations import by_content, table_name
from .program import Choice, needed
from .simplify import option_of, without_broadcast

TERM, FACTOR, UNARY, POWER, ATOM = range(1, 6)
"""How tightly Python binds: a + b, a * b, -a, a ** b, a."""
_OPERATORS = {
    "add": ("+", TERM), "subtract": ("-", TERM), "multiply": ("*", FACTOR), "divide": ("/", FACTOR),
    "matmul": ("@", FACTOR), "floor_divide": ("//", FACTOR), "remainder": ("%", FACTOR), "power": ("**", POWER),
}  # fmt: skip
_SCATTER = """\
def scatter(values, shape, index):
    placed = np.zeros(shape)
    np.add.at(placed, index, values)
    return placed"""


class Expression(NamedTuple):
    """A piece of Python, and how tightly it binds."""

    code: str
    level: int = ATOM


class Printer:
    """Writes operations as Python; collects what must be there before they can run."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*taken, "c"}  # names of the user's
        self.helpers = Definitions(self.taken)
        self.written: dict[int, Expression] = {}
        self.arrays: dict[Any, str] = {}  # how they are written, by content
        self.constants: dict[str, str] = {}
        self.fresh: dict[str, bool] = {}  # names whose array is nobody else's, so that it can be changed in place
        self.loose: set[int] = set()  # values written where they are used, whose products may be regrouped

    def write(self, variable: Variable) -> Expression:
        """What the Variable computes, in its operands' expressions."""
        if variable.primitive is None:
            return self.constant(variable.value)
        operands = [self.written[a.index] if isinstance(a, Variable) else self.constant(a) for a in variable.args]
        return self.apply(variable, operands)

    def constant(self, value: Any) -> Expression:
        """A number, or the name of an array, which is written out once."""
        if np.ndim(value) == 0 and not isinstance(value, str):
            number = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
            code = f"np.{number}" if isinstance(number, float) and not np.isfinite(number) else repr(number)
            code = code.replace("np.-", "-np.")
            return Expression(code, UNARY if code.startswith("-") else ATOM)
        array = np.asarray(value)
        if not array.size:
            return Expression(f"np.zeros({_option(array.shape)}, dtype={array.dtype.name!r})")
        if array.size > 1 and array.dtype.kind == "f" and array.tobytes() == array.flat[:1].tobytes() * array.size:
            filled = self.constant(float(array.flat[0])).code
            shape = _option(array.shape)
            return Expression(f"np.zeros({shape})" if filled == "0.0" else f"np.full({shape}, {filled})")
        known = self.arrays.get(by_content(array))
        if known:
            return Expression(known)
        name, start = "c", len(self.constants)
        while name in self.taken:
            start += 1
            name = f"c{start}"
        self.taken.add(name)
        kind = "" if array.dtype.name in ("float64", "int64", "bool") else f", dtype={array.dtype.name!r}"
        code = f"np.array({array.tolist()!r}{kind})"
        self.arrays |= {by_content(array.T): f"{name}.T", by_content(array): name}
        self.constants[name] = re.sub(r"\b(nan|inf)\b", r"np.\1", code)
        return Expression(name)

    def apply(self, variable: Variable, operands: Sequence[Expression]) -> Expression:
        """The operation on these operands, as a person would write it."""
        primitive, options = variable.primitive, variable.kwargs or {}
        assert primitive is not None
        if isinstance(primitive, Choice):
            return self._choice(primitive, operands, variable)
        name, codes = table_name(primitive), [operand.code for operand in operands]
        if name == "matmul" and (factors := column_times_row(variable)):
            return Expression(f"np.outer({', '.join(self.written[f.index].code for f in factors)})")
        if name == "multiply" and variable.index in self.loose:
            return self.times(operands[0], variable.args[1])
        if name in _OPERATORS:
            return infix(name, *operands)
        if name == "negative":
            return Expression(f"-{bracketed(operands[0], UNARY)}", UNARY)
        if name == "square":
            return infix("power", operands[0], Expression("2"))
        if name in ("alias", "positive", "stop_gradient") or (name == "transpose" and not variable.ndim):
            return operands[0]
        if name == "transpose" and options.get("axes") is None:
            return Expression(f"{bracketed(operands[0], ATOM)}.T")
        if name == "index":
            return Expression(f"{bracketed(operands[0], ATOM)}[{self.index(options['index'])}]")
        if name == "scatter":
            self.helpers.codes["scatter"] = _SCATTER
            return Expression(f"scatter({codes[0]}, {options['shape']!r}, np.s_[{self.index(options['index'])}])")
        if name == "broadcast_to":
            shape = _option(options["shape"])
            is_number = np.ndim(variable.args[0]) == 0
            return Expression(f"np.full({shape}, {codes[0]})" if is_number else f"np.broadcast_to({codes[0]}, {shape})")
        if name == "eigvals":
            return Expression(f"np.real(np.linalg.eigvals({codes[0]}))")
        if name == "logabsdet":
            return Expression(f"np.linalg.slogdet({codes[0]})[1]")
        if name == "log" and primitive.function is not np.log and not np.all(plain(variable.args[0])):  # 0 ** b
            return Expression(f"np.log(np.where({codes[0]} == 0, 1, {codes[0]}))")
        if name not in ("", "log", "solve") and primitive.function.__name__ == "<lambda>":
            return self._formula(variable, operands)
        if name == "lstsq":
            return Expression(f"np.linalg.lstsq({', '.join([*codes, repr(options.get('rcond'))])})[0]")
        if name == "einsum":
            return Expression(f"np.einsum({options['subscripts']!r}, {', '.join(codes)})")
        if name in ("stack", "concatenate"):
            codes = [f"[{', '.join(codes)}]"]
        return Expression(_call(self.helpers.called(primitive), codes, primitive.function, options))

    def _formula(self, variable: Variable, operands: Sequence[Expression]) -> Expression:
        """The operation as the formula that its function is: mu + sigma * eps."""
        assert variable.primitive is not None
        args = [wrap(plain(a)) for a in variable.args]
        self.written |= {a.index: code for a, code in zip(args, operands, strict=True)}
        return self.whole(variable.primitive.function(*args, **(variable.kwargs or {})))

    def whole(self, result: Variable) -> Expression:
        """A Variable with all that is not written yet of what it was computed from, on one line."""
        for variable in needed([result]):
            if variable.index not in self.written:
                self.written[variable.index] = self.write(variable)
        return self.written[result.index]

    def placed(self, total: Variable, name: str) -> list[str]:
        """d_x[0] += ..., for d_x + scatter(...)."""
        put: Variable = total.args[-1]
        index, options = without_broadcast(put.args[0]), put.kwargs or {}
        lines = [f"{name} = np.zeros({_option(options['shape'])})"] if len(total.args) == 1 else []
        if not lines and not self.fresh.get(name):
            lines = [f"{name} = {name}.copy()"]
        self.fresh[name] = True
        added = self.written[index.index].code if isinstance(index, Variable) else self.constant(index).code
        where = self.index(options["index"])
        if any(np.ndim(part) and np.asarray(part).dtype != bool for part in _parts(options["index"])):
            return [*lines, f"np.add.at({name}, np.s_[{where}], {added})"]
        return [*lines, f"{name}[{where}] += {added}"]

    def times(self, left: Expression, factor: Any) -> Expression:
        """left * factor without brackets: a * 2 * z for a * (2 * z), a / b for a * (1 / b), -a * b for a * -b."""
        if not isinstance(factor, Variable):
            return (
                _minus(left)
                if np.ndim(factor) == 0 and factor == -1
                else infix("multiply", left, self.constant(factor))
            )
        name = table_name(factor) if factor.index in self.loose else ""
        if name == "multiply":
            first = factor.args[0]
            return self.times(self.times(left, first), factor.args[1])
        if name == "negative":
            return self.times(_minus(left), factor.args[0])
        if name == "divide" and isinstance(factor.args[1], Variable):
            above, below = factor.args
            left = (
                left
                if not isinstance(above, Variable) and np.ndim(above) == 0 and above == 1
                else self.times(left, above)
            )
            return infix("divide", left, self.written[below.index])
        return infix("multiply", left, self.written[factor.index])

    def _choice(self, rule: Choice, operands: Sequence[Expression], variable: Variable) -> Expression:
        """The entries that max and min took, shared among ties; other rules as calls of their own source."""
        g, y, x = operands[:3]
        name, options = table_name(rule.primitive), variable.kwargs or {}
        if name in ("max", "min", "nanmax", "nanmin"):
            axis = options.get("axis")
            if axis is not None and not options.get("keepdims"):
                g, y = (Expression(f"np.expand_dims({o.code}, {axis})") for o in (g, y))
            chosen = f"({x.code} == {y.code})"
            kept = "" if axis is None else f", axis={axis}, keepdims=True"
            return Expression(f"{bracketed(g, FACTOR)} * {chosen} / np.sum{chosen[:-1]}{kept})", FACTOR)
        primitive, codes = rule.primitive, [o.code for o in operands]
        if isinstance(primitive, Elementwise):
            slope = self.helpers.define(primitive.partials[rule.position], f"slope_of_{name}")
            code = f"{bracketed(g, FACTOR)} * {slope}({', '.join(codes[1:])})"
            if variable.shape == np.shape(variable.args[1]):
                return Expression(code, FACTOR)
            return Expression(f"{self.helpers.define(unbroadcast, 'unbroadcast')}({code}, {variable.shape})")
        if not isinstance(primitive, General):
            raise no_source(primitive.name)
        vjp = primitive.vjp[rule.position]
        return Expression(_call(self.helpers.define(vjp, f"vjp_of_{name}"), codes, vjp, options))

    def index(self, index: Any) -> str:
        """What stands between the square brackets."""
        if isinstance(index, tuple):
            return ", ".join(self.index(part) for part in index) or "()"
        if isinstance(index, slice):
            bounds = [index.start, index.stop] + ([] if index.step is None else [index.step])
            return ":".join("" if bound is None else str(bound) for bound in bounds)
        if index is Ellipsis:
            return "..."
        return "None" if index is None else self.constant(index).code


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def infix(name: str, left: Expression, right: Expression) -> Expression:
    """left + right and its like, with the brackets that Python needs."""
    sign, level = _OPERATORS[name]
    if name == "power":
        return Expression(f"{bracketed(left, ATOM)} ** {bracketed(right, POWER)}", POWER)
    if name in ("floor_divide", "remainder") and left.code.startswith("-"):  # else the sign could move out of it
        left = Expression(f"({left.code})")
    if name == "matmul" and re.search(r" [*/] ", left.code):
        left = Expression(f"({left.code})")
    if name == "add" and right.code.startswith("-"):
        return Expression(f"{bracketed(left, TERM)} - {right.code[1:]}", TERM)
    return Expression(f"{bracketed(left, level)} {sign} {bracketed(right, level + 1)}", level)


def _minus(operand: Expression) -> Expression:
    if operand.code.startswith("-") and operand.level > TERM:
        return Expression(operand.code[1:], FACTOR)
    return Expression(f"-{bracketed(operand, FACTOR)}", UNARY if operand.level >= UNARY else FACTOR)


def column_times_row(product: Variable) -> list[Variable]:
    """The two vectors of an outer product that is written as a column times a row."""
    found: list[Any] = []
    for operand, axes in zip(product.args, ((1, -1), (0, -2)), strict=True):
        is_vector = isinstance(operand, Variable) and operand.ndim == 2
        if (
            not is_vector
            or operand.primitive is not PRIMITIVES[np.expand_dims]
            or option_of(operand, "axis") not in axes
        ):
            return []
        found.append(operand.args[0])
    return found if all(isinstance(f, Variable) for f in found) else []


def bracketed(expression: Expression, level: int) -> str:
    """The code, in brackets if it binds weaker than the level."""
    return expression.code if expression.level >= level else f"({expression.code})"


def _call(name: str, codes: Sequence[str], function: Any, options: Mapping[str, Any]) -> str:
    """A call of the function, without options that have its default."""
    usual = {} if isinstance(function, np.ufunc) or not options else inspect.signature(function).parameters
    extras = [
        f"{option}={_option(choice)}" for option, choice in options.items()
        if option not in usual or by_content(choice) != by_content(usual[option].default)
    ]  # fmt: skip
    return f"{name}({', '.join([*codes, *extras])})"


def _option(choice: Any) -> str:
    if isinstance(choice, tuple) and len(choice) == 1:
        return repr(choice[0])
    return repr(choice.tolist() if isinstance(choice, (np.generic, np.ndarray)) else choice)


def as_tuple(codes: Sequence[str]) -> str:
    """a for one piece of code, (a, b) for several."""
    return codes[0] if len(codes) == 1 else f"({', '.join(codes)})"
