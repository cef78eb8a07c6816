"""Every kind of sentence about where a 0, an infinity or a NaN in a gradient was born."""

import re

import numpy as np
import pytest

import chainviz as cv
from chainviz.graph import blame


def hinge(x):
    z = x - 3
    h = np.maximum(z, 0)
    return h * 2


def root(x):
    z = x - 1
    return np.sqrt(z)


def squared_root(x):
    r = np.sqrt(x)
    return r * r


def quotient(x):
    e = np.exp(x)
    return e / (1 + e)


def deep(x):
    for _ in range(300):
        x = cv.sigmoid(x) * 0.01
    return x


MAXIMUM = (
    r"dy/dx is 0 because maximum in `h = np.maximum\(z, 0\)` \(line \d+ of hinge\) "
    r"has derivative 0 at z = -2: nothing passes\."
)
SQRT = (
    r"dy/dx is infinite: it was born in the backward step of sqrt in `return np.sqrt\(z\)` \(line \d+ of root\): "
    r"its derivative 1 / \(2 \* 0\) at z = 0 is infinite\."
)
ZERO_TIMES_INFINITY = (
    r"dy/dx is NaN because 0 \* inf: the adjoint that arrives is 0 where sqrt in "
    r"`r = np.sqrt\(x\)` \(line \d+ of squared_root\) has the derivative 1 / \(2 \* 0\) at x = 0\."
)
OVERFLOW = r"dy/dx is NaN because exp in `e = np.exp\(x\)` \(line \d+ of quotient\) overflowed in .* at x = 800\."
UNDERFLOW = r"no single step is 0, but the product of 600 factors, the largest 0\.25, fell below the smallest float"
ARCTAN2 = r"its derivative 0 / \(0 \*\* 2 \+ 0 \*\* 2\) at x = 0, v₁ = 0 is not a number\."


def product(x):
    p = 1.0
    for _ in range(400):
        p = p * (x * 0.01)
    return p


CANCELLED = r"makes 0 of what arrives: it passes entries on that are 0, or cancel\."
SQRT_TIMES_0 = r"0 \* inf: sqrt in .* 1 / \(2 \* 0\) at v₁ = 0, which is infinite, and power in .* has derivative 0\."
STOPPED = r"dy/dx is 0 because it is cut by stop_gradient in `.*` \(line \d+ of the lambda\)\."
CASES = [
    (lambda x: cv.stop_gradient(x * 2) ** 2, 1.0, "zero", "v₂", STOPPED),
    (lambda x: np.where(x > 0, np.log(x), 0.0), 0.0, "zero", "y", r"took the other value, not v₁: nothing passes\."),
    (lambda x: np.where(x > 0, x, 1.0) / x, -1.0, None, "", r"every entry is finite, and not all are 0\."),
    (lambda x: x / x, 0.0, "not a number", "y", r"divided 0 by 0 in the forward pass at x = 0\."),
    (lambda x: 1 / x, 0.0, "infinite", "y", r"gave inf in the forward pass at x = 0\."),
    (lambda x: x * np.inf, 1.0, "infinite", "y", r"gave inf in the forward pass at x = 1\."),
    (
        lambda x: np.sqrt(x**2),
        0.0,
        "not a number",
        "v₁",
        SQRT_TIMES_0,
    ),
    (lambda x: np.round(x, 2), 1.5, "zero", "v₂", r"rint in .* is a step function"),
    (
        lambda x: np.tanh(x),
        1000.0,
        "zero",
        "y",
        r"is saturated at x = 1000: its derivative is rounded to 0\.",
    ),
    (product, 1.0, "zero", None, r"fell below the smallest float in the forward pass at p₁₆₁ = 9\.881·10⁻³²³"),
    (hinge, 1.0, "zero", "h", MAXIMUM),
    (root, 1.0, "infinite", "y", SQRT),
    (squared_root, 0.0, "not a number", "r", ZERO_TIMES_INFINITY),
    (quotient, 800.0, "not a number", "e", OVERFLOW),
    (deep, 0.5, "zero", None, UNDERFLOW),
    (lambda x: np.log(x), 0.0, "infinite", "y", r"gave -inf in the forward pass at x = 0\."),
    (lambda x: x - x, 2.0, "zero", "x", r"because the contributions that reach x, 1 and -1, cancel\."),
    (lambda x: np.sqrt(x) - np.sqrt(x), 0.0, "not a number", "x", r"infinite meet at x: inf - inf\."),
    (lambda x: np.arctan2(x, x * 1), 0.0, "not a number", "y", ARCTAN2),
    (lambda x: np.sqrt(x) * 0.0, 0.0, "not a number", "v₁", r"0 \* inf"),
    (lambda x: (x * 1e200) * 1e-300 * 1e-300, 1.0, "zero", "v₂", r"the product of 3 factors, the largest 1·10²⁰⁰"),
    (lambda x: (x * 1e-200) * 1e250 * 1e250, 1e-300, "infinite", "v₂", r"is larger than the largest float"),
    (
        lambda x: np.sum(np.floor(x)),
        np.ones(3),
        "zero",
        "v₁",
        r"floor in .* is a step .* at x\[0\] = 1",
    ),
    (lambda x: np.sum(np.sqrt(x)), np.array([1.0, 0.0]), "infinite", "v₁", r"1 / \(2 \* 0\) at x\[1\] = 0"),
    (lambda x: np.sum(np.zeros((2, 3)) @ x), np.ones(3), "zero", "v₁", r"matmul in .* has derivative 0"),
    (
        lambda x: np.sum(np.array([[1.0], [-1.0]]) @ x),
        np.ones(1),
        "zero",
        "v₁",
        CANCELLED,
    ),
    (lambda x: x**2 + 1, 2.0, None, "", r"^dy/dx: every entry is finite, and not all are 0\.$"),
]


@pytest.mark.filterwarnings("ignore:overflow", "ignore:divide by zero", "ignore:invalid")
@pytest.mark.parametrize(("f", "at", "kind", "node", "sentence"), CASES)
def test_the_sentence_names_the_step_and_the_reason(f, at, kind, node, sentence):
    found = blame(f, x=at)
    assert found.kind == kind
    if node is not None:
        assert found.node == node
    if sentence is not None:
        assert re.search(sentence, found.sentence), found.sentence
    assert repr(found) == found.sentence


def test_an_input_that_is_not_used_is_said():
    found = blame(lambda x, w: 2 * w, x=1.0, w=2.0)
    assert found.sentence == "dy/dx is 0 because y does not depend on x."
    assert blame(lambda x, w: 2 * w, wrt="w", x=1.0, w=2.0).kind is None


def test_it_takes_a_graph_and_says_which_inputs_there_are():
    graph = cv.trace(hinge, x=1.0)
    assert blame(graph).place.endswith("h = np.maximum(z, 0)")
    with pytest.raises(cv.InputError, match=r"There is no input 'q' in this graph\. Its inputs are x\."):
        blame(graph, wrt="q")


def test_a_gradient_that_has_almost_vanished_is_said():
    def deep_sigmoids(x):
        for _ in range(60):
            x = cv.sigmoid(x)
        return x

    assert blame(deep_sigmoids, x=0.5).sentence.endswith("The largest is only 1.326·10⁻³⁹: it has almost vanished.")
