"""Formulas of nodes and of local derivatives, as they come out of the rules."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.autodiff.variable import PRIMITIVES
from chainviz.drawing.scene import scene
from chainviz.drawing.text import formula_runs, plain
from chainviz.graph import formula
from chainviz.graph.letters import name_latex, name_mathml


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def edges(f, **inputs):
    graph = cv.trace(f, **inputs)
    return [formula.latex(formula.of_edge(graph, edge), graph) for edge in graph.edges]


def test_the_examples_edges_read_2_1_2z_cos_a():
    assert edges(example, x=1.5) == ["2", "1", "2 z", r"\cos a"]


@pytest.mark.parametrize(
    ("f", "whole"),
    [
        (example, r"\sin\left(\left(2 x + 1\right)^{2}\right)"),
        (lambda x: 5 - (x - 3), r"5 - \left(x - 3\right)"),
        (lambda x: -3 * x - 2, "-3 x - 2"),
        (lambda x: x + (-3), "x - 3"),
        (lambda x: x - (-2), "x + 2"),
        (lambda x: np.exp(-(x**2)), "e^{-x^{2}}"),
        (lambda x: np.exp(x) * np.sin(x), r"e^{x} \, \sin x"),
        (lambda x: np.sin(x) * x * 2, r"2 x \, \sin x"),
        (lambda x: (x + 1) * (x - 1) / (x**2 + 1), r"\frac{\left(x + 1\right) \, \left(x - 1\right)}{x^{2} + 1}"),
        (lambda x: np.sqrt(x**2 + 1), r"\sqrt{x^{2} + 1}"),
        (lambda x: cv.sigmoid(2 * x + 1), r"\sigma(2 x + 1)"),
        (lambda x: (2 * x) ** 3, r"\left(2 x\right)^{3}"),
        (lambda x: abs(x - 1), r"\left|x - 1\right|"),
        (lambda x: x % 2, r"x \,\mathrm{mod}\, 2"),
        (lambda x: x * np.heaviside(x, 0) * np.heaviside(x, 1), r"x \, [x > 0] \, [x \ge 0]"),
        (lambda x: x * np.heaviside(x, 0.2), r"x \, \operatorname{heaviside}(x, 0.2)"),
        (lambda x: x * (2 % x) * 3, r"3 x \, \left(2 \,\mathrm{mod}\, x\right)"),
    ],
)
def test_a_whole_function_is_written_as_a_person_would(f, whole):
    assert cv.trace(f, x=1.5).to_latex() == whole


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: x**3, "3 x^{2}"),
        (lambda x: x**-1, "-x^{-2}"),
        (lambda x: 1 / x, r"-\frac{1}{x^{2}}"),
        (lambda x: np.tanh(x), "1 - y^{2}"),
        (lambda x: cv.sigmoid(x), r"y \, \left(1 - y\right)"),
        (lambda x: np.sqrt(x), r"\frac{1}{2 y}"),
        (lambda x: np.cos(x), r"-\sin x"),
        (lambda x: np.log(x), r"\frac{1}{x}"),
        (lambda x: cv.relu(x), "[x > 0]"),
        (lambda x: np.maximum(x, 0), r"\operatorname{step}(x)"),  # 0.5 at 0, where [x > 0] is 0
    ],
)
def test_local_derivatives_are_traced_from_the_rules(f, derivative):
    assert edges(f, x=1.5) == [derivative]


def test_matrix_work_shows_the_whole_pull_back():
    weights, point = np.eye(2), np.ones(2)
    assert edges(lambda W, x: np.sum(W @ x), W=weights, x=point)[:2] == [
        r"\bar{v_{1}} \, x^{\top}",
        r"W^{\top} \, \bar{v_{1}}",
    ]


@pytest.mark.parametrize("primitive", sorted(set(PRIMITIVES.values()), key=lambda p: p.name), ids=lambda p: p.name)
def test_every_operation_of_the_table_can_be_written_in_all_three_ways(primitive):
    graph = cv.trace(lambda a, b, c: a * b * c, a=1.0, b=2.0, c=3.0)
    written = formula.apply(primitive, [formula.symbol(k) for k in range(primitive.operands)], {})
    line = plain(formula_runs(written, graph))
    assert line
    assert not set("\\{}$") & set(line)
    markup = formula.mathml(written, graph)
    assert markup.count("<mi>a</mi>") == written.tex.count(formula.mark(0))
    assert "\\" not in markup
    assert all(
        name in formula.latex(written, graph)
        for name in "abc"[: primitive.operands]
        if formula.mark("abc".index(name)) in written.tex
    )


@pytest.mark.parametrize(
    ("f", "whole"),
    [
        (lambda A, B: np.sum(np.linalg.solve(np.sin(A), B)), r"\Sigma\,\left(\left(\sin A\right)^{-1} \, B\right)"),
        (lambda A, B: np.sum(A @ (A * B)), r"\Sigma\,\left(A \, \left(A \, B\right)\right)"),
        (lambda A, B: np.sum((A @ B) * B), r"\Sigma\,\left(\left(A \, B\right) \, B\right)"),
        (lambda A, B: np.sum(np.sum(A) * B), r"\Sigma\,\left(B \, \Sigma\,A\right)"),
        (lambda A, B: A[0][1] * B[0, 0], r"\left(A_{0}\right)_{1} \, B_{0, 0}"),
    ],
)
def test_arrays_are_written_so_that_they_can_be_read_only_one_way(f, whole):
    graph = cv.trace(f, A=np.eye(2), B=np.eye(2))
    assert graph.to_latex().replace(r"\,\left", r"\, \left").replace(r"\Sigma\, ", r"\Sigma\,") == whole
    assert graph.to_svg()


def test_a_scene_depends_on_nothing_but_the_signature():
    for f in (np.fmax, np.fmin, np.maximum, np.copysign):
        below, above = (cv.trace(lambda x, f=f: 3 * f(x, 0.5), x=at) for at in (-1.0, 1.0))
        assert below.signature == above.signature
        assert scene(below, top=0) == scene(above, top=0)


def test_a_long_function_is_not_written_out():
    def long(x):
        h = x
        for _ in range(30):
            h = np.sin(h) + x
        return h

    assert cv.trace(long, x=1.0).to_latex() == "v_{30} + x"


def test_numeric_templates_put_brackets_round_negative_numbers_only():
    graph = cv.trace(lambda x: np.sin(3 * x) - x, x=1.5)
    templates = [formula.template_mathml(formula.node_template(graph, k, numeric=True)) for k in (1, 2, 3)]
    assert "<mn>3</mn><mo>&#x000B7;</mo>{0!}" in templates[0]
    assert "{0!}" in templates[1]
    assert "{0}<mo>&#x02212;</mo>{1!}" in templates[2]


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("h₁", "h_{1}"),
        ("x1", "x_{1}"),
        ("W_out", "W_{out}"),
        ("alpha", r"\alpha"),
        ("loss", r"\mathit{loss}"),
        ("mu_z", r"\mu_{z}"),
        ("learning_rate", r"\mathit{learning\_rate}"),
    ],
)
def test_names_are_set_with_their_subscripts(name, tex):
    assert name_latex(name) == tex


@settings(derandomize=True, max_examples=60)
@given(st.text(min_size=1, max_size=12).filter(str.strip))
def test_no_name_can_become_markup(name):
    graph = cv.trace(lambda x: np.sin(cv.name(2 * x, name)), x=1.5)
    markup = formula.mathml(formula.of_node(graph, 2), graph) + name_mathml(name)
    assert "<script" not in markup
    for tag in markup.split("<")[1:]:
        assert tag.lstrip("/").startswith(("mi", "mn", "mo", "ms", "mrow", "mspace", "msub"))


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{{<img src=x onerror=alert(1)>}} {0}", r"\text{{<img src='x'/>}} {0}",
        r"\text{{</math><script>1</script>}}",
        r"\href{{javascript:alert(1)}}{{{0}}}", r"\style{{position:fixed}}{{{0}}}", r"\class{{a}}{{{0}}}",
    ],
)  # fmt: skip
def test_a_formula_of_ones_own_brings_nothing_but_mathematics_to_the_page(tex):
    own = cv.primitive(np.sin, vjp=lambda g, y, x: g * np.cos(x), tex=tex)
    graph = cv.trace(lambda x: own(2 * x), x=1.5)
    for markup in (formula.mathml(formula.whole(graph), graph), formula.template_mathml(formula.of_node(graph, 2))):
        assert set(re.findall(r"</?([^ >/]*)", markup)) <= {"mtext", "mi", "mn", "mo", "mrow", "mspace"}
        assert not re.search(r"(href|style|class|on\w+)=\"", markup)


def test_hostile_names_reach_no_picture_as_markup():
    graph = cv.trace(lambda x: np.sin(cv.name(2 * x, '</svg><script>alert("1")</script>')), x=1.5)
    assert "<script" not in graph.to_svg()
    assert "<script" not in formula.mathml(formula.whole(graph), graph)


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (np.exp2, r"y \, \ln 2"),
        (np.log10, r"\frac{1}{x \, \ln 10}"),
        (cv.erf, r"\frac{2}{\sqrt{\pi}} e^{-x^{2}}"),
        (cv.normal_cdf, r"\frac{e^{-\frac{x^{2}}{2}}}{\sqrt{2 \pi}}"),
        (np.deg2rad, r"\frac{\pi}{180}"),
        (lambda x: np.pi * x, r"\pi"),
        (lambda x: 3.1416 * x, "3.142"),
    ],
)
def test_a_constant_that_people_know_is_written_as_its_symbol(f, derivative):
    assert edges(lambda x: f(x), x=0.5) == [derivative]


@pytest.mark.parametrize("f", [cv.leaky_relu, cv.elu, np.sinc])
def test_a_rule_by_cases_is_written_for_all_cases_at_once(f):
    assert edges(lambda x: f(x), x=0.5) == edges(lambda x: f(x), x=-0.5)
    graph = cv.trace(lambda x: f(x), x=0.5)
    for x in (-2.0, -0.5, 0.0, 0.5, 2.0):
        assert np.isclose(graph.compile()(x)[1], cv.grad(f)(x), rtol=1e-12)


def test_a_factor_that_is_rounded_to_one_is_not_left_out():
    graph = cv.trace(lambda x: 1.00001 * x, x=2.0)
    assert (graph.to_latex(), edges(lambda x: 1.00001 * x, x=2.0)) == ("1.000 x", ["1.000"])
    assert cv.trace(lambda x: -0.99999 * x + 1 * x, x=2.0).to_latex() == "-1.000 x + x"


def test_a_cube_root_is_none_of_a_power():
    """x^(1/3) has no value below 0; np.cbrt has."""
    graph = cv.trace(np.cbrt, -8.0)
    assert (graph.nodes[graph.output].value, graph.to_latex()) == (-2.0, r"\sqrt[3]{x}")
    assert plain(formula_runs(formula.of_node(graph, graph.output), graph)) == "∛x"
    assert "<mroot>" in formula.mathml(formula.whole(graph), graph)


def test_a_node_is_called_by_its_name_however_many_there_are():
    """Its mark is one character, and a plane of Unicode has only 65,536 of them."""
    node = cv.trace(lambda x: 2 * x, x=1.0).nodes[1]
    graph = cv.Graph(tuple(replace(node, index=k, name=f"n{k}") for k in range(140_000)), (), (), 0)
    for k in (9, 65_519, 65_520, 65_545, 131_069, 139_999):
        assert formula.latex(formula.symbol(k), graph) == f"n_{{{k}}}"
        assert formula.mathml(formula.symbol(k), graph) == f"<mrow>{name_mathml(f'n{k}')}</mrow>"
