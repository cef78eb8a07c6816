"""No text hangs the parser, reaches Python, or raises anything but FormulaError; every formula means its tree."""

import builtins
import itertools
import math
import random
import string

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import chainviz as cv

ALPHABET = string.ascii_letters + string.digits + "+-*/^()|,=;.\n _√π²⁻³₁αλµ−·×÷[]{}'\"\\$%!<>@#:"
PIECES = st.sampled_from(
    ["x", "y", "2", "0.5", "sin", "sin(", "(", ")", "^", "**", "-", "/", "|", " ", "u = ", ";", "\n", "e", "√", "²",
     "max(", ",", "f(x) = ", "__import__", "lambda", "π", "1e5", "x_1", "σ(", "log2"]
)  # fmt: skip


def read(text):
    """The formula, or None where it is refused in words that point into the text."""
    try:
        return cv.formula(text)
    except cv.FormulaError as error:
        fault = error
    assert 0 <= fault.position <= len(text)
    assert str(fault).endswith("^")
    return None


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.text(), st.text(ALPHABET), st.lists(PIECES, max_size=40).map("".join)))
@example("\ud800")
@example("x\x00")
@example("9^9^9^9^9")
@example("f(" * 30)
@example("|" * 300)
@example("-" * 1999 + "x")
@example("^" * 100)
@example("()" * 100)
@example("f(x)(y) = 2")
def test_any_text_is_a_formula_or_a_formula_error(text):
    f = read(text)
    if f is not None:
        with np.errstate(all="ignore"):
            result = f(**dict.fromkeys(f.__signature__.parameters, 0.5))
        assert isinstance(result, (float, int))


PYTHON = [
    "().__class__", "__import__('os').system('x')", "x.real", "x[0]", "lambda: 1", "x if x else y", "open('f')",
    "f'{x}'", "exec(x)", "globals()", "x;import os", "\\x41", "x:=2",
]  # fmt: skip


@pytest.mark.parametrize("text", PYTHON)
def test_python_is_refused_and_never_run(text, monkeypatch):
    def never(*_, **__):
        raise AssertionError("Python was reached")

    for name in ("eval", "exec", "compile", "open", "__import__"):
        monkeypatch.setattr(builtins, name, never)
    try:
        cv.formula(text)
    except cv.FormulaError:
        refused = True
    else:
        refused = False
    monkeypatch.undo()
    assert refused


def test_no_power_of_constants_takes_long():
    """In Python's whole numbers this one would fill the memory."""
    with np.errstate(all="ignore"):
        assert cv.formula("9^9^9^9 + 0x")(1.0) == math.inf


def test_reading_is_linear(monkeypatch):
    """Counted, not timed: twice the text takes at most about twice the looks at a token."""
    from chainviz.formulas.reader import Reader

    looks = 0

    def looking(self):
        nonlocal looks
        looks += 1
        return self.tokens[self.at]

    monkeypatch.setattr(Reader, "next", property(looking))

    def looks_at(text):
        nonlocal looks
        looks = 0
        read(text)
        return looks

    for unit in ("x+", "2x*", "sin(x)-", "-", "|x|+", "x^2 ", "u = 2; ", "a(b,c)+", "("):
        short, long = (looks_at(unit * (count // len(unit)) + "x") for count in (500, 1900))
        assert long < 5 * short + 100, unit


# A tree is a number, a name, or (operation, operands). It is written in one of several spellings, and computed.

LEAVES = st.one_of(st.sampled_from(["x", "y", "pi"]), st.integers(0, 9), st.sampled_from([0.5, 1.25]))
FUNCTIONS = {
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
    "exp": np.exp,
    "abs": np.abs,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
}


def deeper(trees):
    both = st.tuples(trees, trees)
    return st.one_of(
        st.tuples(st.sampled_from("+-*/^"), both),
        st.tuples(st.just("neg"), st.tuples(trees)),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.tuples(trees)),
    )


TREES = st.recursive(LEAVES, deeper, max_leaves=12)
BINARY = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}
RANKS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}


