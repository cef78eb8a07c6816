"""Numbers as people read them."""

import numpy as np
import pytest

from chainviz.formatting import describe, format_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (16.0, "16"), (-0.28790331666, "−0.2879"), (-15.322368, "−15.32"),
        (1234567.0, "1.235·10⁶"), (999999.0, "1000000"), (123456.0, "123500"), (12345.0, "12350"), (9.99996, "10"),
        (0.0001, "0.0001"), (0.00009999, "9.999·10⁻⁵"), (1e-300, "1·10⁻³⁰⁰"), (100.0, "100"), (0.1 + 0.2, "0.3"),
        (float("nan"), "NaN"), (float("inf"), "∞"), (-float("inf"), "−∞"),
    ],
)  # fmt: skip
def test_four_significant_digits_without_trailing_zeros(value, text):
    assert format_number(value) == text


def test_small_arrays_are_written_out_and_large_ones_named():
    assert describe(np.array([[1.0, -0.5]])) == "[[1, -0.5]]"
    assert describe(np.zeros((20, 30))) == "array of 20×30"
