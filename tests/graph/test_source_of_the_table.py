"""Every row of the table of primitives has a source that runs on its own, in an empty namespace."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import chainviz as cv

_spec = importlib.util.spec_from_file_location("rows", Path(__file__).parents[1] / "autodiff" / "test_table.py")
assert _spec is not None
assert _spec.loader is not None
rows = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rows)


@pytest.mark.parametrize(("primitive", "operands", "options", "moving"), list(rows.cases()))
def test_the_printed_source_gives_the_value_and_the_adjoints_of_the_trace(primitive, operands, options, moving):
    prepare = rows.PREPARED.get(primitive.name, lambda a: a)
    operands = [prepare(operand) for operand in operands]
    inputs = {f"x{k}": operands[k] for k in moving}
    if any(np.iscomplexobj(operand) for operand in operands):
        pytest.skip("a graph is real")

    def f(**given):
        y = primitive(*(given.get(f"x{k}", operand) for k, operand in enumerate(operands)), **options)
        return np.sum(y * y)

    graph = cv.trace(f, **inputs)
    space = {}
    exec(graph.to_source(), space)
    for value, gradients in (space["value_and_gradient"](**inputs), graph.compile()(**inputs)):
        assert value == pytest.approx(graph.nodes[graph.output].value, rel=1e-12, nan_ok=True)
        for found, k in zip(gradients if len(inputs) > 1 else [gradients], graph.inputs, strict=True):
            assert np.shape(found) == graph.nodes[k].shape
            np.testing.assert_allclose(found, graph.nodes[k].adjoint, rtol=1e-9, atol=1e-12)


def test_it_says_what_users_call_and_brings_the_helpers_along():
    code = cv.trace(lambda x: np.sum(np.sinc(cv.softmax(x, axis=None))), x=np.ones(3)).to_source()
    assert "import chainviz as cv" in code
    assert "cv.softmax(x, axis=None)" in code
    assert "def slope_of_sinc(" in code
    code = cv.trace(lambda mu, sigma: cv.normal(mu, sigma, seed=0), mu=1.0, sigma=2.0).to_source()
    assert "y = mu + sigma * 0.12573" in code


def test_the_names_of_constants_and_helpers_give_way_to_the_users():
    C = np.arange(3.0)

    def f(x):
        c1 = x * C
        slope_of_sinc = c1 + 1.0
        return np.sum(np.sinc(slope_of_sinc * np.arange(2.0, 5.0)))

    space = {}
    graph = cv.trace(f, x=np.ones(3))
    exec(graph.to_source(), space)
    value, gradient = space["value_and_gradient"](np.ones(3))
    assert value == pytest.approx(graph.nodes[graph.output].value)
    assert gradient == pytest.approx(graph.nodes[0].adjoint)


@cv.primitive(vjp=lambda g, y, x: g * 2 * x)
def squared(x):
    return x * x


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: cv.checkpoint(np.sin)(x), "checkpoint"),
        (lambda x: squared(x), "squared"),
        (lambda x: cv.root(lambda t, x: t**3 - x, 1.0, x), "implicit"),
        (lambda x: sum(cv.reversible([(np.sin, np.tanh)])(x, 1.0)), "reversible"),
    ],
)
def test_what_runs_out_of_sight_has_no_source_and_says_so(f, name):
    graph = cv.trace(f, x=2.0)
    with pytest.raises(cv.InputError, match=f"^{name} has no source"):
        graph.to_source()
    if name in ("checkpoint", "reversible"):  # they may use values from outside, which would stay as they were
        with pytest.raises(cv.InputError, match=f"^{name} hides what it computes"):
            graph.compile()
    else:
        assert graph.compile()(3.0) == pytest.approx((f(3.0), cv.grad(f)(3.0)))
