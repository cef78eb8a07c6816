"""The lab on noise: what its sentence, its controls and its pictures say."""

import threading

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import chainviz as cv
from chainviz.drawing.figures import shared
from chainviz.lessons.noise_figures import BellFigure, EstimatorFigure


@pytest.fixture
def lab():
    made = cv.lessons.reparameterization()
    yield made
    made.close()


def pictures(lab):
    return lab._repr_mimebundle_()["text/html"]


def test_the_graph_shows_the_local_derivatives_and_what_arrives(lab):
    for text in ("z = −0.1", "× 1", "× −0.3", ">−0.2<", ">0.06<", "df/dz = 2z", "noise, held"):
        assert text in pictures(lab)


def test_drawn_inside_the_path_is_cut_and_there_is_no_pathwise_estimate(lab):
    lab.inside = True
    assert lab.headline.sentence == "The path is cut: nothing comes back to μ and σ."
    still = pictures(lab)
    assert "drawn from N(μ, σ²)" in still
    assert "no path through a draw, so no estimate" in still
    assert "× 1" not in still
    assert "df/dmu=cut" in repr(lab)
    assert lab._table.value.count("no estimate") == 4


def test_held_noise_stays_and_the_sample_glides(lab):
    lab.mu, lab.sigma = 1.0, 1.0
    assert lab.eps == -0.3
    assert lab.z == pytest.approx(0.7)


@pytest.mark.parametrize("setting", [{"held": False}, {"inside": True}])
def test_noise_that_is_not_held_jumps(setting):
    lab = cv.lessons.reparameterization(**setting)
    seen = set()
    for mu in (0.6, 0.7, 0.8):
        lab.mu = mu
        seen.add(lab.eps)
    assert len(seen) == 3
    assert len(lab.trail) == 3


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "Same gradient, 3.97 times less variance when it flows through z."),
        ({"baseline": "best"}, "Same gradient, 1.63 times less variance when it flows through z."),
        ({"function": "sin"}, "Here the score function wins: 4.37 times less variance."),
        ({"function": "step"}, "Through a step nothing flows: pathwise says 0, the truth is 0.1933."),
    ],
)
def test_the_sentence_is_the_finding(lab, settings, sentence):
    for name, value in settings.items():
        setattr(lab, name, value)
    assert lab.headline.sentence == sentence
    assert lab.headline.error == ""


def test_what_code_sets_the_controls_show_and_the_other_way_round(lab):
    lab.samples = 3000
    assert lab._controls["samples"].value == 3000
    lab._controls["samples"].value = 100
    assert lab.samples == len(lab.found.score.values) == 100
    lab._controls["wrt"].value = "sigma"
    assert lab.found.truth == 4.0
    assert "true: 2σ = 4" in lab._heading.value


@pytest.mark.parametrize("n", [1, 2, 50_000])
def test_any_number_of_samples_can_be_shown(lab, n):
    lab.samples = n
    assert lab.headline.error == ""
    assert f"{n} samples" in lab._estimates.svg


@pytest.mark.parametrize("function", ["square", "sin", "step"])
@pytest.mark.parametrize("corner", [(-2.0, 0.2), (2.0, 3.0), (0.0, 0.2)])
def test_every_corner_of_the_controls_has_a_picture(lab, function, corner):
    lab.mu, lab.sigma = corner
    lab.function, lab.eps = function, 0.0
    assert lab.headline.error == ""
    assert "nan" not in pictures(lab).lower().replace("nance", "")


def test_new_samples_are_other_samples_and_a_seed_gives_them_again(lab):
    first = lab.found.pathwise.values
    lab.seed = 1
    assert not np.array_equal(first, lab.found.pathwise.values)
    lab.seed = 0
    assert np.array_equal(first, lab.found.pathwise.values)


def test_arrows_on_the_bell_move_the_noise(lab):
    lab._hear({"kind": "key", "key": "ArrowRight"})
    assert lab.eps == pytest.approx(-0.2)
    lab._hear({"kind": "click", "axes": "bell", "x": 2.5, "y": 0.1})
    assert lab.eps == pytest.approx(1.0)


WRONG = [{"sigma": 0}, {"function": "cube"}, {"samples": 2.5}, {"baseline": 3}, {"mu": np.nan}]


@pytest.mark.parametrize("setting", WRONG)
def test_what_cannot_be_is_said(setting):
    with pytest.raises(cv.InputError, match=next(iter(setting))):
        cv.lessons.reparameterization(**setting)


def test_a_narrow_graph_runs_downward(lab):
    graph = lab._views[0]
    graph.width = 300
    assert 'width="300" height="262"' in graph.svg
    graph.width = 500
    assert 'width="500" height="228"' in graph.svg


def test_a_control_that_moves_while_another_is_answered_is_not_forgotten(lab, monkeypatch):
    drawn = shared(EstimatorFigure).draw

    def meanwhile(*args, **kwargs):
        drawn(*args, **kwargs)
        lab.function = "sin"

    monkeypatch.setattr(shared(EstimatorFigure), "draw", meanwhile)
    lab.sigma = 1.5
    monkeypatch.undo()
    assert lab.found.truth == pytest.approx(np.cos(0.5) * np.exp(-1.125))


def test_controls_answered_in_another_thread_wait_for_one_another(lab):
    threads = [threading.Thread(target=setattr, args=(lab, *change)) for change in [("mu", 1.0), ("function", "sin")]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lab.headline.error == ""
    assert lab.found.truth == pytest.approx(np.cos(1.0) * np.exp(-2.0))
    assert "μ = 1<" in pictures(lab)


@pytest.mark.parametrize("mu", [-2.0, 0.5, 2.0])
@pytest.mark.parametrize("width", [300, 420])
def test_what_a_push_does_is_written_inside_of_the_bells_picture(mu, width):
    made = cv.lessons.reparameterization(mu=mu, samples=10)
    bell = shared(BellFigure)
    bell.figure.set_size_inches(width / 96, 138 / 96)
    bell.draw(made)
    for _, words in bell._pushes:
        box = words.get_window_extent(FigureCanvasAgg(bell.figure).get_renderer())
        assert box.x0 >= 0
        assert box.x1 <= width
    made.close()
