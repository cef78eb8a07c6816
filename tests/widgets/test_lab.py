"""The lab's card: its text repr, its still picture, its errors, and the runner behind its buttons."""

import asyncio

import pytest
from ipywidgets import Button, IntSlider
from ipywidgets.widgets.widget import _instances as registry

from chainviz.drawing.figures import new_figure, styled
from chainviz.widgets.figure import FigureView
from chainviz.widgets.lab import Lab, row
from chainviz.widgets.runner import Latest, Runner


@pytest.fixture
def lab():
    depth = IntSlider(20, 1, 100, description="Depth")
    with styled():
        figure = new_figure(300, 200)
        figure.add_subplot(label="line").plot([1, 2])
    view = FigureView(figure, lambda: "A line")
    view.draw()
    made = Lab(
        settings=[depth], pictures=[row(view)], care="a < b", facts=lambda: {"depth": str(depth.value)}, button=Button()
    )
    made.depth, made.view = depth, view
    yield made
    made.close()


def test_the_text_states_the_numbers_of_now(lab):
    lab.depth.value = 7
    assert repr(lab) == "Lab(depth=7)"


def test_where_no_widget_lives_the_sentence_and_the_figures_stand(lab):
    lab.headline.sentence = "1 part in <10>"
    still = lab._repr_mimebundle_()["text/html"]
    assert "1 part in &lt;10&gt;" in still
    assert 'aria-label="A line"' in still
    assert "a &lt; b" in still


def test_what_a_control_raises_is_said_and_taken_back_by_the_next(lab):
    def change():
        if lab.depth.value == 5:
            raise ValueError("five")

    lab.depth.observe(lab.answers(change), "value")
    lab.depth.value = 5
    assert lab.headline.error == "ValueError: five"
    lab.depth.value = 6
    assert lab.headline.error == ""


def test_a_closed_lab_leaves_no_widget_behind():
    before = set(registry)
    figure = new_figure(300, 200)
    made = Lab(settings=[IntSlider()], pictures=[row(FigureView(figure, str))], care="", facts=dict)
    made.close()
    made.close()
    assert set(registry) == before


def test_a_figure_is_drawn_at_the_width_of_its_view(lab):
    lab.view.width = 640
    assert 'width="640" height="200"' in lab.view.svg


def test_the_runner_stops_at_once_and_lets_others_speak_between_steps():
    async def story():
        steps, ends = [], []
        runner = Runner(lambda: steps.append(1), ends.append)
        runner.start()
        runner.start()
        while len(steps) < 3:
            await asyncio.sleep(0)
        runner.stop()
        made = len(steps)
        assert not runner.running
        await asyncio.sleep(0.01)
        return made, len(steps), ends

    made, later, ends = asyncio.run(story())
    assert made == later
    assert ends == [None]


def test_the_runner_ends_by_itself_and_hands_on_what_was_raised():
    async def run(step):
        ends = []
        runner = Runner(step, ends.append)
        runner.start()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not runner.running
        return ends

    assert asyncio.run(run(lambda: False)) == [None]
    (error,) = asyncio.run(run(lambda: 1 / 0))
    assert isinstance(error, ZeroDivisionError)


def test_of_many_moves_the_last_is_answered():
    async def story():
        answered = []
        latest = Latest(answered.append, pause=0.0)
        for move in range(5):
            latest.tell(move)
        await asyncio.sleep(0.01)
        latest.tell(7)
        await asyncio.sleep(0.01)
        return answered

    assert asyncio.run(story()) == [4, 7]
