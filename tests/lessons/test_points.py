"""Point sets: where they lie, which class they have, and what is said of sets that are none."""

import numpy as np
import pytest

from chainviz import InputError
from chainviz.lessons.points import POINTS, make_points, nearest_to_the_other_class, read_points


@pytest.mark.parametrize("name", POINTS)
def test_half_of_the_points_are_of_each_class_and_all_are_in_the_square(name):
    x, y = make_points(name, np.random.default_rng(3), 100)
    assert x.shape == (100, 2)
    assert np.sum(y) == 50
    assert np.all(np.abs(x) <= 1)


def test_circles_are_told_apart_by_their_radius():
    x, y = make_points("circles", np.random.default_rng(0))
    radius = np.hypot(*x.T)
    assert np.max(radius[y == 1]) < 0.35 < 0.65 < np.min(radius[y == 0])


def test_the_arms_of_the_spiral_are_each_other_turned_by_half_a_turn():
    x, y = make_points("spiral", np.random.default_rng(0), 2000)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    apart = np.angle(np.exp(1j * (angle - 2.6 * np.pi * (radius - 0.06) / 0.82 - np.pi * y)))
    assert np.median(np.abs(apart)) < 0.2


def test_the_ringed_point_is_the_nearest_to_the_other_class():
    x = np.array([[0, 0], [0.5, 0], [0.9, 0], [1.0, 0]])
    assert nearest_to_the_other_class(x, np.array([0.0, 0, 0, 1])) == 2
    assert nearest_to_the_other_class(x, np.zeros(4)) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("stars", "no set of points"),
        (([[0, 0]], [0], [1]), "no set of points"),
        (([["a", 0]], [0]), "no set of points"),
        (([0, 0], [0, 1]), "shape"),
        (([[0, 0]], [0, 1]), "shape"),
        (([[0, 2]], [0]), "between -1 and 1"),
        (([[0, np.nan]], [0]), "between -1 and 1"),
        (([[0, 0]], [2]), "0 or 1"),
    ],
)
def test_what_is_no_point_set_is_refused_in_words(given, said):
    with pytest.raises(InputError, match=said):
        read_points(given)
