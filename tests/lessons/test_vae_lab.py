"""The lab on the autoencoder: what it says while it trains, with the trick and without."""

import asyncio

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import chainviz as cv
from chainviz.drawing.figures import shared
from chainviz.lessons.vae_figures import TermsFigure


@pytest.fixture
def lab():
    made = cv.lessons.vae()
    yield made
    made.close()


def test_it_says_what_it_has_learnt(lab):
    assert lab.headline.sentence == "Before training, 2.55 % of a dot's place can be read from its code."
    lab.train(90)
    assert lab.now.steps == 90
    assert "steps=90" in repr(lab)
    assert lab.headline.strong == f"{100 * lab.now.readable:.3g} %"
    assert "90 steps, ELBO −(" in lab.headline.why


def test_the_switch_cuts_the_path_of_a_network_in_training(lab):
    lab.train(40)
    reached = lab.now.reaches_encoder
    lab.inside = True
    assert reached > 1
    assert lab.now.reaches_encoder == 0
    assert lab.headline.sentence.startswith("The path is cut: ")
    assert "norm 0 at the encoder" in lab.headline.why
    lab._mode.value = False
    assert lab.now.reaches_encoder == pytest.approx(reached)


def test_pointer_and_arrows_choose_the_code_that_is_decoded(lab):
    before = lab._views[1].svg
    lab._views[0]._hear({"kind": "move", "axes": "plane", "x": 1.504, "y": -5.0})
    assert (lab.z1, lab.z2) == (1.5, -3.2)
    assert lab._views[1].svg != before
    lab._views[0]._hear({"kind": "key", "key": "ArrowUp"})
    assert lab.z2 == pytest.approx(-3.0)
    lab._views[0]._hear({"kind": "leave"})
    assert (lab.z1, lab.z2) == pytest.approx((1.5, -3.0))


def test_train_runs_on_its_own_and_pauses_at_once(lab):
    async def story():
        lab._go.click()
        assert lab._go.description == "Pause"
        while lab.now.steps < 80:
            await asyncio.sleep(0.01)
        lab._go.click()
        stopped = lab.now.steps
        await asyncio.sleep(0.3)
        return stopped

    assert asyncio.run(story()) == lab.now.steps
    assert lab._go.description == "Train"
    assert lab.headline.error == ""


def test_start_again_is_the_same_network_and_a_new_seed_another(lab):
    first = repr(lab)
    lab.train(40)
    lab._again()
    assert repr(lab) == first
    lab.seed = 1
    assert repr(lab) != first


def test_images_are_drawn_at_every_width(lab):
    for width in (280, 420, 700):
        lab._views[1].width = width
        assert f'width="{width}" height="190"' in lab._views[1].svg


@pytest.mark.parametrize("setting", [{"beta": -1}, {"z1": 9}, {"seed": "a"}, {"inside": 1}])
def test_what_cannot_be_is_said(setting):
    with pytest.raises(cv.InputError, match=next(iter(setting))):
        cv.lessons.vae(**setting)


@pytest.mark.parametrize("width", [230, 420])
def test_the_names_of_the_terms_stand_apart_and_inside_of_the_picture(width):
    made = cv.lessons.vae()
    view = made._views[2]
    figure = shared(TermsFigure)
    view.figure.set_size_inches(width / 96, 262 / 96)
    figure.draw(made.training, made.now)
    texts = [*figure._words, figure._title]
    boxes = [text.get_window_extent(FigureCanvasAgg(view.figure).get_renderer()) for text in texts]
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    made.close()
