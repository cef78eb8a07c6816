"""An interrupt in the midst of what must not be interrupted waits, and comes."""

import signal
import subprocess
import sys
import threading

import pytest

from chainviz.graph.uninterrupted import uninterrupted

AT_EVERY_OPERATION = """
import gc, signal
import numpy as np
import chainviz as cv
from chainviz.graph import tape as module

graph = cv.trace(lambda W, x: np.sum(np.tanh(W @ (W @ x)) ** 2), W=np.full((3, 3), 0.3), x=np.ones(3))
write, left, raised = module._Writer.write, 0, 0

def interrupted(self, function, operands):
    global left
    left -= 1
    if left == 0:
        signal.raise_signal(signal.SIGINT)
    return write(self, function, operands)

module._Writer.write = interrupted
for _ in range(10):
    for left in range(1, 100):
        try:
            module.tape(graph)
        except KeyboardInterrupt:
            raised += 1
    gc.collect()
left = 0
print(raised, len(module.tape(graph).steps) > 100)
"""


def test_an_interrupt_while_a_tape_of_arrays_is_made_crashes_no_process_and_is_not_swallowed():
    ran = subprocess.run([sys.executable, "-c", AT_EVERY_OPERATION], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "990 True"), ran.stderr


def test_it_comes_where_the_part_ends_even_if_that_fails_and_once():
    usual, reached = signal.getsignal(signal.SIGINT), []

    def fails():
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            reached.append(1)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert reached == [1]
    assert signal.getsignal(signal.SIGINT) is usual


@pytest.mark.parametrize("ignores", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_process_that_python_does_not_interrupt_stays_so(ignores):
    usual = signal.signal(signal.SIGINT, ignores)
    try:
        with uninterrupted():
            assert signal.getsignal(signal.SIGINT) is ignores
    finally:
        signal.signal(signal.SIGINT, usual)


def test_another_thread_needs_no_shelter():
    reached = []

    def work():
        with uninterrupted():
            reached.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reached == [signal.getsignal(signal.SIGINT)]
