"""How long the engine takes, as a multiple of the same work written by hand in NumPy (numbers: with `math`).

    python benchmarks/engine.py [--quick] [--json]

Ratios within one run, on one thread: the candidates take turns, and the medians of their turns are compared, so that a
noisy machine disturbs all alike. Every candidate must give the values and gradients of `hand` before it is timed.
`record` is a fresh recording and its backward pass; `replay` is the compiled source, called again; what the other
libraries compile, they compile before. The goals stand beside the figures, with a ! where they are missed.
"""

# ruff: noqa: E402
import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is imported
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import chainviz as cv
from benchmarks.workloads import Workload, agree, chain, workloads

NAMES = ("hand", "record", "replay", "micrograd", "autograd", "PyTorch", "JAX jit")
TURN = 0.01
"""Seconds that a turn takes at least, if one call takes less."""


def medians(works: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Seconds a call, by candidate, interleaved, in about so many seconds altogether."""
    repeats: dict[str, int] = {}
    for name, work in works.items():
        once = _timed(work, 1)
        repeats[name] = max(1, int(TURN / (_timed(work, 1) if once < TURN else once)))  # the first call may be slow
    times: dict[str, list[float]] = {name: [] for name in works}
    end = time.perf_counter() + seconds
    while len(times["hand"]) < 3 or (time.perf_counter() < end and len(times["hand"]) < 100):
        for name, work in works.items():
            times[name].append(_timed(work, repeats[name]))
    return {name: statistics.median(taken) for name, taken in times.items()}


def _timed(work: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def measured(work: Workload, seconds: float) -> dict[str, Any]:
    """One row of the table."""
    works, missing = work.candidates()
    expected = works["hand"]()
    for name, candidate in works.items():
        if not agree(candidate(), expected):
            raise AssertionError(f"{work.title}: {name} does not give what hand gives.")
    taken = medians(works, seconds)
    return {
        "title": work.title,
        "hand_microseconds": 1e6 * taken["hand"] / work.operations,
        "ratios": {name: taken[name] / taken["hand"] for name in works if name != "hand"},
        "goals": work.goals,
        "missing": missing,
    }


# -- figures of the record itself: (what, figure, unit, goal)

Figure = tuple[str, float, str, float | None]


def costs_of_one_operation(count: int = 10_000) -> list[Figure]:
    def both() -> Any:
        return cv.value_and_grad(lambda x: chain(np, cv, x, count))(1.5)

    def recording() -> Any:
        return chain(np, cv, cv.variable(1.5), count)

    gc.disable()  # as the transformations do
    taken = medians({"hand": recording, "both": both}, 1.0)
    gc.enable()
    forward, whole = (1e9 * taken[name] / count for name in ("hand", "both"))
    return [
        ("recording one scalar operation", forward, "ns", None),
        ("its backward step", whole - forward, "ns", None),
    ]


def bytes_of_a_node(count: int = 100_000) -> Figure:
    x = cv.variable(1.5)
    tracemalloc.start()
    y = chain(np, cv, x, count)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert y.value > x.value
    return f"record of {count:,} nodes, a node", size / count, "bytes", 250


def repeated_squaring() -> Figure:
    def f(x: Any) -> Any:
        for _ in range(20):
            x = x * x
        return x

    gradient = cv.grad(f)
    return "y = y * y, 20 times, gradient", 1e6 * medians({"hand": lambda: gradient(1.0)}, 0.2)["hand"], "us", 100


def taylor_against_nesting() -> list[Figure]:
    def f(x: Any) -> Any:
        return np.sin(x**2)

    nested = f
    for _ in range(6):
        nested = cv.grad(nested)
    assert np.isclose(720 * cv.taylor(f, 1.5, 6)[6], nested(1.5))
    taken = medians({"hand": lambda: cv.taylor(f, 1.5, 10), "nested": lambda: nested(1.5)}, 1.0)
    ratio = taken["hand"] / taken["nested"]
    return [
        ("Taylor mode, sin(x^2) to order 10", 1e6 * taken["hand"], "us", None),
        ("nested grad to order 6", 1e6 * taken["nested"], "us", None),
        ("Taylor mode against nesting", ratio, "x", 1),
    ]


def memory_of_checkpoints(blocks: int = 20, inside: int = 20, size: int = 10_000) -> Figure:
    def block(x: Any) -> Any:
        for _ in range(inside):
            x = np.sin(x)
        return x

    def peak(step: Callable[..., Any]) -> tuple[int, Any]:
        def f(x: Any) -> Any:
            for _ in range(blocks):
                x = step(x)
            return np.sum(x)

        tracemalloc.start()
        gradient = cv.grad(f)(np.linspace(0.1, 1.0, size))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most, gradient

    (plain, expected), (checkpointed, found) = peak(block), peak(cv.checkpoint(block))
    assert agree(found, expected)
    return (
        f"checkpoints, {blocks} x {inside} steps: peak memory against plain", checkpointed / plain, "x",
        2 * (blocks + inside) / (blocks * inside),
    )  # fmt: skip


def left_for_the_collector() -> Figure:
    gc.collect()
    gc.disable()
    y = np.sum(cv.sigmoid(chain(np, cv, cv.variable(np.ones(3)), 100)))
    y.backward(retain_graph=True)
    del y
    cv.grad(cv.grad(lambda x: chain(np, cv, x, 10) ** 3))(1.5)
    left = gc.collect()
    gc.enable()
    return "objects that dropped graphs leave for the garbage collector", left, "", 0


def figures() -> list[Figure]:
    return [
        *costs_of_one_operation(), bytes_of_a_node(), repeated_squaring(), *taylor_against_nesting(),
        memory_of_checkpoints(), left_for_the_collector(),
    ]  # fmt: skip


# -- output


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _beside_goal(value: float | None, goal: float | None) -> str:
    if value is None:
        return "-" if goal is None else f"-  ({goal:g})"
    missed = "!" if goal is not None and value > goal else " "
    return f"{_number(value)}{missed}" + ("" if goal is None else f" ({goal:g})")


def line(row: dict[str, Any]) -> str:
    cells = [f"{row['title']:45}{row['hand_microseconds']:11.3f}"]
    for name in NAMES[1:]:
        width = 16 if name in ("record", "replay") else 10
        cells.append(f"{_beside_goal(row['ratios'].get(name), row['goals'].get(name)):>{width}}")
    return "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="in under half a minute")
    parser.add_argument("--json", action="store_true", help="machine-readable output only")
    parser.add_argument("--only", default="", metavar="TEXT", help="the workloads with this in their title, such as W4")
    options = parser.parse_args()
    sys.setrecursionlimit(10_000)  # for micrograd
    rows: list[dict[str, Any]] = []
    if not options.json:
        print(f"{'times the time of hand (goal)':45}{'hand, us':>11}" + f"{'record':>16}{'replay':>16}", end="")
        print("".join(f"{name:>10}" for name in NAMES[3:]))
    for work in workloads(quick=options.quick):
        if options.only in work.title:
            rows.append(measured(work, 0.4 if options.quick else 4.0))
            if not options.json:
                print(line(rows[-1]), flush=True)
    alone = [] if options.only else figures()
    if options.json:
        keys = ("title", "figure", "unit", "goal")
        print(json.dumps({"rows": rows, "figures": [dict(zip(keys, f, strict=True)) for f in alone]}, indent=1))
        return
    print()
    for title, figure, unit, goal in alone:
        print(f"{title:65}{_beside_goal(figure, goal):>16} {unit}")
    for row in rows:
        for name, why in row["missing"].items():
            print(f"No {name} in {row['title']}: {why}")


if __name__ == "__main__":
    main()
