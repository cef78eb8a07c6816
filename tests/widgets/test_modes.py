"""Forward mode and blame as traits: what the page is sent, and what bad names say."""

import json

import numpy as np
import pytest

import chainviz as cv
from chainviz.autodiff.errors import InputError
from chainviz.drawing.scene import frame
from chainviz.graph.tangents import tangents
from chainviz.widgets.player import Player

W, X = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([1.0, -0.5])


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)


def forward_numbers(player):
    """What stands in the frame behind the numbers of reverse mode."""
    reverse = len(frame(player.graph)) // 8
    return np.frombuffer(player.frame)[reverse:]


def flat(found):
    return np.concatenate([np.ravel(t) for t in (*found.nodes, *found.products)])


def test_forward_mode_sends_the_tangents_of_the_input_that_moves_and_begins_at_the_start():
    player = Player(cv.trace(layer, W=W, x=X, b=0.3))
    assert len(forward_numbers(player)) == 0
    player.mode = "forward"
    assert player.step == 0
    assert forward_numbers(player)[0] == player.graph.input("W")
    player.step = 2
    player.tangent_of = "b"
    assert player.step == 0
    assert forward_numbers(player)[0] == player.graph.input("b")
    np.testing.assert_array_equal(forward_numbers(player)[1:], flat(tangents(player.graph, player.graph.input("b"))))
    player.mode = "reverse"
    assert len(forward_numbers(player)) == 0


def test_a_moved_input_sends_its_tangents():
    explorer = cv.explore(layer, W=W, x=X, b=(-1.0, 1.0))
    explorer.mode, explorer.tangent_of = "forward", "b"
    explorer.values = explorer.values | {"b": 0.75}
    pushed = cv.grad(layer, wrt="b")(W, X, 0.75)
    assert forward_numbers(explorer)[1 + sum(n.value.size if n.shape else 1 for n in explorer.graph.nodes) - 1] == (
        pytest.approx(pushed)
    )


def test_no_step_goes_beyond_the_end_of_forward_mode():
    player = Player(cv.trace(layer, W=W, x=X, b=0.3), mode="forward")
    player.step = 99
    assert player.step == len(player.scene["forward"]) - 1 < len(player.scene["steps"]) - 1
    assert "∂" in player.to_svg()  # a still picture, of reverse mode


def test_unknown_modes_and_inputs_are_errors_that_name_what_there_is():
    player = Player(cv.trace(layer, W=W, x=X, b=0.3, frozen="x"))
    with pytest.raises(InputError, match='mode is "reverse" or "forward", but it is \'backward\''):
        player.mode = "backward"
    with pytest.raises(InputError, match="There is no input 'c' in this graph"):
        player.tangent_of = "c"
    with pytest.raises(InputError, match="'x' is frozen"):
        player.tangent_of = "x"
    with pytest.raises(InputError, match="There is no input 'c' in this graph"):
        Player(cv.trace(layer, W=W, x=X, b=0.3), tangent_of="c")


def dead(x, w):
    z = x * w - 3
    h = np.maximum(z, 0)
    return h * 2


def test_blame_lights_the_trail_from_the_input_to_the_birthplace_and_no_further():
    player = Player(cv.trace(dead, x=1.5, w=0.5))
    names = [node.name for node in player.graph.nodes]
    player.blame_of = names.index("x")
    assert "maximum" in player.blame["sentence"]
    assert names[player.blame["birth"]] == "h"
    trail = [player.graph.edges[e] for e in player.blame["trail"]]
    assert [(names[edge.source], names[edge.target]) for edge in trail] == [("x", "z"), ("z", "h")]
    player.blame_of = -1
    assert player.blame == {}


def test_blame_knows_nodes_inside_of_a_fold_and_intermediate_adjoints():
    def f(x):
        z = x - 1
        return np.sqrt(z * z) * 3 + z

    player = Player(cv.trace(f, x=1.0))
    names = [node.name for node in player.graph.nodes]
    for name in ("x", "z"):
        player.blame_of = names.index(name)
        assert names[player.blame["birth"]] == "y"  # the square root is part of it
        assert "sqrt" in player.blame["sentence"]
    assert json.dumps(player.blame)


@pytest.mark.parametrize("asked", [0, 99, -7])
def test_there_is_nothing_to_blame_where_all_is_fine_or_nothing_is_there(asked):
    player = Player(cv.trace(lambda x: x * x, x=1.0))
    player.blame_of = asked
    assert player.blame == {}
