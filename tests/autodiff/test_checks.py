"""check_grads: what is right passes, what is wrong anywhere in a tree does not."""

from dataclasses import dataclass

import numpy as np
import pytest

import chainviz.autodiff as cv


@dataclass
class Layer:
    w: object
    b: object
    name: str = "dense"


PARAMETERS = {"first": Layer(np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([0.1, -0.2])), "scale": [1.5, (2.0,)]}


def network(parameters, x):
    layer = parameters["first"]
    h = np.tanh(layer.w @ x + layer.b)
    return {"hidden": h, "out": [parameters["scale"][0] * h[0] ** 2, np.sin(parameters["scale"][1][0] * h[1])]}


@pytest.mark.parametrize("modes", ["forward", "reverse", ("forward", "reverse")])
def test_trees_go_in_and_come_out(modes):
    cv.check_grads(network, PARAMETERS, np.array([0.7, -0.4]), order=2, modes=modes)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("place", ["hidden", "out"])
def test_a_wrong_rule_is_found_wherever_in_the_tree_it_acts(mode, place):
    wrong = cv.primitive(np.sin, vjp=lambda g, y, x: g * (np.cos(x) + 0.01), check=False)

    def f(parameters, x):
        made = network(parameters, x)
        return made | {place: cv.tree_map(wrong, made[place])}

    with pytest.raises(AssertionError, match=f"{mode} mode gives .* finite differences give"):
        cv.check_grads(f, PARAMETERS, np.array([0.7, -0.4]), order=1, modes=mode)


def test_a_leaf_that_is_no_number_stays_as_it_is():
    cv.check_grads(lambda p: p["x"] * 2 if p["double"] == "yes" else None, {"x": 1.0, "double": "yes"})
