"""Every hazard of tracing plain NumPy: what cannot be recorded says what happened, in which line, and what to write."""

import linecache
import math
import re

import numpy as np
import pytest

import chainviz.autodiff as cv
from chainviz import trace
from chainviz.autodiff import (
    ConversionError,
    InPlaceError,
    InputError,
    NotScalarError,
    OperandError,
    RuleError,
    UnsupportedOperation,
    at,
)

# Hazards are lines of user code in the name x: a scalar s = 1.5, a vector v = [1, 2], and a = np.zeros(2) beside them.
LINES = {
    ConversionError: {
        "y = float(s)": ["'s'", "plain float", "s.value|x.value"],
        "y = int(s)": ["'s'", "plain int"],
        "y = complex(s)": ["'s'", "complex"],
        "y = round(s)": ["'s'", "flat"],
        "y = math.sin(s)": ["'s'", "np.sin instead of math.sin"],
        "y = math.atan(s)": ["'s'", "np.arctan instead of math.atan"],
        "y = math.pow(s, 2)": ["'s'", "np.power instead of math.pow"],
        "y = math.floor(s)": ["'s'", "flat"],
        "y = s.item()": ["'s'", "plain number"],
        "y = v.tolist()": ["'v'", "plain number"],
        "y = s.astype(int)": ["'s'", "float64", "int64", r"x.value.astype\(...\)"],
        "y = float(v[0])": ["line 1", "plain float"],
        "y = np.array(v, dtype=float)": ["'v'", "Leave the dtype out"],
        "y = np.asarray([s, 1.0], dtype=np.float64)": ["'s'", "Leave the dtype out"],
        "y = np.array([v, v], dtype=float)": ["'v'", "Leave the dtype out"],
        "y = np.float64(s)": ["'s'", "float64"],
        "y = np.random.default_rng(0).normal(s)": ["'s'", "x.value"],
        "y = np.fromiter([s, s], float)": ["'s'", "plain float"],
        "a.fill(s)": ["'s'", "plain float"],
        "y = '%.2f' % s": ["'s'", "x.value"],
        "y = range(s)": ["'s'", "whole numbers"],
        "y = [1, 2][s]": ["'s'", r"int\(x.value\)"],
    },
    InPlaceError: {
        "a[0] = s": ["'s'", "item assignment", r"np.stack\(\[...\]\)|np.where"],
        "a[:] = s": ["'s'", "item assignment"],
        "a[:] = v": ["'v'", "item assignment"],
        "a[a > 0] = v": ["'v'", "item assignment"],
        "a[:] = [s, s]": ["'s'", "item assignment"],
        "v[0] = 1": ["'v'", "item assignment"],
        "v[0] = s": ["'v'", "item assignment"],
        "a += s": ["'s'", r"a = a \+ x instead of a \+= x"],
        "a *= v": ["'v'", r"\+="],
        "v += 1": ["'v'", r"\+="],
        "v /= 2": ["'v'", r"\+="],
        "np.sin(v, out=a)": ["'v'", r"y = np.sin\(x\) instead of out="],
        "np.add(a, s, a)": ["'s'", "np.add"],
        "np.sum(v, out=a[0])": ["'v'", "np.sum"],
    },
    UnsupportedOperation: {
        "y = np.nanquantile(v, 0.5)": ["'v'", "np.quantile has one", r"cv.primitive\(np.nanquantile, vjp="],
        "y = np.polyfit(v, v, 1)": ["'v'", "np.polyfit"],
        "y = np.nextafter(s, 2)": ["'s'", "np.nextafter"],
        "y = np.spacing(s)": ["'s'", "np.spacing"],
        "y = np.add.reduce(v)": ["'v'", "np.sum instead of np.add.reduce"],
        "y = np.multiply.outer(v, v)": ["'v'", "np.multiply.outer"],
        "np.add.at(a, 0, s)": ["'s'", "np.add.at"],
        "np.copyto(a, v)": ["'v'", "np.copyto"],
        "y = np.exp(v, where=v > 0)": ["'v'", "Leave where out"],
        "y = np.exp(v, dtype=np.float32)": ["'v'", "Leave dtype out"],
        "y = np.sum(v, dtype=np.float32)": ["'v'", "Leave dtype out"],
        "y = np.sum(v, where=[True, False])": ["'v'", "Leave where out"],
        "y = np.sum(v, initial=3)": ["'v'", "Leave initial out"],
        "y = np.stack([s, s], dtype=float)": ["'s'", "Leave dtype out"],
        "y = np.sort(v * 1j)": ["line 1", "np.sort of complex numbers", "np.real"],
        "y = np.maximum(s * 1j, 0)": ["line 1", "maximum of complex numbers", "np.abs"],
        "y = v[v]": ["'v'", "index"],
        "y = v * np.ma.array([1, 2], mask=[0, 1])": ["MaskedArray", r"np.asarray\(a\)"],
    },
    OperandError: {
        "y = v * np.ones(3)": ["'v'", r"'v' of shape \(2,\) and an array of shape \(3,\)", "multiply"],
        "w = np.ones(3); y = v * w": [r"'v' of shape \(2,\) and 'w' of shape \(3,\)", "broadcast"],
        "y = np.ones((3, 3)) @ v": ["'v'", r"an array of shape \(3, 3\) and 'v' of shape \(2,\)", "matmul"],
        "y = s @ v": ["'s'", "matmul"],
        "y = v.reshape(3, 3)": ["'v'", r"\(2,\)"],
        "y = np.concatenate([v, s])": ["'v'", "concatenate"],
        "y = np.stack([v, s])": ["'v'", "stack"],
        "y = np.sum(v, axis=3)": ["'v'", "axis 3"],
        "y = v[7]": ["'v'", "index 7"],
        "y = s + 'a'": ["'s'", "add"],
        "y = s * None": ["'s'", "NoneType"],
    },
    cv.MissingAttribute: {"y = v.tobytes()": ["'v'", "'tobytes'", "x.value"], "y = v.ctypes": ["'v'", "'ctypes'"]},
}  # fmt: skip
CASES = [pytest.param(kind, line, words, id=line) for kind, lines in LINES.items() for line, words in lines.items()]


