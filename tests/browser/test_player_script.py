"""The player's script on its own: its numbers read as Python's."""

import random
from pathlib import Path

import pytest

from chainviz.formatting import format_number
from chainviz.widgets import player

SCRIPT = Path(player.__file__).with_name("player.js").read_text(encoding="utf-8")
FORMAT_ALL = """async ([script, numbers, digits]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { format } = await import(url);
  return numbers.map(text => format(Number(text), digits));
}"""


def many_numbers():
    """Numbers of all sizes, and those where rounding and notation turn."""
    dice = random.Random(0)
    sizes = [dice.uniform(-1, 1) * 10 ** dice.uniform(-12, 12) for _ in range(4000)]
    edges = [
        0.0,
        -0.0,
        1.0,
        9.9995,
        0.00009999,
        0.0001,
        0.00010001,
        999999.0,
        999999.9,
        1e6,
        12345.0,
        12355.0,
        0.5,
        2.5,
        1e308,
    ]
    return sizes + edges + [-edge for edge in edges]


@pytest.mark.parametrize("digits", [3, 4])
def test_numbers_read_the_same_in_both_languages(page, digits):
    numbers = many_numbers()
    page.goto("about:blank")
    written = page.evaluate(FORMAT_ALL, [SCRIPT, [repr(n) for n in numbers] + ["NaN", "Infinity", "-Infinity"], digits])
    assert written == [format_number(n, digits) for n in [*numbers, float("nan"), float("inf"), -float("inf")]]
