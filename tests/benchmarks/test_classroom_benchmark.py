"""The classroom's benchmark: one student in a real JupyterLab, and what it makes of what it hears."""

import asyncio
import json
import struct
import sys

import pytest

from benchmarks import classroom
from benchmarks.classroom import Student, measure, read_message


def test_a_message_is_read_whether_it_has_buffers_or_not():
    text = b'{"msg_type": "comm_msg"}'
    header = struct.pack("!III", 2, 12, 12 + len(text))
    assert read_message(header + text + b"\x00\x01") == read_message(text.decode()) == {"msg_type": "comm_msg"}
    with pytest.raises(RuntimeError, match="closed"):
        read_message(None)


class Kernel:
    """A socket whose other end answers every request with the messages that it was given."""

    def __init__(self, *answers):
        self._answers, self._waiting = answers, []

    async def write_message(self, text):
        parent = json.loads(text)["header"]
        self._waiting = [{"parent_header": parent, "msg_type": kind, "content": said} for kind, said in self._answers]

    async def read_message(self):
        return json.dumps(self._waiting.pop(0))


IDLE = ("status", {"execution_state": "idle"})
OPENED = ("comm_open", {"comm_id": "c1", "data": {"state": {"values": {"x": 1.0}, "inputs": [{}]}}})


def test_explorers_are_found_as_they_come_and_forgotten_as_they_go():
    student = Student(Kernel(OPENED, IDLE))
    asyncio.run(student.run("cv.explore(f)"))
    assert student.explorers == {"c1": {"x": 1.0}}
    student._socket = Kernel(("comm_close", {"comm_id": "c1"}), IDLE)
    asyncio.run(student.run("close()"))
    assert student.explorers == {}


def test_a_move_that_changes_nothing_and_a_cell_that_fails_are_no_figures():
    student = Student(Kernel(OPENED, IDLE))
    asyncio.run(student.run("cv.explore(f)"))
    with pytest.raises(RuntimeError, match="not answered"):
        asyncio.run(student.move(0))
    student._socket = Kernel(("error", {"traceback": ["NameError: f"]}), IDLE)
    with pytest.raises(RuntimeError, match="NameError: f"):
        asyncio.run(student.run("f"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory processes share")
def test_a_class_of_one_is_measured_in_a_real_jupyterlab(monkeypatch):
    monkeypatch.setattr(classroom, "SECONDS", 0.5)
    monkeypatch.setattr(classroom, "IDLE_SECONDS", 0.5)
    found = {figure.title: figure.value for figure in asyncio.run(measure(1))}
    pss, rss = (found[f"a student's kernel after 06, {kind}, largest"] for kind in ("PSS", "RSS"))
    assert 30 < pss <= rss < 400
    (answer,) = (value for title, value in found.items() if title.endswith("median answer"))
    assert answer > 0
    assert any("idle explorers" in title for title in found)