@pytest.mark.parametrize(("kind", "line", "words"), CASES)
def test_the_error_names_the_operation_the_variable_and_the_way_out(kind, line, words):
    space = {"np": np, "math": math, "s": cv.variable(1.5), "v": cv.variable([1.0, 2.0]), "a": np.zeros(2)}
    linecache.cache["<hazard>"] = (len(line), None, [line], "<hazard>")  # so that the error can quote it
    with pytest.raises(kind) as caught:
        exec(compile(line, "<hazard>", "exec"), space)
    for word in words:
        assert caught.match(word)
    assert caught.match(re.escape(f"(line 1: {line})") if "Masked" not in line else "MaskedArray")
    assert str(caught.value).endswith((".", ":", ")")) or isinstance(caught.value, OperandError)
    assert space["a"].tolist() == [0, 0], "nothing was overwritten"


def test_the_error_quotes_the_users_line_and_the_users_name():
    def loss(weight):
        doubled = 2 * weight
        return math.exp(doubled)

    with pytest.raises(ConversionError, match=r"Variable 'doubled' \(line \d+ of loss: return math.exp\(doubled\)\)"):
        cv.grad(loss)(1.0)


def test_a_name_given_by_hand_wins():
    x = cv.variable(1.0)
    cv.name(x, "speed")
    with pytest.raises(ConversionError, match="'speed'"):
        float(x)


def test_a_list_without_a_traceable_name_blames_nobody():
    nothing = None
    with pytest.raises(UnsupportedOperation) as caught:
        np.stack([cv.variable(1.0), 2.0], dtype=float)
    assert "'nothing'" not in str(caught.value)
    assert nothing is None


@pytest.mark.parametrize("index", [1.0, [1.0, 0.0]])
def test_numpy_itself_refuses_a_variable_as_an_index_of_a_plain_array(index):
    with pytest.raises(IndexError):
        np.ones(3)[cv.variable(index)]


def test_a_child_error_is_also_the_error_python_would_have_raised():
    v = cv.variable([1.0, 2.0])
    with pytest.raises(IndexError):
        v[9]
    with pytest.raises(ValueError, match="shapes"):
        v + np.ones(3)
    with pytest.raises(AttributeError):
        v.tobytes()
    assert not hasattr(v, "no_such_thing")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (lambda x: None, "returned None.*return"),
        (lambda x: "a", "returned 'a', which is not a real number"),
        (lambda x: {"loss": x}, "which is not a real number"),
        (lambda x: np.array([x, x]), r"array of shape \(2,\).*y\[0\].*np.sum\(y\)"),
        (lambda x: [x, [x]] and [[x], [x]], r"shape \(2, 1\).*y\[0, 0\]"),
        (lambda x: np.ones(3), r"shape \(3,\)"),
    ],
)
def test_only_a_single_number_has_a_gradient(output, words):
    with pytest.raises(NotScalarError, match=words):
        cv.grad(output)(1.0)


