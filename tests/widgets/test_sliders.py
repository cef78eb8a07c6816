"""The slider over round numbers."""

import chainviz as cv
from chainviz.widgets.sliders import RoundNumbers


def test_it_takes_a_number_that_is_not_round_among_the_others():
    slider = RoundNumbers([1, 10, 100], lambda n: f"n = {n}")
    seen = []
    slider.observe(lambda change: seen.append(change.new), "number")
    slider.number = 30
    assert slider.value == 30
    assert [label for label, _ in slider.options] == ["n = 1", "n = 10", "n = 30", "n = 100"]
    slider.value = 100
    slider.number = 10
    assert [label for label, _ in slider.options] == ["n = 1", "n = 10", "n = 100"]
    assert seen == [30, 100, 10]


def test_a_setting_that_is_not_round_stays_as_it_was_set():
    lab = cv.lessons.reparameterization(mu=0.123, sigma=1.234, eps=0.1234)
    for name, value in (("mu", 0.123), ("sigma", 1.234), ("eps", 0.1234)):
        slider = lab._controls[name]
        slider.set_state({"index": slider.index})  # what the page sends when it has drawn it
        assert getattr(lab, name) == value
    lab.close()
