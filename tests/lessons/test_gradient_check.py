"""The gradient check: the curriculum's errors, the two causes of the U, the step where they balance."""

import numpy as np
import pytest

from chainviz.autodiff import InputError
from chainviz.lessons.gradient_check import EXAMPLES, STEPS, Example, measure, own_example


@pytest.fixture(scope="module")
def check():
    return measure(EXAMPLES["sin(x²)"], "x")


def test_the_derivative_of_sin_x_squared_and_its_curvatures(check):
    assert check.derivative == pytest.approx(-1.884521, abs=6e-7)
    assert check.curvatures == pytest.approx((-8.259006, 2.955370), abs=6e-7)


def test_a_smaller_step_is_not_a_better_one(check):
    assert check.error(1e-7, "central") < 5e-9  # rounding's share depends on the machine's sine
    assert check.error(6e-6, "central") < 3e-10
    assert check.error(1e-12, "central") > 1e-6


def test_right_of_the_best_step_the_error_is_that_of_the_bending(check):
    for kind in ("central", "one-sided"):
        step = 1e-3
        measured, expected = check.error(step, kind), check.truncation(kind)[np.argmin(abs(STEPS - step))]
        assert measured == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("kind", ["central", "one-sided"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_best_step_is_hardly_beaten_by_any_other(name, kind):
    entry = next(iter(EXAMPLES[name].entries()))
    check = measure(EXAMPLES[name], entry)
    errors = check.central if kind == "central" else check.one_sided
    medians = np.median(np.lib.stride_tricks.sliding_window_view(errors, 7), axis=1)
    step, least = check.best(kind)
    here = np.median(errors[abs(np.log10(STEPS / step)) < 0.3])
    assert here <= 12 * np.min(medians)
    assert here <= 5 * least


def test_the_network_with_seed_42_is_the_curriculums():
    network = EXAMPLES["network 4-8-4-1"]
    assert float(network.function(**network.inputs)) == pytest.approx(0.072476, abs=6e-7)
    assert [np.shape(network.inputs[W]) for W in ("W1", "W2", "W3")] == [(8, 4), (4, 8), (1, 4)]


def test_every_entry_of_the_network_passes_its_check():
    network = EXAMPLES["network 4-8-4-1"]
    for entry in [*network.entries()][::9]:
        check = measure(network, entry)
        assert check.error(1e-5, "central") < 1e-9


def test_a_wrong_derivative_has_a_floor(check):
    spoilt = measure(EXAMPLES["sin(x²)"], "x", factor=1.01)
    good = (STEPS > 1e-9) & (STEPS < 1e-3)
    assert spoilt.central[good] == pytest.approx(0.01 * abs(check.derivative), rel=0.01)


def test_a_function_without_bending_still_has_a_best_step():
    step, error = measure(Example(lambda x: 3 * x, {"x": 2.0}), "x").best("central")
    assert 1e-15 <= step <= 1
    assert error < 1e-10


@pytest.mark.parametrize(
    ("function", "at", "message"),
    [
        (np.sin, None, "needs the inputs"), (None, {"x": 1.0}, "needs a function"),
        (lambda x: x, {"x": "a"}, "'x' is 'a'"), (lambda x: x, {"x": [1.0, 2.0]}, r"shape \(2,\)"),
        (lambda x: x, {"x": []}, "is empty"), (lambda x: x * np.inf, {"x": 1.0}, "is inf"),
        (lambda x: [][3], {"x": 1.0}, "raised IndexError: list index out of range"),
        (lambda w: w, {"x": 1.0}, "raised TypeError"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_said(function, at, message):
    with pytest.raises(InputError, match=message):
        own_example(function, at)
