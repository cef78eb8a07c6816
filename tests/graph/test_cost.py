"""Counted costs against closed forms."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.graph.cost import Cost

B, K, M = 10, 4, 6


def dense(X, W):
    return np.sum(X @ W)


def test_a_dense_layer_costs_2mnk_forward_and_twice_that_backward():
    cost = cv.trace(dense, X=np.ones((B, K)), W=np.ones((K, M))).cost()
    product = next(node for node in cost.nodes if node.name == "v₁")
    assert product.forward == 2 * B * K * M
    assert product.backward == 2 * product.forward
    assert product.bytes == 8 * B * M


def test_a_network_costs_the_sum_of_its_layers():
    def network(X, W1, b1, W2):
        h = np.tanh(X @ W1 + b1)
        return np.sum(h @ W2)

    graph = cv.trace(network, X=np.ones((B, K)), W1=np.ones((K, M)), b1=np.ones(M), W2=np.ones((M, 3)))
    cost = graph.cost()
    assert cost.forward == 2 * B * K * M + 2 * B * M + 2 * B * M * 3 + B * 3
    assert cost.forward == sum(node.forward for node in cost.nodes)
    assert cost.backward == sum(node.backward for node in cost.nodes)
    products = 4 * B * K * M + 4 * B * M * 3
    assert products <= cost.backward <= products + 6 * B * M + 10


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (5, 5), (40, 40)])
def test_forward_mode_needs_one_pass_an_input_and_reverse_mode_one_an_output(n, expected):
    ways = cv.trace(lambda x: np.sum(np.sin(x)), x=np.ones(n)).cost().multiplications
    assert ways.forward == expected * ways.reverse
    assert ways.reverse == 2 * n
    assert ways.layer_by_layer == n * (n * n + n)


def test_memory_grows_to_its_peak_and_falls_back_to_the_results():
    n = 1000
    cost = cv.trace(lambda x: np.sum(np.sin(np.cos(np.exp(x)))), x=np.ones(n)).cost()
    assert cost.peak == max(cost.live)
    assert 4 * 8 * n <= cost.peak <= 7 * 8 * n  # x and the three values that the backward pass needs, and a few more
    assert cost.live[-1] == 8 * n + 8  # the gradient and the value


def test_a_view_costs_nothing():
    cost = cv.trace(lambda A: np.sum(A.T), A=np.ones((3, 4))).cost()
    assert next(node for node in cost.nodes if node.name == "v₁").forward == 0
    assert max(cost.live) <= 2 * 8 * 12 + 16


def test_it_reads_as_a_table():
    text = repr(cv.trace(lambda x: np.sin(2 * x), x=1.5).cost())
    lines = text.splitlines()
    assert lines[0].split() == ["forward", "backward", "bytes"]
    assert [line.split()[0] for line in lines[1:5]] == ["x", "v₁", "y", "total"]
    assert lines[-1] == "multiplications: reverse 2, forward 2, layer by layer 2"
    assert len({len(line) for line in lines[:5]}) == 1
    long = cv.trace(lambda x: sum((np.sin(x) for _ in range(50)), x), x=1.0).cost()
    assert len(repr(long).splitlines()) < 20
    assert isinstance(long, Cost)


def test_forward_mode_keeps_two_numbers_where_reverse_mode_keeps_the_way():
    n, depth = 50, 12

    def deep(x):
        for _ in range(depth):
            x = np.sin(x)
        return np.sum(x)

    memory = cv.trace(deep, x=np.ones(n)).cost().memory
    assert memory.reverse == cv.trace(deep, x=np.ones(n)).cost().peak >= 8 * n * depth
    assert memory.forward == 2 * 8 * (2 * n)  # the last value and the next, each with its tangent
    assert memory.layer_by_layer == 8 * (2 * n * (1 + n) + n * n)  # each with its Jacobian, and that of the step


def test_one_number_in_and_out_takes_as_many_multiplications_in_either_mode():
    cost = cv.trace(lambda x: np.sin(2 * x) ** 2, x=1.5).cost()
    assert cost.multiplications.reverse == cost.multiplications.forward
