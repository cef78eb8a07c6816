"""How many students one server carries: 30 kernels of one JupyterLab, each with notebook 06, and sliders that move.

    python -m benchmarks.classroom [--quick | --students N] [--json]

Each student has a kernel, runs every cell of the notebook, and moves the inputs of its explorers by the messages that a
page sends. What is measured: memory once all have run it, the time from a move to its last answer while more and more
students drag at once, and the CPU time of explorers that nobody touches. This script, which plays all the pages, needs
CPU time, too; it is not counted as the server's. --quick is four students.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import struct
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import psutil
from tornado.websocket import WebSocketClientConnection, websocket_connect

from benchmarks.widgets import Figure
from tests.browser.lab import serve

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "06-backprop-by-hand.ipynb"
MOVES_A_SECOND, SECONDS, IDLE_SECONDS = 10, 8.0, 20.0
STAGES = (1, 2, 4, 8, 12, 16, 20, 25, 30)
FULL = 0.9 * (psutil.cpu_count() or 1)
"""So many cores busy are all."""
FIVE_EXPLORERS = """import numpy as np, chainviz as cv
explorers = [cv.explore(lambda x, k=k: np.sin((k * x + 1) ** 2), x=(-2.0, 2.0)) for k in range(1, 6)]"""


class Student:
    """One kernel, and the page that would be connected to it."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket, self._session = socket, uuid.uuid4().hex
        self.explorers: dict[str, dict[str, Any]] = {}
        """The inputs of each explorer that is alive, by the identity of its comm."""

    async def run(self, code: str) -> None:
        """Run a cell to its end; an exception in it ends the benchmark."""
        await self._ask("execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False})

    async def move(self, count: int) -> float:
        """Move an input of an explorer as its slider does; seconds until the kernel has nothing more to say."""
        comm, values = list(self.explorers.items())[count % len(self.explorers)]
        name = sorted(name for name, value in values.items() if isinstance(value, float))[0]
        values[name] = round(0.5 + 0.01 * (count % 100), 2)
        state = {"method": "update", "state": {"values": values}, "buffer_paths": []}
        started = time.perf_counter()
        updates = await self._ask("comm_msg", {"comm_id": comm, "data": state})
        if not updates:
            raise RuntimeError("A move was not answered: what is shown has not changed.")
        return time.perf_counter() - started

    async def _ask(self, kind: str, content: dict[str, Any]) -> int:
        """Send a request, and listen until the kernel is idle again; the number of updates of widgets meanwhile."""
        identity = uuid.uuid4().hex
        header = {
            "msg_id": identity,
            "session": self._session,
            "username": "student",
            "msg_type": kind,
            "version": "5.3",
        }
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        await self._socket.write_message(json.dumps(message))
        updates = 0
        while True:
            answer = read_message(await self._socket.read_message())
            if answer["parent_header"].get("msg_id") != identity:
                continue
            said = answer["content"]
            if answer["msg_type"] == "error":
                raise RuntimeError("\n".join(said["traceback"]))
            self._note(answer["msg_type"], said)
            updates += answer["msg_type"] == "comm_msg" and said["data"].get("method") == "update"
            if answer["msg_type"] == "status" and said["execution_state"] == "idle":
                return updates

    def _note(self, kind: str, said: dict[str, Any]) -> None:
        """Remember an explorer that comes, and forget one that goes."""
        state = said.get("data", {}).get("state", {})
        if kind == "comm_open" and state.get("values") and state.get("inputs"):
            self.explorers[said["comm_id"]] = dict(state["values"])
        elif kind == "comm_close":
            self.explorers.pop(said["comm_id"], None)


def read_message(received: str | bytes | None) -> dict[str, Any]:
    """What comes over the socket: text, or, where there are buffers, their offsets and then the text.

    >>> read_message(struct.pack("!III", 2, 12, 14) + b"{}" + b"buffer")
    {}
    """
    if received is None:
        raise RuntimeError("The kernel's connection was closed.")
    if isinstance(received, str):
        return json.loads(received)
    parts = struct.unpack_from("!I", received)[0]
    offsets = [*struct.unpack_from(f"!{parts}I", received, 4), len(received)]
    return json.loads(received[offsets[0] : offsets[1]])


@contextlib.asynccontextmanager
async def enrolled(url: str) -> AsyncIterator[Student]:
    """A student with a kernel of their own."""
    asked = urllib.request.Request(f"{url}/api/kernels", data=b'{"name": "python3"}', method="POST")
    with await asyncio.to_thread(urllib.request.urlopen, asked, timeout=300) as answer:
        kernel = json.load(answer)["id"]
    address = f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
    socket = await websocket_connect(address, max_message_size=1 << 30)
    yield Student(socket)
    socket.close()


# -- what processes use


def kernels() -> list[psutil.Process]:
    """The kernels of our JupyterLab, the youngest last."""
    ours = psutil.Process().children(recursive=True)
    found = [process for process in ours if "ipykernel_launcher" in " ".join(process.cmdline())]
    return sorted(found, key=lambda process: process.create_time())


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process and what it has started, such as the worker that lays out."""
    return [process, *process.children(recursive=True)]


def megabytes(process: psutil.Process) -> tuple[float, float]:
    """PSS, which counts a shared page in parts, and RSS, which counts it whole, of a process and its children."""
    sizes = [member.memory_full_info() for member in tree(process)]
    return sum(size.pss for size in sizes) / 1e6, sum(size.rss for size in sizes) / 1e6


def seconds_of_cpu(processes: Sequence[psutil.Process]) -> float:
    """CPU time until now."""
    times = [process.cpu_times() for process in processes]
    return sum(used.user + used.system for used in times)


# -- the figures


async def lesson(students: Sequence[Student]) -> float:
    """All run the notebook at the same time; seconds until the last is through."""
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]

    async def work(student: Student) -> None:
        for cell in cells:
            await student.run(cell)

    started = time.perf_counter()
    await asyncio.gather(*map(work, students))
    return time.perf_counter() - started


async def drag(student: Student, until: float) -> list[float]:
    """Ten moves a second, or fewer where answers are late: a page has one in flight, and forgets those in between."""
    times: list[float] = []
    while (now := time.perf_counter()) < until:
        times.append(await student.move(len(times)))
        await asyncio.sleep(max(0.0, now + 1 / MOVES_A_SECOND - time.perf_counter()))
    return times


async def stages(students: Sequence[Student]) -> AsyncIterator[Figure]:
    """More and more students drag at once, until the cores are full."""
    this = psutil.Process()
    for count in [stage for stage in STAGES if stage <= len(students)]:
        served = [process for process in tree(this) if process != this]
        before, own, started = seconds_of_cpu(served), seconds_of_cpu([this]), time.perf_counter()
        psutil.cpu_percent()
        found = await asyncio.gather(*(drag(student, started + SECONDS) for student in students[:count]))
        passed = time.perf_counter() - started
        machine = psutil.cpu_percent() / 100 * (psutil.cpu_count() or 1)
        used, pages = seconds_of_cpu(served) - before, seconds_of_cpu([this]) - own
        times = sorted(moment for of_student in found for moment in of_student)
        title = f"{count} drag at once, {len(times) / passed:.0f} moves/s"
        yield Figure(f"{title}: median answer", 1000 * statistics.median(times), "ms")
        yield Figure(f"{title}: 95th percentile", 1000 * times[int(0.95 * len(times))], "ms")
        yield Figure(f"{title}: CPU time of a move", 1000 * used / len(times), "ms")
        yield Figure(f"{title}: cores busy with it", used / passed, "")
        yield Figure(f"{title}: cores busy with other things", machine - (used + pages) / passed, "")
        if (used + pages) / passed > FULL:
            return


async def memory() -> AsyncIterator[Figure]:
    """What a student's kernel takes, and the server that all have."""
    sizes = [megabytes(kernel) for kernel in kernels()]
    for name, of_kind in zip(("PSS", "RSS"), zip(*sizes, strict=True), strict=True):
        yield Figure(f"a student's kernel after 06, {name}, median", statistics.median(of_kind), "MB", 130)
        yield Figure(f"a student's kernel after 06, {name}, largest", max(of_kind), "MB", 130)
    server = psutil.Process().children()[0].memory_full_info()
    yield Figure("JupyterLab itself, PSS", server.pss / 1e6, "MB")
    yield Figure("JupyterLab itself, RSS", server.rss / 1e6, "MB")


async def idle(url: str) -> AsyncIterator[Figure]:
    """CPU time of a kernel whose explorers nobody touches, beside one that has none."""
    for title, code in (("five idle explorers", FIVE_EXPLORERS), ("an idle kernel without any", "import numpy")):
        async with enrolled(url) as student:
            await student.run(code)
            kernel = kernels()[-1]
            await asyncio.sleep(3.0)  # until what was asked for is sent
            before = seconds_of_cpu(tree(kernel))
            await asyncio.sleep(IDLE_SECONDS)
            used = seconds_of_cpu(tree(kernel)) - before
            yield Figure(f"{title}: CPU time in {IDLE_SECONDS:.0f} s", 1000 * used, "ms", 100)


async def figures(url: str, count: int) -> AsyncIterator[Figure]:
    """All figures, in the order in which they are found."""
    async with contextlib.AsyncExitStack() as room:
        students = [await room.enter_async_context(enrolled(url)) for _ in range(count)]
        yield Figure(f"06 run by {count} at once, until the last is through", await lesson(students), "s")
        async for figure in memory():
            yield figure
        async for figure in stages(students):
            yield figure
    async for figure in idle(url):
        yield figure


async def measure(count: int, show: Callable[[Figure], None] = lambda figure: None) -> list[Figure]:
    """The figures of a class of so many; each is shown as soon as it is there."""
    found: list[Figure] = []
    # The requests are no page's, and bring no cookie.
    with TemporaryDirectory() as folder, serve(Path(folder), options=["--ServerApp.disable_check_xsrf=True"]) as url:
        async for figure in figures(url, count):
            show(figure)
            found.append(figure)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="four students")
    parser.add_argument("--json", action="store_true", help="machine-readable output only")
    options = parser.parse_args()
    count = 4 if options.quick else options.students
    if options.json:
        print(json.dumps([figure._asdict() for figure in asyncio.run(measure(count))], indent=1))
    else:
        asyncio.run(measure(count, lambda figure: print(figure, flush=True)))


if __name__ == "__main__":
    main()
