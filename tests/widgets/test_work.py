"""What takes long: the kernel stays awake while a picture is laid out, and what was called off changes nothing."""

import asyncio

import numpy as np
import pytest

import chainviz as cv
from chainviz.drawing import apart, dot
from chainviz.graph.collapse import MOST
from chainviz.widgets.player import Player


def ladder(x):
    with cv.scope("ladder"):
        a, b = x, 0.5 * x
        for k in range(36):
            a, b = np.sin(a) + b * (k + 1), np.cos(b) * a - 0.1 * (k + 2)
        s = a + b
    return np.sin(s)


def wide(x):
    for k in range(400):
        x = np.sin(x) * (1 + k % 7) + np.cos(x) * (k % 5 + k % 3)
    return x


def without_repetition(x):
    """A chain of operations in no order that comes again."""
    dice = np.random.default_rng(0)
    for _ in range(1500):
        x = (np.sin, np.cos, np.tanh, np.arctan)[dice.integers(4)](x)
    return x


@pytest.fixture
def player():
    dot._place.cache_clear()
    yield Player(cv.trace(ladder, x=0.5))
    dot._place.cache_clear()


def ask(player, state):
    player.set_state(state)
    return player.busy, player.cancellable, len(player.scene["nodes"])


def test_what_the_page_asks_for_is_drawn_once_it_is_laid_out(player):
    async def kernel():
        few = len(player.scene["nodes"])
        busy, cancellable, shown = ask(player, {"expanded": ["ladder"]})
        assert busy.startswith("Laying out ")
        assert (cancellable, shown) == (True, few)
        while player.busy:
            await asyncio.sleep(0.01)
        assert len(player.scene["nodes"]) == len(player.graph.nodes) > 60 > few
        assert (player.cancellable, player.note) == (False, "")

    asyncio.run(kernel())


def test_what_was_called_off_leaves_the_picture_and_what_was_chosen(player):
    async def kernel():
        before = player.scene, player.graph
        ask(player, {"expanded": ["ladder"]})
        process = player._work._layout._process
        player._on_question(None, {"cancel": True, "id": "1"}, [])
        assert process.returncode is not None
        await asyncio.sleep(0.1)
        assert (player.scene, player.graph) == before
        assert (player.expanded, player.busy, player.cancellable) == ([], "", False)
        assert player.note == "The layout was cancelled; the picture is the last one."
        ask(player, {"expanded": ["ladder"]})  # and it can be asked for again
        while player.busy:
            await asyncio.sleep(0.01)
        assert len(player.graph.nodes) > 60

    asyncio.run(kernel())


def test_python_finds_the_new_graph_on_the_next_line(player):
    async def cell():
        player.expanded = ["ladder"]
        assert len(player.graph.nodes) > 60
        assert not player.busy

    asyncio.run(cell())


def test_a_layout_that_is_given_up_is_drawn_in_columns(player, monkeypatch):
    monkeypatch.setattr(apart, "DEADLINE", 0.0)

    async def kernel():
        ask(player, {"expanded": ["ladder"]})
        while player.busy:
            await asyncio.sleep(0.01)
        assert len(player.graph.nodes) > 60
        assert player.scene["wide"]["frames"] == []

    asyncio.run(kernel())


def test_a_large_graph_says_how_much_of_it_shows():
    assert Player(cv.trace(ladder, x=0.5)).note == ""
    full = cv.trace(wide, x=0.5)
    note = Player(full, detail="full").note
    assert note.endswith(f"of {len(full.nodes) - 1:,} operations; boxes open on demand.")


def test_the_box_that_closes_again_is_named():
    player = Player(cv.trace(without_repetition, x=0.5))
    runs = [node["box"] for node in player.scene["nodes"] if node["box"]]
    player.expanded = runs[:14]
    assert len(player.graph.nodes) <= MOST
    closed = [name for name in runs[:14] if name not in player.expanded]
    assert closed == runs[: len(closed)] != []  # what was opened first
    assert player.note.startswith(f"{', '.join(closed)} closed again, as a picture shows at most 250 nodes. ")


def tangled(x, y, seed=1, count=1500, near=40):
    """Each value of two of the last forty, whichever: no run of them has few ways in."""
    dice, made = np.random.default_rng(seed), [x, y]
    for a, b in dice.random((count, 2)):
        low = max(0, len(made) - near)
        made.append(np.add(*(made[low + int(share * (len(made) - low))] for share in (a, b))))
    return sum(made[-3:])


@pytest.mark.parametrize("detail", ["folded", "full"])
def test_a_run_that_is_too_tangled_to_open_says_so(detail):
    player = Player(cv.trace(tangled, x=0.3, y=0.4), detail=detail)
    (run,) = (node["box"] for node in player.scene["nodes"] if node["box"])
    player.expanded = [run]
    assert player.expanded == []
    assert player.note.startswith(f"{run} stay closed: they are too tangled for a picture of at most 250 nodes.")


def test_a_gif_counts_its_frames():
    counted = []
    player = Player(cv.trace(lambda x: x**2, x=0.5))
    player.to_gif(first=-2, progress=lambda done, total: counted.append((done, total)))
    assert counted == [(k + 1, len(counted)) for k in range(len(counted))] != []


def test_an_interrupted_export_writes_nothing(tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    player = Player(cv.trace(lambda x: x**2, x=0.5))
    before = player.step, player.scene
    with pytest.raises(KeyboardInterrupt):
        player.to_gif(tmp_path / "a.gif", progress=interrupt)
    assert not list(tmp_path.iterdir())
    assert (player.step, player.scene) == before


def test_progress_that_cannot_be_called_is_said():
    with pytest.raises(cv.InputError, match="progress is True, or a function"):
        Player(cv.trace(lambda x: x**2, x=0.5)).to_gif(progress="yes")


def test_true_prints_a_line_that_counts(capsys):
    Player(cv.trace(lambda x: x**2, x=0.5)).to_gif(first=-1, progress=True)
    assert capsys.readouterr().out == "\rframe 1 of 1\n"
