"""How long the engine takes, as a multiple of the same work written by hand with `math` on floats.

    python benchmarks/engine.py

Every row is measured in one run: the candidates take turns, and the median of the turns is reported, so that a noisy
machine disturbs all alike. `record` is a fresh recording and its backward pass.
"""

import math
import statistics
import time
from collections.abc import Callable

import autograd
import autograd.numpy as anp
import numpy as np

import chainviz as cv

Work = Callable[[], object]
ROUNDS = 15


def medians(works: dict[str, Work], repeats: int) -> dict[str, float]:
    """Seconds a call, by candidate, interleaved."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.perf_counter()
            for _ in range(repeats):
                work()
            times[name].append((time.perf_counter() - start) / repeats)
    return {name: statistics.median(taken) for name, taken in times.items()}


def example_by_hand(x: float) -> tuple[float, float]:
    z = 2 * x + 1
    a = z * z
    return math.sin(a), math.cos(a) * 2 * z * 2


def chain(x, count):
    for _ in range(count):
        x = x * 1.0001
    return x


def chain_by_hand(x: float, count: int) -> tuple[float, float]:
    saved = []
    for _ in range(count):
        saved.append(x)
        x = x * 1.0001
    derivative = 1.0
    for _ in saved:
        derivative = derivative * 1.0001
    return x, derivative


def main() -> None:
    example = cv.value_and_grad(lambda x: np.sin((2 * x + 1) ** 2))
    peer = autograd.value_and_grad(lambda x: anp.sin((2 * x + 1) ** 2))
    rows = {
        "W1 sin((2x + 1)^2), value and gradient": (
            {"hand": lambda: example_by_hand(1.5), "record": lambda: example(1.5), "autograd": lambda: peer(1.5)},
            300,
            1,
        )
    }
    for count, repeats in ((1_000, 5), (100_000, 1)):
        ours, theirs = cv.value_and_grad(chain), autograd.value_and_grad(chain)
        works: dict[str, Work] = {
            "hand": lambda n=count: chain_by_hand(1.5, n),
            "record": lambda n=count, f=ours: f(1.5, n),
        }
        if count == 1_000:
            works["autograd"] = lambda n=count, f=theirs: f(1.5, n)
        rows[f"W2 a chain of {count:,} scalar operations"] = (works, repeats, count)
    for title, (works, repeats, operations) in rows.items():
        taken = medians(works, repeats)
        print(f"{title}: by hand {1e6 * taken['hand'] / operations:.3f} microseconds an operation")
        for name in list(works)[1:]:
            print(f"    {name:9} {taken[name] / taken['hand']:7.1f} x   {1e6 * taken[name] / operations:8.3f} us")


if __name__ == "__main__":
    main()
