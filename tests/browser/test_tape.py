"""The tape in a browser: the script's operations give Python's numbers, and a tape gives Python's frames."""

import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import chainviz as cv
from chainviz.graph.tape import OPERATIONS, apply, numbers
from chainviz.widgets import player

SCRIPT = Path(player.__file__).with_name("player.js").read_text(encoding="utf-8")
IMPORT = """const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { PRIMITIVES, compile } = await import(url);"""
COMPUTE = f"""async ([script, cases]) => {{
  {IMPORT}
  return cases.map(([name, operands]) => String(PRIMITIVES[name](...operands.map(Number)))
    .replace(/^0$/, () => Object.is(PRIMITIVES[name](...operands.map(Number)), -0) ? "-0" : "0"));
}}"""
EVALUATE = f"""async ([script, tape, points]) => {{
  {IMPORT}
  const evaluate = compile(tape), start = performance.now();
  const frames = points.map((point) => evaluate(point));
  return [(performance.now() - start) / points.length, frames.map((frame) => frame && Array.from(frame, String))];
}}"""
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.0, 2.5, -2.5, 3.0, -3.7, 7.0, 1e-300, 5e-324, -1e-8, 1e-8, 0.1, 1e8,
           -123.456, 709.0, 750.0, -750.0, 1e300, -1e300, np.inf, -np.inf, np.nan]  # fmt: skip
EXACT = {
    "add", "subtract", "multiply", "divide", "negative", "positive", "square", "reciprocal", "sqrt", "remainder",
    "fmod", "floor_divide", "absolute", "fabs", "copysign", "sign", "heaviside", "maximum", "minimum", "fmax", "fmin",
    "floor", "ceil", "trunc", "rint", "where", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "logical_or",
}  # fmt: skip


def points_of(name):
    function = OPERATIONS[name]
    arity = function.nin if isinstance(function, np.ufunc) else {"where": 3, "sinc": 1}[name]
    if arity == 1:
        dice = np.random.default_rng(0)
        return [(x,) for x in [*SPECIAL, *dice.uniform(-5, 5, 300).tolist(), *dice.uniform(-1, 1, 200).tolist()]]
    return list(itertools.product(SPECIAL if arity == 2 else SPECIAL[:6] + SPECIAL[-3:], repeat=arity))


def as_text(number):
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(number), repr(number))


@pytest.fixture
def script(page):
    page.goto("about:blank")
    return page


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_gives_pythons_number(script, name):
    points = points_of(name)
    texts = script.evaluate(COMPUTE, [SCRIPT, [(name, [*map(as_text, point)]) for point in points]])
    for point, text in zip(points, texts, strict=True):
        found, expected = float(text), apply(name, *point)
        if np.isnan(expected) or np.isinf(expected) or expected == 0 or name in EXACT:
            same = found == expected and np.signbit(found) == np.signbit(expected)
            assert same or (np.isnan(found) and np.isnan(expected)), (point, found, expected)
        else:
            assert found == pytest.approx(expected, rel=1e-13, abs=5e-324), point


def test_the_script_knows_what_python_writes_on_tapes_and_no_more(script):
    names = script.evaluate(f"async ([script]) => {{ {IMPORT} return Object.keys(PRIMITIVES); }}", [SCRIPT])
    assert sorted(names) == sorted(OPERATIONS)


def fan(x, y):
    u, v = x * y, x + y
    return u * v + np.sin(u)


def choice(x, y):
    return np.maximum(np.log(x), y) ** 2 if x > 0 else np.where(y > 0, x * y, x**3 / y)


def network(x, y):
    for _ in range(22):
        x, y = cv.sigmoid(0.7 * x - 0.5 * y), cv.sigmoid(x + 0.3 * y + 0.1)
    return (x * y - 1) ** 2


@pytest.mark.parametrize("detail", ["folded", "full"])
@pytest.mark.parametrize("f", [fan, choice, network])
def test_a_tape_gives_the_frames_that_python_records(script, f, detail):
    explorer = cv.explore(f, **dict.fromkeys(inspect.signature(f).parameters, (-2.0, 2.0)), detail=detail)
    explorer.values = {"x": 0.8, "y": 0.3}
    explorer._give_tape()  # that of a large graph comes later where a loop runs, as Playwright's does
    points = np.random.default_rng(0).uniform(-2, 2, (200, 2)).tolist()
    taken, frames = script.evaluate(EVALUATE, [SCRIPT, explorer.tape, points])
    held = 0
    for (x, y), found in zip(points, frames, strict=True):
        graph = cv.trace(f, x=x, y=y)
        graph = graph.fold() if detail == "folded" else graph
        assert (found is not None) == (graph.recipe == explorer.graph.recipe)
        if found is not None:
            version, *rest = map(float, found)
            np.testing.assert_allclose(rest, numbers(graph), rtol=1e-11, atol=1e-14)
            assert version == explorer.scene["version"]
            held += 1
    assert held > 20
    print(f"{f.__name__}: {len(explorer.graph.nodes)} nodes, {taken:.3f} ms a frame")


def test_a_tape_of_arrays_gives_the_frames_that_python_records(script):
    def f(W, x, w):
        return np.sum(np.tanh(w * (W @ x)) ** 2) + np.sum(np.sqrt(x)) * w

    explorer = cv.explore(f, W=np.eye(2), x=np.ones(2), w=(-1.0, 1.0))
    dice = np.random.default_rng(0)
    points = [(dice.normal(size=(2, 2)), dice.random(2), dice.random()) for _ in range(20)]
    points += [(np.eye(2), np.array([0.0, 1.0]), 0.5)]  # an infinite derivative: for Python to tell
    given = [[W.tolist(), x.tolist(), w] for W, x, w in points]
    _, frames = script.evaluate(EVALUATE, [SCRIPT, explorer.tape, given])
    for (W, x, w), found in zip(points[:-1], frames, strict=False):
        expected = numbers(cv.trace(f, W=W, x=x, w=w).fold())
        np.testing.assert_allclose([*map(float, found)][1:], expected, rtol=1e-11, atol=1e-14)
    assert frames[-1] is None


def test_no_eval_is_needed():
    """A page's content security policy may forbid it."""
    assert not re.search(r"new Function|\beval\(", SCRIPT)
