"""Optimisers against their closed forms on a parabola and a constant slope."""

import numpy as np
import pytest

from chainviz.lessons.optimisers import OPTIMISERS, Adam, GradientDescent, Momentum


def descend(optimiser, size, steps, start=1.0):
    x = np.array([start])
    for _ in range(steps):
        x = x - size * optimiser.direction(2 * x)
    return x[0]


def test_gradient_descent_on_a_parabola_is_a_geometric_sequence():
    assert descend(GradientDescent(), 0.1, 20) == pytest.approx(0.8**20)
    assert descend(GradientDescent(), 1.1, 20) == pytest.approx(1.2**20)  # diverges beyond size 1


def test_momentum_on_a_constant_slope_comes_to_ten_times_the_step():
    ball = Momentum()
    directions = [ball.direction(np.array([1.0]))[0] for _ in range(200)]
    np.testing.assert_allclose(directions, 10 * (1 - 0.9 ** np.arange(1, 201)))


def test_adam_goes_one_step_size_a_step_on_a_constant_slope_however_steep():
    for slope in (1e-3, 1.0, 1e3):
        adam = Adam()
        directions = [adam.direction(np.array([slope]))[0] for _ in range(50)]
        np.testing.assert_allclose(directions, 1, rtol=2e-5)


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
def test_every_optimiser_finds_the_bottom_of_a_parabola(make):
    assert abs(descend(make(), 0.02, 2000)) < 1e-3
