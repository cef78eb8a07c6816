"""The trait `selected`: a node of the picture by name, or none."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.errors import InputError
from chainviz.drawing.scene import scene
from chainviz.widgets.player import Player


def chain(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def test_a_node_is_selected_by_its_name_and_observers_hear_of_it():
    player, heard = Player(cv.trace(chain, x=1.5)), []
    player.observe(lambda change: heard.append(change["new"]), "selected")
    player.selected = "z"
    player.selected = ""
    assert heard == ["z", ""]


def test_a_name_that_is_not_in_the_picture_is_refused_with_those_that_are_near():
    player = Player(cv.trace(lambda width: np.sin(width) ** 2, width=1.5))
    with pytest.raises(InputError, match=r"no node 'widht'.*such as width"):
        player.selected = "widht"
    assert player.selected == ""


def test_a_selected_node_that_the_next_picture_lacks_is_let_go():
    player = Player(cv.trace(chain, x=1.5), detail="full", selected="v₁")
    assert player.selected == "v₁"
    player.detail = "folded"
    assert player.selected == ""
    player.selected = "z"
    player.detail = "full"
    assert player.selected == "z"


def test_names_are_unique_in_a_picture():
    def rounds(x):
        for _ in range(5):
            h = x * x
            x = np.tanh(h) * h
        return x

    nodes = scene(cv.trace(rounds, x=0.5))["nodes"]
    assert len({node["label"] for node in nodes}) == len(nodes)


def test_a_scene_names_every_operation_those_of_folds_too():
    graph = cv.trace(chain, x=1.5)
    assert [node["operation"] for node in scene(graph)["nodes"]] == ["input", "multiply", "add", "power", "sin"]
    assert [node["operation"] for node in scene(graph.fold())["nodes"]] == ["input", "multiply, add", "power", "sin"]