def computed(tree, known):
    """The reference: the tree's value by NumPy, from the inside out."""
    if not isinstance(tree, tuple):
        return np.float64(known.get(tree, tree))
    operation, operands = tree
    values = [computed(operand, known) for operand in operands]
    return -values[0] if operation == "neg" else (BINARY.get(operation) or FUNCTIONS[operation])(*values)


def rank(tree):
    return RANKS.get(tree[0], 5) if isinstance(tree, tuple) else 5


def spelled(tree, dice):
    """The tree as text, with only the brackets that its meaning needs, or with more; in any spelling of its signs."""
    if not isinstance(tree, tuple):
        return dice.choice(["π", "pi"]) if tree == "pi" else str(tree)
    operation, operands = tree

    def part(operand, least):
        text = spelled(operand, dice)
        return f"({text})" if rank(operand) < least or dice.random() < 0.2 else text

    gap = dice.choice(["", " "])
    if operation == "neg":
        return f"{dice.choice('-−')}{part(operands[0], 4)}"
    if operation in FUNCTIONS:
        inner = spelled(operands[0], dice)
        if operation == "abs" and dice.random() < 0.5:
            return f"|{inner}|"
        return f"√({inner})" if operation == "sqrt" and dice.random() < 0.5 else f"{operation}({inner})"
    if operation == "^":
        base, exponent = part(operands[0], 5), part(operands[1], 4)
        whole = isinstance(operands[1], int) and dice.random() < 0.5
        return base + ("⁰¹²³⁴⁵⁶⁷⁸⁹"[operands[1]] if whole else f"{dice.choice(['^', '**'])}{gap}{exponent}")
    if operation == "*" and dice.random() < 0.4:
        return f"({spelled(operands[0], dice)})({spelled(operands[1], dice)})"
    signs = {"+": "+", "-": "-−–", "*": "*·×⋅", "/": "/÷"}[operation]
    left, right = part(operands[0], RANKS[operation]), part(operands[1], RANKS[operation] + 1)
    return f"{left}{gap}{dice.choice(signs)}{gap}{right}"


@settings(max_examples=400, deadline=None)
@given(TREES, st.randoms(use_true_random=False), st.floats(-2, 2), st.floats(0.1, 3))
@example(("/", ("x", ("neg", (0,)))), random.Random(0), 1.0, 1.0)
def test_a_formula_means_its_tree_in_every_spelling(tree, dice, x, y):
    text = spelled(tree, dice)
    with np.errstate(all="ignore"):
        expected = computed(tree, {"x": x, "y": y, "pi": math.pi})
        f = cv.formula(text)
        found = f(**{name: {"x": x, "y": y}[name] for name in f.__signature__.parameters})
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=text)


@settings(max_examples=60, deadline=None)
@given(TREES, st.randoms(use_true_random=False), st.integers(1, 4))
def test_steps_by_name_mean_what_they_stand_for(tree, dice, times):
    """The tree put into itself by name, step after step, is the tree put into itself."""
    names = ["x", *"abcd"[:times]]
    lines = [f"{name} = {spelled(renamed(tree, 'x', before), dice)}" for before, name in itertools.pairwise(names)]
    text = dice.choice([";", "\n", " ; ", ";\n"]).join(lines)
    with np.errstate(all="ignore"):
        f = cv.formula(text)
        expected = 0.3
        for _ in range(times):
            expected = computed(tree, {"x": expected, "y": 0.7, "pi": math.pi})
        found = f(**{name: {"x": 0.3, "y": 0.7}[name] for name in f.__signature__.parameters})
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9, err_msg=text)


def renamed(tree, old, new):
    if not isinstance(tree, tuple):
        return new if tree == old else tree
    return tree[0], tuple(renamed(operand, old, new) for operand in tree[1])
