"""Typed formulas: what they mean, in which spellings, and that a graph knows their names and parts."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.formulas import Formula
from chainviz.graph.listing import listings

X, Y = 0.7, 1.9
SAME = [
    ("2x", 2 * X), ("2(x+1)", 2 * (X + 1)), ("(x+1)(x-1)", (X + 1) * (X - 1)), ("x y", X * Y),
    ("2x y^2", 2 * X * Y**2), ("-x^2", -(X**2)), ("(-x)^2", X**2), ("2^3^2 x", 512 * X), ("2**x", 2**X),
    ("x^-2", X**-2), ("x^-y", X**-Y), ("--x", X), ("-+-x", X), ("y - -x", Y + X), ("x/y/2", X / Y / 2),
    ("x/y*2", X / Y * 2), ("1 - x - y", 1 - X - Y), ("x − y", X - Y), ("x·y", X * Y), ("x×y", X * Y), ("x÷y", X / Y),
    ("x²", X**2), ("x⁻¹", 1 / X), ("3x²y³", 3 * X**2 * Y**3), ("√x", X**0.5), ("2√(x + 1)", 2 * (X + 1) ** 0.5),
    ("π x", np.pi * X), ("2πx", 2 * np.pi * X), ("pi x", np.pi * X), ("e^x", np.exp(X)), ("e^(-x²)", np.exp(-(X**2))),
    ("e x", np.e * X), ("|x - y|", Y - X), ("2|x|", 2 * X), ("|x - |y||", Y - X), ("|x| * |y|", X * Y),
    ("sin x", np.sin(X)), ("sin 2x", np.sin(2 * X)), ("2 sin x", 2 * np.sin(X)), ("sin 2πx", np.sin(2 * np.pi * X)),
    ("sin x cos y", np.sin(X) * np.cos(Y)), ("sin x^2", np.sin(X**2)), ("sin(x)^2", np.sin(X) ** 2),
    ("sin^2(x)", np.sin(X) ** 2), ("sin² x + cos² x", 1.0), ("x sin(y)", X * np.sin(Y)), ("sin x * y", np.sin(X) * Y),
    ("sin x / y", np.sin(X) / Y), ("ln x", np.log(X)), ("log(x)", np.log(X)), ("lg x", np.log10(X)),
    ("log_10(x)", np.log10(X)), ("log2(x)", np.log2(X)), ("max(x, y, 1)", Y), ("min(x, y)", X), ("relu(-x)", 0.0),
    ("sigmoid(x)", 1 / (1 + np.exp(-X))), ("softplus(x)", np.log1p(np.exp(X))), ("atan2(x, y)", np.arctan2(X, Y)),
    ("arcsin x", np.arcsin(X)), ("asin(x)", np.arcsin(X)), ("x^2(y+1)", X**2 * (Y + 1)), ("e^2 x", np.e**2 * X),
    (".5x", 0.5 * X), ("f(y, x) = x/y", X / Y), ("y = x^2", X**2), ("u = 2x + 1; sin(u^2)", np.sin((2 * X + 1) ** 2)),
    ("u = 2x\n\nv = u y\n w = u v", 2 * X * 2 * X * Y), ("sinh x - cosh x", -np.exp(-X)), ("(x)(y)", X * Y),
    ("6/2(x)", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAME, ids=[text for text, _ in SAME])
def test_a_spelling_means_what_people_mean_by_it(text, expected):
    if expected is None:
        with pytest.raises(cv.FormulaError, match="below the fraction line"):
            cv.formula(text)
        return
    f = cv.formula(text)
    values = {name: {"x": X, "y": Y}[name] for name in f.__signature__.parameters}
    assert f(**values) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert cv.trace(f, **values).nodes[-1].value == pytest.approx(expected, rel=1e-12, abs=1e-12)


REFUSED = [
    ("", "empty", 0), ("sin((2x+1)^2", "closing bracket", 3), ("1/2x", "fraction line", 3),
    ("x^2y", r"\^2 y with a space", 3), ("e^2x", "exponent", 3), ("sin x y", "How far does sin go", 6),
    ("sin x/2", "How far does sin go", 5), ("xy", "x y for", 0), ("sin^-1(x)", r"arcsin\(x\)", 3),
    ("2e3", r"10\^\(3\)", 0), ("2e-3", "spaces around e", 0), ("sinn(x)", "mean sin", 0),
    ("x $ y", "'\\$' has no meaning", 2), ("(0,5)", "decimal has a point", 2), ("max(x)", "2 or more", 0),
    ("x 2", r"Write \*", 2), ("|x| y", r"\|x\| \* y", 4), ("2x; u", "goes without a name", 0),
    ("f(x) = x^2 + a", "among the inputs", 13), ("e = 2", "a constant", 0), ("sin = 2", "a function", 0),
    ("u = 2x; u = 3", "line above", 8), ("x = x + 1", "an input", 0), ("x +", "before the end", 3),
    ("x)", "closes none", 1), ("sin -x", "in brackets", 4), ("f(x + 1)", "reads as a function", 0),
    ("u = 2x; u(x+1)", "reads as a function", 8), ("σ(x)", "sigmoid", 0), ("√2x", "How far", 2),
    ("1.2.3", "two points", 3), ("9" * 400, "too large", 0), ("(" * 50 + "x", "inside one another", 40),
    ("x" * 3000, "longer than 2,000", 2000), ("f(if) = 2", "word of Python's", 2), ("f(x, x) = x", "twice", 5),
    ("x = = 2", "before '='", 4), ("2 x = 3", "equals sign", 4), ("x < y", "no comparisons", 2),
    ("x²^3", "Two exponents", 2), ("u = 2x\nsin(v", "closing bracket", 10), ("f(x) = x; f", "Only the last line", 7),
    ("__import__('os')", "'_' has no meaning", 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says", "position"), REFUSED, ids=[text[:20] for text, *_ in REFUSED])
def test_what_cannot_be_read_is_refused_at_its_character(text, says, position):
    with pytest.raises(cv.FormulaError, match=says) as caught:
        cv.formula(text)
    assert caught.value.position == position
    *_, line, caret = str(caught.value).split("\n")
    pointed = line[caret.index("^")] if caret.index("^") < len(line) else ""
    assert pointed in (text[position : position + 1], "")


def test_its_variables_are_arguments_in_the_order_in_which_they_appear():
    assert list(cv.formula("b x + a").__signature__.parameters) == ["b", "x", "a"]
    assert list(cv.formula("f(x, rate) = rate x").__signature__.parameters) == ["x", "rate"]
    assert list(cv.formula("lambda x₁ + x_1 α + alpha").__signature__.parameters) == ["λ", "x1", "α"]


def test_arrays_and_whole_numbers_go_in_as_into_any_function():
    f = cv.formula("x^-1")
    assert f(2) == 0.5
    assert f(np.array([1, 2])).tolist() == [1.0, 0.5]


def test_a_formula_records_what_the_same_function_in_python_records():
    def f(x):
        z = 2 * x + 1
        a = z**2
        return np.sin(a)

    typed, written = cv.trace("z = 2x + 1; a = z^2; sin(a)", x=1.5), cv.trace(f, x=1.5)
    assert repr(typed) == repr(written)
    assert typed.to_source() == written.to_source()
    assert typed.to_latex("x") == written.to_latex("x")
    assert [node.named for node in typed.nodes[:-1]] == [node.named for node in written.nodes[:-1]]


def test_the_last_line_can_name_the_output():
    assert cv.trace("loss = x^2", x=1.5).nodes[-1].name == "loss"
    assert [node.name for node in cv.trace("u = x; v = u; v^2", x=1.5).nodes] == ["x", "y"]


def test_every_node_knows_its_part_of_the_formula():
    graph = cv.trace("u = 2x + 1\nsin(u^2) / 3", x=1.5)
    (made,), places = listings(graph)
    assert (made.function, made.lines) == ("the formula", ("u = 2x + 1", "sin(u^2) / 3"))
    parts = [place and made.lines[place[1]][place[2] : place[3]] for place in places]
    assert parts == [None, "2x", "2x + 1", "u^2", "sin(u^2)", "sin(u^2) / 3"]


def test_an_error_while_it_runs_names_the_formula():
    with pytest.raises(cv.OperandError, match="line 1 of the formula: w x"):
        cv.trace("w x", w=np.ones(2), x=np.ones(3))
    assert "log in `ln(x)` (line 1 of the formula)" in cv.blame("ln(x)", x=0.0).sentence


def test_a_formula_within_a_function_leaves_the_functions_names():
    square = cv.formula("t^2")

    def f(x):
        a = square(x)
        b = a + 1
        return 3 * b

    graph = cv.trace(f, x=2.0)
    assert [node.name for node in graph.nodes] == ["x", "a", "b", "y"]
    assert [str(node.place) for node in graph.nodes[1:3]] == ["line 1 of the formula: t^2", str(graph.nodes[2].place)]
    assert "b = a + 1" in str(graph.nodes[2].place)


def test_formulas_are_differentiated_as_any_function():
    assert cv.grad(cv.formula("x^3"))(2.0) == 12
    assert cv.hessian(cv.formula("x^3"))(2.0) == 12
    cv.check_grads(cv.formula("sin(x y) e^x"), 0.3, 0.4)


def test_an_explorer_of_a_formula_answers_in_the_page():
    explorer = cv.explore("sin((2x+1)^2)", x=(-2.0, 2.0))
    assert repr(explorer) == "Explorer(x=0, y=0.8415, dy/dx=2.161)"
    assert explorer.tape["steps"]
    assert explorer.tape["guards"] == ()


def test_where_a_formula_has_no_value_the_explorer_says_which_part():
    explorer = cv.explore("ln(x - 1)", x=(-2.0, 6.0))
    explorer.values = {"x": 0.0}
    assert "in line 1 of the formula: ln(x - 1)" in explorer.error


@pytest.mark.parametrize("given", [3, None, b"x", ["x"]])
def test_what_is_no_text_is_no_formula(given):
    with pytest.raises(cv.InputError, match="A formula is text"):
        Formula(given)


def test_an_explorer_that_lacks_an_input_says_so():
    with pytest.raises(cv.InputError, match="The input 'a' is missing"):
        cv.explore("a x", x=(-2.0, 2.0))
    with pytest.raises(cv.InputError, match="no parameter 'y': the formula takes x"):
        cv.explore("x^2", y=(-2.0, 2.0))
