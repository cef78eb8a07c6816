"""The race in words: who wins, by how much, and why."""

import numpy as np

import chainviz as cv
from chainviz.drawing.race import race
from chainviz.graph.cost import MOST


def test_many_inputs_make_reverse_mode_win_by_their_number():
    made = race(cv.trace(lambda x: np.sum(np.sin(x) ** 2), x=np.ones(40)))
    reverse, forward, jacobians = (way[2] for way in made["ways"])
    assert forward == 40 * reverse < jacobians
    assert "40 numbers go in" in made["verdict"]
    assert "40 times the multiplications" in made["verdict"]
    assert "zeros" in made["verdict"]


def test_one_input_is_a_draw():
    made = race(cv.trace(lambda x: np.sin(x) ** 2, x=1.5))
    assert made["ways"][0][2] == made["ways"][1][2]
    assert "either mode" in made["verdict"]


def test_what_is_out_of_sight_is_said_to_be_uncounted():
    made = race(cv.trace(lambda x: cv.checkpoint(np.sin)(x) * x, x=1.5))
    assert "not counted" in made["verdict"]


def test_a_graph_too_big_to_count_at_once_has_no_race():
    def long(x):
        for _ in range(MOST):
            x = np.sin(x)
        return x

    assert race(cv.trace(long, x=1.0)) is None