def test_backward_needs_a_single_number():
    y = 2 * cv.variable([1.0, 2.0])
    with pytest.raises(NotScalarError, match=r"'y'.*np.sum\(y\)"):
        y.backward()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1.5", "text"), (b"1", "text"), (None, "no number"), (True, "truth value"),
        (np.array([True]), "truth value"), (np.ma.array([1.0]), r"x\.filled"),
        (lambda: 1, "no number"), (np.array(["a"]), "text"),
    ],
)  # fmt: skip
def test_an_input_is_a_real_number_or_an_array_of_them(value, words):
    for call in (lambda: cv.variable(value, "speed"), lambda: cv.grad(lambda speed: speed, "speed")(value)):
        with pytest.raises(InputError, match=f"'speed'.*{words}"):
            call()


def test_a_variable_is_no_new_input():
    x = cv.variable(1.0)
    with pytest.raises(InputError, match="already"):
        cv.variable(x)
    with pytest.raises(InputError, match=r"np\.stack"):
        cv.variable([x, 1.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cv.grad(lambda x: x, 1)(1.0), "no argument 1 .* 1 arguments by position"),
        (lambda: cv.grad(lambda x: x, "y")(1.0), "no argument 'y'"),
        (lambda: cv.grad(lambda x, y=2.0: x * y, "y")(1.0), "no argument 'y'"),
        (lambda: cv.grad(lambda x: x, (0, "x"))(1.0), "'x' stands twice"),
        (lambda: cv.jvp(lambda x: x, (1.0,), (1.0, 2.0)), "1 arguments but 2 tangents"),
        (lambda: cv.jvp(lambda x: x, (np.ones(2),), (1.0,)), r"tangent of shape \(\).* shape \(2,\)"),
        (lambda: cv.vjp(lambda x: x, (np.ones(2),), np.ones(3)), r"cotangent of shape \(3,\).* shape \(2,\)"),
        (lambda: cv.name(1.0, " "), "not empty"),
    ],
)
def test_arguments_that_do_not_exist_or_do_not_fit(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_another_librarys_arrays_have_their_own_say():
    class Foreign:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return f"foreign {ufunc.__name__}"

    x = cv.variable([1.0, 2.0])
    assert np.add(x, Foreign()) == np.add(Foreign(), x) == "foreign add"


def test_an_object_array_never_leaves_as_a_constant():
    for f in (lambda x: np.array([x, x * x]), lambda x: np.array([x]) * np.array([1.0, x.value])):
        value, tangent = cv.jvp(f, (3.0,), (1.0,))
        assert value.dtype == tangent.dtype == float
        assert tangent[0] == 1.0
    assert isinstance(np.sin(np.array([cv.variable(1.0)]))[0], cv.Variable)
    assert isinstance(cv.sigmoid([cv.variable(1.0), 2.0]), cv.Variable)


@pytest.mark.parametrize("size", [3, 10_000])
def test_an_argument_changed_in_place_by_its_own_function_gives_no_wrong_number(size):
    a = np.linspace(1.0, 2.0, size)
    before = a.copy()

    def f(x):
        y = np.sum(x * x)
        a[::2] = -a[::2]
        return y

    if size < 5000:
        np.testing.assert_allclose(cv.grad(f)(a), 2 * before)
    else:
        with pytest.raises(InPlaceError, match=r"changed its argument of shape \(10000,\).*a\.copy"):
            cv.grad(f)(a)
    a[:] = before
    np.testing.assert_allclose(cv.grad(lambda x: np.sum(x * x))(a), 2 * before)


def _rule(function=lambda x: 2 * x, vjp=lambda g, y, x: 2 * g):
    return cv.primitive(function, vjp=vjp, check=False)


AT_THE_EDGE = {
    "an index out of range": (
        lambda: cv.grad(lambda x: np.sum(at(x, 99).set(1.0)))(np.ones(2)),
        OperandError, r"cv\.at\(a, 99\) has an index that the Variable 'x' \(.*\) of shape \(2,\) has not: index 99",
    ),
    "of a plain array": (
        lambda: cv.grad(lambda x: np.sum(at(np.ones(3), (0, 0)).add(x)))(2.0),
        OperandError, r"cv\.at\(a, \(0, 0\)\) has an index that the array of shape \(3,\) has not: too many indices",
    ),
    "a mask that does not fit": (
        lambda: at(np.ones(2), np.array([True, False, True])).multiply(2.0),
        OperandError, r"of shape \(2,\) has not: boolean index did not match",
    ),
    "a rule that gives text": (
        lambda: cv.grad(_rule(vjp=lambda g, y, x: "a"))(2.0),
        RuleError, r"The rule of 'custom' gave 'a' for operand 0\. It returns one real number or array\.",
    ),
    "a rule that gives a complex number": (
        lambda: cv.grad(_rule(vjp=lambda g, y, x: g * 2j))(2.0), RuleError, r"gave 2j for operand 0\. .*real number",
    ),
    "a function that gives None": (
        lambda: cv.grad(_rule(lambda x: None))(2.0),
        RuleError, r"'custom' returned None\. A function with a rule of its own returns one number or array\.",
    ),
    "a function that gives text": (lambda: cv.grad(_rule(lambda x: "a"))(2.0), RuleError, "'custom' returned 'a'"),
    "a ragged list": (lambda: cv.grad(_rule(lambda x: [x, [x, x]]))(2.0), RuleError, r"returned \[2\.0, \[2\.0"),
    "a rule that is no function": (lambda: _rule(vjp=3), RuleError, r"two functions: cv\.primitive\(function, vjp="),
    "a block that is no pair": (
        lambda: cv.reversible([np.sin]),
        RuleError, r"a pair of functions, such as \(np\.sin, np\.tanh\), not <ufunc 'sin'>",
    ),
    "no list of blocks": (lambda: cv.reversible(np.sin), RuleError, "a pair of functions"),
    "a block with a number": (lambda: cv.reversible([(np.sin, 3)]), RuleError, "a pair of functions"),
    "a check of text": (lambda: cv.check_grads(lambda x: "a", 1.0), InputError, "returned 'a', which is no number"),
    "a check of nothing": (lambda: cv.check_grads(lambda x: None, 1.0), InputError, "returned None"),
    "a check at text": (lambda: cv.check_grads(len, "a"), InputError, "no argument is a number"),
    "a check in no mode": (lambda: cv.check_grads(np.sin, 1.0, modes="fwd"), InputError, "modes='forward', 'reverse'"),
    "a check of no order": (lambda: cv.check_grads(np.sin, 1.0, order=0), InputError, "an order of 1 or more"),
    "an order that asks for the memory": (
        lambda: cv.grad(lambda x: np.sum(x.reshape(2, 2, order="A")))(np.ones(4)),
        UnsupportedOperation, r"np\.reshape\(\.\.\., order='A'\).*Write order='C' or order='F'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), list(AT_THE_EDGE.values()), ids=list(AT_THE_EDGE))
def test_what_is_given_to_chainviz_itself_is_checked_with_a_clear_message(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("f", [np.linalg.det, lambda m: np.linalg.inv(m)[0, 0], lambda m: np.linalg.eigvalsh(m)[0]])
@pytest.mark.parametrize("differentiated", [lambda f: cv.grad(f)(1.5), lambda f: trace(f, a=1.5)])
def test_an_array_of_objects_that_numpy_refuses_is_to_be_stacked(f, differentiated):
    def by_array(a):
        return f(np.array([[a, 1.0], [1.0, 2.0]]))

    with pytest.raises(cv.UnsupportedOperation, match=r"\(line \d+ of .*Make it with np.stack"):
        differentiated(by_array)
    rows = lambda a: f(np.stack([np.stack([a, 1.0]), np.stack([1.0, 2.0])]))  # noqa: E731 (as the message says)
    assert np.isfinite(cv.grad(rows)(1.5))


def test_an_error_of_the_users_own_stays_as_it_is():
    def broken(a):
        raise TypeError("dtype of the user's")

    with pytest.raises(TypeError, match=r"^dtype of the user's$"):
        cv.grad(broken)(1.5)
